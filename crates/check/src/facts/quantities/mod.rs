//! Quantities: numbers as people write them, and what each is said of.

mod bounds;
mod codes;
mod digits;
mod fractions;
mod han;
mod labels;
mod lexicon_data;
mod named_units;
mod notation;
mod number;
mod number_groups;
mod number_support;
mod plain_digits;
mod read;
mod resolutions;
mod said;
mod sizes;
mod slot_table;
mod slots;
mod spelled;
mod stated_numbers;
mod totals;
mod unit_behind;

pub(super) use labels::{Labels, labels_of_name};
pub(crate) use said::{NumberOf, SaidNumber, names_quantity, said_numbers, same_quantity};
pub(super) use stated_numbers::StatedNumbers;

use crate::product::unit::Unit;
use number::{MentionKind, NumberMention, mentions};

/// The numbers of a text with their units and signs, each in its first meaning.
pub(crate) fn measures(text: &str) -> Vec<(f64, Option<Unit>)> {
    let number = |mention: NumberMention| match mention.kind {
        MentionKind::Number { readings, unit, .. } => Some((readings.first()?.value, unit)),
        MentionKind::Code(_) => None,
    };
    mentions(text).into_iter().filter_map(number).collect()
}
