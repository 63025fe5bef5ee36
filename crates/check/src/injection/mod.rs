//! Instructions in product texts: found, kept out of prompts, and looked for in what was written. Pure.
//!
//! Product texts come from outside and may try to speak to the model. A sentence is read in one form, whatever its letters
//! look like or are encoded as, and weighed by its mood and its topic: an imperative or a question whose words the product
//! does not share is no value of an attribute and no copy. Instructions to shoppers share them, or are told by their verbs.

mod data;
mod foreign;
mod hidden;
mod keywords;
mod plain;
mod scrambled;
mod screen;
mod tokens;
mod unspaced;
mod vocabulary;
mod weigh;

use std::borrow::Cow;
use std::ops::Range;

pub use keywords::Keywords;
pub use plain::{is_invisible, visible};
pub use scrambled::scrambled;
pub use screen::{Removed, Screen};

use crate::content::sentences;
use data::WORDS;
use plain::fold;
use weigh::weigh;

/// How sure it is that a sentence is an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A question: copy asks some of its readers as well.
    Question,
    /// A task of writing, translating, computing, with no product in it.
    Task,
    /// It speaks to the model: of its answer, its instructions, its role.
    Order,
}

/// A shorter text is no instruction.
const BYTES_MIN: usize = 12;

/// What kind of instruction a sentence is, if it is one, whatever the product.
#[must_use]
pub fn level(sentence: &str) -> Option<Level> {
    if sentence.len() < BYTES_MIN {
        return None;
    }
    let folded = fold(sentence);
    if WORDS.is_order(&folded) || WORDS.roles.as_ref().is_some_and(|roles| roles.is_match(&folded)) {
        return Some(Level::Order);
    }
    weigh(&folded, None)
}

/// The instructions of a text, by sentence, in bytes.
#[must_use]
pub fn find(text: &str) -> Vec<(Range<usize>, Level)> {
    if text.len() < BYTES_MIN {
        return Vec::new();
    }
    let found = sentences(text)
        .filter_map(|(start, sentence)| Some((start..start + sentence.len(), level(sentence)?)));
    found.collect()
}

/// The text without instructions of a level and above; borrowed where there are none.
#[must_use]
pub fn without(text: &str, least: Level) -> Cow<'_, str> {
    let found: Vec<Range<usize>> =
        find(text).into_iter().filter(|(_, level)| *level >= least).map(|(range, _)| range).collect();
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(cut(text, found.into_iter()))
}

/// A text without some parts of it, on one line.
fn cut(text: &str, parts: impl Iterator<Item = Range<usize>>) -> String {
    let (mut kept, mut at) = (String::with_capacity(text.len()), 0);
    for range in parts {
        kept.push_str(text.get(at..range.start).unwrap_or_default());
        at = range.end;
    }
    kept.push_str(text.get(at..).unwrap_or_default());
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
