//! The facts checks over a text that somebody else wrote, without a recipe.

use super::facts::{self, FactIndex};
use crate::config::check::CheckConfig;
use crate::content::Finding;
use crate::product::{Facts, Product};

/// What the product's facts do not bear of a text, in the order of the text.
#[must_use]
pub fn findings(product: &Product, text: &str, language: Option<&str>, policy: &CheckConfig) -> Vec<Finding> {
    let index = FactIndex::new(&Facts::select(product, |_| true));
    let reading = facts::read(&index, text, language);
    facts::findings(&index, text, &reading, policy)
}

/// The language of a locale as other tools write it: `en` of `en-US` and `en_US`.
#[must_use]
pub fn language(locale: &str) -> &str {
    locale.split(['-', '_']).next().unwrap_or(locale)
}
