//! Which sentences a verifier may be asked about: those that hold a draft only because no rule found them supported.

use std::sync::Arc;

use crate::check::Checked;
use crate::content::{Finding, Span, sentences, texts};
use crate::input::RecipeFacts;
use crate::product::Facts;
use crate::rules::UNSUPPORTED;

/// A sentence that holds a draft, and that no attribute contradicts: to be asked about.
#[derive(Clone, Debug)]
pub struct OpenSentence {
    /// The facts that its draft may use.
    pub facts: Arc<Facts>,
    /// The recipe of its draft.
    pub recipe: String,
    /// JSON pointer to its text.
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
                let span = Span::of(text.text, &(start..start + sentence.len()));
                let open = |finding: &Finding| {
                    finding.recipe == recipe.name
                        && finding.at == text.at
                        && finding.span.is_some_and(|fault| fault.touches(span))
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
