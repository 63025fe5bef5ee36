//! The circuit breaker of a model server: one that fails again and again is left alone, and asked by one call at a
//! time whether it is back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// Failed calls in a row after which a server is left alone: a few failures among many calls are everyday.
const FAILURES_MAX: u32 = 5;
/// How long it is left alone at first; then one call finds out whether it is back.
const FIRST_WAIT: Duration = Duration::from_secs(5);
/// How often the time doubles for which a server is left alone, at most by this factor.
const WAIT_FACTOR_MAX: u32 = 10;
/// An account that is turned away is tried again after this, and later after up to ten times as much.
const ACCOUNT_WAIT: Duration = Duration::from_mins(1);
/// Longest wait for the call that finds out.
const PROBE_PATIENCE: Duration = Duration::from_secs(30);

/// Tells everybody who is interested that some breaker or cap opened or closed.
pub(crate) type Changes = Arc<watch::Sender<u64>>;

/// A breaker; cloned freely.
#[derive(Clone, Debug)]
pub(crate) struct Breaker {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    changes: Changes,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    /// Calls are made; so many failed in a row.
    Closed { failures: u32 },
    /// No calls until then.
    Open(Open),
    /// One call finds out.
    Probing(Open),
}

#[derive(Clone, Debug)]
struct Open {
    until: Instant,
    wait: Duration,
    reason: String,
    account: bool,
}

/// Why no calls are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftAlone {
    /// What happened last.
    pub reason: String,
    /// For how long from now.
    pub after: Duration,
    /// Whether somebody has to mend the key or the account.
    pub account: bool,
}

/// What a call says about its server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    /// It answered.
    Good,
    /// It failed, or did not answer.
    Failed(String),
    /// It turns the account away.
    Account(String),
    /// Nothing that concerns other calls.
    Unknown,
}

/// Leave to make a call; it must say how it went.
#[derive(Debug)]
pub(crate) struct Pass {
    breaker: Breaker,
    probe: bool,
    told: bool,
}

impl Breaker {
    /// A closed one, that opens after [`FAILURES_MAX`] failures in a row.
    #[must_use]
    pub(crate) fn new(changes: Changes) -> Self {
        let state = Mutex::new(State::Closed { failures: 0 });
        Self { shared: Arc::new(Shared { changes, state }) }
    }

    /// Leave to make a call. Where another call is just finding out, its result is waited for.
    ///
    /// # Errors
    /// When the server is left alone.
    pub(crate) async fn pass(&self) -> Result<Pass, LeftAlone> {
        let mut changes = self.shared.changes.subscribe();
        let give_up = Instant::now() + PROBE_PATIENCE;
        loop {
            changes.borrow_and_update();
            if let Some(decided) = self.decide() {
                return decided;
            }
            if tokio::time::timeout_at(give_up, changes.changed()).await.is_err() {
                return Err(self.left_alone().unwrap_or_else(|| LeftAlone {
                    reason: "whether it is back is not known yet".to_owned(),
                    after: Duration::from_secs(1),
                    account: false,
                }));
            }
        }
    }

    /// `None` where another call is finding out.
    fn decide(&self) -> Option<Result<Pass, LeftAlone>> {
        let mut state = self.lock();
        let probe = match &*state {
            State::Closed { .. } => false,
            State::Probing(_) => return None,
            State::Open(open) if Instant::now() < open.until => return Some(Err(open.left_alone())),
            State::Open(open) => {
                *state = State::Probing(open.clone());
                true
            }
        };
        Some(Ok(Pass { breaker: self.clone(), probe, told: false }))
    }

    /// Whether the server is left alone now.
    #[must_use]
    pub(crate) fn left_alone(&self) -> Option<LeftAlone> {
        match &*self.lock() {
            State::Open(open) if Instant::now() < open.until => Some(open.left_alone()),
            _ => None,
        }
    }

