//! The worker's signs of life: consuming, settling, and what it depends on; what `/readyz` is made of.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::lane::Lane;

/// Signs of life, noted where they happen.
#[derive(Debug)]
pub struct Vitals {
    signs: Mutex<Signs>,
}

#[derive(Debug)]
struct Signs {
    /// Lanes with a live consumer; empty while there is no connection.
    consuming: Vec<Lane>,
    /// Since when it is as it is.
    since: Instant,
    /// Deliveries in hand.
    in_hand: usize,
    /// When the last delivery was settled, or the first after an idle time came in.
    progress_at: Instant,
}

/// A delivery in hand, until it is dropped.
#[derive(Debug)]
pub(super) struct InHandSign<'a>(&'a Vitals);

/// Live consumers, until it is dropped.
#[derive(Debug)]
pub(super) struct Consuming<'a>(&'a Vitals);

impl Default for Vitals {
    fn default() -> Self {
        let now = Instant::now();
        let signs = Signs { consuming: Vec::new(), since: now, in_hand: 0, progress_at: now };
        Self { signs: Mutex::new(signs) }
    }
}

impl Vitals {
    /// Notes live consumers on these lanes.
    pub(super) fn consuming(&self, lanes: &[Lane]) -> Consuming<'_> {
        let mut signs = self.lock();
        signs.consuming = lanes.to_vec();
        signs.since = Instant::now();
        Consuming(self)
    }

    /// Notes a delivery that comes in.
    pub(super) fn received(&self) -> InHandSign<'_> {
        let mut signs = self.lock();
        if signs.in_hand == 0 {
            signs.progress_at = Instant::now();
        }
        signs.in_hand += 1;
        InHandSign(self)
    }

    /// Notes a delivery that was settled.
    pub(super) fn settled(&self) {
        self.lock().progress_at = Instant::now();
    }

    /// Lanes with a live consumer.
    #[must_use]
    pub fn lanes(&self) -> Vec<Lane> {
        self.lock().consuming.clone()
    }

    /// For how long there has been no consumer; `None` while there is one.
    #[must_use]
    pub fn without_consumer(&self) -> Option<Duration> {
        let signs = self.lock();
        signs.consuming.is_empty().then(|| signs.since.elapsed())
    }

    /// Deliveries in hand, and for how long none of them came to an end.
    #[must_use]
    pub fn without_progress(&self) -> (usize, Duration) {
        let signs = self.lock();
        let idle = if signs.in_hand == 0 { Duration::ZERO } else { signs.progress_at.elapsed() };
        (signs.in_hand, idle)
    }

    /// Waits until there has been no consumer, or no progress, for too long; says which.
    pub async fn lost(&self, without_consumer: Duration, without_progress: Duration) -> &'static str {
        let shorter = without_consumer.min(without_progress);
        let every = (shorter / 10).clamp(Duration::from_millis(10), Duration::from_secs(1));
        loop {
            if self.without_consumer().is_some_and(|time| time >= without_consumer) {
                return "there was no consumer for longer than health.exit_after_ms";
            }
            if self.without_progress().1 >= without_progress {
                return "no delivery came to an end for longer than health.progress_max_ms";
            }
            tokio::time::sleep(every).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Signs> {
        // Nothing that can panic happens under the lock; what is there is whole.
        self.signs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for InHandSign<'_> {
    fn drop(&mut self) {
        self.0.lock().in_hand -= 1;
    }
}

impl Drop for Consuming<'_> {
    fn drop(&mut self) {
        let mut signs = self.0.lock();
        signs.consuming.clear();
        signs.since = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_worker_without_consumer_is_lost_after_its_limit_and_one_that_idles_never() {
        let vitals = Vitals::default();
        let limit = Duration::from_mins(5);
        assert!(vitals.lost(limit, limit).await.contains("no consumer"));
        let _consuming = vitals.consuming(&[Lane::Updates]);
        let idle = tokio::time::timeout(Duration::from_hours(1), vitals.lost(limit, limit)).await;
        assert!(idle.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn deliveries_in_hand_must_come_to_an_end_now_and_then() {
        let vitals = Vitals::default();
        let limit = Duration::from_mins(5);
        let _consuming = vitals.consuming(&[Lane::Updates]);
        let _in_hand = vitals.received();
        for _ in 0..10 {
            tokio::time::sleep(limit / 2).await;
            vitals.settled();
        }
        assert!(vitals.without_progress().1 < limit);
        assert!(vitals.lost(Duration::MAX, limit).await.contains("no delivery"));
    }
}
