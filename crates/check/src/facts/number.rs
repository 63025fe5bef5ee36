//! Numbers, quantities and codes as texts write them, in the notations of the recipes' languages.

use super::digits::{NumberReading, digits_length, readings};
use crate::product::unit::{self, Dimension, Unit};

/// A number of a text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct NumberMention {
    /// Where it begins, in bytes.
    pub(super) start: usize,
    /// Where it ends, its unit included.
    pub(super) end: usize,
    /// What it says.
    pub(super) kind: MentionKind,
}

/// What a mention says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum MentionKind {
    /// A number with its unit, if it has one.
    Number {
        /// What the digits may mean: `1,500` is 1500 or 1.5.
        readings: Vec<NumberReading>,
        /// The unit.
        unit: Option<Unit>,
        /// Whether the unit's spelling may as well be a word ("5 in black").
        doubtful: bool,
    },
    /// Letters and digits without a space: `IP68`, `5G`, `1.2.3`.
    Code(String),
}

/// Unit spellings that are common words or letters as well.
const DOUBTFUL: &[&str] = &[
    "in", "an", "ans", "x", "X", "t", "s", "h", "m", "A", "C", "B", "min", "as", "type", "型", "分", "度",
    "times", "pound", "pounds", "Go", "go", "mi", "pa", "ps", "PS", "bar", "stern", "star", "stars", "天",
    "周", "星",
];

/// Every number and code of a text, in order.
pub(super) fn mentions(text: &str) -> Vec<NumberMention> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(offset) = text.get(at..).and_then(|rest| rest.find(|c: char| c.is_ascii_digit())) {
        let digit = at + offset;
        // "4x2.3 GHz": the sign before belongs to the number that was read already.
        let start = word_start(text, digit);
        let crossed = start < at && text.get(at..digit).is_some_and(|sign| matches!(sign, "x" | "X" | "×"));
        let start = if crossed { digit } else { start };
        let mention = if start < digit { code(text, start) } else { number(text, digit) };
        at = mention.end.max(digit + 1);
        found.push(mention);
    }
    inherit_units(text, &mut found);
    joined(text, found)
}

/// Between the number of a scale's steps and the scale's end: "3 out of 5".
const OUT_OF: &[&str] = &["out of", "out", "von", "sur", "de", "of"];

/// Ends of scales that ratings are given on.
const SCALES: [f64; 3] = [5.0, 10.0, 100.0];

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
    let MentionKind::Number { readings, unit, .. } = &first.kind else { return None };
    let MentionKind::Number { readings: more, unit: smaller, .. } = &second.kind else { return None };
    let ([reading], [rest]) = (readings.as_slice(), more.as_slice()) else { return None };
    let whole = |value, decimals, unit| NumberMention {
        start: first.start,
        end: second.end,
        kind: MentionKind::Number {
            readings: vec![NumberReading { value, decimals }],
            unit: Some(unit),
            doubtful: false,
        },
    };
    match (unit, smaller) {
        (Some(unit), Some(smaller))
            if matches!(unit.dimension, Dimension::Time | Dimension::Length | Dimension::Mass)
                && unit.dimension == smaller.dimension
                && unit.is_larger_than(*smaller)
                && matches!(between, "" | "and" | "und" | "et" | "y") =>
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

/// Where the word that holds the byte `at` begins; Chinese and Japanese characters end a word.
fn word_start(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    let word = before.char_indices().rev().take_while(|(_, c)| c.is_alphanumeric() && !unit::is_cjk(*c));
    word.last().map_or(at, |(index, _)| index)
}

/// A run of letters and digits that begins at `start`.
fn code(text: &str, start: usize) -> NumberMention {
    let rest = text.get(start..).unwrap_or_default();
    let mut length = 0;
    let mut characters = rest.char_indices().peekable();
    while let Some((index, character)) = characters.next() {
        let joins = matches!(character, '.' | '-' | '/')
            && characters.peek().is_some_and(|(_, next)| next.is_ascii_digit())
            && rest.get(..index).is_some_and(|before| before.ends_with(|c: char| c.is_ascii_digit()));
        if (character.is_alphanumeric() && !unit::is_cjk(character)) || joins {
            length = index + character.len_utf8();
        } else {
            break;
        }
    }
    let end = start + length;
    NumberMention {
        start,
        end,
        kind: MentionKind::Code(rest.get(..length).unwrap_or_default().to_lowercase()),
    }
}

/// A number that begins at the digit `start`, or a code where letters follow that are no unit.
fn number(text: &str, start: usize) -> NumberMention {
    let rest = text.get(start..).unwrap_or_default();
    let length = digits_length(rest);
    let digits = rest.get(..length).unwrap_or_default();
    let Some(readings) = readings(digits) else {
        let kind = MentionKind::Code(digits.to_lowercase());
        return NumberMention { start, end: start + length, kind };
    };
    let mention = |length, unit, doubtful| {
        let kind = MentionKind::Number { readings, unit, doubtful };
        NumberMention { start, end: start + length, kind }
    };
    let after = rest.get(length..).unwrap_or_default();
    // 164.6 x 75.4 mm: a product of lengths, no times-factor.
    if crossed(after) {
        return mention(length, None, false);
    }
    let gap: usize = after
        .chars()
        .take(2)
        .take_while(|c| matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '-' | '\u{2011}'))
        .map(char::len_utf8)
        .sum();
    let spaced = after.get(gap..).unwrap_or_default();
    if let Some((unit, unit_length)) = unit::at_start(spaced) {
        let doubtful = spaced.get(..unit_length).is_some_and(|spelling| DOUBTFUL.contains(&spelling));
        return mention(length + gap + unit_length, Some(unit), doubtful);
    }
    let suffix: String = after.chars().take_while(|c| c.is_alphabetic() && !unit::is_cjk(*c)).collect();
    match suffix.to_lowercase().as_str() {
        // 2nd, 3e, 1er, 4a: an ordinal is its number.
        "" | "st" | "nd" | "rd" | "th" | "e" | "er" | "ème" | "º" | "ª" => {
            mention(length + suffix.len(), None, false)
        }
        _ => code(text, start),
    }
}

