//! Dates: the months and years of a text must be the facts', and so must what happened then.

use std::sync::LazyLock;

use foldhash::HashMap;

use super::attribute_text::ParsedAttribute;
use super::clauses::Clause;
use super::words::Word;

/// Names of months in the recipes' languages, January first. Short forms count beside a number only.
const MONTHS: [&str; 12] = [
    "january|jan|januar|janvier|enero",
    "february|feb|februar|février|febrero",
    "march|mar|märz|mars|marzo",
    "april|apr|avril|abril",
    "may|mai|mayo",
    "june|jun|juni|juin|junio",
    "july|jul|juli|juillet|julio",
    "august|aug|août|agosto",
    "september|sep|sept|septembre|septiembre",
    "october|oct|oktober|okt|octobre|octubre",
    "november|nov|novembre|noviembre",
    "december|dec|dezember|dez|décembre|diciembre",
];

/// What may have happened at a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum DatedEvent {
    Announced,
    Released,
    Ended,
    Founded,
}

/// Words that say what happened.
const EVENTS: &[(DatedEvent, &str)] = &[
    (
        DatedEvent::Announced,
        "announced|unveiled|angekündigt|vorgestellt|annoncé|annoncée|anunciado|anunciada",
    ),
    (
        DatedEvent::Released,
        "released|launched|veröffentlicht|erschienen|sorti|sortie|lancé|lancée|lanzado|lanzada|发布|上市|発売",
    ),
    (DatedEvent::Ended, "discontinued|eingestellt|abandonné|arrêté|descatalogado|停产|生産終了"),
    (DatedEvent::Founded, "founded|established|gegründet|fondé|fondée|fundado|fundada"),
];

/// So many words may be between an event and its year.
const NEAR: usize = 6;

/// What the facts say of dates.
#[derive(Debug, Default)]
pub(super) struct StatedDates {
    months: HashMap<usize, usize>,
    /// Years with what happened in them, where the facts say what.
    events: Vec<(u16, DatedEvent, usize)>,
    years: HashMap<u16, usize>,
}

/// A date of a text that the facts do not support.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct DateMismatch {
    pub(super) start: usize,
    pub(super) end: usize,
    /// The attribute that says otherwise.
    pub(super) attribute: Option<usize>,
}

impl StatedDates {
    /// Takes note of one attribute.
    pub(super) fn add(&mut self, fact: &ParsedAttribute<'_>) {
        let mut named = fact.name_words.iter().flat_map(|clause| &clause.words).find_map(event);
        for clause in &fact.value_words {
            // "Announced: 2013, Q3. Released 2013, Q3": within a sentence its own word counts.
            named = clause.words.iter().find_map(event).or(named);
            for (place, word) in clause.words.iter().enumerate() {
                if let Some(year) = year(word.text) {
                    self.years.entry(year).or_insert(fact.attribute);
                    self.events.extend(named.map(|event| (year, event, fact.attribute)));
                }
                if let Some(month) = month(&clause.words, place) {
                    self.months.entry(month).or_insert(fact.attribute);
                }
                // 2023-11-07
                let mut parts = word.text.split('-');
                if let (Some(year), Some(month)) = (parts.next().and_then(year), parts.next())
                    && let Ok(month @ 1..=12) = month.parse::<usize>()
                {
                    self.years.entry(year).or_insert(fact.attribute);
                    self.events.extend(named.map(|event| (year, event, fact.attribute)));
                    self.months.entry(month - 1).or_insert(fact.attribute);
                }
            }
        }
    }

