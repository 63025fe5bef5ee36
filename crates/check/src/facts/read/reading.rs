//! What reading a text against the facts gives.

use crate::content::StatementKind;

/// A statement of a text that the facts do not support.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct UnsupportedStatement {
    /// Where it begins, in bytes.
    pub(crate) start: usize,
    /// Where it ends.
    pub(crate) end: usize,
    pub(crate) kind: StatementKind,
    /// Whether an attribute says otherwise, or merely none says so.
    pub(crate) contradicted: bool,
    /// The attribute that says otherwise.
    pub(crate) attribute: Option<usize>,
    /// For a person.
    pub(crate) message: String,
}

/// A text, read.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// What no attribute supports, in the order of the text, without overlaps.
    pub(crate) unsupported: Vec<UnsupportedStatement>,
    /// Attributes that support something, each with the byte where that begins.
    pub(crate) supports: Vec<(usize, usize)>,
    /// Words that say something, and those of them that no fact has.
    pub(crate) words: usize,
    pub(crate) novel: usize,
}

/// What the share of words that no fact has counts beside findings: it orders texts that have none.
const NOVELTY_WEIGHT: f64 = 0.5;

impl Reading {
    /// How much suggests a statement that the facts do not support: the findings by weight, and the share of words that
    /// no fact has, which orders texts without findings.
    pub(crate) fn suspicion(&self) -> f64 {
        let weight = |statement: &UnsupportedStatement| match statement.kind {
            _ if statement.contradicted => 1.0,
            StatementKind::Praise => 0.05,
            StatementKind::Use | StatementKind::Purpose | StatementKind::Benefit => 0.1,
            StatementKind::Part => 0.3,
            _ => 0.7,
        };
        let found: f64 = self.unsupported.iter().map(weight).sum();
        found + NOVELTY_WEIGHT * self.novelty()
    }

    /// The share of words that no fact has.
    #[expect(clippy::cast_precision_loss, reason = "a text has far fewer than 2^52 words")]
    pub(crate) fn novelty(&self) -> f64 {
        self.novel as f64 / self.words.max(1) as f64
    }

    /// The attributes that support something between two bytes, without repetition.
    pub(crate) fn supported_by(&self, start: usize, end: usize) -> Vec<usize> {
        let inside = self.supports.iter().filter(|(at, _)| (start..end).contains(at));
        let mut attributes: Vec<usize> = inside.map(|(_, attribute)| *attribute).collect();
        attributes.sort_unstable();
        attributes.dedup();
        attributes
    }
}
