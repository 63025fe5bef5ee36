//! What a server tells about tokens, in the words of any of them; what is not a count is not told.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use skuscribe_check::content::Usage;

/// Most tokens that are believed of one call.
const TOKENS_MAX: u64 = 1_000_000_000;

/// The members of an answer that usage stands in, and those within it.
const PLACES: &[&str] = &[
    "/usage",
    "/usageMetadata",
    "/usage_metadata",
    "/x_groq/usage",
    "/usage/tokens",
    "/meta/tokens",
    "/message/usage",
];

const INPUT: &[&str] = &[
    "prompt_tokens",
    "input_tokens",
    "promptTokens",
    "inputTokens",
    "promptTokenCount",
    "inputTokenCount",
    "prompt_eval_count",
];
const OUTPUT: &[&str] = &[
    "completion_tokens",
    "output_tokens",
    "completionTokens",
    "outputTokens",
    "candidatesTokenCount",
    "outputTokenCount",
    "eval_count",
];
const TOTAL: &[&str] = &["total_tokens", "totalTokens", "totalTokenCount"];
const CACHED: &[&str] = &[
    "prompt_tokens_details/cached_tokens",
    "input_tokens_details/cached_tokens",
    "promptTokensDetails/cachedTokens",
    "cached_tokens",
    "cachedContentTokenCount",
    "prompt_cache_hit_tokens",
];
/// Cached tokens that are not among those of the prompt.
const CACHED_APART: &[&str] = &["cache_read_input_tokens", "cacheReadInputTokens"];
/// Tokens written to a cache, which are not among those of the prompt either.
const WRITTEN_APART: &[&str] = &["cache_creation_input_tokens", "cacheWriteInputTokens"];
const REASONING: &[&str] = &[
    "completion_tokens_details/reasoning_tokens",
    "output_tokens_details/reasoning_tokens",
    "completionTokensDetails/reasoningTokens",
    "reasoning_tokens",
];
/// Tokens of thoughts that are not among those of the answer.
const REASONING_APART: &[&str] = &["thoughtsTokenCount"];

/// Tokens as a server tells them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::generate) struct CompletionUsage {
    input: Option<u64>,
    cached: Option<u64>,
    output: Option<u64>,
    reasoning: Option<u64>,
}

impl CompletionUsage {
    /// What a body tells.
    pub(super) fn read(body: &Value) -> Self {
        let mut told = Self::within(body);
        for place in PLACES {
            if let Some(usage) = body.pointer(place) {
                told.add(Self::within(usage));
            }
        }
        told
    }

    /// Takes over what is told later, or elsewhere.
    pub(super) fn add(&mut self, later: Self) {
        self.input = later.input.or(self.input);
        self.cached = later.cached.or(self.cached);
        self.output = later.output.or(self.output);
        self.reasoning = later.reasoning.or(self.reasoning);
    }

    fn within(usage: &Value) -> Self {
        let first = |names: &[&str]| names.iter().find_map(|name| count(usage.pointer(&format!("/{name}"))?));
        let (mut input, mut output, total) = (first(INPUT), first(OUTPUT), first(TOTAL));
        let (mut cached, apart, written) = (first(CACHED), first(CACHED_APART), first(WRITTEN_APART));
        // OpenAI's words with Anthropic's beside them count all of the prompt.
        let counts_all = usage.get("prompt_tokens").is_some();
        if let Some(apart) = apart.filter(|_| cached.is_none()) {
            cached = Some(apart);
        }
        if !counts_all && (apart.is_some() || written.is_some()) {
            input = input.map(|input| input + apart.unwrap_or(0) + written.unwrap_or(0));
        }
        let thoughts = first(REASONING_APART);
        let reasoning = first(REASONING).or(thoughts);
        if let (Some(told), Some(reasoning)) = (output, reasoning) {
            let in_total_only =
                total.zip(input).is_some_and(|(total, input)| total == input + told + reasoning);
            if thoughts.is_some() || in_total_only || reasoning > told {
                output = Some(told + reasoning);
            }
        }
        if cached.zip(input).is_some_and(|(cached, input)| cached > input) {
            // One of them is wrong, and nobody knows which.
            (input, cached) = (None, None);
        }
        Self { input, cached, output, reasoning }
    }

    /// The tokens, with those that were not told as they are estimated.
    pub(in crate::generate) fn or_estimated(&self, input: u64, output: u64) -> Usage {
        let estimated = |told: Option<u64>, estimate: u64| if told.is_some() { 0 } else { estimate };
        Usage {
            input_tokens: self.input.unwrap_or(input),
            cached_tokens: self.cached.filter(|_| self.input.is_some()).unwrap_or(0),
            output_tokens: self.output.unwrap_or(output),
            reasoning_tokens: self.reasoning.filter(|_| self.output.is_some()).unwrap_or(0),
            estimated_tokens: estimated(self.input, input) + estimated(self.output, output),
        }
    }
}

