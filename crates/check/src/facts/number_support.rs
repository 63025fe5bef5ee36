//! Which attribute supports a number of a text: an equal or honestly rounded one, of the same thing.

use super::digits::NumberReading;
use super::labels::Labels;
use super::number::{MentionKind, NumberMention};
use super::stated_numbers::{StatedNumber, StatedNumbers, squeezed, thousands};
use crate::product::unit::{Dimension, Unit, at_start};

/// The largest share by which a rounded number may differ from the fact.
const ROUNDING_MAX: f64 = 0.02;

/// A number from here on is not met by chance.
const SPECIAL: f64 = 100.0;

/// What the facts say of a number.
pub(super) enum NumberSupport<'a> {
    /// This attribute supports it.
    Supported(usize),
    /// Facts state other numbers of the same thing.
    Contradicted { nearest: &'a StatedNumber },
    /// No fact states such a number.
    Missing,
}

/// How well a number of the facts agrees with a number of a text.
struct Agreement {
    agrees: bool,
    /// The least difference between two of their readings.
    difference: f64,
}

impl StatedNumbers {
    /// What the facts say of a number; `labels` are the words that say what it is a number of.
    pub(super) fn support(&self, mention: &NumberMention, labels: &Labels) -> NumberSupport<'_> {
        match &mention.kind {
            MentionKind::Code(code) => self.support_of_code(&squeezed(code), labels),
            MentionKind::Number { readings, unit, doubtful } => {
                match self.support_of_quantity(readings, *unit, labels) {
                    NumberSupport::Supported(attribute) => NumberSupport::Supported(attribute),
                    other if *doubtful => match self.support_of_quantity(readings, None, labels) {
                        NumberSupport::Supported(attribute) => NumberSupport::Supported(attribute),
                        _ => other,
                    },
                    other => other,
                }
            }
        }
    }

    fn support_of_code(&self, code: &str, labels: &Labels) -> NumberSupport<'_> {
        if let Some(attribute) = self.codes.get(code) {
            return NumberSupport::Supported(*attribute);
        }
        // "65k" beside "65,000".
        if let Some(value) = thousands(code) {
            return self.support_of_quantity(&[NumberReading { value, decimals: 0 }], None, labels);
        }
        // "128gb" beside "128 GB": a code that is a number with its unit.
        let digits: String = code.chars().take_while(char::is_ascii_digit).collect();
        let suffix = code.get(digits.len()..).unwrap_or_default();
        let unit = at_start(suffix).filter(|(_, length)| *length == suffix.len()).map(|(unit, _)| unit);
        match (digits.parse().ok(), unit) {
            (Some(value), Some(unit)) => {
                self.support_of_quantity(&[NumberReading { value, decimals: 0 }], Some(unit), labels)
            }
            _ => NumberSupport::Missing,
        }
    }

    /// What the facts say of a quantity: an attribute has to state it, and none may state another one of the same thing.
    fn support_of_quantity(
        &self,
        readings: &[NumberReading],
        unit: Option<Unit>,
        labels: &Labels,
    ) -> NumberSupport<'_> {
        let mut agreeing: Option<(u32, &StatedNumber)> = None;
        let mut other: Option<(u32, &StatedNumber)> = None;
        let mut nearest: Option<(f64, &StatedNumber)> = None;
        // Which labels the numbers that agree cover.
        let mut covered = 0;
        for stated in &self.numbers {
            let Some(Agreement { agrees, difference }) = agreement(stated, readings, unit) else { continue };
            // "Three values" say nothing of a number that is of nothing.
            if stated.counted && (labels.is_empty() || !agrees) {
                continue;
            }
            let comparable = unit.is_some() && stated.unit.is_some();
            if agrees {
                let shared = if labels.is_empty() { 0 } else { self.shared(labels, stated).0 };
                covered |= shared;
                if agreeing.is_none_or(|(most, _)| shared.count_ones() > most) {
                    agreeing = Some((shared.count_ones(), stated));
                }
            } else if !labels.is_empty()
                && (comparable || (unit.is_none() && stated.unit.is_none() && stated.bare))
            {
                let (all, of_name) = self.shared(labels, stated);
                // Only its attribute's name says what a number without a unit is of.
                let shared = if unit.is_none() { of_name } else { all };
                if shared != 0 && other.is_none_or(|(most, _)| of_name.count_ones() > most.count_ones()) {
                    other = Some((if of_name == 0 { shared } else { of_name }, stated));
                }
            }
            if comparable && nearest.is_none_or(|(nearest, _)| difference < nearest) {
                nearest = Some((difference, stated));
            }
        }
        match (agreeing, other) {
            // "256 MB of RAM", where 256 MB are the storage and the RAM has 512: the other covers more of what the
            // text calls it.
            (Some(_), Some((shared, nearest))) if shared & !covered != 0 && shared & covered == covered => {
                NumberSupport::Contradicted { nearest }
            }
            (Some((_, stated)), _) => NumberSupport::Supported(stated.attribute),
            (None, _) => {
                nearest.map_or(NumberSupport::Missing, |(_, nearest)| NumberSupport::Contradicted { nearest })
            }
        }
    }

    /// The labels that a number of the facts shares: all, and those that its attribute's name has.
    fn shared(&self, labels: &Labels, stated: &StatedNumber) -> (u32, u32) {
        let of_name = self.labels_of(stated.attribute).map_or(0, |of_name| labels.shared(of_name));
        (labels.shared(&stated.labels) | of_name, of_name)
    }
}

