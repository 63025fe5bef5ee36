//! The consumer of one lane: hands deliveries out, pauses with the lane, and is replaced where it may be dead.

use std::sync::Arc;

use futures_util::StreamExt as _;
use lapin::message::Delivery;
use lapin::options::BasicCancelOptions;
use lapin::{Channel, Connection, Consumer};

use super::Worker;
use super::broker_session::{BrokerSession, LaneDeliveries};
use super::lane_pause::{until_paused, until_resumed, until_tried};
use crate::broker::{BrokerError, Headers, RETURNS_SUSPECT};
use crate::failure::chain;
use crate::generate::LanePause;
use crate::lane::Lane;

/// The consumer of one lane, with the channels that its deliveries came by.
pub(super) struct LaneConsumer<'a> {
    worker: &'a Arc<Worker>,
    connection: &'a Connection,
    session: &'a Arc<BrokerSession>,
    lane: Lane,
    /// Messages that the broker may send ahead, once nothing speaks against it.
    prefetch_max: u16,
    /// Whether the lane takes one message at a time, for no model is known to answer.
    on_trial: bool,
    channel: Channel,
    consumer: Consumer,
    /// Consumers so far on this channel: each has a tag of its own.
    consumers: u32,
    /// Channels of earlier consumers: closing one would give its deliveries in flight back to the broker.
    earlier: Vec<Channel>,
}

/// Why a consumer hands out no more.
enum ConsumerEnd {
    /// The session ends.
    Leaving,
    /// The lane is paused.
    Paused(LanePause),
    /// The trial is over.
    Tried,
    /// The watchdog asks for another consumer.
    Replace,
    /// Messages came back, or come back no more: another prefetch is right.
    Prefetch(u16),
}

impl<'a> LaneConsumer<'a> {
    /// Starts consuming a lane, on a channel of its own: one message at a time, until one comes that nobody died of.
    pub(super) async fn start(
        worker: &'a Arc<Worker>,
        connection: &'a Connection,
        session: &'a Arc<BrokerSession>,
        lane: Lane,
        prefetch_max: u16,
    ) -> Result<Self, BrokerError> {
        let channel = worker.link.channel(connection).await?;
        let consumer = consume(worker, session, &channel, lane, 1, 0).await?;
        Ok(Self {
            worker,
            connection,
            session,
            lane,
            prefetch_max,
            on_trial: false,
            channel,
            consumer,
            consumers: 1,
            earlier: Vec::new(),
        })
    }

    /// Hands out the deliveries of the lane until the session leaves; gives the channels that they came by.
    pub(super) async fn run(mut self) -> Result<Vec<Channel>, BrokerError> {
        loop {
            let end = self.hand_out().await?;
            let leaving = matches!(end, ConsumerEnd::Leaving);
            match self.cancel().await {
                Err(error) if leaving => {
                    tracing::warn!(error = %chain(&error), "a consumer was not cancelled cleanly");
                }
                cancelled => cancelled?,
            }
            let leaving = match end {
                ConsumerEnd::Leaving => true,
                ConsumerEnd::Paused(pause) => self.wait(&pause).await,
                ConsumerEnd::Replace => false,
                ConsumerEnd::Tried => {
                    self.resume();
                    false
                }
                ConsumerEnd::Prefetch(prefetch) => {
                    self.resume_with(prefetch).await?;
                    continue;
                }
            };
            if leaving {
                self.earlier.push(self.channel);
                return Ok(self.earlier);
            }
            self.replace().await?;
        }
    }

    async fn hand_out(&mut self) -> Result<ConsumerEnd, BrokerError> {
        let deliveries = self.deliveries();
        let paused = until_paused(self.worker, self.lane);
        let tried = until_tried(self.worker.pipeline.models());
        tokio::pin!(paused, tried);
        loop {
            tokio::select! {
                biased;
                () = self.session.leaving.cancelled() => return Ok(ConsumerEnd::Leaving),
                pause = &mut paused => return Ok(ConsumerEnd::Paused(pause)),
                () = &mut tried, if self.on_trial => return Ok(ConsumerEnd::Tried),
                next = self.consumer.next() => {
                    let returned = self.take(next)?;
                    if let Some(prefetch) = self.other_prefetch(returned) {
                        return Ok(ConsumerEnd::Prefetch(prefetch));
                    }
                }
                () = deliveries.replacement_wanted() => return Ok(ConsumerEnd::Replace),
            }
        }
    }

