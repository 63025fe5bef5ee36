//! Mentions of a text that belong together: shared units, signs, ranges, quantities in two units, ratings.

use super::bounds::{Bound, is_range, said_before, said_behind};
use super::digits::NumberReading;
use super::lexicon_data::spellings;
use super::number::{MentionKind, NumberMention};
use crate::product::unit::{Dimension, Unit};
use std::sync::LazyLock;

/// Ends of scales that ratings are given on.
const SCALES: [f64; 3] = [5.0, 10.0, 100.0];

/// So much of a text is read for what precedes a number, in bytes.
const REACH: usize = 40;

/// Gives the mentions of a text what they have of each other.
pub(super) fn grouped(text: &str, mut mentions: Vec<NumberMention>) -> Vec<NumberMention> {
    factors(text, &mut mentions);
    let signs = signs(text, &mut mentions);
    inherit_units(text, &mut mentions);
    negate(&mut mentions, &signs);
    let mut mentions = joined(text, mentions);
    bound(text, &mut mentions);
    mentions
}

/// The unit of a mention, and its first meaning.
fn quantity(mention: &NumberMention) -> Option<(f64, Option<Unit>)> {
    match &mention.kind {
        MentionKind::Number { readings, unit, .. } => Some((readings.first()?.value, *unit)),
        MentionKind::Code(_) => None,
    }
}

fn between<'a>(text: &'a str, first: &NumberMention, second: &NumberMention) -> &'a str {
    text.get(first.end..second.start).unwrap_or_default().trim()
}

/// Counts the factors of products: "80 × 120 × 40 cm".
fn factors(text: &str, mentions: &mut [NumberMention]) {
    let mut from = 0;
    for place in 1..=mentions.len() {
        let goes_on = match (mentions.get(place - 1), mentions.get(place)) {
            (Some(last), Some(next)) => {
                matches!(between(text, last, next), "x" | "X" | "×" | "*")
                    && !last.spelled
                    && quantity(last).is_some()
                    && quantity(next).is_some()
            }
            _ => false,
        };
        if goes_on {
            continue;
        }
        let count = place - from;
        if count > 1 {
            for (at, mention) in mentions.iter_mut().skip(from).take(count).enumerate() {
                mention.factor = Some((at, count));
            }
        }
        from = place;
    }
}

/// Takes a minus sign before a number into it; gives the place of each with how long the sign is, words apart.
fn signs(text: &str, mentions: &mut [NumberMention]) -> Vec<(usize, usize)> {
    static WORDS: LazyLock<Vec<&str>> = LazyLock::new(|| spellings("minus", "words").collect());
    let mut found = Vec::new();
    let mut last_end = 0;
    for (place, mention) in mentions.iter_mut().enumerate() {
        let before = text.get(last_end..mention.start).unwrap_or_default();
        let (read, from_last) = (before, last_end);
        last_end = mention.end;
        if let Some(rest) = read.strip_suffix(['-', '\u{2212}', '\u{2013}']) {
            // "10-20 kg" and "10 -20 kg" are ranges, "A-5" is a name.
            let opens = rest.is_empty() && from_last == 0
                || rest.ends_with([' ', '\u{a0}', '(', '[', ':', '/', '~', ',', '\n', '…', '\t'])
                    && !(rest.trim().is_empty() && from_last > 0 && !rest.contains(['\n', ',']));
            let length = read.len() - rest.len();
            if opens || (from_last == 0 && rest.trim().is_empty()) {
                mention.start -= length;
                found.push((place, length));
            }
            continue;
        }
        let from = read.ceil_char_boundary(read.len().saturating_sub(REACH));
        let near = read.get(from..).unwrap_or_default().trim_end();
        let said = |word: &&str| {
            let Some(at) = near.len().checked_sub(word.len()) else { return false };
            let (Some(head), Some(tail)) = (near.get(..at), near.get(at..)) else { return false };
            let starts =
                word.starts_with(crate::product::unit::is_cjk) || !head.ends_with(char::is_alphanumeric);
            starts && tail.eq_ignore_ascii_case(word)
        };
        if WORDS.iter().any(said) {
            found.push((place, 0));
        }
    }
    found
}

/// Makes numbers with a sign negative where that has a meaning; elsewhere the sign is a dash.
fn negate(mentions: &mut [NumberMention], signs: &[(usize, usize)]) {
    for (place, length) in signs {
        let Some(mention) = mentions.get_mut(*place) else { continue };
        let alone = mention.start == 0;
        let MentionKind::Number { readings, unit, .. } = &mut mention.kind else {
            mention.start += length;
            continue;
        };
        let signed = unit.is_some_and(|unit| {
            matches!(unit.dimension, Dimension::Temperature | Dimension::Loudness | Dimension::Angle)
        });
        if signed || *length == 0 || (alone && unit.is_none()) {
            for reading in readings {
                reading.value = -reading.value;
            }
        } else {
            mention.start += length;
        }
    }
}

