//! Numbers, quantities and codes as texts write them, in the notations of the recipes' languages.

use super::bounds::Bound;
use super::codes::{Word, blank_code, code, date};
use super::digits::{NumberReading, digits_length, readings};
use super::fractions::{feet_and_inches, fraction, fraction_behind};
use super::number_groups::grouped;
use super::plain_digits::PlainDigits;
use super::unit_behind::{UnitBehind, unit_behind};
use super::{fractions, han, spelled};
use crate::product::unit::{self, Unit};

/// A number of a text.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct NumberMention {
    /// Where it begins, in bytes.
    pub(super) start: usize,
    /// Where it ends, its unit included.
    pub(super) end: usize,
    /// What it says.
    pub(super) kind: MentionKind,
    /// How far it reaches.
    pub(super) bound: Bound,
    /// Whether it is written in words.
    pub(super) spelled: bool,
    /// Whether it says how many there are without counting them: "dual", "a pair of".
    pub(super) weak: bool,
    /// Its place among the factors of a product and how many there are: 80 is the first of three in "80 × 120 × 40".
    pub(super) factor: Option<(usize, usize)>,
}

impl NumberMention {
    /// A mention in digits that says no more than itself.
    pub(super) fn new(start: usize, end: usize, kind: MentionKind) -> Self {
        Self { start, end, kind, bound: Bound::Exact, spelled: false, weak: false, factor: None }
    }
}

/// What a mention says.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) enum MentionKind {
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

/// Every number and code of a text, in order.
pub(in super::super) fn mentions(text: &str) -> Vec<NumberMention> {
    let plain = PlainDigits::new(text);
    let mut found = grouped(&plain.text, scan(&plain.text));
    for mention in &mut found {
        (mention.start, mention.end) = (plain.place(mention.start), plain.place(mention.end));
    }
    found
}

