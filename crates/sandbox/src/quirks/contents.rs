//! Quirks of an answer's message: thinking, remarks, fences, parts, calls of tools.

use serde_json::{Value, json};

use super::Expected::{GivenUp, Published};
use super::Shows::{Always, NotToProbes};
use super::{Quirk, change};

/// Thoughts that hold an object, which is no answer.
const THOUGHTS: &str = "The user wants JSON like {\"a\": 1}. Let me write.";

const fn published(name: &'static str, does: &'static str, act: super::Act) -> Quirk {
    Quirk { name, does, expected: Published, shows: Always, act }
}

pub(super) const QUIRKS: &[Quirk] = &[
    published("think", "Thinks in `<think>` before the answer.", |turn| {
        turn.content(format!("<think>\n{THOUGHTS}\n</think>\n\n{}", turn.text))
    }),
    published("think_noopen", "Ends its thinking with `</think>` without having begun it.", |turn| {
        turn.content(format!("Okay, the user wants a text.\n</think>\n\n{}", turn.text))
    }),
    published("think_empty", "Begins with an empty `<think>`.", |turn| {
        turn.content(format!("<think>\n\n</think>\n\n{}", turn.text))
    }),
    published("think_unclosed", "Begins to think and never says that it ended.", |turn| {
        turn.content(format!("<think>\n{THOUGHTS}\n\n{}", turn.text))
    }),
    published("think_example", "Writes a draft of the answer in its thoughts.", |turn| {
        let draft = change::texts(change::value(turn.text), "Draft");
        turn.content(format!("<think>\nMaybe {draft}?\n</think>\n{}", turn.text))
    }),
    published("thinking_tag", "Thinks in `<thinking>`.", |turn| {
        turn.content(format!("<thinking>{THOUGHTS}</thinking>\n{}", turn.text))
    }),
    published("reasoning_tag", "Thinks in `<reasoning>`.", |turn| {
        turn.content(format!("<reasoning>{THOUGHTS}</reasoning>\n{}", turn.text))
    }),
    published("think_brackets", "Thinks in `[THINK]`.", |turn| {
        turn.content(format!("[THINK]{THOUGHTS}[/THINK]{}", turn.text))
    }),
    published("channels", "Leaves the marks of its channels in the content.", |turn| {
        turn.content(format!(
            "<|channel|>analysis<|message|>{THOUGHTS}<|end|><|start|>assistant<|channel|>final<|message|>{}<|return|>",
            turn.text
        ))
    }),
    published("channels_stripped", "Leaves the names of its channels in the content.", |turn| {
        turn.content(format!("analysis{THOUGHTS}assistantfinal{}", turn.text))
    }),
    published("reasoning_content", "Gives its thoughts beside the content.", |turn| {
        turn.message(&json!({
            "role": "assistant", "content": turn.text, "reasoning_content": "thinking...", "reasoning": "x",
            "tool_calls": null, "annotations": []
        }))
    }),
    Quirk {
        name: "null_reasoning",
        does: "Takes the whole answer for thoughts, and gives no content.",
        expected: GivenUp,
        shows: NotToProbes,
        act: |turn| {
            turn.message(&json!({ "role": "assistant", "content": null, "reasoning_content": turn.text }))
        },
    },
    Quirk {
        name: "no_content_key",
        does: "Gives thoughts and no content at all.",
        expected: GivenUp,
        shows: NotToProbes,
        act: |turn| turn.message(&json!({ "role": "assistant", "reasoning": "long" })),
    },
    published("parts", "Gives the content as parts.", |turn| {
        turn.content(json!([{ "type": "text", "text": turn.text }]))
    }),
    published("output_text_parts", "Gives the content as several parts of the type `output_text`.", |turn| {
        let parts = change::pieces(turn.text, 40).into_iter();
        let parts: Vec<Value> =
            parts.map(|text| json!({ "type": "output_text", "text": text, "annotations": [] })).collect();
        turn.content(parts)
    }),
    published("thinking_parts", "Gives its thoughts as a part of the content.", |turn| {
        turn.content(json!([
            { "type": "thinking", "thinking": [{ "type": "text", "text": turn.text }] },
            { "type": "text", "text": turn.text }
        ]))
    }),
    published("content_object", "Gives the content as an object, not as a text.", |turn| {
        turn.content(change::value(turn.text))
    }),
    published("tool_calls", "Answers by calling a tool.", |turn| {
        let call = json!({ "name": "product_copy", "arguments": turn.text });
        let message = json!({ "role": "assistant", "content": null, "tool_calls": [{ "id": "t", "type": "function", "function": call }] });
        Some(super::Said::json(200, &turn.completion_with(&message, &json!("tool_calls"))))
    }),
    published("tool_arguments_object", "Calls a tool with arguments as an object.", |turn| {
        let call = json!({ "name": "product_copy", "arguments": change::value(turn.text) });
        turn.message(&json!({ "role": "assistant", "content": "", "tool_calls": [{ "function": call }] }))
    }),
    published("function_call", "Answers by a `function_call`, as before there were tools.", |turn| {
        let call = json!({ "name": "product_copy", "arguments": turn.text });
        turn.message(&json!({ "role": "assistant", "content": null, "function_call": call }))
    }),
    published("tool_call_text", "Writes the call of a tool as text.", |turn| {
        let call = json!({ "name": "product_copy", "arguments": change::value(turn.text) });
        turn.content(format!("<tool_call>\n{call}\n</tool_call>"))
    }),
    published("completions_text", "Gives a `text` instead of a message.", |turn| {
        turn.with("choices", json!([{ "index": 0, "text": turn.text, "finish_reason": "stop" }]))
    }),
    published("fenced", "Puts a fence around the answer.", |turn| {
        turn.content(format!("```json\n{}\n```", turn.text))
    }),
    published("fenced_upper", "Puts a fence with `JSON` around the answer.", |turn| {
        turn.content(format!("```JSON\n{}\n```", turn.text))
    }),
    published("fenced_tilde", "Puts a fence of tildes around the answer.", |turn| {
        turn.content(format!("~~~json\n{}\n~~~", turn.text))
    }),
    published("fences", "Shows an example in a fence before the fence of the answer.", |turn| {
        turn.content(format!(
            "For example:\n```json\n{{\"a\": 1}}\n```\nNow:\n```json\n{}\n```\nDone.",
            turn.text
        ))
    }),
    published("preface", "Says something before the answer.", |turn| {
        turn.content(format!("Sure! Here is it: {}", turn.text))
    }),
    published("trailing", "Says something behind the answer.", |turn| {
        turn.content(format!("{}\n\nI hope this {{helps}}!", turn.text))
    }),
    published("two_objects", "Writes two objects, of which one is the answer.", |turn| {
        turn.content(format!("{}\n{{\"confidence\": 0.9}}", turn.text))
    }),
    published("bom", "Puts a byte order mark before the answer.", |turn| {
        turn.content(format!("\u{feff}{}", turn.text))
    }),
    published("nul", "Puts NUL characters before and behind the answer.", |turn| {
        turn.content(format!("\0{}\0\0", turn.text))
    }),
    published("array", "Puts the answer into an array.", |turn| turn.content(format!("[{}]", turn.text))),
];
