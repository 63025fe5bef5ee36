//! The numbers of a text compared with the facts: digits and words, denied or not.

use super::super::clauses::{Clause, clause_at};
use super::super::labels::labels_in_text;
use super::super::number::{MentionKind, NumberMention, mentions};
use super::super::number_support::NumberSupport;
use super::super::spelled;
use super::super::words::{Word, folded};
use super::reader::Reader;
use crate::content::StatementKind;
use crate::product::unit::Dimension;

impl Reader<'_> {
    pub(super) fn numbers(&mut self, clauses: &[Clause<'_>]) {
        let spelled: Vec<NumberMention> =
            clauses.iter().flat_map(|clause| spelled::mentions(self.text, clause)).collect();
        let mut all = mentions(self.text);
        // "Five 5" is two numbers, "one out of 5" is one.
        all.retain(|mention| {
            let after = spelled.partition_point(|other| other.end <= mention.start);
            spelled.get(after).is_none_or(|other| other.start >= mention.end)
        });
        all.extend(spelled);
        all.sort_by_key(|mention| mention.start);
        for mention in all {
            self.number(clauses, &mention);
        }
    }

    fn number(&mut self, clauses: &[Clause<'_>], mention: &NumberMention) {
        let (start, end) = (mention.start, mention.end);
        let labels = labels_in_text(self.text, clauses, mention);
        let in_words = self.written(start, end).starts_with(|c: char| !c.is_ascii_digit());
        let kind = match &mention.kind {
            MentionKind::Code(_) => StatementKind::Code,
            MentionKind::Number { unit: None, .. } if in_words => StatementKind::Count,
            MentionKind::Number { .. } => StatementKind::Number,
        };
        let denied = denied_at(clauses, start);
        let rating = match &mention.kind {
            MentionKind::Number { readings, unit: Some(unit), .. } if unit.dimension == Dimension::Rating => {
                readings.first().and_then(|reading| self.index.levels.rating(unit.to_base(reading.value)))
            }
            _ => None,
        };
        let support = match rating {
            // "Three stars" of an average rating.
            Some((true, attribute)) => NumberSupport::Supported(attribute),
            _ => self.index.numbers.support(mention, &labels),
        };
        match support {
            NumberSupport::Supported(attribute) if denied && !self.index.denies(attribute) => {
                self.denies_stated(start, end, kind, attribute, "states");
            }
            NumberSupport::Supported(attribute) => self.supports.push((start, attribute)),
            NumberSupport::Contradicted { .. } | NumberSupport::Missing
                if self.index.numbers.coded(self.written(start, end)).is_some() => {}
            NumberSupport::Contradicted { nearest } => {
                let (written, name) = (self.written(start, end), self.index.name(nearest.attribute));
                let message =
                    format!("no attribute states \"{written}\"; the nearest is {name}: {}", nearest.shown);
                self.contradicted(start, end, kind, nearest.attribute, message);
            }
            // "Two" of "dual": a word that says so is a number that says so.
            NumberSupport::Missing if kind == StatementKind::Count && self.counted(mention) => {}
            NumberSupport::Missing => self.unsupported(start, end, kind),
        }
    }

    /// Whether a count in words is in the facts by another word.
    fn counted(&self, mention: &NumberMention) -> bool {
        let MentionKind::Number { readings, .. } = &mention.kind else { return false };
        let same: &[&str] = match readings.first().map(|reading| reading.value) {
            Some(2.0) => &["two", "dual", "double", "twin", "pair", "both"],
            Some(3.0) => &["three", "triple"],
            Some(4.0) => &["four", "quad", "quadruple"],
            Some(6.0) => &["six", "hexa"],
            Some(8.0) => &["eight", "octa"],
            _ => &[],
        };
        let written = self.written(mention.start, mention.end);
        same.iter().any(|word| self.index.known.has(&folded(word))) || self.index.known.has(&folded(written))
    }
}

/// Whether the word at a byte is denied, and no amount is ("no more than 5").
fn denied_at(clauses: &[Clause<'_>], at: usize) -> bool {
    clause_at(clauses, at).is_some_and(|clause| {
        let amount = |word: &Word<'_>| {
            word.denied
                && matches!(
                    word.lower.as_str(),
                    "more"
                        | "less"
                        | "fewer"
                        | "than"
                        | "exceed"
                        | "exceeds"
                        | "beyond"
                        | "over"
                        | "up"
                        | "mehr"
                        | "weniger"
                        | "plus"
                        | "moins"
                        | "más"
                        | "menos"
                )
        };
        let denied = clause.words.iter().any(|word| word.denied && word.start <= at && at < word.end);
        denied && !clause.words.iter().any(amount)
    })
}
