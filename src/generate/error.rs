//! Why no drafts came back, and whether trying again may help.

use std::time::Duration;

use super::answer::AnswerProblem;
use super::refusal_words as words;
use crate::failure::{FailureCause, FailureKind};
use crate::limits::breaker::{BreakerOpen, ServerHealth};
use crate::limits::quota::QuotaRefusal;
use crate::limits::server_state::ServerState;
use skuscribe_check::content::DraftOrigin;

/// How long a message stays away that met a state of the server; then it waits in its lane, which is paused.
const STATE_SNOOZE: Duration = Duration::from_secs(5);
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
    /// The server or the account is in a state that no message can change.
    #[error("the model server {provider} takes no calls: {state}: {reason}; {}", state.remedy())]
    State {
        /// The server.
        provider: String,
        /// The state.
        state: ServerState,
        /// Status and message.
        reason: String,
        /// Whether the server may have meant this one message.
        doubtful: bool,
    },
    /// The server refuses this very request.
    #[error("the model server {provider} refuses the request: {reason}")]
    Rejected {
        /// The server.
        provider: String,
        /// Status and message.
        reason: String,
    },
    /// The model may not be called now.
    #[error(transparent)]
    Quota(QuotaRefusal),
    /// The server's circuit breaker is open.
    #[error("the circuit breaker of {model} is open for {:.0} s: {}", open.after.as_secs_f64(), open.reason)]
    BreakerOpen {
        /// The model.
        model: String,
        /// Why, and for how long.
        open: BreakerOpen,
    },
    /// Prompt and answer do not fit.
    #[error(
        "the prompt of {tokens} tokens leaves no room for an answer in the {context} tokens of {model} (model.context_tokens)"
    )]
    TooLong {
        /// The model.
        model: String,
        /// Tokens of the prompt.
        tokens: u64,
        /// Tokens that there are.
        context: u64,
    },
    /// The answer was unusable, also after a repair call.
    #[error("the model's answer is unusable: {problem}")]
    Answer {
        /// What is wrong with it.
        problem: AnswerProblem,
        /// What was spent on it.
        made: Box<DraftOrigin>,
    },
}

impl GenerateError {
    /// Whether the same message may succeed later.
    #[must_use]
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::Unavailable { after, status, .. } => {
                let cause = if *status == Some(429) { FailureCause::RateLimit } else { FailureCause::Server };
                FailureKind::Retry { cause, after: *after }
            }
            // It fails every message alike: they wait until it is mended, and use up no attempt.
            Self::State { .. } => FailureKind::Snooze { after: STATE_SNOOZE },
            Self::Quota(refusal @ QuotaRefusal::DayCap { .. }) => {
                FailureKind::Paused { after: refusal.after() }
            }
            Self::Quota(refusal) => FailureKind::Snooze { after: refusal.after() },
            Self::BreakerOpen { open, .. } => {
                FailureKind::Snooze { after: open.after.max(Duration::from_secs(1)) }
            }
            Self::Rejected { .. } | Self::Answer { .. } | Self::TooLong { .. } => FailureKind::Permanent,
        }
    }

    /// Whether the same message may succeed later.
    #[must_use]
    pub(super) fn is_retryable(&self) -> bool {
        self.kind() != FailureKind::Permanent
    }

    /// Whether the next model of the chain is asked.
    #[must_use]
    pub(super) fn another_may_do(&self) -> bool {
        !matches!(self, Self::Quota(_))
    }

    /// The error of a call whose state others refuted: what the server refuses is this message.
    #[must_use]
    pub(super) fn of_the_message(self) -> Self {
        match self {
            Self::State { provider, reason, .. } => {
                Self::Unavailable { provider, reason, status: None, after: None }
            }
            other => other,
        }
    }

    /// Whether the request is refused, and not for what its message says.
    pub(super) fn may_mean_all(&self) -> bool {
        matches!(self, Self::Rejected { reason, .. } if !words::any(&reason.to_lowercase(), words::CONTENT))
    }

    /// The error of a request that is smaller than any message: what refuses that refuses all.
    #[must_use]
    pub(super) fn of_every_request(self) -> Self {
        let means_all = self.may_mean_all();
        match self {
            Self::Rejected { provider, reason } if means_all => {
                Self::State { provider, state: ServerState::RequestRefused, reason, doubtful: false }
            }
            other => other,
        }
    }

    /// What it says about the server.
    pub(super) fn health(&self) -> ServerHealth {
        match self {
            // A server that asks for fewer calls is well.
            Self::Unavailable { status: Some(429), .. }
            | Self::Quota(_)
            | Self::BreakerOpen { .. }
            | Self::TooLong { .. } => ServerHealth::Unknown,
            Self::Unavailable { reason, .. } => ServerHealth::Failed(reason.clone()),
            Self::State { state, reason, doubtful, .. } => {
                let said = format!("{state}: {reason}");
                ServerHealth::State { state: *state, reason: said, doubtful: *doubtful }
            }
            Self::Rejected { .. } | Self::Answer { .. } => ServerHealth::Good,
        }
    }
}