/// In "10–20 cm", "164 x 75 mm" and "10 to 20 cm" the first number has the unit of the next.
fn inherit_units(text: &str, found: &mut [NumberMention]) {
    static SAME: LazyLock<Vec<&str>> = LazyLock::new(|| spellings("joins", "same_unit").collect());
    let mut next: Option<(usize, Option<Unit>, bool)> = None;
    let mut following_factor = None;
    for place in (0..found.len()).rev() {
        let opens = place.checked_sub(1).and_then(|before| found.get(before)).map_or(0, |before| before.end);
        let Some(mention) = found.get_mut(place) else { continue };
        let before = text.get(opens..mention.start).unwrap_or_default();
        let factor = mention.factor;
        if let MentionKind::Number { unit, doubtful, .. } = &mut mention.kind {
            if let (None, Some((start, Some(following), in_doubt))) = (&unit, next) {
                let between = text.get(mention.end..start).unwrap_or_default().trim();
                // "6 x 33 cl" are six of something.
                let counts = factor == Some((0, 2)) && following_factor == Some((1, 2)) && counted(following);
                if !counts && (SAME.contains(&between) || is_range(before, between)) {
                    (*unit, *doubtful) = (Some(following), in_doubt);
                }
            }
            next = Some((mention.start, *unit, *doubtful));
        } else {
            next = None;
        }
        following_factor = factor;
    }
}

/// Whether what has this unit comes in packs of several.
fn counted(unit: Unit) -> bool {
    matches!(unit.dimension, Dimension::Mass | Dimension::Volume | Dimension::Charge | Dimension::Power)
}

/// Mentions that are one statement made one: "5 h 30 min", "7 hours and 30 minutes", "3 out of 5".
fn joined(text: &str, mentions: Vec<NumberMention>) -> Vec<NumberMention> {
    let mut found: Vec<NumberMention> = Vec::with_capacity(mentions.len());
    for mention in mentions {
        if let Some(last) = found.last_mut()
            && let Some(between) = text.get(last.end..mention.start)
            && let Some(one) = one_of(last, &mention, between.trim())
        {
            *last = one;
            continue;
        }
        found.push(mention);
    }
    found
}

/// Two mentions as one, where they are.
fn one_of(first: &NumberMention, second: &NumberMention, between: &str) -> Option<NumberMention> {
    static OUT_OF: LazyLock<Vec<&str>> = LazyLock::new(|| spellings("joins", "out_of").collect());
    static AND: LazyLock<Vec<&str>> = LazyLock::new(|| spellings("joins", "quantities").collect());
    let MentionKind::Number { readings, unit, .. } = &first.kind else { return None };
    let MentionKind::Number { readings: more, unit: smaller, .. } = &second.kind else { return None };
    let ([reading], [rest]) = (readings.as_slice(), more.as_slice()) else { return None };
    let whole = |value, decimals, unit| {
        let readings = vec![NumberReading::of(value, decimals)];
        let kind = MentionKind::Number { readings, unit: Some(unit), doubtful: false };
        NumberMention { spelled: first.spelled, ..NumberMention::new(first.start, second.end, kind) }
    };
    match (unit, smaller) {
        (Some(unit), Some(smaller))
            if matches!(unit.dimension, Dimension::Time | Dimension::Length | Dimension::Mass)
                && unit.dimension == smaller.dimension
                && unit.is_larger_than(*smaller)
                && (between.is_empty() || AND.contains(&between)) =>
        {
            let value = reading.value + unit.from_base(smaller.to_base(rest.value));
            Some(whole(value, 2, *unit))
        }
        // "3 out of 5", "4 of 5 stars"; "2 of 3 shelves" is none.
        (None, smaller)
            if OUT_OF.contains(&between) && SCALES.contains(&rest.value) && reading.value <= rest.value =>
        {
            let stars = smaller.is_some_and(|unit| unit.dimension == Dimension::Rating);
            let rated = stars || (smaller.is_none() && matches!(between, "out of" | "out"));
            rated.then(|| whole(reading.value, reading.decimals, Unit::of_scale(rest.value)))
        }
        _ => None,
    }
}

