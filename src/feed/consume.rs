//! From the feed's queue into segments, for as long as nobody asks it to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicGetOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, Connection};
use tokio_util::sync::CancellationToken;

use super::{SEGMENT_EVENTS_MAX, append, head};
use crate::announce::ContentEvent;
use crate::broker::{BrokerError, Link, Topology};
use crate::delays::Delays;
use crate::failure::chain;
use crate::store::{ContentStore, StoreError};

/// How long an empty queue is left alone, and how long the first event of a segment waits for others.
const IDLE: Duration = Duration::from_millis(200);

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
        let channel = self.link.channel(&connection).await?;
        let declared = self.declare(&channel).await;
        let closed = self.link.within("closing", connection.close(200, "done".into())).await;
        declared.and(closed)
    }

    async fn declare(&self, channel: &Channel) -> Result<(), BrokerError> {
        let queue = self.topology.feed();
        let mut arguments = FieldTable::default();
        arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
        let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        let declare = channel.queue_declare(queue.as_str().into(), options, arguments);
        self.link.within("declaring the feed's queue", declare).await?;
        let bind = channel.queue_bind(
            queue.into(),
            self.topology.content().into(),
            "content.#".into(),
            QueueBindOptions::default(),
            FieldTable::default(),
        );
        self.link.within("binding the feed's queue", bind).await
    }

    /// Feeds until `stop`; what breaks is tried again, endlessly.
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
        let channel = self.link.channel(&connection).await?;
        self.declare(&channel).await?;
        let mut last = head(&*self.store, 0).await?;
        while !stop.is_cancelled() {
            let (events, newest) = self.batch(&channel, stop).await?;
            let Some(newest) = newest else { continue };
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
        self.close(&connection).await?;
        Ok(())
    }

    /// The next events with the newest delivery. Fetched one by one: a consumer can be forgotten by its broker, a
    /// question cannot, and thousands a second are enough.
    async fn batch(
        &self,
        channel: &Channel,
        stop: &CancellationToken,
    ) -> Result<(Vec<ContentEvent>, Option<Delivery>), BrokerError> {
        let (mut events, mut newest, mut waited) = (Vec::new(), None, false);
        let queue = self.topology.feed();
        while events.len() < SEGMENT_EVENTS_MAX {
            let get = channel.basic_get(queue.as_str().into(), BasicGetOptions::default());
            match self.link.within("fetching an event", get).await? {
                Some(got) => {
                    match serde_json::from_slice::<ContentEvent>(&got.delivery.data) {
                        Ok(event) => events.push(event),
                        // Somebody else's: no reader of the feed could use it.
                        Err(error) => {
                            tracing::warn!(%error, "a message on the events exchange is no event of ours");
                        }
                    }
                    newest = Some(got.delivery);
                }
                None if waited || stop.is_cancelled() => break,
                None => {
                    waited = true;
                    tokio::select! {
                        () = tokio::time::sleep(IDLE) => {}
                        () = stop.cancelled() => {}
                    }
                }
            }
        }
        Ok((events, newest))
    }

    async fn close(&self, connection: &Connection) -> Result<(), BrokerError> {
        self.link.within("closing", connection.close(200, "done".into())).await
    }
}
