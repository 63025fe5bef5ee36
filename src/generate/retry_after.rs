//! `Retry-After` in all its forms: seconds, fractions, `retry-after-ms`, HTTP dates.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::HeaderMap;

/// Longest wait that is believed; a longer one is a mistake or an account that is out of quota.
const MAX: Duration = Duration::from_hours(1);

/// The wait that a response asks for; `None` where it asks for none, or absurdly.
#[must_use]
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    if let Some(millis) = text("retry-after-ms").and_then(|value| value.parse::<f64>().ok()) {
        return seconds(millis / 1000.0);
    }
    let value = text("retry-after")?;
    if let Ok(value) = value.parse::<f64>() {
        return seconds(value);
    }
    let date = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
    seconds(date.duration_since(now).as_secs_f64())
}

fn seconds(value: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(value).ok().filter(|wait| *wait <= MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &'static str, value: &str, expected_ms: Option<u64>) {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(retry_after(&headers, now), expected_ms.map(Duration::from_millis), "{name}: {value}");
    }

    #[test]
    fn every_form_is_read_and_absurd_ones_are_ignored() {
        check("retry-after", "2", Some(2000));
        check("retry-after", "0.25", Some(250));
        check("retry-after-ms", "150", Some(150));
        check("retry-after", "Thu, 01 Jan 2026 00:00:05 GMT", Some(5000));
        check("retry-after", "Thu, 01 Jan 2025 00:00:05 GMT", None);
        check("retry-after", "-1", None);
        check("retry-after", "999999999", None);
        check("retry-after", "soon", None);
        check("retry-after", "NaN", None);
    }
}
