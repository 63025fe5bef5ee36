//! What facts state, ready to be held against texts: numbers, quantities and codes, and the rules that read the rest.

use foldhash::HashMap;

use super::dates::Dates;
use super::features::Features;
use super::labels::{Labels, labels_in_fact, labels_of_name};
use super::levels::Levels;
use super::number::{Mention, MentionKind, Reading, mentions};
use super::phrases::StatedPhrases;
use super::terms::StatedTerms;
use super::told::told;
use super::vocabulary::Vocabulary;
use super::words::Clause;
use crate::product::unit::{Dimension, Unit, at_start, named};
use crate::product::{Facts, Value};

/// Longest number with letters that is taken for a name as well as for a quantity, in bytes.
const CODE_BYTES_MAX: usize = 3;

/// Longest part of a value that messages show, in characters.
const SHOWN_MAX: usize = 60;

/// Everything that facts state, ready to be held against texts.
pub(crate) struct FactIndex {
    pub(super) stated: Vec<Stated>,
    /// Codes and words of the facts, in lower case, without the separators inside them, each with its attribute.
    codes: HashMap<String, usize>,
    pub(super) attributes: Vec<Attribute>,
    pub(super) known: Vocabulary,
    pub(super) features: Features,
    pub(super) terms: StatedTerms,
    pub(super) levels: Levels,
    pub(super) dates: Dates,
    pub(super) phrases: StatedPhrases,
}

/// An attribute, as messages show it.
pub(super) struct Attribute {
    name: String,
    shown: String,
    /// Whether its value denies its name.
    denied: bool,
    pub(super) labels: Labels,
}

pub(super) struct Stated {
    pub(super) attribute: usize,
    pub(super) readings: Vec<Reading>,
    pub(super) unit: Option<Unit>,
    /// The number is the whole value: its unit may be understood.
    pub(super) bare: bool,
    /// Its unit may be a word, and this is the number without it.
    pub(super) in_doubt: bool,
    /// It is not written, but how many values there are.
    pub(super) counted: bool,
    /// The words that stand with it in the value.
    pub(super) labels: Labels,
    pub(super) shown: String,
}

/// What a mention rests on.
pub(super) enum Rest<'a> {
    On(usize),
    Contradicted { nearest: &'a Stated },
    Nothing,
}

impl FactIndex {
    /// Reads all facts once.
    pub(crate) fn new(facts: &Facts) -> Self {
        let mut index = Self {
            stated: Vec::new(),
            codes: HashMap::default(),
            attributes: Vec::new(),
            known: Vocabulary::default(),
            features: Features::default(),
            terms: StatedTerms::default(),
            levels: Levels::default(),
            dates: Dates::default(),
            phrases: StatedPhrases::default(),
        };
        for (attribute, (name, value)) in facts.iter().enumerate() {
            let mut own = Attribute {
                name: name.to_owned(),
                shown: String::new(),
                denied: false,
                labels: Labels::default(),
            };
            told(attribute, name, value, |fact| {
                index.terms.add(&fact);
                index.known.add(&fact);
                index.features.add(&fact);
                index.levels.add(&fact);
                index.dates.add(&fact);
                index.phrases.add(&fact);
                own.shown = fact.shown.chars().take(SHOWN_MAX).collect();
                own.denied = fact.denied;
                own.labels = labels_of_name(&fact.name_words);
            });
            index.attributes.push(own);
            if name == "gtin" {
                continue;
            }
            let from_name = unit_of_name(name);
            if name.bytes().any(|byte| byte.is_ascii_digit()) {
                index.add_text(attribute, &name.replace('_', " "), None);
            }
            index.add_value(attribute, value, from_name);
            index.add_count(attribute, value);
        }
        index
    }

