//! `[broker]`: the RabbitMQ server and the names on it.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

/// Settings of the broker.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrokerConfig {
    /// AMQP address; secret because it holds a password.
    pub url: SecretString,
    /// First part of the name of every exchange and queue.
    pub prefix: String,
    /// Heartbeat in seconds; a frozen broker is noticed after two of them.
    pub heartbeat_s: u16,
    /// One attempt to connect, in milliseconds.
    pub connect_timeout_ms: u64,
    /// Between two checks of the queues, in milliseconds: how soon a stuck consumer is noticed.
    pub patrol_ms: u64,
    /// Every call, confirms included, in milliseconds.
    pub timeout_ms: u64,
    /// Channels that publish in parallel.
    pub publish_channels: usize,
    /// Longest wait before the next attempt to connect, in milliseconds.
    pub reconnect_max_ms: u64,
    /// What headers of ours are signed with; empty for a secret in the store that all its workers share.
    pub signing_key: SecretString,
}

impl BrokerConfig {
    /// The address without user and password, for messages to people.
    #[must_use]
    pub fn shown(&self) -> String {
        shown(self.url.expose_secret())
    }
}

/// An address without user, password and query.
#[must_use]
pub fn shown(url: &str) -> String {
    let url = url.split('?').next().unwrap_or_default();
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_shown_address_holds_no_credentials() {
        for (url, expected) in [
            ("amqp://user:p@ss@host:5672/%2f", "amqp://host:5672/%2f"),
            ("amqp://host/%2f?heartbeat=3", "amqp://host/%2f"),
            ("redis://:secret@127.0.0.1:6379", "redis://127.0.0.1:6379"),
        ] {
            assert_eq!(shown(url), expected);
        }
    }
}
