//! Why a job cannot be started or steered.

use super::JobState;
use super::note::NoteError;
use crate::broker::{BrokerError, PublishError};
use crate::store::StoreError;

/// Why a job cannot be started or steered.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// There is none of that id.
    #[error("there is no job {id:?}; see `skuscribe jobs list`")]
    Unknown {
        /// The id.
        id: String,
    },
    /// There is one of that id already.
    #[error("there is a job {id} already; try again")]
    Exists {
        /// The id.
        id: String,
    },
    /// It cannot become what was asked for.
    #[error("job {id} is {}, so it cannot become {}", is.as_str(), wanted.as_str())]
    State {
        /// The id.
        id: String,
        /// What it is.
        is: JobState,
        /// What was asked for.
        wanted: JobState,
    },
    /// The note is refused.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The broker could not be used.
    #[error(transparent)]
    Broker(Box<BrokerError>),
    /// A part of its messages is not published.
    #[error("{confirmed} of {messages} messages of job {id} are confirmed; {remedy}")]
    Unfinished {
        /// The id.
        id: String,
        /// Messages that the broker has.
        confirmed: u64,
        /// All of them.
        messages: u64,
        /// What to do.
        remedy: String,
        /// What happened.
        #[source]
        source: Box<SendError>,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<BrokerError> for JobError {
    fn from(error: BrokerError) -> Self {
        Self::Broker(Box::new(error))
    }
}

/// Why a message of a job is not published.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The broker did not confirm it.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// It cannot be written as JSON.
    #[error("the message cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}
