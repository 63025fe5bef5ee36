//! Values that a text denies though an attribute states them: "the pattern is not striped" of a striped one.

use super::lexicon::{Class, Role};
use super::reader::Reader;
use super::tokens::{Clause, Word};
use crate::content::StatementKind;

/// So many words after a denial it is about.
const DENIED_VALUE_WORDS: usize = 4;

/// Whether a word says enough to be denied: no word of grammar, no praise, and no number.
fn says_something(word: &Word<'_>) -> bool {
    !word.is(Role::Function) && !word.is(Role::Deny) && !is_praise(word) && !word.has_digit()
}

/// Whether a word praises and says nothing else.
pub(super) fn is_praise(word: &Word<'_>) -> bool {
    word.known
        .is_some_and(|known| known.single().any(|(_, class)| class == Class::Kind(StatementKind::Praise)))
}

impl Reader<'_> {
    /// What the text denies and an attribute's value says. Where a feature is denied rightly (`agreed`) its words are no
    /// value's.
    pub(super) fn denied_values(&mut self, clause: Clause<'_, '_>, agreed: &[(usize, usize)]) {
        let mut since = 0;
        for word in clause.words {
            since = if word.denied { since + 1 } else { 0 };
            // Amounts: "no more than 5 kg".
            if word.denied && word.is(Role::Amount) {
                return;
            }
            let inside = agreed.iter().any(|(from, to)| *from <= word.start && word.end <= *to);
            // "Not a family-friendly coffee shop" denies what is denied rightly, and no coffee shop.
            if inside && word.denied {
                return;
            }
            if since == 0 || since > DENIED_VALUE_WORDS || inside || !says_something(word) {
                continue;
            }
            let Some(attribute) = self.sheet.known.value_of(word.lemma) else {
                // "Not located by the river", "not powered by a motor": what is done is no value, what follows may be
                // one.
                if word.text.ends_with("ed") || word.is(Role::Affirm) || word.is(Role::General) {
                    continue;
                }
                // "No front-facing camera" denies another camera than the one that there is.
                return;
            };
            // "The grade is not e": a letter is a value where its attribute is named.
            if !word.is_longer_than(2) && !self.sheet.is_named(attribute, clause) {
                continue;
            }
            self.denies_stated(word.start, word.end, StatementKind::Feature, attribute, "states");
            return;
        }
    }
}
