//! Voices: how texts sound and which words they use, per brand, category or locale.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::product::{Digest, Locale, Product, digest};

/// A brand voice with its glossary.
#[derive(Debug)]
pub struct Voice {
    /// Digest of its file; part of the fingerprint.
    pub digest: Digest,
    file: VoiceFile,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VoiceFile {
    name: String,
    instructions: String,
    #[serde(default)]
    avoid: Vec<String>,
    #[serde(default)]
    glossary: BTreeMap<String, String>,
    #[serde(default, rename = "match")]
    applies: VoiceMatch,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VoiceMatch {
    #[serde(default)]
    brands: Vec<String>,
    #[serde(default)]
    categories: Vec<String>,
    #[serde(default)]
    locales: Vec<String>,
}

impl Voice {
    /// Reads a voice from TOML.
    ///
    /// # Errors
    /// When it is no voice; the message names line and column.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        let file: VoiceFile = toml::from_str(text)?;
        Ok(Self { digest: digest(&file), file })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.file.name
    }

    /// How many of its conditions the product meets, or `None` where one is not met.
    #[must_use]
    pub fn specificity(&self, product: &Product, locale: &Locale) -> Option<usize> {
        let applies = &self.file.applies;
        let brand = || {
            product
                .brand
                .as_deref()
                .is_some_and(|brand| applies.brands.iter().any(|name| name.eq_ignore_ascii_case(brand)))
        };
        let category = || {
            product
                .category
                .iter()
                .any(|segment| applies.categories.iter().any(|name| name.eq_ignore_ascii_case(segment)))
        };
        let spoken =
            || applies.locales.iter().any(|name| name == locale.as_str() || name == locale.language());
        let mut met = 0;
        for (conditions, holds) in [
            (&applies.brands, &brand as &dyn Fn() -> bool),
            (&applies.categories, &category),
            (&applies.locales, &spoken),
        ] {
            if !conditions.is_empty() {
                if !holds() {
                    return None;
                }
                met += 1;
            }
        }
        Some(met)
    }

    /// The voice as a part of the prompt.
    #[must_use]
    pub fn brief(&self) -> String {
        let mut text = format!("Voice: {}\n", self.file.instructions.trim());
        if !self.file.avoid.is_empty() {
            let _infallible = writeln!(text, "Do not use these words: {}.", self.file.avoid.join(", "));
        }
        for (term, preferred) in &self.file.glossary {
            let _infallible = writeln!(text, "For \"{term}\" write \"{preferred}\".");
        }
        text
    }
}
