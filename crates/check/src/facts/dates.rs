//! Dates: the months and years of a text must be the facts', and so must what happened then.

use foldhash::HashMap;

use super::lexicon::{Class, ConceptId, Hit, lexicon};
use super::reader::Reader;
use super::sheet::ReadAttribute;
use super::tokens::{Clause, Word};
use crate::content::StatementKind;

/// So many words may be between an event and its year.
const NEAR: usize = 6;

/// What the facts say of dates.
#[derive(Debug, Default)]
pub(super) struct StatedDates {
    /// By the month's number, January being 1.
    months: HashMap<u8, usize>,
    /// Years with what happened in them, where the facts say what.
    events: Vec<(u16, ConceptId, usize)>,
    years: HashMap<u16, usize>,
}

impl StatedDates {
    /// Takes note of one attribute.
    pub(super) fn add(&mut self, fact: &ReadAttribute<'_>) {
        let event = |hits: &[Hit]| hits.iter().find(|hit| hit.class == Class::Event).map(|hit| hit.concept);
        let mut named = event(fact.name_hits);
        for (clause, hits) in fact.clauses() {
            // "Announced: 2013, Q3. Released 2013, Q3": within a sentence its own word counts.
            named = event(hits).or(named);
            for word in clause.words {
                let (dated_year, month) = numeric_date(word.text);
                if let Some(year) = year(word.text).or(dated_year) {
                    self.years.entry(year).or_insert(fact.place);
                    self.events.extend(named.map(|event| (year, event, fact.place)));
                }
                if let Some(month) = month {
                    self.months.entry(month).or_insert(fact.place);
                }
            }
            for (month, _) in months(clause, hits) {
                self.months.entry(month).or_insert(fact.place);
            }
        }
    }
}

impl Reader<'_> {
    /// The dates of a clause.
    pub(super) fn dates(&mut self, clause: Clause<'_, '_>, hits: &[Hit]) {
        let sheet = self.sheet;
        for (month, hit) in months(clause, hits) {
            match sheet.dates.months.get(&month) {
                Some(attribute) => {
                    self.supported(hit.start, hit.end, StatementKind::Date, hit.denied, *attribute);
                }
                None => self.other_date(hit.start, hit.end, sheet.dates.months.values().min().copied()),
            }
        }
        for hit in hits.iter().filter(|hit| hit.class == Class::Event && !hit.denied) {
            let next = hits.iter().find(|next| next.class == Class::Event && next.first >= hit.after);
            let until = next.map_or(clause.words.len(), |next| next.first);
            let following = clause.words.get(hit.after..until).unwrap_or_default();
            let dated = following.iter().take(NEAR).find_map(|word| Some((word, year(word.text)?)));
            let Some((written, year)) = dated else { continue };
            let of_event = || sheet.dates.events.iter().filter(move |dated| dated.1 == hit.concept);
            if let Some((.., attribute)) = of_event().find(|dated| dated.0 == year) {
                self.supported(hit.start, written.end, StatementKind::Date, false, *attribute);
            } else if sheet.dates.years.contains_key(&year) {
                // A year that no fact holds is found as a number.
                self.other_date(hit.start, written.end, of_event().next().map(|dated| dated.2));
            }
        }
    }

    fn other_date(&mut self, start: usize, end: usize, attribute: Option<usize>) {
        let Some(attribute) = attribute else {
            return self.not_stated(start, end, StatementKind::Date);
        };
        let (written, named) = (self.written(start, end), self.named(attribute));
        let message = format!("no attribute states \"{written}\"; the nearest is {named}");
        self.refuted(start, end, StatementKind::Date, attribute, message);
    }
}

/// A year, as four digits of this age.
fn year(text: &str) -> Option<u16> {
    (text.len() == 4).then(|| text.parse().ok()).flatten().filter(|year| (1800..2100).contains(year))
}

/// Year and month of a date in figures: 2023-11-07, 07.11.2023, 11/27/2023. Where day and month could be either, there is no
/// month.
fn numeric_date(text: &str) -> (Option<u16>, Option<u8>) {
    let date = text.split(['T', ' ']).next().unwrap_or_default();
    let parts: Vec<&str> = date.split(['-', '.', '/']).collect();
    let month = |part: &str| part.parse::<u8>().ok().filter(|month| (1..=12).contains(month));
    match parts.as_slice() {
        [first, second, ..] if year(first).is_some() && second.len() <= 2 => (year(first), month(second)),
        [first, second, third] if year(third).is_some() => {
            let american = date.contains('/') && month(second).is_none();
            let either =
                date.contains('/') && month(first).is_some() && month(second).is_some() && first != second;
            let month = if american { month(first) } else { month(second) };
            (year(third), month.filter(|_| !either))
        }
        _ => (None, None),
    }
}

/// The months that a clause names, by number: with figures beside them, for "may" and "march" are words as well.
fn months<'h>(clause: Clause<'h, 'h>, hits: &'h [Hit]) -> impl Iterator<Item = (u8, &'h Hit)> {
    let numeric = |word: Option<&Word<'_>>| {
        word.is_some_and(|word| word.text.len() <= 4 && word.text.bytes().all(|byte| byte.is_ascii_digit()))
    };
    hits.iter().filter(|hit| hit.class == Class::Month).filter_map(move |hit| {
        // "31 de enero de 2023", "November 2023".
        let behind = numeric(clause.words.get(hit.after))
            || (clause.words.get(hit.after).is_some_and(|of| of.text == "de")
                && numeric(clause.words.get(hit.after + 1)));
        let before = numeric(hit.first.checked_sub(1).and_then(|place| clause.words.get(place)));
        (behind || before).then_some(())?;
        Some((lexicon().name(hit.concept).parse().ok()?, hit))
    })
}
