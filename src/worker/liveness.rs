//! Whether the worker consumes and makes progress: `/readyz` reports it, and a worker that does neither exits.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::lane::Lane;

/// Whether the worker consumes and makes progress, noted where it happens.
#[derive(Debug)]
pub struct Liveness {
    state: Mutex<LivenessState>,
}

#[derive(Debug)]
struct LivenessState {
    /// Lanes with a live consumer; empty while there is no connection.
    consuming: Vec<Lane>,
    /// When that changed last.
    since: Instant,
    /// Deliveries in progress.
    in_flight: usize,
    /// When the last delivery was settled, or the first after an idle time came in.
    progress_at: Instant,
}

/// Counts a delivery as in progress until it is dropped.
#[derive(Debug)]
pub(super) struct ProgressGuard<'a>(&'a Liveness);

/// Marks the consumers as live until it is dropped.
#[derive(Debug)]
pub(super) struct ConsumerGuard<'a>(&'a Liveness);

impl Default for Liveness {
    fn default() -> Self {
        let now = Instant::now();
        let state = LivenessState { consuming: Vec::new(), since: now, in_flight: 0, progress_at: now };
        Self { state: Mutex::new(state) }
    }
}

impl Liveness {
    /// Notes live consumers on these lanes.
    pub(super) fn consuming(&self, lanes: &[Lane]) -> ConsumerGuard<'_> {
        let mut state = self.lock();
        state.consuming = lanes.to_vec();
        state.since = Instant::now();
        ConsumerGuard(self)
    }

    /// Notes a delivery that comes in.
    pub(super) fn received(&self) -> ProgressGuard<'_> {
        let mut state = self.lock();
        if state.in_flight == 0 {
            state.progress_at = Instant::now();
        }
        state.in_flight += 1;
        ProgressGuard(self)
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
        let state = self.lock();
        state.consuming.is_empty().then(|| state.since.elapsed())
    }

    /// Deliveries in progress, and for how long none of them was settled.
    #[must_use]
    pub fn without_progress(&self) -> (usize, Duration) {
        let state = self.lock();
        let idle = if state.in_flight == 0 { Duration::ZERO } else { state.progress_at.elapsed() };
        (state.in_flight, idle)
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
                return "no delivery was settled for longer than health.progress_max_ms";
            }
            tokio::time::sleep(every).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, LivenessState> {
        // Nothing that can panic happens under the lock; what is there is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ProgressGuard<'_> {
    fn drop(&mut self) {
        self.0.lock().in_flight -= 1;
    }
}

impl Drop for ConsumerGuard<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.consuming.clear();
        state.since = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_worker_without_consumer_is_lost_after_its_limit_and_one_that_idles_never() {
        let liveness = Liveness::default();
        let limit = Duration::from_mins(5);
        assert!(liveness.lost(limit, limit).await.contains("no consumer"));
        let _consuming = liveness.consuming(&[Lane::Updates]);
        let idle = tokio::time::timeout(Duration::from_hours(1), liveness.lost(limit, limit)).await;
        assert!(idle.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn deliveries_in_progress_must_be_settled_now_and_then() {
        let liveness = Liveness::default();
        let limit = Duration::from_mins(5);
        let _consuming = liveness.consuming(&[Lane::Updates]);
        let _in_hand = liveness.received();
        for _ in 0..10 {
            tokio::time::sleep(limit / 2).await;
            liveness.settled();
        }
        assert!(liveness.without_progress().1 < limit);
        assert!(liveness.lost(Duration::MAX, limit).await.contains("no delivery"));
    }
}
