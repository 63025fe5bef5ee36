//! What an attempt means that brought no completion: its error, whether it is repeated, what it took and says of the server.

use std::time::Duration;

use reqwest::header::HeaderMap;

use super::call::Call;
use super::error::GenerateError;
use super::refusal::{Refusal, RefusalKind, unreachable_state};
use super::retry_after::wait_asked;
use super::transport::TransportShared;
use crate::limits::quota::{AttemptResult, Load, RateHeaders};
use crate::limits::server_state::ServerState;

/// One attempt that did not succeed.
pub(super) struct FailedAttempt {
    pub(super) error: GenerateError,
    pub(super) retry: bool,
    pub(super) after: Option<Duration>,
    /// What it took of the quota.
    pub(super) spent: AttemptResult,
    /// What it says about the server's load.
    pub(super) load: Option<Load>,
    pub(super) said: RateHeaders,
}

impl FailedAttempt {
    /// One that is for good and says nothing about the server.
    pub(super) fn rejected(error: GenerateError, spent: AttemptResult) -> Self {
        Self { error, retry: false, after: None, spent, load: None, said: RateHeaders::default() }
    }
}

impl TransportShared {
    /// An attempt that got no answer.
    pub(super) fn unreachable(&self, error: &reqwest::Error) -> FailedAttempt {
        let what = if error.is_timeout() {
            "time-out"
        } else if error.is_connect() {
            "no connection"
        } else {
            "the connection broke"
        };
        let mut cause = std::error::Error::source(error);
        while let Some(inner) = cause.and_then(std::error::Error::source) {
            cause = Some(inner);
        }
        let cause = cause.map(ToString::to_string).unwrap_or_default();
        let reason =
            if cause.is_empty() { what.to_owned() } else { self.quote.of(&format!("{what}: {cause}")) };
        let provider = self.provider.clone();
        let state = unreachable_state(&cause);
        let error_is_before_sending = error.is_connect();
        // A connection that breaks says less about the load than a time-out.
        let overload = error.is_timeout().then_some(Load::Failed);
        let (spent, load) = if error_is_before_sending {
            (AttemptResult::Unreached, None)
        } else {
            (AttemptResult::Untold, overload)
        };
        let error = match state {
            Some(state) => GenerateError::State { provider, state, reason, doubtful: false },
            None => GenerateError::Unavailable { provider, reason, status: None, after: None },
        };
        // A name may be missing for the moment in which a service is replaced.
        let retry = matches!(state, None | Some(ServerState::HostUnknown));
        FailedAttempt { error, retry, after: None, spent, load, said: RateHeaders::default() }
    }

    /// An attempt whose answer is no completion.
    pub(super) fn refused(
        &self,
        refusal: Refusal,
        answered: reqwest::StatusCode,
        headers: &HeaderMap,
        completion: bool,
    ) -> FailedAttempt {
        let Refusal { kind, status, message, said } = refusal;
        let (answered, message) = (answered.to_string(), self.quote.of(&message));
        let said_more = !message.is_empty() && !answered.contains(&message);
        let reason =
            if said_more { format!("{answered}: {}", message.trim_end_matches('.')) } else { answered };
        let provider = self.provider.clone();
        let state = |state, doubtful| GenerateError::State {
            provider: provider.clone(),
            state,
            reason: reason.clone(),
            doubtful,
        };
        match kind {
            RefusalKind::State { state, .. } if !completion && may_lack_list(state, status) => {
                FailedAttempt::rejected(GenerateError::Rejected { provider, reason }, AttemptResult::Failed)
            }
            RefusalKind::State { state: seen, doubtful } => {
                FailedAttempt::rejected(state(seen, doubtful), AttemptResult::Refused)
            }
            RefusalKind::Request { again } => {
                let error = GenerateError::Rejected { provider, reason };
                FailedAttempt { retry: again, ..FailedAttempt::rejected(error, AttemptResult::Failed) }
            }
            RefusalKind::Foreign => {
                let error = state(ServerState::AddressWrong, true);
                FailedAttempt { retry: true, ..FailedAttempt::rejected(error, AttemptResult::Failed) }
            }
            RefusalKind::Passing => {
                let limits = status == 429;
                let after = wait_asked(headers, &said, limits, self.clock.now());
                FailedAttempt {
                    error: GenerateError::Unavailable { provider, reason, status: Some(status), after },
                    retry: !Call::is_refused_for_its_form()
                        && (self.policy.retry_500 || !matches!(status, 500 | 501)),
                    after,
                    spent: match status {
                        429 => AttemptResult::Refused,
                        // The model may have worked: nobody waited for it any longer, or its answer is not readable.
                        200 | 408 | 504 | 524 => AttemptResult::Untold,
                        _ => AttemptResult::Failed,
                    },
                    load: match status {
                        429 => Some(Load::Refused),
                        500.. => Some(Load::Failed),
                        _ => None,
                    },
                    said: RateHeaders::default(),
                }
            }
        }
    }
}

/// Whether a server in this state may answer completions all the same: many list no models, or not with every key.
fn may_lack_list(state: ServerState, status: u16) -> bool {
    match state {
        ServerState::AddressWrong | ServerState::ModelMissing => true,
        ServerState::KeyRefused => status == 403,
        _ => false,
    }
}
