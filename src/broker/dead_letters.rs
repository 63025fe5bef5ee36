//! Dead letters and unrouted messages: read without being removed, replayed, dropped.
//!
//! What was only read goes back to its queue when the connection closes. Two readers at once each see a part.

use std::borrow::Cow;

use jiff::Timestamp;
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicGetOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{Channel, Connection};
use serde::Serialize;
use serde_json::Value;

use super::body::body_of;
use super::connection::{BrokerError, Link};
use super::frame::TRIMMED;
use super::headers::{Headers, text_of};
use super::message::{OutgoingMessage, PublishError};
use super::publisher::Publisher;
use crate::lane::Lane;

/// Most bytes of a body that is unpacked to be shown.
const UNPACKED_BYTES_MAX: usize = 4 << 20;

/// What is known of a dead letter; what only the broker knows is read from the broker's header.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LetterInfo {
    /// The queue that holds it.
    pub queue: String,
    /// The message's id, as its body or its properties state it; made of its body where neither does.
    pub id: String,
    /// The product, where the body names one.
    pub sku: String,
    /// The lane that it came by; the routing key as it was where that is no lane.
    pub lane: String,
    /// The stage that failed; `broker` where the broker gave up on it.
    pub stage: String,
    /// The chain of causes.
    pub error: String,
    /// Attempts, the last included; 0 where they were not counted.
    pub attempts: u32,
    /// Locales that it concerns; empty for all that it asks for.
    pub locales: Vec<String>,
    /// Headers that were left out because they did not fit a frame.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub headers_trimmed: String,
    /// The worker that gave up.
    pub worker: String,
    /// When the first attempt failed.
    pub first_at: Option<Timestamp>,
    /// When the last one did; else when the message's event happened.
    pub last_at: Option<Timestamp>,
}

/// A dead letter as delivered: it goes back to its queue unless it is replayed or dropped.
#[derive(Debug)]
pub struct DeadLetter {
    /// What is known of it.
    pub about: LetterInfo,
    delivery: Delivery,
}

/// Reads dead letters, over a connection of their own.
#[derive(Debug)]
pub struct DeadLetters {
    link: Link,
    connection: Connection,
    channel: Channel,
}

/// Why a letter could not be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// It was not confirmed under its lane; it stays where it is.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// It was, but could not be removed from its queue: it may be delivered twice, which is idempotent.
    #[error("replayed, but not removed from its queue; a second delivery is idempotent")]
    NotTaken(#[source] BrokerError),
    /// The channel died: the broker gave the letters back to their queue.
    #[error("the channel closed; run the command again")]
    ChannelGone,
}

impl DeadLetters {
    /// Opens a connection.
    ///
    /// # Errors
    /// When the broker cannot be reached.
    pub async fn open(link: Link) -> Result<Self, BrokerError> {
        let connection = link.connect("skuscribe-letters").await?;
        let channel = link.channel(&connection).await?;
        Ok(Self { link, connection, channel })
    }

    /// How many letters wait in a queue.
    ///
    /// # Errors
    /// When the queue is not there.
    pub async fn waiting(&self, queue: &str) -> Result<u32, BrokerError> {
        let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let look = self.channel.queue_declare(queue.into(), options, FieldTable::default());
        Ok(self.link.within("looking at a queue", look).await?.message_count())
    }

    /// The next letter of a queue, oldest first; `None` where no more are there.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub async fn next(&self, queue: &str) -> Result<Option<DeadLetter>, BrokerError> {
        let get = self.channel.basic_get(queue.into(), BasicGetOptions::default());
        let got = self.link.within("reading a letter", get).await?;
        Ok(got.map(|got| DeadLetter { about: LetterInfo::of(queue, &got.delivery), delivery: got.delivery }))
    }

    /// Waits until the broker has taken all letters of a queue out of it whose removal was asked for. RabbitMQ holds
    /// acknowledgements of quorum queues back where many come at once, and forgets those when a connection closes; a message
    /// is given only after all of them. The one that is given goes back to its queue.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub async fn removed(&self, queue: &str) -> Result<(), BrokerError> {
        self.next(queue).await.map(drop)
    }

    /// Closes the connection: what was neither replayed nor dropped goes back to its queue.
    pub async fn close(self) {
        if let Err(error) = self.link.within("closing", self.connection.close(200, "done".into())).await {
            tracing::debug!(%error, "the connection was not closed cleanly");
        }
    }
}

