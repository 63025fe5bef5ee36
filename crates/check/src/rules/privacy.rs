//! privacy: no text may hold personal data, unless an attribute holds the very same.

use super::Subject;
use crate::content::{Finding, Span};
use crate::privacy::{Scope, find};

/// One finding for each piece of personal data. Facts are masked where they are read, so what they still hold is the
/// shop's: a hotline that the configuration names, a number that is no person's.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (text, _) in &subject.texts {
        for data in find(text.text, Scope::Facts) {
            let part = text.text.get(data.start..data.end).unwrap_or_default();
            if subject.facts.iter().any(|(_, value)| value.to_string().contains(part)) {
                continue;
            }
            // The data itself stays out of findings, which are logged and shown.
            let message = format!("{} that no attribute holds; leave it out", spelled(data.kind.as_str()));
            let rule = format!("privacy.{}", data.kind.as_str());
            let finding = subject.finding(&rule, subject.policy.privacy, &text.at, message);
            findings.push(Finding { span: Some(Span::of(text.text, &(data.start..data.end))), ..finding });
        }
    }
    findings
}

fn spelled(kind: &str) -> &str {
    match kind {
        "email" => "an e-mail address",
        "phone" => "a telephone number",
        "card" => "the number of a payment card",
        "iban" => "the number of a bank account",
        "national_id" => "the number of an identity card or the like",
        "ip" => "an address of a network",
        other => other,
    }
}