    fn told(&self, probe: bool, health: Health) {
        let changed = {
            let mut state = self.lock();
            let (next, changed) = match (&*state, health) {
                (State::Closed { failures: 0 }, Health::Good) | (State::Closed { .. }, Health::Unknown) => {
                    return;
                }
                // A call from before the breaker opened: the one that finds out will tell.
                (State::Open(_) | State::Probing(_), Health::Good) if !probe => return,
                (State::Closed { .. }, Health::Good) => (State::Closed { failures: 0 }, false),
                (_, Health::Good) => (State::Closed { failures: 0 }, true),
                (State::Open(_) | State::Probing(_), _) if !probe => return,
                // It did not find out: the next call may.
                (State::Open(open) | State::Probing(open), Health::Unknown) => {
                    (State::Open(Open { until: Instant::now(), ..open.clone() }), true)
                }
                (State::Closed { failures }, Health::Failed(_)) if failures + 1 < FAILURES_MAX => {
                    (State::Closed { failures: failures + 1 }, false)
                }
                (before, Health::Failed(reason)) => {
                    (State::Open(Self::open(before, reason, FIRST_WAIT, false)), true)
                }
                (before, Health::Account(reason)) => {
                    (State::Open(Self::open(before, reason, ACCOUNT_WAIT, true)), true)
                }
            };
            *state = next;
            changed
        };
        if changed {
            self.shared.changes.send_modify(|version| *version += 1);
        }
    }

    fn open(before: &State, reason: String, first: Duration, account: bool) -> Open {
        let wait = match before {
            State::Open(open) | State::Probing(open) if open.account == account => {
                (open.wait * 2).min(first * WAIT_FACTOR_MAX)
            }
            _ => first,
        };
        // Workers that lost the server together do not come back together.
        let until = Instant::now() + wait.mul_f64(0.8 + 0.4 * fastrand::f64());
        Open { until, wait, reason, account }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn left_alone(&self) -> LeftAlone {
        let after = self.until.saturating_duration_since(Instant::now());
        LeftAlone { reason: self.reason.clone(), after, account: self.account }
    }
}

impl Pass {
    /// Says how the call went.
    pub(crate) fn tell(mut self, health: Health) {
        self.told = true;
        self.breaker.told(self.probe, health);
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if !self.told {
            self.breaker.told(self.probe, Health::Unknown);
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
            breaker.pass().await.unwrap().tell(Health::Failed("503".to_owned()));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_fails_in_a_row_is_left_alone_and_asked_by_one_call_whether_it_is_back() {
        let breaker = breaker();
        fails(&breaker, FAILURES_MAX - 1).await;
        breaker.pass().await.unwrap().tell(Health::Good);
        fails(&breaker, FAILURES_MAX).await;
        assert_eq!(breaker.pass().await.unwrap_err().reason, "503");
        tokio::time::advance(Duration::from_secs(7)).await;
        let probe = breaker.pass().await.unwrap();
        let waiting = breaker.pass();
        tokio::pin!(waiting);
        assert!(futures_util::FutureExt::now_or_never(&mut waiting).is_none());
        probe.tell(Health::Good);
        waiting.await.unwrap().tell(Health::Good);
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_left_alone_longer_each_time_up_to_ten_times() {
        let breaker = breaker();
        fails(&breaker, FAILURES_MAX).await;
        for _ in 0..6 {
            let after = breaker.left_alone().unwrap().after;
            assert!(after <= Duration::from_mins(1), "{after:?}");
            tokio::time::advance(after).await;
            fails(&breaker, 1).await;
        }
        assert!(breaker.left_alone().unwrap().after >= Duration::from_secs(40));
    }

    #[tokio::test(start_paused = true)]
    async fn an_account_that_is_turned_away_stops_at_once_and_a_probe_that_is_given_up_leaves_the_next_one_to_it()
     {
        let breaker = breaker();
        breaker.pass().await.unwrap().tell(Health::Account("401".to_owned()));
        let left_alone = breaker.left_alone().unwrap();
        assert!(left_alone.account && left_alone.after > Duration::from_secs(40));
        tokio::time::advance(left_alone.after).await;
        drop(breaker.pass().await.unwrap());
        breaker.pass().await.unwrap().tell(Health::Good);
        assert_eq!(breaker.left_alone(), None);
    }
}
