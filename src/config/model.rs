//! `[model]`, or a chain of `[[model]]`: model servers with their limits and prices.

use anyhow::ensure;
use jiff::civil::Date;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::broker::shown;
use super::one_of;
use super::server::ServerProfiles;
use skuscribe_check::content::Usage;

/// Settings of one model behind one server.
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
    /// The server's profile, `auto` or `none`.
    pub server: String,
    /// A header that the key is sent in beside `Authorization`, or `auto`; empty for none.
    pub key_header: String,
    /// How structured output is asked for, or `auto`.
    pub structured: String,
    /// Keywords that are left out of schemas, `strict` among them.
    pub schema_without: Vec<String>,
    /// The role of the instructions, or `auto`.
    pub system_role: String,
    /// Calls in flight, of this process.
    pub slots: usize,
    /// Calls in flight of all workers that share a Redis; 0 for no such limit.
    pub calls_max: usize,
    /// Requests per minute; 0 where no limit is known.
    pub requests_per_minute: u64,
    /// Tokens per minute, prompts and answers together; 0 where no limit is known.
    pub tokens_per_minute: u64,
    /// What the server counts of an answer: the tokens that it `used`, or the `cap` that was asked for.
    pub tokens_counted: String,
    /// Whether the server's `x-ratelimit-*` headers are listened to.
    pub learn_limits: bool,
    /// The encoding that tokens are counted in, or `auto`.
    pub encoding: String,
    /// Tokens that prompt and answer may have together; 0 where it is not known.
    pub context_tokens: u64,
    /// Attempts of one call, the first included.
    pub attempts_max: u32,
    /// Connecting, in milliseconds.
    pub connect_timeout_ms: u64,
    /// One attempt, in milliseconds.
    pub timeout_ms: u64,
    /// Cap on the answer's tokens; 0 leaves it to the server.
    pub output_tokens_max: u32,
    /// Cap that an answer gets that was cut by the first one.
    pub output_tokens_ceiling: u32,
    /// Name of the cap in the request, `auto`, or `none` for no cap.
    pub output_tokens_field: String,
    /// Tokens that a reasoning model may think in; added to every cap.
    pub thinking_tokens: u32,
    /// How much a reasoning model thinks; empty: not sent.
    pub reasoning_effort: String,
    /// Below 0: not sent.
    pub temperature: f64,
    /// The server's class of service; empty: not sent.
    pub service_tier: String,
    /// What the server keeps its prompt cache by; empty: not sent.
    pub prompt_cache_key: String,
    /// Further parameters, sent as they are.
    pub parameters: Map<String, Value>,
    /// What it costs, and since when.
    pub prices: Vec<Price>,
}

/// Prices per million tokens, from a day on.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// The first day (UTC).
    pub from: Date,
    /// Prompt tokens.
    pub input: f64,
    /// Prompt tokens that the server's cache held; as `input` where it is left out.
    pub cached: Option<f64>,
    /// Tokens of answers.
    pub output: f64,
    /// What a call in a batch costs, as a share of these prices.
    #[serde(default = "whole")]
    pub batch: f64,
}

/// Parameters that are ours to send, and the setting that is there for each.
const OURS: &[(&str, &str)] = &[
    ("model", "name"),
    ("messages", "system_role"),
    ("response_format", "structured"),
    ("max_tokens", "output_tokens_max"),
    ("max_completion_tokens", "output_tokens_max"),
    ("temperature", "temperature"),
    ("reasoning_effort", "reasoning_effort"),
    ("service_tier", "service_tier"),
    ("prompt_cache_key", "prompt_cache_key"),
];
/// Parameters that answers could not be read with.
const NOT_READ: &[&str] = &["n", "tools", "tool_choice", "functions", "function_call"];

fn whole() -> f64 {
    1.0
}

impl Price {
    /// What a call costs, in the currency of the table.
    #[must_use]
    pub fn cost(&self, usage: &Usage) -> f64 {
        let fresh = usage.input_tokens.saturating_sub(usage.cached_tokens) as f64;
        let cached = usage.cached_tokens as f64;
        (fresh * self.input
            + cached * self.cached.unwrap_or(self.input)
            + usage.output_tokens as f64 * self.output)
            / 1e6
    }
}

impl ModelConfig {
    /// The price that holds on a day: the newest one that has begun.
    #[must_use]
    pub fn price(&self, day: Date) -> Option<&Price> {
        self.prices.iter().filter(|price| price.from <= day).max_by_key(|price| price.from)
    }

    /// The model and its server's host: its name in keys, metrics and messages.
    #[must_use]
    pub fn label(&self) -> String {
        let url = shown(self.url.trim_end_matches('/'));
        let host = url.split("://").nth(1).unwrap_or(&url).split('/').next().unwrap_or_default();
        format!("{}@{host}", self.name)
    }

