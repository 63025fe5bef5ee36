//! Attributes parsed once for every rule that reads them: name and value as words, and whether one denies the other.

use super::clauses::{Clause, clauses};
use crate::product::Value;

/// Values that deny an attribute's name.
const NO_VALUES: &[&str] = &[
    "no",
    "none",
    "not",
    "without",
    "false",
    "nein",
    "kein",
    "keine",
    "non",
    "aucun",
    "aucune",
    "sans",
    "ninguno",
    "ninguna",
    "没有",
    "无",
    "否",
    "不支持",
    "なし",
    "無し",
    "非対応",
    "いいえ",
];

/// Values that say that nothing is known, and deny nothing.
const UNKNOWN: &[&str] = &["applicable", "specified", "not known", "not rated", "bekannt", "anwendbar"];

/// An attribute, parsed once for every rule that reads it.
pub(super) struct ParsedAttribute<'a> {
    /// Its place among the facts.
    pub(super) attribute: usize,
    /// Its name, with spaces between its words.
    pub(super) name: &'a str,
    /// Its value as text.
    pub(super) value: &'a str,
    /// Whether its value denies its name.
    pub(super) denied: bool,
    pub(super) name_words: Vec<Clause<'a>>,
    pub(super) value_words: Vec<Clause<'a>>,
}

/// Parses an attribute and hands it to `read`; one without a value states nothing.
pub(super) fn parse_attribute(
    attribute: usize,
    name: &str,
    value: &Value,
    read: impl FnOnce(ParsedAttribute<'_>),
) {
    let text = value.to_string();
    if text.trim().is_empty() {
        return;
    }
    let name = spaced(name);
    let denied = denies(value, &text);
    let (name_words, value_words) = (clauses(&name), clauses(&text));
    read(ParsedAttribute { attribute, name: &name, value: &text, denied, name_words, value_words });
}

/// A name with spaces between its words: `is_vegan`, `familyFriendly`.
pub(crate) fn spaced(name: &str) -> String {
    let mut spaced = String::with_capacity(name.len() + 2);
    let mut before = ' ';
    for character in name.chars() {
        if before.is_lowercase() && character.is_uppercase() {
            spaced.push(' ');
        }
        spaced.push(if character == '_' { ' ' } else { character });
        before = character;
    }
    spaced
}

/// Whether a value denies its attribute's name.
fn denies(value: &Value, text: &str) -> bool {
    if let Value::Boolean(yes) = value {
        return !yes;
    }
    begins_with_no(text)
}

/// Whether a text begins with a word that denies.
pub(crate) fn begins_with_no(text: &str) -> bool {
    let first = text.trim().split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_lowercase();
    let unknown = || UNKNOWN.iter().any(|phrase| text.to_lowercase().contains(phrase));
    NO_VALUES.contains(&first.as_str()) && !unknown()
}
