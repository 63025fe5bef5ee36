//! Commands that publish keep trying a slow broker for a while, and say so; workers give up at once and send on.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::connection::BrokerError;
use super::message::PublishError;
use crate::delays::Delays;
use crate::failure::chain;

/// How long a command keeps trying.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// Longest wait between two tries.
const WAIT_MAX: Duration = Duration::from_secs(2);

/// An error after which the same call may succeed.
pub(super) trait MayPass: std::error::Error {
    /// Whether it may.
    fn may_pass(&self) -> bool;
}

impl MayPass for BrokerError {
    fn may_pass(&self) -> bool {
        match self {
            Self::Address(_) | Self::OtherArguments { .. } => false,
            // A port that nobody listens on, and a refused user, are answers.
            Self::Unreachable { source, .. } => match source.kind() {
                lapin::ErrorKind::IOError(error) => error.kind() != std::io::ErrorKind::ConnectionRefused,
                kind => !matches!(kind, lapin::ErrorKind::ProtocolError(_)),
            },
            Self::Failed { source, .. } => !source.is_amqp_hard_error() && !source.is_amqp_soft_error(),
            Self::Timeout { .. }
            | Self::ConsumerEnded { .. }
            | Self::ConsumerStuck { .. }
            | Self::JustFailed { .. } => true,
        }
    }
}

impl MayPass for PublishError {
    fn may_pass(&self) -> bool {
        match self {
            Self::Broker(error) => error.may_pass(),
            Self::Unroutable { .. } => false,
            Self::Refused { .. } => true,
        }
    }
}

/// For how long a publisher tries a call again, and whether it has said so.
pub(super) struct Patience {
    limit: Duration,
    said: AtomicBool,
}

impl fmt::Debug for Patience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Patience").field(&self.limit).finish()
    }
}

impl Patience {
    /// Calls are tried again for that long.
    pub(super) fn new(limit: Duration) -> Self {
        Self { limit, said: AtomicBool::new(false) }
    }

    /// The tries of one call.
    pub(super) fn tries(&self) -> Tries<'_> {
        Tries {
            patience: self,
            started: Instant::now(),
            delays: Delays::new(Duration::from_millis(100), WAIT_MAX),
        }
    }
}

/// The tries of one call.
pub(super) struct Tries<'a> {
    patience: &'a Patience,
    started: Instant,
    delays: Delays,
}

impl Tries<'_> {
    /// Whether the call is made once more after that error; waits before it says so.
    pub(super) async fn again(&mut self, error: &impl MayPass) -> bool {
        let left = self.patience.limit.saturating_sub(self.started.elapsed());
        if left.is_zero() || !error.may_pass() {
            return false;
        }
        if !self.patience.said.swap(true, Ordering::Relaxed) {
            tracing::warn!(error = %chain(error), "the broker is slow; trying again for up to {} s", left.as_secs());
        }
        tokio::time::sleep(self.delays.next_delay()).await;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slow() -> BrokerError {
        BrokerError::Timeout { broker: "b".into(), doing: "publishing", timeout_ms: 1 }
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_broker_is_tried_again_for_half_a_minute() {
        let patience = Patience::new(PATIENCE);
        let (mut tries, started) = (patience.tries(), Instant::now());
        while tries.again(&slow()).await {}
        assert!((30..34).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());
    }

    #[tokio::test]
    async fn what_cannot_pass_is_not_tried_again_and_a_worker_tries_once() {
        let unroutable = PublishError::Unroutable { exchange: "e".into(), key: "k".into() };
        assert!(!Patience::new(PATIENCE).tries().again(&unroutable).await);
        assert!(!Patience::new(Duration::ZERO).tries().again(&slow()).await);
    }
}
