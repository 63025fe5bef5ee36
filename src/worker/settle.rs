//! Settling a delivery: what failed is sent on, then it is acknowledged; exactly once, last, and for as long as
//! it takes.

use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use lapin::message::Delivery;
use lapin::options::BasicAckOptions;
use lapin::types::{FieldTable, ShortString};

use super::Worker;
use super::broker_session::BrokerSession;
use super::deliver::correlation_id;
use super::delivery_result::DeliveryResult;
use crate::broker::{
    BrokerError, Diagnosis, HeaderKey, Headers, OutgoingMessage, PublishError, Stamp, body_of,
    retry_delay_ms, snooze_delay_ms,
};
use crate::clock::millis;
use crate::delays::Delays;
use crate::failure::{Failure, FailureKind, chain};
use crate::intake::{BODY_BYTES_MAX, legible};
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

/// What of a result the broker has confirmed, so that trying again sends only the rest.
#[derive(Debug, Default)]
struct Sent {
    again: bool,
    dead: usize,
    announced: usize,
}

/// A delivery, and the result of the work on it.
#[derive(Clone, Copy)]
pub(super) struct Settling<'a> {
    pub(super) lane: Lane,
    pub(super) delivery: &'a Delivery,
    pub(super) headers: &'a Headers,
    pub(super) key: &'a HeaderKey,
    pub(super) result: &'a DeliveryResult,
}

impl Worker {
    /// Settles a delivery; while the broker takes nothing (a memory alarm, a full queue) it is tried again, and
    /// the slot stays taken, so that no more is begun than can be finished. Gives `false` where the connection
    /// is gone: the broker delivers it again.
    pub(super) async fn settle(&self, session: &BrokerSession, settling: Settling<'_>) -> bool {
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
                    message.id = settling.result.message_id().unwrap_or_default(), worker.lane = %settling.lane,
                    "the connection broke before the acknowledgement; the broker redelivers the message"
                );
                return false;
            }
            self.counts.unsettled.fetch_add(1, Ordering::Relaxed);
            let wait = delays
                .get_or_insert_with(|| Delays::new(Duration::from_millis(200), Duration::from_secs(3)))
                .next_delay();
            tracing::warn!(
                error = %chain(&error), worker.lane = %settling.lane, wait_ms = millis(wait),
                "a delivery is not settled yet; trying again"
            );
            // A queue that was deleted comes back by being declared.
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
        let attempts_left = settling.headers.attempt < self.attempts_max();
        let (again, dead): (Vec<_>, Vec<_>) =
            settling.result.failures().into_iter().partition(|(_, failure)| match failure.kind {
                FailureKind::Retry { .. } => attempts_left,
                FailureKind::Snooze { .. } | FailureKind::Paused { .. } | FailureKind::Parked => true,
                FailureKind::Permanent => false,
            });
        if !again.is_empty() && !sent.again {
            self.send_again(settling, &again).await?;
            sent.again = true;
        }
        for (place, failure) in dead.into_iter().enumerate() {
            self.give_up(settling, failure, place, sent).await?;
        }
        let acked =
            self.link.within("acknowledging", settling.delivery.ack(BasicAckOptions::default())).await?;
        // `false`: the channel died, nothing was sent. What was done is recognised when it is redelivered.
        if !acked {
            return Err(SettleError::ChannelGone);
        }
        self.counts.settled.fetch_add(1, Ordering::Relaxed);
        self.liveness.settled();
        Ok(())
    }

    /// Sends a message through a delay queue, with the locales that are left; where its lane is paused, back to the lane's
    /// own queue.
    async fn send_again(
        &self,
        settling: Settling<'_>,
        failures: &[(Option<&Locale>, &Failure)],
    ) -> Result<(), SettleError> {
        let Settling { lane, headers, .. } = settling;
        let unfinished: Vec<Locale> = failures.iter().filter_map(|(locale, _)| locale.cloned()).collect();
        let kinds = failures.iter().map(|(_, failure)| failure.kind);
        // An attempt is used up only where one failed.
        let (delay_ms, used_up) = delay(kinds.clone(), headers.attempt);
        let stamp = settling.stamp(self.clock.now());
        let table = if settling.result.is_sent_on {
            headers.sent_on(stamp)
        } else if used_up {
            headers.next_attempt(&unfinished, stamp)
        } else {
            headers.snoozed(&unfinished, stamp)
        };
        let any = |wanted: fn(&FailureKind) -> bool| !used_up && kinds.clone().any(|kind| wanted(&kind));
        if any(|kind| *kind == FailureKind::Parked) {
            self.publisher.park(lane, settling.message(table)).await?;
        } else if any(|kind| matches!(kind, FailureKind::Paused { .. })) {
            self.publisher.work(lane, settling.message(table)).await?;
        } else {
            self.publisher.retry(lane, delay_ms, settling.message(table)).await?;
        }
        // That a job is paused, its object says itself.
        let told = failures.iter().find(|(_, failure)| failure.kind != FailureKind::Parked);
        if let Some((job, (_, failure))) =
            settling.result.update.as_ref().and_then(|update| update.job()).zip(told)
        {
            self.waits.note(job, &failure.message, stamp.now);
        }
        let counter = if used_up { &self.counts.retried } else { &self.counts.snoozed };
        counter.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Makes a dead letter of a message for one failure, and announces the failure.
    async fn give_up(
        &self,
        settling: Settling<'_>,
        (locale, failure): (Option<&Locale>, &Failure),
        place: usize,
        sent: &mut Sent,
    ) -> Result<(), SettleError> {
        let Settling { lane, headers, .. } = settling;
        let unfinished: Vec<Locale> = locale.cloned().into_iter().collect();
        let stamp = settling.stamp(self.clock.now());
        let diagnosis = Diagnosis { failure, lane, unfinished: &unfinished, worker: &self.name, stamp };
        if sent.dead <= place {
            self.publisher.dead(lane, settling.message(headers.dead(&diagnosis))).await?;
            sent.dead = place + 1;
            self.counts.dead.fetch_add(1, Ordering::Relaxed);
        }
        if sent.announced <= place {
            self.announce_given_up(settling, locale, failure).await?;
            sent.announced = place + 1;
        }
        Ok(())
    }
}

