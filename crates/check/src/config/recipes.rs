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
    /// What of a product the model sees beside its facts.
    pub show: Vec<Shown>,
    /// Whether facts are read out of a product's prose, where no attribute states them.
    pub facts_from_prose: bool,
    /// The names that the shop's catalog gives its attributes: facts out of prose go by them.
    pub fact_names: Vec<String>,
    /// Attributes that hold the shop's own contact data, which may be shown and written.
    pub contact_attributes: Vec<String>,
}

/// A part of a product that is no fact, and may be shown to the model for tone and topics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// The copy that exists already.
    Description,
    /// Shoppers' reviews.
    Reviews,
}

impl RecipesConfig {
    /// Fails where a value is not allowed.
    ///
    /// # Errors
    /// The key, its value and what is allowed.
    pub fn validate(&self) -> anyhow::Result<()> {
        ensure!(!self.enabled.is_empty(), "recipes.enabled is empty; name at least one recipe");
        ensure!(!self.locales.is_empty(), "recipes.locales is empty; name at least one locale such as en-US");
        Ok(())
    }
}
