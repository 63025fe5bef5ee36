//! Terms that assert something: materials, certifications, countries. A text that has one must rest on a fact that has it.
//!
//! What the words are stands in `config/terms.toml`; terms are compared across languages.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

use serde::Deserialize;

use super::told::Told;
use super::words::{Word, folded};
use crate::product::unit::is_cjk;

/// The terms, read once.
static TERMS: LazyLock<Terms> = LazyLock::new(|| Terms::read(include_str!("../../../config/terms.toml")));

/// A term as the file writes it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Words(String),
    Broader {
        words: String,
        #[serde(default)]
        of: Vec<String>,
    },
}

/// A term's place.
type Place = usize;

#[derive(Debug, Default)]
struct Terms {
    names: Vec<String>,
    classes: Vec<String>,
    /// Words as folded, of languages that put spaces between them.
    words: HashMap<String, Place>,
    /// Words of languages that do not, by their first character.
    unspaced: HashMap<char, Vec<(String, Place)>>,
    /// The narrower terms that a broader one is borne by.
    narrower: HashMap<Place, Vec<Place>>,
}

impl Terms {
    fn read(text: &str) -> Self {
        // The file is compiled in and a test reads it: were it broken, no term would be found.
        let classes: BTreeMap<String, BTreeMap<String, Entry>> = toml::from_str(text).unwrap_or_default();
        let mut terms = Self::default();
        let mut broader = Vec::new();
        for (class, entries) in classes {
            for (name, entry) in entries {
                let place = terms.names.len();
                let words = match entry {
                    Entry::Words(words) => words,
                    Entry::Broader { words, of } => {
                        broader.push((place, of));
                        words
                    }
                };
                for word in words.split('|') {
                    match word.chars().next().filter(|first| is_cjk(*first)) {
                        Some(first) => {
                            terms.unspaced.entry(first).or_default().push((word.to_owned(), place));
                        }
                        None => drop(terms.words.insert(folded(word), place)),
                    }
                }
                terms.names.push(name);
                terms.classes.push(class.clone());
            }
        }
        for (place, of) in broader {
            let places =
                of.iter().filter_map(|name| terms.names.iter().position(|own| own == name)).collect();
            terms.narrower.insert(place, places);
        }
        terms
    }

    /// The terms of a text, each with its place and whether it is denied.
    fn of(&self, text: &str, clauses: &[Vec<Word<'_>>]) -> Vec<(Place, usize, usize, bool)> {
        let mut found = Vec::new();
        for clause in clauses {
            let mut skip_to = 0;
            for word in clause {
                let own = |word: &Word<'_>| {
                    self.words.get(&word.folded).map(|place| (*place, word.end)).or_else(|| {
                        let first = word.text.chars().next()?;
                        let rest = text.get(word.start..)?;
                        let longest = self
                            .unspaced
                            .get(&first)?
                            .iter()
                            .filter(|(own, _)| rest.starts_with(own.as_str()));
                        longest
                            .max_by_key(|(own, _)| own.len())
                            .map(|(own, place)| (*place, word.start + own.len()))
                    })
                };
                if word.start < skip_to {
                    continue;
                }
                if let Some((place, end)) = own(word) {
                    skip_to = end;
                    found.push((place, word.start, end, word.denied));
                }
            }
        }
        found
    }
}

/// The terms that facts hold.
#[derive(Debug, Default)]
pub(super) struct StatedTerms {
    places: HashSet<Place>,
    /// An attribute for each class, to be named beside what contradicts it.
    by_class: HashMap<&'static str, (String, String)>,
}

/// A term that no fact holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unstated<'a> {
    pub(super) start: usize,
    pub(super) end: usize,
    /// The class, such as `material`.
    pub(super) class: &'static str,
    /// An attribute that holds another term of the class, and that term.
    pub(super) instead: Option<(&'a str, &'a str)>,
}

impl StatedTerms {
    /// Takes note of one attribute.
    pub(super) fn add(&mut self, fact: &Told<'_>) {
        let terms = &*TERMS;
        let of_name = terms.of(fact.plain, &fact.name_words).into_iter().filter(|_| !fact.denied);
        let of_value = terms.of(fact.shown, &fact.value_words).into_iter().filter(|(.., denied)| !denied);
        for (place, ..) in of_value.chain(of_name) {
            self.places.insert(place);
            if let (Some(class), Some(term)) = (terms.classes.get(place), terms.names.get(place)) {
                let first = || (fact.name.to_owned(), term.replace('_', " "));
                self.by_class.entry(class).or_insert_with(first);
            }
        }
    }

    /// The terms of a text that no fact holds.
    pub(super) fn unstated(&self, text: &str, clauses: &[Vec<Word<'_>>]) -> Vec<Unstated<'_>> {
        let terms = &*TERMS;
        let borne = |place: &Place| {
            self.places.contains(place)
                || terms.narrower.get(place).is_some_and(|of| of.iter().any(|own| self.places.contains(own)))
        };
        let found =
            terms.of(text, clauses).into_iter().filter(|(place, .., denied)| !denied && !borne(place));
        found
            .filter_map(|(place, start, end, _)| {
                let class = terms.classes.get(place)?;
                let instead =
                    self.by_class.get(class.as_str()).map(|(name, term)| (name.as_str(), term.as_str()));
                Some(Unstated { start, end, class, instead })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::told::told;
    use super::super::words::clauses;
    use super::*;
    use crate::product::{Facts, Product};

    fn check(text: &str, expected: &[&str]) {
        let product: Product = serde_json::from_value(serde_json::json!({
            "sku": "P1", "title": "Jacket",
            "attributes": { "material": "80 % cotton, 20 % recycled polyester", "lining": "no leather", "frame": "Edelstahl" }
        }))
        .unwrap();
        let mut stated = StatedTerms::default();
        for (name, value) in Facts::select(&product, |_| true).iter() {
            told(name, value, |fact| stated.add(&fact));
        }
        let found: Vec<String> = stated
            .unstated(text, &clauses(text))
            .iter()
            .map(|own| format!("{} {} {}", own.class, &text[own.start..own.end], own.instead.is_some()))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_material_must_be_stated_in_any_language() {
        check("Soft cotton and polyester.", &[]);
        check("Weiche Baumwolle mit Polyester, Rahmen aus Metall.", &[]);
        check("柔软的棉，聚酯纤维。", &[]);
        check("Genuine leather.", &["material leather true"]);
        check("Aus echter Wolle.", &["material Wolle true"]);
        check("用真丝制成。", &["material 真丝 true"]);
        check("Made without leather.", &[]);
    }

    #[test]
    fn certificates_and_countries_are_statements() {
        check(
            "OEKO-TEX certified, made in Portugal.",
            &["certification OEKO-TEX false", "country Portugal false"],
        );
    }

    #[test]
    fn the_file_is_whole() {
        assert!(TERMS.names.len() > 50);
        let narrower: usize = TERMS.narrower.values().map(Vec::len).sum();
        assert!(narrower >= 14, "every narrower term is one of the file: {narrower}");
    }
}
