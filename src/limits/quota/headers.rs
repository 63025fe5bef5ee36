//! What a server says about its limits in `x-ratelimit-*` headers: hints that are validated.

use std::time::Duration;

use reqwest::header::HeaderMap;

/// Limits beyond this mean "no limit".
const LIMIT_MAX: u64 = 1_000_000_000;
/// Resets beyond this are those of a limit per day, or mistakes.
const RESET_MAX: Duration = Duration::from_mins(10);

/// What a response says about one limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateLimitHeader {
    /// The limit.
    pub limit: Option<u64>,
    /// What is left of it.
    pub remaining: Option<u64>,
    /// When it is whole again.
    pub reset: Option<Duration>,
}

/// What a response says about requests and tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateHeaders {
    /// Requests.
    pub requests: RateLimitHeader,
    /// Tokens.
    pub tokens: RateLimitHeader,
}

impl RateHeaders {
    /// Reads a response's headers. What is missing, negative or absurd is left out; a limit whose reset is more
    /// than ten minutes away is one per day (Groq's requests, `OpenAI`'s free tier) and is left to `retry-after`.
    #[must_use]
    pub fn read(headers: &HeaderMap) -> Self {
        let said = |what: &str| {
            let text =
                |part: &str| headers.get(format!("x-ratelimit-{part}-{what}"))?.to_str().ok().map(str::trim);
            let number = |part: &str| text(part)?.parse::<u64>().ok();
            let reset = text("reset").map(duration);
            if reset.is_some_and(|reset| reset.is_none_or(|reset| reset > RESET_MAX)) {
                return RateLimitHeader::default();
            }
            let limit = number("limit").filter(|limit| (1..=LIMIT_MAX).contains(limit));
            // What is left of a limit that makes no sense makes none either.
            let remaining = number("remaining").filter(|left| limit.is_some_and(|limit| *left <= limit));
            RateLimitHeader { limit, remaining, reset: reset.flatten() }
        };
        Self { requests: said("requests"), tokens: said("tokens") }
    }
}

/// A duration as `OpenAI` writes it: `17ms`, `1s`, `6m0s`, `1h2m3.5s`; or plain seconds.
fn duration(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let (mut seconds, mut rest) = (0.0, text);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, unit) = rest.split_at_checked(digits)?;
        let (factor, length) = match unit {
            _ if unit.starts_with("ms") => (0.001, 2),
            _ if unit.starts_with('s') => (1.0, 1),
            _ if unit.starts_with('m') => (60.0, 1),
            _ if unit.starts_with('h') => (3600.0, 1),
            _ if unit.starts_with('d') => (86_400.0, 1),
            _ => return None,
        };
        seconds += number.parse::<f64>().ok()? * factor;
        rest = unit.get(length..)?;
    }
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&'static str, &str)]) -> RateLimitHeader {
        let mut headers = HeaderMap::new();
        for (part, value) in pairs {
            let name: reqwest::header::HeaderName = format!("x-ratelimit-{part}-requests").parse().unwrap();
            headers.insert(name, value.parse().unwrap());
        }
        RateHeaders::read(&headers).requests
    }

    #[test]
    fn what_openai_sends_is_understood() {
        let said = read(&[("limit", "3000"), ("remaining", "2999"), ("reset", "20ms")]);
        assert_eq!(said.limit, Some(3000));
        assert_eq!((said.remaining, said.reset), (Some(2999), Some(Duration::from_millis(20))));
    }

    #[test]
    fn every_form_of_a_duration_is_read() {
        for (text, millis) in [
            ("17ms", 17),
            ("1s", 1_000),
            ("6m0s", 360_000),
            ("1h2m3.5s", 3_723_500),
            ("0.25", 250),
            ("2", 2_000),
        ] {
            assert_eq!(duration(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in ["soon", "-1s", "1x", "s", "NaN", "-3", "1e400"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_missing_negative_or_absurd_is_ignored() {
        for pairs in [
            vec![],
            vec![("limit", "-1"), ("remaining", "-1")],
            vec![("limit", "0"), ("remaining", "0")],
            vec![("limit", "99999999999999"), ("remaining", "5")],
            vec![("limit", "unlimited")],
            vec![("limit", "14400"), ("remaining", "14399"), ("reset", "23h59m")],
            vec![("limit", "10"), ("remaining", "5"), ("reset", "whenever")],
        ] {
            let said = read(&pairs);
            assert_eq!((said.limit, said.remaining), (None, None), "{pairs:?}");
        }
        assert_eq!(read(&[("limit", "10"), ("remaining", "11")]).remaining, None);
    }
}
