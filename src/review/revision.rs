//! One revision of a (SKU, locale), and how people name it.

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::Timestamp;
use serde::Serialize;

use super::{ReviewError, names};
use skuscribe_check::content::{Decider, Decision, DecisionId, DecisionKind, OperationId};

/// Digits from which on a name is an operation's and no number.
const OPERATION_DIGITS_MIN: usize = 8;

/// One revision of a (SKU, locale).
#[derive(Clone, Debug, Serialize)]
pub struct Revision {
    /// Its number; not known of some that releases before 0.2 made.
    pub revision: Option<u64>,
    /// The operation that made it; names the history object.
    pub operation: OperationId,
    /// When it was made.
    pub at: Option<Timestamp>,
    /// What it was.
    pub outcome: RevisionOutcome,
    /// The recipes that it is about.
    pub recipes: Vec<String>,
    /// Who or what wrote the texts; nobody, where it has none.
    pub writer: Option<Writer>,
    /// The message that asked for them.
    pub message_id: Option<String>,
    /// The job that the message belongs to.
    pub job: Option<String>,
    /// The person's decision that made it.
    pub decision: Option<DecisionSummary>,
    /// Whether history has its texts.
    pub has_texts: bool,
    /// The recipes whose text is published as this revision has it.
    pub published: Vec<String>,
    /// The recipes whose draft waits as this revision has it.
    pub waiting: Vec<String>,
    /// The texts that were published after it, by recipe, where its decision says so.
    #[serde(skip)]
    pub(super) standing: Option<BTreeMap<String, OperationId>>,
}

/// What a revision was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RevisionOutcome {
    /// Texts were published.
    Published,
    /// A draft waited for a person.
    Held,
    /// A person decided, and no text was written.
    Decided,
    /// Something else without a text: the product was deleted, or history was cleared.
    Other,
}

/// Who or what wrote a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Writer {
    /// A model, as its server names it.
    Model(String),
    /// A person.
    Person(String),
    /// The facts alone.
    Facts,
}

/// A person's decision, as a revision names it.
#[derive(Clone, Debug, Serialize)]
pub struct DecisionSummary {
    /// Its name.
    pub id: DecisionId,
    /// What was done.
    pub kind: DecisionKind,
    /// Who.
    pub by: Decider,
    /// Why.
    pub why: Option<String>,
    /// The decision that it takes back.
    pub undoes: Option<DecisionId>,
    /// The revision whose texts it brought back.
    pub to_revision: Option<u64>,
}

impl From<&Decision> for DecisionSummary {
    fn from(decision: &Decision) -> Self {
        Self {
            id: decision.id.clone(),
            kind: decision.kind,
            by: decision.by.clone(),
            why: decision.why.clone(),
            undoes: decision.undoes.clone(),
            to_revision: decision.to_revision,
        }
    }
}

/// Which revision is meant: its number, or the first digits of its operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhichRevision {
    /// The number.
    Number(u64),
    /// At least eight digits of the operation.
    Operation(String),
}

impl FromStr for WhichRevision {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "{text:?} is no revision; write its number, or {OPERATION_DIGITS_MIN} digits of its operation, as `skuscribe content history` shows them"
            )
        };
        if text.len() < OPERATION_DIGITS_MIN {
            return text.parse().map(Self::Number).map_err(|_| wrong());
        }
        let is_hex = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'));
        is_hex.then(|| Self::Operation(text.to_owned())).ok_or_else(wrong)
    }
}

impl From<u64> for WhichRevision {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl WhichRevision {
    /// The place of the revision among all; the newest where several have the number.
    pub(super) fn place_in(&self, revisions: &[Revision]) -> Result<usize, ReviewError> {
        let is_meant = |revision: &Revision| match self {
            Self::Number(number) => revision.revision == Some(*number),
            Self::Operation(digits) => names(revision.operation, digits),
        };
        revisions.iter().rposition(is_meant).ok_or_else(|| {
            let name = match self {
                Self::Number(number) => number.to_string(),
                Self::Operation(digits) => digits.clone(),
            };
            ReviewError::Unfit(format!(
                "there is no revision {name}, or it is not known any more; `skuscribe content history` shows those that there are"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_named_by_its_number_or_its_operation() {
        assert_eq!("12".parse(), Ok(WhichRevision::Number(12)));
        assert_eq!("0467dc622cb8".parse(), Ok(WhichRevision::Operation("0467dc622cb8".to_owned())));
        for wrong in ["", "-1", "latest", "zzzzzzzzzz", "0467DC622CB8"] {
            assert!(wrong.parse::<WhichRevision>().is_err(), "{wrong}");
        }
    }
}
