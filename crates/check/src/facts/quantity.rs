//! What a number with its unit rests on among those that the facts state: equal or honestly rounded, and of the same thing.

use super::index::{FactIndex, Rest, Stated};
use super::labels::Labels;
use super::number::Reading;
use crate::product::unit::{Dimension, Unit};

/// The largest share by which a rounded number may differ from the fact.
const ROUNDING_MAX: f64 = 0.02;

/// A number from here on is not met by chance.
const SPECIAL: f64 = 100.0;

impl FactIndex {
    /// What a number rests on: an attribute that states it, and none that states otherwise of what it is a number of.
    pub(super) fn quantity(&self, readings: &[Reading], unit: Option<Unit>, labels: &Labels) -> Rest<'_> {
        let mut agreeing: Option<(u32, &Stated)> = None;
        let mut other: Option<(u32, &Stated)> = None;
        let mut nearest: Option<(f64, &Stated)> = None;
        // Which labels the numbers that agree cover, and the others: all, and those of the name alone.
        let mut covered = 0;
        for stated in &self.stated {
            let mut least = f64::INFINITY;
            let mut agreed = false;
            for fact in &stated.readings {
                for reading in readings {
                    let Some(expected) = expected(fact.value, stated, unit) else { continue };
                    let difference = (reading.value - expected).abs();
                    agreed |= agrees(*reading, expected, difference);
                    least = least.min(difference);
                }
            }
            // "Three values" say nothing of a number that is of nothing.
            if least.is_infinite() || (stated.counted && (labels.is_empty() || !agreed)) {
                continue;
            }
            let comparable = unit.is_some() && stated.unit.is_some();
            if agreed {
                let shared = if labels.is_empty() { 0 } else { self.shared(labels, stated).0 };
                covered |= shared;
                if agreeing.is_none_or(|(most, _)| shared.count_ones() > most) {
                    agreeing = Some((shared.count_ones(), stated));
                }
            } else if !labels.is_empty()
                && (comparable || (unit.is_none() && stated.unit.is_none() && stated.bare))
            {
                let (all, of_name) = self.shared(labels, stated);
                // A number without a unit is told by the attribute's name alone.
                let shared = if unit.is_none() { of_name } else { all };
                if shared != 0 && other.is_none_or(|(most, _)| of_name.count_ones() > most.count_ones()) {
                    other = Some((if of_name == 0 { shared } else { of_name }, stated));
                }
            }
            if comparable && nearest.is_none_or(|(nearest, _)| least < nearest) {
                nearest = Some((least, stated));
            }
        }
        match (agreeing, other) {
            // "256 MB of RAM", where 256 MB are the storage and the RAM has 512: the other covers more of what the
            // text calls it.
            (Some(_), Some((shared, nearest))) if shared & !covered != 0 && shared & covered == covered => {
                Rest::Contradicted { nearest }
            }
            (Some((_, stated)), _) => Rest::On(stated.attribute),
            (None, _) => nearest.map_or(Rest::Nothing, |(_, nearest)| Rest::Contradicted { nearest }),
        }
    }

    /// The labels that a number of the facts shares: all, and those that its attribute's name has.
    fn shared(&self, labels: &Labels, stated: &Stated) -> (u32, u32) {
        let of_name = self.attributes.get(stated.attribute).map_or(0, |own| labels.shared(&own.labels));
        (labels.shared(&stated.labels) | of_name, of_name)
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
        (Some(unit), None) => {
            (!stated.in_doubt && (stated.bare || value >= SPECIAL) && unit.dimension != Dimension::Rating)
                .then_some(value)
        }
        (None, _) => Some(value),
    }
}

/// Equal, or honestly rounded: within half of the last digit written, and within 2 %.
fn agrees(reading: Reading, expected: f64, difference: f64) -> bool {
    let half = 0.5 * 10f64.powi(-i32::try_from(reading.decimals).unwrap_or(i32::MAX));
    difference <= expected.abs() * 1e-9
        || (difference <= half * 1.000_001 && difference <= expected.abs() * ROUNDING_MAX)
}
