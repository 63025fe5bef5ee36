//! A statement of a text: of which slot it is, of which part of the thing, what it says, and what the facts decide about it.

use super::lexicon::{ConceptId, lexicon};
use crate::content::StatementKind;

/// What the facts say of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// This attribute supports it.
    Supported(usize),
    /// This attribute says otherwise.
    Refuted(usize),
    /// No attribute speaks of it.
    NotStated,
    /// It cannot be looked up: the facts are in another language.
    NotCheckable,
}

/// How a text states something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Modality {
    Asserted,
    /// A question takes it for granted: "Why is the titanium so light?"
    Presupposed,
    /// A question asks for it: "Is it dishwasher-safe?"
    Asked,
}

/// A statement, decided.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Statement {
    /// Where it begins, in bytes.
    pub(crate) start: usize,
    /// Where it ends.
    pub(crate) end: usize,
    /// Its slot.
    pub(crate) kind: StatementKind,
    /// The part that it is said of; `None` for the whole.
    pub(crate) part: Option<ConceptId>,
    /// Whether the text denies it.
    pub(crate) denied: bool,
    pub(crate) modality: Modality,
    pub(crate) decision: Decision,
    /// Why it is refuted or not stated, for a person.
    pub(crate) message: String,
}

impl Statement {
    /// Whether the facts do not bear it.
    pub(crate) fn is_fault(&self) -> bool {
        matches!(self.decision, Decision::Refuted(_) | Decision::NotStated)
    }

    /// Whether an attribute says otherwise.
    pub(crate) fn is_refuted(&self) -> bool {
        matches!(self.decision, Decision::Refuted(_))
    }

    /// The attribute that decided.
    pub(crate) fn attribute(&self) -> Option<usize> {
        match self.decision {
            Decision::Supported(attribute) | Decision::Refuted(attribute) => Some(attribute),
            Decision::NotStated | Decision::NotCheckable => None,
        }
    }

    /// The name of the part that it is said of.
    pub(crate) fn part_name(&self) -> Option<&'static str> {
        self.part.map(|part| lexicon().name(part))
    }
}
