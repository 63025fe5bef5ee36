//! evidence: attribute names that a draft cites must be among the facts, and a draft must rest on some.

use super::Subject;
use super::facts::read;
use crate::content::{Finding, texts};

/// Whether an attribute says no more than what the product is called.
fn names_only(attribute: &str) -> bool {
    matches!(attribute, "title" | "brand" | "gtin")
}

/// One finding for each name that the product does not have, at the first text that cites it; and one where
/// nothing in the draft rests on anything: such a text says nothing of the product, whatever it says.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut rests = false;
    for text in texts(&subject.draft.content) {
        let reading = read(subject.index, text.text, Some(subject.locale.language()));
        rests = rests || reading.rests.iter().any(|own| !names_only(subject.index.name(own.1)));
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
    let only_names = subject.facts.iter().all(|(name, _)| names_only(name));
    if !rests && !only_names {
        let message = "nothing in the text rests on an attribute of the product".to_owned();
        findings.push(subject.finding("evidence.none", subject.policy.evidence_none, "", message));
    }
    findings
}
