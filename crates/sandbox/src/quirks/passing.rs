//! Quirks of failures that pass: refusals with a time to wait in any place, pages of proxies, time-outs.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use serde_json::json;

use super::Expected::Retried;
use super::Quirk;
use super::Shows::Once;
use super::said::Said;

const fn quirk(name: &'static str, does: &'static str, act: super::Act) -> Quirk {
    Quirk { name, does, expected: Retried, shows: Once, act }
}

/// A refusal for the rate.
fn slow(message: &str) -> Said {
    Said::error(429, json!({ "message": message, "code": "rate_limit_exceeded", "type": "tokens" }))
}

/// A time from now, as HTTP writes it.
fn http_date(after: Duration) -> String {
    let then = Timestamp::now() + after;
    DateTimePrinter::new().timestamp_to_rfc9110_string(&then).unwrap_or_default()
}

pub(super) const QUIRKS: &[Quirk] = &[
    quirk("r429_date", "Refuses for the rate, with `retry-after` as a date.", |_| {
        Some(slow("slow").with("retry-after", http_date(Duration::from_secs(3))))
    }),
    quirk("r429_ms", "Refuses for the rate, with `retry-after-ms`.", |_| {
        Some(slow("slow").with("retry-after-ms", "1500"))
    }),
    quirk("r429_reset", "Refuses for the rate, with the time in `x-ratelimit-reset-requests`.", |_| {
        let said = slow("Rate limit reached").with("x-ratelimit-limit-requests", "60");
        Some(said.with("x-ratelimit-remaining-requests", "0").with("x-ratelimit-reset-requests", "3s"))
    }),
    quirk("r429_body", "Refuses for the rate, with the time in its words.", |_| {
        Some(slow("Rate limit reached for model. Please try again in 4.2s."))
    }),
    quirk("r429_zero", "Refuses for the rate, with `retry-after: 0`.", |_| {
        Some(slow("slow").with("retry-after", "0"))
    }),
    quirk("r529", "Is overloaded: 529.", |_| {
        Some(Said::json(
            529,
            &json!({ "type": "error", "error": { "type": "overloaded_error", "message": "Overloaded" } }),
        ))
    }),
    quirk("r502html", "Is behind a proxy that answers 502.", |_| Some(Said::page(502, "502 Bad Gateway"))),
    quirk("r520html", "Is behind a proxy that answers 520.", |_| {
        Some(Said::page(520, "520: Web server is returning an unknown error"))
    }),
    quirk("r408", "Times out: 408.", |_| Some(Said::error(408, json!({ "message": "timeout" })))),
];