/// Whether a multiplication sign and another number follow.
fn crossed(after: &str) -> bool {
    let trimmed = after.trim_start_matches([' ', '\u{a0}']);
    let Some(rest) = trimmed.strip_prefix(['x', 'X', '×', '*']) else { return false };
    rest.trim_start_matches([' ', '\u{a0}']).starts_with(|c: char| c.is_ascii_digit())
}

/// In "10–20 cm", "164 x 75 mm" and "10 to 20 cm" the first number has the unit of the next.
fn inherit_units(text: &str, found: &mut [NumberMention]) {
    let mut next: Option<(usize, Option<Unit>, bool)> = None;
    for mention in found.iter_mut().rev() {
        if let MentionKind::Number { unit, doubtful, .. } = &mut mention.kind {
            if let (None, Some((start, Some(following), in_doubt))) = (&unit, next) {
                let between = text.get(mention.end..start).unwrap_or_default().trim();
                if matches!(
                    between,
                    "-" | "–"
                        | "—"
                        | "~"
                        | "x"
                        | "X"
                        | "×"
                        | "*"
                        | "/"
                        | "to"
                        | "bis"
                        | "à"
                        | "a"
                        | "至"
                        | "〜"
                        | "or"
                ) {
                    (*unit, *doubtful) = (Some(following), in_doubt);
                }
            }
            next = Some((mention.start, *unit, *doubtful));
        } else {
            next = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let shown: Vec<String> = mentions(text)
            .into_iter()
            .map(|mention| match mention.kind {
                MentionKind::Code(code) => format!("code {code}"),
                MentionKind::Number { readings, unit, .. } => {
                    let values: Vec<String> =
                        readings.iter().map(|reading| reading.value.to_string()).collect();
                    format!(
                        "{}{}",
                        values.join("|"),
                        unit.map(|unit| format!(" {:?}", unit.dimension)).unwrap_or_default()
                    )
                }
            })
            .collect();
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn numbers_are_read_in_every_notation() {
        check("1,500 g", &["1500|1.5 Mass"]);
        check("1.234,56 kg", &["1234.56 Mass"]);
        check("1\u{202f}500 g", &["1500 Mass"]);
        check("0,5 l", &["0.5 Volume"]);
        check("6.78-inch display", &["6.78 Length"]);
        check("100% cotton", &["100 Share"]);
        check("a 2nd pair", &["2"]);
        check("in 2023.", &["2023"]);
        check("容量300毫升，重1.5千克", &["300 Volume", "1.5 Mass"]);
    }

    #[test]
    fn codes_are_no_numbers() {
        check("IP68 and 5G with Android v1.2.3", &["code ip68", "code 5g", "code v1.2.3"]);
        check("version 1.2.3", &["code 1.2.3"]);
        check("MH02-XL", &["code mh02"]);
    }

    #[test]
    fn a_quantity_in_two_units_and_a_rating_are_one_statement() {
        check("5 h 30 min", &["5.5 Time"]);
        check("7 hours and 30 minutes of talk time", &["7.5 Time"]);
        check("30 min, 5 h", &["30 Time", "5 Time"]);
        check("rated 3 out of 5", &["3 Rating"]);
        check("a 4-star place", &["4 Rating"]);
        check("2 of 3 shelves", &["2", "3"]);
    }

    #[test]
    fn ranges_and_products_share_the_unit_of_their_last_number() {
        check("10–20 cm", &["10 Length", "20 Length"]);
        check("164.6 x 75.4 x 8.6 mm", &["164.6 Length", "75.4 Length", "8.6 Length"]);
        check("3x zoom", &["3 Factor"]);
        check("4x2.3 GHz & 2x1.7 GHz", &["4 Frequency", "2.3 Frequency", "2 Frequency", "1.7 Frequency"]);
        check("233 pixels per inch", &["233 PixelDensity"]);
        assert_eq!(Dimension::Length, unit::named("mm").unwrap().dimension);
    }
}
