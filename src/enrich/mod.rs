//! Enrich: file → pipeline → summary. The counterpart of the worker for files.

mod refused;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::catalog::{Record, Source};
use crate::failure::{Failure, FailureKind};
use crate::intake::inbox::Inbox;
use crate::intake::{IntakeError, Update};
use crate::pipeline::{Pipeline, TaskReport};
use crate::shutdown::Shutdown;
use refused::RefusedLines;
use skuscribe_check::content::money::Nanos;
use skuscribe_check::content::{Outcome, Usage};

/// Attempts of a line, the first included: a file has no delay queues.
const ATTEMPTS_MAX: u32 = 3;

/// A run does not wait longer than this for a model server, an account or a cap: it ends, and goes on from there when
/// it is started again.
const PATIENCE: Duration = Duration::from_mins(1);

/// What a run did, and what it cost.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Lines read.
    pub lines: u64,
    /// Lines that are finished, whatever became of them.
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
    /// What they were thought to cost before they were made, likewise.
    pub expected_cost: Nanos,
    /// The first thing that went wrong, to be shown at once.
    pub first_problem: Option<String>,
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

    fn add(&mut self, report: &TaskReport) {
        let outcome = report.result.as_ref().map_or(Outcome::Failed, |done| done.outcome);
        *self.outcomes.entry(outcome).or_default() += 1;
        if let Ok(done) = &report.result {
            self.calls += u64::from(done.calls);
            self.usage += done.usage;
            self.cost += done.cost;
            self.expected_cost += done.expected_cost;
        }
    }
}

/// What became of a line.
enum Worked {
    Refused {
        line: u64,
        error: IntakeError,
    },
    Done {
        line: u64,
        update: Arc<Update>,
        reports: Vec<TaskReport>,
    },
    Failed {
        line: u64,
        update: Arc<Update>,
        failure: Failure,
    },
    /// Nothing is wrong with it, but it has to wait for longer than a run lasts.
    Stopped {
        reason: String,
    },
}

/// How a run is done.
#[derive(Debug)]
pub struct Run {
    /// The stages.
    pub pipeline: Arc<Pipeline>,
    /// Lines in work at the same time.
    pub slots: usize,
    /// Where refused lines are written.
    pub rejected: PathBuf,
}

impl Run {
    /// Works every line of a source. The first signal stops reading and finishes what is in flight. `progress` is called
    /// after every line with the sums and the time so far.
    ///
    /// # Errors
    /// When the file cannot be read to its end, or refused lines cannot be written.
    pub async fn run(
        &self,
        source: Source,
        shutdown: &Shutdown,
        mut progress: impl FnMut(&Summary, Duration),
    ) -> anyhow::Result<Summary> {
        let started = Instant::now();
        let context = Arc::new(source.context());
        let mut lines = read_ahead(source, self.slots);
        let mut refused = RefusedLines::new(self.rejected.clone())?;
        let mut summary = Summary::default();
        let mut tasks: JoinSet<Worked> = JoinSet::new();
        let mut reading = true;
        let in_hand = Inbox::default();
        if self.pipeline.models().spend().is_capped() {
            self.pipeline.ledger().round(true).await;
        }
        loop {
            let room = reading && tasks.len() < self.slots;
            tokio::select! {
                biased;
                () = shutdown.abort.cancelled() => {
                    tasks.abort_all();
                    summary.interrupted = true;
                    break;
                }
                () = shutdown.drain.cancelled(), if reading => {
                    reading = false;
                    summary.interrupted = true;
                }
                Some(worked) = tasks.join_next() => {
                    let worked = worked.context("a task broke down")?;
                    if let Worked::Stopped { reason } = &worked {
                        (reading, summary.interrupted) = (false, true);
                        summary.stopped.get_or_insert_with(|| reason.clone());
                    }
                    refused.note(&mut summary, &worked)?;
                    progress(&summary, started.elapsed());
                }
                record = lines.recv(), if room => match record {
                    Some(record) => {
                        let record = record.context("the file cannot be read to its end")?;
                        summary.lines += 1;
                        let (pipeline, context) = (Arc::clone(&self.pipeline), Arc::clone(&context));
                        let in_hand = in_hand.clone();
                        tasks.spawn(async move {
                            let line = record.line;
                            match context.update(record) {
                                Ok(update) => work(&pipeline, &in_hand, line, update).await,
                                Err(error) => Worked::Refused { line, error },
                            }
                        });
                    }
                    None => reading = false,
                },
                else => break,
            }
            if !reading && tasks.is_empty() {
                break;
            }
        }
        self.pipeline.ledger().round(false).await;
        refused.finish()?;
        Ok(summary)
    }
}

async fn work(pipeline: &Pipeline, in_hand: &Inbox, line: u64, update: Update) -> Worked {
    let mut entry = in_hand.enter(Arc::new(update));
    let mut attempt = 1;
    let mut waited = Duration::ZERO;
    loop {
        let turn = entry.lock_sku().await;
        let result = pipeline.run(&entry).await;
        drop(turn);
        let failures: Vec<&Failure> = match &result {
            Ok(reports) => reports.iter().filter_map(|report| report.result.as_ref().err()).collect(),
            Err(failure) => vec![failure],
        };
        let retry = failures.iter().any(|failure| matches!(failure.kind, FailureKind::Retry { .. }));
        let snooze = failures.iter().find_map(|failure| match failure.kind {
            FailureKind::Snooze { after } => Some((after, &failure.message)),
            _ => None,
        });
        let wait = match (retry && attempt < ATTEMPTS_MAX, snooze) {
            (true, _) => {
                attempt += 1;
                Duration::from_secs(u64::from(attempt - 1))
            }
            (false, Some((after, reason))) => {
                waited += after;
                if waited >= PATIENCE {
                    return Worked::Stopped { reason: reason.clone() };
                }
                after
            }
            (false, None) => {
                let update = Arc::clone(entry.update());
                return match result {
                    Ok(reports) => Worked::Done { line, update, reports },
                    Err(failure) => Worked::Failed { line, update, failure },
                };
            }
        };
        tokio::time::sleep(wait).await;
        // Locales that are finished carry the operation id: the next attempt leaves them alone. What was paid
        // for and not stored is found in history.
        entry = in_hand.enter(Arc::new(entry.update().seen_again()));
    }
}

/// Reads lines on a thread of their own, so that files never block the runtime.
fn read_ahead(source: Source, slots: usize) -> mpsc::Receiver<std::io::Result<Record>> {
    let (sender, receiver) = mpsc::channel(slots.max(16));
    tokio::task::spawn_blocking(move || {
        for record in source {
            if sender.blocking_send(record).is_err() {
                break;
            }
        }
    });
    receiver
}