    /// "In three sizes", where a list of three says so.
    fn add_count(&mut self, attribute: usize, value: &Value) {
        let count = match value {
            Value::List(items) => items.len(),
            Value::Text(text) if text.len() < 200 => {
                text.split([',', ';', '、', '，']).filter(|item| !item.trim().is_empty()).count()
            }
            _ => 0,
        };
        if count > 1 {
            let (labels, shown) = (Labels::default(), format!("{count} values"));
            self.push(Stated {
                attribute,
                readings: vec![exactly(count)],
                unit: None,
                bare: false,
                in_doubt: false,
                counted: true,
                labels,
                shown,
            });
        }
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
        let found = mentions(text);
        for (place, mention) in found.iter().enumerate() {
            let shown = text.get(mention.start..mention.end).unwrap_or_default();
            let next = found.get(place + 1).map_or(text.len(), |next| next.start);
            let last = place.checked_sub(1).and_then(|place| found.get(place)).map_or(0, |last| last.end);
            let labels = || labels_in_fact(text, last, mention, next);
            let number = |value: f64, labels| Stated {
                attribute,
                readings: vec![Reading { value, decimals: 0 }],
                unit: None,
                bare: false,
                in_doubt: false,
                counted: false,
                labels,
                shown: shown.to_owned(),
            };
            match &mention.kind {
                MentionKind::Code(code) => {
                    if let Some(value) = thousands(&squeezed(code)) {
                        self.push(number(value, labels()));
                    }
                    // "30fps" states 30; "5G" is no five.
                    let digits: String = code.chars().take_while(char::is_ascii_digit).collect();
                    if code.len() >= digits.len() + 2
                        && let Ok(value) = digits.parse()
                    {
                        self.push(number(value, labels()));
                    }
                    // "5G" in a fact also supports "5 G"; "128GB" is a number already.
                    self.codes.insert(squeezed(code), attribute);
                }
                MentionKind::Number { readings, unit, doubtful } => {
                    let bare = shown.len() == text.trim().len();
                    self.codes.insert(squeezed(shown), attribute);
                    let stated = |unit, in_doubt| {
                        let (readings, shown) = (readings.clone(), shown.to_owned());
                        Stated {
                            attribute,
                            readings,
                            unit,
                            bare,
                            in_doubt,
                            counted: false,
                            labels: labels(),
                            shown,
                        }
                    };
                    if *doubtful {
                        self.push(stated(None, true));
                    }
                    // Publishers write Mb where they mean megabytes.
                    if let Some(bytes) =
                        shown.strip_suffix('b').and_then(|number| at_end(&format!("{number}B")))
                    {
                        self.push(stated(Some(bytes), false));
                    }
                    self.push(stated(unit.or(from_name.filter(|_| bare)), false));
                }
            }
        }
        for word in text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')' | '/')) {
            if word.bytes().any(|byte| byte.is_ascii_digit()) {
                self.codes.insert(squeezed(word), attribute);
            }
        }
    }

    fn push(&mut self, stated: Stated) {
        self.stated.push(stated);
    }

    /// An attribute's name.
    pub(crate) fn name(&self, attribute: usize) -> &str {
        self.attributes.get(attribute).map_or("", |own| own.name.as_str())
    }

    /// Whether an attribute's value denies its name.
    pub(super) fn denies(&self, attribute: usize) -> bool {
        self.attributes.get(attribute).is_some_and(|own| own.denied)
    }

    /// Whether a clause has a word of an attribute's name.
    pub(super) fn is_named(&self, attribute: usize, clause: &Clause<'_>) -> bool {
        let labels = self.attributes.get(attribute).map(|own| &own.labels);
        labels.is_some_and(|labels| clause.words.iter().any(|word| labels.has(&word.folded)))
    }

    /// The place of an attribute.
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.attributes.iter().position(|own| own.name == name)
    }

    /// The beginning of an attribute's value.
    pub(super) fn shown(&self, attribute: usize) -> &str {
        self.attributes.get(attribute).map_or("", |own| own.shown.as_str())
    }

    /// The attribute that has a number with its letters as one word: "2g" of "2G bands".
    pub(super) fn coded(&self, written: &str) -> Option<usize> {
        (written.len() <= CODE_BYTES_MAX).then(|| self.codes.get(&squeezed(written)).copied()).flatten()
    }

    /// What a mention rests on; `labels` are the words that say what it is a number of.
    pub(super) fn rest(&self, mention: &Mention, labels: &Labels) -> Rest<'_> {
        match &mention.kind {
            MentionKind::Code(code) => {
                let code = squeezed(code);
                if let Some(attribute) = self.codes.get(&code) {
                    return Rest::On(*attribute);
                }
                // "65k" beside "65,000".
                if let Some(value) = thousands(&code) {
                    return self.quantity(&[Reading { value, decimals: 0 }], None, labels);
                }
                // "128gb" beside "128 GB": a code that is a number with its unit.
                let digits: String = code.chars().take_while(char::is_ascii_digit).collect();
                let suffix = code.get(digits.len()..).unwrap_or_default();
                let unit =
                    at_start(suffix).filter(|(_, length)| *length == suffix.len()).map(|(unit, _)| unit);
                match (digits.parse().ok(), unit) {
                    (Some(value), Some(unit)) => {
                        self.quantity(&[Reading { value, decimals: 0 }], Some(unit), labels)
                    }
                    _ => Rest::Nothing,
                }
            }
            MentionKind::Number { readings, unit, doubtful } => {
                match self.quantity(readings, *unit, labels) {
                    Rest::On(attribute) => Rest::On(attribute),
                    other if *doubtful => match self.quantity(readings, None, labels) {
                        Rest::On(attribute) => Rest::On(attribute),
                        _ => other,
                    },
                    other => other,
                }
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a list has far fewer than 2^52 items")]
fn exactly(count: usize) -> Reading {
    Reading { value: count as f64, decimals: 0 }
}

/// The unit that an attribute's name states: `weight_g`, `energy-kcal_100g`, `Width (cm)`.
fn unit_of_name(name: &str) -> Option<Unit> {
    name.split(|c: char| !c.is_alphanumeric()).skip(1).find_map(named)
}

/// The unit that a number ends with.
fn at_end(text: &str) -> Option<Unit> {
    let digits = text.trim_end_matches(|c: char| c.is_alphabetic());
    text.get(digits.len()..).and_then(named).filter(|unit| unit.dimension == Dimension::Data)
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
    use super::super::labels::labels_in_text;
    use super::super::words::clauses;
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
        let index = FactIndex::new(&Facts::select(&product, |_| true));
        let clauses = clauses(text);
        let got = mentions(text)
            .iter()
            .map(|mention| match index.rest(mention, &labels_in_text(text, &clauses, mention)) {
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
