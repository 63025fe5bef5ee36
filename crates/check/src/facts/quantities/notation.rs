//! Which of its meanings a number has: by the language of a text, by what other facts of the product show.

use std::sync::LazyLock;

use super::digits::{DecimalSign, NumberReading};
use super::lexicon_data::spellings;

/// The sign before the decimals in texts of a language; `None` where both are usual.
pub(super) fn of_language(language: &str) -> Option<DecimalSign> {
    static POINT: LazyLock<Vec<&str>> = LazyLock::new(|| spellings("decimal_sign", "point").collect());
    static COMMA: LazyLock<Vec<&str>> = LazyLock::new(|| spellings("decimal_sign", "comma").collect());
    if POINT.contains(&language) {
        Some(DecimalSign::Point)
    } else {
        COMMA.contains(&language).then_some(DecimalSign::Comma)
    }
}

/// What the numbers of a product's facts show of how they are written.
#[derive(Default)]
pub(super) struct FactNotation {
    point: bool,
    comma: bool,
}

impl FactNotation {
    /// Takes note of a number that has one meaning.
    pub(super) fn learn(&mut self, readings: &[NumberReading]) {
        if let [reading] = readings {
            self.point |= reading.sign == Some(DecimalSign::Point);
            self.comma |= reading.sign == Some(DecimalSign::Comma);
        }
    }

    /// The sign before the decimals, where all facts agree.
    fn sign(&self) -> Option<DecimalSign> {
        match (self.point, self.comma) {
            (true, false) => Some(DecimalSign::Point),
            (false, true) => Some(DecimalSign::Comma),
            _ => None,
        }
    }

    /// Whether a meaning of a number of the facts and one of a text may be compared, the text's language writing
    /// decimals with `sign`.
    ///
    /// The same notation agrees. Otherwise the text has the meaning that its language gives it; a fact has that of the
    /// other facts, and without any that of the language, or thousands: three decimals are rare.
    pub(super) fn may_mean(&self, fact: &Meaning<'_>, text: &Meaning<'_>, sign: Option<DecimalSign>) -> bool {
        if fact.is_ambiguous() && text.is_ambiguous() && fact.reading.sign == text.reading.sign {
            return true;
        }
        if text.is_ambiguous() && sign.is_some() && text.reading.sign.is_some() && text.reading.sign != sign {
            return false;
        }
        if !fact.is_ambiguous() || fact.data || fact.reading.sign.is_none() {
            return true;
        }
        match self.sign().or(sign) {
            None => true,
            known if fact.reading.sign == known => true,
            _ => self.sign().is_none() && fact.reading.decimals == 0,
        }
    }
}

/// One of the meanings of a number.
pub(super) struct Meaning<'a> {
    pub(super) reading: &'a NumberReading,
    pub(super) all: &'a [NumberReading],
    /// Whether it is a field of data, such as `1.500`, whose notation is no language's.
    pub(super) data: bool,
}

impl Meaning<'_> {
    fn is_ambiguous(&self) -> bool {
        self.all.len() > 1
    }
}
