//! Publishing with confirms over a connection of its own, rebuilt when it breaks.
//!
//! Work, retries and dead letters are mandatory: one message in flight per channel, because with pipelined
//! publishes a returned message sits on the wrong confirm now and then (measured with lapin 4.12). Events are
//! not mandatory and share one channel.

use std::sync::Arc;
use std::time::Instant;

use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::types::{FieldTable, ShortString};
use lapin::{BasicProperties, Channel, Confirmation, Connection};
use tokio::sync::{Mutex, Semaphore};

use super::connection::{BrokerError, Link};
use super::topology::Topology;
use crate::lane::Lane;

/// Why a message is not safely at the broker.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The broker could not be used.
    #[error(transparent)]
    Broker(#[from] BrokerError),
    /// The broker took it, but no queue did.
    #[error(
        "no queue takes messages of exchange {exchange} under the key {key:?}; run `skuscribe topology --apply`"
    )]
    Unroutable {
        /// The exchange.
        exchange: String,
        /// The routing key.
        key: String,
    },
    /// The broker refused it: a full queue.
    #[error("the broker refuses messages of exchange {exchange} under the key {key:?}; is the queue full?")]
    Refused {
        /// The exchange.
        exchange: String,
        /// The routing key.
        key: String,
    },
}

/// A message to publish.
#[derive(Clone, Debug, Default)]
pub struct Message<'a> {
    /// Its body.
    pub body: &'a [u8],
    /// Its `message-id`, at most 255 bytes; longer ones are left out.
    pub id: Option<&'a str>,
    /// Its content type; `application/json` where it is left out.
    pub content_type: Option<&'a str>,
    /// Its headers.
    pub headers: Option<FieldTable>,
}

/// Publishes and waits for the confirm.
#[derive(Clone, Debug)]
pub struct Publisher {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    link: Link,
    topology: Topology,
    name: String,
    slots: Semaphore,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    connection: Option<Arc<Connection>>,
    /// Counts the connections there were.
    generation: u64,
    free: Vec<Open>,
    events: Option<Open>,
    failed_at: Option<Instant>,
}

/// A confirm channel, and which connection it belongs to.
#[derive(Clone, Debug)]
struct Open {
    channel: Channel,
    generation: u64,
}

impl Publisher {
    /// Prepares a publisher; it connects on first use.
    #[must_use]
    pub fn new(link: Link, name: &str) -> Self {
        let topology = Topology::new(&link.config().prefix);
        let slots = Semaphore::new(link.config().publish_channels.max(1));
        let name = name.to_owned();
        Self { inner: Arc::new(Inner { link, topology, name, slots, state: Mutex::new(State::default()) }) }
    }

    /// The names on the broker.
    #[must_use]
    pub fn topology(&self) -> &Topology {
        &self.inner.topology
    }

    /// Declares exchanges and queues.
    ///
    /// # Errors
    /// When the broker cannot be reached or refuses.
    pub async fn declare(&self) -> Result<(), BrokerError> {
        let open = self.inner.open(false).await?;
        let declare = self.inner.topology.apply(&open.channel);
        self.inner.link.within("declaring exchanges and queues", declare).await?;
        self.inner.give_back(open).await;
        Ok(())
    }

    /// Removes everything that [`Publisher::declare`] declared, with all messages: for demos and tests.
    ///
    /// # Errors
    /// When the broker cannot be reached or refuses.
    pub async fn remove(&self) -> Result<(), BrokerError> {
        let open = self.inner.open(false).await?;
        self.inner
            .link
            .within("removing exchanges and queues", self.inner.topology.remove(&open.channel))
            .await
    }

    /// Publishes work to a lane.
    ///
    /// # Errors
    /// When the broker did not confirm it, or no queue took it.
    pub async fn work(&self, lane: Lane, message: Message<'_>) -> Result<(), PublishError> {
        self.inner.mandatory(&self.inner.topology.work(), lane, message).await
    }

    /// Publishes a message to the delay queue of that many milliseconds; it comes back under its lane.
    ///
    /// # Errors
    /// As [`Publisher::work`].
    pub async fn retry(&self, lane: Lane, delay_ms: u64, message: Message<'_>) -> Result<(), PublishError> {
        let exchange = self.inner.topology.retry(delay_ms);
        self.inner.mandatory(&exchange, lane, message).await
    }

    /// Publishes a dead letter.
    ///
    /// # Errors
    /// As [`Publisher::work`].
    pub async fn dead(&self, lane: Lane, message: Message<'_>) -> Result<(), PublishError> {
        self.inner.mandatory(&self.inner.topology.dead(), lane, message).await
    }

    /// Publishes an outcome event under its routing key; that nobody listens yet is no error.
    ///
    /// # Errors
    /// When the broker did not confirm it.
    pub async fn event(&self, key: &str, message: Message<'_>) -> Result<(), PublishError> {
        let exchange = self.inner.topology.content();
        let open = self.inner.events().await?;
        match self.inner.send(&open, &exchange, key, &message, false).await {
            // The connection may have broken since its last use: once more over a new channel.
            Err(PublishError::Broker(BrokerError::Failed { .. })) => {
                self.inner.forget_events(&open).await;
                let open = self.inner.events().await?;
                self.inner.send(&open, &exchange, key, &message, false).await
            }
            result => result,
        }
    }

    /// Whether the broker takes no messages at the moment: a memory or disk alarm.
    #[must_use]
    pub fn blocked(&self) -> bool {
        self.inner.state.try_lock().is_ok_and(|state| {
            state.connection.as_ref().is_some_and(|connection| connection.status().blocked())
        })
    }

