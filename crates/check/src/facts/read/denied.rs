//! Values that a text denies though an attribute states them.

use super::super::clauses::Clause;
use super::super::phrases::is_praise;
use super::super::vocabulary::is_function_word;
use super::super::words::Word;
use super::reader::Reader;
use crate::content::StatementKind;

/// Verbs, as folded, whose object is denied with them.
const VERBS: &[&str] = &[
    "hav",
    "have",
    "support",
    "com",
    "come",
    "includ",
    "include",
    "offer",
    "mak",
    "make",
    "contai",
    "contain",
    "available",
];

/// So many words after a denial it is about.
const DENIED_VALUE_WORDS: usize = 4;

/// Whether a word says enough to be denied: no word of grammar, no praise, and no number.
fn says_something(word: &Word<'_>) -> bool {
    !is_function_word(&word.folded)
        && !is_praise(&word.folded)
        && !word.text.contains(|c: char| c.is_ascii_digit())
}

impl Reader<'_> {
    /// What the text denies and an attribute's value says: "the pattern is not striped" of a striped one. Where a
    /// feature is denied rightly (`agreed`) its words are no value's.
    pub(super) fn denied_values(&mut self, clause: &Clause<'_>, agreed: &[(usize, usize)]) {
        let mut since = 0;
        for (place, word) in clause.words.iter().enumerate() {
            let begins = place
                .checked_sub(1)
                .and_then(|place| clause.words.get(place))
                .is_none_or(|before| !before.denied);
            since = if !word.denied {
                0
            } else if begins {
                1
            } else {
                since + 1
            };
            // Amounts: "no more than 5 kg".
            if matches!(word.folded.as_str(), "mor" | "more" | "less" | "than" | "beyond" | "exceed")
                && word.denied
            {
                return;
            }
            let inside = agreed.iter().any(|(from, to)| *from <= word.start && word.end <= *to);
            if since == 0 || since > DENIED_VALUE_WORDS || inside || !says_something(word) {
                continue;
            }
            let Some(attribute) = self.index.known.value_of(&word.folded) else {
                // "Not located by the river", "not powered by a motor": what is done is no value, what follows may be
                // one.
                if word.folded.ends_with("ed") || VERBS.contains(&word.folded.as_str()) {
                    continue;
                }
                // "No front-facing camera" denies another camera than the one that there is.
                return;
            };
            // "The grade is not e": a letter is a value where its attribute is named.
            if word.folded.chars().nth(2).is_none() && !self.index.is_named(attribute, clause) {
                continue;
            }
            self.denies_stated(word.start, word.end, StatementKind::Feature, attribute, "states");
            return;
        }
    }
}
