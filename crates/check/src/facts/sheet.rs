//! What a product's facts state, ready to be compared with texts: each attribute read once, by the same reader as texts.

use std::sync::LazyLock;

use foldhash::HashSet;

use super::attribute::{Attribute, parse_attribute};
use super::dates::StatedDates;
use super::features::StatedFeatures;
use super::implied::implied;
use super::lemma::Lemma;
use super::levels::StatedLevels;
use super::lexicon::{Class, ConceptId, Hit, Languages, Role, lexicon};
use super::named_values::NamedValues;
use super::quantities::{Labels, StatedNumbers, labels_of_name};
use super::terms::StatedTerms;
use super::tokens::{Clause, Tokens, Word};
use super::vocabulary::Vocabulary;
use crate::content::StatementKind;
use crate::product::Facts;

/// Everything that facts state.
#[derive(Default)]
pub(crate) struct FactSheet {
    attributes: Vec<Attribute>,
    pub(super) known: Vocabulary,
    pub(super) numbers: StatedNumbers,
    pub(super) terms: StatedTerms,
    pub(super) features: StatedFeatures,
    pub(super) levels: StatedLevels,
    pub(super) named: NamedValues,
    pub(super) dates: StatedDates,
    /// The parts that attributes speak of.
    parts: HashSet<ConceptId>,
    /// Whether an attribute speaks of a warranty.
    pub(super) warranty: bool,
}

/// An attribute with its words, while it is read.
pub(super) struct ReadAttribute<'a> {
    /// Its place among the facts.
    pub(super) place: usize,
    pub(super) attribute: &'a Attribute,
    /// What it is called: its name, with blanks between its words, or its label.
    pub(super) called: &'a str,
    /// The words of that.
    pub(super) name: &'a Tokens<'a>,
    pub(super) value: &'a Tokens<'a>,
    /// The concepts of its name, and those of its value, clause by clause.
    pub(super) name_hits: &'a [Hit],
    /// The concepts of its label, where that is not what it is called here.
    pub(super) label_hits: &'a [Hit],
    pub(super) value_hits: &'a [Vec<Hit>],
}

impl ReadAttribute<'_> {
    /// The clauses of its value, each with its concepts.
    pub(super) fn clauses(&self) -> impl Iterator<Item = (Clause<'_, '_>, &[Hit])> {
        self.value.clauses().zip(self.value_hits.iter().map(Vec::as_slice))
    }
}

/// Whether a name denies what its values say: "free from", "without", "not included". A "model no" does not.
fn denies_values(name: &Tokens<'_>) -> bool {
    let denies = |word: &Word<'_>| {
        word.is(Role::Deny) && (!word.is(Role::No) || word.is(Role::Not) || word.is(Role::Without))
    };
    let behind = name.words.iter().position(denies).and_then(|place| name.words.get(place + 1..));
    behind.is_some_and(|behind| {
        behind.iter().all(|word| word.is(Role::Function) || word.is(Role::State) || word.is(Role::Affirm))
    })
}

/// The concepts of a text, clause by clause.
fn hits_of(text: &str, tokens: &Tokens<'_>) -> Vec<Hit> {
    let mut hits = Vec::new();
    for clause in tokens.clauses() {
        lexicon().hits(text, clause, Languages::ALL, &mut hits);
    }
    hits
}

/// What stands in for a sheet that cannot be kept.
static EMPTY: LazyLock<FactSheet> = LazyLock::new(FactSheet::default);

impl FactSheet {
    /// The sheet of facts, made once and kept with them.
    pub(crate) fn of(facts: &Facts) -> &Self {
        facts.read_once(|| Self::new(facts)).unwrap_or(&EMPTY)
    }

    /// Reads all facts.
    fn new(facts: &Facts) -> Self {
        let mut sheet = Self::default();
        sheet.numbers.units_beside(facts);
        for (place, (name, value)) in facts.iter().enumerate() {
            let mut attribute = parse_attribute(name, facts.label(name), value);
            let mut labels = Labels::default();
            if !attribute.says_nothing {
                (attribute.labels, labels) = sheet.add(place, &attribute);
            }
            sheet.numbers.add(place, name, attribute.label.as_deref(), value, labels);
            sheet.attributes.push(attribute);
        }
        sheet
    }

