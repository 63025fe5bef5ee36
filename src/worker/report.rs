//! The worker's report in the store, written every few seconds: for whoever asks why a job waits.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::Worker;
use crate::failure::chain;
use crate::store::workers::{JobWait, WorkerReport, forget_gone, report};
use crate::store::{ContentStore as _, Key};

/// How often a report is written; it counts for a minute.
const WRITE_EVERY: Duration = Duration::from_secs(10);
/// Longest time for the last write.
const LAST_WRITE_MAX: Duration = Duration::from_secs(2);
/// Most jobs that a report speaks of: those that were sent away last.
const JOBS_MAX: usize = 100;
/// Longest reason, in characters.
const REASON_CHARS_MAX: usize = 300;

/// Why messages of jobs were sent away, as far as this worker knows.
#[derive(Debug, Default)]
pub(super) struct JobWaits(Mutex<BTreeMap<String, JobWait>>);

impl JobWaits {
    /// A message of a job was sent away.
    pub(super) fn note(&self, job: &str, reason: &str, now: Timestamp) {
        let mut waits = self.lock();
        let messages = waits.get(job).map_or(0, |wait| wait.messages).saturating_add(1);
        let reason = reason.chars().take(REASON_CHARS_MAX).collect();
        waits.insert(job.to_owned(), JobWait { reason, at: now, messages });
        if waits.len() > JOBS_MAX
            && let Some(oldest) = waits.iter().min_by_key(|(_, wait)| wait.at).map(|(job, _)| job.clone())
        {
            waits.remove(&oldest);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, JobWait>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Worker {
    /// Writes the report until `stop`, and takes it away then. A store that does not answer is asked again the next time.
    pub(super) async fn keep_reporting(&self, stop: &CancellationToken) {
        if let Err(error) = forget_gone(&*self.store, self.clock.now()).await {
            tracing::debug!(error = %chain(&error), "reports of workers that are gone were not taken away");
        }
        loop {
            if let Err(error) = report(&*self.store, &self.report()).await {
                tracing::debug!(error = %chain(&error), "the worker's report could not be written; trying again");
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(WRITE_EVERY) => {}
            }
        }
        let key = Key::Worker { process: self.process.clone() };
        // A store that is gone must not hold up the end.
        let taken_away = tokio::time::timeout(LAST_WRITE_MAX, self.store.delete(&key)).await;
        if !matches!(taken_away, Ok(Ok(()))) {
            tracing::debug!("the worker's report was not taken away; it counts for a minute more");
        }
    }

    fn report(&self) -> WorkerReport {
        let lanes = self.lanes();
        let paused = lanes.iter().filter_map(|lane| Some((*lane, self.paused(*lane)?.reason))).collect();
        WorkerReport {
            schema: "worker.v1".to_owned(),
            process: self.process.clone(),
            at: self.clock.now(),
            in_flight: self.liveness.without_progress().0 as u64,
            paused,
            waits: self.waits.lock().clone(),
            lanes,
        }
    }
}
