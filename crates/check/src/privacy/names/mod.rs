//! Names of people by a linear-chain tagger: every token is outside of a name, begins one or goes on with one.
//!
//! Averaged perceptron and Viterbi instead of a crate: `crfs` would bring its own random numbers, an optimiser and a
//! database of strings into a crate that is pure. `scripts/train-names.sh` trains the model; the trainer uses this
//! very code to read text.

mod features;
mod model;
mod tokens;

use std::ops::Range;

use crate::rulebook::NAMES;

pub use features::{HIDDEN, features};
pub use model::{BUCKETS, LABELS, LISTS, Lists, Model, best_labels, possible};
pub(in crate::privacy) use tokens::hash_of;
pub use tokens::{Shape, Token, tokens};

/// What a token is to a name.
pub const OUTSIDE: usize = 0;
/// It begins a name.
pub const BEGINS: usize = 1;
/// It goes on with a name.
pub const GOES_ON: usize = 2;

/// Tokens that are labelled at a time, so that memory stays small on long texts.
const TOKENS_AT_A_TIME: usize = 4_096;

/// The places of names in a text, in order.
#[must_use]
pub fn find(text: &str) -> Vec<Range<usize>> {
    Model::read(NAMES).map_or_else(Vec::new, |model| find_by(&model, text))
}

/// The places of names in a text by a model, in order.
#[must_use]
pub fn find_by(model: &Model<'_>, text: &str) -> Vec<Range<usize>> {
    let tokens = tokens(text);
    let mut names: Vec<Range<usize>> = Vec::new();
    for part in tokens.chunks(TOKENS_AT_A_TIME) {
        let flags = model.lists().flags(part);
        let mut buckets = Vec::new();
        let scores: Vec<[i32; LABELS]> = part
            .iter()
            .enumerate()
            .map(|(at, token)| {
                buckets.clear();
                features(part, &flags, at, &mut buckets);
                model.scores(token, flags.get(at).copied().unwrap_or_default(), &buckets)
            })
            .collect();
        for (token, label) in part.iter().zip(best_labels(&scores, model.transitions())) {
            match (label, names.last_mut()) {
                (GOES_ON, Some(name)) => name.end = token.end,
                (OUTSIDE, _) => {}
                _ => names.push(token.start..token.end),
            }
        }
    }
    names
}
