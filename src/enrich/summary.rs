//! What a run did, and what it cost.

use std::collections::BTreeMap;

use serde::Serialize;

use super::line::LineResult;
use crate::pipeline::TaskReport;
use skuscribe_check::content::money::Nanos;
use skuscribe_check::content::{Outcome, Usage};

/// What a run did, and what it cost.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Lines read.
    pub lines: u64,
    /// Lines that are finished, with any outcome.
    pub finished: u64,
    /// Lines that were refused at intake.
    pub rejected: u64,
    /// Tasks by their outcome.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// Model calls.
    pub calls: u64,
    /// Tokens.
    pub usage: Usage,
    /// What they cost, in billionths of the currency.
    pub cost: Nanos,
    /// What they were estimated to cost before they were made, likewise.
    pub expected_cost: Nanos,
    /// Lines that were begun and not finished: they wait for the next run.
    pub left: u64,
    /// The first thing that went wrong, to be shown at once.
    pub first_problem: Option<String>,
    /// The first note on a line, such as a misspelt field, to be shown at once.
    pub first_note: Option<String>,
    /// Whether it was interrupted before its end.
    pub interrupted: bool,
    /// What made it end early: the model may not be called for longer than a run waits.
    pub stopped: Option<String>,
}

impl Summary {
    /// Tasks of one outcome.
    #[must_use]
    pub fn count(&self, outcome: Outcome) -> u64 {
        self.outcomes.get(&outcome).copied().unwrap_or(0)
    }

    /// Adds a line to the sums.
    pub(super) fn add(&mut self, result: &LineResult) {
        match result {
            LineResult::Stopped { line, reports, .. } => {
                for report in reports {
                    self.add_task(*line, report);
                }
                self.left += 1;
                return;
            }
            LineResult::Refused { line, error } => {
                self.rejected += 1;
                self.first_problem.get_or_insert_with(|| format!("line {line}: {error}"));
            }
            LineResult::Failed { line, failure, .. } => {
                *self.outcomes.entry(Outcome::Failed).or_default() += 1;
                self.first_problem.get_or_insert_with(|| format!("line {line}: {failure}"));
            }
            LineResult::Done { line, reports, update } => {
                if let Some(note) = update.notes().first() {
                    self.first_note.get_or_insert_with(|| format!("line {line}: {}", note.message));
                }
                for report in reports {
                    self.add_task(*line, report);
                }
            }
        }
        self.finished += 1;
    }

    fn add_task(&mut self, line: u64, report: &TaskReport) {
        let outcome = match &report.result {
            Err(_) => Outcome::Failed,
            // The text of an earlier run is no news.
            Ok(done) if done.stored_before && done.outcome == Outcome::Published => Outcome::Unchanged,
            Ok(done) => done.outcome,
        };
        *self.outcomes.entry(outcome).or_default() += 1;
        let done = match &report.result {
            Ok(done) => done,
            Err(failure) => {
                self.first_problem.get_or_insert_with(|| format!("line {line}: {failure}"));
                return;
            }
        };
        self.calls = self.calls.saturating_add(u64::from(done.calls));
        self.usage += done.usage;
        self.cost = self.cost.saturating_add(done.cost);
        self.expected_cost = self.expected_cost.saturating_add(done.expected_cost);
    }
}
