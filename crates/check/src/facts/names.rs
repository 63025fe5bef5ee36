//! Names in a text that no fact holds: other brands, people, places that no list knows.

use std::sync::LazyLock;

use foldhash::HashSet;

use super::clauses::Clause;
use super::terms::is_term;
use super::vocabulary::{Vocabulary, is_function_word};
use super::words::{Word, listed};

/// Words with a capital that are no names.
const NO_NAMES: &str = "\
    I|I'm|I'll|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|January|February|March|April|May|\
    June|July|August|September|October|November|December|Christmas|Easter|Internet|Web|Mr|Mrs|Inc|Ltd|\
    Edition|Series";

/// Words that people write with a needless capital.
const COMMON: &str = "\
    Kids|Kid|Children|Child|Family|Friendly|Coffee|Shop|City|Centre|Center|It's|Price|Rating";

/// Words that only a German clause has.
const GERMAN: &str = "der|das|ist|und|mit|ein|eine|für|von|auf|aus|sich|den|dem";

static NO_NAMES_LISTED: LazyLock<HashSet<&'static str>> = LazyLock::new(|| listed(NO_NAMES));
static COMMON_LISTED: LazyLock<HashSet<&'static str>> = LazyLock::new(|| listed(COMMON));
static GERMAN_LISTED: LazyLock<HashSet<&'static str>> = LazyLock::new(|| listed(GERMAN));

/// A name that no fact holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UnknownName {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The names of a clause that no fact holds, in languages that write other words small.
pub(super) fn unknown_names(known: &Vocabulary, text: &str, clause: &Clause<'_>) -> Vec<UnknownName> {
    let capital = |word: &Word<'_>| word.text.starts_with(char::is_uppercase);
    let capitals = clause.words.iter().filter(|word| capital(word)).count();
    // A headline has capitals everywhere, and German in every noun.
    if capitals * 2 > clause.words.len() || clause.words.iter().any(|word| GERMAN_LISTED.contains(word.text))
    {
        return Vec::new();
    }
    let mut found: Vec<UnknownName> = Vec::new();
    for (place, word) in clause.words.iter().enumerate() {
        let plain = word.text.chars().skip(1).all(|c| c.is_lowercase() || matches!(c, '\'' | '’'));
        if !capital(word)
            || !plain
            || word.denied
            || word.text.chars().nth(2).is_none()
            || NO_NAMES_LISTED.contains(word.text)
        {
            continue;
        }
        let Some(before) = place.checked_sub(1).and_then(|place| clause.words.get(place)) else { continue };
        // Behind a colon, a quote or a sign a sentence may begin.
        let runs_on = text.get(before.end..word.start).is_some_and(|between| {
            between.chars().all(|c| matches!(c, ' ' | ',' | '\u{a0}' | '(' | '-' | '/'))
        });
        let common =
            is_function_word(&word.folded) || COMMON_LISTED.contains(word.text) || is_term(&word.folded);
        if !runs_on || common || known.covers(&word.folded) || known.begins(&word.folded) {
            continue;
        }
        match found.last_mut() {
            // "Raja Indian Cuisine" is one name.
            Some(last) if last.end + 1 == word.start => last.end = word.end,
            _ => found.push(UnknownName { start: word.start, end: word.end }),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::attribute_text::parse_attribute;
    use super::super::clauses::clauses;
    use super::*;
    use crate::product::{Facts, Product};

    #[test]
    fn a_name_that_no_fact_holds_is_found() {
        let product: Product = serde_json::from_value(
            serde_json::json!({ "sku": "P1", "title": "Aurora Mug", "brand": "Acme" }),
        )
        .unwrap();
        let mut known = Vocabulary::default();
        for (attribute, (name, value)) in Facts::select(&product, |_| true).iter().enumerate() {
            parse_attribute(attribute, name, value, |fact| known.add(&fact));
        }
        for (text, expected) in [
            ("The Aurora mug by Acme is nice.", vec![]),
            ("This mug by Bodum Copenhagen is nice.", vec!["Bodum Copenhagen"]),
            ("Order it until Friday, said I.", vec![]),
            ("The Nicest Mug Of Bodum", vec![]),
        ] {
            let found: Vec<&str> = clauses(text)
                .iter()
                .flat_map(|clause| unknown_names(&known, text, clause))
                .map(|name| &text[name.start..name.end])
                .collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