    /// Cancels the consumer; what came before that was confirmed is still handed out.
    async fn cancel(&mut self) -> Result<(), BrokerError> {
        let cancel = self.channel.basic_cancel(self.consumer.tag(), BasicCancelOptions::default());
        self.worker.link.within("cancelling a consumer", cancel).await?;
        while let Some(next) = self.consumer.next().await {
            self.take(Some(next))?;
        }
        Ok(())
    }

    /// Waits until the lane resumes, or may try; `true` where the session leaves before that.
    async fn wait(&mut self, pause: &LanePause) -> bool {
        // The watchdog expects nothing of a lane on trial either.
        self.deliveries().set_paused(true);
        let for_s = pause.after.as_secs();
        if self.on_trial {
            tracing::debug!(worker.lane = %self.lane, for_s, "the lane stays paused");
        } else {
            tracing::warn!(
                worker.lane = %self.lane, reason = pause.reason, for_s,
                "the lane is paused; its messages wait in their queue"
            );
        }
        let models = self.worker.pipeline.models();
        tokio::select! {
            () = until_resumed(self.worker, self.lane) => {}
            () = self.session.leaving.cancelled() => return true,
        }
        self.on_trial = models.none_answers();
        if !self.on_trial {
            self.resume();
        }
        false
    }

    fn resume(&mut self) {
        self.on_trial = false;
        self.deliveries().set_paused(false);
        tracing::info!(worker.lane = %self.lane, "the lane resumes");
    }

    /// Puts a new consumer in the place of one that is cancelled. A channel without deliveries in flight is closed:
    /// with it the broker takes back what it believes to have delivered.
    async fn replace(&mut self) -> Result<(), BrokerError> {
        let channel = self.worker.link.channel(self.connection).await?;
        let prefetch = if self.on_trial { 1 } else { self.deliveries().prefetch() };
        self.consumer = consume(self.worker, self.session, &channel, self.lane, prefetch, 0).await?;
        self.consumers = 1;
        let old = std::mem::replace(&mut self.channel, channel);
        if self.deliveries().in_flight() > 0 {
            self.earlier.push(old);
            return Ok(());
        }
        self.worker.link.within("closing a channel", old.close(200, "replaced".into())).await
    }

    /// Puts a new consumer in the place of one that is cancelled, on the same channel.
    async fn resume_with(&mut self, prefetch: u16) -> Result<(), BrokerError> {
        if prefetch == 1 {
            tracing::warn!(
                worker.lane = %self.lane,
                "a message came back several times: workers that held it died or lost their connection; such messages are worked one at a time"
            );
        }
        let (worker, session) = (self.worker, self.session);
        self.consumer = consume(worker, session, &self.channel, self.lane, prefetch, self.consumers).await?;
        self.consumers = self.consumers.wrapping_add(1);
        Ok(())
    }

    /// The prefetch that is right after a message that came back so often, where it is another than now.
    fn other_prefetch(&self, returned: u32) -> Option<u16> {
        let right = if self.on_trial || returned >= RETURNS_SUSPECT { 1 } else { self.prefetch_max };
        (right != self.deliveries().prefetch()).then_some(right)
    }

    /// Hands a delivery out; gives how often it came back before.
    fn take(&self, next: Option<Result<Delivery, lapin::Error>>) -> Result<u32, BrokerError> {
        let delivery = self.worker.link.delivery(&self.consumer, next)?;
        let headers = Headers::of(&delivery, &self.session.key);
        let returned = headers.returns;
        let counted = self.session.count(self.lane);
        let (worker, session) = (Arc::clone(self.worker), Arc::clone(self.session));
        self.worker.tracker.spawn(worker.deliver(session, counted, self.lane, delivery, headers));
        Ok(returned)
    }

    fn deliveries(&self) -> &'a LaneDeliveries {
        self.session.deliveries(self.lane)
    }
}

async fn consume(
    worker: &Worker,
    session: &BrokerSession,
    channel: &Channel,
    lane: Lane,
    prefetch: u16,
    earlier: u32,
) -> Result<Consumer, BrokerError> {
    let tag = format!("{}-{lane}-{earlier}", worker.name);
    let consumer = worker.link.consume(channel, &worker.topology.lane(lane), &tag, prefetch).await?;
    session.deliveries(lane).set_prefetch(prefetch);
    Ok(consumer)
}
