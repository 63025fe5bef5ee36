//! What a worker did, counted.

use std::sync::atomic::{AtomicU64, Ordering};

/// What a worker did, to be printed when it ends.
#[derive(Debug, Default)]
pub struct WorkerCounts {
    /// Deliveries acknowledged.
    pub settled: AtomicU64,
    /// Messages sent through a delay queue after a failure.
    pub retried: AtomicU64,
    /// Messages sent through a delay queue because it was not their turn.
    pub snoozed: AtomicU64,
    /// Messages that became dead letters.
    pub dead: AtomicU64,
    /// Times that the broker would not take what settles a delivery, so that it was tried again.
    pub unsettled: AtomicU64,
}

impl WorkerCounts {
    /// Deliveries acknowledged whose message does not come back through a delay queue.
    #[must_use]
    pub fn finished(&self) -> u64 {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        of(&self.settled).saturating_sub(of(&self.retried) + of(&self.snoozed))
    }
}
