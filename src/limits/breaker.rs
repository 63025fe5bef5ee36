//! The circuit breaker of a model server: closed, open after failures in a row, half open while one call probes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// Failed calls in a row that open the breaker: a few failures among many calls are everyday.
const FAILURES_MAX: u32 = 5;
/// How long it stays open at first; then one call probes the server.
const FIRST_WAIT: Duration = Duration::from_secs(5);
/// The time it stays open doubles with each failed probe, up to this factor.
const WAIT_FACTOR_MAX: u32 = 10;
/// How long it stays open at first where the server refuses the account.
const ACCOUNT_WAIT: Duration = Duration::from_mins(1);
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
    state: Mutex<BreakerState>,
}

#[derive(Debug)]
enum BreakerState {
    /// Calls are made; this many failed in a row.
    Closed { failures: u32 },
    /// No calls until the period is over.
    Open(OpenPeriod),
    /// One call probes the server; the others wait for its result.
    HalfOpen(OpenPeriod),
}

/// How long the breaker stays open, and why.
#[derive(Clone, Debug)]
struct OpenPeriod {
    until: Instant,
    wait: Duration,
    reason: String,
    account: bool,
}

/// An open circuit breaker: why no calls are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakerOpen {
    /// What happened last.
    pub reason: String,
    /// For how long from now.
    pub after: Duration,
    /// Whether a person has to correct the key or the account.
    pub account: bool,
}

/// What a call says about its server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ServerHealth {
    /// It answered.
    Good,
    /// It failed, or did not answer.
    Failed(String),
    /// It refuses the account.
    Account(String),
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
    /// A closed one, that opens after [`FAILURES_MAX`] failures in a row.
    #[must_use]
    pub(crate) fn new(changes: Changes) -> Self {
        let state = Mutex::new(BreakerState::Closed { failures: 0 });
        Self { shared: Arc::new(BreakerShared { changes, state }) }
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
                    account: false,
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

    /// Why no calls are made now; `None` while the breaker is closed or half open.
    #[must_use]
    pub(crate) fn opened(&self) -> Option<BreakerOpen> {
        match &*self.lock() {
            BreakerState::Open(open) if Instant::now() < open.until => Some(open.opened()),
            _ => None,
        }
    }

    fn note(&self, probe: bool, health: ServerHealth) {
        use BreakerState::{Closed, HalfOpen, Open};
        let changed = {
            let mut state = self.lock();
            let (next, changed) = match (&*state, health) {
                (Closed { failures: 0 }, ServerHealth::Good) | (Closed { .. }, ServerHealth::Unknown) => {
                    return;
                }
                // A call from before the breaker opened: the probe decides.
                (Open(_) | HalfOpen(_), ServerHealth::Good) if !probe => return,
                (Closed { .. }, ServerHealth::Good) => (Closed { failures: 0 }, false),
                (_, ServerHealth::Good) => (Closed { failures: 0 }, true),
                (Open(_) | HalfOpen(_), _) if !probe => return,
                // The probe has no result: the next call probes.
                (Open(open) | HalfOpen(open), ServerHealth::Unknown) => {
                    (Open(OpenPeriod { until: Instant::now(), ..open.clone() }), true)
                }
                (Closed { failures }, ServerHealth::Failed(_)) if failures + 1 < FAILURES_MAX => {
                    (Closed { failures: failures + 1 }, false)
                }
                (before, ServerHealth::Failed(reason)) => {
                    (Open(Self::open(before, reason, FIRST_WAIT, false)), true)
                }
                (before, ServerHealth::Account(reason)) => {
                    (Open(Self::open(before, reason, ACCOUNT_WAIT, true)), true)
                }
            };
            *state = next;
            changed
        };
        if changed {
            self.shared.changes.send_modify(|version| *version += 1);
        }
    }

    fn open(before: &BreakerState, reason: String, first: Duration, account: bool) -> OpenPeriod {
        let wait = match before {
            BreakerState::Open(open) | BreakerState::HalfOpen(open) if open.account == account => {
                (open.wait * 2).min(first * WAIT_FACTOR_MAX)
            }
            _ => first,
        };
        // Jitter: workers that lost the server together do not retry together.
        let until = Instant::now() + wait.mul_f64(0.8 + 0.4 * fastrand::f64());
        OpenPeriod { until, wait, reason, account }
    }

    fn lock(&self) -> MutexGuard<'_, BreakerState> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OpenPeriod {
    fn opened(&self) -> BreakerOpen {
        let after = self.until.saturating_duration_since(Instant::now());
        BreakerOpen { reason: self.reason.clone(), after, account: self.account }
    }
}

impl BreakerPermit {
    /// Reports what the call says about the server.
    pub(crate) fn report(mut self, health: ServerHealth) {
        self.reported = true;
        self.breaker.note(self.probe, health);
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
        Breaker::new(Arc::default())
    }

    async fn fails(breaker: &Breaker, times: u32) {
        for _ in 0..times {
            breaker.permit().await.unwrap().report(ServerHealth::Failed("503".to_owned()));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn failures_in_a_row_open_the_breaker_and_one_call_probes_the_server() {
        let breaker = breaker();
        fails(&breaker, FAILURES_MAX - 1).await;
        breaker.permit().await.unwrap().report(ServerHealth::Good);
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
    async fn it_stays_open_longer_after_each_failed_probe_up_to_ten_times() {
        let breaker = breaker();
        fails(&breaker, FAILURES_MAX).await;
        for _ in 0..6 {
            let after = breaker.opened().unwrap().after;
            assert!(after <= Duration::from_mins(1), "{after:?}");
            tokio::time::advance(after).await;
            fails(&breaker, 1).await;
        }
        assert!(breaker.opened().unwrap().after >= Duration::from_secs(40));
    }

    #[tokio::test(start_paused = true)]
    async fn an_account_that_is_refused_opens_it_at_once_and_a_probe_that_is_given_up_leaves_it_to_the_next_call()
     {
        let breaker = breaker();
        breaker.permit().await.unwrap().report(ServerHealth::Account("401".to_owned()));
        let opened = breaker.opened().unwrap();
        assert!(opened.account && opened.after > Duration::from_secs(40));
        tokio::time::advance(opened.after).await;
        drop(breaker.permit().await.unwrap());
        breaker.permit().await.unwrap().report(ServerHealth::Good);
        assert_eq!(breaker.opened(), None);
    }
}
