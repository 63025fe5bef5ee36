//! What follows from a figure or a code of the facts: fast charging from 15 W, dust-proof from IP65, Full HD from 1920 x 1080.

use super::lexicon::{Class, ConceptId, Hit, lexicon};
use super::quantities::measures;
use super::sheet::ReadAttribute;
use crate::product::unit::{Dimension, named};

/// A figure or a code that something follows from.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    /// A word of the facts, in lower case: "ip65".
    Code(String),
    /// Two numbers that are multiplied, without blanks: "1920x1080".
    Product(String),
    /// So much of a dimension at least, in the base unit of what it measures.
    AtLeast { dimension: String, measures: Dimension, value: f64 },
}

impl Condition {
    /// Reads a condition as `relations.toml` writes it: `charging_power >= 15 W`, `1920 x 1080 px`, `ip65`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some((dimension, quantity)) = text.split_once(">=") {
            let (value, unit) = quantity.trim().split_once(' ')?;
            let (value, unit): (f64, _) = (value.parse().ok()?, named(unit)?);
            let dimension = dimension.trim().to_owned();
            return Some(Self::AtLeast { dimension, measures: unit.dimension, value: unit.to_base(value) });
        }
        if let Some(product) = text.strip_suffix(" px") {
            return Some(Self::Product(product.replace(' ', "")));
        }
        text.bytes().any(|byte| byte.is_ascii_digit()).then(|| Self::Code(text.to_lowercase()))
    }

    fn holds(&self, fact: &ReadAttribute<'_>, joined: &str) -> bool {
        match self {
            Self::Code(code) => {
                fact.value.words.iter().any(|word| !word.denied && word.text.eq_ignore_ascii_case(code))
            }
            Self::Product(product) => joined.contains(product.as_str()),
            Self::AtLeast { dimension, measures: measured, value } => {
                let says =
                    |hit: &Hit| hit.class == Class::Dimension && lexicon().name(hit.concept) == dimension;
                let of_dimension = fact.name_hits.iter().chain(fact.value_hits.iter().flatten()).any(says);
                let enough = |(number, unit): &(f64, Option<crate::product::unit::Unit>)| {
                    unit.is_some_and(|unit| unit.dimension == *measured && unit.to_base(*number) >= *value)
                };
                of_dimension && measures(&fact.attribute.value).iter().any(enough)
            }
        }
    }
}

/// The concepts that follow from an attribute.
pub(super) fn implied(fact: &ReadAttribute<'_>) -> Vec<ConceptId> {
    let value = &fact.attribute.value;
    if fact.attribute.denied || !value.bytes().any(|byte| byte.is_ascii_digit()) {
        return Vec::new();
    }
    let sign = |c: char| if matches!(c, '×' | 'X' | '*') { 'x' } else { c };
    let joined: String = value.chars().filter(|c| !c.is_whitespace()).map(sign).collect();
    let conditions = lexicon().conditions().iter();
    conditions.filter(|(condition, _)| condition.holds(fact, &joined)).map(|(_, concept)| *concept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_figures_products_and_codes() {
        let Some(Condition::AtLeast { dimension, measures, value }) =
            Condition::parse("charging_power >= 15 W")
        else {
            panic!("no condition");
        };
        assert_eq!((dimension.as_str(), measures), ("charging_power", Dimension::Power));
        assert!((value - 15.0).abs() < 1e-9);
        assert_eq!(Condition::parse("1920 x 1080 px"), Some(Condition::Product("1920x1080".to_owned())));
        assert_eq!(Condition::parse("ip65"), Some(Condition::Code("ip65".to_owned())));
        assert_eq!(Condition::parse("waterproof"), None);
    }
}
