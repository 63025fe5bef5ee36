//! The headings and labels that the words of a quote stand under.

use std::ops::Range;

use super::evidence::QuoteReading;
use super::passage::Claim;
use super::proposal::Reason;
use super::words::{Phrase, WORDS, key};
use crate::facts::{Lemma, lemmas};

/// Most words of a line that is read as a heading without a colon.
const HEADING_WORDS_MAX: usize = 8;

impl QuoteReading<'_> {
    /// Fails where a heading above, or a label before, speaks of something else.
    pub(super) fn headed(&self, claim: &Claim<'_>, sentence: &Range<usize>, at: usize) -> Result<(), Reason> {
        let before = self.text.get(sentence.start..at).unwrap_or_default();
        let mut labels: Vec<&str> = before.split([':', '：']).collect();
        labels.pop();
        for label in labels {
            let label = label.rsplit(['.', ';', '|', ',', '(']).next().unwrap_or_default();
            let label = label.rsplit(" - ").next().unwrap_or_default();
            let digit = |text: &str| text.ends_with(|c: char| c.is_ascii_digit());
            if !digit(label) && !self.is_own_label(claim, label) {
                return Err(Reason::UnderHeading(short(label)));
            }
        }
        let above = self.text.get(..sentence.start).unwrap_or_default();
        let line = self.text.get(sentence.clone()).unwrap_or_default();
        let is_data = line.contains([':', '：']);
        for (place, heading) in above.split(['\n', '•']).rev().enumerate() {
            let heading =
                heading.trim_matches(|c: char| c.is_whitespace() || matches!(c, '#' | '*' | '-' | '–' | '='));
            let ends = heading.ends_with([':', '：']);
            // The last sentence of a line may be a heading: "A bag. Not included:".
            let last = heading.rsplit(['.', '!', '?', ';']).next().unwrap_or_default();
            if ends {
                let last = last.trim_end_matches([':', '：']);
                return if self.is_own_heading(last) {
                    Ok(())
                } else {
                    Err(Reason::UnderHeading(short(last)))
                };
            }
            let plain = !heading.is_empty()
                && !heading.contains([':', '：'])
                && !heading.ends_with(['.', '!', '?', ',', ';']);
            let words = lemmas(heading);
            if !plain || words.len() > HEADING_WORDS_MAX {
                // A question of a list of them.
                if heading.ends_with('?') && place <= 1 && is_data {
                    return Err(Reason::UnderHeading(short(heading)));
                }
                continue;
            }
            if self.is_own_heading(heading) {
                return Ok(());
            }
            let other = (0..words.len())
                .any(|from| words.get(from..).is_some_and(|row| begins(&WORDS.other_headings, row)));
            let own = words.last().is_some_and(|word| self.things.is_head(*word));
            if other || (is_data && !own) {
                return Err(Reason::UnderHeading(short(heading)));
            }
        }
        Ok(())
    }

    /// Whether a label is the name of what is claimed, or one that names the product or its description.
    fn is_own_label(&self, claim: &Claim<'_>, label: &str) -> bool {
        let name = key(label);
        let meaning = WORDS.meaning(label);
        name.is_empty()
            || claim
                .names
                .iter()
                .any(|own| key(own) == name || (meaning.is_some() && WORDS.meaning(own) == meaning))
            || (claim.number.is_some() && name.iter().all(|word| self.is_measure_word(*word, label)))
            || WORDS.meaning(label).is_some()
            || self.is_own_heading(label)
    }

    fn is_measure_word(&self, word: Lemma, label: &str) -> bool {
        let written = label.split_whitespace().any(|text| {
            lemmas(text) == [word]
                && (crate::facts::names_quantity(text) || crate::product::unit::named(text).is_some())
        });
        written
            || self.things.is_head(word)
            || WORDS.measure_verbs.iter().any(|phrase| phrase.as_slice() == [word])
    }

    fn is_own_heading(&self, heading: &str) -> bool {
        let words = lemmas(heading);
        WORDS.headings.contains(&words) || (!words.is_empty() && self.things.is_title(&words))
    }
}

fn begins(phrases: &[Phrase], row: &[Lemma]) -> bool {
    phrases.iter().any(|phrase| row.starts_with(phrase))
}

fn short(heading: &str) -> String {
    heading.trim().chars().take(60).collect()
}
