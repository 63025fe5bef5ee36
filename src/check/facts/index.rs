//! What facts state in numbers, quantities and codes, ready to be held against texts; with features and terms.

use std::collections::HashSet;

use super::features::Features;
use super::number::{Mention, MentionKind, Reading, mentions};
use super::terms::StatedTerms;
use super::told::told;
use crate::product::unit::{Unit, at_start, named};
use crate::product::{Facts, Value};

/// The largest share by which a rounded number may differ from the fact.
const ROUNDING_MAX: f64 = 0.02;

/// A number from here on is not met by chance.
const SPECIAL: f64 = 100.0;

/// Everything that facts state in numbers, ready to be held against texts.
pub(crate) struct FactIndex {
    stated: Vec<Stated>,
    /// Codes and words of the facts, in lower case, without the separators inside them.
    codes: HashSet<String>,
    /// The words of each attribute that hold a digit, to name what a code rests on.
    names: Vec<String>,
    pub(super) features: Features,
    pub(super) terms: StatedTerms,
}

pub(super) struct Stated {
    attribute: usize,
    readings: Vec<Reading>,
    unit: Option<Unit>,
    /// The number is the whole value: its unit may be understood.
    bare: bool,
    pub(super) shown: String,
}

/// What a mention rests on.
pub(super) enum Rest<'a> {
    On(&'a str),
    Contradicted { nearest: &'a Stated },
    Nothing,
}

impl FactIndex {
    /// Reads all facts once.
    pub(crate) fn new(facts: &Facts) -> Self {
        let (features, terms) = (Features::default(), StatedTerms::default());
        let mut index =
            Self { stated: Vec::new(), codes: HashSet::new(), names: Vec::new(), features, terms };
        for (attribute, (name, value)) in facts.iter().enumerate() {
            index.names.push(name.to_owned());
            told(name, value, |fact| {
                index.terms.add(&fact);
                index.features.add(fact);
            });
            if name == "gtin" {
                continue;
            }
            let from_name = unit_of_name(name);
            if name.bytes().any(|byte| byte.is_ascii_digit()) {
                index.add_text(attribute, &name.replace('_', " "), None);
            }
            index.add_value(attribute, value, from_name);
            if let Value::List(items) = value {
                // "in three sizes", written with a digit.
                index.push(
                    attribute,
                    vec![exactly(items.len())],
                    None,
                    false,
                    format!("{} values", items.len()),
                );
            }
        }
        index
    }

    fn add_value(&mut self, attribute: usize, value: &Value, from_name: Option<Unit>) {
        match value {
            Value::Text(text) => self.add_text(attribute, text, from_name),
            Value::Number(number) => self.add_text(attribute, &number.to_string(), from_name),
            Value::Quantity { value, unit } => {
                self.add_text(attribute, &format!("{value} {unit}"), named(unit));
            }
            Value::List(items) => items.iter().for_each(|item| self.add_value(attribute, item, from_name)),
            Value::Boolean(_) => {}
        }
    }

    fn add_text(&mut self, attribute: usize, text: &str, from_name: Option<Unit>) {
        if !text.bytes().any(|byte| byte.is_ascii_digit()) {
            return;
        }
        for mention in mentions(text) {
            let shown = text.get(mention.start..mention.end).unwrap_or_default();
            match mention.kind {
                MentionKind::Code(code) => {
                    if let Some(value) = thousands(&squeezed(&code)) {
                        let reading = Reading { value, decimals: 0 };
                        self.push(attribute, vec![reading], None, false, shown.to_owned());
                    }
                    // "30fps" states 30; "5G" is no five.
                    let digits: String = code.chars().take_while(char::is_ascii_digit).collect();
                    if code.len() >= digits.len() + 2
                        && let Ok(value) = digits.parse()
                    {
                        self.push(
                            attribute,
                            vec![Reading { value, decimals: 0 }],
                            None,
                            false,
                            shown.to_owned(),
                        );
                    }
                    // "5G" in a fact also supports "5 G"; "128GB" is a number already.
                    self.codes.insert(squeezed(&code));
                }
                MentionKind::Number { readings, unit, doubtful } => {
                    let bare = shown.len() == text.trim().len();
                    self.codes.insert(squeezed(shown));
                    if doubtful {
                        self.push(attribute, readings.clone(), None, bare, shown.to_owned());
                    }
                    let unit = unit.or(from_name.filter(|_| bare));
                    self.push(attribute, readings, unit, bare, shown.to_owned());
                }
            }
        }
        for word in text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')' | '/')) {
            if word.bytes().any(|byte| byte.is_ascii_digit()) {
                self.codes.insert(squeezed(word));
            }
        }
    }

    fn push(
        &mut self,
        attribute: usize,
        readings: Vec<Reading>,
        unit: Option<Unit>,
        bare: bool,
        shown: String,
    ) {
        self.stated.push(Stated { attribute, readings, unit, bare, shown });
    }

    pub(super) fn name(&self, stated: &Stated) -> &str {
        self.names.get(stated.attribute).map_or("", String::as_str)
    }

    /// Names of the attributes that the numbers of a text rest on.
    pub(crate) fn supporting(&self, text: &str) -> Vec<&str> {
        mentions(text)
            .iter()
            .filter_map(|mention| match self.rest(mention) {
                Rest::On(name) if !name.is_empty() => Some(name),
                _ => None,
            })
            .collect()
    }

    pub(super) fn rest(&self, mention: &Mention) -> Rest<'_> {
        match &mention.kind {
            MentionKind::Code(code) => {
                let code = squeezed(code);
                if self.codes.contains(&code) {
                    return Rest::On("");
                }
                // "65k" beside "65,000".
                if let Some(value) = thousands(&code) {
                    return self.quantity(&[Reading { value, decimals: 0 }], None);
                }
                // "128gb" beside "128 GB": a code that is a number with its unit.
                let digits: String = code.chars().take_while(char::is_ascii_digit).collect();
                let suffix = code.get(digits.len()..).unwrap_or_default();
                let unit =
                    at_start(suffix).filter(|(_, length)| *length == suffix.len()).map(|(unit, _)| unit);
                match (digits.parse().ok(), unit) {
                    (Some(value), Some(unit)) => self.quantity(&[Reading { value, decimals: 0 }], Some(unit)),
                    _ => Rest::Nothing,
                }
            }
            MentionKind::Number { readings, unit, doubtful } => match self.quantity(readings, *unit) {
                Rest::On(name) => Rest::On(name),
                other if *doubtful => match self.quantity(readings, None) {
                    Rest::On(name) => Rest::On(name),
                    _ => other,
                },
                other => other,
            },
        }
    }

    fn quantity(&self, readings: &[Reading], unit: Option<Unit>) -> Rest<'_> {
        let mut nearest: Option<(f64, &Stated)> = None;
        for stated in &self.stated {
            for fact in &stated.readings {
                for reading in readings {
                    let Some(expected) = expected(fact.value, stated, unit) else { continue };
                    let difference = (reading.value - expected).abs();
                    if agrees(*reading, expected, difference) {
                        return Rest::On(self.name(stated));
                    }
                    let comparable = unit.is_some() && stated.unit.is_some();
                    if comparable && nearest.is_none_or(|(least, _)| difference < least) {
                        nearest = Some((difference, stated));
                    }
                }
            }
        }
        nearest.map_or(Rest::Nothing, |(_, nearest)| Rest::Contradicted { nearest })
    }
}

