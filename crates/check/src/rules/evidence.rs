//! evidence: what a draft cites is verified, not believed, and some attribute must support the draft.

use super::Subject;
use crate::content::Finding;

/// Whether an attribute says no more than what the product is called.
fn names_only(attribute: &str) -> bool {
    matches!(attribute, "title" | "brand" | "gtin")
}

/// One finding for each name that the product does not have, at the first text that cites it; one for each text that
/// cites an attribute of which nothing in it speaks; and one where no attribute supports anything in the draft: such a
/// text says nothing of the product, whatever it says.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut supported = false;
    for (text, reading) in &subject.texts {
        supported = supported
            || reading.supports.iter().any(|(_, attribute)| !names_only(subject.sheet.name(*attribute)));
        let mut unproven = Vec::new();
        for name in &text.cited {
            if let Some(place) = subject.sheet.place(name) {
                if reading.supports.iter().all(|(_, attribute)| *attribute != place) {
                    unproven.push((*name).to_owned());
                }
                continue;
            }
            let shown: String = name.chars().take(100).collect();
            let message = format!("the text cites {shown:?}, which is no attribute of the product");
            if findings.iter().all(|finding| finding.message != message) {
                findings.push(subject.finding(
                    "evidence.unknown",
                    subject.policy.evidence_unknown,
                    &text.at,
                    message,
                ));
            }
        }
        if !unproven.is_empty() {
            let message = format!("the text cites {}, of which nothing in it speaks", unproven.join(", "));
            let finding =
                subject.finding("evidence.unproven", subject.policy.evidence_unproven, &text.at, message);
            findings.push(Finding { evidence: unproven, ..finding });
        }
    }
    let only_names = subject.facts.iter().all(|(name, _)| names_only(name));
    if !supported && !only_names {
        let message = "no attribute of the product supports anything in the text".to_owned();
        findings.push(subject.finding("evidence.none", subject.policy.evidence_none, "", message));
    }
    findings
}
