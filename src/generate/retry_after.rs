//! The wait that a server asks for, in all its forms: `Retry-After`, the resets of its limits, and its words.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::HeaderMap;

/// Longest wait that is kept to; a longer one is kept this long, and then the server is asked again.
const MAX: Duration = Duration::from_hours(1);
/// Seconds beyond this are a point in time since 1970, which some servers send in place of a wait.
const EPOCH_FROM: f64 = 1e9;
/// The same in milliseconds.
const EPOCH_MS_FROM: f64 = 1e12;

/// The wait that a response asks for by its headers or in what it `said`; `None` where it asks for none. The resets of
/// limits count where it `limits` calls: any answer may state them.
#[must_use]
pub(super) fn wait_asked(headers: &HeaderMap, said: &str, limits: bool, now: Timestamp) -> Option<Duration> {
    let asked = retry_after(headers, now).or_else(|| wait_named_in(said));
    asked.or_else(|| limits.then(|| resets(headers, now)).flatten())
}

/// `Retry-After`: seconds, fractions, `retry-after-ms`, durations, dates.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    if let Some(millis) = text(headers, "retry-after-ms").and_then(|value| value.parse::<f64>().ok()) {
        return seconds(millis / 1000.0);
    }
    moment(text(headers, "retry-after")?, now)
}

