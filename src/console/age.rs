//! Lengths of time as filters have them: `30m`, `12h`, `2d`, `1w`.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};

/// A length of time in one unit, as it was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Age {
    /// How many.
    pub count: u32,
    /// Of what.
    pub unit: AgeUnit,
}

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgeUnit {
    /// `m`
    Minutes,
    /// `h`
    Hours,
    /// `d`
    Days,
    /// `w`
    Weeks,
}

impl Age {
    /// The point in time that lies so far back.
    #[must_use]
    pub fn before(self, now: Timestamp) -> Timestamp {
        let minutes = match self.unit {
            AgeUnit::Minutes => 1,
            AgeUnit::Hours => 60,
            AgeUnit::Days => 24 * 60,
            AgeUnit::Weeks => 7 * 24 * 60,
        };
        let back = SignedDuration::from_secs(i64::from(self.count) * minutes * 60);
        now.checked_sub(back).unwrap_or(Timestamp::MIN)
    }
}

impl FromStr for Age {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unit = match text.chars().next_back() {
            Some('m') => AgeUnit::Minutes,
            Some('h') => AgeUnit::Hours,
            Some('d') => AgeUnit::Days,
            Some('w') => AgeUnit::Weeks,
            _ => return Err(format!("{text:?} is no length of time; write 30m, 12h, 2d or 1w")),
        };
        let count = text.get(..text.len() - 1).and_then(|count| count.parse().ok());
        let count =
            count.ok_or_else(|| format!("{text:?} is no length of time; write 30m, 12h, 2d or 1w"))?;
        Ok(Self { count, unit })
    }
}

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            AgeUnit::Minutes => 'm',
            AgeUnit::Hours => 'h',
            AgeUnit::Days => 'd',
            AgeUnit::Weeks => 'w',
        };
        write!(f, "{}{unit}", self.count)
    }
}
