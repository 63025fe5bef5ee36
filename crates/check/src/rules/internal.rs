//! facts.internal: no text may say what an attribute says that is for the shop alone.

use super::Subject;
use crate::content::{Finding, Span};

/// The rule's id.
pub(crate) const RULE: &str = "facts.internal";

/// What the finding says. A writer may see it: it names neither the attribute nor its value.
pub(crate) const MESSAGE: &str = "this is not for shoppers; it must be left out";

/// One finding for each place of a text that states an internal attribute.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (text, _) in &subject.texts {
        for (attribute, place) in subject.internal.stated_in(text.text) {
            let finding = subject.finding(RULE, subject.policy.facts_internal, &text.at, MESSAGE.to_owned());
            let span = Some(Span::of(text.text, &place));
            findings.push(Finding { span, evidence: vec![attribute.to_owned()], ..finding });
        }
    }
    findings
}
