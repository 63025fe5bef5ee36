//! evidence: attribute names that a draft cites must be among the facts.

use super::Subject;
use crate::content::{Finding, texts};

/// One finding for each name that the product does not have, at the first text that cites it.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for text in texts(&subject.draft.content) {
        for name in text.claimed {
            if subject.facts.contains(name) {
                continue;
            }
            let shown: String = name.chars().take(100).collect();
            let message = format!("the text cites {shown:?}, which is no attribute of the product");
            if findings.iter().all(|own| own.message != message) {
                findings.push(subject.finding(
                    "evidence.unknown",
                    subject.policy.evidence_unknown,
                    &text.at,
                    message,
                ));
            }
        }
    }
    findings
}
