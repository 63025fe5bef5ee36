//! `[model]`: the model server.

use anyhow::ensure;
use secrecy::SecretString;
use serde::Deserialize;

use super::one_of;

/// Settings of the model server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelConfig {
    /// Address of an OpenAI-compatible API, with its version (`…/v1`).
    pub url: String,
    /// What the server calls the model.
    pub name: String,
    /// The environment variable that holds the key.
    pub key_variable: String,
    /// The key, from that variable.
    #[serde(skip)]
    pub key: Option<SecretString>,
    /// How structured output is asked for, or `auto`.
    pub structured: String,
    /// Calls in flight.
    pub slots: usize,
    /// Attempts of one call, the first included.
    pub attempts_max: u32,
    /// Connecting, in milliseconds.
    pub connect_timeout_ms: u64,
    /// One attempt, in milliseconds.
    pub timeout_ms: u64,
    /// Longest `Retry-After` that is waited out in place, in milliseconds.
    pub retry_after_max_ms: u64,
    /// Cap on the answer's tokens; 0 leaves it to the server.
    pub output_tokens_max: u32,
    /// Name of the cap in the request.
    pub output_tokens_field: String,
    /// Below 0: not sent.
    pub temperature: f64,
    /// Money per million prompt tokens.
    pub price_input: f64,
    /// Money per million prompt tokens that the server's cache held.
    pub price_cached: f64,
    /// Money per million tokens of answers.
    pub price_output: f64,
}

impl ModelConfig {
    /// What a call costs by the price table.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "token counts are far below 2^52")]
    pub fn cost(&self, usage: &crate::content::Usage) -> f64 {
        let fresh = usage.input_tokens.saturating_sub(usage.cached_tokens) as f64;
        (fresh * self.price_input
            + usage.cached_tokens as f64 * self.price_cached
            + usage.output_tokens as f64 * self.price_output)
            / 1e6
    }

    pub(super) fn validate(&self) -> anyhow::Result<()> {
        ensure!(
            self.url.starts_with("http://") || self.url.starts_with("https://"),
            "model.url = {:?} is not allowed; write an address such as https://api.openai.com/v1",
            self.url
        );
        ensure!(self.slots > 0, "model.slots = 0 is not allowed; write at least 1");
        ensure!(self.attempts_max > 0, "model.attempts_max = 0 is not allowed; write at least 1");
        one_of(
            "model.structured",
            &self.structured,
            &["auto", "json_schema", "json_object_schema", "json_object", "prompt"],
        )?;
        one_of(
            "model.output_tokens_field",
            &self.output_tokens_field,
            &["max_completion_tokens", "max_tokens"],
        )
    }
}
