//! Pausing, resuming and cancelling jobs: one conditional write, with who did it.

use jiff::Timestamp;

use super::error::JobError;
use super::{Job, JobState, change, read};
use crate::store::ContentStore;

/// What is done to a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Steering {
    /// Its messages wait until it is resumed; what is being written is finished.
    Pause,
    /// A paused one goes on.
    Resume,
    /// Nothing more of it is written.
    Cancel,
}

impl Steering {
    fn state(self) -> JobState {
        match self {
            Self::Pause => JobState::Paused,
            Self::Resume => JobState::Running,
            Self::Cancel => JobState::Cancelled,
        }
    }

    fn is_possible_from(self, state: JobState) -> bool {
        match self {
            Self::Pause => state == JobState::Running,
            Self::Resume => state == JobState::Paused,
            Self::Cancel => matches!(state, JobState::Running | JobState::Paused),
        }
    }
}

/// Steers a job; gives it as it is then. What is so already stays as it is.
///
/// # Errors
/// When there is no such job, its state forbids it, or the store does not answer.
pub async fn steer(
    store: &dyn ContentStore,
    id: &str,
    steering: Steering,
    by: &str,
    now: Timestamp,
) -> Result<Job, JobError> {
    let unknown = || JobError::Unknown { id: id.to_owned() };
    let (before, _) = read(store, id).await?.ok_or_else(unknown)?;
    let wanted = steering.state();
    let refused = |is| JobError::State { id: id.to_owned(), is, wanted };
    if before.state == wanted {
        return Ok(before);
    }
    if !steering.is_possible_from(before.state) {
        return Err(refused(before.state));
    }
    let changed = change(store, id, |job| {
        if steering.is_possible_from(job.state) {
            job.state = wanted;
            job.state_by = (!by.is_empty()).then(|| by.to_owned());
            job.state_at = Some(now);
        }
    });
    let after = changed.await?.ok_or_else(unknown)?;
    // Somebody else was first, with something else.
    if after.state == wanted { Ok(after) } else { Err(refused(after.state)) }
}
