//! Lanes: how urgent a message is; each lane is its own queue and its own share of the slots.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How urgent a message is; each lane is its own queue.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// A person waits.
    Interactive,
    /// Events of the catalog pipeline.
    #[default]
    Updates,
    /// Bulk work.
    Backfill,
}

impl Lane {
    /// Every lane, most urgent first.
    pub const ALL: [Self; 3] = [Self::Interactive, Self::Updates, Self::Backfill];

    /// The lane's name, also its routing key.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interactive => "interactive",
            Self::Updates => "updates",
            Self::Backfill => "backfill",
        }
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Lane {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|lane| lane.as_str() == text)
            .ok_or_else(|| format!("there is no lane {text:?}; write interactive, updates or backfill"))
    }
}
