//! schema: content must be in the shape of its recipe's schema, wherever the draft came from.

use super::Subject;
use crate::content::Finding;

/// One finding for the first place that does not fit.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let first = subject.recipe.validator.iter_errors(&subject.draft.content).next();
    first
        .map(|error| {
            let message: String = error.to_string().chars().take(300).collect();
            let at = error.instance_path().to_string();
            vec![subject.finding("schema.shape", subject.policy.schema, &at, message)]
        })
        .unwrap_or_default()
}
