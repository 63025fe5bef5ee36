//! What a verifier changes: a sentence that no rule found supported may pass, one that an attribute contradicts never.

use super::{Subject, UNSUPPORTED};
use crate::content::{Finding, Severity, Span, VerifiedSentence, sentences};

/// Makes notes of the findings in sentences that a verifier found supported.
pub(crate) fn downgrade(subject: &Subject<'_>, verified: &[VerifiedSentence], findings: &mut [Finding]) {
    for sentence in verified.iter().filter(|sentence| sentence.recipe == subject.recipe.name) {
        let Some((text, _)) = subject.texts.iter().find(|(text, _)| text.at == sentence.at) else { continue };
        for (start, part) in sentences(text.text).filter(|(_, part)| *part == sentence.sentence) {
            let span = Span::of(text.text, &(start..start + part.len()));
            let open = findings.iter_mut().filter(|finding| {
                finding.rule == UNSUPPORTED
                    && finding.at == sentence.at
                    && finding.span.is_some_and(|fault| fault.touches(span))
            });
            for finding in open {
                finding.severity = Severity::Note;
                let by = sentence.attribute.as_deref().unwrap_or("the facts as a whole");
                finding.message = format!("{}; a verifier finds it supported by {by}", finding.message);
                finding.evidence.extend(sentence.attribute.clone());
            }
        }
    }
}
