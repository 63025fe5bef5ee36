//! The broker: topology, connections, publishing with confirms, consuming.

mod connection;
mod headers;
mod letters;
mod pool;
mod publisher;
mod topology;

pub use connection::{BrokerError, Link, SILENT_LOOKS};
pub use headers::{DeathNote, Headers, RETRY_DELAYS_MS, retry_delay_ms, snooze_delay_ms};
pub use letters::{About, Letter, Letters, ReplayError};
pub use publisher::{Message, PublishError, Publisher};
pub use topology::{Exchange, Queue, Topology};
