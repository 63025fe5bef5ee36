//! What several of a quantity come to: 6 × 33 cl are 198 cl, three pieces of 330 ml are 990 ml.

use std::sync::LazyLock;

use super::digits::NumberReading;
use super::lexicon_data::spellings;
use super::number::{MentionKind, NumberMention};
use crate::product::unit::{Dimension, Unit};

/// Most words between a count and the quantity that each has.
const WORDS_BETWEEN_MAX: usize = 3;

/// A quantity that a text states by its parts.
pub(super) struct Total {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) reading: NumberReading,
    pub(super) unit: Unit,
}

/// The totals of the packs that a text states.
pub(super) fn totals(text: &str, mentions: &[NumberMention]) -> Vec<Total> {
    let pairs = mentions.iter().zip(mentions.iter().skip(1));
    pairs.filter_map(|(count, each)| total(text, count, each)).collect()
}

fn total(text: &str, count: &NumberMention, each: &NumberMention) -> Option<Total> {
    let MentionKind::Number { readings: counts, unit: None, .. } = &count.kind else { return None };
    let MentionKind::Number { readings, unit: Some(unit), .. } = &each.kind else { return None };
    let ([count_reading], [reading]) = (counts.as_slice(), readings.as_slice()) else { return None };
    let packed =
        matches!(unit.dimension, Dimension::Mass | Dimension::Volume | Dimension::Power | Dimension::Length);
    let pair = count.factor.is_none() || (count.factor == Some((0, 2)) && each.factor == Some((1, 2)));
    let whole = count_reading.value.fract() == 0.0 && (2.0..1000.0).contains(&count_reading.value);
    if !packed || !pair || !whole || !says_each(text.get(count.end..each.start)?) {
        return None;
    }
    let reading = NumberReading::of(count_reading.value * reading.value, reading.decimals);
    Some(Total { start: count.start, end: each.end, reading, unit: *unit })
}

/// Whether the words between say that each has the quantity: "x", "pcs of", "Flaschen à".
fn says_each(between: &str) -> bool {
    static EACH: LazyLock<Vec<&str>> = LazyLock::new(|| spellings("joins", "each").collect());
    let mut words = between.split_whitespace().rev();
    let last = words.next();
    last.is_some_and(|last| EACH.contains(&last))
        && words.clone().count() < WORDS_BETWEEN_MAX
        && words.all(|word| word.chars().all(|c| c.is_alphabetic() || c == '-'))
}

#[cfg(test)]
mod tests {
    use super::super::number::mentions;
    use super::*;

    fn check(text: &str, expected: &[f64]) {
        let found: Vec<f64> = totals(text, &mentions(text)).iter().map(|total| total.reading.value).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn packs_come_to_a_total() {
        check("6 x 33 cl", &[198.0]);
        check("4x45g", &[180.0]);
        check("Pack of 3 pcs of 330 ml", &[990.0]);
        check("6 Flaschen à 0,5 l", &[3.0]);
        check("drei Dosen je 400 g", &[1200.0]);
    }

    #[test]
    fn other_numbers_side_by_side_do_not() {
        check("10 x 20 x 30 cm", &[]);
        check("2 shelves, 30 cm", &[]);
        check("iPhone 15 with 256 GB", &[]);
    }
}
