//! `[review]`: which texts a person sees before shoppers do.

use std::collections::BTreeMap;

use anyhow::ensure;
use serde::{Deserialize, Serialize};

use super::one_of;

/// Settings of review.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewConfig {
    /// Which texts are held for a person where no rule says otherwise: `always`, `on_findings`, `sample`.
    pub when: String,
    /// With `sample`: the share of texts without findings that are held, 0 to 1.
    pub share: f64,
    /// Rules for a part of the texts; of those that match the first one counts.
    pub rules: Vec<ReviewRule>,
    /// The role in which a person decides, by name.
    pub roles: BTreeMap<String, String>,
    /// The role of all others; empty for none.
    pub role: String,
    /// How long the machine leaves a text alone that a person brought back: `until_unlocked`, `until_facts_change`, `never`.
    pub revert_lock: RevertLock,
}

/// How long the machine leaves a text alone that a person brought back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RevertLock {
    /// Until a person unlocks it.
    UntilUnlocked,
    /// Until the product's facts change, or a person unlocks it.
    UntilFactsChange,
    /// It is not locked.
    Never,
}

/// What is reviewed of a part of the texts. A condition that is empty matches everything.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewRule {
    /// As [`ReviewConfig::when`].
    pub when: String,
    /// As [`ReviewConfig::share`].
    #[serde(default)]
    pub share: f64,
    /// Brands.
    #[serde(default)]
    pub brands: Vec<String>,
    /// Segments of category paths.
    #[serde(default)]
    pub categories: Vec<String>,
    /// Recipes.
    #[serde(default)]
    pub recipes: Vec<String>,
    /// Languages or locales.
    #[serde(default)]
    pub locales: Vec<String>,
}

const WHEN: &[&str] = &["always", "on_findings", "sample"];

impl ReviewConfig {
    /// Fails where a value is not allowed.
    ///
    /// # Errors
    /// The key, its value and what is allowed.
    pub fn validate(&self) -> anyhow::Result<()> {
        one_of("review.when", &self.when, WHEN)?;
        share("review.share", self.share)?;
        for (index, rule) in self.rules.iter().enumerate() {
            one_of(&format!("review.rules[{index}].when"), &rule.when, WHEN)?;
            share(&format!("review.rules[{index}].share"), rule.share)?;
        }
        Ok(())
    }

    /// The role in which a person decides.
    #[must_use]
    pub fn role_of(&self, person: &str) -> Option<&str> {
        let role = self.roles.get(person).unwrap_or(&self.role);
        (!role.is_empty()).then_some(role)
    }
}

fn share(key: &str, share: f64) -> anyhow::Result<()> {
    ensure!((0.0..=1.0).contains(&share), "{key} = {share} is not allowed; write 0 to 1");
    Ok(())
}
