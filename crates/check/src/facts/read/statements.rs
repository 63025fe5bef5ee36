//! The statements of a clause that words make: features, terms, levels and dates.

use super::super::clauses::Clause;
use super::super::features::{FeatureFault, FeatureMismatch};
use super::super::terms::{TermFault, UnsupportedTerm};
use super::reader::Reader;
use crate::content::StatementKind;

impl Reader<'_> {
    /// What a clause says of features.
    pub(super) fn features(&mut self, clause: &Clause<'_>, shouted: bool) {
        let index = self.index;
        let supports = &mut self.supports;
        let mut agreed: Vec<(usize, usize)> = Vec::new();
        let supported = |attribute, from, to, denied: bool| {
            agreed.push((from, to));
            if !denied {
                supports.push((from, attribute));
            }
        };
        let mismatches = index.features.mismatches(&index.known, self.text, shouted, clause, supported);
        self.denied_values(clause, &agreed);
        for FeatureMismatch { start, end, fault } in mismatches {
            match fault {
                FeatureFault::Denied(attribute) => {
                    self.claims_denied(start, end, StatementKind::Feature, attribute);
                }
                FeatureFault::Affirmed(attribute) => {
                    self.denies_stated(start, end, StatementKind::Feature, attribute, "affirms");
                }
                FeatureFault::Otherwise(attribute) => {
                    let (written, named) = (self.written(start, end), self.named(attribute));
                    let message = format!("no attribute states \"{written}\"; {named}");
                    self.contradicted(start, end, StatementKind::Count, attribute, message);
                }
                FeatureFault::Unknown => self.unsupported(start, end, StatementKind::Name),
                FeatureFault::Uncounted => self.unsupported(start, end, StatementKind::Count),
            }
        }
    }

    /// The materials, colours, certificates and the like of a clause.
    pub(super) fn terms(&mut self, clause: &Clause<'_>) {
        let index = self.index;
        let at = clause.words.first().map_or(0, |word| word.start);
        let supports = &mut self.supports;
        let supported = |attribute| supports.push((at, attribute));
        let unsupported = index.terms.unsupported(&index.known, self.text, clause, supported);
        for UnsupportedTerm { start, end, kind, fault } in unsupported {
            match fault {
                TermFault::Instead(attribute, term) => {
                    let (written, name) = (self.written(start, end), index.name(attribute));
                    let message =
                        format!("no attribute states the {kind} \"{written}\"; {name} states {term}");
                    self.contradicted(start, end, kind, attribute, message);
                }
                TermFault::Denied(attribute) => self.claims_denied(start, end, kind, attribute),
                TermFault::Affirmed(attribute) => self.denies_stated(start, end, kind, attribute, "affirms"),
                TermFault::Absent => self.unsupported(start, end, kind),
            }
        }
    }

    /// The price and rating levels of a clause.
    pub(super) fn levels(&mut self, clause: &Clause<'_>) {
        let at = clause.words.first().map_or(0, |word| word.start);
        let supports = &mut self.supports;
        let mismatches = self.index.levels.mismatches(clause, |attribute| supports.push((at, attribute)));
        for mismatch in mismatches {
            let (start, end, kind) = (mismatch.start, mismatch.end, mismatch.topic.kind());
            let Some(attribute) = mismatch.attribute else {
                self.unsupported(start, end, kind);
                continue;
            };
            let (written, named) = (self.written(start, end), self.named(attribute));
            let message = format!("\"{written}\" is another {kind} than {named}");
            self.contradicted(start, end, kind, attribute, message);
        }
    }

    /// The dates of a clause.
    pub(super) fn dates(&mut self, clause: &Clause<'_>) {
        let at = clause.words.first().map_or(0, |word| word.start);
        let supports = &mut self.supports;
        let mismatches = self.index.dates.mismatches(clause, |attribute| supports.push((at, attribute)));
        for mismatch in mismatches {
            let (start, end) = (mismatch.start, mismatch.end);
            let Some(attribute) = mismatch.attribute else {
                self.unsupported(start, end, StatementKind::Date);
                continue;
            };
            let (written, named) = (self.written(start, end), self.named(attribute));
            let message = format!("no attribute states \"{written}\"; the nearest is {named}");
            self.contradicted(start, end, StatementKind::Date, attribute, message);
        }
    }
}
