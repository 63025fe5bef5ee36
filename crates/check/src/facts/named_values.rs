//! Values that a text says by the name of their attribute: "the grade is B", "Season: winter", "with steel as its material".
//! They must be that attribute's own, wherever else the facts have them.

use super::lemma::{ByLemma, Lemma};
use super::lexicon::{Class, Role};
use super::reader::Reader;
use super::sheet::ReadAttribute;
use super::tokens::{Clause, Word};
use crate::content::StatementKind;
use crate::product::unit::named;

/// Longest name that is looked for, in words.
const NAME_WORDS_MAX: usize = 4;

/// So many words behind a name may be its value; more in a list as data write it.
const VALUE_WORDS: usize = 6;
const LIST_WORDS: usize = 30;

/// The largest share by which a rounded number may differ from the fact.
const ROUNDING_MAX: f64 = 0.02;

/// The attributes by the words of their names.
#[derive(Debug, Default)]
pub(super) struct NamedValues {
    by_first: ByLemma<Vec<NamedValue>>,
}

/// An attribute with the words of its value.
#[derive(Debug)]
struct NamedValue {
    attribute: usize,
    name: Vec<Lemma>,
    words: Vec<Lemma>,
    numbers: Vec<f64>,
    /// Whether it goes by its label, which may be in another language than its value.
    by_label: bool,
}

impl NamedValues {
    /// Takes note of one attribute; one that is denied or affirmed is a feature's.
    pub(super) fn add(&mut self, fact: &ReadAttribute<'_>) {
        let attribute = fact.attribute;
        if attribute.denied || attribute.affirmed || attribute.names_product() {
            return;
        }
        let start = fact.called.rfind(':').map_or(0, |colon| colon + 1);
        let name: Vec<Lemma> =
            fact.name.words.iter().filter(|word| word.start >= start).map(|word| word.lemma).collect();
        let Some(first) = name.first().copied().filter(|_| name.len() <= NAME_WORDS_MAX) else { return };
        let words = fact.value.words.iter().map(|word| word.lemma).collect();
        let numbers = fact.value.words.iter().flat_map(|word| numbers(word.text)).collect();
        let by_label = fact.called != attribute.spaced;
        let value = NamedValue { attribute: fact.place, name, words, numbers, by_label };
        self.by_first.entry(first).or_default().push(value);
    }

    /// The attributes whose name stands at a place of a clause: those of the longest. In a text of another language than the
    /// facts what stands behind a label cannot be compared with the value.
    fn at<'s>(&'s self, words: &[Word<'_>], foreign: bool) -> Vec<&'s NamedValue> {
        let Some(first) = words.first() else { return Vec::new() };
        let named = self.by_first.get(&first.lemma).map_or(&[][..], Vec::as_slice);
        let matches = |value: &&NamedValue| {
            !(foreign && value.by_label)
                && value.name.len() <= words.len()
                && value.name.iter().zip(words).all(|(expected, word)| *expected == word.lemma)
        };
        let longest = named.iter().filter(matches).map(|value| value.name.len()).max();
        named.iter().filter(matches).filter(|value| Some(value.name.len()) == longest).collect()
    }
}

impl NamedValue {
    /// Whether its value has a word, or a number that it is rounded to.
    fn has(&self, word: &Word<'_>) -> bool {
        let close = |stated: f64, said: f64| (stated - said).abs() <= stated.abs() * ROUNDING_MAX;
        self.words.contains(&word.lemma)
            || numbers(word.text).any(|said| self.numbers.iter().any(|stated| close(*stated, said)))
    }
}

/// A value that a text says by name.
#[derive(Clone, Copy)]
struct SaidValue<'c, 'a> {
    words: &'c [Word<'a>],
    /// Whether it is said as data are, "Grade: B", and not in a sentence.
    data: bool,
}

/// The numbers that a word is, or that signs join in it: "20-25".
fn numbers(word: &str) -> impl Iterator<Item = f64> {
    word.split(['-', '–', '/']).filter_map(|part| part.replace(',', ".").parse().ok())
}

