//! The delay queues: which there are, how long a message waits in which, and which a publisher has declared.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::failure::FailureCause;

/// The delays there are queues for, in milliseconds.
pub const RETRY_DELAYS_MS: [u64; 6] = [1_000, 5_000, 30_000, 120_000, 600_000, 3_600_000];

/// How long a message waits for its next attempt, in milliseconds: at least what the other side asked for,
/// else by what stood in the way, longer every time.
#[must_use]
pub fn retry_delay_ms(attempt: u32, cause: FailureCause, asked: Option<Duration>) -> u64 {
    if let Some(asked) = asked {
        return snooze_delay_ms(asked);
    }
    // A lost race is over at once; a server that asks for fewer calls needs longer.
    let delays: &[u64] = match cause {
        FailureCause::Conflict => &[1_000, 1_000, 5_000, 5_000, 30_000],
        FailureCause::Store | FailureCause::Broker | FailureCause::Server => {
            &[1_000, 5_000, 30_000, 120_000, 600_000, 3_600_000]
        }
        FailureCause::RateLimit => &[5_000, 30_000, 120_000, 600_000, 600_000, 3_600_000],
    };
    let index = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
    delays.get(index).or(delays.last()).copied().unwrap_or(1_000)
}

/// The shortest delay there is a queue for that is not shorter than what was asked for, in milliseconds.
#[must_use]
pub fn snooze_delay_ms(asked: Duration) -> u64 {
    let asked = u64::try_from(asked.as_millis()).unwrap_or(u64::MAX);
    let last = RETRY_DELAYS_MS.last().copied().unwrap_or(0);
    RETRY_DELAYS_MS.iter().copied().find(|delay| *delay >= asked).unwrap_or(last)
}

/// The delays whose queue was declared, each when it is needed for the first time. One bit a delay, in the order of [`RETRY_DELAYS_MS`].
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_never_shorter_than_what_was_asked_for() {
        for (attempt, asked, expected) in [
            (1, None, 1_000),
            (3, None, 30_000),
            (99, None, 3_600_000),
            (1, Some(Duration::from_secs(7)), 30_000),
            (1, Some(Duration::from_hours(24)), 3_600_000),
        ] {
            assert_eq!(retry_delay_ms(attempt, FailureCause::Server, asked), expected);
        }
    }
}
