//! schema: content must be in the shape of its recipe's schema, wherever the draft came from.

use super::Subject;
use crate::content::Finding;
use crate::recipe::Mismatch;

/// One finding for the first place that does not fit.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let first = subject.recipe.validator.mismatch(&subject.draft.content);
    first
        .map(|Mismatch { at, message }| {
            let message: String = message.chars().take(300).collect();
            vec![subject.finding("schema.shape", subject.policy.schema, &at, message)]
        })
        .unwrap_or_default()
}
