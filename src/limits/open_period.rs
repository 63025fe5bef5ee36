//! The time for which a circuit breaker stays open: it doubles with each failed probe, within limits.

use std::time::Duration;

use tokio::time::Instant;

use super::breaker::ServerHealth;
use super::server_state::ServerState;

/// How long it stays open at first; then one call probes the server.
const FIRST_WAIT: Duration = Duration::from_secs(5);
/// Longest time that it stays open after failures; it doubles with each failed probe.
const WAIT_MAX: Duration = Duration::from_secs(50);
/// How long it stays open at first in a state that somebody has to mend.
const STATE_FIRST_WAIT: Duration = Duration::from_secs(10);
/// Longest time that it stays open in such a state.
const STATE_WAIT_MAX: Duration = Duration::from_mins(10);
/// So many calls that meet a doubtful state at the same time prove it.
const PROVEN_BY: u32 = 3;

/// How long the breaker stays open, and why.
#[derive(Clone, Debug)]
pub(super) struct OpenPeriod {
    pub(super) since: Instant,
    pub(super) until: Instant,
    pub(super) wait: Duration,
    pub(super) reason: String,
    pub(super) state: Option<ServerState>,
    /// Whether no words prove the state, and no probe.
    pub(super) doubtful: bool,
    /// Calls that met it.
    pub(super) met: u32,
}

/// An open circuit breaker: why no calls are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakerOpen {
    /// What happened last.
    pub reason: String,
    /// For how long from now.
    pub after: Duration,
    /// For how long it has been open.
    pub since: Duration,
    /// The state that a person has to mend; `None` after failures that may pass.
    pub state: Option<ServerState>,
    /// Whether few calls, without words that prove it, say that there is such a state.
    pub doubtful: bool,
}

impl OpenPeriod {
    /// The period that begins with a failed call.
    pub(super) fn after(before: Option<&Self>, health: ServerHealth) -> Self {
        let (reason, state, doubtful) = match health {
            ServerHealth::State { state, reason, doubtful } => (reason, Some(state), doubtful),
            ServerHealth::Failed(reason) => (reason, None, false),
            ServerHealth::Good | ServerHealth::Unknown => (String::new(), None, false),
        };
        let (first, longest) =
            if state.is_some() { (STATE_FIRST_WAIT, STATE_WAIT_MAX) } else { (FIRST_WAIT, WAIT_MAX) };
        let same = before.filter(|before| before.state == state);
        let wait = same.map_or(first, |before| (before.wait * 2).min(longest));
        let now = Instant::now();
        // Jitter: workers that lost the server together do not retry together.
        let until = now + wait.mul_f64(0.8 + 0.4 * fastrand::f64());
        // A probe that meets the state again proves it.
        let doubtful = doubtful && same.is_none();
        Self { since: same.map_or(now, |before| before.since), until, wait, reason, state, doubtful, met: 1 }
    }

    /// Whether the state is not proven.
    pub(super) fn is_in_doubt(&self) -> bool {
        self.doubtful && self.met < PROVEN_BY
    }

    /// What is told of it.
    pub(super) fn opened(&self) -> BreakerOpen {
        let now = Instant::now();
        BreakerOpen {
            reason: self.reason.clone(),
            after: self.until.saturating_duration_since(now),
            since: now.saturating_duration_since(self.since),
            state: self.state,
            doubtful: self.is_in_doubt(),
        }
    }
}