impl Reader<'_> {
    /// The values that a clause says by name.
    pub(super) fn named_values(&mut self, clause: Clause<'_, '_>, foreign: bool) {
        let sheet = self.sheet;
        let mut place = 0;
        while let Some(rest) = clause.words.get(place..).filter(|rest| !rest.is_empty()) {
            let attributes = sheet.named.at(rest, foreign);
            let length = attributes.first().map_or(0, |value| value.name.len());
            if length == 0 {
                place += 1;
                continue;
            }
            let behind = self.value_behind(clause, place, place + length);
            if let Some(value) = behind.or_else(|| value_before(clause, place)) {
                self.named_value(&attributes, value);
            }
            place += length;
        }
    }

    /// The words behind a name that says what follows: "the grade is B", "Grade: B".
    fn value_behind<'c, 'a>(
        &self,
        clause: Clause<'c, 'a>,
        first: usize,
        after: usize,
    ) -> Option<SaidValue<'c, 'a>> {
        if !self.is_subject(clause, first) {
            return None;
        }
        let last = clause.words.get(after.checked_sub(1)?)?;
        let next = clause.words.get(after)?;
        let colon = self.tokens.between(last, next).trim() == ":";
        let from = if colon { after } else { after + usize::from(next.is(Role::Copula)) };
        (colon || from > after).then(|| {
            let most = if colon { LIST_WORDS } else { VALUE_WORDS };
            let until = (from + most).min(clause.words.len());
            SaidValue { words: clause.words.get(from..until).unwrap_or_default(), data: colon }
        })
    }

    /// Whether a name begins what a clause, or a part of it, says, with no more than an article before it.
    fn is_subject(&self, clause: Clause<'_, '_>, first: usize) -> bool {
        let word = |place: usize| clause.words.get(place);
        let article = first
            .checked_sub(1)
            .and_then(word)
            .is_some_and(|word| word.is(Role::Function) && !word.is(Role::Preposition));
        let first = first - usize::from(article);
        let Some((before, next)) = first.checked_sub(1).and_then(word).zip(word(first)) else { return true };
        before.is(Role::Join) || self.tokens.between(before, next).contains([',', ';', '(', '|'])
    }

    /// Decides about a value, item by item where it is a list.
    fn named_value(&mut self, attributes: &[&NamedValue], value: SaidValue<'_, '_>) {
        let mut from = 0;
        while let Some(first) = value.words.get(from) {
            let mut after = from + 1;
            let mut last = first;
            while let Some(word) = value.words.get(after) {
                if word.is(Role::Join) || self.tokens.between(last, word).contains([',', ';', '，', '、']) {
                    break;
                }
                (last, after) = (word, after + 1);
            }
            let item = value.words.get(from..after).unwrap_or_default();
            // In a sentence what stands behind the first item may be about something else.
            if !self.named_item(attributes, item, value.data) || !value.data {
                return;
            }
            from = after + usize::from(value.words.get(after).is_some_and(|word| word.is(Role::Join)));
        }
    }

    /// Decides about an item of a value; whether the next one is to be looked at.
    fn named_item(&mut self, attributes: &[&NamedValue], item: &[Word<'_>], data: bool) -> bool {
        let says =
            |word: &&Word<'_>| !word.is(Role::Function) && !word.is(Role::Copula) && !word.is(Role::Join);
        let has = |word: &Word<'_>| attributes.iter().any(|attribute| attribute.has(word));
        let Some(first) = item.iter().find(says) else { return true };
        let level = first.known.is_some_and(|known| known.single().any(|(_, class)| class == Class::Level));
        // What praises is no value of a sentence, and what the product is called stands behind "is" as well.
        let no_value = level || (!data && (first.is(Role::General) || self.sheet.known.is_name(first.lemma)));
        if first.denied || no_value {
            return false;
        }
        // What has a unit is a quantity's.
        let is_quantity = |word: &Word<'_>| {
            let next = item.iter().find(|next| next.start >= word.end);
            numbers(word.text).next().is_some() && next.is_some_and(|next| named(next.text).is_some())
        };
        let other = if data {
            item.iter()
                .filter(says)
                .find(|word| !has(word) && !is_quantity(word) && named(word.text).is_none())
        } else if item.iter().filter(says).take(3).any(has) || is_quantity(first) {
            None
        } else {
            Some(first)
        };
        let (Some(other), Some(attribute)) = (other, attributes.first().map(|value| value.attribute)) else {
            return true;
        };
        let numeric = numbers(other.text).next().is_some();
        if numeric && attributes.iter().all(|attribute| attribute.numbers.is_empty()) {
            return true;
        }
        if numeric || self.sheet.known.affirms(other.lemma) {
            let message = format!("\"{}\" is not what {} says", other.text, self.named(attribute));
            self.refuted(other.start, other.end, StatementKind::Feature, attribute, message);
        } else {
            self.not_stated(other.start, other.end, StatementKind::Feature);
        }
        true
    }
}

/// The words before a name that they are called by: "with B as its grade".
fn value_before<'c, 'a>(clause: Clause<'c, 'a>, first: usize) -> Option<SaidValue<'c, 'a>> {
    let owns = clause.words.get(first.checked_sub(1)?)?;
    let as_place = first.checked_sub(2)?;
    let says = clause.words.get(as_place)?;
    if !owns.is(Role::Owns) || !says.is(Role::As) {
        return None;
    }
    let from = (0..as_place).rev().take(LIST_WORDS).find(|place| {
        clause.words.get(*place).is_some_and(|word| word.is(Role::With) || word.is(Role::Affirm))
    })?;
    Some(SaidValue { words: clause.words.get(from + 1..as_place)?, data: true })
}
