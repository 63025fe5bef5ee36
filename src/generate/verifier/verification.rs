//! What a verifier is asked, and what it answers.

use crate::clock::Clock;
use crate::generate::answer::Reply;
use crate::generate::write;
use skuscribe_check::content::DraftOrigin;
use skuscribe_check::content::money::Nanos;
use skuscribe_check::product::Facts;

/// A sentence that the checks could not decide, with the facts that its recipe may use.
#[derive(Clone, Copy, Debug)]
pub struct UnverifiedSentence<'a> {
    /// The sentence.
    pub sentence: &'a str,
    /// The facts.
    pub facts: &'a Facts,
}

/// Whether the facts support a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// Whether they do.
    pub supported: bool,
    /// The attribute that does, where it was named and is one.
    pub attribute: Option<String>,
}

/// A verification is no draft: the model that wrote the drafts stays named.
pub(super) fn add_verification(origin: &mut DraftOrigin, reply: &Reply, expected_cost: Nanos, clock: &Clock) {
    let (model, generated_at) = (origin.model.clone(), origin.generated_at);
    origin.expected_cost = origin.expected_cost.saturating_add(expected_cost);
    write::add(origin, reply, clock);
    (origin.model, origin.generated_at) = (model, generated_at);
}
