//! Settings of the checks: the sections `[check]`, `[policies]`, `[recipes]` and `[review]` of a configuration.

pub mod check;
pub mod facts;
pub mod policies;
pub mod recipes;
pub mod review;

use anyhow::bail;

/// Fails where a setting has none of the values that are allowed.
///
/// # Errors
/// The key, the value and what is allowed.
pub fn one_of(key: &str, value: &str, allowed: &[&str]) -> anyhow::Result<()> {
    if !allowed.contains(&value) {
        bail!("{key} = {value:?} is not allowed; write one of {}", allowed.join(", "));
    }
    Ok(())
}

/// The sections of `config/default.toml` that are about checks.
#[cfg(test)]
#[derive(Clone, Debug, serde::Deserialize)]
pub(crate) struct TestConfig {
    pub(crate) check: check::CheckConfig,
    pub(crate) policies: policies::PoliciesConfig,
    pub(crate) recipes: recipes::RecipesConfig,
    pub(crate) review: review::ReviewConfig,
}

#[cfg(test)]
impl TestConfig {
    pub(crate) fn defaults() -> anyhow::Result<Self> {
        Ok(toml::from_str(include_str!("../../../../config/default.toml"))?)
    }
}
