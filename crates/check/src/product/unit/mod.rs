//! Units of measure as product data writes them, and their conversion within one dimension.

mod dimension;
mod table;

pub use dimension::Dimension;

/// A unit: its dimension, and `base = value * factor + offset`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unit {
    /// What it measures.
    pub dimension: Dimension,
    factor: f64,
    offset: f64,
}

impl Unit {
    /// A step of a scale that ends at `steps`: 5 stars, 10 points.
    #[must_use]
    pub fn of_scale(steps: f64) -> Self {
        Self { dimension: Dimension::Rating, factor: 1.0 / steps, offset: 0.0 }
    }

    /// Whether it is the larger of two units.
    #[must_use]
    pub fn is_larger_than(self, other: Self) -> bool {
        self.factor > other.factor
    }

    /// The value in the dimension's base unit.
    #[must_use]
    pub fn to_base(self, value: f64) -> f64 {
        value.mul_add(self.factor, self.offset)
    }

    /// The value of a base quantity in this unit.
    #[must_use]
    pub fn from_base(self, base: f64) -> f64 {
        (base - self.offset) / self.factor
    }
}

/// Longest spelling, in characters.
const LONGEST: usize = 24;

/// The longest unit that `text` starts with, and its length in bytes.
///
/// A unit of letters ends where the word ends: `m` is no prefix of `modern`. Chinese and Japanese have no
/// such border.
#[must_use]
pub fn at_start(text: &str) -> Option<(Unit, usize)> {
    let first = text.chars().next()?;
    let longest = if first.is_whitespace() { LONGEST } else { table::longest(first) };
    let mut ends = [0usize; LONGEST];
    let mut count = 0;
    for (slot, (index, character)) in ends.iter_mut().take(longest).zip(text.char_indices()) {
        *slot = index + character.len_utf8();
        count += 1;
    }
    for end in ends.iter().take(count).rev().copied() {
        let (Some(candidate), Some(rest)) = (text.get(..end), text.get(end..)) else { continue };
        if candidate.ends_with(char::is_whitespace) {
            continue;
        }
        let wordy = candidate.chars().next_back().is_some_and(|last| last.is_alphabetic() && !is_cjk(last));
        if wordy && rest.chars().next().is_some_and(|next| next.is_alphanumeric() && !is_cjk(next)) {
            continue;
        }
        if let Some(unit) = named(candidate) {
            return Some((unit, end));
        }
    }
    None
}

/// The unit with exactly this spelling.
#[must_use]
pub fn named(spelling: &str) -> Option<Unit> {
    table::lookup(spelling.trim()).map(|(dimension, factor)| {
        let fahrenheit = dimension == Dimension::Temperature && (factor - 1.0).abs() > 0.1;
        Unit { dimension, factor, offset: if fahrenheit { -160.0 / 9.0 } else { 0.0 } }
    })
}

/// Whether a character is written without spaces between words.
#[must_use]
pub fn is_cjk(character: char) -> bool {
    matches!(character, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(value: f64, from: &str, to: &str) -> f64 {
        named(to).unwrap().from_base(named(from).unwrap().to_base(value))
    }

    #[test]
    fn quantities_are_converted_within_their_dimension() {
        for (value, from, to, expected) in [
            (10.0, "in", "cm", 25.4),
            (1.0, "lb", "g", 453.592_37),
            (212.0, "°F", "°C", 100.0),
            (5000.0, "mAh", "Ah", 5.0),
            (1.0, "TB", "GB", 1000.0),
            (12.0, "months", "year", 1.0),
            (256.0, "kcal", "kJ", 1071.104),
        ] {
            let got = converted(value, from, to);
            assert!((got - expected).abs() < 1e-6, "{value} {from} = {got} {to}");
        }
    }

    #[test]
    fn a_unit_ends_where_its_word_ends() {
        assert!(at_start("modern").is_none());
        assert_eq!(at_start("mm wide").unwrap().1, 2);
        assert_eq!(at_start("inches").unwrap().1, 6);
        assert_eq!(at_start("克重").unwrap().1, 3);
        assert_eq!(at_start("\" display").unwrap().1, 1);
    }

    #[test]
    fn case_tells_bits_from_bytes_and_milli_from_mega() {
        assert!((converted(8.0, "Mb", "MB") - 1.0).abs() < 1e-9);
        assert!((converted(1.0, "MW", "W") - 1e6).abs() < 1e-3);
        assert!((converted(1.0, "mW", "W") - 1e-3).abs() < 1e-9);
    }
}
