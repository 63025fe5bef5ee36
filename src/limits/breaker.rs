//! The circuit breaker of a model server: closed, open after failures in a row or in a state that calls cannot mend, half
//! open while one call probes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::breaker_log::BreakerLog;
pub use super::open_period::BreakerOpen;
use super::open_period::OpenPeriod;
use super::server_state::ServerState;

/// Failed calls in a row that open the breaker: a few failures among many calls are everyday.
const FAILURES_MAX: u32 = 5;
/// After a doubtful state that the very next call refuted, the same refusal is its message's for this long.
const REFUTED_FOR: Duration = Duration::from_mins(10);
/// Longest wait for another call's probe.
const PROBE_WAIT_MAX: Duration = Duration::from_secs(30);

/// Notifies subscribers that a breaker opened or closed, or that a cap was reached or raised.
pub(crate) type Changes = Arc<watch::Sender<u64>>;

/// A circuit breaker; clones share their state.
#[derive(Clone, Debug)]
pub(crate) struct Breaker {
    shared: Arc<BreakerShared>,
}

#[derive(Debug)]
struct BreakerShared {
    changes: Changes,
    log: BreakerLog,
    state: Mutex<BreakerState>,
}

#[derive(Debug)]
enum BreakerState {
    /// Calls are made.
    Closed {
        /// This many failed in a row.
        failures: u32,
        /// When the next call refuted a doubtful state.
        refuted: Option<Instant>,
    },
    /// No calls until the period is over.
    Open(OpenPeriod),
    /// One call probes the server; the others wait for its result.
    HalfOpen(OpenPeriod),
}

/// What a call says about its server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ServerHealth {
    /// It answered.
    Good,
    /// It failed, or did not answer.
    Failed(String),
    /// It is in a state that no message can change.
    State {
        /// The state.
        state: ServerState,
        /// What the server said.
        reason: String,
        /// Whether it may have meant this one message.
        doubtful: bool,
    },
    /// Nothing that is true of other calls.
    Unknown,
}

/// The breaker's permit for one call; the result of the call is reported to it.
#[derive(Debug)]
pub(crate) struct BreakerPermit {
    breaker: Breaker,
    probe: bool,
    reported: bool,
}

impl Breaker {
    /// A closed one, that opens after [`FAILURES_MAX`] failures in a row. `model` is its name in logs and metrics.
    #[must_use]
    pub(crate) fn new(model: String, changes: Changes) -> Self {
        let state = Mutex::new(BreakerState::Closed { failures: 0, refuted: None });
        Self { shared: Arc::new(BreakerShared { changes, log: BreakerLog::new(model), state }) }
    }

    /// The permit for one call. While another call probes the server, waits for its result.
    ///
    /// # Errors
    /// When the breaker is open.
    pub(crate) async fn permit(&self) -> Result<BreakerPermit, BreakerOpen> {
        let mut changes = self.shared.changes.subscribe();
        let give_up = Instant::now() + PROBE_WAIT_MAX;
        loop {
            changes.borrow_and_update();
            if let Some(decided) = self.decide() {
                return decided;
            }
            if tokio::time::timeout_at(give_up, changes.changed()).await.is_err() {
                return Err(self.opened().unwrap_or_else(|| BreakerOpen {
                    reason: "the probe of the server has no result yet".to_owned(),
                    after: Duration::from_secs(1),
                    since: Duration::ZERO,
                    state: None,
                    doubtful: false,
                }));
            }
        }
    }

    /// `None` while another call probes the server.
    fn decide(&self) -> Option<Result<BreakerPermit, BreakerOpen>> {
        let mut state = self.lock();
        let probe = match &*state {
            BreakerState::Closed { .. } => false,
            BreakerState::HalfOpen(_) => return None,
            BreakerState::Open(open) if Instant::now() < open.until => return Some(Err(open.opened())),
            BreakerState::Open(open) => {
                *state = BreakerState::HalfOpen(open.clone());
                true
            }
        };
        Some(Ok(BreakerPermit { breaker: self.clone(), probe, reported: false }))
    }

    /// Why no calls are made now; `None` while the breaker is closed or half open, or one call may probe.
    #[must_use]
    pub(crate) fn opened(&self) -> Option<BreakerOpen> {
        self.stopped().filter(|open| !open.after.is_zero())
    }

    /// Why the last call failed, until one is answered; `None` while the breaker is closed.
    #[must_use]
    pub(crate) fn stopped(&self) -> Option<BreakerOpen> {
        self.lock().opened()
    }

    /// Whether one call probes the server now.
    #[must_use]
    pub(crate) fn is_half_open(&self) -> bool {
        matches!(&*self.lock(), BreakerState::HalfOpen(_))
    }

