//! The numbers and codes that facts state, with what they are numbers of.

use foldhash::HashMap;

use super::super::attribute::spaced;
use super::bounds::{self, Bound};
use super::digits::{DecimalSign, NumberReading};
use super::labels::{Labels, labels_in_fact};
use super::named_units::{self, UnitsBeside};
use super::notation::FactNotation;
use super::number::{MentionKind, NumberMention, mentions};
use super::resolutions;
use super::sizes::StatedSizes;
use super::slots::{Slots, slots_of};
use super::totals::totals;
use crate::product::unit::{Dimension, Unit, named};
use crate::product::{Facts, Value};

/// Longest text that may be a list, in bytes.
const LIST_BYTES_MAX: usize = 200;

/// The numbers and codes of all facts.
#[derive(Default)]
pub(in super::super) struct StatedNumbers {
    numbers: Vec<StatedNumber>,
    /// Their places, by what their units measure.
    by_dimension: HashMap<Option<Dimension>, Vec<usize>>,
    /// Codes and words of the facts, in lower case, without the separators inside them, each with its attribute.
    pub(super) codes: HashMap<String, usize>,
    /// The labels that each attribute's name gives.
    labels: Vec<Labels>,
    /// Widths and heights in pixels of the resolutions that are stated, each with its attribute.
    pub(super) resolutions: Vec<(f64, f64, usize)>,
    /// How the facts write their numbers.
    pub(super) notation: FactNotation,
    units: UnitsBeside,
    pub(super) sizes: StatedSizes,
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
    /// It is written in words.
    pub(super) spelled: bool,
    /// It is not written, but how many values there are.
    pub(super) counted: bool,
    /// A field of data without a unit beside it, whose notation is no language's.
    pub(super) data: bool,
    /// How far it reaches.
    pub(super) bound: Bound,
    /// The words beside it in the value.
    pub(super) labels: Labels,
    /// What it is said of.
    pub(super) slots: Slots,
    pub(super) shown: String,
}

impl StatedNumber {
    /// A number without a unit, among other words.
    fn plain(attribute: usize, reading: NumberReading, labels: Labels, shown: String) -> Self {
        let readings = vec![reading];
        Self {
            attribute,
            readings,
            unit: None,
            bare: false,
            in_doubt: false,
            spelled: false,
            counted: false,
            data: false,
            bound: Bound::Exact,
            labels,
            slots: Slots::default(),
            shown,
        }
    }
}

impl StatedNumbers {
    fn push(&mut self, number: StatedNumber) {
        let dimension = number.unit.map(|unit| unit.dimension);
        self.by_dimension.entry(dimension).or_default().push(self.numbers.len());
        self.numbers.push(number);
    }

    /// The numbers that one with such a unit may be compared with: those of its dimension first.
    pub(super) fn comparable(&self, dimension: Option<Dimension>) -> impl Iterator<Item = &StatedNumber> {
        let of = |key: Option<Dimension>| self.by_dimension.get(&key).into_iter().flatten();
        let all = dimension.is_none().then(|| self.numbers.iter()).into_iter().flatten();
        let some = dimension.map(|dimension| of(Some(dimension)).chain(of(None))).into_iter().flatten();
        all.chain(some.filter_map(|place| self.numbers.get(*place)))
    }

    /// A number of an attribute that is at least so large.
    pub(super) fn of_attribute(&self, attribute: usize, least: f64) -> Option<&StatedNumber> {
        self.numbers.iter().find(|stated| {
            stated.attribute == attribute && stated.readings.iter().any(|reading| reading.value >= least)
        })
    }

    /// Takes note of the units that attributes say of others, before any is added.
    pub(in super::super) fn units_beside(&mut self, facts: &Facts) {
        self.units = UnitsBeside::new(facts);
    }