/// Gives mentions the bounds that are said beside them, and those of ranges.
fn bound(text: &str, mentions: &mut [NumberMention]) {
    let mut last_end = 0;
    for place in 0..mentions.len() {
        let (start, end) = mentions.get(place).map_or((0, 0), |mention| (mention.start, mention.end));
        let next_start = mentions.get(place + 1).map_or(text.len(), |next| next.start);
        let before = text.get(last_end..start).unwrap_or_default();
        let after = text.get(end..next_start).unwrap_or_default();
        let ends_range = mentions.get(place + 1).is_some_and(|next| {
            let first = mentions.get(place).and_then(quantity);
            same_kind(first, quantity(next)) && is_range(before, after)
        });
        let begun = mentions.get(place).is_some_and(|mention| mention.bound == Bound::High);
        let said = said_before(before).or_else(|| said_behind(after).map(|found| found.0));
        if let Some(mention) = mentions.get_mut(place) {
            if ends_range {
                mention.bound = Bound::Low;
            } else if !begun {
                mention.bound = said.unwrap_or_default();
            }
        }
        if ends_range && let Some(next) = mentions.get_mut(place + 1) {
            next.bound = Bound::High;
        }
        last_end = end;
    }
}

/// Whether two numbers may be the ends of a range: of one dimension, the smaller first.
fn same_kind(first: Option<(f64, Option<Unit>)>, second: Option<(f64, Option<Unit>)>) -> bool {
    match (first, second) {
        (Some((low, Some(unit))), Some((high, Some(other)))) => {
            unit.dimension == other.dimension && unit.to_base(low) < other.to_base(high)
        }
        (Some((low, None)), Some((high, None))) => low < high,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::number::mentions;
    use super::*;

    fn check(text: &str, expected: &[(f64, Option<Dimension>, Bound)]) {
        let found: Vec<_> = mentions(text)
            .iter()
            .filter_map(|mention| {
                let (value, unit) = quantity(mention)?;
                Some((value, unit.map(|unit| unit.dimension), mention.bound))
            })
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_quantity_in_two_units_and_a_rating_are_one_statement() {
        let time = Some(Dimension::Time);
        check("5 h 30 min", &[(5.5, time, Bound::Exact)]);
        check("7 hours and 30 minutes of talk time", &[(7.5, time, Bound::Exact)]);
        check("30 min, 5 h", &[(30.0, time, Bound::Exact), (5.0, time, Bound::Exact)]);
        check("rated 3 out of 5", &[(3.0, Some(Dimension::Rating), Bound::Exact)]);
        check("a 4-star place", &[(4.0, Some(Dimension::Rating), Bound::Exact)]);
        check("2 of 3 shelves", &[(2.0, None, Bound::Exact), (3.0, None, Bound::Exact)]);
    }

    #[test]
    fn ranges_and_products_share_the_unit_of_their_last_number() {
        let length = Some(Dimension::Length);
        check("10–20 cm", &[(10.0, length, Bound::Low), (20.0, length, Bound::High)]);
        check("between 10 and 20 cm", &[(10.0, length, Bound::Low), (20.0, length, Bound::High)]);
        check(
            "164.6 x 75.4 x 8.6 mm",
            &[(164.6, length, Bound::Exact), (75.4, length, Bound::Exact), (8.6, length, Bound::Exact)],
        );
        check("3x zoom", &[(3.0, Some(Dimension::Factor), Bound::Exact)]);
        let hertz = Some(Dimension::Frequency);
        check(
            "4x2.3 GHz & 2x1.7 GHz",
            &[
                (4.0, hertz, Bound::Exact),
                (2.3, hertz, Bound::Exact),
                (2.0, hertz, Bound::Exact),
                (1.7, hertz, Bound::Exact),
            ],
        );
        check("233 pixels per inch", &[(233.0, Some(Dimension::PixelDensity), Bound::Exact)]);
    }

    #[test]
    fn packs_are_counts_of_quantities() {
        let volume = Some(Dimension::Volume);
        check("6 x 33 cl", &[(6.0, None, Bound::Exact), (33.0, volume, Bound::Exact)]);
        check("4x45g", &[(4.0, None, Bound::Exact), (45.0, Some(Dimension::Mass), Bound::Exact)]);
    }

    #[test]
    fn bounds_are_said_before_and_behind() {
        let mass = Some(Dimension::Mass);
        check("up to 120 kg", &[(120.0, mass, Bound::AtMost)]);
        check("120 kg or more", &[(120.0, mass, Bound::AtLeast)]);
        check("über 120 kg", &[(120.0, mass, Bound::Above)]);
        check("ages 3+", &[(3.0, None, Bound::AtLeast)]);
        check("de 10 à 20 kg", &[(10.0, mass, Bound::Low), (20.0, mass, Bound::High)]);
    }
}
