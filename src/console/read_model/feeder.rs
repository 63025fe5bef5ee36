//! From the console's own queue of outcome events into the read model, until it is stopped.

use std::collections::BTreeSet;
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

use super::{Entry, ReadModel, ReadModelError, load};
use crate::announce::ContentEvent;
use crate::broker::{BrokerError, Link, SILENT_POLLS, Topology, UNLIMITED_DELIVERIES};
use crate::delays::Delays;
use crate::failure::chain;
use crate::store::{ContentStore, SetAside};

/// Most events of a transaction.
const EVENTS_MAX: usize = 500;
/// How long the first event of a batch waits for others: a page shows it soon enough.
const GATHERING: Duration = Duration::from_millis(100);
/// Events that the broker sends ahead: a batch that is applied and the next one.
const SENT_AHEAD: u16 = 1_000;
/// Documents that are read at once.
const READ_AT_ONCE: usize = 32;

/// Why feeding was interrupted.
#[derive(Debug, thiserror::Error)]
pub enum FeedReadError {
    /// The broker.
    #[error(transparent)]
    Broker(#[from] BrokerError),
    /// The read model, or the store that it is read from.
    #[error(transparent)]
    ReadModel(#[from] ReadModelError),
    /// Nothing was sent.
    #[error("the channel died before the acknowledgement; the events are delivered again")]
    ChannelGone,
}

/// Keeps a read model up to date.
#[derive(Debug)]
pub struct Feeder {
    link: Link,
    topology: Topology,
    store: Arc<dyn ContentStore>,
    model: ReadModel,
    events: AtomicU64,
}

impl Feeder {
    /// A feeder of a read model. Nothing is sent yet.
    #[must_use]
    pub fn new(link: Link, store: Arc<dyn ContentStore>, model: ReadModel) -> Self {
        let topology = Topology::new(&link.config().prefix);
        Self { link, topology, store, model, events: AtomicU64::new(0) }
    }

    /// Events applied so far.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events.load(Ordering::Relaxed)
    }

    /// Declares the console's queue: from then on it gets every event, whether a console runs or not. Begin a rebuild after it,
    /// and nothing is missed.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub async fn subscribe(&self) -> Result<(), BrokerError> {
        let connection = self.link.connect("skuscribe-console").await?;
        let declared = self.declare(&connection).await;
        let closed = self.link.within("closing", connection.close(200, "done".into())).await;
        declared.and(closed)
    }

    async fn declare(&self, connection: &Connection) -> Result<(), BrokerError> {
        let channel = self.link.channel(connection).await?;
        let (queue, exchange) = (self.topology.console(), self.topology.content());
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
        self.link.within("declaring the console's queue", declare).await?;
        let none = (QueueBindOptions::default(), FieldTable::default());
        let bind = channel.queue_bind(queue.into(), exchange.into(), "content.#".into(), none.0, none.1);
        self.link.within("binding the console's queue", bind).await?;
        self.link.within("closing a channel", channel.close(200, "done".into())).await
    }

    /// Feeds until `stop`; what breaks is tried again.
    pub async fn run(&self, stop: &CancellationToken) {
        let max = Duration::from_millis(self.link.config().reconnect_max_ms);
        let mut delays = Delays::new(Duration::from_millis(100), max);
        while !stop.is_cancelled() {
            let before = self.events();
            let Err(error) = self.session(stop).await else { return };
            if self.events() > before {
                delays.reset();
            }
            let wait = delays.next_delay();
            tracing::warn!(error = %chain(&error), "the console's read model is not fed; trying again");
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    async fn session(&self, stop: &CancellationToken) -> Result<(), FeedReadError> {
        let connection = self.link.connect("skuscribe-console").await?;
        while !stop.is_cancelled() {
            self.declare(&connection).await?;
            let channel = self.link.channel(&connection).await?;
            self.consume(&channel, stop).await?;
            // What was sent ahead, or is believed to have been, goes back to the queue.
            self.link.within("closing a channel", channel.close(200, "done".into())).await?;
        }
        self.link.within("closing", connection.close(200, "done".into())).await?;
        Ok(())
    }

    /// Applies what comes until `stop`, or until nothing comes any more: a consumer may be dead without a sign.
    async fn consume(&self, channel: &Channel, stop: &CancellationToken) -> Result<(), FeedReadError> {
        let mut consumer =
            self.link.consume(channel, &self.topology.console(), "skuscribe-console", SENT_AHEAD).await?;
        while let Some((events, newest)) = self.batch(&mut consumer, stop).await? {
            self.apply(&events).await?;
            // With all before it, and only once they are in the file.
            let ack = newest.ack(BasicAckOptions { multiple: true });
            if !self.link.within("acknowledging", ack).await? {
                return Err(FeedReadError::ChannelGone);
            }
            self.events.fetch_add(events.len() as u64, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Applies events: each only says that a document changed, and what it is now the store says.
    ///
    /// # Errors
    /// When the store or SQLite does not answer; then none of them is applied.
    pub async fn apply(&self, events: &[ContentEvent]) -> Result<(), ReadModelError> {
        let aside = SetAside::default();
        let changed = events.iter().filter(|event| event.revision.is_some());
        let documents: BTreeSet<_> = changed.map(|event| (event.sku.clone(), event.locale.clone())).collect();
        let (store, aside_of) = (&*self.store, &aside);
        let loads = documents
            .into_iter()
            .map(|(sku, locale)| async move { load::entry(store, &sku, &locale, aside_of).await });
        let loaded: Vec<_> = futures_util::stream::iter(loads).buffer_unordered(READ_AT_ONCE).collect().await;
        let entries: Vec<Option<Entry>> = loaded.into_iter().collect::<Result<_, _>>()?;
        let entries: Vec<Entry> = entries.into_iter().flatten().collect();
        self.model.apply(&entries, events).await?;
        aside.log();
        Ok(())
    }

    /// The events of the next batch with their newest delivery; `None` at the stop, or after a silence.
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
        while events.len() < EVENTS_MAX {
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