    /// Takes note of a call; `false` where its state is not taken as the server's, but as the answer to this one message.
    fn note(&self, probe: bool, health: ServerHealth) -> bool {
        let (before, after) = {
            let mut state = self.lock();
            let before = state.opened();
            match state.next(probe, health) {
                Next::Stays { believed } => return believed,
                Next::Proven => (),
                Next::Becomes(next) => *state = next,
            }
            (before, state.opened())
        };
        match (before, after) {
            (None, None) => return true,
            (Some(before), None) => self.shared.log.closed(&before),
            // A probe that was given up, or a state that others meet, changes nothing that people need to know.
            (Some(before), Some(after)) if after.after <= before.after => {}
            (before, Some(after)) => self.shared.log.opened(&after, before.as_ref()),
        }
        self.shared.changes.send_modify(|version| *version += 1);
        true
    }

    fn lock(&self) -> MutexGuard<'_, BreakerState> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a call makes of the breaker's state.
enum Next {
    /// Nothing; whether what the call said of the server is believed.
    Stays { believed: bool },
    /// Its state is beyond doubt now.
    Proven,
    /// Another one.
    Becomes(BreakerState),
}

impl BreakerState {
    fn next(&mut self, probe: bool, health: ServerHealth) -> Next {
        use BreakerState::{Closed, HalfOpen, Open};
        let closed = |failures, refuted| Next::Becomes(Closed { failures, refuted });
        match (&mut *self, health) {
            (Closed { failures: 0, .. }, ServerHealth::Good) | (Closed { .. }, ServerHealth::Unknown) => {
                Next::Stays { believed: true }
            }
            // A call from before the breaker opened says whether a doubtful state is true of others; else the probe decides.
            (Open(open) | HalfOpen(open), health) if !probe => Self::met_by_another(open, &health),
            (Closed { refuted, .. }, ServerHealth::Good) => closed(0, *refuted),
            (Open(open) | HalfOpen(open), ServerHealth::Good) => closed(0, open.doubtful.then(Instant::now)),
            // The probe has no result: the next call probes.
            (Open(open) | HalfOpen(open), ServerHealth::Unknown) => {
                Next::Becomes(Open(OpenPeriod { until: Instant::now(), ..open.clone() }))
            }
            (Closed { failures, refuted }, health) => {
                let doubted = matches!(health, ServerHealth::State { doubtful: true, .. })
                    && refuted.is_some_and(|at| at.elapsed() < REFUTED_FOR);
                let counted = doubted || matches!(health, ServerHealth::Failed(_));
                if counted && *failures + 1 < FAILURES_MAX {
                    *failures += 1;
                    return Next::Stays { believed: !doubted };
                }
                Next::Becomes(Open(OpenPeriod::after(None, health)))
            }
            (Open(open) | HalfOpen(open), health) => {
                Next::Becomes(Open(OpenPeriod::after(Some(open), health)))
            }
        }
    }

    /// What a call that is no probe makes of the period.
    fn met_by_another(open: &mut OpenPeriod, health: &ServerHealth) -> Next {
        let before = open.is_in_doubt();
        match health {
            ServerHealth::Good if before => {
                return Next::Becomes(BreakerState::Closed { failures: 0, refuted: Some(Instant::now()) });
            }
            ServerHealth::State { state, .. } if open.state == Some(*state) => open.met += 1,
            _ => {}
        }
        if before && !open.is_in_doubt() { Next::Proven } else { Next::Stays { believed: true } }
    }

