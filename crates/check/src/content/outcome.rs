//! What became of a task, in the words of events, metrics and summaries.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What became of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// New content is out.
    Published,
    /// New content waits for a person.
    Held,
    /// Nothing was due.
    Unchanged,
    /// A newer version was there already.
    Stale,
    /// The product is gone.
    Deleted,
    /// No content could be made.
    Failed,
    /// Its job was cancelled before its turn came.
    Cancelled,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 7] = [
        Self::Published,
        Self::Held,
        Self::Unchanged,
        Self::Stale,
        Self::Deleted,
        Self::Failed,
        Self::Cancelled,
    ];

    /// The outcome's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Held => "held",
            Self::Unchanged => "unchanged",
            Self::Stale => "stale",
            Self::Deleted => "deleted",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
