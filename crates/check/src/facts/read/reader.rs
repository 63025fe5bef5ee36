//! The text that is being read, and what was found in it so far.

use super::super::index::FactIndex;
use super::reading::UnsupportedStatement;
use crate::content::StatementKind;

/// A text that is being read.
pub(super) struct Reader<'a> {
    pub(super) index: &'a FactIndex,
    pub(super) text: &'a str,
    pub(super) found: Vec<UnsupportedStatement>,
    /// Attributes that support something, each with the byte where that begins.
    pub(super) supports: Vec<(usize, usize)>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(index: &'a FactIndex, text: &'a str) -> Self {
        Self { index, text, found: Vec::new(), supports: Vec::new() }
    }

    pub(super) fn written(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or_default()
    }

    /// An attribute as messages name it: with its value.
    pub(super) fn named(&self, attribute: usize) -> String {
        format!("{}: {}", self.index.name(attribute), self.index.shown(attribute))
    }

    /// Takes note of a statement that an attribute contradicts.
    pub(super) fn contradicted(
        &mut self,
        start: usize,
        end: usize,
        kind: StatementKind,
        attribute: usize,
        message: String,
    ) {
        let attribute = Some(attribute);
        self.found.push(UnsupportedStatement { start, end, kind, contradicted: true, attribute, message });
    }

    /// Takes note of a statement that no attribute supports.
    pub(super) fn unsupported(&mut self, start: usize, end: usize, kind: StatementKind) {
        let written = self.written(start, end);
        let message = match kind {
            StatementKind::Number | StatementKind::Name | StatementKind::Count => {
                format!("no attribute states \"{written}\"")
            }
            StatementKind::Part => format!("no attribute has \"{written}\""),
            _ => format!("no attribute states the {kind} \"{written}\""),
        };
        let (contradicted, attribute) = (false, None);
        self.found.push(UnsupportedStatement { start, end, kind, contradicted, attribute, message });
    }

    /// Takes note of something that the text claims and an attribute denies.
    pub(super) fn claims_denied(&mut self, start: usize, end: usize, kind: StatementKind, attribute: usize) {
        let (written, named) = (self.written(start, end), self.named(attribute));
        let message = format!("the text claims \"{written}\", which {named} denies");
        self.contradicted(start, end, kind, attribute, message);
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
        self.contradicted(start, end, kind, attribute, message);
    }
}
