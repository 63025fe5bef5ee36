//! An attribute as it is read: its name in words, its value as text, and whether that denies the name or says nothing.

use super::lemma::{Lemma, lemma};
use super::lexicon::{Class, Role, lexicon};
use crate::product::Value;
use crate::product::unit::named;

/// Longest part of a value that messages show, in characters.
const SHOWN_MAX: usize = 60;

/// An attribute, as it is read.
#[derive(Debug, Default)]
pub(super) struct Attribute {
    /// Its name, as the publisher writes it.
    pub(super) name: String,
    /// Its name, with blanks between its words.
    pub(super) spaced: String,
    /// What shoppers call it, where that is known.
    pub(super) label: Option<String>,
    /// The words of its name that say something.
    pub(super) labels: Vec<Lemma>,
    /// Its value as text.
    pub(super) value: String,
    /// Whether its value denies its name.
    pub(super) denied: bool,
    /// Whether its value is yes and nothing else.
    pub(super) affirmed: bool,
    /// Whether its value is a placeholder.
    pub(super) says_nothing: bool,
}

impl Attribute {
    /// The beginning of its value.
    pub(super) fn shown(&self) -> &str {
        let end = self.value.char_indices().nth(SHOWN_MAX).map_or(self.value.len(), |(at, _)| at);
        self.value.get(..end).unwrap_or_default()
    }

    /// Whether it says what the product is called, and no more.
    pub(super) fn names_product(&self) -> bool {
        matches!(self.name.as_str(), "title" | "brand" | "gtin" | "name")
    }
}

/// Reads an attribute.
pub(super) fn parse_attribute(name: &str, label: Option<&str>, value: &Value) -> Attribute {
    let text = match value {
        Value::Text(text) => text.clone(),
        other => other.to_string(),
    };
    let spaced = spaced(name);
    let yes_or_no = match value {
        Value::Boolean(yes) => Some(*yes),
        _ if lexicon().is_placeholder(&text) => None,
        _ => lexicon().yes_or_no(&text).or_else(|| flag(&spaced, &text)),
    };
    let denied = yes_or_no.map_or_else(|| begins_with_no(&text), |yes| !yes);
    let says_nothing = text.trim().is_empty() || (yes_or_no.is_none() && lexicon().says_nothing(&text));
    Attribute {
        name: name.to_owned(),
        spaced,
        label: label.map(str::to_owned),
        labels: Vec::new(),
        value: text,
        denied: denied && !says_nothing,
        affirmed: yes_or_no == Some(true),
        says_nothing,
    }
}

/// 1 and 0, as databases write yes and no, where the name is no quantity's.
fn flag(name: &str, text: &str) -> Option<bool> {
    let yes = match text.trim() {
        "0" => false,
        "1" => true,
        _ => return None,
    };
    // Zero of what is counted is none of it, one is an amount.
    let measured = name.split(' ').any(|word| {
        word.bytes().any(|byte| byte.is_ascii_digit())
            || named(word.trim_matches(|c: char| !c.is_alphanumeric())).is_some()
    });
    if !yes && !measured {
        return Some(false);
    }
    let quantity = name.split(' ').any(|word| {
        word.bytes().any(|byte| byte.is_ascii_digit())
            || named(word.trim_matches(|c: char| !c.is_alphanumeric())).is_some()
            || lexicon()
                .word(word, lemma(word))
                .is_some_and(|known| known.single().any(|(_, class)| class == Class::Dimension))
    });
    (!quantity).then_some(yes)
}

/// A name with blanks between its words: `is_vegan`, `familyFriendly`.
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

/// Whether a text begins with a word that denies, and not with a placeholder.
pub(crate) fn begins_with_no(text: &str) -> bool {
    let text = text.trim();
    if lexicon().yes_or_no(text) == Some(false) {
        return true;
    }
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '\'').unwrap_or(text.len());
    let (first, rest) = text.split_at(end);
    let roles = lexicon().roles(first);
    // "No gluten" denies gluten, "no; 2.5 mm jack", "no (optional)" and "not suitable" what the attribute is called.
    let apart = rest.starts_with(' ') && !rest.trim_start().starts_with(char::is_alphanumeric);
    let alone = apart || !rest.starts_with(['-', ' ', '/', '+']);
    let state = rest.trim_start().split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let denies = roles.has(Role::Not)
        || ((roles.has(Role::Deny) || roles.has(Role::No))
            && (alone || lexicon().has_role(state, Role::State)));
    denies && !lexicon().says_nothing(text.split([',', ';', '(']).next().unwrap_or_default())
}