    /// Takes note of one attribute, whose name and label give these labels. The digits of a GTIN are no number.
    pub(in super::super) fn add(
        &mut self,
        attribute: usize,
        name: &str,
        label: Option<&str>,
        value: &Value,
        labels: Labels,
    ) {
        self.labels.push(labels);
        if name == "gtin" {
            return;
        }
        let unit = self.units.of(name).or_else(|| named_units::in_name(name));
        let spaced = spaced(name);
        // "Breite" says what the number of "dim_1" measures; a name that says so itself stands.
        let slots = Slots::of_name(&spaced).or(label.map_or_else(Slots::default, Slots::of_name));
        let source =
            FactSource { attribute, name: &spaced, unit, bound: bounds::of_name(name), slots, exact: false };
        if name.bytes().any(|byte| byte.is_ascii_digit()) {
            self.add_text(&spaced, FactSource { unit: None, bound: Bound::Exact, name: "", ..source });
        }
        self.add_value(value, source);
        self.add_count(attribute, value);
        self.sizes.add(attribute, name, value);
        if let Some(label) = label {
            self.sizes.add(attribute, label, value);
        }
    }

    /// The labels that an attribute's name gives.
    pub(super) fn labels_of(&self, attribute: usize) -> Option<&Labels> {
        self.labels.get(attribute)
    }

