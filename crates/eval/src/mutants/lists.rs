//! What mutants are made with: `data/mutants.toml`.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::Deserialize;

/// The lists.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lists {
    /// Words that are mistaken for the next one of their line.
    pub(super) words: Vec<Vec<String>>,
    /// Values that say the same: none is false where another one is true.
    pub(super) same: Vec<Vec<String>>,
    /// Units and what they are mistaken for.
    pub(super) units: BTreeMap<String, String>,
    /// Claims, each with a word that facts which support it would hold.
    pub(super) claims: BTreeMap<String, String>,
    /// Phrases and what denies or affirms them.
    pub(super) negations: BTreeMap<String, String>,
    /// Words that deny a sentence.
    pub(super) denied: Denied,
    /// Denial inside a word.
    pub(super) affixes: Affixes,
    /// How a value is said, by the last word of its attribute's name.
    pub(super) sentences: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Denied {
    pub(super) words: Vec<String>,
}

/// Denial inside a word.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Affixes {
    /// Endings of adjectives that take "non-".
    pub(super) non: Vec<String>,
    /// Words that end like them and take none.
    pub(super) nouns: Vec<String>,
    /// What takes "un-".
    pub(super) un: Vec<String>,
    /// Parts that a thing may be without.
    pub(super) parts: Vec<String>,
    /// Words that deny in themselves, and what affirms what they deny.
    pub(super) affirmed: BTreeMap<String, String>,
}

impl Lists {
    pub(super) fn load() -> anyhow::Result<Self> {
        toml::from_str(include_str!("../../data/mutants.toml")).context("data/mutants.toml")
    }

    /// Whether a sentence denies something already.
    pub(super) fn is_denied(&self, sentence: &str) -> bool {
        let mut words = sentence.split(|character: char| !character.is_alphanumeric());
        words.any(|word| self.denied.words.iter().any(|denied| word.eq_ignore_ascii_case(denied)))
    }

    /// The values that say the same as one (in small letters).
    pub(super) fn same_as<'a>(&'a self, value: &'a str) -> impl Iterator<Item = &'a str> {
        let lines = self.same.iter().filter(move |line| line.iter().any(|same| same == value));
        lines.flatten().map(String::as_str)
    }

    /// The line of words that a word stands in.
    pub(super) fn line_of(&self, word: &str) -> Option<&[String]> {
        let lower = word.to_lowercase();
        self.words.iter().find(|line| line.contains(&lower)).map(Vec::as_slice)
    }
}
