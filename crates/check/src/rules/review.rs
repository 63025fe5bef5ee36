//! review: which texts a person sees before shoppers do.

use super::{Page, finding};
use crate::config::review::ReviewConfig;
use crate::content::{Finding, Severity};
use crate::input::Review;
use crate::product::{Digest, Product};

/// One finding for each draft that the review policy has a person see, and for each that would take the place of a text
/// that a person wrote: there the machine may only propose. None where something holds the drafts already.
pub(super) fn check(page: &Page<'_>, so_far: &[Finding]) -> Vec<Finding> {
    let rechecked = match page.input.review {
        Review::ByPolicy => false,
        Review::Recheck => true,
        Review::Edited | Review::Approved(_) => return Vec::new(),
    };
    if so_far.iter().any(|finding| finding.severity >= Severity::Hold) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for recipe in page.input.recipes.iter().map(|written| written.recipe).filter(|recipe| !recipe.interactive)
    {
        let state = page.input.page.and_then(|document| document.recipes.get(&recipe.name));
        let editor = state.and_then(|state| state.provenance.editor.as_deref());
        // A text that was approved is the same text when it is checked again.
        let approved = rechecked && state.is_some_and(|state| state.provenance.reviewer.is_some());
        if let (Some(editor), false) = (editor, rechecked) {
            let message = format!("{editor} wrote what is out now; the machine's text is a proposal");
            found.push(finding("review.edited", Severity::Hold, &recipe.name, &message));
        } else if !approved && is_wanted(&page.policy.review, page, &recipe.name) {
            let message = "the review policy has a person see this text first";
            found.push(finding("review.wanted", Severity::Hold, &recipe.name, message));
        }
    }
    found
}

fn is_wanted(config: &ReviewConfig, page: &Page<'_>, recipe: &str) -> bool {
    let Product { brand, category, .. } = page.input.product;
    let locale = page.input.locale;
    let rule = config.rules.iter().find(|rule| {
        let any = |conditions: &[String], holds: &dyn Fn(&String) -> bool| {
            conditions.is_empty() || conditions.iter().any(holds)
        };
        any(&rule.brands, &|name| brand.as_deref().is_some_and(|brand| brand.eq_ignore_ascii_case(name)))
            && any(&rule.categories, &|name| category.iter().any(|part| part.eq_ignore_ascii_case(name)))
            && any(&rule.recipes, &|name| name == recipe)
            && any(&rule.locales, &|name| name == locale.as_str() || name == locale.language())
    });
    let (when, share) =
        rule.map_or((config.when.as_str(), config.share), |rule| (rule.when.as_str(), rule.share));
    match when {
        "always" => true,
        "sample" => drawn(page.input.operation, recipe) < share,
        _ => false,
    }
}

/// A number between 0 and 1 that is the same for every attempt at one text.
fn drawn(operation: Digest, recipe: &str) -> f64 {
    let digest = Digest::of(&[operation.as_bytes(), recipe.as_bytes()]);
    let number = digest.as_bytes().first_chunk().map_or(0, |first| u32::from_le_bytes(*first));
    f64::from(number) / f64::from(u32::MAX)
}