impl Worker {
    /// Announces a failure: of a locale, of all that the message asks for, or of a message that was never read.
    async fn announce_given_up(
        &self,
        settling: Settling<'_>,
        locale: Option<&Locale>,
        failure: &Failure,
    ) -> Result<(), Failure> {
        let Settling { delivery, headers, result, .. } = settling;
        let Some(update) = &result.update else {
            let body = body_of(delivery, BODY_BYTES_MAX);
            let mut parts = body.as_ref().map(|body| legible(body)).unwrap_or_default();
            if let Some(unfinished) = &headers.unfinished {
                parts.locales.clone_from(unfinished);
            }
            let id = delivery.properties.message_id().as_ref().map(ToString::to_string);
            parts.id = parts.id.or(id);
            let correlation_id = correlation_id(delivery);
            return self.pipeline.announce_refused(&parts, &delivery.data, correlation_id, failure).await;
        };
        let locales = locale.map_or_else(|| self.pipeline.locales(update), std::slice::from_ref);
        for locale in locales {
            self.pipeline.announce_failed(update, locale, failure).await?;
        }
        Ok(())
    }
}

impl<'a> Settling<'a> {
    fn stamp(&self, now: Timestamp) -> Stamp<'a> {
        Stamp { key: self.key, body: &self.delivery.data, now }
    }

    /// The delivery's message under other headers.
    fn message(&self, headers: FieldTable) -> OutgoingMessage<'a> {
        let properties = &self.delivery.properties;
        OutgoingMessage {
            body: &self.delivery.data,
            id: properties.message_id().as_ref().map(ShortString::as_str).or(self.result.message_id()),
            correlation_id: properties.correlation_id().as_ref().map(ShortString::as_str),
            content_type: properties.content_type().as_ref().map(ShortString::as_str),
            content_encoding: properties.content_encoding().as_ref().map(ShortString::as_str),
            priority: *properties.priority(),
            headers: Some(headers),
        }
    }
}

/// How long a message waits, in milliseconds, and whether that uses up an attempt.
fn delay(failures: impl Iterator<Item = FailureKind>, attempt: u32) -> (u64, bool) {
    failures.fold((0, false), |(longest, used_up), kind| match kind {
        FailureKind::Retry { cause, after } => (longest.max(retry_delay_ms(attempt, cause, after)), true),
        FailureKind::Snooze { after } => (longest.max(snooze_delay_ms(after)), used_up),
        FailureKind::Paused { .. } | FailureKind::Parked | FailureKind::Permanent => (longest, used_up),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::FailureCause;

    #[test]
    fn a_message_stays_away_as_long_as_its_slowest_failure_and_uses_up_an_attempt_only_for_one() {
        let snooze = FailureKind::Snooze { after: Duration::from_secs(30) };
        let retry = FailureKind::retry(FailureCause::Store);
        assert_eq!(delay([snooze].into_iter(), 3), (30_000, false));
        assert_eq!(delay([snooze, retry].into_iter(), 1), (30_000, true));
        assert_eq!(delay([retry, FailureKind::retry(FailureCause::RateLimit)].into_iter(), 1), (5_000, true));
    }
}
