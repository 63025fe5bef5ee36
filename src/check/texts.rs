//! The facts checks over a text that somebody else wrote, without a recipe.

use super::facts::{self, FactIndex};
use crate::config::check::CheckConfig;
use crate::content::Finding;
use crate::product::{Facts, Product};

/// What the product's facts do not bear of a text, in the order of the text.
#[must_use]
pub fn findings(product: &Product, text: &str, policy: &CheckConfig) -> Vec<Finding> {
    let index = FactIndex::new(&Facts::select(product, |_| true));
    facts::findings(&index, text, policy)
}
