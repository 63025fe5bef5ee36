//! Requests and tokens per minute: as the settings state them, and as the server does.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::headers::{RateHeaders, RateLimitHeader};
use crate::config::model::ModelConfig;

/// Longest pause that a header's `remaining: 0` causes: a hint, where `retry-after` is an order.
const HINT_MAX: Duration = Duration::from_secs(2);

/// The limits of one model: requests, tokens.
#[derive(Debug)]
pub(super) struct RateLimits {
    stated: [u64; 2],
    learned: [AtomicU64; 2],
    learn: bool,
}

impl RateLimits {
    pub(super) fn new(model: &ModelConfig) -> Self {
        Self {
            stated: [model.requests_per_minute, model.tokens_per_minute],
            learned: Default::default(),
            learn: model.learn_limits,
        }
    }

    /// The limits in force: the lesser of what both say; 0 where nobody says anything.
    pub(super) fn in_force(&self) -> [u64; 2] {
        let ([stated_requests, stated_tokens], [requests, tokens]) = (self.stated, &self.learned);
        let in_force = |stated: u64, learned: &AtomicU64| match (stated, learned.load(Ordering::Relaxed)) {
            (stated, 0) => stated,
            (0, learned) => learned,
            (stated, learned) => stated.min(learned),
        };
        [in_force(stated_requests, requests), in_force(stated_tokens, tokens)]
    }

    /// Takes note of what the server says; gives the pause that it hints at, where less is left than a call needs.
    pub(super) fn learn(&self, model: &str, said: &RateHeaders, need: [u64; 2]) -> Option<Duration> {
        if !self.learn {
            return None;
        }
        let both = [("requests", said.requests), ("tokens", said.tokens)];
        for (((what, said), learned), stated) in both.iter().zip(&self.learned).zip(self.stated) {
            let Some(limit) = said.limit else { continue };
            if learned.swap(limit, Ordering::Relaxed) != limit && (stated == 0 || limit < stated) {
                tracing::info!(
                    model.name = model,
                    limit,
                    stated,
                    "the server states a limit of {what} per minute; it is kept to from now on"
                );
            }
        }
        let [need_requests, need_tokens] = need;
        let short = |said: RateLimitHeader, need: u64| {
            let reset = said.reset.unwrap_or(HINT_MAX).min(HINT_MAX);
            said.remaining.is_some_and(|left| left < need).then_some(reset)
        };
        let pause = short(said.requests, need_requests).max(short(said.tokens, need_tokens));
        pause.filter(|pause| !pause.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn said(limit: u64, remaining: u64, reset_s: u64) -> RateHeaders {
        let reset = Some(Duration::from_secs(reset_s));
        RateHeaders {
            requests: RateLimitHeader { limit: Some(limit), remaining: Some(remaining), reset },
            tokens: RateLimitHeader::default(),
        }
    }

    #[test]
    fn the_lesser_limit_holds_and_nothing_is_learned_where_that_is_switched_off() {
        for (stated, learn, expected) in
            [(0, true, 500), (900, true, 500), (300, true, 300), (900, false, 900)]
        {
            let mut model = Config::defaults().unwrap().model;
            (model.requests_per_minute, model.learn_limits) = (stated, learn);
            let limits = RateLimits::new(&model);
            limits.learn("m", &said(500, 400, 1), [1, 1]);
            assert_eq!(limits.in_force(), [expected, 0], "{stated} {learn}");
        }
    }

    #[test]
    fn less_left_than_a_call_needs_is_a_hint_to_pause_for_two_seconds_at_most() {
        let limits = RateLimits::new(&Config::defaults().unwrap().model);
        assert_eq!(limits.learn("m", &said(500, 1, 30), [1, 1]), None);
        assert_eq!(limits.learn("m", &said(500, 0, 30), [1, 1]), Some(HINT_MAX));
        assert_eq!(limits.learn("m", &said(500, 0, 0), [1, 1]), None);
        assert_eq!(limits.learn("m", &said(500, 0, 1), [1, 1]), Some(Duration::from_secs(1)));
    }
}
