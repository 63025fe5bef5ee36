//! From the feed's queue into segments, until it is stopped.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::StreamExt as _;
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, Connection, Consumer, ExchangeKind};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{SEGMENT_EVENTS_MAX, append, head};
use crate::announce::ContentEvent;
use crate::broker::{BrokerError, Link, SILENT_POLLS, Topology, UNLIMITED_DELIVERIES};
use crate::delays::Delays;
use crate::failure::chain;
use crate::store::{ContentStore, StoreError};

/// How long the first event of a segment waits for others.
const GATHERING: Duration = Duration::from_millis(200);
/// Events that the broker sends ahead: a segment that is stored and the next one.
const SENT_AHEAD: u16 = 2_000;

/// Why feeding was interrupted.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The broker.
    #[error(transparent)]
    Broker(#[from] BrokerError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing was sent.
    #[error("the channel died before the acknowledgement; the events are delivered again")]
    ChannelGone,
}

/// Turns events into segments.
#[derive(Debug)]
pub struct Feed {
    link: Link,
    topology: Topology,
    store: Arc<dyn ContentStore>,
    events: AtomicU64,
    segments: AtomicU64,
}

impl Feed {
    /// A feed into a store. Nothing is sent yet.
    #[must_use]
    pub fn new(link: Link, store: Arc<dyn ContentStore>) -> Self {
        let topology = Topology::new(&link.config().prefix);
        Self { link, topology, store, events: AtomicU64::new(0), segments: AtomicU64::new(0) }
    }

    /// Events and segments stored so far.
    #[must_use]
    pub fn counts(&self) -> (u64, u64) {
        (self.events.load(Ordering::Relaxed), self.segments.load(Ordering::Relaxed))
    }

    /// Declares the feed's queue: from then on it gets every event, whether a feed runs or not.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub async fn subscribe(&self) -> Result<(), BrokerError> {
        let connection = self.link.connect("skuscribe-feed").await?;
        let declared = self.declare(&connection).await;
        let closed = self.link.within("closing", connection.close(200, "done".into())).await;
        declared.and(closed)
    }

    async fn declare(&self, connection: &Connection) -> Result<(), BrokerError> {
        let mut channel = self.link.channel(connection).await?;
        let (queue, exchange) = (self.topology.feed(), self.topology.content());
        // On a broker that no worker has seen yet there is none.
        let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        let declare = channel.exchange_declare(
            exchange.as_str().into(),
            ExchangeKind::Topic,
            durable,
            FieldTable::default(),
        );
        self.link.within("declaring the events exchange", declare).await?;
        let mut arguments = FieldTable::default();
        arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
        // RabbitMQ 4.x drops what was delivered more than 20 times where a queue says nothing else.
        arguments.insert("x-delivery-limit".into(), AMQPValue::LongLongInt(UNLIMITED_DELIVERIES));
        let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        let declare = channel.queue_declare(queue.as_str().into(), options, arguments);
        match self.link.within("declaring the feed's queue", declare).await {
            Err(BrokerError::OtherArguments { .. }) => {
                tracing::warn!(
                    "the queue {queue} was declared by an earlier version, without a delivery limit; on RabbitMQ 4.x set a policy with delivery-limit for it, or delete it once it is empty"
                );
                channel = self.link.channel(connection).await?;
            }
            result => {
                result?;
            }
        }
        let bind = channel.queue_bind(
            queue.into(),
            exchange.into(),
            "content.#".into(),
            QueueBindOptions::default(),
            FieldTable::default(),
        );
        self.link.within("binding the feed's queue", bind).await?;
        self.link.within("closing a channel", channel.close(200, "done".into())).await
    }

    /// Feeds until `stop`; what breaks is tried again.
    pub async fn run(&self, stop: &CancellationToken) {
        let max = Duration::from_millis(self.link.config().reconnect_max_ms);
        let mut delays = Delays::new(Duration::from_millis(100), max);
        while !stop.is_cancelled() {
            let before = self.counts().1;
            let Err(error) = self.session(stop).await else { return };
            if self.counts().1 > before {
                delays.reset();
            }
            let wait = delays.next_delay();
            tracing::warn!(error = %chain(&error), "the feed is interrupted; trying again");
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    async fn session(&self, stop: &CancellationToken) -> Result<(), FeedError> {
        let connection = self.link.connect("skuscribe-feed").await?;
        let mut last = head(&*self.store, 0).await?;
        while !stop.is_cancelled() {
            self.declare(&connection).await?;
            let channel = self.link.channel(&connection).await?;
            last = self.consume(&channel, last, stop).await?;
            // What was sent ahead, or is believed to have been, goes back to the queue.
            self.link.within("closing a channel", channel.close(200, "done".into())).await?;
        }
        self.link.within("closing", connection.close(200, "done".into())).await?;
        Ok(())
    }

    /// Stores what comes after segment `last` until `stop`, or until nothing comes any more: a consumer may be dead
    /// without a sign. Gives the last segment.
    async fn consume(
        &self,
        channel: &Channel,
        mut last: u64,
        stop: &CancellationToken,
    ) -> Result<u64, FeedError> {
        let mut consumer =
            self.link.consume(channel, &self.topology.feed(), "skuscribe-feed", SENT_AHEAD).await?;
        while let Some((events, newest)) = self.batch(&mut consumer, stop).await? {
            if !events.is_empty() {
                last = append(&*self.store, last, &events).await?;
                self.events.fetch_add(events.len() as u64, Ordering::Relaxed);
                self.segments.fetch_add(1, Ordering::Relaxed);
            }
            // With all before it.
            let ack = newest.ack(BasicAckOptions { multiple: true });
            if !self.link.within("acknowledging", ack).await? {
                return Err(FeedError::ChannelGone);
            }
        }
        Ok(last)
    }

    /// The events of the next segment with their newest delivery; `None` at the stop, or after a silence.
    async fn batch(
        &self,
        consumer: &mut Consumer,
        stop: &CancellationToken,
    ) -> Result<Option<(Vec<ContentEvent>, Delivery)>, BrokerError> {
        let silence = Duration::from_millis(self.link.config().patrol_ms) * SILENT_POLLS;
        let first = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(None),
            next = tokio::time::timeout(silence, consumer.next()) => match next {
                Ok(next) => self.link.delivery(consumer, next)?,
                Err(_) => return Ok(None),
            },
        };
        let mut events: Vec<ContentEvent> = event(&first).into_iter().collect();
        let mut newest = first;
        let full_at = Instant::now() + GATHERING;
        while events.len() < SEGMENT_EVENTS_MAX {
            let next = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                // Past its deadline, it still gives what is there already.
                next = tokio::time::timeout_at(full_at, consumer.next()) => next,
            };
            let Ok(next) = next else { break };
            newest = self.link.delivery(consumer, next)?;
            events.extend(event(&newest));
        }
        Ok(Some((events, newest)))
    }
}

/// The event of a delivery; `None` where the message is no event of ours.
fn event(delivery: &Delivery) -> Option<ContentEvent> {
    serde_json::from_slice(&delivery.data)
        .inspect_err(|error| tracing::warn!(%error, "a message on the events exchange is no event of ours"))
        .ok()
}
