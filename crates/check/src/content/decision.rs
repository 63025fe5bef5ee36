//! What a person decided on a (SKU, locale), kept for good: `decision.v1`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Document, HeldPointer, OperationId, Rejected, State};
use crate::product::{Digest, Locale, Sku};

/// What a person did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DecisionKind {
    /// Had a draft published as it was.
    Approve,
    /// Put a text of their own in a draft's place, or in that of what was published.
    Edit,
    /// Took a draft out of the queue.
    Reject,
    /// Kept the machine off recipes.
    Lock,
    /// Let the machine at recipes again.
    Unlock,
    /// Published texts of an earlier revision again.
    Revert,
    /// Took a decision back.
    Undo,
    /// Said something of it; nothing changed.
    Comment,
    /// Took it on, or gave it to somebody; nothing changed.
    Assign,
}

impl DecisionKind {
    /// Its word, as it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Edit => "edit",
            Self::Reject => "reject",
            Self::Lock => "lock",
            Self::Unlock => "unlock",
            Self::Revert => "revert",
            Self::Undo => "undo",
            Self::Comment => "comment",
            Self::Assign => "assign",
        }
    }
}

impl fmt::Display for DecisionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Names a decision: its time to the microsecond, and some digits that tell it apart. In the order of these names decisions
/// were made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct DecisionId(String);

/// Digits of a decision's name beside its time.
const ID_DIGITS: usize = 12;
/// Characters of its time.
const ID_TIME: usize = "20261127T050600123456Z".len();

impl DecisionId {
    /// The name of what somebody decides now; `parts` tell it from others of the same moment.
    #[must_use]
    pub fn new(at: Timestamp, parts: &[&[u8]]) -> Self {
        let digest = Digest::of(parts).to_string();
        Self(format!("{}-{}", at.strftime("%Y%m%dT%H%M%S%6fZ"), digest.get(..ID_DIGITS).unwrap_or_default()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for DecisionId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_time = |time: &str| {
            time.len() == ID_TIME
                && time.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'T' | b'Z'))
        };
        let is_digits = |digits: &str| {
            digits.len() == ID_DIGITS
                && digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'))
        };
        let is_name = text.split_once('-').is_some_and(|(time, digits)| is_time(time) && is_digits(digits));
        let wrong = || format!("{text:?} is no decision's name; `skuscribe content history` shows them");
        is_name.then(|| Self(text.to_owned())).ok_or_else(wrong)
    }
}

impl TryFrom<String> for DecisionId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<DecisionId> for String {
    fn from(id: DecisionId) -> Self {
        id.0
    }
}

/// A person, in the role that they had then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decider {
    /// The name that the decision was made under.
    pub id: String,
    /// The role, such as `editor`; left out where none is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

/// Why the machine leaves a recipe alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Lock {
    /// Who locked it.
    pub by: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// When.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// The facts while which it is locked, as a digest: other facts end it. Left out where only a person does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub while_facts: Option<Digest>,
}

/// A draft that waits, without its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WaitingDraft {
    /// The history object that holds it.
    pub operation: OperationId,
    /// Its recipes.
    pub recipes: Vec<String>,
}

impl From<&HeldPointer> for WaitingDraft {
    fn from(held: &HeldPointer) -> Self {
        Self { operation: held.operation, recipes: held.recipes.keys().cloned().collect() }
    }
}

/// How a document stood: which texts, by the history objects that hold them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Standing {
    /// What it was to the storefront.
    pub state: State,
    /// Its revision.
    pub revision: u64,
    /// The text of each recipe that was published, by the operation that wrote it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub published: BTreeMap<String, OperationId>,
    /// The drafts that waited, the first of the queue first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<WaitingDraft>,
    /// The locked recipes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locks: Vec<String>,
    /// Who locked them and why, as far as it was said.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub locked: BTreeMap<String, Lock>,
    /// The last draft that was rejected, until there was another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected: Option<Rejected>,
}

impl Standing {
    /// How a document stands.
    #[must_use]
    pub fn of(document: &Document) -> Self {
        let published = |recipe: &String| {
            let state = document.recipes.get(recipe)?;
            Some((recipe.clone(), state.provenance.operation))
        };
        Self {
            state: document.state,
            revision: document.revision,
            published: document.content.keys().filter_map(published).collect(),
            waiting: document.held.iter().chain(&document.held_next).map(WaitingDraft::from).collect(),
            locks: document.locks.clone(),
            locked: document.locked.clone(),
            rejected: document.rejected.clone(),
        }
    }
}

/// `decision.v1`: what a person decided, kept for good. The last one of a document stands in the document as well, from the
/// very write that carried it out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    /// Always `decision.v1`.
    pub schema: String,
    /// Its name.
    pub id: DecisionId,
    /// The product.
    pub sku: Sku,
    /// Language and region of the text.
    pub locale: Locale,
    /// What was done.
    pub kind: DecisionKind,
    /// Who.
    pub by: Decider,
    /// When.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// Why; of a comment, the comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The draft or the text that was decided on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<OperationId>,
    /// The operation that the decision is, where it made a revision; names its history object, where it has a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<OperationId>,
    /// The recipes that it concerns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recipes: Vec<String>,
    /// How the document stood before; left out where nothing changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Standing>,
    /// How it stood after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Standing>,
    /// The decision before it that changed something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<DecisionId>,
    /// The decision that it takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<DecisionId>,
    /// The revision whose texts it brought back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_revision: Option<u64>,
    /// Whom it was given to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

impl Decision {
    /// The name of the contract.
    pub const SCHEMA: &'static str = "decision.v1";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_decisions_are_in_order_of_time_and_nothing_else_is_one() {
        let name = |at: &str| DecisionId::new(at.parse().unwrap(), &[b"x"]);
        let (first, second) = (name("2026-01-02T03:04:05.000001Z"), name("2026-01-02T03:04:05.0001Z"));
        assert!(first < second && first.as_str().starts_with("20260102T030405000001Z-"), "{first}");
        assert_eq!(first.as_str().parse(), Ok(first.clone()));
        for wrong in
            ["", "x", "20260102T030405000001Z", "20260102T030405000001Z-../../etc/pa", &"-".repeat(35)]
        {
            assert!(wrong.parse::<DecisionId>().is_err(), "{wrong}");
        }
    }
}
