//! Which attribute supports a number of a text: an equal or honestly rounded one, of the same thing.

use super::bounds::Bound;
use super::digits::{DecimalSign, NumberReading};
use super::labels::Labels;
use super::notation::{Meaning, of_language};
use super::number::{MentionKind, NumberMention};
use super::resolutions;
use super::slots::Slots;
use super::stated_numbers::{StatedNumber, StatedNumbers, squeezed, thousands};
use crate::product::unit::{Dimension, Unit, at_start};

/// The largest share by which a rounded number may differ from the fact.
const ROUNDING_MAX: f64 = 0.02;

/// The same where a text says "about".
const ABOUT_MAX: f64 = 0.05;

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

/// A number that is looked up.
#[derive(Clone, Copy)]
struct AskedNumber<'a> {
    readings: &'a [NumberReading],
    unit: Option<Unit>,
    bound: Bound,
    labels: &'a Labels,
    slots: Slots,
    /// The sign before decimals in the text's language.
    sign: Option<DecimalSign>,
    /// Whether its unit was a word, so that only what facts state without one counts: "5 in black" of five pockets.
    unitless: bool,
}

/// How well a number of the facts agrees with a number of a text.
struct Agreement {
    agrees: bool,
    /// The least difference between two of their readings.
    difference: f64,
}

impl StatedNumbers {
    /// What the facts say of a number in a text of a language (`en`); `labels` are the words that say what it is a
    /// number of, `slots` the dimension.
    pub(super) fn support(
        &self,
        mention: &NumberMention,
        labels: &Labels,
        slots: Slots,
        language: &str,
    ) -> NumberSupport<'_> {
        let asked = |readings, unit| AskedNumber {
            slots,
            readings,
            unit,
            bound: mention.bound,
            labels,
            sign: of_language(language),
            unitless: false,
        };
        match &mention.kind {
            MentionKind::Code(code) => self.support_of_code(&squeezed(code), &asked(&[], None)),
            MentionKind::Number { readings, unit, doubtful } => {
                match self.support_of_quantity(&asked(readings, *unit)) {
                    NumberSupport::Supported(attribute) => NumberSupport::Supported(attribute),
                    other if *doubtful => match self.support_of_quantity(&AskedNumber { unitless: true, ..asked(readings, None) }) {
                        NumberSupport::Supported(attribute) => NumberSupport::Supported(attribute),
                        _ => other,
                    },
                    other => other,
                }
            }
        }
    }

    fn support_of_code(&self, code: &str, asked: &AskedNumber<'_>) -> NumberSupport<'_> {
        if let Some(attribute) = self.codes.get(code) {
            return NumberSupport::Supported(*attribute);
        }
        if let Some(found) = self.support_of_resolution(code) {
            return found;
        }
        let quantity = |value, unit| {
            let readings = [NumberReading::of(value, 0)];
            self.support_of_quantity(&AskedNumber { readings: &readings, unit, ..*asked })
        };
        // "65k" beside "65,000".
        if let Some(value) = thousands(code) {
            return quantity(value, None);
        }
        // "128gb" beside "128 GB": a code that is a number with its unit.
        let digits: String = code.chars().take_while(char::is_ascii_digit).collect();
        let suffix = code.get(digits.len()..).unwrap_or_default();
        let unit = at_start(suffix).filter(|(_, length)| *length == suffix.len()).map(|(unit, _)| unit);
        match (digits.parse().ok(), unit) {
            (Some(value), Some(unit)) => quantity(value, Some(unit)),
            _ => NumberSupport::Missing,
        }
    }

    /// What the facts say of a resolution by name; `None` where it is none, or no fact states one.
    fn support_of_resolution(&self, code: &str) -> Option<NumberSupport<'_>> {
        let named = resolutions::named(code)?;
        let stated = |(width, height, _): &&(f64, f64, usize)| resolutions::same(named, (*width, *height));
        if let Some((.., attribute)) = self.resolutions.iter().find(stated) {
            return Some(NumberSupport::Supported(*attribute));
        }
        let (width, _, attribute) = self.resolutions.first()?;
        self.of_attribute(*attribute, *width).map(|nearest| NumberSupport::Contradicted { nearest })
    }

    /// What the facts say of a quantity: an attribute has to state it, and none may state another one of the same thing.
    fn support_of_quantity(&self, asked: &AskedNumber<'_>) -> NumberSupport<'_> {
        let AskedNumber { unit, labels, .. } = *asked;
        let mut agreeing: Option<(u32, &StatedNumber)> = None;
        let mut other: Option<(u32, &StatedNumber)> = None;
        // Of the same slot before others.
        let mut nearest: Option<(bool, f64, &StatedNumber)> = None;
        // Which labels the numbers that agree cover.
        let mut covered = 0;
        for stated in self.comparable(unit.map(|unit| unit.dimension)) {
            let Some(Agreement { agrees, difference }) = self.agreement(stated, asked) else { continue };
            // "Three values" say nothing of a number that is of nothing.
            if stated.counted && (labels.is_empty() || !agrees) {
                continue;
            }
            let comparable = unit.is_some() && stated.unit.is_some();
            let dimension = unit.or(stated.unit).map(|unit| unit.dimension);
            // "75 cm wide" is not "height: 75 cm".
            let agrees = agrees && asked.slots.agree(stated.slots, dimension);
            let same_slot =
                asked.slots.same(stated.slots, dimension) && unit.is_some() == stated.unit.is_some();
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
            if (comparable || same_slot)
                && nearest.is_none_or(|(same, nearest, _)| (!same_slot, difference) < (!same, nearest))
            {
                nearest = Some((same_slot, difference, stated));
            }
        }
        match (agreeing, other) {
            // "256 MB of RAM", where 256 MB are the storage and the RAM has 512: the other covers more of what the
            // text calls it.
            (Some(_), Some((shared, nearest))) if shared & !covered != 0 && shared & covered == covered => {
                NumberSupport::Contradicted { nearest }
            }
            (Some((_, stated)), _) => NumberSupport::Supported(stated.attribute),
            (None, _) => nearest
                .map_or(NumberSupport::Missing, |(.., nearest)| NumberSupport::Contradicted { nearest }),
        }
    }

    /// The fact's value in the asked unit; `None` where the two cannot be compared.
    fn expected(&self, value: f64, stated: &StatedNumber, asked: &AskedNumber<'_>) -> Option<f64> {
        match (asked.unit, stated.unit) {
            (Some(unit), Some(other)) => {
                (unit.dimension == other.dimension).then(|| unit.from_base(other.to_base(value)))
            }
            // A bare number's unit is understood where its attribute measures such a thing, or goes by the same name; so
            // is that of a number which is too special to be met by chance ("GSM 900 / 1800" and "GSM 1800 MHz").
            (Some(unit), None) => {
                let possible = !stated.in_doubt && unit.dimension != Dimension::Rating;
                let alike = || self.shared(asked.labels, stated).0 != 0;
                let apart = stated.bare || value >= SPECIAL;
                (possible && apart && (stated.slots.measure(unit.dimension) || alike())).then_some(value)
            }
            (None, _) => Some(value),
        }
    }

    /// How well a number of the facts agrees with one of a text; `None` where the two cannot be compared.
    fn agreement(&self, stated: &StatedNumber, asked: &AskedNumber<'_>) -> Option<Agreement> {
        if asked.unitless && stated.unit.is_some() {
            return None;
        }
        let mut best: Option<Agreement> = None;
        for fact in &stated.readings {
            let Some(expected) = self.expected(fact.value, stated, asked) else { continue };
            let meaning = Meaning { reading: fact, all: &stated.readings, data: stated.data };
            for reading in asked.readings {
                let said = Meaning { reading, all: asked.readings, data: false };
                if !self.notation.may_mean(&meaning, &said, asked.sign) {
                    continue;
                }
                let difference = (reading.value - expected).abs();
                let best = best.get_or_insert(Agreement { agrees: false, difference });
                // "Quad" is four of something and no 4.0.
                let counts = stated.spelled && stated.unit.is_none() && reading.decimals > 0;
                let equal = !counts && agrees(*reading, expected, difference, asked.bound);
                best.agrees |= (equal && stated.bound.supports(asked.bound))
                    || stated.bound.implies(expected, asked.bound, reading.value);
                best.difference = best.difference.min(difference);
            }
        }
        best
    }

    /// The labels that a number of the facts shares: all, and those that its attribute's name has.
    fn shared(&self, labels: &Labels, stated: &StatedNumber) -> (u32, u32) {
        let of_name = self.labels_of(stated.attribute).map_or(0, |of_name| labels.shared(of_name));
        (labels.shared(&stated.labels) | of_name, of_name)
    }
}