    /// The attribute that has these digits as a word of its own: "5" of "1 to 5".
    pub(super) fn in_digits(&self, written: &str) -> Option<usize> {
        let digits = written.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| self.codes.get(written).copied()).flatten()
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
            self.push(StatedNumber { counted: true, ..number });
        }
    }

    fn add_value(&mut self, value: &Value, source: FactSource<'_>) {
        let exact = FactSource { exact: true, ..source };
        match value {
            Value::Text(text) => self.add_text(text, source),
            Value::Number(number) => self.add_text(&number.to_string(), exact),
            Value::Quantity { value, unit } => {
                self.add_text(&format!("{value} {unit}"), FactSource { unit: named(unit), ..exact });
            }
            Value::List(items) => items.iter().for_each(|item| self.add_value(item, source)),
            Value::Boolean(_) => {}
        }
    }

    fn add_text(&mut self, text: &str, source: FactSource<'_>) {
        let mut found = mentions(text);
        if found.is_empty() {
            return;
        }
        // The unit of "10 - 20" and "10x20x30" is understood.
        let bare = text.chars().all(|c| matches!(c, 'x' | 'X') || !c.is_alphabetic());
        for mention in found.iter_mut().filter(|_| source.exact) {
            if let MentionKind::Number { readings, .. } = &mut mention.kind {
                readings.retain(|reading| reading.sign != Some(DecimalSign::Comma));
            }
        }
        let slots = slots_of(text, &found, source.name);
        for (place, mention) in found.iter().enumerate() {
            let own = slots.get(place).copied().unwrap_or_default().or(source.slots);
            let next = found.get(place + 1).map_or(text.len(), |next| next.start);
            let last = place.checked_sub(1).and_then(|place| found.get(place)).map_or(0, |last| last.end);
            let labels = || labels_in_fact(text, last, mention, next);
            let shown = text.get(mention.start..mention.end).unwrap_or_default();
            match &mention.kind {
                MentionKind::Code(code) => self.add_code(source.attribute, code, shown, labels),
                MentionKind::Number { .. } => {
                    let source = FactSource { slots: own, ..source };
                    self.add_number(mention, &NumberInFact { source, bare, labels: labels(), shown });
                    self.add_resolution(source.attribute, mention, found.get(place + 1));
                }
            }
        }
        for total in totals(text, &found) {
            let unit = total.unit;
            let shown = text.get(total.start..total.end).unwrap_or_default().to_owned();
            let number = StatedNumber::plain(source.attribute, total.reading, Labels::default(), shown);
            self.push(StatedNumber { unit: Some(unit), slots: source.slots, ..number });
        }
        for word in text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')' | '/')) {
            if word.bytes().any(|byte| byte.is_ascii_digit()) {
                self.codes.insert(squeezed(word), source.attribute);
            }
        }
    }

    fn add_code(&mut self, attribute: usize, code: &str, shown: &str, labels: impl Fn() -> Labels) {
        let squeezed = squeezed(code);
        // "30fps" states 30; "5G" is no five.
        let digits: String = code.chars().take_while(char::is_ascii_digit).collect();
        let number = || digits.parse().ok().filter(|_| code.len() >= digits.len() + 2);
        let date = || code.split('-').filter(|_| is_date(code)).filter_map(|part| part.parse().ok());
        for value in thousands(&squeezed).into_iter().chain(number().filter(|_| !is_date(code))).chain(date())
        {
            let reading = NumberReading::of(value, 0);
            self.push(StatedNumber::plain(attribute, reading, labels(), shown.to_owned()));
        }
        if let Some((width, height)) = resolutions::named(&squeezed) {
            self.resolutions.push((width, height, attribute));
            for value in [width, height] {
                let number =
                    StatedNumber::plain(attribute, NumberReading::of(value, 0), labels(), shown.to_owned());
                self.push(StatedNumber { unit: named("px"), ..number });
            }
        }
        // "5G" in a fact also supports "5 G"; "128GB" is a number already.
        self.codes.insert(squeezed, attribute);
    }

    /// "3840 x 2160" is a resolution, whatever else it may be.
    fn add_resolution(&mut self, attribute: usize, mention: &NumberMention, next: Option<&NumberMention>) {
        let whole = |mention: &NumberMention| match &mention.kind {
            MentionKind::Number { readings, .. } => readings.first().map(|reading| reading.value),
            MentionKind::Code(_) => None,
        };
        if mention.factor == Some((0, 2))
            && let (Some(width), Some(height)) = (whole(mention), next.and_then(whole))
        {
            self.resolutions.push((width, height, attribute));
        }
    }

    fn add_number(&mut self, mention: &NumberMention, number: &NumberInFact<'_>) {
        let MentionKind::Number { readings, unit, doubtful } = &mention.kind else { return };
        let NumberInFact { source, bare, shown, .. } = *number;
        let attribute = source.attribute;
        self.codes.insert(squeezed(shown), attribute);
        self.notation.learn(readings);
        let from_name = source.unit.filter(|_| bare);
        let stated = |unit, in_doubt| StatedNumber {
            attribute,
            readings: readings.clone(),
            unit,
            bare,
            in_doubt,
            spelled: mention.spelled,
            counted: false,
            data: bare && unit.is_none(),
            bound: if mention.bound == Bound::Exact { source.bound } else { mention.bound },
            labels: number.labels.clone(),
            slots: source.slots,
            shown: shown.to_owned(),
        };
        if *doubtful {
            self.push(stated(None, true));
        }
        // Publishers write Mb where they mean megabytes.
        if let Some(bytes) = shown.strip_suffix('b').and_then(|number| data_unit(&format!("{number}B"))) {
            self.push(stated(Some(bytes), false));
        }
        self.push(stated(unit.or(from_name), false));
    }
}

/// Where a number of the facts comes from.
#[derive(Clone, Copy)]
struct FactSource<'a> {
    attribute: usize,
    /// The attribute's name, with spaces between its words.
    name: &'a str,
    /// What the attribute's name says that its numbers are of.
    slots: Slots,
    /// The unit that the attribute's name states, or an attribute beside it.
    unit: Option<Unit>,
    /// How far the attribute's name says that its numbers reach.
    bound: Bound,
    /// Whether it is a number of data, which has one meaning.
    exact: bool,
}

/// What surrounds a number in an attribute's value.
struct NumberInFact<'a> {
    source: FactSource<'a>,
    bare: bool,
    labels: Labels,
    shown: &'a str,
}

#[expect(clippy::cast_precision_loss, reason = "a list has far fewer than 2^52 items")]
fn exactly(count: usize) -> NumberReading {
    NumberReading::of(count as f64, 0)
}

/// Whether a code is a date.
fn is_date(code: &str) -> bool {
    code.len() == 10 && code.bytes().filter(|byte| *byte == b'-').count() == 2
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
