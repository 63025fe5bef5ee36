//! review: which checked texts a person sees first, and what a person's word changes. Pure.

use super::{Checked, Policy, Verdict};
use crate::config::review::ReviewConfig;
use crate::content::{Document, Finding, Severity};
use crate::product::Product;

/// Holds a verdict for a person where the review policy asks for it, or where a person wrote what is out now: then the
/// machine may only propose.
#[must_use]
pub fn reviewed(verdict: Verdict, current: Option<&Document>, policy: &Policy) -> Verdict {
    let Verdict::Publish(mut checked) = verdict else { return verdict };
    let mut wanted = Vec::new();
    for due in checked.due.recipes() {
        let recipe = due.recipe().name.as_str();
        let state = current.and_then(|document| document.recipes.get(recipe));
        let by_hand = state.and_then(|state| state.provenance.editor.as_deref());
        // A text that was approved is the same text when it is checked again.
        let seen = checked.due.written_by().is_some()
            && state.is_some_and(|state| state.provenance.reviewer.is_some());
        if let (Some(editor), None) = (by_hand, checked.due.written_by()) {
            let message = format!("{editor} wrote what is out now; the machine's text is a proposal");
            wanted.push(finding(recipe, "review.edited", message));
        } else if !seen && asks(&policy.review, &checked, recipe) {
            let message = "the review policy has a person see this text first".to_owned();
            wanted.push(finding(recipe, "review.wanted", message));
        }
    }
    if wanted.is_empty() {
        return Verdict::Publish(checked);
    }
    checked.findings.extend(wanted);
    Verdict::Hold(checked)
}

/// The verdict with a person's approval: what only holds a text may pass, what blocks it may not.
#[must_use]
pub fn approved(verdict: Verdict, reviewer: &str) -> Verdict {
    let (Verdict::Publish(mut checked) | Verdict::Hold(mut checked)) = verdict;
    if blocked(&checked) {
        return Verdict::Hold(checked);
    }
    checked.drafts.reviewed_by(reviewer);
    Verdict::Publish(checked)
}

/// Whether a finding blocks the text, whatever a person says.
#[must_use]
pub fn blocked(checked: &Checked) -> bool {
    checked.findings.iter().any(|own| own.severity >= Severity::Block)
}

fn asks(config: &ReviewConfig, checked: &Checked, recipe: &str) -> bool {
    let task = checked.due.task();
    let rule = config.rules.iter().find(|rule| {
        let any = |conditions: &[String], holds: &dyn Fn(&String) -> bool| {
            conditions.is_empty() || conditions.iter().any(holds)
        };
        let Product { brand, category, .. } = &*task.product;
        any(&rule.brands, &|own| brand.as_deref().is_some_and(|brand| brand.eq_ignore_ascii_case(own)))
            && any(&rule.categories, &|own| category.iter().any(|part| part.eq_ignore_ascii_case(own)))
            && any(&rule.recipes, &|own| own == recipe)
            && any(&rule.locales, &|own| own == task.locale.as_str() || own == task.locale.language())
    });
    let (when, share) =
        rule.map_or((config.when.as_str(), config.share), |rule| (rule.when.as_str(), rule.share));
    match when {
        "always" => true,
        "sample" => drawn(checked, recipe) < share,
        _ => false,
    }
}

/// A number between 0 and 1 that is the same for every attempt at one text.
fn drawn(checked: &Checked, recipe: &str) -> f64 {
    let operation = checked.due.task().operation();
    let digest = crate::product::Digest::of(&[operation.as_bytes(), recipe.as_bytes()]);
    let number = digest.as_bytes().first_chunk().map_or(0, |first| u32::from_le_bytes(*first));
    f64::from(number) / f64::from(u32::MAX)
}

fn finding(recipe: &str, rule: &str, message: String) -> Finding {
    Finding {
        rule: rule.to_owned(),
        kind: None,
        severity: Severity::Hold,
        recipe: recipe.to_owned(),
        at: String::new(),
        span: None,
        message,
        evidence: Vec::new(),
    }
}
