//! The broker: topology, connections, publishing with confirms, consuming.

mod connection;
mod dead_letters;
mod delay_queues;
mod headers;
mod patience;
mod pool;
mod publisher;
mod topology;

pub use connection::{BrokerError, Link, SILENT_POLLS};
pub use dead_letters::{DeadLetter, DeadLetters, LetterInfo, ReplayError};
pub use headers::{Diagnosis, Headers, RETRY_DELAYS_MS, retry_delay_ms, snooze_delay_ms};
pub use publisher::{OutgoingMessage, PublishError, Publisher};
pub use topology::{Exchange, Queue, Topology, UNLIMITED_DELIVERIES, is_soft};
