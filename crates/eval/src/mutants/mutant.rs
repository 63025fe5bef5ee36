//! Texts with one statement made false, by operator.

use std::collections::BTreeMap;

/// A text with one statement changed.
pub(super) struct Mutant {
    pub(super) operator: &'static str,
    pub(super) text: String,
}

/// The mutants of a text, and how many were left out by operator because they may be true.
#[derive(Default)]
pub(super) struct Mutants {
    pub(super) made: Vec<Mutant>,
    pub(super) left_out: BTreeMap<&'static str, usize>,
}

impl Mutants {
    pub(super) fn put(&mut self, operator: &'static str, is_false: bool, text: String) {
        if is_false {
            self.made.push(Mutant { operator, text });
        } else {
            *self.left_out.entry(operator).or_default() += 1;
        }
    }
}
