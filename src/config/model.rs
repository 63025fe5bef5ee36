//! `[model]`, or a chain of `[[model]]`: model servers with their limits and prices.

use anyhow::ensure;
use jiff::civil::Date;
use secrecy::SecretString;
use serde::Deserialize;

use super::broker::shown;
use super::one_of;
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
    /// How structured output is asked for, or `auto`.
    pub structured: String,
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
    /// Name of the cap in the request.
    pub output_tokens_field: String,
    /// Below 0: not sent.
    pub temperature: f64,
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
            &["max_completion_tokens", "max_tokens"],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
