//! The text that is being read, and the statements that were found in it so far.

use super::lexicon::ConceptId;
use super::sheet::FactSheet;
use super::statement::{Decision, Modality, Statement};
use super::tokens::Tokens;
use crate::content::StatementKind;

/// Longest part of a text that messages show, in bytes.
const WRITTEN_BYTES_MAX: usize = 80;

/// A text that is being read.
pub(super) struct Reader<'a> {
    pub(super) sheet: &'a FactSheet,
    pub(super) tokens: &'a Tokens<'a>,
    /// Its language (`en`); empty where it is not known.
    pub(super) language: &'a str,
    pub(super) found: Vec<Statement>,
    /// The part that what is found next is said of.
    pub(super) part: Option<ConceptId>,
    /// How the clause that is read states things.
    pub(super) modality: Modality,
}

impl<'a> Reader<'a> {
    pub(super) fn new(sheet: &'a FactSheet, tokens: &'a Tokens<'a>, language: &'a str) -> Self {
        Self { sheet, tokens, language, found: Vec::new(), part: None, modality: Modality::Asserted }
    }

    /// What is written between two bytes, as far as messages show it.
    pub(super) fn written(&self, start: usize, end: usize) -> &'a str {
        let written = self.tokens.text.get(start..end).unwrap_or_default();
        written.get(..written.floor_char_boundary(WRITTEN_BYTES_MAX.min(written.len()))).unwrap_or_default()
    }

    /// An attribute as messages name it: with its value.
    pub(super) fn named(&self, attribute: usize) -> String {
        format!("{}: {}", self.sheet.name(attribute), self.sheet.shown(attribute))
    }

    fn push(
        &mut self,
        place: (usize, usize),
        kind: StatementKind,
        denied: bool,
        decision: Decision,
        message: String,
    ) {
        let (start, end) = place;
        let (part, modality) = (self.part, self.modality);
        self.found.push(Statement { start, end, kind, part, denied, modality, decision, message });
    }

    /// Takes note of a statement that an attribute supports.
    pub(super) fn supported(
        &mut self,
        start: usize,
        end: usize,
        kind: StatementKind,
        denied: bool,
        attribute: usize,
    ) {
        self.push((start, end), kind, denied, Decision::Supported(attribute), String::new());
    }

    /// Takes note of a statement that an attribute refutes.
    pub(super) fn refuted(
        &mut self,
        start: usize,
        end: usize,
        kind: StatementKind,
        attribute: usize,
        message: String,
    ) {
        self.push((start, end), kind, false, Decision::Refuted(attribute), message);
    }

    /// Takes note of a statement that no attribute makes.
    pub(super) fn not_stated(&mut self, start: usize, end: usize, kind: StatementKind) {
        let written = self.written(start, end);
        let message = match kind {
            StatementKind::Number | StatementKind::Name | StatementKind::Count | StatementKind::Predicate => {
                format!("no attribute states \"{written}\"")
            }
            _ => format!("no attribute states the {kind} \"{written}\""),
        };
        self.push((start, end), kind, false, Decision::NotStated, message);
    }

    /// Takes note of what cannot be looked up.
    pub(super) fn not_checkable(&mut self, start: usize, end: usize, kind: StatementKind) {
        let written = self.written(start, end);
        let message = format!("\"{written}\" cannot be looked up: the facts are in another language");
        self.push((start, end), kind, false, Decision::NotCheckable, message);
    }

    /// Takes note of something that the text claims and an attribute denies.
    pub(super) fn claims_denied(&mut self, start: usize, end: usize, kind: StatementKind, attribute: usize) {
        let (written, named) = (self.written(start, end), self.named(attribute));
        let message = format!("the text claims \"{written}\", which {named} denies");
        self.refuted(start, end, kind, attribute, message);
    }

    /// Takes note of something that the text denies and an attribute `affirms` or `states`.
    pub(super) fn denies_stated(
        &mut self,
        start: usize,
        end: usize,
        kind: StatementKind,
        attribute: usize,
        affirms: &str,
    ) {
        let (written, named) = (self.written(start, end), self.named(attribute));
        let message = format!("the text denies \"{written}\", which {named} {affirms}");
        self.push((start, end), kind, true, Decision::Refuted(attribute), message);
    }
}
