//! Quirks of what a server tells about tokens.

use serde_json::{Value, json};

use super::Expected::{Estimated, Published};
use super::Shows::Always;
use super::{Quirk, Turn, said::Said};

const fn quirk(name: &'static str, does: &'static str, expected: super::Expected, act: super::Act) -> Quirk {
    Quirk { name, does, expected, shows: Always, act }
}

fn without_usage(turn: &Turn<'_>) -> Value {
    let mut body = turn.completion();
    if let Some(fields) = body.as_object_mut() {
        fields.remove("usage");
    }
    body
}

pub(super) const QUIRKS: &[Quirk] = &[
    quirk("usage_missing", "Tells no usage.", Estimated, |turn| Some(Said::json(200, &without_usage(turn)))),
    quirk("usage_null", "Tells a usage of null.", Estimated, |turn| turn.with("usage", Value::Null)),
    quirk("usage_empty", "Tells an empty usage.", Estimated, |turn| turn.with("usage", json!({}))),
    quirk("usage_null_fields", "Tells counts of null.", Estimated, |turn| {
        turn.with("usage", json!({ "prompt_tokens": null, "completion_tokens": null, "total_tokens": null }))
    }),
    quirk("usage_negative", "Tells a negative count.", Estimated, |turn| {
        turn.with("usage", json!({ "prompt_tokens": 1151, "completion_tokens": -35, "total_tokens": 1116 }))
    }),
    quirk("usage_string", "Writes counts as strings.", Published, |turn| {
        turn.with("usage", json!({ "prompt_tokens": "100", "completion_tokens": "50" }))
    }),
    quirk("usage_float", "Writes counts with a decimal point.", Published, |turn| {
        turn.with("usage", json!({ "prompt_tokens": 100.0, "completion_tokens": 50.0 }))
    }),
    quirk("usage_cached_null", "Tells cached tokens of null.", Published, |turn| {
        turn.with("usage", json!({ "prompt_tokens": 100, "completion_tokens": 50, "prompt_tokens_details": { "cached_tokens": null } }))
    }),
    quirk("usage_huge_cached", "Tells more cached tokens than the prompt has.", Estimated, |turn| {
        turn.with("usage", json!({ "prompt_tokens": 10, "completion_tokens": 50, "prompt_tokens_details": { "cached_tokens": 5000 } }))
    }),
    quirk("usage_reasoning", "Tells the tokens spent on thinking.", Published, |turn| {
        turn.with("usage", json!({ "prompt_tokens": 100, "completion_tokens": 90, "completion_tokens_details": { "reasoning_tokens": 40 } }))
    }),
    quirk("usage_reasoning_apart", "Counts thinking in the total only.", Published, |turn| {
        turn.with("usage", json!({ "prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 190, "completion_tokens_details": { "reasoning_tokens": 40 } }))
    }),
    quirk("usage_gemini", "Tells the usage as Gemini's own interface does.", Published, |turn| {
        let mut body = without_usage(turn);
        body.as_object_mut()?.insert(
            "usageMetadata".to_owned(),
            json!({ "promptTokenCount": 100, "candidatesTokenCount": 50, "thoughtsTokenCount": 40, "totalTokenCount": 190 }),
        );
        Some(Said::json(200, &body))
    }),
    quirk("usage_anthropic", "Tells the usage as Anthropic's own interface does.", Published, |turn| {
        turn.with("usage", json!({ "input_tokens": 60, "cache_read_input_tokens": 40, "output_tokens": 50 }))
    }),
    quirk("model_null", "Does not name the model.", Published, |turn| turn.with("model", Value::Null)),
];
