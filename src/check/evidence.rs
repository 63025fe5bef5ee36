//! evidence: attribute names that a draft cites must be among the facts, and a draft must rest on some.

use super::Subject;
use crate::content::{Finding, texts};

/// One finding for each name that the product does not have, at the first text that cites it; and one where
/// nothing in the draft rests on anything: such a text says nothing of the product, whatever it says.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut rests = false;
    for text in texts(&subject.draft.content) {
        rests = rests || !subject.index.supporting(text.text).is_empty();
        for name in text.claimed {
            if subject.facts.contains(name) {
                rests = true;
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
    if !rests {
        let message = "nothing in the text rests on an attribute of the product".to_owned();
        findings.push(subject.finding("evidence.none", subject.policy.evidence_none, "", message));
    }
    findings
}