/// When the limit that is used up is whole again. The longest of several, for each of them must be.
fn resets(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let used_up = |name: &str| text(headers, name).is_none_or(|left| left == "0" || left.starts_with('-'));
    [
        ("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
        ("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
        ("anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset"),
        ("anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"),
        ("x-ratelimit-remaining", "x-ratelimit-reset"),
        ("ratelimit-remaining", "ratelimit-reset"),
    ]
    .into_iter()
    .filter(|(left, _)| used_up(left))
    .filter_map(|(_, reset)| moment(text(headers, reset)?, now))
    .max()
}

/// A wait in a server's words: "try again in 1m30s", "retry after 20 seconds", `"retryDelay": "34s"`.
///
/// Only what follows such words is read: other numbers in a message are limits, tokens and ids.
#[must_use]
pub(super) fn wait_named_in(said: &str) -> Option<Duration> {
    const BEFORE: &[&str] = &[
        "try again in",
        "try again after",
        "retry in",
        "retry after",
        "retrying in",
        "retry-after",
        "retry_after",
        "retryafter",
        "retrydelay",
        "estimated_time",
        "available again in",
        "reset in",
        "resets in",
        "reset after",
        "please wait",
        "wait for",
    ];
    let said = said.to_ascii_lowercase();
    let waits = BEFORE.iter().filter_map(|before| {
        let (_, after) = said.split_once(before)?;
        let after = after.trim_start_matches(|c: char| c.is_whitespace() || "\":=([~".contains(c));
        duration(after.strip_prefix("about ").or(after.strip_prefix("for ")).unwrap_or(after))
    });
    waits.max().map(|wait| wait.min(MAX))
}

/// Seconds, a duration, a point in time since 1970, or a date.
fn moment(value: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(number) = value.parse::<f64>() {
        return match number {
            EPOCH_MS_FROM.. => seconds(number / 1000.0 - now.as_duration().as_secs_f64()),
            EPOCH_FROM.. => seconds(number - now.as_duration().as_secs_f64()),
            _ => seconds(number),
        };
    }
    let date = jiff::fmt::rfc2822::parse(value).map(|date| date.timestamp());
    match date.or_else(|_| value.parse::<Timestamp>()) {
        Ok(date) => seconds(date.duration_since(now).as_secs_f64()),
        Err(_) => duration(value).map(|wait| wait.min(MAX)),
    }
}

/// A duration at the start of a text, in any of the ways that servers write one; plain numbers are seconds.
fn duration(text: &str) -> Option<Duration> {
    let (mut total, mut rest, mut found) = (0.0, text, false);
    loop {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at_checked(digits)?;
        let Ok(number) = number.trim_end_matches('.').parse::<f64>() else { break };
        let after = after.trim_start();
        let length = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(length)?;
        let Some(factor) = unit_seconds(unit) else {
            // "retry in 20": a number alone is one of seconds, but only at the start.
            total = if found { total } else { number };
            found = true;
            break;
        };
        (total, found) = (total + number * factor, true);
        rest = after.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        rest = rest.strip_prefix("and ").unwrap_or(rest);
    }
    found.then(|| Duration::try_from_secs_f64(total).ok()).flatten()
}

/// The seconds of a unit.
fn unit_seconds(unit: &str) -> Option<f64> {
    Some(match unit {
        "ms" | "millis" | "millisecond" | "milliseconds" => 0.001,
        "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3_600.0,
        "d" | "day" | "days" => 86_400.0,
        _ => return None,
    })
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// A wait of so many seconds, at most [`MAX`]; `None` for one that is none.
fn seconds(value: f64) -> Option<Duration> {
    (value >= 0.0).then(|| Duration::try_from_secs_f64(value).unwrap_or(MAX).min(MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-01-01T00:00:00Z".parse().unwrap()
    }

    fn check(pairs: &[(&'static str, &str)], expected_ms: Option<u64>) {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        let expected = expected_ms.map(Duration::from_millis);
        assert_eq!(wait_asked(&headers, "", true, now()), expected, "{pairs:?}");
    }

    #[test]
    fn every_form_of_retry_after_is_read() {
        for (name, value, expected_ms) in [
            ("retry-after", "2", Some(2000)),
            ("retry-after", "0", Some(0)),
            ("retry-after", "0.25", Some(250)),
            ("retry-after", "30s", Some(30_000)),
            ("retry-after-ms", "150", Some(150)),
            ("retry-after", "Thu, 01 Jan 2026 00:00:05 GMT", Some(5000)),
            ("retry-after", "2026-01-01T00:00:05Z", Some(5000)),
            ("retry-after", "1767225605", Some(5000)),
            ("retry-after", "Thu, 01 Jan 2025 00:00:05 GMT", None),
            ("retry-after", "-1", None),
            ("retry-after", "soon", None),
            ("retry-after", "NaN", None),
        ] {
            check(&[(name, value)], expected_ms);
        }
    }

    #[test]
    fn a_wait_beyond_the_cap_is_kept_for_as_long_as_the_cap() {
        check(&[("retry-after", "86400")], Some(3_600_000));
        check(&[("retry-after", "9e99")], Some(3_600_000));
        assert_eq!(wait_named_in("try again in 36 hours"), Some(MAX));
    }

    #[test]
    fn the_reset_of_the_limit_that_is_used_up_is_waited_for() {
        check(&[("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "3s")], Some(3000));
        check(&[("x-ratelimit-remaining-requests", "7"), ("x-ratelimit-reset-requests", "3s")], None);
        check(&[("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", "1m0.5s")], Some(60_500));
        check(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1767225604000")], Some(4000));
        check(
            &[
                ("anthropic-ratelimit-tokens-remaining", "0"),
                ("anthropic-ratelimit-tokens-reset", "2026-01-01T00:00:09Z"),
            ],
            Some(9000),
        );
        check(&[("ratelimit-reset", "6")], Some(6000));
        check(&[("retry-after", "1"), ("ratelimit-reset", "6")], Some(1000));
    }

    #[test]
    fn a_wait_in_words_is_read_whatever_it_is_written_in() {
        for (said, millis) in [
            ("Rate limit reached. Please try again in 4.2s.", 4_200),
            ("Please try again in 1m30s. Visit …", 90_000),
            ("Please try again in 250ms.", 250),
            ("Please retry after 20 seconds.", 20_000),
            ("Please retry in 34.074824224s.", 34_074),
            ("{\"@type\":\"…RetryInfo\",\"retryDelay\":\"34s\"}", 34_000),
            ("{\"error\":\"Model x is currently loading\",\"estimated_time\":20.5}", 20_500),
            ("try again in 2 minutes and 5 seconds", 125_000),
            ("Try again in 1h2m3s", 3_600_000),
            ("Please wait 10 seconds", 10_000),
            ("retry_after: 7", 7_000),
            ("retry in 20.", 20_000),
        ] {
            let read = wait_named_in(said).map(|wait| u64::try_from(wait.as_millis()).unwrap());
            assert_eq!(read, Some(millis), "{said}");
        }
        for said in [
            "",
            "Limit 6000, Used 5990",
            "try again in a while",
            "try again later",
            "retry after",
            "wait for it",
        ] {
            assert_eq!(wait_named_in(said), None, "{said}");
        }
    }
}
