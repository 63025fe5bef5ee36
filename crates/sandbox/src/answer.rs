//! A completion as `OpenAI` answers it, whole or streamed.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// The model's name; it says what it is.
pub(super) const MODEL: &str = "skuscribe-sandbox-stand-in";

/// One answer.
pub(super) struct Completion {
    pub(super) id: String,
    pub(super) model: String,
    pub(super) text: String,
    pub(super) finish_reason: &'static str,
    pub(super) usage: Value,
}

impl Completion {
    /// The answer in one piece.
    pub(super) fn whole(self) -> Response {
        let body = json!({
            "id": self.id,
            "object": "chat.completion",
            "created": 0,
            "model": self.model,
            "system_fingerprint": MODEL,
            "choices": [{
                "index": 0,
                "message": { "role": "assistant", "content": self.text, "refusal": null },
                "finish_reason": self.finish_reason
            }],
            "usage": self.usage
        });
        json_response(StatusCode::OK, &body)
    }

    /// The answer as server-sent events.
    pub(super) fn streamed(self, include_usage: bool) -> Response {
        let chunk = |delta: Value, finish: Option<&str>| {
            json!({
                "id": self.id, "object": "chat.completion.chunk", "created": 0, "model": self.model,
                "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }]
            })
        };
        let mut events = vec![chunk(json!({ "role": "assistant", "content": "" }), None)];
        let characters: Vec<char> = self.text.chars().collect();
        events.extend(
            characters
                .chunks(24)
                .map(|piece| chunk(json!({ "content": piece.iter().collect::<String>() }), None)),
        );
        events.push(chunk(json!({}), Some(self.finish_reason)));
        if include_usage {
            let mut last = chunk(json!({}), None);
            if let Some(fields) = last.as_object_mut() {
                fields.insert("choices".to_owned(), json!([]));
                fields.insert("usage".to_owned(), self.usage.clone());
            }
            events.push(last);
        }
        let mut body = String::new();
        for event in &events {
            body.push_str(&format!("data: {event}\n\n"));
        }
        body.push_str("data: [DONE]\n\n");
        ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
    }
}

/// A JSON body with its content type.
pub(super) fn json_response(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
