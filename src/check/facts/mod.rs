//! facts: every statement of a text must rest on an attribute; what an attribute denies, or none holds, is found.

mod dates;
mod denials;
mod features;
mod having;
mod index;
mod labels;
mod levels;
mod lexicon;
mod names;
mod number;
mod phrases;
mod quantity;
mod read;
mod sentences;
mod spelled;
mod terms;
mod told;
mod vocabulary;
mod words;

pub(crate) use index::FactIndex;
use read::Unborne;
pub(crate) use read::{Reading, read};
pub(crate) use sentences::sentences;

use super::Subject;
use crate::config::check::CheckConfig;
use crate::content::{Finding, Span};

/// One finding for each statement of a text that rests on no attribute.
pub(crate) fn findings(
    index: &FactIndex,
    text: &str,
    reading: &Reading,
    policy: &CheckConfig,
) -> Vec<Finding> {
    let mut places = Places { text, byte: 0, character: 0 };
    let finding = |own: &Unborne| {
        let (rule, severity) = if own.contradicted {
            ("facts.contradicted", policy.facts_contradicted)
        } else {
            ("facts.unsupported", policy.unsupported(own.kind))
        };
        Finding {
            rule: rule.to_owned(),
            kind: Some(own.kind.to_owned()),
            severity,
            recipe: String::new(),
            at: String::new(),
            span: Some(Span { start: places.of(own.start), end: places.of(own.end) }),
            message: own.message.clone(),
            evidence: own.attribute.map(|attribute| index.name(attribute).to_owned()).into_iter().collect(),
        }
    };
    reading.unborne.iter().map(finding).collect()
}

/// The same for every text of a draft.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let mut all = Vec::new();
    for (text, reading) in &subject.texts {
        let (recipe, at) = (&subject.recipe.name, &text.at);
        let of_text = findings(subject.index, text.text, reading, subject.policy);
        all.extend(of_text.into_iter().map(|own| Finding { recipe: recipe.clone(), at: at.clone(), ..own }));
    }
    all
}

/// Counts characters up to bytes that only grow, so that a text is walked once.
struct Places<'a> {
    text: &'a str,
    byte: usize,
    character: usize,
}

impl Places<'_> {
    fn of(&mut self, byte: usize) -> usize {
        self.character += self.text.get(self.byte..byte).map_or(0, |part| part.chars().count());
        self.byte = byte;
        self.character
    }
}