/// A count, however it is written.
fn count(value: &Value) -> Option<u64> {
    let count = match value {
        Value::Number(number) => number.as_u64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    count.filter(|count| *count <= TOKENS_MAX)
}

fn whole(number: f64) -> Option<u64> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is within the bounds")]
    (number >= 0.0 && number <= TOKENS_MAX as f64 && number.fract() == 0.0).then_some(number as u64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(body: &Value, expected: [u64; 5]) {
        let usage = CompletionUsage::read(body).or_estimated(700, 70);
        let Usage { input_tokens, cached_tokens, output_tokens, reasoning_tokens, estimated_tokens } = usage;
        let got = [input_tokens, cached_tokens, output_tokens, reasoning_tokens, estimated_tokens];
        assert_eq!(got, expected, "{body}");
    }

    #[test]
    fn tokens_are_read_in_every_server_s_words() {
        let openai = json!({ "prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150, "prompt_tokens_details": { "cached_tokens": 40 }, "completion_tokens_details": { "reasoning_tokens": 30 } });
        for (body, expected) in [
            (json!({ "usage": openai }), [100, 40, 50, 30, 0]),
            (json!({ "usage": { "prompt_tokens": "100", "completion_tokens": 50.0 } }), [100, 0, 50, 0, 0]),
            (json!({ "usage": { "promptTokens": 100, "completionTokens": 50 } }), [100, 0, 50, 0, 0]),
            (
                json!({ "usage": { "prompt_tokens": 100, "completion_tokens": 50, "prompt_cache_hit_tokens": 40 } }),
                [100, 40, 50, 0, 0],
            ),
            (
                json!({ "usage": { "input_tokens": 60, "cache_read_input_tokens": 30, "cache_creation_input_tokens": 10, "output_tokens": 50 } }),
                [100, 30, 50, 0, 0],
            ),
            (
                json!({ "usage": { "prompt_tokens": 100, "cache_read_input_tokens": 30, "completion_tokens": 50 } }),
                [100, 30, 50, 0, 0],
            ),
            (
                json!({ "usageMetadata": { "promptTokenCount": 100, "candidatesTokenCount": 50, "thoughtsTokenCount": 30, "totalTokenCount": 180 } }),
                [100, 0, 80, 30, 0],
            ),
            (
                json!({ "usage": { "prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 180, "completion_tokens_details": { "reasoning_tokens": 30 } } }),
                [100, 0, 80, 30, 0],
            ),
            (
                json!({ "usage": { "prompt_tokens": 100, "completion_tokens": 50, "completion_tokens_details": { "reasoning_tokens": 80 } } }),
                [100, 0, 130, 80, 0],
            ),
            (json!({ "prompt_eval_count": 100, "eval_count": 50 }), [100, 0, 50, 0, 0]),
            (
                json!({ "usage": null, "x_groq": { "usage": { "prompt_tokens": 100, "completion_tokens": 50 } } }),
                [100, 0, 50, 0, 0],
            ),
        ] {
            check(&body, expected);
        }
    }

    #[test]
    fn what_is_no_count_is_estimated_and_marked() {
        for (body, expected) in [
            (json!({}), [700, 0, 70, 0, 770]),
            (json!({ "usage": null }), [700, 0, 70, 0, 770]),
            (json!({ "usage": [] }), [700, 0, 70, 0, 770]),
            (json!({ "usage": { "prompt_tokens": 1151, "completion_tokens": -35 } }), [1151, 0, 70, 0, 70]),
            (json!({ "usage": { "prompt_tokens": null, "completion_tokens": 2.5 } }), [700, 0, 70, 0, 770]),
            (
                json!({ "usage": { "prompt_tokens": u64::MAX, "completion_tokens": 1e300 } }),
                [700, 0, 70, 0, 770],
            ),
            (
                json!({ "usage": { "prompt_tokens": 10, "completion_tokens": 50, "prompt_tokens_details": { "cached_tokens": 5000 } } }),
                [700, 0, 50, 0, 700],
            ),
            (
                json!({ "usage": { "prompt_tokens": 100, "completion_tokens": 50, "prompt_tokens_details": { "cached_tokens": null } } }),
                [100, 0, 50, 0, 0],
            ),
        ] {
            check(&body, expected);
        }
    }
}
