//! Delays between attempts: the one file that uses the `backoff` crate, for its delays alone.

use std::time::Duration;

use backoff::backoff::Backoff as _;
use backoff::{ExponentialBackoff, ExponentialBackoffBuilder};

/// Growing delays with jitter. Attempts are counted by the caller; the crate's own clock is not used.
#[derive(Debug)]
pub struct Delays {
    inner: ExponentialBackoff,
    max: Duration,
}

impl Delays {
    /// Delays that start at `first` and grow to at most `max`, each with 50 % of jitter.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that makes delays")]
    pub fn new(first: Duration, max: Duration) -> Self {
        let inner = ExponentialBackoffBuilder::new()
            .with_initial_interval(first)
            .with_max_interval(max)
            .with_multiplier(2.0)
            .with_randomization_factor(0.5)
            .with_max_elapsed_time(None)
            .build();
        Self { inner, max }
    }

    /// The next delay.
    pub fn next_delay(&mut self) -> Duration {
        self.inner.next_backoff().unwrap_or(self.max).min(self.max)
    }

    /// Starts over after a success.
    pub fn reset(&mut self) {
        self.inner.reset();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_with_jitter_up_to_their_cap_and_never_end() {
        let mut delays = Delays::new(Duration::from_millis(100), Duration::from_secs(2));
        assert!(delays.next_delay() <= Duration::from_millis(150));
        for _ in 0..200 {
            assert!(delays.next_delay() <= Duration::from_secs(2));
        }
        assert!(delays.next_delay() >= Duration::from_secs(1));
    }
}
