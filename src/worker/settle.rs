//! Settling a delivery: what failed is sent on, then it is acknowledged; exactly once, last, and for as long as
//! it takes.

use std::sync::atomic::Ordering;
use std::time::Duration;

use lapin::message::Delivery;
use lapin::options::BasicAckOptions;
use lapin::types::ShortString;

use super::ending::Ending;
use super::traffic::Session;
use super::{Worker, millis};
use crate::broker::{
    BrokerError, DeathNote, Headers, Message, PublishError, retry_delay_ms, snooze_delay_ms,
};
use crate::delays::Delays;
use crate::failure::{Failure, FailureKind, chain};
use crate::lane::Lane;
use skuscribe_check::product::Locale;

/// Why a delivery is not settled yet.
#[derive(Debug, thiserror::Error)]
pub(super) enum SettleError {
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error(transparent)]
    Broker(#[from] BrokerError),
    #[error(transparent)]
    Announce(#[from] Failure),
    #[error("the channel died before the acknowledgement")]
    ChannelGone,
}

/// What of an ending is safely at the broker already, so that trying again sends only the rest.
#[derive(Debug, Default)]
struct Sent {
    again: bool,
    dead: usize,
    announced: usize,
}

/// A delivery, and how the work on it ended.
#[derive(Clone, Copy)]
pub(super) struct Settling<'a> {
    pub(super) lane: Lane,
    pub(super) delivery: &'a Delivery,
    pub(super) headers: &'a Headers,
    pub(super) ending: &'a Ending,
}

impl Worker {
    /// Settles a delivery; while the broker takes nothing (a memory alarm, a full queue) it is tried again, and
    /// the slot stays taken, so that no more is begun than can be finished. Gives `false` where the connection
    /// is gone: the broker delivers it again.
    pub(super) async fn settle(&self, session: &Session, settling: Settling<'_>) -> bool {
        let mut delays = None;
        let mut sent = Sent::default();
        loop {
            let error = tokio::select! {
                biased;
                result = self.settle_once(settling, &mut sent) => match result {
                    Ok(()) => return true,
                    Err(error) => error,
                },
                () = session.gone.cancelled() => SettleError::ChannelGone,
            };
            if matches!(error, SettleError::ChannelGone) || session.gone.is_cancelled() {
                tracing::warn!(
                    message.id = settling.ending.message_id().unwrap_or_default(), worker.lane = %settling.lane,
                    "the connection broke before the acknowledgement; the broker delivers the message again"
                );
                return false;
            }
            self.tally.unsettled.fetch_add(1, Ordering::Relaxed);
            let wait = delays
                .get_or_insert_with(|| Delays::new(Duration::from_millis(200), Duration::from_secs(3)))
                .next_delay();
            tracing::warn!(
                error = %chain(&error), worker.lane = %settling.lane, wait_ms = millis(wait),
                "a delivery is not settled yet; trying again"
            );
            // A queue that somebody deleted comes back by being declared.
            if !matches!(&error, SettleError::Publish(PublishError::Broker(BrokerError::Timeout { .. })))
                && let Err(error) = self.publisher.declare().await
            {
                tracing::debug!(error = %chain(&error), "the queues could not be declared");
            }
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = session.gone.cancelled() => {}
            }
        }
    }

    /// Sends on what failed, then acknowledges.
    async fn settle_once(&self, settling: Settling<'_>, sent: &mut Sent) -> Result<(), SettleError> {
        let Settling { lane, delivery, headers, ending } = settling;
        let now = self.clock.now();
        let message = |table| Message {
            body: &delivery.data,
            id: delivery.properties.message_id().as_ref().map(ShortString::as_str).or(ending.message_id()),
            content_type: delivery.properties.content_type().as_ref().map(ShortString::as_str),
            headers: Some(table),
        };
        let last = headers.attempt >= self.attempts_max();
        let (again, dead): (Vec<_>, Vec<_>) =
            ending.failures().into_iter().partition(|(_, failure)| match failure.kind {
                FailureKind::Retry { .. } => !last,
                FailureKind::Snooze { .. } => true,
                FailureKind::Permanent => false,
            });
        if !again.is_empty() && !sent.again {
            let unfinished: Vec<Locale> = again.iter().filter_map(|(locale, _)| locale.cloned()).collect();
            let failures = again.iter().map(|(_, failure)| failure.kind);
            // An attempt is burnt only where one failed.
            let (delay_ms, burnt) = delay(failures, headers.attempt);
            let table = if burnt {
                headers.next_attempt(&unfinished, now)
            } else {
                headers.snoozed(&unfinished, now)
            };
            self.publisher.retry(lane, delay_ms, message(table)).await?;
            sent.again = true;
            let counter = if burnt { &self.tally.retried } else { &self.tally.snoozed };
            counter.fetch_add(1, Ordering::Relaxed);
        }
        for (place, (locale, failure)) in dead.into_iter().enumerate() {
            let unfinished: Vec<Locale> = locale.cloned().into_iter().collect();
            let note = DeathNote { failure, lane, unfinished: &unfinished, worker: &self.name, now };
            if sent.dead <= place {
                self.publisher.dead(lane, message(headers.dead(&note))).await?;
                sent.dead = place + 1;
                self.tally.dead.fetch_add(1, Ordering::Relaxed);
            }
            if sent.announced <= place {
                if let (Some(update), Some(locale)) = (&ending.update, locale) {
                    self.pipeline.announce_failed(update, locale).await?;
                }
                sent.announced = place + 1;
            }
        }
        let acked = self.link.within("acknowledging", delivery.ack(BasicAckOptions::default())).await?;
        // `false`: the channel died, nothing was sent. What was done is recognised when it comes again.
        if !acked {
            return Err(SettleError::ChannelGone);
        }
        self.tally.settled.fetch_add(1, Ordering::Relaxed);
        self.vitals.settled();
        Ok(())
    }
}

/// How long a message stays away, in milliseconds, and whether that burns an attempt.
fn delay(failures: impl Iterator<Item = FailureKind>, attempt: u32) -> (u64, bool) {
    failures.fold((0, false), |(longest, burnt), kind| match kind {
        FailureKind::Retry { cause, after } => (longest.max(retry_delay_ms(attempt, cause, after)), true),
        FailureKind::Snooze { after } => (longest.max(snooze_delay_ms(after)), burnt),
        FailureKind::Permanent => (longest, burnt),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::FailureCause;

    #[test]
    fn a_message_stays_away_as_long_as_its_slowest_failure_and_burns_an_attempt_only_for_one() {
        let snooze = FailureKind::Snooze { after: Duration::from_secs(30) };
        let retry = FailureKind::retry(FailureCause::Store);
        assert_eq!(delay([snooze].into_iter(), 3), (30_000, false));
        assert_eq!(delay([snooze, retry].into_iter(), 1), (30_000, true));
        assert_eq!(delay([retry, FailureKind::retry(FailureCause::RateLimit)].into_iter(), 1), (5_000, true));
    }
}
