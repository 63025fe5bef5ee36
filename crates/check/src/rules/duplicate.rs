//! duplicate: texts that are nearly another product's.

use super::{Page, finding};
use crate::content::Finding;

/// One finding for each draft that is nearly the text of another product.
pub(super) fn check(page: &Page<'_>, _: &[Finding]) -> Vec<Finding> {
    let Some(catalog) = page.input.catalog else { return Vec::new() };
    let policy = &page.policy.config;
    let mut found = Vec::new();
    for (recipe, signature) in page.signatures {
        let text = (page.input.locale, recipe.as_str(), &page.input.product.sku);
        let Some((other, likeness)) = catalog.nearest(text, signature, policy.duplicate_min) else {
            continue;
        };
        let message = format!("{:.0} % of its word triples are those of {other}'s text", likeness * 100.0);
        found.push(finding("duplicate.near", policy.duplicate, recipe, &message));
    }
    found
}
