//! Which delay queues a publisher has declared: each when it is needed for the first time.

use std::sync::atomic::{AtomicU32, Ordering};

use super::headers::RETRY_DELAYS_MS;

/// One bit a delay, in the order of [`RETRY_DELAYS_MS`].
#[derive(Debug, Default)]
pub(super) struct DeclaredDelays(AtomicU32);

impl DeclaredDelays {
    pub(super) fn contains(&self, delay_ms: u64) -> bool {
        self.0.load(Ordering::Relaxed) & bit(delay_ms) != 0
    }

    pub(super) fn add(&self, delay_ms: u64) {
        self.0.fetch_or(bit(delay_ms), Ordering::Relaxed);
    }

    /// Has each declared again before its next use.
    pub(super) fn forget(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

fn bit(delay_ms: u64) -> u32 {
    let place = RETRY_DELAYS_MS.iter().position(|known| *known == delay_ms);
    place.map_or(0, |place| 1 << place)
}