    /// Closes the connection, so that the broker does not count it as lost.
    pub async fn close(&self) {
        let connection = self.inner.state.lock().await.connection.take();
        if let Some(connection) = connection {
            let closed = self.inner.link.within("closing", connection.close(200, "done".into())).await;
            if let Err(error) = closed {
                tracing::debug!(%error, "the publishing connection was not closed in good order");
            }
        }
    }
}

impl Inner {
    async fn mandatory(&self, exchange: &str, lane: Lane, message: Message<'_>) -> Result<(), PublishError> {
        // A closed semaphore cannot be: nobody closes it.
        let _slot = self.slots.acquire().await.ok();
        let mut fresh = false;
        loop {
            let open = self.open(fresh).await?;
            match self.send(&open, exchange, lane.as_str(), &message, true).await {
                // The connection may have broken since its last use: once more over a new channel. The old one
                // is dropped: after a failure its confirms cannot be told apart.
                Err(PublishError::Broker(BrokerError::Failed { .. })) if !fresh => fresh = true,
                result => {
                    if !matches!(result, Err(PublishError::Broker(_))) {
                        self.give_back(open).await;
                    }
                    return result;
                }
            }
        }
    }

    async fn give_back(&self, open: Open) {
        let mut state = self.state.lock().await;
        if state.generation == open.generation {
            state.free.push(open);
        }
    }

    async fn send(
        &self,
        open: &Open,
        exchange: &str,
        key: &str,
        message: &Message<'_>,
        mandatory: bool,
    ) -> Result<(), PublishError> {
        let mut properties = BasicProperties::default()
            .with_delivery_mode(2)
            .with_content_type(message.content_type.unwrap_or("application/json").into());
        if let Some(id) = message.id.and_then(|id| ShortString::try_new(id).ok()) {
            properties = properties.with_message_id(id);
        }
        if let Some(headers) = &message.headers {
            properties = properties.with_headers(headers.clone());
        }
        let options = BasicPublishOptions { mandatory, ..BasicPublishOptions::default() };
        let confirmed = self
            .link
            .within("publishing", async {
                open.channel
                    .basic_publish(exchange.into(), key.into(), options, message.body, properties)
                    .await?
                    .await
            })
            .await;
        if let Err(BrokerError::Timeout { .. }) = confirmed {
            self.forget_frozen(open.generation).await;
        }
        match confirmed? {
            Confirmation::Ack(None) => Ok(()),
            // An unroutable message is acknowledged too, with itself as return.
            Confirmation::Ack(Some(_)) => {
                Err(PublishError::Unroutable { exchange: exchange.to_owned(), key: key.to_owned() })
            }
            Confirmation::Nack(_) | Confirmation::NotRequested => {
                Err(PublishError::Refused { exchange: exchange.to_owned(), key: key.to_owned() })
            }
        }
    }

    /// A confirm channel that nobody else uses; `fresh` throws away what is there.
    async fn open(&self, fresh: bool) -> Result<Open, BrokerError> {
        let asked_at = Instant::now();
        let mut state = self.state.lock().await;
        if fresh {
            state.free.clear();
        }
        while let Some(open) = state.free.pop() {
            if open.channel.status().connected() {
                return Ok(open);
            }
        }
        let (connection, generation) = self.connection(&mut state, asked_at).await?;
        drop(state);
        Ok(Open { channel: self.confirming(&connection).await?, generation })
    }

    async fn events(&self) -> Result<Open, BrokerError> {
        let asked_at = Instant::now();
        let mut state = self.state.lock().await;
        if let Some(open) = state.events.as_ref().filter(|open| open.channel.status().connected()) {
            return Ok(open.clone());
        }
        let (connection, generation) = self.connection(&mut state, asked_at).await?;
        let open = Open { channel: self.confirming(&connection).await?, generation };
        state.events = Some(open.clone());
        Ok(open)
    }

    /// Drops a broken events channel, unless another task has renewed it already.
    async fn forget_events(&self, broken: &Open) {
        let mut state = self.state.lock().await;
        let same =
            |open: &Open| open.generation == broken.generation && open.channel.id() == broken.channel.id();
        if state.events.as_ref().is_some_and(same) {
            state.events = None;
        }
    }

    /// Drops a connection that does not answer, unless another task has done so already. One that the broker
    /// has blocked (a memory or disk alarm) is kept: a new one would be blocked as well.
    async fn forget_frozen(&self, generation: u64) {
        let mut state = self.state.lock().await;
        let blocked = state.connection.as_ref().is_some_and(|connection| connection.status().blocked());
        if state.generation == generation && !blocked {
            *state = State { generation, ..State::default() };
        }
    }

    async fn connection(
        &self,
        state: &mut State,
        asked_at: Instant,
    ) -> Result<(Arc<Connection>, u64), BrokerError> {
        if let Some(connection) =
            state.connection.as_ref().filter(|connection| connection.status().connected())
        {
            return Ok((Arc::clone(connection), state.generation));
        }
        // All who waited while one tried would try one after the other: what failed for one failed for them.
        if state.failed_at.is_some_and(|failed_at| failed_at >= asked_at) {
            return Err(BrokerError::JustFailed { broker: self.link.shown().to_owned() });
        }
        match self.link.connect(&self.name).await {
            Ok(connection) => {
                let connection = Arc::new(connection);
                let generation = state.generation + 1;
                *state = State { connection: Some(Arc::clone(&connection)), generation, ..State::default() };
                Ok((connection, generation))
            }
            Err(error) => {
                state.failed_at = Some(Instant::now());
                Err(error)
            }
        }
    }

    async fn confirming(&self, connection: &Connection) -> Result<Channel, BrokerError> {
        let channel = self.link.channel(connection).await?;
        self.link
            .within("opening a channel", channel.confirm_select(ConfirmSelectOptions::default()))
            .await?;
        Ok(channel)
    }
}
