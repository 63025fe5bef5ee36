//! What a person decided on a text before it was published.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a person did with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReviewOutcome {
    /// Had it published as it was.
    Approved,
    /// Changed it.
    Edited,
}

impl ReviewOutcome {
    /// Its name, as it is stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Edited => "edited",
        }
    }
}

/// Who decided on a text, in which role, what, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reviewer {
    /// The person, by the name that the decision was made under.
    pub id: String,
    /// The person's role, such as `editor`; left out where none is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// What the person decided.
    pub decision: ReviewOutcome,
    /// When.
    #[schemars(with = "String")]
    pub at: Timestamp,
}
