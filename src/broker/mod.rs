//! The broker: topology, connections, publishing with confirms, consuming.

mod away;
pub(crate) mod body;
mod connection;
mod dead_letters;
mod declare;
mod delay_queues;
mod depths;
mod frame;
mod headers;
mod message;
mod patience;
mod pool;
mod publisher;
mod returns;
mod signature;
mod topology;

pub use body::{BodyError, body_of};
pub use connection::{BrokerError, Link, SILENT_POLLS};
pub use dead_letters::{DeadLetter, DeadLetters, LetterInfo, ReplayError};
pub use delay_queues::{RETRY_DELAYS_MS, retry_delay_ms, snooze_delay_ms};
pub use depths::{QueueDepth, depths};
pub use headers::{Diagnosis, Headers, Stamp};
pub use message::{OutgoingMessage, PublishError};
pub use publisher::Publisher;
pub use returns::{RETURNS_MAX, RETURNS_SENT_ON, RETURNS_SUSPECT, times_returned};
pub use signature::HeaderKey;
pub use topology::{Exchange, Queue, Topology, UNLIMITED_DELIVERIES};
