//! `[recipes]`: which recipes, voices and locales are written.

use anyhow::ensure;
use serde::Deserialize;

use crate::product::Locale;

/// Settings of recipes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecipesConfig {
    /// A folder of recipes that add to or replace the built-in ones; empty for none.
    pub folder: String,
    /// Recipes that are written where a message names none.
    pub enabled: Vec<String>,
    /// A folder of voices, likewise.
    pub voices_folder: String,
    /// Locales that are written where a message names none.
    pub locales: Vec<Locale>,
}

impl RecipesConfig {
    pub(super) fn validate(&self) -> anyhow::Result<()> {
        ensure!(!self.enabled.is_empty(), "recipes.enabled is empty; name at least one recipe");
        ensure!(!self.locales.is_empty(), "recipes.locales is empty; name at least one locale such as en-US");
        Ok(())
    }
}
