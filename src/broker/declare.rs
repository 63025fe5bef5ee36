//! Declares, looks for and removes what the topology names; declaring what is there already changes nothing.

use lapin::options::{
    ExchangeDeclareOptions, ExchangeDeleteOptions, QueueBindOptions, QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::protocol::AMQPSoftError;
use lapin::types::{AMQPValue, FieldTable, LongString};
use lapin::{Channel, Connection, ErrorKind, ExchangeKind};

use super::delay_queues::RETRY_DELAYS_MS;
use super::topology::{Argument, Exchange, Queue, Topology};

impl Exchange {
    async fn declare(self, channel: &Channel) -> Result<(), lapin::Error> {
        let kind = match self.kind {
            "direct" => ExchangeKind::Direct,
            "topic" => ExchangeKind::Topic,
            _ => ExchangeKind::Fanout,
        };
        let options = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        channel.exchange_declare(self.name.into(), kind, options, table(&self.arguments)).await
    }
}

impl Queue {
    async fn declare(self, channel: &Channel) -> Result<(), lapin::Error> {
        let mut arguments = table(&self.arguments);
        arguments.insert("x-queue-type".into(), AMQPValue::LongString(LongString::from("quorum")));
        let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        channel.queue_declare(self.name.clone().into(), options, arguments).await?;
        let (exchange, key) = self.binding;
        channel
            .queue_bind(
                self.name.into(),
                exchange.into(),
                key.into(),
                QueueBindOptions::default(),
                FieldTable::default(),
            )
            .await
    }
}

impl Topology {
    /// Declares everything but the delays. Declaring what is there already changes nothing.
    ///
    /// # Errors
    /// When the broker refuses, for example because a queue of that name has other arguments.
    pub async fn apply(&self, channel: &Channel) -> Result<(), lapin::Error> {
        for exchange in self.exchanges() {
            exchange.declare(channel).await?;
        }
        for queue in self.queues() {
            queue.declare(channel).await?;
        }
        Ok(())
    }

    /// Declares the exchange and the queue of a delay, in milliseconds.
    ///
    /// # Errors
    /// As [`Topology::apply`].
    pub async fn apply_delay(&self, channel: &Channel, delay_ms: u64) -> Result<(), lapin::Error> {
        let (exchange, queue) = self.delay(delay_ms);
        exchange.declare(channel).await?;
        queue.declare(channel).await
    }

    /// Declares the exchange and the queue of messages whose job is paused.
    ///
    /// # Errors
    /// As [`Topology::apply`].
    pub async fn apply_parking(&self, channel: &Channel) -> Result<(), lapin::Error> {
        let (exchange, queue) = self.parking();
        exchange.declare(channel).await?;
        queue.declare(channel).await
    }

    /// Messages that are ready in a queue; `None` where it is not there, which closes the channel.
    ///
    /// # Errors
    /// When the broker refuses anything but the name.
    pub async fn ready(&self, channel: &Channel, queue: &str) -> Result<Option<u32>, lapin::Error> {
        let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let looked = channel.queue_declare(queue.into(), options, FieldTable::default());
        Ok(is_there(looked.await)?.map(|queue| queue.message_count()))
    }

    /// The exchanges and queues that are not there. Nothing is declared; whether arguments differ does not show.
    ///
    /// # Errors
    /// When the broker refuses anything but a name that it does not have.
    pub async fn missing(&self, connection: &Connection) -> Result<Vec<String>, lapin::Error> {
        let mut missing = Vec::new();
        let mut channel = connection.create_channel().await?;
        for exchange in self.exchanges() {
            let options = ExchangeDeclareOptions { passive: true, ..ExchangeDeclareOptions::default() };
            let name = exchange.name.clone().into();
            let looked = channel.exchange_declare(name, ExchangeKind::Direct, options, FieldTable::default());
            if is_there(looked.await)?.is_none() {
                missing.push(exchange.name);
                channel = connection.create_channel().await?;
            }
        }
        for queue in self.queues() {
            let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
            let looked = channel.queue_declare(queue.name.clone().into(), options, FieldTable::default());
            if is_there(looked.await)?.is_none() {
                missing.push(queue.name);
                channel = connection.create_channel().await?;
            }
        }
        Ok(missing)
    }

    /// Removes everything, the feed's queue as well, with all messages.
    ///
    /// # Errors
    /// When the broker refuses.
    pub async fn remove(&self, channel: &Channel) -> Result<(), lapin::Error> {
        let delays = RETRY_DELAYS_MS.iter().map(|delay| self.retry(*delay));
        let delays: Vec<String> = delays.chain([self.paused()]).collect();
        let queues = self.queues().into_iter().map(|queue| queue.name);
        for queue in queues.chain(delays.iter().cloned()).chain([self.feed()]) {
            channel.queue_delete(queue.into(), QueueDeleteOptions::default()).await?;
        }
        for exchange in self.exchanges().into_iter().map(|exchange| exchange.name).chain(delays) {
            channel.exchange_delete(exchange.into(), ExchangeDeleteOptions::default()).await?;
        }
        Ok(())
    }
}

/// What a passive declaration found; nothing where the broker has no such name, which closes the channel.
pub(super) fn is_there<T>(looked: Result<T, lapin::Error>) -> Result<Option<T>, lapin::Error> {
    match looked {
        Ok(found) => Ok(Some(found)),
        Err(error) if is_soft(&error, &AMQPSoftError::NOTFOUND) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether the broker answered with that error, which closed the channel and nothing else.
fn is_soft(error: &lapin::Error, expected: &AMQPSoftError) -> bool {
    matches!(error.kind(), ErrorKind::ProtocolError(cause) if cause.get_id() == expected.get_id())
}

/// Whether the broker refused a declaration because what is there was declared otherwise. A late acknowledgement is a failed
/// precondition as well.
pub(super) fn is_inequivalent(error: &lapin::Error) -> bool {
    is_soft(error, &AMQPSoftError::PRECONDITIONFAILED) && error.to_string().contains("inequivalent arg")
}

fn table(arguments: &[(&'static str, Argument)]) -> FieldTable {
    let mut table = FieldTable::default();
    for (name, value) in arguments {
        let value = match value {
            Argument::Text(text) => AMQPValue::LongString(LongString::from(text.as_str())),
            Argument::Number(number) => AMQPValue::LongLongInt(*number),
        };
        table.insert((*name).into(), value);
    }
    table
}
