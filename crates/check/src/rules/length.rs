//! length: texts and lists keep the recipe's bounds, each in its own unit.

use super::{Subject, finding};
use crate::content::{Draft, Finding, Severity, texts};
use crate::recipe::{Recipe, resolve};

/// The finding on a draft that is so much longer than its recipe allows that no other rule reads it: checks take time, and a
/// person who approves it would approve what nobody checked.
pub(crate) fn refused(recipe: &Recipe, draft: &Draft) -> Option<Finding> {
    let max = recipe.checked_chars_max();
    // An empty text is work as well.
    let length: usize = texts(&draft.content).iter().map(|text| text.text.chars().count().max(1)).sum();
    let message =
        format!("{length} characters in all, more than {max} are not checked; have it written again");
    (length > max).then(|| finding("length.refused", Severity::Block, &recipe.name, &message))
}

/// One finding for each place that is too long, too short, too many or too few.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for limit in &subject.recipe.limits {
        for (at, value) in resolve(&subject.draft.content, &limit.at) {
            let Some(length) = limit.unit.measure(value) else { continue };
            let unit = limit.unit.name();
            let (rule, message) = if length > limit.max {
                ("length.max", format!("{length} {unit}, at most {} are allowed", limit.max))
            } else if length < limit.min {
                ("length.min", format!("{length} {unit}, at least {} are needed", limit.min))
            } else {
                continue;
            };
            findings.push(subject.finding(rule, subject.policy.length, &at, message));
        }
    }
    findings
}
