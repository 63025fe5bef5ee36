//! version: two messages stated other facts under one version.

use super::{Page, finding};
use crate::content::{Finding, Severity};

/// One note where the version of the facts is not theirs alone.
pub(super) fn check(page: &Page<'_>, _: &[Finding]) -> Vec<Finding> {
    let message = "another message stated other facts under the same product version; the later one counts";
    let first = page.input.recipes.first().filter(|_| page.input.version_tie);
    first
        .map(|first| finding("version.tie", Severity::Note, &first.recipe.name, message))
        .into_iter()
        .collect()
}
