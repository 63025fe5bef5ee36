//! What a value is said of: the part of the thing that its words name, beside it or before it.

use super::lexicon::{Class, ConceptId, Hit, Role};
use super::tokens::{Clause, Tokens};

/// So many words before a value may name its part.
const REACH: usize = 7;

/// No concept's spelling has more words.
const SPELLING_WORDS_MAX: usize = 16;

/// The concept of a class that a value between two words of a clause is said of: "cotton lining", "lining of cotton", "the
/// strap is blue"; `None` for the whole.
pub(super) fn said_of(
    tokens: &Tokens<'_>,
    clause: Clause<'_, '_>,
    hits: &[Hit],
    value: &Hit,
    class: Class,
) -> Option<ConceptId> {
    let named = |place: usize| {
        // They are in order.
        let from = hits.partition_point(|hit| hit.first + SPELLING_WORDS_MAX <= place);
        let mut near = hits.get(from..).unwrap_or_default().iter().take_while(|hit| hit.first <= place);
        near.find(|hit| hit.class == class && place < hit.after)
    };
    let words = clause.words;
    // Behind it, as the noun that it qualifies: "cotton lining", "blue padded straps".
    let mut at = value.after;
    while let (Some(before), Some(word)) = (at.checked_sub(1).and_then(|last| words.get(last)), words.get(at))
    {
        let joined = tokens.between(before, word);
        if at > value.after + 2 || !matches!(joined, " " | "-" | "\u{a0}" | "" | " / " | "/") {
            break;
        }
        // "Assembled in Poland from Chinese parts": what a preposition begins is said of what follows.
        if let Some(hit) = named(at).filter(|_| !word.is(Role::Preposition)) {
            return Some(hit.concept);
        }
        if word.is(Role::Function)
            || word.is(Role::Join)
            || word.is(Role::Preposition)
            || word.is(Role::Copula)
        {
            break;
        }
        at += 1;
    }
    // A noun behind it that is no part is the thing itself: "the red bag".
    let qualifies = at > value.after && class == Class::Part;
    if qualifies {
        return None;
    }
    // Before it, up to what begins something else: "the lining is made of cotton", "Lining: cotton".
    let mut next = words.get(value.first)?;
    for place in (0..value.first).rev().take(REACH) {
        let word = words.get(place)?;
        let between = tokens.between(word, next);
        if between.contains([',', ';', '(', '|', '、', '，', '/']) {
            return None;
        }
        if let Some(hit) = named(place) {
            return Some(hit.concept);
        }
        if word.is(Role::Join) || word.is(Role::Affirm) {
            return None;
        }
        next = word;
    }
    None
}
