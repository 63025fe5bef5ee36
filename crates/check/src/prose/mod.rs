//! Facts out of prose: attributes that somebody proposes from a product's title, description and reviews, each with the words
//! that it rests on, and the rules that accept it. A proposal is untrusted: it becomes a fact only where the words stand
//! there and say it of the product itself. Pure.

mod acceptance;
mod evidence;
mod names;
mod ofwhat;
mod passage;
mod prompt;
mod proposal;
mod shown;
mod stored;
#[cfg(test)]
mod tests;
mod texts;
#[cfg(test)]
mod traps;
mod words;

pub use acceptance::{Acceptance, Decision, Resolution};
pub use names::AttributeNames;
pub use prompt::{instructions, request};
pub use proposal::{PROPOSALS_MAX, Proposal, QUOTE_CHARS_MAX, Reason};
pub use stored::{DerivedFacts, PersonDecision, WaitingProposal};
pub use texts::Prose;