    /// Dates of a clause that the facts do not support; `supports` gets the attributes that support the others.
    pub(super) fn mismatches(
        &self,
        clause: &Clause<'_>,
        mut supports: impl FnMut(usize),
    ) -> Vec<DateMismatch> {
        let mut found = Vec::new();
        for (place, word) in clause.words.iter().enumerate() {
            if let Some(month) = month(&clause.words, place) {
                if let Some(attribute) = self.months.get(&month) {
                    supports(*attribute);
                } else {
                    let attribute = self.months.values().min().copied();
                    found.push(DateMismatch { start: word.start, end: word.end, attribute });
                }
            }
            let Some(event) = event(word).filter(|_| !word.denied) else { continue };
            let following = clause.words.iter().skip(place + 1).take(NEAR);
            let mut until = following.take_while(|word| self::event(word).is_none());
            let Some((written, year)) = until.find_map(|word| Some((word, year(word.text)?))) else {
                continue;
            };
            let of_event = || self.events.iter().filter(move |dated| dated.1 == event);
            if let Some((.., attribute)) = of_event().find(|dated| dated.0 == year) {
                supports(*attribute);
            } else if self.years.contains_key(&year) {
                // A year that no fact holds is found as a number.
                let attribute = of_event().next().map(|dated| dated.2);
                found.push(DateMismatch { start: word.start, end: written.end, attribute });
            }
        }
        found
    }
}

/// A year, as four digits of this age.
fn year(text: &str) -> Option<u16> {
    (text.len() == 4).then(|| text.parse().ok()).flatten().filter(|year| (1800..2100).contains(year))
}

/// The month that a word names: with a number beside it, for "may" and "march" are words as well.
fn month(words: &[Word<'_>], place: usize) -> Option<usize> {
    static BY_NAME: LazyLock<HashMap<&str, usize>> = LazyLock::new(|| {
        MONTHS
            .iter()
            .enumerate()
            .flat_map(|(month, names)| names.split('|').map(move |name| (name, month)))
            .collect()
    });
    let word = words.get(place)?;
    let month = *BY_NAME.get(word.lower.trim_end_matches('.'))?;
    let numeric = |place: Option<usize>| {
        place.and_then(|place| words.get(place)).is_some_and(|word| {
            word.text.starts_with(|c: char| c.is_ascii_digit())
                && word.text.len() <= 4
                && word.text.chars().all(|c| c.is_ascii_digit())
        })
    };
    // "31 de enero de 2023", "November 2023".
    let behind = numeric(Some(place + 1))
        || (words.get(place + 1).is_some_and(|of| of.text == "de") && numeric(Some(place + 2)));
    (behind || numeric(place.checked_sub(1))).then_some(month)
}

fn event(word: &Word<'_>) -> Option<DatedEvent> {
    static BY_WORD: LazyLock<HashMap<&str, DatedEvent>> = LazyLock::new(|| {
        EVENTS.iter().flat_map(|(event, words)| words.split('|').map(|word| (word, *event))).collect()
    });
    BY_WORD.get(word.lower.as_str()).copied()
}

#[cfg(test)]
mod tests {
    use super::super::attribute_text::parse_attribute;
    use super::super::clauses::clauses;
    use super::*;
    use crate::product::{Facts, Product};

    fn check(text: &str, expected: &[&str]) {
        let product: Product = serde_json::from_value(serde_json::json!({
            "sku": "P1", "attributes": {
                "Launch: Announced": "2013, July. Released 2014, September 21", "Launch: Status": "Discontinued",
                "made": "2012-03-01"
            }
        }))
        .unwrap();
        let mut dates = StatedDates::default();
        for (attribute, (name, value)) in Facts::select(&product, |_| true).iter().enumerate() {
            parse_attribute(attribute, name, value, |fact| dates.add(&fact));
        }
        let found: Vec<String> = clauses(text)
            .iter()
            .flat_map(|clause| dates.mismatches(clause, |_| ()))
            .map(|mismatch| {
                format!("{} {}", &text[mismatch.start..mismatch.end], mismatch.attribute.is_some())
            })
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_date_is_supported_by_what_happened_then() {
        check("Announced in July 2013 and released in September 2014.", &[]);
        check("It was released in 2013.", &["released in 2013 true"]);
        check("It was discontinued in 2013.", &["discontinued in 2013 false"]);
        check("Announced in 2013 and discontinued.", &[]);
    }

    #[test]
    fn months_are_supported_as_well() {
        check("Angekündigt im Juli 2013, gefertigt im März 2012.", &[]);
        check("Announced in June 2013.", &["June true"]);
        check("You may march on in 20 shoes.", &[]);
    }
}
