//! What facts state, ready to be compared with texts: each attribute read once, for every rule.

use super::attribute_text::parse_attribute;
use super::clauses::Clause;
use super::dates::StatedDates;
use super::features::StatedFeatures;
use super::labels::labels_of_name;
use super::phrases::StatedPhrases;
use super::ratings::StatedLevels;
use super::stated_numbers::StatedNumbers;
use super::terms::StatedTerms;
use super::vocabulary::Vocabulary;
use crate::product::Facts;

/// Longest part of a value that messages show, in characters.
const SHOWN_MAX: usize = 60;

/// Everything that facts state, ready to be compared with texts.
#[derive(Default)]
pub(crate) struct FactIndex {
    attributes: Vec<IndexedAttribute>,
    pub(super) numbers: StatedNumbers,
    pub(super) known: Vocabulary,
    pub(super) features: StatedFeatures,
    pub(super) terms: StatedTerms,
    pub(super) levels: StatedLevels,
    pub(super) dates: StatedDates,
    pub(super) phrases: StatedPhrases,
}

/// An attribute, as messages show it.
#[derive(Default)]
struct IndexedAttribute {
    name: String,
    shown: String,
    /// Whether its value denies its name.
    denied: bool,
}

impl FactIndex {
    /// Reads all facts once.
    pub(crate) fn new(facts: &Facts) -> Self {
        let mut index = Self::default();
        for (attribute, (name, value)) in facts.iter().enumerate() {
            let mut indexed = IndexedAttribute { name: name.to_owned(), ..IndexedAttribute::default() };
            let mut labels = None;
            parse_attribute(attribute, name, value, |fact| {
                index.terms.add(&fact);
                index.known.add(&fact);
                index.features.add(&fact);
                index.levels.add(&fact);
                index.dates.add(&fact);
                index.phrases.add(&fact);
                indexed.shown = fact.value.chars().take(SHOWN_MAX).collect();
                indexed.denied = fact.denied;
                labels = Some(labels_of_name(&fact.name_words));
            });
            index.attributes.push(indexed);
            index.numbers.add(attribute, name, value, labels.unwrap_or_default());
        }
        index
    }

    /// An attribute's name.
    pub(crate) fn name(&self, attribute: usize) -> &str {
        self.attributes.get(attribute).map_or("", |indexed| indexed.name.as_str())
    }

    /// Whether an attribute's value denies its name.
    pub(super) fn denies(&self, attribute: usize) -> bool {
        self.attributes.get(attribute).is_some_and(|indexed| indexed.denied)
    }

    /// Whether a clause has a word of an attribute's name.
    pub(super) fn is_named(&self, attribute: usize, clause: &Clause<'_>) -> bool {
        let labels = self.numbers.labels_of(attribute);
        labels.is_some_and(|labels| clause.words.iter().any(|word| labels.has(&word.folded)))
    }

    /// The place of an attribute.
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.attributes.iter().position(|indexed| indexed.name == name)
    }

    /// The beginning of an attribute's value.
    pub(super) fn shown(&self, attribute: usize) -> &str {
        self.attributes.get(attribute).map_or("", |indexed| indexed.shown.as_str())
    }
}
