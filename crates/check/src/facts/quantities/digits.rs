//! What a run of digits may mean: thousands and decimals, in the notations of the recipes' languages.

use std::borrow::Cow;

/// The sign before the decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DecimalSign {
    /// `1.5`
    Point,
    /// `1,5`
    Comma,
}

/// One meaning of a run of digits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct NumberReading {
    /// The value.
    pub(super) value: f64,
    /// Digits after the decimal separator.
    pub(super) decimals: u32,
    /// The notation in which it has this meaning, where that shows.
    pub(super) sign: Option<DecimalSign>,
}

impl NumberReading {
    /// A meaning that is the same in every notation.
    pub(super) fn of(value: f64, decimals: u32) -> Self {
        Self { value, decimals, sign: None }
    }
}

/// Whether a character stands between thousands.
fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\'' | '’' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\u{2007}')
}

/// Length in bytes of a run of digits with separators between them.
pub(super) fn digits_length(rest: &str) -> usize {
    let mut length = 0;
    let mut group = 0;
    let mut first = true;
    let mut characters = rest.char_indices().peekable();
    while let Some((index, character)) = characters.next() {
        if character.is_ascii_digit() {
            length = index + 1;
            group += 1;
            continue;
        }
        let next_is_digit = characters.peek().is_some_and(|(_, next)| next.is_ascii_digit());
        if !next_is_digit {
            break;
        }
        if is_blank(character) {
            let behind = rest.get(index + character.len_utf8()..).unwrap_or_default();
            let next = behind.chars().take(4).take_while(char::is_ascii_digit).count();
            let digits = behind.as_bytes();
            let leading = rest.starts_with('0');
            // A blank or apostrophe separates thousands only; "13 512 GB" is a model and its storage.
            let thousands = next == 3 && (1..=3).contains(&group) && (first || group == 3) && !leading;
            if !thousands || (character == ' ' && !matches!(digits.get(1..3), Some(b"00" | b"50"))) {
                break;
            }
        } else if !matches!(character, '.' | ',') {
            break;
        }
        (group, first) = (0, false);
    }
    length
}

/// What digits with separators may mean; `None` where they are no number (`1.2.3`).
pub(super) fn readings(digits: &str) -> Option<Vec<NumberReading>> {
    let joined: Cow<'_, str> = if digits.contains(is_blank) {
        Cow::Owned(digits.chars().filter(|character| !is_blank(*character)).collect())
    } else {
        Cow::Borrowed(digits)
    };
    let mut found = marked(&joined)?;
    // "PlayStation 5 500 GB": a plain blank may as well stand between two numbers.
    if let Some((_, last)) = digits.rsplit_once(' ')
        && !last.starts_with('0')
    {
        found.extend(marked(last)?);
    }
    found.iter().all(|reading| reading.value.is_finite()).then_some(found)
}

/// The meanings of digits with points and commas.
fn marked(digits: &str) -> Option<Vec<NumberReading>> {
    let number = |text: &str, decimals: usize, sign| {
        let value = text.parse().ok()?;
        Some(NumberReading { value, decimals: u32::try_from(decimals).ok()?, sign })
    };
    let Some(last) = digits.rfind(['.', ',']) else {
        return number(digits, 0, None).map(|reading| vec![reading]);
    };
    let (head, tail) = (digits.get(..last)?, digits.get(last + 1..)?);
    let point = digits.get(last..=last) == Some(".");
    let whole: String = head.chars().filter(char::is_ascii_digit).collect();
    let mut found = Vec::new();
    let in_thousands = |text: &str, mark: char| {
        let mut groups = text.split(mark);
        let first = groups.next().unwrap_or_default();
        (1..=3).contains(&first.len()) && !first.starts_with('0') && groups.all(|group| group.len() == 3)
    };
    let (mark, other) = if point { ('.', ',') } else { (',', '.') };
    if !digits.contains(other) && in_thousands(digits, mark) {
        let sign = if point { DecimalSign::Comma } else { DecimalSign::Point };
        found.extend(number(&format!("{whole}{tail}"), 0, Some(sign)));
    }
    if !head.contains(mark) && (!head.contains(other) || in_thousands(head, other)) {
        let sign = if point { DecimalSign::Point } else { DecimalSign::Comma };
        found.extend(number(&format!("{whole}.{tail}"), tail.len(), Some(sign)));
    }
    (!found.is_empty()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(digits: &str, expected: &[f64]) {
        assert_eq!(digits_length(digits), digits.len(), "{digits}");
        let found = readings(digits).unwrap_or_default();
        let values: Vec<f64> = found.iter().map(|reading| reading.value).collect();
        assert_eq!(values, expected, "{digits}");
    }

    #[test]
    fn thousands_and_decimals_are_read_in_every_notation() {
        check("1500", &[1500.0]);
        check("1,500", &[1500.0, 1.5]);
        check("1.500", &[1500.0, 1.5]);
        check("1.5", &[1.5]);
        check("0,500", &[0.5]);
        check("1.234,56", &[1234.56]);
        check("4,500.5", &[4500.5]);
        check("1,234,567", &[1_234_567.0]);
        check("940 000", &[940_000.0]);
        check("12 500", &[12_500.0, 500.0]);
        check("12\u{202f}500,25", &[12_500.25]);
        check("10'000", &[10_000.0]);
        check("1.2.3", &[]);
        check("31.12.2026", &[]);
    }

    #[test]
    fn a_blank_that_separates_no_thousands_ends_the_number() {
        assert_eq!(digits_length("13 512 GB"), 2);
        assert_eq!(digits_length("270 520 MHz"), 3);
        assert_eq!(digits_length("2023 500"), 4);
        assert_eq!(digits_length("10'6\""), 2);
        assert_eq!(digits_length("5 5000 mAh"), 1);
    }
}
