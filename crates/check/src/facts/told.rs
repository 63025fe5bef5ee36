//! Attributes taken apart once for every rule that reads them: name and value as words, and whether one denies the other.

use super::words::{Clause, clauses};
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

/// An attribute, taken apart once for all who read it.
pub(super) struct Told<'a> {
    /// Its place among the facts.
    pub(super) attribute: usize,
    pub(super) plain: &'a str,
    pub(super) shown: &'a str,
    /// Whether its value denies its name.
    pub(super) denied: bool,
    pub(super) name_words: Vec<Clause<'a>>,
    pub(super) value_words: Vec<Clause<'a>>,
}

/// Takes an attribute apart; one without a value tells nothing.
pub(super) fn told(attribute: usize, name: &str, value: &Value, tell: impl FnOnce(Told<'_>)) {
    let shown = value.to_string();
    if shown.trim().is_empty() {
        return;
    }
    let plain = spaced(name);
    let denied = denies(value, &shown);
    let (name_words, value_words) = (clauses(&plain), clauses(&shown));
    tell(Told { attribute, plain: &plain, shown: &shown, denied, name_words, value_words });
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
fn denies(value: &Value, shown: &str) -> bool {
    if let Value::Boolean(yes) = value {
        return !yes;
    }
    begins_with_no(shown)
}

/// Whether a text begins with a word that denies.
pub(crate) fn begins_with_no(text: &str) -> bool {
    let first = text.trim().split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_lowercase();
    let unknown = || UNKNOWN.iter().any(|own| text.to_lowercase().contains(own));
    NO_VALUES.contains(&first.as_str()) && !unknown()
}
