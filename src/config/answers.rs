//! `[answers]`: answers to shoppers' questions.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde::Deserialize;

use crate::http::HttpLimits;
use crate::http::client::ClientNetworks;

/// Longest time for a client to take its answer.
const WRITE_MAX: Duration = Duration::from_secs(10);

/// Settings of answers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswersConfig {
    /// Where the service listens.
    pub listen: String,
    /// Sites whose pages may ask; `*` for every site.
    pub origins: Vec<String>,
    /// Whether the demo page is served.
    pub demo: bool,
    /// Whether a model phrases answers.
    pub model: bool,
    /// Whether an answer counts whose evidence is other attributes than the question's words point at.
    pub trust_model: bool,
    /// Longest wait for a model's answer, in milliseconds.
    pub model_timeout_ms: u64,
    /// Longest time for a whole answer, in milliseconds.
    pub timeout_ms: u64,
    /// Questions of one client in a minute.
    pub client_per_minute: u32,
    /// Questions of one client at once.
    pub client_burst: u32,
    /// The header in which proxies name the client; empty for the address of the connection.
    pub client_header: String,
    /// Networks of the proxies whose header is believed.
    pub proxies: Vec<String>,
    /// How many of them stand one behind the other.
    pub proxy_hops: usize,
    /// Bits of an IPv6 address that make one client.
    pub client_ipv6_prefix: u8,
    /// Most connections.
    pub connections_max: usize,
    /// Most connections of one client; those of proxies are not counted.
    pub client_connections_max: usize,
    /// Longest time until a request's headers are there, in milliseconds.
    pub header_timeout_ms: u64,
    /// Longest time until a request's body is there, in milliseconds.
    pub body_timeout_ms: u64,
    /// Longest time between two requests of a connection, in milliseconds.
    pub idle_timeout_ms: u64,
    /// Requests that are worked at the same time.
    pub requests_max: usize,
    /// Which questions of shoppers the recipe `faq` sees.
    pub questions_in_faq: QuestionsInFaq,
    /// How many clients must ask a question before the recipe `faq` sees it without a person's word.
    pub asked_min: u64,
    /// How often unanswered questions are written to the store, in milliseconds.
    pub remember_ms: u64,
    /// How often the search index is brought up to date, in milliseconds.
    pub refresh_ms: u64,
    /// A folder whose `answers.toml` takes the place of the built-in one; empty for none.
    pub folder: String,
}

/// Which questions of shoppers the recipe `faq` sees as topics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum QuestionsInFaq {
    /// Those that a person confirmed.
    Confirmed,
    /// Those, and what `asked_min` clients asked and nobody rejected.
    Automatic,
    /// None.
    Off,
}

impl TryFrom<String> for QuestionsInFaq {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "confirmed" => Ok(Self::Confirmed),
            "automatic" => Ok(Self::Automatic),
            "off" => Ok(Self::Off),
            _ => Err(format!("{text:?} is not allowed; write one of confirmed, automatic, off")),
        }
    }
}

impl AnswersConfig {
    /// How clients are told apart.
    ///
    /// # Errors
    /// When a setting of it cannot be.
    pub fn networks(&self) -> anyhow::Result<ClientNetworks> {
        ClientNetworks::new(&self.client_header, &self.proxies, self.proxy_hops, self.client_ipv6_prefix)
    }

    /// Deadlines and caps of the service's connections.
    #[must_use]
    pub fn limits(&self) -> HttpLimits {
        HttpLimits {
            header: Duration::from_millis(self.header_timeout_ms),
            idle: Duration::from_millis(self.idle_timeout_ms),
            request: Duration::from_millis(self.body_timeout_ms.saturating_add(self.timeout_ms)) + WRITE_MAX,
            connections_max: self.connections_max,
            client_connections_max: self.client_connections_max,
        }
    }

    /// The address to listen on.
    ///
    /// # Errors
    /// When it is none.
    pub fn address(&self) -> anyhow::Result<SocketAddr> {
        self.listen.parse().with_context(|| {
            format!(
                "answers.listen = {:?} is not allowed; write an address such as 0.0.0.0:8090",
                self.listen
            )
        })
    }

    pub(super) fn validate(&self) -> anyhow::Result<()> {
        self.address()?;
        self.networks()?;
        for (key, value) in [
            ("client_per_minute", u64::from(self.client_per_minute)),
            ("client_burst", u64::from(self.client_burst)),
            ("requests_max", self.requests_max as u64),
            ("connections_max", self.connections_max as u64),
            ("client_connections_max", self.client_connections_max as u64),
            ("header_timeout_ms", self.header_timeout_ms),
            ("body_timeout_ms", self.body_timeout_ms),
            ("idle_timeout_ms", self.idle_timeout_ms),
            ("asked_min", self.asked_min),
            ("timeout_ms", self.timeout_ms),
            ("remember_ms", self.remember_ms),
            ("refresh_ms", self.refresh_ms),
        ] {
            ensure!(value > 0, "answers.{key} = 0 is not allowed; write at least 1");
        }
        for origin in self.origins.iter().filter(|origin| *origin != "*") {
            let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
            ensure!(
                host.is_some_and(|host| !host.is_empty() && !host.contains('/')),
                "answers.origins holds {origin:?}, which is no origin; write https://shop.example, without a path"
            );
        }
        Ok(())
    }
}
