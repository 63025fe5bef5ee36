//! The clock, passed in, so that tests can move it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

/// Where "now" comes from: the machine, or a value that a test sets.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that stands at a number of microseconds since the epoch until a test moves it.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands still at `timestamp`. Only tests need one, but those of the whole program too, which see the
    /// public interface alone.
    #[must_use]
    pub fn fixed(timestamp: Timestamp) -> Self {
        Self::Fixed(Arc::new(AtomicI64::new(timestamp.as_microsecond())))
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp::now(),
            Self::Fixed(micros) => {
                Timestamp::from_microsecond(micros.load(Ordering::Relaxed)).unwrap_or_default()
            }
        }
    }
}

/// The day of a point in time (UTC).
#[must_use]
pub fn today(now: Timestamp) -> Date {
    Offset::UTC.to_datetime(now).date()
}

/// A duration in whole milliseconds, for logs.
#[must_use]
pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
