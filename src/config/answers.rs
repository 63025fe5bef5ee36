//! `[answers]`: answers to shoppers' questions.

use std::net::SocketAddr;

use anyhow::{Context as _, ensure};
use serde::Deserialize;

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
    /// The header that names the client; empty for the address of the connection.
    pub client_header: String,
    /// Requests that are worked at the same time.
    pub requests_max: usize,
    /// How often a question is asked before the recipe `faq` takes it up.
    pub asked_min: u64,
    /// How often unanswered questions are written to the store, in milliseconds.
    pub remember_ms: u64,
    /// How often the search index is brought up to date, in milliseconds.
    pub refresh_ms: u64,
    /// A folder whose `answers.toml` takes the place of the built-in one; empty for none.
    pub folder: String,
}

impl AnswersConfig {
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
        for (key, value) in [
            ("client_per_minute", u64::from(self.client_per_minute)),
            ("client_burst", u64::from(self.client_burst)),
            ("requests_max", self.requests_max as u64),
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
