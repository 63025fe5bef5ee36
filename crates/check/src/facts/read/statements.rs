//! The statements of a clause that words make: features, terms, levels and dates.

use super::super::clauses::Clause;
use super::super::features::{FeatureFault, FeatureMismatch};
use super::super::terms::{TermFault, UnsupportedTerm};
use super::reader::Reader;

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
                FeatureFault::Denied(attribute) => self.claimed(start, end, "feature", attribute),
                FeatureFault::Affirmed(attribute) => {
                    self.denied(start, end, "feature", attribute, "affirms");
                }
                FeatureFault::Otherwise(attribute) => {
                    let (written, named) = (self.written(start, end), self.named(attribute));
                    let message = format!("no attribute states \"{written}\"; {named}");
                    self.contradicted(start, end, "count", attribute, message);
                }
                FeatureFault::Unknown => self.unsupported(start, end, "name"),
                FeatureFault::Uncounted => self.unsupported(start, end, "count"),
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
        for UnsupportedTerm { start, end, class, fault } in unsupported {
            match fault {
                TermFault::Instead(attribute, term) => {
                    let (written, name) = (self.written(start, end), index.name(attribute));
                    let message =
                        format!("no attribute states the {class} \"{written}\"; {name} states {term}");
                    self.contradicted(start, end, class, attribute, message);
                }
                TermFault::Denied(attribute) => self.claimed(start, end, class, attribute),
                TermFault::Affirmed(attribute) => self.denied(start, end, class, attribute, "affirms"),
                TermFault::Absent => self.unsupported(start, end, class),
            }
        }
    }

    /// The price and rating levels of a clause.
    pub(super) fn levels(&mut self, clause: &Clause<'_>) {
        let at = clause.words.first().map_or(0, |word| word.start);
        let supports = &mut self.supports;
        let mismatches = self.index.levels.mismatches(clause, |attribute| supports.push((at, attribute)));
        for mismatch in mismatches {
            let (start, end, topic) = (mismatch.start, mismatch.end, mismatch.topic.as_str());
            let Some(attribute) = mismatch.attribute else {
                self.unsupported(start, end, topic);
                continue;
            };
            let (written, named) = (self.written(start, end), self.named(attribute));
            let message = format!("\"{written}\" is another {topic} than {named}");
            self.contradicted(start, end, topic, attribute, message);
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
                self.unsupported(start, end, "date");
                continue;
            };
            let (written, named) = (self.written(start, end), self.named(attribute));
            let message = format!("no attribute states \"{written}\"; the nearest is {named}");
            self.contradicted(start, end, "date", attribute, message);
        }
    }
}