    /// `place` is how messages call this entry, such as `model` or `model[2]`.
    pub(super) fn validate(&self, place: &str) -> anyhow::Result<()> {
        ensure!(
            self.url.starts_with("http://") || self.url.starts_with("https://"),
            "{place}.url = {:?} is not allowed; write an address such as https://api.openai.com/v1",
            self.url
        );
        ensure!(self.slots > 0, "{place}.slots = 0 is not allowed; write at least 1");
        ensure!(self.attempts_max > 0, "{place}.attempts_max = 0 is not allowed; write at least 1");
        ensure!(
            self.output_tokens_ceiling == 0 || self.output_tokens_ceiling >= self.output_tokens_max,
            "{place}.output_tokens_ceiling = {} is below {place}.output_tokens_max = {}; write at least as much",
            self.output_tokens_ceiling,
            self.output_tokens_max
        );
        for (index, price) in self.prices.iter().enumerate() {
            let amounts = [price.input, price.cached.unwrap_or(0.0), price.output];
            ensure!(
                amounts.iter().all(|amount| (0.0..1e6).contains(amount))
                    && (0.0..=1.0).contains(&price.batch),
                "{place}.prices[{index}] is not allowed; write amounts of money per million tokens, and for batch a share between 0 and 1"
            );
        }
        one_of(
            &format!("{place}.structured"),
            &self.structured,
            &["auto", "json_schema", "json_object_schema", "json_object", "prompt"],
        )?;
        one_of(&format!("{place}.tokens_counted"), &self.tokens_counted, &["used", "cap"])?;
        one_of(&format!("{place}.encoding"), &self.encoding, &["auto", "o200k_base", "cl100k_base"])?;
        one_of(
            &format!("{place}.output_tokens_field"),
            &self.output_tokens_field,
            &["auto", "max_completion_tokens", "max_tokens", "none"],
        )?;
        one_of(
            &format!("{place}.system_role"),
            &self.system_role,
            &["auto", "system", "developer", "user", "merged"],
        )?;
        ServerProfiles::load()?
            .choose(&self.server, &self.url)
            .map_err(|error| anyhow::anyhow!("{place}.server = {error}"))?;
        self.validate_parameters(place)
    }

    fn validate_parameters(&self, place: &str) -> anyhow::Result<()> {
        for name in self.parameters.keys() {
            if let Some((_, setting)) = OURS.iter().find(|(ours, _)| ours == name) {
                anyhow::bail!("{place}.parameters.{name} is not allowed; write {place}.{setting}");
            }
            ensure!(
                !NOT_READ.contains(&name.as_str()),
                "{place}.parameters.{name} is not allowed: an answer to it could not be read; leave it out"
            );
        }
        Ok(())
    }

    /// The parameters that a request carries beside the model, the messages, the cap and the way of structured output.
    #[must_use]
    pub fn sent_parameters(&self) -> Map<String, Value> {
        let mut sent = Map::new();
        if self.temperature >= 0.0 {
            sent.insert("temperature".to_owned(), Value::from(self.temperature));
        }
        for (name, text) in [
            ("reasoning_effort", &self.reasoning_effort),
            ("service_tier", &self.service_tier),
            ("prompt_cache_key", &self.prompt_cache_key),
        ] {
            if !text.is_empty() {
                sent.insert(name.to_owned(), Value::from(text.as_str()));
            }
        }
        sent.extend(self.parameters.clone());
        sent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_passed_through_and_those_with_a_setting_of_their_own_are_refused() {
        let mut model = crate::config::Config::defaults().unwrap().model;
        assert!(model.sent_parameters().is_empty(), "nothing is sent that nobody set");
        (model.temperature, model.reasoning_effort) = (0.0, "low".to_owned());
        model.parameters.insert("top_p".to_owned(), Value::from(0.9));
        assert!(model.validate("model").is_ok());
        model.parameters.insert("stream".to_owned(), Value::from(true));
        assert!(model.validate("model").is_ok(), "streams are read");
        model.parameters.shift_remove("stream");
        let sent = Value::Object(model.sent_parameters());
        assert_eq!(sent, serde_json::json!({ "temperature": 0.0, "reasoning_effort": "low", "top_p": 0.9 }));
        for (name, says) in [("max_tokens", "model.output_tokens_max"), ("tools", "could not be read")] {
            let mut model = model.clone();
            model.parameters.insert(name.to_owned(), Value::from(1));
            let error = model.validate("model").unwrap_err().to_string();
            assert!(error.contains(says) && error.contains(name), "{error}");
        }
        model.server = "olama".to_owned();
        let error = model.validate("model").unwrap_err().to_string();
        assert!(error.starts_with("model.server = \"olama\"") && error.contains("ollama"), "{error}");
    }

    #[test]
    fn the_price_of_the_day_holds_and_cached_tokens_cost_what_they_cost() {
        let price = |from: &str, input| Price {
            from: from.parse().unwrap(),
            input,
            cached: Some(input / 10.0),
            output: 8.0,
            batch: 0.5,
        };
        let mut model = crate::config::Config::defaults().unwrap().model;
        assert_eq!(model.price("2026-01-01".parse().unwrap()), None);
        model.prices = vec![price("2026-03-01", 1.0), price("2025-01-01", 2.0)];
        let input = |day: &str| model.price(day.parse().unwrap()).map(|price| price.input);
        assert_eq!(
            (input("2024-12-31"), input("2026-02-28"), input("2026-03-01")),
            (None, Some(2.0), Some(1.0))
        );
        let usage = Usage {
            input_tokens: 1_000_000,
            cached_tokens: 500_000,
            output_tokens: 250_000,
            ..Usage::default()
        };
        let cost = model.price("2026-03-01".parse().unwrap()).unwrap().cost(&usage);
        assert!((cost - (0.5 + 0.05 + 2.0)).abs() < 1e-12, "{cost}");
    }
}
