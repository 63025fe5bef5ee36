//! Decisions on many drafts at once: a frozen set, worked in the background, each by its own name so that what changed
//! meanwhile is left alone and said.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::state::Console;
use crate::failure::chain;
use crate::review::{Act, ReviewDecision, ReviewError};
use skuscribe_check::product::{Locale, Sku};

/// Most drafts of one run.
pub(super) const RUN_MAX: usize = 5_000;
/// Runs that are remembered; the decisions themselves are in the store's log.
const RUNS_KEPT: usize = 100;
/// Failures of a run that are named.
const FAILURES_KEPT: usize = 200;

/// What is done with every draft of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BulkAct {
    Approve,
    Reject,
    /// Takes back what an earlier run decided.
    Undo,
}

/// A draft of a frozen set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub sku: Sku,
    pub locale: Locale,
    pub draft: String,
}

/// A run: what was asked, by whom, and how far it is.
#[derive(Clone, Debug)]
pub(super) struct BulkRun {
    pub id: String,
    pub act: BulkAct,
    pub by: String,
    pub why: String,
    pub filter: String,
    pub begun_at: Timestamp,
    pub total: usize,
    pub done: Vec<Target>,
    /// Each with why.
    pub failed: Vec<(Target, String)>,
    pub failures: usize,
    pub is_over: bool,
}

/// The runs of this process.
#[derive(Debug, Default)]
pub(super) struct BulkRuns {
    runs: Mutex<BTreeMap<String, BulkRun>>,
    tracker: TaskTracker,
    stop: CancellationToken,
}

impl BulkRuns {
    /// Begins a run on a frozen set; gives its id.
    pub(super) fn begin(&self, console: &Arc<Console>, run: BulkRun, targets: Vec<Target>) -> String {
        let id = run.id.clone();
        self.change(|runs| {
            while runs.len() >= RUNS_KEPT && runs.pop_first().is_some() {}
            runs.insert(id.clone(), run);
        });
        let (console, stop, running) = (Arc::clone(console), self.stop.clone(), id.clone());
        self.tracker.spawn(async move { work(&console, &running, targets, &stop).await });
        id
    }

    pub(super) fn of(&self, id: &str) -> Option<BulkRun> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// Stops what runs after the decision that is being made; what is left is left.
    pub(super) async fn stop(&self) {
        self.stop.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }

    fn change<T>(&self, change: impl FnOnce(&mut BTreeMap<String, BulkRun>) -> T) -> T {
        change(&mut self.runs.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn with(&self, id: &str, change: impl FnOnce(&mut BulkRun)) {
        self.change(|runs| runs.get_mut(id).map(change));
    }
}

async fn work(console: &Console, id: &str, targets: Vec<Target>, stop: &CancellationToken) {
    let Some(run) = console.bulk.of(id) else { return };
    for target in targets {
        if stop.is_cancelled() {
            break;
        }
        let decided = decide(console, &run, &target).await;
        if let Err(error) = console.model.refresh(&*console.store, &target.sku, &target.locale).await {
            // Its event brings the read model up to date as well.
            tracing::debug!(error = %chain(&error), "the read model was not refreshed after a decision");
        }
        console.bulk.with(id, |run| match decided {
            Ok(()) => run.done.push(target),
            Err(error) => {
                run.failures += 1;
                if run.failed.len() < FAILURES_KEPT {
                    run.failed.push((target, chain(&error)));
                }
            }
        });
    }
    console.bulk.with(id, |run| run.is_over = true);
    tracing::info!(run.id = %id, person.name = %run.by, "decisions on many drafts are made");
}

async fn decide(console: &Console, run: &BulkRun, target: &Target) -> Result<(), ReviewError> {
    let Target { sku, locale, draft } = target;
    let why = Some(run.why.as_str());
    let decision = ReviewDecision { sku, locale, draft, by: &run.by, why };
    match run.act {
        BulkAct::Approve => console.pipeline.approve(decision).await.map(drop),
        BulkAct::Reject => console.pipeline.reject(decision, &run.why).await.map(drop),
        BulkAct::Undo => console.pipeline.undo(Act { sku, locale, by: &run.by, why }, None).await.map(drop),
    }
}
