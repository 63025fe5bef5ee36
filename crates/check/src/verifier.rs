//! What a verifier may change: a sentence that no rule found supported may pass, one that an attribute contradicts never.

use std::sync::Arc;

use crate::check::{Checked, RecipeFacts};
use crate::content::{Finding, Severity, VerifiedSentence, sentences, texts};
use crate::product::Facts;
use crate::rules::Subject;

const UNSUPPORTED: &str = "facts.unsupported";

/// A sentence that holds a draft, and that no attribute contradicts: to be asked about.
#[derive(Clone, Debug)]
pub struct OpenSentence {
    /// The facts that its draft may use.
    pub facts: Arc<Facts>,
    /// The recipe of its draft.
    pub recipe: String,
    /// JSON pointer to the text that it stands in.
    pub at: String,
    /// The sentence.
    pub sentence: String,
}

/// The sentences of held drafts that a verifier may be asked about: those that are merely not supported. None, where the
/// drafts have other faults as well: an opinion could not change that.
#[must_use]
pub fn open_sentences(checked: &Checked, recipes: &[RecipeFacts<'_>]) -> Vec<OpenSentence> {
    if checked.faults().any(|finding| finding.rule != UNSUPPORTED) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for RecipeFacts { recipe, facts } in recipes {
        let Some(draft) = checked.drafts().of_recipe(&recipe.name) else { continue };
        for text in texts(&draft.content) {
            for (start, sentence) in sentences(text.text) {
                let range = characters(text.text, start, sentence);
                let open = |finding: &Finding| {
                    finding.recipe == recipe.name && finding.at == text.at && touches(finding, &range)
                };
                if checked.faults().any(open) {
                    found.push(OpenSentence {
                        facts: Arc::clone(facts),
                        recipe: recipe.name.clone(),
                        at: text.at.clone(),
                        sentence: sentence.to_owned(),
                    });
                }
            }
        }
    }
    found
}

/// Makes notes of the findings in sentences that a verifier found supported. It is never able to overrule what an attribute
/// says.
pub(crate) fn excuse(subject: &Subject<'_>, verified: &[VerifiedSentence], findings: &mut [Finding]) {
    for sentence in verified.iter().filter(|sentence| sentence.recipe == subject.recipe.name) {
        let Some((text, _)) = subject.texts.iter().find(|(text, _)| text.at == sentence.at) else { continue };
        for (start, part) in sentences(text.text).filter(|(_, part)| *part == sentence.sentence) {
            let range = characters(text.text, start, part);
            let open = findings.iter_mut().filter(|finding| {
                finding.rule == UNSUPPORTED && finding.at == sentence.at && touches(finding, &range)
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

/// The characters of a text that a sentence takes.
fn characters(text: &str, start: usize, sentence: &str) -> std::ops::Range<usize> {
    let from = text.get(..start).map_or(0, |before| before.chars().count());
    from..from + sentence.chars().count()
}

fn touches(finding: &Finding, range: &std::ops::Range<usize>) -> bool {
    finding.span.is_some_and(|span| span.start < range.end && range.start < span.end)
}
