//! Whether a job's message may be worked now, and what its writer is told: looked up before each message, in a cache of two
//! seconds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Job, JobState, read};
use crate::failure::chain;
use crate::store::{ContentStore, StoreError};

/// How long a state is used before it is read again: a pause or a cancellation takes effect within it.
const FRESH: Duration = Duration::from_secs(2);
/// Jobs that are remembered.
const KEPT: usize = 1_000;

/// What a job's message has to know of its job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobStanding {
    /// Whether it goes on.
    pub state: JobState,
    /// What the writer is told.
    pub note: Option<Arc<str>>,
}

impl JobStanding {
    /// That of a job as it is stored. One that is not was made by a publisher, and runs.
    fn of(job: Option<&Job>) -> Self {
        match job {
            Some(job) => Self { state: job.state, note: job.note.as_deref().map(Into::into) },
            None => Self { state: JobState::Running, note: None },
        }
    }
}

/// How jobs stand, as far as this process knows.
#[derive(Debug)]
pub struct JobGate {
    store: Arc<dyn ContentStore>,
    known: Mutex<HashMap<String, (Instant, JobStanding)>>,
}

impl JobGate {
    /// A gate over the jobs of a store.
    #[must_use]
    pub fn new(store: Arc<dyn ContentStore>) -> Self {
        Self { store, known: Mutex::default() }
    }

    /// How a job stands: where it cannot be read now, as it stood last.
    ///
    /// # Errors
    /// When it was never read and cannot be: whether it may go on, and what its writer is told, is not known then.
    pub async fn standing(&self, job: &str) -> Result<JobStanding, StoreError> {
        let known = self.known().get(job).cloned();
        if let Some((at, standing)) = &known
            && at.elapsed() < FRESH
        {
            return Ok(standing.clone());
        }
        match self.look(job).await {
            Ok(standing) => Ok(standing),
            Err(error) => {
                let Some((_, standing)) = known else { return Err(error) };
                tracing::warn!(error = %chain(&error), job, "the job could not be read; it goes on as it stood last");
                Ok(standing)
            }
        }
    }

    /// Whether any job that this process knows as paused is paused no more.
    pub async fn any_goes_on(&self) -> bool {
        let is_paused = |standing: &JobStanding| standing.state == JobState::Paused;
        let paused: Vec<String> = {
            let known = self.known();
            let paused = known.iter().filter(|(_, (_, standing))| is_paused(standing));
            paused.map(|(job, _)| job.clone()).collect()
        };
        let mut goes_on = false;
        for job in paused {
            match self.look(&job).await {
                Ok(standing) => goes_on |= !is_paused(&standing),
                Err(error) => {
                    tracing::debug!(error = %chain(&error), job, "the paused job could not be read");
                }
            }
        }
        goes_on
    }

    /// Whether this process knows a job that is paused.
    #[must_use]
    pub fn knows_paused(&self) -> bool {
        self.known().values().any(|(_, standing)| standing.state == JobState::Paused)
    }

    async fn look(&self, job: &str) -> Result<JobStanding, StoreError> {
        let standing = JobStanding::of(read(&*self.store, job).await?.map(|(job, _)| job).as_ref());
        let mut known = self.known();
        if known.len() >= KEPT && !known.contains_key(job) {
            // Those that are paused are watched.
            known.retain(|_, (_, standing)| standing.state == JobState::Paused);
        }
        known.insert(job.to_owned(), (Instant::now(), standing.clone()));
        Ok(standing)
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, (Instant, JobStanding)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
