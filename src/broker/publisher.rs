//! Publishing with confirms over a connection of its own, rebuilt when it breaks.
//!
//! Work, retries and dead letters are mandatory: one message in flight per channel, because with pipelined
//! publishes a returned message sits on the wrong confirm now and then (measured with lapin 4.12). Events are
//! not mandatory and share one channel.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lapin::Confirmation;
use lapin::options::BasicPublishOptions;
use tokio::sync::Semaphore;

use super::connection::{BrokerError, Link};
use super::delay_queues::DeclaredDelays;
use super::message::{OutgoingMessage, PublishError};
use super::patience::{PATIENCE, Patience};
use super::pool::{ConfirmChannel, Pool};
use super::topology::Topology;
use crate::lane::Lane;

/// Publishes and waits for the confirm.
#[derive(Clone, Debug)]
pub struct Publisher {
    pub(super) inner: Arc<PublisherInner>,
}

#[derive(Debug)]
pub(super) struct PublisherInner {
    pub(super) link: Link,
    pub(super) topology: Topology,
    slots: Semaphore,
    pub(super) pool: Pool,
    patience: Patience,
    pub(super) delays: DeclaredDelays,
    /// Whether the queue of paused jobs was declared.
    pub(super) parking: AtomicBool,
}

impl Publisher {
    /// Prepares a publisher; it connects on first use.
    #[must_use]
    pub fn new(link: Link, name: &str) -> Self {
        Self::with_patience(link, name, Duration::ZERO)
    }

    /// A publisher for commands: it keeps trying a slow broker for half a minute, and says so in the log.
    #[must_use]
    pub fn patient(link: Link, name: &str) -> Self {
        Self::with_patience(link, name, PATIENCE)
    }

    fn with_patience(link: Link, name: &str, patience: Duration) -> Self {
        let topology = Topology::new(&link.config().prefix);
        let slots = Semaphore::new(link.config().publish_channels.max(1));
        let pool = Pool::new(link.clone(), name);
        Self {
            inner: Arc::new(PublisherInner {
                link,
                topology,
                slots,
                pool,
                patience: Patience::new(patience),
                delays: DeclaredDelays::default(),
                parking: AtomicBool::new(false),
            }),
        }
    }

    /// The names on the broker.
    #[must_use]
    pub fn topology(&self) -> &Topology {
        &self.inner.topology
    }

    /// Declares exchanges and queues, but those of delays: they follow with the first message that is delayed.
    ///
    /// # Errors
    /// When the broker cannot be reached or refuses.
    pub async fn declare(&self) -> Result<(), BrokerError> {
        let mut tries = self.inner.patience.tries();
        loop {
            match self.inner.declare().await {
                Err(error) if tries.again(&error).await => {}
                result => return result,
            }
        }
    }

    /// Removes everything that [`Publisher::declare`] declared, with all messages: for demos and tests.
    ///
    /// # Errors
    /// When the broker cannot be reached or refuses.
    pub async fn remove(&self) -> Result<(), BrokerError> {
        let open = self.inner.pool.open(false).await?;
        self.inner
            .link
            .within("removing exchanges and queues", self.inner.topology.remove(&open.channel))
            .await
    }

    /// Publishes work to a lane.
    ///
    /// # Errors
    /// When the broker did not confirm it, or no queue took it.
    pub async fn work(&self, lane: Lane, message: OutgoingMessage<'_>) -> Result<(), PublishError> {
        self.inner.mandatory(&self.inner.topology.work(), lane, &message).await
    }

    /// Publishes a dead letter.
    ///
    /// # Errors
    /// As [`Publisher::work`].
    pub async fn dead(&self, lane: Lane, message: OutgoingMessage<'_>) -> Result<(), PublishError> {
        self.inner.mandatory(&self.inner.topology.dead(), lane, &message).await
    }

    /// Publishes an outcome event under its routing key; without a queue for it, that is no error.
    ///
    /// # Errors
    /// When the broker did not confirm it.
    pub async fn event(&self, key: &str, message: OutgoingMessage<'_>) -> Result<(), PublishError> {
        let mut tries = self.inner.patience.tries();
        loop {
            match self.inner.event(key, &message).await {
                Err(error) if tries.again(&error).await => {}
                result => return result,
            }
        }
    }

    /// Whether the broker takes no messages at the moment: a memory or disk alarm.
    #[must_use]
    pub fn blocked(&self) -> bool {
        self.inner.pool.blocked()
    }

    /// Closes the connection, so that the broker does not count it as lost.
    pub async fn close(&self) {
        self.inner.pool.close().await;
    }
}

impl PublisherInner {
    async fn declare(&self) -> Result<(), BrokerError> {
        let open = self.pool.open(false).await?;
        let declare = self.topology.apply(&open.channel);
        self.link.within("declaring exchanges and queues", declare).await?;
        // What made this necessary may have cost them as well.
        self.delays.forget();
        self.parking.store(false, Ordering::Relaxed);
        self.pool.give_back(open).await;
        Ok(())
    }

    async fn event(&self, key: &str, message: &OutgoingMessage<'_>) -> Result<(), PublishError> {
        let exchange = self.topology.content();
        let open = self.pool.events().await?;
        match self.send(&open, &exchange, key, message, false).await {
            // The connection may have broken since its last use: once more over a new channel.
            Err(PublishError::Broker(BrokerError::Failed { .. })) => {
                self.pool.forget_events(&open).await;
                let open = self.pool.events().await?;
                self.send(&open, &exchange, key, message, false).await
            }
            result => result,
        }
    }

    pub(super) async fn mandatory(
        &self,
        exchange: &str,
        lane: Lane,
        message: &OutgoingMessage<'_>,
    ) -> Result<(), PublishError> {
        let mut tries = self.patience.tries();
        loop {
            match self.mandatory_once(exchange, lane, message).await {
                Err(error) if tries.again(&error).await => {}
                result => return result,
            }
        }
    }

    async fn mandatory_once(
        &self,
        exchange: &str,
        lane: Lane,
        message: &OutgoingMessage<'_>,
    ) -> Result<(), PublishError> {
        // The semaphore is never closed.
        let _slot = self.slots.acquire().await.ok();
        let mut fresh = false;
        loop {
            let open = self.pool.open(fresh).await?;
            match self.send(&open, exchange, lane.as_str(), message, true).await {
                // The connection may have broken since its last use: once more over a new channel. The old one
                // is dropped: after a failure its confirms cannot be told apart.
                Err(PublishError::Broker(BrokerError::Failed { .. })) if !fresh => fresh = true,
                result => {
                    if !matches!(result, Err(PublishError::Broker(_))) {
                        self.pool.give_back(open).await;
                    }
                    return result;
                }
            }
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that publishes, with its confirm")]
    async fn send(
        &self,
        open: &ConfirmChannel,
        exchange: &str,
        key: &str,
        message: &OutgoingMessage<'_>,
        mandatory: bool,
    ) -> Result<(), PublishError> {
        let properties = message.properties(open.frame_max);
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
            self.pool.forget_frozen(open.generation).await;
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
}
