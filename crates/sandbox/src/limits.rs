//! Requests and tokens per minute in a sliding window, stated in the headers that `OpenAI` sends.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use axum::http::HeaderMap;

use super::behaviour::Behaviour;

const WINDOW: Duration = Duration::from_mins(1);

/// What was used within the last minute.
#[derive(Debug, Default)]
pub(super) struct Window {
    used: Mutex<Used>,
}

#[derive(Debug, Default)]
struct Used {
    /// Requests that were let in.
    requests: VecDeque<Instant>,
    /// All requests, those that were refused as well.
    sent: VecDeque<Instant>,
    tokens: VecDeque<(Instant, u64)>,
    tokens_sum: u64,
    most: Most,
}

/// The most of a minute, so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Most {
    /// Requests, those that were refused as well.
    pub(super) sent: u64,
    /// Tokens.
    pub(super) tokens: u64,
    /// Tokens of all time.
    pub(super) tokens_total: u64,
}

impl Used {
    fn forget(&mut self, now: Instant) {
        let old = |at: &Instant| now.duration_since(*at) >= WINDOW;
        while self.requests.pop_front_if(|at| old(at)).is_some() {}
        while self.sent.pop_front_if(|at| old(at)).is_some() {}
        while let Some((_, tokens)) = self.tokens.pop_front_if(|(at, _)| old(at)) {
            self.tokens_sum -= tokens;
        }
    }

    fn take(&mut self, now: Instant, tokens: u64) {
        self.tokens.push_back((now, tokens));
        self.tokens_sum += tokens;
        self.most.tokens = self.most.tokens.max(self.tokens_sum);
        self.most.tokens_total += tokens;
    }
}

/// Whether a request is within the limits, and the headers that say so.
pub(super) struct Admission {
    pub(super) admitted: bool,
    pub(super) headers: HeaderMap,
}

impl Window {
    /// The most of a minute.
    pub(super) fn most(&self) -> Most {
        self.used.lock().unwrap_or_else(std::sync::PoisonError::into_inner).most
    }

    /// Counts the tokens of an answer, which are known only once it is there.
    pub(super) fn answered(&self, tokens: u64) {
        let mut used = self.used.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let now = Instant::now();
        used.forget(now);
        used.take(now, tokens);
    }

    /// Counts a request of so many tokens, or refuses it. Refused requests do not count.
    pub(super) fn admit(&self, behaviour: &Behaviour, tokens: u64) -> Admission {
        let (request_limit, token_limit) = (behaviour.requests_per_minute, behaviour.tokens_per_minute);
        if request_limit == 0 && token_limit == 0 {
            return Admission { admitted: true, headers: HeaderMap::new() };
        }
        let now = Instant::now();
        let mut used = self.used.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        used.forget(now);
        used.sent.push_back(now);
        used.most.sent = used.most.sent.max(used.sent.len() as u64);
        let count = used.requests.len() as u64;
        let fits = (request_limit == 0 || count < request_limit)
            && (token_limit == 0 || used.tokens_sum + tokens <= token_limit);
        if fits {
            used.requests.push_back(now);
            used.take(now, tokens);
        }
        let reset =
            used.requests.front().map_or(Duration::ZERO, |at| WINDOW.saturating_sub(now.duration_since(*at)));
        let mut headers = HeaderMap::new();
        let mut say = |name: &'static str, value: String| {
            if let Ok(value) = value.parse() {
                headers.insert(name, value);
            }
        };
        let reset = format!("{:.3}s", reset.as_secs_f64());
        if request_limit > 0 {
            say("x-ratelimit-limit-requests", request_limit.to_string());
            say(
                "x-ratelimit-remaining-requests",
                request_limit.saturating_sub(used.requests.len() as u64).to_string(),
            );
            say("x-ratelimit-reset-requests", reset.clone());
        }
        if token_limit > 0 {
            say("x-ratelimit-limit-tokens", token_limit.to_string());
            say("x-ratelimit-remaining-tokens", token_limit.saturating_sub(used.tokens_sum).to_string());
            say("x-ratelimit-reset-tokens", reset.clone());
        }
        if !fits {
            let seconds = reset.trim_end_matches('s').parse::<f64>().unwrap_or(1.0);
            say("retry-after", format!("{}", seconds.ceil()));
            say("retry-after-ms", format!("{}", (seconds * 1000.0).ceil()));
        }
        Admission { admitted: fits, headers }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_exceeds_a_limit_is_refused_with_the_headers_that_say_when_to_come_back() {
        let window = Window::default();
        let behaviour = Behaviour { requests_per_minute: 2, tokens_per_minute: 1000, ..Behaviour::default() };
        assert!(window.admit(&behaviour, 100).admitted);
        let second = window.admit(&behaviour, 100);
        assert_eq!(second.headers.get("x-ratelimit-remaining-requests").unwrap(), "0");
        assert_eq!(second.headers.get("x-ratelimit-remaining-tokens").unwrap(), "800");
        let third = window.admit(&behaviour, 100);
        assert!(!third.admitted);
        assert!(third.headers.contains_key("retry-after"));
        let tokens = Behaviour { tokens_per_minute: 50, ..Behaviour::default() };
        assert!(!Window::default().admit(&tokens, 51).admitted);
    }
}
