//! One thing that a check saw, with the place it saw it at.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a finding does to its draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Recorded, nothing more.
    Note,
    /// A person decides.
    Hold,
    /// Must never be published as it is.
    Block,
}

/// A range of a text, in characters (Unicode scalar values), end exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Span {
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
}

impl Span {
    /// The span of a range of bytes of a text.
    #[must_use]
    pub fn of(text: &str, bytes: &std::ops::Range<usize>) -> Self {
        let characters = |to: usize| text.get(..to).map_or(0, |part| part.chars().count());
        Self { start: characters(bytes.start), end: characters(bytes.end) }
    }

    /// Whether the two have a character in common.
    #[must_use]
    pub fn touches(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// One thing that a check saw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// The rule, as `check.kind` (`facts.contradicted`, `length.max`).
    pub rule: String,
    /// Of which kind the statement is that it is about (`number`, `material`, `superlative`), where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What it does to the draft.
    pub severity: Severity,
    /// The recipe whose text it is about.
    pub recipe: String,
    /// JSON pointer to the text inside the recipe's content.
    pub at: String,
    /// The part of that text, where the finding is about a part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
    /// What was seen, for a person.
    pub message: String,
    /// Names of the attributes that the text was compared with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
}
