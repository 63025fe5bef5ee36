//! Why a row of a file is no update: where, which rule, what was seen, and what to do.

use std::collections::HashMap;

use serde::Serialize;

use crate::intake::IntakeError;
use skuscribe_catalog::import::Complaint;

/// Why a row of a file is no update.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The column; empty where it is the whole row, or the file is no table.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub column: String,
    /// JSON pointer to the offending part of the update; empty for the whole.
    pub pointer: String,
    /// The rule that it breaks.
    pub rule: String,
    /// The value seen, cut, or its type; empty where that says nothing.
    pub seen: String,
    /// What to do; empty where the rule says it.
    pub remedy: String,
}

impl Refusal {
    /// What intake says of a row, with the column that the place comes from.
    pub(super) fn of_intake(error: IntakeError, places: &HashMap<String, String>) -> Self {
        let IntakeError { pointer, rule, seen } = error;
        // A part of a value stands in the column of the value.
        let mut place = pointer.as_str();
        let column = loop {
            if let Some(column) = places.get(place) {
                break column.clone();
            }
            match place.rsplit_once('/') {
                Some((outer, _)) => place = outer,
                None => break String::new(),
            }
        };
        Self { column, pointer, rule, seen, remedy: String::new() }
    }

    /// A rule that a whole line breaks.
    pub(super) fn of_line(rule: String, seen: String) -> Self {
        Self { rule, seen, ..Self::default() }
    }
}

impl From<Complaint> for Refusal {
    fn from(complaint: Complaint) -> Self {
        let Complaint { row: _, column, rule, seen, remedy } = complaint;
        Self { column, pointer: String::new(), rule, seen, remedy }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.column.is_empty() {
            write!(f, "column {}: ", self.column)?;
        } else if !self.pointer.is_empty() {
            write!(f, "at {}: ", self.pointer)?;
        }
        f.write_str(&self.rule)?;
        if !self.seen.is_empty() {
            write!(f, " (seen: {})", self.seen)?;
        }
        if !self.remedy.is_empty() {
            write!(f, "; {}", self.remedy)?;
        }
        Ok(())
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_column_that_the_place_comes_from() {
        let places = HashMap::from([("/product/attributes/a~1b".to_owned(), "A/B".to_owned())]);
        let error = IntakeError::new("/product/attributes/a~1b/0", "a text has at most 3 characters", "long");
        assert_eq!(
            Refusal::of_intake(error, &places).to_string(),
            "column A/B: a text has at most 3 characters (seen: long)"
        );
        let error = IntakeError::new("/locales/0", "a locale is BCP 47", "english");
        assert_eq!(
            Refusal::of_intake(error, &places).to_string(),
            "at /locales/0: a locale is BCP 47 (seen: english)"
        );
    }
}