/// Equal, or honestly rounded: within half of the last digit written, and within 2 %; "about" rounds at any digit, within 5 %.
fn agrees(reading: NumberReading, expected: f64, difference: f64, bound: Bound) -> bool {
    let decimals = i32::try_from(reading.decimals).unwrap_or(i32::MAX);
    let mut step = 10f64.powi(-decimals);
    let most = if bound == Bound::About { ABOUT_MAX } else { ROUNDING_MAX };
    if bound == Bound::About {
        while step <= reading.value.abs() && reading.value % (step * 10.0) == 0.0 {
            step *= 10.0;
        }
    }
    difference <= expected.abs() * 1e-9
        || (difference <= 0.5 * step * 1.000_001 && difference <= expected.abs() * most)
}

#[cfg(test)]
mod tests {
    use super::super::super::lexicon::Languages;
    use super::super::super::sheet::FactSheet;
    use super::super::super::tokens::Tokens;
    use super::super::labels::labels_in_text;
    use super::super::number::mentions;
    use super::super::slots::slots_of;
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
        let facts = Facts::select(&product, |_| true);
        let sheet = FactSheet::of(&facts);
        let tokens = Tokens::new(text, Languages::of("en"));
        let mentions = mentions(text);
        let got = mentions
            .iter()
            .zip(slots_of(text, &mentions, ""))
            .map(|(mention, slots)| {
                let labels = labels_in_text(&tokens, mention);
                match sheet.numbers.support(mention, &labels, slots, "") {
                    NumberSupport::Supported(_) => "ok",
                    NumberSupport::Contradicted { .. } => "contradicted",
                    NumberSupport::Missing => "unsupported",
                }
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
        check("a ratio of about 90 %", "ok");
        check("a ratio of 90 %", "contradicted");
        check("a ratio of about 92 %", "contradicted");
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
