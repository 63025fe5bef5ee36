//! What a server with a quirk says: a completion with something odd about it, an error, or bytes.

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::{Value, json};

use super::Turn;

/// What a server says.
pub(super) struct Said {
    status: u16,
    content_type: &'static str,
    headers: Vec<(&'static str, String)>,
    body: SaidBody,
}

enum SaidBody {
    Whole(Vec<u8>),
    /// The connection ends after so many bytes; the whole length may have been promised.
    Broken {
        bytes: Vec<u8>,
        keep: usize,
        promised: bool,
    },
}

impl Said {
    /// A body in JSON.
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self::bytes(status, "application/json", body.to_string().into_bytes())
    }

    /// A body of any kind.
    pub(super) fn bytes(status: u16, content_type: &'static str, bytes: impl Into<Vec<u8>>) -> Self {
        Self { status, content_type, headers: Vec::new(), body: SaidBody::Whole(bytes.into()) }
    }

    /// An error as `OpenAI` writes it.
    #[expect(clippy::needless_pass_by_value, reason = "every caller makes it")]
    pub(super) fn error(status: u16, error: Value) -> Self {
        Self::json(status, &json!({ "error": error }))
    }

    /// A page of a proxy.
    pub(super) fn page(status: u16, title: &str) -> Self {
        let page = format!(
            "<html><head><title>{title}</title></head><body><center><h1>{title}</h1></center></body></html>"
        );
        Self::bytes(status, "text/html", page)
    }

    /// The same with a header.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same, but the connection breaks.
    pub(super) fn broken(mut self, keep: usize, promised: bool) -> Self {
        if let SaidBody::Whole(bytes) = self.body {
            self.body = SaidBody::Broken { bytes, keep, promised };
        }
        self
    }

    pub(super) fn into_response(self) -> Response {
        let (length, body) = match self.body {
            SaidBody::Whole(bytes) => (None, Body::from(bytes)),
            SaidBody::Broken { mut bytes, keep, promised } => {
                let length = promised.then_some(bytes.len());
                bytes.truncate(keep);
                let parts = [Ok(Bytes::from(bytes)), Err(std::io::Error::other("cut, as set to"))];
                (length, Body::from_stream(stream::iter(parts)))
            }
        };
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, [(header::CONTENT_TYPE, self.content_type)], body).into_response();
        if let Some(length) = length {
            response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        }
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

#[expect(clippy::unnecessary_wraps, reason = "what a quirk's act gives")]
impl Turn<'_> {
    /// A completion as it should be.
    pub(super) fn completion(&self) -> Value {
        self.completion_with(&json!({ "role": "assistant", "content": self.text }), &json!("stop"))
    }

    /// A completion with another message and reason to finish.
    pub(super) fn completion_with(&self, message: &Value, finish: &Value) -> Value {
        json!({
            "id": "quirk", "object": "chat.completion", "created": 0, "model": self.model,
            "choices": [{ "index": 0, "message": message, "finish_reason": finish }],
            "usage": self.usage
        })
    }

    /// A completion with another content.
    pub(super) fn content(&self, content: impl Into<Value>) -> Option<Said> {
        self.message(&json!({ "role": "assistant", "content": content.into() }))
    }

    /// A completion with another message.
    pub(super) fn message(&self, message: &Value) -> Option<Said> {
        Some(Said::json(200, &self.completion_with(message, &json!("stop"))))
    }

    /// A completion with another content and reason to finish.
    pub(super) fn finished(&self, content: impl Into<Value>, finish: impl Into<Value>) -> Option<Said> {
        let message = json!({ "role": "assistant", "content": content.into() });
        Some(Said::json(200, &self.completion_with(&message, &finish.into())))
    }

    /// A completion with a field replaced.
    pub(super) fn with(&self, field: &str, value: Value) -> Option<Said> {
        let mut body = self.completion();
        if let Some(fields) = body.as_object_mut() {
            fields.insert(field.to_owned(), value);
        }
        Some(Said::json(200, &body))
    }

    /// A completion whose bytes are changed.
    pub(super) fn changed(&self, change: impl FnOnce(String) -> Vec<u8>) -> Option<Said> {
        Some(Said::bytes(200, "application/json", change(self.completion().to_string())))
    }

    /// The same with the answer's tokens counted as the whole cap, as of an answer that used it up.
    pub(super) fn used_up(&self, content: String) -> Option<Said> {
        let field = |name: &str| self.request.get(name).and_then(Value::as_u64);
        let cap = field("max_completion_tokens").or_else(|| field("max_tokens")).unwrap_or(8_000);
        let usage = json!({ "prompt_tokens": 100, "completion_tokens": cap, "total_tokens": 100 + cap });
        let turn = Turn { usage, ..*self };
        turn.finished(content, "length")
    }
}
