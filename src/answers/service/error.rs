//! Why a request was not answered, as a status and JSON.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::super::asker::AskError;
use crate::failure::chain;

/// Most characters of a message that holds something of the request.
const MESSAGE_CHARS_MAX: usize = 300;

/// Why a request was not answered.
#[derive(Debug)]
pub(super) struct ServiceError {
    status: StatusCode,
    code: &'static str,
    message: String,
    /// After how many seconds it may be tried again.
    retry_after_s: Option<u64>,
}

impl ServiceError {
    pub(super) fn new(status: StatusCode, code: &'static str, message: String) -> Self {
        Self { status, code, message, retry_after_s: None }
    }

    /// A request that is not valid; what it sent is shown in part at most.
    pub(super) fn invalid(message: &str) -> Self {
        let message = message.chars().take(MESSAGE_CHARS_MAX).collect();
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request", message)
    }

    pub(super) fn retry_after(self, seconds: u64) -> Self {
        Self { retry_after_s: Some(seconds), ..self }
    }

    /// `{"error": {"code", "message"}}`.
    pub(super) fn body(&self) -> Value {
        json!({ "error": { "code": self.code, "message": self.message } })
    }
}

impl From<AskError> for ServiceError {
    fn from(error: AskError) -> Self {
        match error {
            AskError::NoProduct(_) => Self {
                status: StatusCode::NOT_FOUND,
                code: "no_product",
                ..Self::invalid(&error.to_string())
            },
            AskError::Language(_) => Self::invalid(&error.to_string()),
            AskError::Store(_) => {
                tracing::error!(error = chain(&error), "a question could not be answered");
                let message = "the catalog does not answer now; ask again".to_owned();
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "store", message).retry_after(2)
            }
        }
    }
}

impl IntoResponse for ServiceError {
    fn into_response(self) -> Response {
        let nosniff = [(header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
        let mut response = (self.status, nosniff, Json(self.body())).into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
