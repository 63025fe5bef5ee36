//! length: texts and lists keep the recipe's bounds, each in its own unit.

use super::Subject;
use crate::content::Finding;
use crate::recipe::resolve;

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