    fn opened(&self) -> Option<BreakerOpen> {
        match self {
            Self::Closed { .. } => None,
            Self::Open(open) | Self::HalfOpen(open) => Some(open.opened()),
        }
    }
}

impl BreakerPermit {
    /// Reports what the call says about the server; `false` where the state that it says is taken as the answer to this
    /// one message.
    pub(crate) fn report(mut self, health: ServerHealth) -> bool {
        self.reported = true;
        self.breaker.note(self.probe, health)
    }
}

impl Drop for BreakerPermit {
    fn drop(&mut self) {
        if !self.reported {
            self.breaker.note(self.probe, ServerHealth::Unknown);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaker() -> Breaker {
        Breaker::new("m@host".to_owned(), Arc::default())
    }

    async fn reports(breaker: &Breaker, health: ServerHealth) -> bool {
        breaker.permit().await.unwrap().report(health)
    }

    async fn fails(breaker: &Breaker, times: u32) {
        for _ in 0..times {
            reports(breaker, ServerHealth::Failed("503".to_owned())).await;
        }
    }

    fn state(doubtful: bool) -> ServerHealth {
        ServerHealth::State { state: ServerState::KeyRefused, reason: "403".to_owned(), doubtful }
    }

    /// Waits until a call may probe.
    async fn until_probe(breaker: &Breaker) {
        tokio::time::advance(breaker.opened().unwrap().after).await;
    }

    #[tokio::test(start_paused = true)]
    async fn failures_in_a_row_open_the_breaker_and_one_call_probes_the_server() {
        let breaker = breaker();
        fails(&breaker, FAILURES_MAX - 1).await;
        reports(&breaker, ServerHealth::Good).await;
        fails(&breaker, FAILURES_MAX).await;
        assert_eq!(breaker.permit().await.unwrap_err().reason, "503");
        tokio::time::advance(Duration::from_secs(7)).await;
        let probe = breaker.permit().await.unwrap();
        let waiting = breaker.permit();
        tokio::pin!(waiting);
        assert!(futures_util::FutureExt::now_or_never(&mut waiting).is_none());
        probe.report(ServerHealth::Good);
        waiting.await.unwrap().report(ServerHealth::Good);
    }

    #[tokio::test(start_paused = true)]
    async fn it_stays_open_longer_after_each_failed_probe_up_to_a_limit() {
        let breaker = breaker();
        fails(&breaker, FAILURES_MAX).await;
        for _ in 0..6 {
            let after = breaker.opened().unwrap().after;
            assert!(after <= Duration::from_mins(1), "{after:?}");
            tokio::time::advance(after).await;
            fails(&breaker, 1).await;
        }
        let open = breaker.opened().unwrap();
        assert!(open.after >= Duration::from_secs(40) && open.since > Duration::from_secs(100), "{open:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_state_opens_it_at_once_and_for_ten_minutes_in_the_end() {
        let breaker = breaker();
        for _ in 0..10 {
            assert!(reports(&breaker, state(false)).await);
            let open = breaker.opened().unwrap();
            assert_eq!(open.state, Some(ServerState::KeyRefused));
            assert!(
                open.after >= Duration::from_secs(8) && open.after <= Duration::from_mins(12),
                "{open:?}"
            );
            until_probe(&breaker).await;
        }
        assert!(breaker.stopped().unwrap().since > Duration::from_mins(30));
        reports(&breaker, ServerHealth::Good).await;
        assert_eq!(breaker.stopped(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_that_is_given_up_leaves_it_to_the_next_call() {
        let breaker = breaker();
        reports(&breaker, state(false)).await;
        until_probe(&breaker).await;
        drop(breaker.permit().await.unwrap());
        assert!(breaker.opened().is_none() && breaker.stopped().is_some());
        reports(&breaker, ServerHealth::Good).await;
        assert_eq!(breaker.stopped(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_doubtful_state_that_the_next_call_refutes_is_the_message_s_when_it_comes_again() {
        let breaker = breaker();
        assert!(reports(&breaker, state(true)).await);
        until_probe(&breaker).await;
        reports(&breaker, ServerHealth::Good).await;
        assert!(!reports(&breaker, state(true)).await);
        assert_eq!(breaker.stopped(), None);
        // What the words prove stays a state, and so does what many calls in a row say.
        for _ in 2..FAILURES_MAX {
            assert!(!reports(&breaker, state(true)).await);
        }
        assert!(reports(&breaker, state(true)).await);
        assert_eq!(breaker.opened().unwrap().state, Some(ServerState::KeyRefused));
    }

    #[tokio::test(start_paused = true)]
    async fn other_calls_in_flight_refute_a_doubtful_state_or_prove_it() {
        let breaker = breaker();
        let mut calls = Vec::new();
        for _ in 0..4 {
            calls.push(breaker.permit().await.unwrap());
        }
        calls.pop().unwrap().report(state(true));
        assert!(breaker.opened().unwrap().doubtful);
        calls.pop().unwrap().report(ServerHealth::Good);
        assert_eq!(breaker.stopped(), None);
        calls.clear();
        let breaker = self::breaker();
        for _ in 0..4 {
            calls.push(breaker.permit().await.unwrap());
        }
        for call in calls.drain(..).take(3) {
            call.report(state(true));
        }
        assert!(!breaker.opened().unwrap().doubtful);
    }

    #[tokio::test(start_paused = true)]
    async fn a_doubtful_state_that_lasted_is_believed_again() {
        let breaker = breaker();
        for _ in 0..3 {
            reports(&breaker, state(true)).await;
            until_probe(&breaker).await;
        }
        reports(&breaker, ServerHealth::Good).await;
        assert!(reports(&breaker, state(true)).await);
        assert!(breaker.opened().is_some());
    }
}