/// How well a number of the facts agrees with one of a text; `None` where the two cannot be compared.
fn agreement(stated: &StatedNumber, readings: &[NumberReading], unit: Option<Unit>) -> Option<Agreement> {
    let mut best: Option<Agreement> = None;
    for fact in &stated.readings {
        let Some(expected) = expected(fact.value, stated, unit) else { continue };
        for reading in readings {
            let difference = (reading.value - expected).abs();
            let best = best.get_or_insert(Agreement { agrees: false, difference });
            best.agrees |= agrees(*reading, expected, difference);
            best.difference = best.difference.min(difference);
        }
    }
    best
}

/// The fact's value in the mention's unit; `None` where the two cannot be compared.
fn expected(value: f64, stated: &StatedNumber, unit: Option<Unit>) -> Option<f64> {
    match (unit, stated.unit) {
        (Some(unit), Some(other)) => {
            (unit.dimension == other.dimension).then(|| unit.from_base(other.to_base(value)))
        }
        // A bare number's unit is understood, so it supports the number with any; and so is that of a number which is
        // too special to be met by chance ("GSM 900 / 1800" and "1800 MHz").
        (Some(unit), None) => {
            (!stated.in_doubt && (stated.bare || value >= SPECIAL) && unit.dimension != Dimension::Rating)
                .then_some(value)
        }
        (None, _) => Some(value),
    }
}

/// Equal, or honestly rounded: within half of the last digit written, and within 2 %.
fn agrees(reading: NumberReading, expected: f64, difference: f64) -> bool {
    let half = 0.5 * 10f64.powi(-i32::try_from(reading.decimals).unwrap_or(i32::MAX));
    difference <= expected.abs() * 1e-9
        || (difference <= half * 1.000_001 && difference <= expected.abs() * ROUNDING_MAX)
}

#[cfg(test)]
mod tests {
    use super::super::clauses::clauses;
    use super::super::index::FactSheet;
    use super::super::labels::labels_in_text;
    use super::super::number::mentions;
    use super::*;
    use crate::product::{Facts, Product};

    fn check(text: &str, expected: &str) {
        let product: Product = serde_json::from_value(serde_json::json!({
            "sku": "P1", "title": "Aurora 12 Pro", "gtin": "4006381333931",
            "attributes": {
                "Display: Size": "6.78 inches, 111.0 cm2 (~89.4% screen-to-body ratio)",
                "Body: Weight": "205 g or 210 g (7.23 oz)",
                "Body: Dimensions": "164.6 x 75.4 x 8.6 mm or 8.8 mm",
                "Body: SIM": "Dual SIM; IP68 dust/water resistant (up to 1.5m for 30 min)",
                "Battery": { "value": 5000, "unit": "mAh" },
                "Battery: Talk time": "Up to 14 h 15 min (2G) / Up to 6 h 42 min (3G)",
                "Memory": "256GB 16GB RAM",
                "Main camera": "50 MP, f/1.7", "Selfie camera": "16 MP",
                "energy-kcal_100g": "256", "fat_100g": "2.56",
                "color": ["Black", "Blue", "Red"],
                "rating": "3 out of 5",
                "pockets": 5,
                "year": 2023
            }
        }))
        .unwrap();
        let index = FactSheet::new(&Facts::select(&product, |_| true));
        let clauses = clauses(text);
        let got = mentions(text)
            .iter()
            .map(|mention| match index.numbers.support(mention, &labels_in_text(text, &clauses, mention)) {
                NumberSupport::Supported(_) => "ok",
                NumberSupport::Contradicted { .. } => "contradicted",
                NumberSupport::Missing => "unsupported",
            })
            .collect::<Vec<_>>()
            .join(" ");
        assert_eq!(got, expected, "{text}");
    }

    #[test]
    fn what_an_attribute_states_passes() {
        check("a 6.78-inch display", "ok");
        check("weighs 205 g", "ok");
        check("The Aurora 12 Pro of 2023", "ok ok");
        check("comes in 3 colours", "ok");
        check("IP68, up to 1.5 m for 30 minutes", "ok ok ok");
        check("256 GB of storage and 16 GB RAM", "ok ok");
        check("Akku mit 5.000 mAh", "ok");
        check("8,8 mm dünn", "ok");
        check("256 kcal per 100 g with 2.56 g of fat", "ok ok ok");
        check("rated 3 out of 5", "ok");
        check("14 hours and 15 minutes of talk time", "ok");
    }

    #[test]
    fn a_right_conversion_passes_and_a_wrong_one_does_not() {
        check("a display of 17.2 cm", "ok");
        check("a display of 18 cm", "contradicted");
        check("5 Ah", "ok");
        check("16.46 cm tall", "ok");
        check("16.8 cm tall", "contradicted");
        check("0.205 kg", "ok");
    }

    #[test]
    fn honest_rounding_passes_and_generous_rounding_does_not() {
        check("a 6.8-inch display", "ok");
        check("a 7-inch display", "contradicted");
        check("a ratio of about 89 %", "ok");
        check("a ratio of about 90 %", "contradicted");
    }

    #[test]
    fn a_number_must_be_one_of_what_it_is_said_to_be() {
        check("a 50 MP main camera and a 16 MP selfie camera", "ok ok");
        check("a 16 MP main camera", "contradicted");
        check("a 50MP front-facing camera", "contradicted");
        check("256 GB of RAM", "contradicted");
        check("3 pockets", "contradicted");
    }

    #[test]
    fn what_no_attribute_states_is_found() {
        check("IP69 certified", "unsupported");
        check("charges at 120 W", "unsupported");
        check("a 2-year warranty", "contradicted");
        check("comes in 7 colours", "unsupported");
        check("Article 4006381333931", "unsupported");
        check("rated 5 out of 5", "contradicted");
    }
}
