//! Why no drafts came back, and whether trying again may help.

use std::time::Duration;

use super::Made;
use super::answer::Problem;
use crate::failure::{Cause, Kind};

/// Why no drafts came back.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// The server did not answer, or not now: connection, time-out, 408, 409, 429, 5xx.
    #[error("the model server {provider} did not answer: {reason}")]
    Unavailable {
        /// The server.
        provider: String,
        /// What happened last.
        reason: String,
        /// HTTP status of the last attempt, if there was an answer.
        status: Option<u16>,
        /// The wait that the server asked for.
        after: Option<Duration>,
    },
    /// The server wants another key, or money.
    #[error(
        "the model server {provider} turns the account away: {reason}; check the key and the account's quota"
    )]
    Account {
        /// The server.
        provider: String,
        /// Status and message.
        reason: String,
    },
    /// The server refuses this very request.
    #[error("the model server {provider} refuses the request: {reason}")]
    Rejected {
        /// The server.
        provider: String,
        /// Status and message.
        reason: String,
    },
    /// The answer was unusable, also after a repair call.
    #[error("the model's answer is unusable: {problem}")]
    Answer {
        /// What is wrong with it.
        problem: Problem,
        /// What was spent on it.
        made: Box<Made>,
    },
}

impl GenerateError {
    /// Whether the same message may succeed later.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Unavailable { after, status, .. } => {
                let cause = if *status == Some(429) { Cause::RateLimit } else { Cause::Server };
                Kind::Retry { cause, after: *after }
            }
            // A wrong key fails every message alike: they wait until it is mended.
            Self::Account { .. } => {
                Kind::Retry { cause: Cause::RateLimit, after: Some(Duration::from_mins(10)) }
            }
            Self::Rejected { .. } | Self::Answer { .. } => Kind::Permanent,
        }
    }
}
