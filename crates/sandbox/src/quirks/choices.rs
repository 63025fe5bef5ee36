//! Quirks of choices, reasons to finish and bodies: streams nobody asked for, other interfaces, errors inside a 200.

use serde_json::{Value, json};

use super::Expected::{GivenUp, Published, Refused, Retried, Unavailable};
use super::Shows::{Always, NotToProbes, Once};
use super::{Quirk, Turn, change, said::Said};

const fn published(name: &'static str, does: &'static str, act: super::Act) -> Quirk {
    Quirk { name, does, expected: Published, shows: Always, act }
}

const fn retried(name: &'static str, does: &'static str, act: super::Act) -> Quirk {
    Quirk { name, does, expected: Retried, shows: Once, act }
}

/// An error that stands in a 200.
fn overloaded() -> Value {
    json!({ "message": "Upstream error: Service temporarily overloaded", "code": 502 })
}

/// The answer as server-sent events.
fn events(turn: &Turn<'_>, line_end: &str) -> String {
    let chunk = |delta: Value, finish: Value, usage: Value| json!({ "id": "quirk", "object": "chat.completion.chunk", "model": turn.model, "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }], "usage": usage });
    let pieces = change::pieces(turn.text, 24).into_iter();
    let mut chunks: Vec<Value> =
        pieces.map(|piece| chunk(json!({ "content": piece }), Value::Null, Value::Null)).collect();
    chunks.push(chunk(json!({}), json!("stop"), turn.usage.clone()));
    let all = chunks.iter().map(Value::to_string).chain(["[DONE]".to_owned()]);
    all.fold(String::new(), |stream, data| stream + "data: " + &data + line_end + line_end)
}

#[expect(clippy::unnecessary_wraps, reason = "what a quirk's act gives")]
fn stream(events: impl Into<Vec<u8>>) -> Option<Said> {
    Some(Said::bytes(200, "text/event-stream", events))
}

pub(super) const QUIRKS: &[Quirk] = &[
    published("finish_upper", "Finishes with `STOP`.", |turn| turn.finished(turn.text, "STOP")),
    published("finish_eos", "Finishes with `eos_token`.", |turn| turn.finished(turn.text, "eos_token")),
    published("finish_null", "Names no reason to finish.", |turn| turn.finished(turn.text, Value::Null)),
    published("finish_tool_calls", "Finishes with `tool_calls`, without one.", |turn| {
        turn.finished(turn.text, "tool_calls")
    }),
    published("finish_end_turn", "Finishes with `end_turn`.", |turn| turn.finished(turn.text, "end_turn")),
    published("finish_object", "Gives the reason to finish as an object.", |turn| {
        turn.finished(turn.text, json!({ "type": "stop" }))
    }),
    Quirk {
        name: "content_filter",
        does: "Filters the answer away.",
        expected: Refused,
        shows: NotToProbes,
        act: |turn| turn.finished("", "content_filter"),
    },
    Quirk {
        name: "safety",
        does: "Filters the answer away, and says `SAFETY`.",
        expected: Refused,
        shows: NotToProbes,
        act: |turn| turn.finished(Value::Null, "SAFETY"),
    },
    Quirk {
        name: "refusal",
        does: "Refuses, with a sentence.",
        expected: Refused,
        shows: NotToProbes,
        act: |turn| {
            let refusal = "I'm sorry, I can't assist with that.";
            turn.message(&json!({ "role": "assistant", "content": null, "refusal": refusal }))
        },
    },
    Quirk {
        name: "refusal_part",
        does: "Refuses, in a part of the content.",
        expected: Refused,
        shows: NotToProbes,
        act: |turn| {
            turn.content(json!([{ "type": "refusal", "refusal": "I'm sorry, I can't assist with that." }]))
        },
    },
    Quirk {
        name: "refusal_text",
        does: "Answers with a sentence instead of JSON.",
        expected: GivenUp,
        shows: NotToProbes,
        act: |turn| turn.content("I cannot write this text."),
    },
    published("nan_logprobs", "Writes numbers that JSON does not have.", |turn| {
        turn.changed(|body| {
            let odd = "\"logprobs\":{\"content\":[{\"logprob\":-Infinity,\"top\":NaN}]},\"finish_reason\"";
            body.replacen("\"finish_reason\"", odd, 1).into_bytes()
        })
    }),
    published("blank_lines", "Sends blank lines before the body.", |turn| {
        turn.changed(|body| format!("\n\n\n\n{body}").into_bytes())
    }),
    published("comment_lines", "Sends comments of a stream before the body.", |turn| {
        turn.changed(|body| format!(": PROCESSING\n\n: PROCESSING\n\n{body}").into_bytes())
    }),
    published("body_bom", "Sends a byte order mark before the body.", |turn| {
        turn.changed(|body| format!("\u{feff}{body}").into_bytes())
    }),
    published("sse", "Streams, though nobody asked for it.", |turn| stream(events(turn, "\n"))),
    published("sse_crlf", "Streams with CRLF, and with comments and names of events.", |turn| {
        stream(format!(": hello\r\n\r\nevent: message\r\nid: 1\r\n{}", events(turn, "\r\n")))
    }),
    retried("sse_error_once", "Streams half of the answer and then an error, once.", |turn| {
        let all = events(turn, "\n");
        let half = all.match_indices("\n\n").nth(2).map_or(0, |(place, _)| place + 2);
        stream(format!("{}data: {}\n\n", all.get(..half)?, json!({ "error": overloaded() })))
    }),
    retried("sse_cut_once", "Ends a stream in its middle, once.", |turn| {
        let all = events(turn, "\n");
        let half = all.match_indices("\n\n").nth(2).map_or(0, |(place, _)| place + 2);
        stream(all.get(..half)?)
    }),
    published("ndjson", "Streams as Ollama's own interface does.", |turn| {
        let piece = |text: String| json!({ "model": turn.model, "message": { "role": "assistant", "content": text }, "done": false });
        let last = json!({ "model": turn.model, "message": { "role": "assistant", "content": "" }, "done": true, "done_reason": "stop", "prompt_eval_count": 100, "eval_count": 50 });
        let pieces = change::pieces(turn.text, 24).into_iter().map(piece).chain([last]);
        let lines: Vec<String> = pieces.map(|piece| piece.to_string()).collect();
        Some(Said::bytes(200, "application/x-ndjson", lines.join("\n")))
    }),
    retried("choices_null_once", "Gives choices of null, once.", |turn| turn.with("choices", Value::Null)),
    retried("choices_empty_once", "Gives no choices, once.", |turn| turn.with("choices", json!([]))),
    retried("error200_once", "Gives an error inside a 200, once.", |_| Some(Said::error(200, overloaded()))),
    retried("error200_words_once", "Gives an error inside a 200 whose code is a word, once.", |_| {
        Some(Said::error(200, json!({ "message": "Rate limit reached", "code": "rate_limit_exceeded" })))
    }),
    retried("error_in_choice_once", "Gives an error inside a choice, once.", |turn| {
        let choice = json!({ "index": 0, "message": { "content": "" }, "finish_reason": "error", "error": overloaded() });
        turn.with("choices", json!([choice]))
    }),
    retried("error_coded_once", "Gives a code with words instead of choices, once.", |turn| {
        let mut body = turn.completion();
        let fields = body.as_object_mut()?;
        fields.insert("choices".to_owned(), Value::Null);
        fields.insert(
            "base_resp".to_owned(),
            json!({ "status_code": 1002, "status_msg": "rate limit reached" }),
        );
        Some(Said::json(200, &body))
    }),
    published("error_empty", "Gives an empty error beside the answer.", |turn| {
        turn.with("error", json!({ "code": 0, "message": "" }))
    }),
    Quirk {
        name: "error200_always",
        does: "Gives an error inside a 200.",
        expected: Unavailable,
        shows: NotToProbes,
        act: |_| Some(Said::error(200, overloaded())),
    },
    retried("html200_once", "Gives a page inside a 200, once.", |_| Some(Said::page(200, "Please sign in"))),
    retried("empty200_once", "Gives an empty body, once.", |_| {
        Some(Said::bytes(200, "application/json", Vec::new()))
    }),
    retried("cut_body_once", "Breaks the connection in the middle of the body, once.", |turn| {
        Some(Said::json(200, &turn.completion()).broken(100, true))
    }),
    retried("chunked_cut_once", "Breaks a chunked body in its middle, once.", |turn| {
        Some(Said::json(200, &turn.completion()).broken(80, false))
    }),
    retried("short_body_once", "Ends the body in its middle, as if that were all, once.", |turn| {
        turn.changed(|body| body.as_bytes().get(..100).unwrap_or_default().to_vec())
    }),
];
