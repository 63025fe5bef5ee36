//! What a text states, against what the product's facts state: each statement is supported, refuted, not stated, or cannot be
//! looked up.

mod attribute;
mod capitals;
mod dates;
mod denied;
mod features;
mod implied;
mod lemma;
mod levels;
mod lexicon;
mod lexicon_file;
mod named_values;
mod naming;
mod negation;
mod of_what;
mod phrases;
mod predicates;
mod prose;
mod quantities;
mod quotations;
mod read;
mod reader;
mod reading;
mod sheet;
mod statement;
mod stray;
mod terms;
#[cfg(test)]
mod tests;
mod tokens;
mod vocabulary;
mod words;

pub(crate) use attribute::{begins_with_no, spaced};
pub(crate) use lemma::Lemma;
pub(crate) use naming::{Naming, naming};
pub(crate) use prose::{
    ProseClass, ProseClause, ProseHit, ProseWord, lemmas, prose, says_nothing, yes_or_no,
};
pub(crate) use quantities::{NumberOf, SaidNumber, measures, names_quantity, said_numbers, same_quantity};
pub(crate) use read::read;
pub(crate) use reading::{ReadWord, Reading};
pub(crate) use sheet::FactSheet;
pub(crate) use statement::{Decision, Modality, Statement};

use crate::config::check::CheckConfig;
use crate::content::{Finding, Span};
use lexicon::{Languages, Role};
use tokens::Tokens;

/// The words of a text, as they are compared.
pub(crate) fn words(text: &str) -> Vec<String> {
    words::spans(text)
        .into_iter()
        .filter_map(|(start, end)| text.get(start..end).map(lemma::folded))
        .collect()
}

/// Whether any word of a text is denied.
pub(crate) fn denies(text: &str) -> bool {
    Tokens::new(text, Languages::ALL).words.iter().any(|word| word.denied)
}

/// The words of a text that say something and that no fact has, as they are compared.
pub(crate) fn novel(sheet: &FactSheet, text: &str) -> Vec<String> {
    let tokens = Tokens::new(text, Languages::ALL);
    let grammar = [Role::Function, Role::Not, Role::No, Role::Without, Role::And];
    let new = tokens
        .words
        .iter()
        .filter(|word| !grammar.iter().any(|role| word.is(*role)) && !sheet.known.covers(word));
    new.map(|word| lemma::folded(word.text)).collect()
}

/// One finding for each statement of a text that counts and that no attribute supports.
pub(crate) fn findings(
    sheet: &FactSheet,
    text: &str,
    reading: &Reading,
    policy: &CheckConfig,
    counts: impl Fn(&Statement) -> bool,
) -> Vec<Finding> {
    let mut places = Places { text, byte: 0, character: 0 };
    let finding = |statement: &Statement| {
        let (rule, severity) = match statement.decision {
            Decision::Refuted(_) => ("facts.contradicted", policy.facts_contradicted),
            Decision::NotCheckable => ("facts.not_checkable", policy.facts_not_checkable),
            _ => ("facts.unsupported", policy.unsupported(statement.kind)),
        };
        Finding {
            rule: rule.to_owned(),
            kind: Some(statement.kind.to_string()),
            severity,
            recipe: String::new(),
            at: String::new(),
            span: Some(Span { start: places.of(statement.start), end: places.of(statement.end) }),
            message: statement.message.clone(),
            evidence: statement
                .attribute()
                .map(|attribute| sheet.name(attribute).to_owned())
                .into_iter()
                .collect(),
        }
    };
    let supported = |statement: &Statement| matches!(statement.decision, Decision::Supported(_));
    reading
        .statements
        .iter()
        .filter(|statement| !supported(statement) && counts(statement))
        .map(finding)
        .collect()
}

/// Counts characters up to bytes that only grow, so that a text is read once.
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