/// Reads a text once from the left to the right.
fn scan(text: &str) -> Vec<NumberMention> {
    let mut found: Vec<NumberMention> = Vec::new();
    let mut at = 0;
    let mut before = ' ';
    while let Some(rest) = text.get(at..)
        && let Some(character) = rest.chars().next()
    {
        let mut next = at + character.len_utf8();
        let pointed = || {
            let begins = !before.is_alphanumeric() && !matches!(before, '.' | ',');
            begins && rest.get(1..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        };
        let mention = if character.is_ascii_digit()
            || fractions::sign(character).is_some()
            || (matches!(character, '.' | ',') && pointed())
        {
            Some(number(text, at))
        } else if unit::is_cjk(character) {
            let (mention, end) = han::at(text, at);
            next = end;
            mention
        } else if matches!(character, 'x' | 'X')
            && crossed(rest)
            && found.last().is_some_and(|last| last.end == at)
        {
            // "4x2.3 GHz": the sign belongs to the number that was read already.
            None
        } else if character.is_alphabetic() {
            let word = Word::at(text, at);
            next = word.end;
            if word.has_digit {
                Some(code(text, at))
            } else {
                blank_code(text, at, word.end).or_else(|| spelled::at(text, at))
            }
        } else {
            None
        };
        if let Some(mention) = mention {
            next = mention.end.max(next);
            found.push(mention);
        }
        before = text.get(at..next).and_then(|read| read.chars().next_back()).unwrap_or(' ');
        at = next;
    }
    found
}

/// A number that begins at `start`, or a code where letters follow that are no unit.
fn number(text: &str, start: usize) -> NumberMention {
    let rest = text.get(start..).unwrap_or_default();
    if let Some((inches, length)) = feet_and_inches(rest)
        && let Some(inch) = unit::named("inch")
    {
        let readings = vec![NumberReading::of(inches, 2)];
        let kind = MentionKind::Number { readings, unit: Some(inch), doubtful: false };
        return NumberMention::new(start, start + length, kind);
    }
    if let Some(date) = date(rest) {
        return NumberMention::new(start, start + date.0, MentionKind::Code(date.1));
    }
    let (mut readings, mut length) = if let Some((value, length)) = fraction(rest) {
        (vec![NumberReading::of(value, 2)], length)
    } else {
        let leading = usize::from(rest.starts_with(['.', ',']));
        let length = leading + digits_length(rest.get(leading..).unwrap_or_default());
        let digits = rest.get(..length).unwrap_or_default();
        let Some(readings) = readings(digits) else {
            return NumberMention::new(start, start + length, MentionKind::Code(digits.to_lowercase()));
        };
        (readings, length)
    };
    let whole = readings.first().map_or(0.0, |reading| reading.value);
    if readings.len() == 1
        && whole.fract() == 0.0
        && let Some((more, more_length)) = fraction_behind(rest.get(length..).unwrap_or_default())
    {
        // 6 1/2
        readings = vec![NumberReading::of(whole + more, 2)];
        length += more_length;
    } else if readings.len() == 1
        && let Some(more_length) = spelled::half_behind(text, start + length)
    {
        readings = vec![NumberReading::of(whole + 0.5, 1)];
        length += more_length;
    }
    let mention = |length, unit, doubtful, readings| {
        NumberMention::new(start, start + length, MentionKind::Number { readings, unit, doubtful })
    };
    let after = rest.get(length..).unwrap_or_default();
    // 164.6 x 75.4 mm: a product of lengths, no times-factor.
    if crossed(after) {
        return mention(length, None, false, readings);
    }
    if let Some(found) = unit_behind(text, start + length)
        && suits(&found, whole, after)
    {
        return mention(found.end - start, Some(found.unit), found.doubtful, readings);
    }
    if let Some((times, more_length)) = han::multiplier(after) {
        for reading in &mut readings {
            reading.value *= times;
        }
        length += more_length;
        let unit = unit_behind(text, start + length);
        let end = unit.as_ref().map_or(length, |unit| unit.end - start);
        let doubtful = unit.as_ref().is_some_and(|unit| unit.doubtful);
        return mention(end, unit.map(|unit| unit.unit), doubtful, readings);
    }
    let suffix = after.char_indices().find(|(_, c)| !c.is_alphabetic() || unit::is_cjk(*c));
    let suffix = after.get(..suffix.map_or(after.len(), |(at, _)| at)).unwrap_or_default();
    // 2nd, 3e, 1er, 4a: an ordinal is its number.
    let ordinal = suffix.len() <= 3
        && matches!(
            suffix.to_lowercase().as_str(),
            "" | "st" | "nd" | "rd" | "th" | "e" | "er" | "ème" | "º" | "ª"
        );
    if ordinal { mention(length + suffix.len(), None, false, readings) } else { code(text, start) }
}

/// Whether a unit suits the number: 5G is a network, 4K a resolution, 2023年 a year.
fn suits(found: &UnitBehind<'_>, value: f64, after: &str) -> bool {
    match found.spelling {
        "G" => !after.starts_with('G') || !(2.0..=6.0).contains(&value),
        "K" | "k" => value >= 1000.0,
        "年" => value < 100.0,
        _ => true,
    }
}

/// Whether a multiplication sign and another number follow.
fn crossed(after: &str) -> bool {
    let trimmed = after.trim_start_matches([' ', '\u{a0}']);
    let Some(rest) = trimmed.strip_prefix(['x', 'X', '×', '*']) else { return false };
    rest.trim_start_matches([' ', '\u{a0}']).starts_with(|c: char| c.is_ascii_digit())
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
        check("a .33 l bottle, ,33 l", &["0.33 Volume", "0.33 Volume"]);
        check("940 000 t", &["940000 Mass"]);
        check("５００ｍｌ", &["500 Volume"]);
        check("٥٠٠ ml", &["500 Volume"]);
    }

    #[test]
    fn fractions_are_read_with_their_units() {
        check("a 3/4\" thread", &["0.75 Length"]);
        check("6 1/2 in, 6½ in", &["6.5 Length", "6.5 Length"]);
        check("¾ inch", &["0.75 Length"]);
        check("5'10\" tall", &["70 Length"]);
        check("5 feet 10 inches", &["5.833333333333333 Length"]);
        check("a 6' cable", &["6 Length"]);
        check("on call 24/7", &["24", "7"]);
    }

    #[test]
    fn signs_belong_to_temperatures_and_not_to_ranges() {
        check("-18 °C", &["-18 Temperature"]);
        check("bei minus 18 Grad Celsius", &["-18 Temperature"]);
        check("from -20 to 60 °C", &["-20 Temperature", "60 Temperature"]);
        check("10-20 kg", &["10 Mass", "20 Mass"]);
        check("- 5 kg", &["5 Mass"]);
    }

    #[test]
    fn units_of_technology_are_read() {
        check("2700K", &["2700 ColourTemperature"]);
        check("4K", &["code 4k"]);
        check("60 Nm", &["60 Torque"]);
        check("65 dB(A)", &["65 Loudness"]);
        check("3000 U/min", &["3000 RotationalSpeed"]);
        check("5 ATM", &["5 Pressure"]);
        check("12 fl oz", &["12 Volume"]);
        check("5MP, 4GB, 5G", &["5 Pixels", "4 Data", "code 5g"]);
    }

    #[test]
    fn codes_are_no_numbers() {
        check("IP68 and 5G with Android v1.2.3", &["code ip68", "code 5g", "code v1.2.3"]);
        check("IP 67", &["code ip67"]);
        check("version 1.2.3", &["code 1.2.3"]);
        check("MH02-XL", &["code mh02"]);
        check("20.04.2012 or 2012-04-20", &["code 2012-04-20", "code 2012-04-20"]);
    }

    #[test]
    fn a_long_text_is_read_in_linear_time() {
        for unit in ["1 ", "1", "1,", "1'", "½", "五", "1x", "a1", "two ", "百"] {
            let text = unit.repeat(200_000 / unit.len());
            assert!(mentions(&text).len() <= text.len());
        }
    }
}