    /// Reads an attribute; gives the words of its name that say something, and those that say what its numbers are of.
    fn add(&mut self, place: usize, attribute: &Attribute) -> (Vec<Lemma>, Labels) {
        let (name, mut value) =
            (Tokens::new(&attribute.spaced, Languages::ALL), Tokens::new(&attribute.value, Languages::ALL));
        let called = attribute.label.as_deref().filter(|_| !attribute.names_product()).unwrap_or_default();
        let label = Tokens::new(called, Languages::ALL);
        if denies_values(&name) || denies_values(&label) {
            value.deny_all();
        }
        let (name_hits, label_hits) = (hits_of(&attribute.spaced, &name), hits_of(called, &label));
        let of_clause = |clause| {
            let mut hits = Vec::new();
            lexicon().hits(&attribute.value, clause, Languages::ALL, &mut hits);
            hits
        };
        let value_hits: Vec<Vec<Hit>> = value.clauses().map(of_clause).collect();
        let read = ReadAttribute {
            place,
            attribute,
            called: &attribute.spaced,
            name: &name,
            value: &value,
            name_hits: &name_hits,
            label_hits: &label_hits,
            value_hits: &value_hits,
        };
        self.terms.add(&read);
        self.add_called(&read);
        if !called.is_empty() {
            let read =
                ReadAttribute { called, name: &label, name_hits: &label_hits, label_hits: &[], ..read };
            self.terms.add_name(&read);
            self.add_called(&read);
        }
        for concept in implied(&read) {
            match lexicon().class(concept) {
                Some(Class::Kind(kind)) => self.terms.imply(concept, kind, &read),
                _ => self.features.imply(concept, place),
            }
        }
        let says = |word: &&Word<'_>| !word.is(Role::Function) && !word.is(Role::Label);
        let words = name.words.iter().chain(&label.words).filter(says).map(|word| word.lemma);
        (words.collect(), labels_of_name(&[&name, &label]))
    }

    /// Takes note of what an attribute says under what it is called: by its name, and once more by its label.
    fn add_called(&mut self, read: &ReadAttribute<'_>) {
        self.known.add(read);
        self.features.add(read);
        self.levels.add(read);
        self.named.add(read);
        self.dates.add(read);
        if read.attribute.denied {
            return;
        }
        let hits = || read.name_hits.iter().chain(read.value_hits.iter().flatten());
        let parts = hits().filter(|hit| hit.class == Class::Part && !hit.denied);
        self.parts.extend(parts.map(|hit| hit.concept));
        let warrants = |hit: &Hit| !hit.denied && hit.class == Class::Kind(StatementKind::Warranty);
        self.warranty |= hits().any(warrants);
    }

    /// An attribute's name.
    pub(crate) fn name(&self, attribute: usize) -> &str {
        self.attributes.get(attribute).map_or("", |attribute| attribute.name.as_str())
    }

    /// Whether an attribute affirms something: it is neither denied nor a placeholder.
    pub(crate) fn affirms(&self, attribute: usize) -> bool {
        self.attributes.get(attribute).is_some_and(|attribute| !attribute.denied && !attribute.says_nothing)
    }

    /// Whether an attribute's value denies its name.
    pub(super) fn denies(&self, attribute: usize) -> bool {
        self.attributes.get(attribute).is_some_and(|attribute| attribute.denied)
    }

    /// Whether an attribute speaks of a part.
    pub(super) fn has_part(&self, part: ConceptId) -> bool {
        self.parts.contains(&part) || self.parts.iter().any(|other| lexicon().is_same_part(*other, part))
    }

    /// Whether a clause has a word of an attribute's name.
    pub(super) fn is_named(&self, attribute: usize, clause: Clause<'_, '_>) -> bool {
        let labels = self.attributes.get(attribute).map_or(&[][..], |attribute| &attribute.labels);
        clause.words.iter().any(|word| labels.contains(&word.lemma))
    }

    /// The place of an attribute, by its name, or by a label that it alone has: writers cite either.
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        let by_name = self.attributes.iter().position(|attribute| attribute.name == name);
        by_name.or_else(|| {
            let cited = name.trim().to_lowercase();
            let is_called = |attribute: &Attribute| {
                attribute.label.as_ref().is_some_and(|label| label.to_lowercase() == cited)
            };
            let mut called = (0..).zip(&self.attributes).filter(|(_, attribute)| is_called(attribute));
            let (place, _) = called.next()?;
            called.next().is_none().then_some(place)
        })
    }

    /// How many attributes there are.
    pub(super) fn len(&self) -> usize {
        self.attributes.len()
    }

    /// Whether a text is an attribute's value, or an entry of it.
    pub(super) fn lists(&self, attribute: usize, text: &str) -> bool {
        let value = self.attributes.get(attribute).map_or("", |attribute| attribute.value.as_str());
        value == text || value.split([',', ';', '|', '\n']).any(|entry| entry.trim() == text)
    }

    /// How many entries the longest list among the values has.
    pub(super) fn longest_list(&self) -> usize {
        /// A longer entry is prose.
        const ENTRY_WORDS_MAX: usize = 4;
        let is_entry = |entry: &str| entry.split_whitespace().count() <= ENTRY_WORDS_MAX;
        let lists = self.attributes.iter().filter(|attribute| !attribute.names_product());
        let lists = lists.map(|attribute| attribute.value.split([',', ';', '|']));
        lists.filter(|list| list.clone().all(is_entry)).map(Iterator::count).max().unwrap_or_default()
    }

    /// The beginning of an attribute's value.
    pub(super) fn shown(&self, attribute: usize) -> &str {
        self.attributes.get(attribute).map_or("", Attribute::shown)
    }
}
