//! Numbers of prose with what they are said of, and whether an attribute's name means the same.

use super::bounds::Bound;
use super::number::{MentionKind, mentions};
use super::slots::{Slots, slots_of};
use crate::product::unit::{Dimension, Unit};

/// A number of prose.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SaidNumber {
    /// Where it begins, in bytes.
    pub(crate) start: usize,
    /// Where it ends, its unit included.
    pub(crate) end: usize,
    /// What its digits may mean.
    pub(crate) values: Vec<f64>,
    pub(crate) unit: Option<Unit>,
    /// Whether it says no more than itself: neither "up to" nor "about", nor a range.
    pub(crate) exact: bool,
    /// Whether it is one of several factors: "80 × 120".
    pub(crate) factor: bool,
    /// Whether its unit may as well be a word: "2 in", "5 m".
    pub(crate) doubtful: bool,
    slots: Slots,
}

/// What a number is said of, beside what an attribute's name speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NumberOf {
    /// The same.
    Same,
    /// Something else.
    Other,
    /// One of the two does not say.
    Open,
}

/// The numbers of a text; codes are none.
pub(crate) fn said_numbers(text: &str) -> Vec<SaidNumber> {
    let found = mentions(text);
    let slots = slots_of(text, &found, "");
    let said = found.iter().zip(slots).filter_map(|(mention, slots)| match &mention.kind {
        MentionKind::Number { readings, unit, doubtful } => Some(SaidNumber {
            start: mention.start,
            end: mention.end,
            values: readings.iter().map(|reading| reading.value).collect(),
            unit: *unit,
            exact: mention.bound == Bound::Exact,
            factor: mention.factor.is_some(),
            doubtful: *doubtful,
            slots,
        }),
        _ => None,
    });
    said.collect()
}

impl SaidNumber {
    /// Whether it is said of what an attribute of this name, its words apart, speaks of.
    pub(crate) fn is_of(&self, name: &str) -> NumberOf {
        let (dimension, named) = (self.unit.map(|unit| unit.dimension), Slots::of_name(name));
        if self.slots.same(named, dimension) {
            NumberOf::Same
        } else if self.slots.agree(named, dimension) {
            NumberOf::Open
        } else {
            NumberOf::Other
        }
    }

    /// Whether another number is the same quantity, written in the same unit.
    pub(crate) fn equals(&self, other: &Self) -> bool {
        let same = |one: f64, two: f64| (one - two).abs() <= f64::EPSILON * one.abs().max(1.0);
        let unit = match (self.unit, other.unit) {
            (None, None) => true,
            (Some(one), Some(two)) => {
                one.dimension == two.dimension && same(one.to_base(1.0), two.to_base(1.0))
            }
            _ => false,
        };
        let first = other.values.first().copied();
        unit && first.is_some_and(|first| self.values.iter().any(|value| same(*value, first)))
    }
}

/// Whether two names, their words apart, speak of the same quantity.
pub(crate) fn same_quantity(one: &str, other: &str) -> bool {
    let (one, other) = (Slots::of_name(one), Slots::of_name(other));
    one == other
        && [Dimension::Length, Dimension::Mass, Dimension::Volume, Dimension::Power, Dimension::Time]
            .into_iter()
            .any(|dimension| one.measure(dimension))
}

/// Whether a word, or a name, says what a number is of.
pub(crate) fn names_quantity(name: &str) -> bool {
    Slots::of_name(name) != Slots::default()
}
