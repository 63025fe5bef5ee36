//! What reading a text against the facts gives.

use std::collections::BTreeMap;

use super::lemma::Lemma;
use super::statement::{Decision, Statement};
use crate::content::StatementKind;

/// A word of a text, with its place in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadWord {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) lemma: Lemma,
    /// Whether it says something, and does not only hold its sentence together.
    pub(crate) says: bool,
}

/// A text, read.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// Its statements, in the order of the text, without overlaps.
    pub(crate) statements: Vec<Statement>,
    /// Attributes whose words it has, each with the byte where one stands, in order.
    pub(crate) supports: Vec<(usize, usize)>,
    /// Words that say something, and those of them that no fact has.
    pub(crate) words: usize,
    pub(crate) novel: usize,
    /// All of its words, in order.
    pub(crate) spoken: Vec<ReadWord>,
    /// Whether the facts are in another language.
    pub(crate) foreign: bool,
}

/// What the share of words that no fact has counts beside findings: it orders texts that have none.
const NOVELTY_WEIGHT: f64 = 0.5;

impl Reading {
    /// What the facts do not bear.
    pub(crate) fn faults(&self) -> impl Iterator<Item = &Statement> {
        self.statements.iter().filter(|statement| statement.is_fault())
    }

    /// How much suggests a statement that the facts do not support: the findings by weight, and the share of words that
    /// no fact has, which orders texts without findings.
    pub(crate) fn suspicion(&self) -> f64 {
        let weight = |statement: &Statement| match statement.kind {
            _ if statement.is_refuted() => 1.0,
            StatementKind::Praise => 0.05,
            StatementKind::Use | StatementKind::Benefit => 0.1,
            StatementKind::Predicate => 0.3,
            _ => 0.7,
        };
        let found: f64 = self.faults().map(weight).sum();
        found + NOVELTY_WEIGHT * self.novelty()
    }

    /// The share of words that no fact has.
    #[expect(clippy::cast_precision_loss, reason = "a text has far fewer than 2^52 words")]
    pub(crate) fn novelty(&self) -> f64 {
        self.novel as f64 / self.words.max(1) as f64
    }

    /// The attributes that support something between two bytes, without repetition.
    pub(crate) fn supported_by(&self, start: usize, end: usize) -> Vec<usize> {
        let from = self.supports.partition_point(|(at, _)| *at < start);
        let inside = self.supports.iter().skip(from).take_while(|(at, _)| *at < end);
        let mut attributes: Vec<usize> = inside.map(|(_, attribute)| *attribute).collect();
        attributes.sort_unstable();
        attributes.dedup();
        attributes
    }
}

/// The statements that stay where some overlap: what is refuted goes before what is merely not stated, and what a slot
/// that knows more says before what a more general one says.
pub(super) fn without_overlaps(mut found: Vec<Statement>) -> Vec<Statement> {
    // What one slot finds supported another need not state: "Suède" is a country and a material.
    let supported: foldhash::HashSet<(usize, usize)> = found
        .iter()
        .filter(|statement| matches!(statement.decision, Decision::Supported(_)))
        .map(|statement| (statement.start, statement.end))
        .collect();
    // "Passe au lave-vaisselle" beside "lave-vaisselle: oui": a property rests on the feature that its words name.
    let mut features: Vec<(usize, usize)> = found
        .iter()
        .filter(|statement| {
            statement.kind == StatementKind::Feature && supported.contains(&(statement.start, statement.end))
        })
        .map(|statement| (statement.start, statement.end))
        .collect();
    features.sort_unstable();
    let rests = |statement: &Statement| {
        let from = features.partition_point(|(start, _)| *start < statement.start);
        matches!(
            statement.kind,
            StatementKind::Certification | StatementKind::Property | StatementKind::Feature
        ) && features.get(from).is_some_and(|(_, end)| *end <= statement.end)
    };
    found.retain(|statement| {
        statement.decision != Decision::NotStated
            || !(supported.contains(&(statement.start, statement.end)) || rests(statement))
    });
    let rank = |statement: &Statement| match (statement.decision, statement.kind) {
        (Decision::Refuted(_), _) => 0,
        (_, StatementKind::Praise) => 5,
        (Decision::NotCheckable, _) => 4,
        (_, StatementKind::Predicate | StatementKind::Name) => 3,
        (
            _,
            StatementKind::Use
            | StatementKind::Benefit
            | StatementKind::Superlative
            | StatementKind::Comparison
            | StatementKind::Contents
            | StatementKind::Compatibility,
        )
        | (Decision::Supported(_), _) => 2,
        (Decision::NotStated, _) => 1,
    };
    found.sort_by_key(|statement| (rank(statement), statement.start));
    let mut kept: BTreeMap<usize, Statement> = BTreeMap::new();
    for statement in found {
        // What is kept does not overlap: only the last one that begins before this one's end can.
        let last = kept.range(..statement.end).next_back();
        if last.is_none_or(|(_, other)| other.end <= statement.start) {
            kept.insert(statement.start, statement);
        }
    }
    kept.into_values().collect()
}
