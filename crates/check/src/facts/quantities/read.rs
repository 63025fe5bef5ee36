//! The numbers of a text compared with the facts: digits and words, denied or not.

use super::super::lemma::lemma;
use super::super::lexicon::Role;
use super::super::reader::Reader;
use super::super::statement::Modality;
use super::super::tokens::{Tokens, Word};
use super::labels::labels_in_text;
use super::lexicon_data::spellings;
use super::number::{MentionKind, NumberMention, mentions};
use super::number_support::NumberSupport;
use super::sizes::named_sizes;
use super::slots::{Slots, slots_of};
use crate::content::StatementKind;
use crate::product::unit::Dimension;

impl Reader<'_> {
    pub(in super::super) fn numbers(&mut self) {
        let text = self.tokens.text;
        let mentions = mentions(text);
        for (mention, slots) in mentions.iter().zip(slots_of(text, &mentions, "")) {
            self.number(mention, slots);
        }
        self.sizes();
    }

    /// Sizes in letters.
    fn sizes(&mut self) {
        for size in named_sizes(self.tokens.text) {
            match self.sheet.numbers.sizes.of(&size) {
                Ok(attribute) => self.supported(size.start, size.end, StatementKind::Code, false, attribute),
                Err(Some(attribute)) => {
                    let (written, named) = (self.written(size.start, size.end), self.named(attribute));
                    let message = format!("no attribute states the size \"{written}\"; {named}");
                    self.refuted(size.start, size.end, StatementKind::Code, attribute, message);
                }
                Err(None) => self.not_stated(size.start, size.end, StatementKind::Code),
            }
        }
    }

    fn number(&mut self, mention: &NumberMention, slots: Slots) {
        let (start, end) = (mention.start, mention.end);
        let asks = self.tokens.clause_at(start).is_some_and(|clause| clause.asks);
        self.modality = if asks { Modality::Asked } else { Modality::Asserted };
        let labels = labels_in_text(self.tokens, mention);
        let kind = match &mention.kind {
            MentionKind::Code(_) => StatementKind::Code,
            MentionKind::Number { unit: None, .. } if mention.spelled => StatementKind::Count,
            MentionKind::Number { .. } => StatementKind::Number,
        };
        let denied = denied_at(self.tokens, start);
        let rating = match &mention.kind {
            MentionKind::Number { readings, unit: Some(unit), .. } if unit.dimension == Dimension::Rating => {
                readings.first().and_then(|reading| self.sheet.levels.rating(unit.to_base(reading.value)))
            }
            _ => None,
        };
        let support = match rating {
            // "Three stars" of an average rating.
            Some((true, attribute)) => NumberSupport::Supported(attribute),
            _ => self.sheet.numbers.support(mention, &labels, slots, self.language),
        };
        match support {
            NumberSupport::Supported(attribute) if denied && !self.sheet.denies(attribute) => {
                self.denies_stated(start, end, kind, attribute, "states");
            }
            NumberSupport::Supported(attribute) => self.supported(start, end, kind, denied, attribute),
            // "5" of "a rating of 5 in the city".
            NumberSupport::Missing
                if self.sheet.numbers.in_digits(digits(self.written(start, end))).is_some() => {}
            NumberSupport::Contradicted { nearest } => {
                let (written, name) = (self.written(start, end), self.sheet.name(nearest.attribute));
                let message =
                    format!("no attribute states \"{written}\"; the nearest is {name}: {}", nearest.shown);
                self.refuted(start, end, kind, nearest.attribute, message);
            }
            // "Two" of "dual": a word that says so is a number that says so.
            NumberSupport::Missing if kind == StatementKind::Count && self.counted(mention) => {}
            NumberSupport::Missing if mention.weak => {}
            NumberSupport::Missing => self.not_stated(start, end, kind),
        }
    }

    /// Whether a count in words is in the facts by another word.
    fn counted(&self, mention: &NumberMention) -> bool {
        let MentionKind::Number { readings, .. } = &mention.kind else { return false };
        let Some(value) = readings.first().map(|reading| reading.value.to_string()) else { return false };
        let mut same = spellings("same_counts", &value);
        let written = self.written(mention.start, mention.end);
        same.any(|word| self.sheet.known.has(lemma(word))) || self.sheet.known.has(lemma(written))
    }
}

/// The digits that a number begins with.
fn digits(written: &str) -> &str {
    let end = written.find(|c: char| !c.is_ascii_digit()).unwrap_or(written.len());
    let rest = written.get(end..).unwrap_or_default();
    // A unit that is a word for sure is a part of the number.
    if rest.is_empty() || rest == " in" { written.get(..end).unwrap_or_default() } else { written }
}

/// So many words before a number may say an amount.
const AMOUNT_WORDS: usize = 6;

/// Whether the word at a byte is denied, and no amount is ("no more than 5").
fn denied_at(tokens: &Tokens<'_>, at: usize) -> bool {
    let Some(clause) = tokens.clause_at(at) else { return false };
    let place = clause.words.partition_point(|word| word.end <= at);
    let denied = clause.words.get(place).is_some_and(|word| word.denied && word.start <= at);
    let amount = |word: &Word<'_>| word.denied && word.is(Role::Amount);
    let before = clause.words.get(place.saturating_sub(AMOUNT_WORDS)..place).unwrap_or_default();
    denied && !before.iter().any(amount)
}
