//! A message to publish, its properties within a frame, and why it is not confirmed.

use lapin::BasicProperties;
use lapin::types::{FieldTable, ShortString};

use super::connection::BrokerError;
use super::frame::fit;

/// Why a message is not confirmed by the broker.
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
pub struct OutgoingMessage<'a> {
    /// Its body.
    pub body: &'a [u8],
    /// Its `message-id`, at most 255 bytes; longer ones are left out.
    pub id: Option<&'a str>,
    /// Its `correlation-id`, which whoever publishes follows it by; at most 255 bytes.
    pub correlation_id: Option<&'a str>,
    /// Its content type; `application/json` where it is left out.
    pub content_type: Option<&'a str>,
    /// Its content encoding: the body is sent on as it came.
    pub content_encoding: Option<&'a str>,
    /// Its priority.
    pub priority: Option<u8>,
    /// Its headers; where they do not fit a frame, the largest are left out and named in one.
    pub headers: Option<FieldTable>,
}

impl OutgoingMessage<'_> {
    /// Its properties, in a frame of at most `frame_max` bytes.
    pub(super) fn properties(&self, frame_max: u32) -> BasicProperties {
        let content_type = self.content_type.unwrap_or("application/json");
        let mut properties =
            BasicProperties::default().with_delivery_mode(2).with_content_type(content_type.into());
        let id = self.id.and_then(|id| ShortString::try_new(id).ok());
        let encoding = self.content_encoding.unwrap_or_default();
        if !encoding.is_empty() {
            properties = properties.with_content_encoding(encoding.into());
        }
        if let Some(priority) = self.priority {
            properties = properties.with_priority(priority);
        }
        let correlation_id = self.correlation_id.and_then(|id| ShortString::try_new(id).ok());
        if let Some(headers) = self.headers.clone() {
            let text = |id: &'_ Option<ShortString>| id.as_ref().map_or(String::new(), ToString::to_string);
            let (id, correlation_id) = (text(&id), text(&correlation_id));
            let strings = [content_type, encoding, &id, &correlation_id];
            properties = properties.with_headers(fit(headers, frame_max, &strings));
        }
        if let Some(correlation_id) = correlation_id {
            properties = properties.with_correlation_id(correlation_id);
        }
        match id {
            Some(id) => properties.with_message_id(id),
            None => properties,
        }
    }
}
