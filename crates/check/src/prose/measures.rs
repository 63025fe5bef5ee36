//! Whether a number of a quote is the product's own: of no other thing, no one state, no difference, and not one of several.

use std::ops::Range;

use super::evidence::QuoteReading;
use super::passage::{Claim, found, longest};
use super::proposal::Reason;
use super::words::{Marks, WORDS, key};
use crate::facts::{Lemma, NumberOf, SaidNumber, said_numbers, spaced};

impl QuoteReading<'_> {
    /// Fails where a number is that of another thing, of one state, a difference, or one of several.
    pub(super) fn measures(
        &self,
        claim: &Claim<'_>,
        sentence: &Range<usize>,
        place: &Range<usize>,
    ) -> Result<(), Reason> {
        // "Packed weight: 25 kg" of packed weight.
        let named: Vec<Lemma> = claim.names.iter().flat_map(|name| key(name)).collect();
        let states = Marks {
            words: WORDS
                .states
                .words
                .iter()
                .filter(|phrase| !phrase.iter().all(|word| named.contains(word)))
                .cloned()
                .collect(),
            signs: WORDS.states.signs.clone(),
        };
        if let Some(word) = self.marked(&states, sentence.clone()) {
            return Err(Reason::Limited(word));
        }
        if let Some(word) = self.marked(&WORDS.others_measured, sentence.clone()) {
            return Err(Reason::OfOther(word));
        }
        let before = self.words(sentence.start..place.start);
        let last = before.last().filter(|word| found(&WORDS.bounds, std::slice::from_ref(word)).is_some());
        if last.is_some() {
            return Err(Reason::Bounded);
        }
        let behind = self.words(place.end..sentence.end);
        if let Some(word) = found(&WORDS.compared_behind, &behind) {
            return Err(Reason::Compared(word.text.to_owned()));
        }
        let mut rest = behind.iter().skip_while(|word| crate::facts::names_quantity(word.text));
        if let Some(word) = rest.next() {
            let one = std::slice::from_ref(word);
            if found(&WORDS.compared_numbers, one).is_some() {
                return Err(Reason::Compared(word.text.to_owned()));
            }
            let adjoins = self.text.get(place.end..word.start).is_some_and(|gap| !gap.contains([',', ';']));
            if adjoins && found(&WORDS.measure_conditions, one).is_some() {
                return Err(Reason::Limited(word.text.to_owned()));
            }
        }
        // "25 kg (packed)"; "12 cm (4.7 in)" says it twice.
        let rest = self.text.get(place.end..sentence.end).unwrap_or_default().trim_start();
        let added = rest.strip_prefix(['(', '[', '*']);
        if added.is_some_and(|text| !text.trim_start().starts_with(|c: char| c.is_ascii_digit() || c == '≈'))
        {
            return Err(Reason::Limited(rest.chars().take(20).collect()));
        }
        self.is_only(claim, sentence, place)
    }

    /// Fails where the text says another number of the same, or its sentence one that may be: "1000 W / 2000 W".
    fn is_only(
        &self,
        claim: &Claim<'_>,
        sentence: &Range<usize>,
        place: &Range<usize>,
    ) -> Result<(), Reason> {
        let Some(own) = claim.number else { return Ok(()) };
        let Some(unit) = own.unit else { return Ok(()) };
        let [name, _] = claim.names;
        let name = spaced(name);
        let base = |number: &SaidNumber| {
            number.unit.zip(number.values.first()).map(|(unit, value)| unit.to_base(*value))
        };
        for other in said_numbers(self.text) {
            let here = sentence.contains(&other.start);
            let kind = other.unit.is_some_and(|other| other.dimension == unit.dimension);
            let same = match other.is_of(&name) {
                NumberOf::Same => true,
                NumberOf::Open => here,
                NumberOf::Other => false,
            };
            if other.start == place.start || !kind || !same {
                continue;
            }
            // Rounded in another unit it is the same.
            let same =
                base(own).zip(base(&other)).is_some_and(|(one, two)| (one - two).abs() <= one.abs() * 0.03);
            if !same {
                return Err(Reason::Bounded);
            }
        }
        Ok(())
    }

    /// Fails unless the words before a number speak of the product, or of nothing.
    pub(super) fn measured(&self, name: &str, at: usize) -> Result<(), Reason> {
        let sentence = self.sentence(at);
        let named = key(name);
        let before = self.words(sentence.start..at);
        for (place, word) in before.iter().enumerate() {
            let verb = (0..=place).rev().take(2).any(|from| {
                let row = before.get(from..).unwrap_or_default();
                longest(&WORDS.measure_verbs, row).is_some_and(|length| from + length > place)
                    || longest(&WORDS.qualities, row).is_some_and(|length| from + length > place)
            });
            let carries =
                word.is_grammar || word.is_preposition || word.is_copula || word.is_join || word.is_affirming;
            let short = word.text.chars().count() == 1 || word.text.bytes().any(|byte| byte.is_ascii_digit());
            let measure = crate::facts::names_quantity(word.text)
                || crate::product::unit::named(word.text).is_some()
                || named.contains(&word.lemma);
            let term = self.clauses.iter().any(|clause| {
                clause.hits.iter().any(|hit| {
                    hit.class != crate::facts::ProseClass::Part
                        && hit.start <= word.start
                        && word.end <= hit.end
                })
            });
            let known = verb
                || carries
                || short
                || measure
                || term
                || self.things.is_thing(word.lemma)
                || self.things.is_before_beside(word.lemma);
            if !known {
                return Err(Reason::OfOther(word.text.to_owned()));
            }
        }
        Ok(())
    }
}