/// The fact's value in the mention's unit; `None` where the two cannot be compared.
fn expected(value: f64, stated: &Stated, unit: Option<Unit>) -> Option<f64> {
    match (unit, stated.unit) {
        (Some(unit), Some(own)) => {
            (unit.dimension == own.dimension).then(|| unit.from_base(own.to_base(value)))
        }
        // A bare number's unit is understood, so it supports the number with any; and so is that of a number which is
        // too special to be met by chance ("GSM 900 / 1800" and "1800 MHz").
        (Some(_), None) => (stated.bare || value >= SPECIAL).then_some(value),
        (None, _) => Some(value),
    }
}

/// Equal, or honestly rounded: within half of the last digit written, and within 2 %.
fn agrees(reading: Reading, expected: f64, difference: f64) -> bool {
    let half = 0.5 * 10f64.powi(-i32::try_from(reading.decimals).unwrap_or(i32::MAX));
    difference <= expected.abs() * 1e-9
        || (difference <= half * 1.000_001 && difference <= expected.abs() * ROUNDING_MAX)
}

#[expect(clippy::cast_precision_loss, reason = "a list has far fewer than 2^52 items")]
fn exactly(count: usize) -> Reading {
    Reading { value: count as f64, decimals: 0 }
}

/// The unit that an attribute's name states: `weight_g`, `energy-kcal_100g`, `Width (cm)`.
fn unit_of_name(name: &str) -> Option<Unit> {
    name.split(|c: char| !c.is_alphanumeric()).skip(1).find_map(named)
}

/// The value of `65k`.
fn thousands(code: &str) -> Option<f64> {
    let value: f64 = code.strip_suffix('k')?.parse().ok()?;
    Some(value * 1_000.0)
}

fn squeezed(code: &str) -> String {
    code.chars()
        .filter(|c| c.is_alphanumeric() || *c == '.')
        .flat_map(char::to_lowercase)
        .collect::<String>()
        .trim_matches('.')
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::product::Product;

    fn check(text: &str, expected: &str) {
        let product: Product = serde_json::from_value(serde_json::json!({
            "sku": "P1", "title": "Aurora 12 Pro", "gtin": "4006381333931",
            "attributes": {
                "Display: Size": "6.78 inches, 111.0 cm2 (~89.4% screen-to-body ratio)",
                "Body: Weight": "205 g or 210 g (7.23 oz)",
                "Body: Dimensions": "164.6 x 75.4 x 8.6 mm or 8.8 mm",
                "Body: SIM": "Dual SIM; IP68 dust/water resistant (up to 1.5m for 30 min)",
                "Battery": { "value": 5000, "unit": "mAh" },
                "Memory": "256GB 16GB RAM",
                "energy-kcal_100g": "256", "fat_100g": "2.56",
                "color": ["Black", "Blue", "Red"],
                "year": 2023
            }
        }))
        .unwrap();
        let index = FactIndex::new(&Facts::select(&product, |_| true));
        let got = mentions(text)
            .iter()
            .map(|mention| match index.rest(mention) {
                Rest::On(_) => "ok",
                Rest::Contradicted { .. } => "contradicted",
                Rest::Nothing => "unsupported",
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
    fn what_no_attribute_states_is_found() {
        check("IP69 certified", "unsupported");
        check("charges at 120 W", "unsupported");
        check("a 2-year warranty", "contradicted");
        check("comes in 7 colours", "unsupported");
        check("Article 4006381333931", "unsupported");
    }
}
