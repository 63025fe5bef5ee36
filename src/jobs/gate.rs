//! Whether a job's message may be worked now: looked up before each message, in a cache of two seconds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{JobState, read};
use crate::failure::chain;
use crate::store::ContentStore;

/// How long a state is used before it is read again: a pause or a cancellation takes effect within it.
const FRESH: Duration = Duration::from_secs(2);
/// Jobs that are remembered.
const KEPT: usize = 1_000;

/// What jobs are in which state, as far as this process knows.
#[derive(Debug)]
pub struct JobGate {
    store: Arc<dyn ContentStore>,
    known: Mutex<HashMap<String, (Instant, JobState)>>,
}

impl JobGate {
    /// A gate over the jobs of a store.
    #[must_use]
    pub fn new(store: Arc<dyn ContentStore>) -> Self {
        Self { store, known: Mutex::default() }
    }

    /// The state of a job. A job that is not stored was made by a publisher and runs; so does one that cannot be read now.
    pub async fn state(&self, job: &str) -> JobState {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(job).copied();
        if let Some((at, state)) = known
            && at.elapsed() < FRESH
        {
            return state;
        }
        let state = match read(&*self.store, job).await {
            Ok(found) => found.map_or(JobState::Running, |(job, _)| job.state),
            Err(error) => {
                tracing::warn!(error = %chain(&error), job, "the job's state could not be read");
                known.map_or(JobState::Running, |(_, state)| state)
            }
        };
        let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= KEPT {
            all.clear();
        }
        all.insert(job.to_owned(), (Instant::now(), state));
        state
    }
}
