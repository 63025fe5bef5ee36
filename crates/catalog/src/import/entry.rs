//! What a catalog file gives: products, and complaints about the rows that are none.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Longest value that a complaint quotes, in characters.
const SEEN_CHARS_MAX: usize = 80;

/// One product of a file, or one variant whose product is another entry.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    /// Line (text, XML) or row (tables) that it begins at, from 1.
    pub row: u64,
    /// The fields of `product` of `product_update.v1`, with `locale` or `locales` beside them where the file names some; or
    /// a whole update message, where the file holds such.
    pub product: Map<String, Value>,
    /// The key that a product shares with its variants, where they stand in entries of their own.
    pub group: Option<String>,
    /// Whether it is the product of its group, and not one of the variants.
    pub is_parent: bool,
    /// What is doubtful about it.
    pub warnings: Vec<Complaint>,
}

/// What is wrong with a row, and what to do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complaint {
    /// Line or row, from 1.
    pub row: u64,
    /// Column, JSON pointer or element; empty for the whole row.
    pub column: String,
    /// What does not hold.
    pub rule: String,
    /// The value seen, or the beginning of it.
    pub seen: String,
    /// What to do.
    pub remedy: String,
}

impl Complaint {
    /// A complaint about a whole row; [`Complaint::at`] and [`Complaint::seeing`] say more.
    #[must_use]
    pub fn new(row: u64, rule: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { row, rule: rule.into(), remedy: remedy.into(), ..Self::default() }
    }

    /// The same about one column, JSON pointer or element.
    #[must_use]
    pub fn at(mut self, column: impl Into<String>) -> Self {
        self.column = column.into();
        self
    }

    /// The same with the value seen: its beginning, without control characters.
    #[must_use]
    pub fn seeing(mut self, seen: &str) -> Self {
        let shown = |c: char| if c.is_control() { ' ' } else { c };
        self.seen = seen.chars().take(SEEN_CHARS_MAX).map(shown).collect();
        if seen.chars().nth(SEEN_CHARS_MAX).is_some() {
            self.seen.push('…');
        }
        self
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {}", self.row)?;
        if !self.column.is_empty() {
            write!(f, ", {}", self.column)?;
        }
        write!(f, ": {}", self.rule)?;
        if !self.seen.is_empty() {
            write!(f, ", seen {:?}", self.seen)?;
        }
        if !self.remedy.is_empty() {
            write!(f, "; {}", self.remedy)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_names_the_place_the_value_and_the_remedy() {
        let long = format!("a\tb{}", "x".repeat(100));
        let complaint =
            Complaint::new(7, "a SKU is empty", "give every row a SKU").at("Variant SKU").seeing(&long);
        let shown = complaint.to_string();
        assert!(shown.starts_with("row 7, Variant SKU: a SKU is empty, seen \"a b"), "{shown}");
        assert!(shown.ends_with("x…\"; give every row a SKU"), "{shown}");
        assert_eq!(Complaint::new(1, "rule", "").to_string(), "row 1: rule");
    }
}
