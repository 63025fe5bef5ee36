//! `[broker]`: the RabbitMQ server and the names on it.

use lapin::uri::AMQPUri;
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
}

impl BrokerConfig {
    /// The address without user and password, for messages to people.
    #[must_use]
    pub fn shown(&self) -> String {
        shown(self.url.expose_secret())
    }

    pub(super) fn validate(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            !self.prefix.is_empty() && self.prefix.len() <= 100,
            "broker.prefix = {:?} is not allowed; write 1 to 100 bytes",
            self.prefix
        );
        // The address is not shown: its password may be what is wrong with it.
        let url = self.url.expose_secret();
        let problem =
            if url.contains('#') { Some("it has a raw #".to_owned()) } else { url.parse::<AMQPUri>().err() };
        if let Some(problem) = problem {
            anyhow::bail!(
                "broker.url is no AMQP address: {problem}; write amqp://user:password@host:5672/%2f, and in user, password and virtual host # as %23, @ as %40, / as %2F, : as %3A and % as %25"
            );
        }
        Ok(())
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
    use crate::config::Config;

    #[test]
    fn an_address_with_a_raw_sign_is_refused_with_how_to_write_it_and_is_not_shown() {
        for url in [
            "amqp://me:hid#den@host/%2f",
            "amqp://me:hid/den@host/%2f",
            "http://me:hidden@host",
            "rabbit:5672",
            "",
        ] {
            let environment = [("SKUSCRIBE_BROKER_URL".to_owned(), url.to_owned())];
            let error = Config::load(None, &environment, &[]).unwrap_err().to_string();
            assert!(error.contains("broker.url") && error.contains("# as %23"), "{error}");
            assert!(!error.contains("hid"), "{error}");
        }
        let environment = [("SKUSCRIBE_BROKER_URL".to_owned(), "amqp://me:hid@den@host/%2f".to_owned())];
        Config::load(None, &environment, &[]).unwrap();
    }

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
