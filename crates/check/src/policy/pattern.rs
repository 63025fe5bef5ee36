//! Patterns of packs, compiled when they are first used: a worker needs those of its own markets and languages alone.

use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};

/// Largest compiled pattern, in bytes: a folder's patterns come from outside.
const PATTERN_BYTES_MAX: usize = 16 << 20;

/// A pattern that takes capitals and small letters for the same.
#[derive(Debug)]
pub struct Pattern {
    text: String,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    pub(super) fn new(text: String) -> Self {
        Self { text, compiled: OnceLock::new() }
    }

    /// The pattern as it was written.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Compiles it.
    ///
    /// # Errors
    /// When it is no pattern, or too large a one.
    pub(super) fn validate(&self) -> anyhow::Result<()> {
        let built = build(&self.text);
        built
            .map(|_| ())
            .map_err(|error| anyhow::anyhow!("the pattern {:?} cannot be used: {error}", self.text))
    }

    /// The pattern, to be used. What cannot be compiled was refused when it was loaded.
    pub(super) fn regex(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| build(&self.text).ok()).as_ref()
    }

    /// Whether it is found in a text.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.regex().is_some_and(|regex| regex.is_match(text))
    }
}

fn build(text: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text).case_insensitive(true).size_limit(PATTERN_BYTES_MAX).build()
}
