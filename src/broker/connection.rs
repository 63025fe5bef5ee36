//! One connection to the broker: opened with a heartbeat and a deadline, named for the management page.

use std::time::Duration;

use lapin::message::Delivery;
use lapin::options::{BasicConsumeOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::uri::AMQPUri;
use lapin::{Channel, Connection, ConnectionProperties, Consumer};
use secrecy::ExposeSecret;

use super::declare::is_inequivalent;
use crate::config::broker::BrokerConfig;

/// After this many times `broker.patrol_ms` without a message a consumer is replaced: an idle one and one that the
/// broker forgot look the same.
pub const SILENT_POLLS: u32 = 30;

/// Why the broker could not be used.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// `broker.url` is no AMQP address.
    #[error("broker.url is no AMQP address ({0}); write amqp://user:password@host:5672/%2f")]
    Address(String),
    /// No answer in time.
    #[error("the broker {broker} did not answer within {timeout_ms} ms while {doing}")]
    Timeout {
        /// The broker, without credentials.
        broker: String,
        /// What was being done.
        doing: &'static str,
        /// The deadline, in milliseconds.
        timeout_ms: u64,
    },
    /// It ended a consumer: the queue was deleted, or moved to another node.
    #[error("the broker {broker} ended the consumer of {queue}; was the queue deleted?")]
    ConsumerEnded {
        /// The broker, without credentials.
        broker: String,
        /// The queue.
        queue: String,
    },
    /// A queue has messages and the consumer has room, but nothing comes.
    #[error(
        "the broker {broker} holds {ready} messages of {queue} back from a consumer that has room; starting new consumers"
    )]
    ConsumerStuck {
        /// The broker, without credentials.
        broker: String,
        /// The queue.
        queue: String,
        /// Messages that are ready.
        ready: u32,
    },
    /// Another task has just failed to connect.
    #[error("the broker {broker} could not be reached a moment ago")]
    JustFailed {
        /// The broker, without credentials.
        broker: String,
    },
    /// No connection: it is not running, elsewhere, or refuses the user.
    #[error(
        "the broker {broker} cannot be reached; is it running, and are address, user and password in broker.url right?"
    )]
    Unreachable {
        /// The broker, without credentials.
        broker: String,
        /// The cause.
        #[source]
        source: lapin::Error,
    },
    /// Somebody declared an exchange or a queue of ours otherwise: an earlier version, or a person.
    #[error(
        "the broker {broker} has an exchange or a queue of ours with other arguments; delete it once it is empty, or set another broker.prefix"
    )]
    OtherArguments {
        /// The broker, without credentials.
        broker: String,
        /// The cause, with its name and what differs.
        #[source]
        source: lapin::Error,
    },
    /// It refused, or the connection broke.
    #[error("the broker {broker} failed while {doing}")]
    Failed {
        /// The broker, without credentials.
        broker: String,
        /// What was being done.
        doing: &'static str,
        /// The cause.
        #[source]
        source: lapin::Error,
    },
}

/// How to reach the broker; every call through it has a deadline.
#[derive(Clone, Debug)]
pub struct Link {
    config: BrokerConfig,
    shown: String,
}

impl Link {
    /// Reads the settings. Nothing is sent yet.
    #[must_use]
    pub fn from_config(config: &BrokerConfig) -> Self {
        Self { config: config.clone(), shown: config.shown() }
    }

    /// The broker's address, without credentials.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// The settings.
    #[must_use]
    pub fn config(&self) -> &BrokerConfig {
        &self.config
    }

    /// Runs a call with the deadline that every broker call has.
    ///
    /// # Errors
    /// When the call fails or takes too long.
    pub async fn within<T>(
        &self,
        doing: &'static str,
        call: impl Future<Output = Result<T, lapin::Error>>,
    ) -> Result<T, BrokerError> {
        self.within_ms(self.config.timeout_ms, doing, call).await
    }

    async fn within_ms<T>(
        &self,
        timeout_ms: u64,
        doing: &'static str,
        call: impl Future<Output = Result<T, lapin::Error>>,
    ) -> Result<T, BrokerError> {
        match tokio::time::timeout(Duration::from_millis(timeout_ms), call).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(source)) if is_inequivalent(&source) => {
                Err(BrokerError::OtherArguments { broker: self.shown.clone(), source })
            }
            Ok(Err(source)) => Err(BrokerError::Failed { broker: self.shown.clone(), doing, source }),
            Err(_) => Err(BrokerError::Timeout { broker: self.shown.clone(), doing, timeout_ms }),
        }
    }

    /// Opens a connection. lapin's recovery stays off: after a channel error it hangs for ever.
    ///
    /// # Errors
    /// When the address is wrong or the broker does not answer.
    pub async fn connect(&self, name: &str) -> Result<Connection, BrokerError> {
        let mut uri: AMQPUri = self.config.url.expose_secret().parse().map_err(BrokerError::Address)?;
        uri.query.heartbeat = Some(self.config.heartbeat_s);
        let properties = ConnectionProperties::default().with_connection_name(name.into());
        let connect = Connection::connect_uri(uri, properties);
        match self.within_ms(self.config.connect_timeout_ms, "connecting", connect).await {
            Err(BrokerError::Failed { broker, source, .. }) => {
                Err(BrokerError::Unreachable { broker, source })
            }
            result => result,
        }
    }

    /// Opens a channel.
    ///
    /// # Errors
    /// When the connection is gone or the broker does not answer.
    pub async fn channel(&self, connection: &Connection) -> Result<Channel, BrokerError> {
        self.within("opening a channel", connection.create_channel()).await
    }

    /// Starts a consumer that is sent at most `prefetch` messages ahead of their acknowledgements.
    ///
    /// # Errors
    /// When the queue is not there or the broker does not answer.
    pub async fn consume(
        &self,
        channel: &Channel,
        queue: &str,
        tag: &str,
        prefetch: u16,
    ) -> Result<Consumer, BrokerError> {
        self.within("setting the prefetch", channel.basic_qos(prefetch, BasicQosOptions::default())).await?;
        let options = BasicConsumeOptions::default();
        let consume = channel.basic_consume(queue.into(), tag.into(), options, FieldTable::default());
        self.within("starting a consumer", consume).await
    }

    /// What a consumer gave. A cancel by the broker ends its stream without an error; here it is one.
    ///
    /// # Errors
    /// When the consumer ended, or its channel broke.
    pub fn delivery(
        &self,
        consumer: &Consumer,
        next: Option<Result<Delivery, lapin::Error>>,
    ) -> Result<Delivery, BrokerError> {
        let broker = || self.shown.clone();
        match next {
            Some(Ok(delivery)) => Ok(delivery),
            Some(Err(source)) => Err(BrokerError::Failed { broker: broker(), doing: "consuming", source }),
            None => Err(BrokerError::ConsumerEnded { broker: broker(), queue: consumer.queue().to_string() }),
        }
    }
}
