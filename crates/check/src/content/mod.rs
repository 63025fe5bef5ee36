//! Content on its way: drafts, findings, and the stored document of a (SKU, locale).

mod beside;
mod decision;
mod document;
mod draft;
mod drafts;
mod finding;
mod form_kind;
pub mod money;
mod outcome;
mod quality;
mod reviewer;
mod sentences;
mod source_type;
mod statement_kind;
mod text_digest;
mod usage;

pub use beside::{Change, Correction, HeldEntry, HistoryEntry};
pub use decision::{Decider, Decision, DecisionId, DecisionKind, Lock, Standing, WaitingDraft};
pub use document::{
    DerivedFrom, Document, Evidence, FactsOf, HeldPointer, OPERATIONS_KEPT, OperationId, Provenance,
    RecipeState, Rejected, State, Support,
};
pub use draft::{Draft, Text, texts};
pub use drafts::{DraftOrigin, DraftReview, Drafts, VerifiedSentence};
pub use finding::{Finding, Severity, Span};
pub use form_kind::FormKind;
pub use outcome::Outcome;
pub use quality::{Quality, QualityPart};
pub use reviewer::{ReviewOutcome, Reviewer};
pub(crate) use sentences::push_sentence;
pub use sentences::sentences;
pub use source_type::DigitalSourceType;
pub use statement_kind::StatementKind;
pub use text_digest::TextDigest;
pub use usage::Usage;
