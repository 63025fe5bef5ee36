//! Messages that are sent away and come back: through a delay queue, or once their job goes on. Their queues are declared with
//! the first of them.

use std::sync::atomic::Ordering;

use super::connection::BrokerError;
use super::message::{OutgoingMessage, PublishError};
use super::publisher::Publisher;
use crate::lane::Lane;

impl Publisher {
    /// Publishes a message to the delay queue of that many milliseconds; it comes back under its lane.
    ///
    /// # Errors
    /// As [`Publisher::work`].
    pub async fn retry(
        &self,
        lane: Lane,
        delay_ms: u64,
        message: OutgoingMessage<'_>,
    ) -> Result<(), PublishError> {
        let exchange = self.inner.topology.retry(delay_ms);
        if !self.inner.delays.contains(delay_ms) {
            self.declare_delay(delay_ms).await?;
        }
        match self.inner.mandatory(&exchange, lane, &message).await {
            // It was declared, and is gone: deleted by hand, or with its broker's disk.
            Err(PublishError::Unroutable { .. }) => {
                self.declare_delay(delay_ms).await?;
                self.inner.mandatory(&exchange, lane, &message).await
            }
            result => result,
        }
    }

    /// Publishes a message to the queue of paused jobs; it comes back under its lane once a worker lets it.
    ///
    /// # Errors
    /// As [`Publisher::work`].
    pub async fn park(&self, lane: Lane, message: OutgoingMessage<'_>) -> Result<(), PublishError> {
        let exchange = self.inner.topology.paused();
        if !self.inner.parking.load(Ordering::Relaxed) {
            self.declare_parking().await?;
        }
        match self.inner.mandatory(&exchange, lane, &message).await {
            // It was declared, and is gone.
            Err(PublishError::Unroutable { .. }) => {
                self.declare_parking().await?;
                self.inner.mandatory(&exchange, lane, &message).await
            }
            result => result,
        }
    }

    async fn declare_parking(&self) -> Result<(), BrokerError> {
        let open = self.inner.pool.open(false).await?;
        let declare = self.inner.topology.apply_parking(&open.channel);
        self.inner.link.within("declaring the queue of paused jobs", declare).await?;
        self.inner.pool.give_back(open).await;
        self.inner.parking.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Declares the exchange and the queue of a delay, in milliseconds.
    ///
    /// # Errors
    /// When the broker cannot be reached or refuses.
    pub async fn declare_delay(&self, delay_ms: u64) -> Result<(), BrokerError> {
        let open = self.inner.pool.open(false).await?;
        let declare = self.inner.topology.apply_delay(&open.channel, delay_ms);
        self.inner.link.within("declaring a delay queue", declare).await?;
        self.inner.pool.give_back(open).await;
        self.inner.delays.add(delay_ms);
        Ok(())
    }
}