impl DeadLetter {
    /// The message's body, unpacked where that can be done.
    #[must_use]
    pub fn body(&self) -> Cow<'_, [u8]> {
        body_of(&self.delivery, UNPACKED_BYTES_MAX).unwrap_or(Cow::Borrowed(&self.delivery.data))
    }

    /// Publishes it to a lane as if it were new, attempts reset, then takes it out of its queue.
    ///
    /// # Errors
    /// When the broker does not confirm it: then it stays where it is.
    pub async fn replay(&self, link: &Link, publisher: &Publisher, lane: Lane) -> Result<(), ReplayError> {
        let properties = &self.delivery.properties;
        let message = OutgoingMessage {
            body: &self.delivery.data,
            id: properties.message_id().as_ref().map(ShortString::as_str),
            correlation_id: properties.correlation_id().as_ref().map(ShortString::as_str),
            content_type: properties.content_type().as_ref().map(ShortString::as_str),
            content_encoding: properties.content_encoding().as_ref().map(ShortString::as_str),
            priority: *properties.priority(),
            headers: Some(Headers::read(properties.headers().as_ref()).replayed()),
        };
        publisher.work(lane, message).await?;
        self.take_out(link).await
    }

    /// Takes it out of its queue for good.
    ///
    /// # Errors
    /// When the broker does not take the acknowledgement.
    pub async fn take_out(&self, link: &Link) -> Result<(), ReplayError> {
        let ack = self.delivery.ack(BasicAckOptions::default());
        match link.within("taking a letter out", ack).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(ReplayError::ChannelGone),
            Err(error) => Err(ReplayError::NotTaken(error)),
        }
    }
}

impl LetterInfo {
    fn of(queue: &str, delivery: &Delivery) -> Self {
        let properties = &delivery.properties;
        let table = properties.headers().clone().unwrap_or_default();
        let headers = Headers::read(Some(&table));
        let text = |name: &str| table.inner().get(name).and_then(text_of).unwrap_or_default();
        // Only names are wanted: what the body is worth is intake's to say.
        let unpacked = body_of(delivery, UNPACKED_BYTES_MAX).unwrap_or_default();
        let body: Value = serde_json::from_slice(&unpacked).unwrap_or(Value::Null);
        let in_body = |pointers: &[&str]| {
            let found = pointers.iter().find_map(|pointer| body.pointer(pointer).and_then(Value::as_str));
            found.unwrap_or_default().to_owned()
        };
        // Only what a worker made a dead letter of holds what workers wrote.
        let by_broker = table.contains_key("x-death")
            || queue.ends_with(".unrouted")
            || text("x-skuscribe-stage").is_empty();
        let of_worker = |name: &str| if by_broker { String::new() } else { text(name) };
        let mut about = Self {
            queue: queue.to_owned(),
            id: in_body(&["/id", "/data/id"]),
            sku: in_body(&["/product/sku", "/data/product/sku", "/data/sku", "/sku"]),
            lane: of_worker("x-skuscribe-lane"),
            stage: of_worker("x-skuscribe-stage"),
            error: of_worker("x-skuscribe-error"),
            attempts: headers.attempt,
            locales: headers.unfinished.iter().flatten().map(ToString::to_string).collect(),
            headers_trimmed: text(TRIMMED),
            worker: of_worker("x-skuscribe-worker"),
            first_at: headers.first_at,
            last_at: of_worker("x-skuscribe-last-at").parse().ok(),
        };
        if let Some(id) = properties.message_id().as_ref().filter(|_| !can_be_named(&about.id)) {
            id.as_str().clone_into(&mut about.id);
        }
        if !can_be_named(&about.id) {
            about.id = format!("body-{:.16}", blake3::hash(&delivery.data).to_hex());
        }
        if about.lane.is_empty() {
            delivery.routing_key.as_str().clone_into(&mut about.lane);
        }
        if by_broker {
            about.diagnose_by_broker(&table);
        }
        if about.last_at.is_none() {
            about.last_at = in_body(&["/occurred_at", "/data/occurred_at", "/time"]).parse().ok();
        }
        about
    }

    /// No worker wrote a diagnosis: the broker's header says why it is here, or no queue took it.
    fn diagnose_by_broker(&mut self, table: &FieldTable) {
        "broker".clone_into(&mut self.stage);
        let Some(AMQPValue::FieldArray(deaths)) = table.inner().get("x-death") else {
            self.attempts = 0;
            self.error = format!("no lane is called {:?}; replay it with --to", self.lane);
            if self.lane.parse::<Lane>().is_ok() {
                "the lane's queue was not there".clone_into(&mut self.error);
            }
            return;
        };
        let latest = deaths.as_slice().iter().find_map(|death| match death {
            AMQPValue::FieldTable(death) => Some(death),
            _ => None,
        });
        let Some(death) = latest else { return };
        let field = |name: &str| death.inner().get(name).and_then(text_of).unwrap_or_default();
        let (reason, queue) = (field("reason"), field("queue"));
        self.error = match reason.as_str() {
            "delivery_limit" => format!(
                "the delivery limit of {queue} was reached: every worker that took it died or lost its connection"
            ),
            _ => format!("the broker gave up on it in {queue}: {reason}"),
        };
        if let Some(AMQPValue::Timestamp(seconds)) = death.inner().get("time") {
            self.last_at = i64::try_from(*seconds).ok().and_then(|s| Timestamp::from_second(s).ok());
        }
    }
}

/// Whether an id can be written on a command line.
fn can_be_named(id: &str) -> bool {
    !id.trim().is_empty() && !id.chars().any(char::is_control)
}
