//! The numbers and codes that facts state, with what they are numbers of.

use foldhash::HashMap;

use super::digits::NumberReading;
use super::labels::{Labels, labels_in_fact};
use super::number::{MentionKind, NumberMention, mentions};
use crate::product::Value;
use crate::product::unit::{Dimension, Unit, named};

/// Longest number with letters that is taken for a name as well as for a quantity, in bytes.
const CODE_BYTES_MAX: usize = 3;

/// Longest text that may be a list, in bytes.
const LIST_BYTES_MAX: usize = 200;

/// The numbers and codes of all facts.
#[derive(Default)]
pub(super) struct StatedNumbers {
    pub(super) numbers: Vec<StatedNumber>,
    /// Codes and words of the facts, in lower case, without the separators inside them, each with its attribute.
    pub(super) codes: HashMap<String, usize>,
    /// The labels that each attribute's name gives.
    labels: Vec<Labels>,
}

/// A number that an attribute states.
pub(super) struct StatedNumber {
    pub(super) attribute: usize,
    pub(super) readings: Vec<NumberReading>,
    pub(super) unit: Option<Unit>,
    /// The number is the whole value: its unit may be understood.
    pub(super) bare: bool,
    /// Its unit may be a word, and this is the number without it.
    pub(super) in_doubt: bool,
    /// It is not written, but how many values there are.
    pub(super) counted: bool,
    /// The words beside it in the value.
    pub(super) labels: Labels,
    pub(super) shown: String,
}

impl StatedNumber {
    /// A number without a unit, among other words.
    fn plain(attribute: usize, reading: NumberReading, labels: Labels, shown: String) -> Self {
        let readings = vec![reading];
        Self { attribute, readings, unit: None, bare: false, in_doubt: false, counted: false, labels, shown }
    }
}

impl StatedNumbers {
    /// Takes note of one attribute, whose name gives these labels. The digits of a GTIN are no number.
    pub(super) fn add(&mut self, attribute: usize, name: &str, value: &Value, labels: Labels) {
        self.labels.push(labels);
        if name == "gtin" {
            return;
        }
        if name.bytes().any(|byte| byte.is_ascii_digit()) {
            self.add_text(attribute, &name.replace('_', " "), None);
        }
        self.add_value(attribute, value, unit_of_name(name));
        self.add_count(attribute, value);
    }

    /// The labels that an attribute's name gives.
    pub(super) fn labels_of(&self, attribute: usize) -> Option<&Labels> {
        self.labels.get(attribute)
    }

    /// The attribute that has a number with its letters as one word: "2g" of "2G bands".
    pub(super) fn coded(&self, written: &str) -> Option<usize> {
        (written.len() <= CODE_BYTES_MAX).then(|| self.codes.get(&squeezed(written)).copied()).flatten()
    }

    /// "In three sizes", where a list of three says so.
    fn add_count(&mut self, attribute: usize, value: &Value) {
        let count = match value {
            Value::List(items) => items.len(),
            Value::Text(text) if text.len() < LIST_BYTES_MAX => {
                text.split([',', ';', '、', '，']).filter(|item| !item.trim().is_empty()).count()
            }
            _ => 0,
        };
        if count > 1 {
            let shown = format!("{count} values");
            let number = StatedNumber::plain(attribute, exactly(count), Labels::default(), shown);
            self.numbers.push(StatedNumber { counted: true, ..number });
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
            let next = found.get(place + 1).map_or(text.len(), |next| next.start);
            let last = place.checked_sub(1).and_then(|place| found.get(place)).map_or(0, |last| last.end);
            let labels = || labels_in_fact(text, last, mention, next);
            let shown = text.get(mention.start..mention.end).unwrap_or_default();
            match &mention.kind {
                MentionKind::Code(code) => self.add_code(attribute, code, shown, labels),
                MentionKind::Number { .. } => {
                    let bare = shown.len() == text.trim().len();
                    let from_name = from_name.filter(|_| bare);
                    let number = NumberInFact { attribute, from_name, bare, labels: labels(), shown };
                    self.add_number(mention, &number);
                }
            }
        }
        for word in text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')' | '/')) {
            if word.bytes().any(|byte| byte.is_ascii_digit()) {
                self.codes.insert(squeezed(word), attribute);
            }
        }
    }

    fn add_code(&mut self, attribute: usize, code: &str, shown: &str, labels: impl Fn() -> Labels) {
        let squeezed = squeezed(code);
        // "30fps" states 30; "5G" is no five.
        let digits: String = code.chars().take_while(char::is_ascii_digit).collect();
        let number = || digits.parse().ok().filter(|_| code.len() >= digits.len() + 2);
        for value in thousands(&squeezed).into_iter().chain(number()) {
            let reading = NumberReading { value, decimals: 0 };
            self.numbers.push(StatedNumber::plain(attribute, reading, labels(), shown.to_owned()));
        }
        // "5G" in a fact also supports "5 G"; "128GB" is a number already.
        self.codes.insert(squeezed, attribute);
    }

    fn add_number(&mut self, mention: &NumberMention, number: &NumberInFact<'_>) {
        let MentionKind::Number { readings, unit, doubtful } = &mention.kind else { return };
        let NumberInFact { attribute, from_name, bare, shown, .. } = *number;
        self.codes.insert(squeezed(shown), attribute);
        let stated = |unit, in_doubt| StatedNumber {
            attribute,
            readings: readings.clone(),
            unit,
            bare,
            in_doubt,
            counted: false,
            labels: number.labels.clone(),
            shown: shown.to_owned(),
        };
        if *doubtful {
            self.numbers.push(stated(None, true));
        }
        // Publishers write Mb where they mean megabytes.
        if let Some(bytes) = shown.strip_suffix('b').and_then(|number| data_unit(&format!("{number}B"))) {
            self.numbers.push(stated(Some(bytes), false));
        }
        self.numbers.push(stated(unit.or(from_name), false));
    }
}

/// What surrounds a number in an attribute's value.
struct NumberInFact<'a> {
    attribute: usize,
    /// The unit that the attribute's name states, where it is this number's.
    from_name: Option<Unit>,
    bare: bool,
    labels: Labels,
    shown: &'a str,
}

#[expect(clippy::cast_precision_loss, reason = "a list has far fewer than 2^52 items")]
fn exactly(count: usize) -> NumberReading {
    NumberReading { value: count as f64, decimals: 0 }
}

/// The unit that an attribute's name states: `weight_g`, `energy-kcal_100g`, `Width (cm)`.
fn unit_of_name(name: &str) -> Option<Unit> {
    name.split(|c: char| !c.is_alphanumeric()).skip(1).find_map(named)
}

/// The unit of data that a number ends with.
fn data_unit(text: &str) -> Option<Unit> {
    let digits = text.trim_end_matches(|c: char| c.is_alphabetic());
    text.get(digits.len()..).and_then(named).filter(|unit| unit.dimension == Dimension::Data)
}

/// The value of `65k`.
pub(super) fn thousands(code: &str) -> Option<f64> {
    let value: f64 = code.strip_suffix('k')?.parse().ok()?;
    Some(value * 1_000.0)
}

/// A code in lower case, without the separators inside it.
pub(super) fn squeezed(code: &str) -> String {
    code.chars()
        .filter(|c| c.is_alphanumeric() || *c == '.')
        .flat_map(char::to_lowercase)
        .collect::<String>()
        .trim_matches('.')
        .to_owned()
}
