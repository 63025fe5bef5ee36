//! Why a request was not served: a page for people, problem details (RFC 9457) for programs.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde_json::json;

use super::pages::error_page;
use super::read_model::ReadModelError;
use crate::failure::chain;
use crate::jobs::JobError;
use crate::review::ReviewError;
use crate::store::StoreError;

/// Most characters of a message that holds something of the request.
const MESSAGE_CHARS_MAX: usize = 500;

/// Why a request was not served.
#[derive(Debug)]
pub(super) struct ConsoleError {
    status: StatusCode,
    code: &'static str,
    message: String,
    is_api: bool,
}

impl ConsoleError {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into().chars().take(MESSAGE_CHARS_MAX).collect();
        Self { status, code, message, is_api: false }
    }

    /// A request that is not valid.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request", message)
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// What the person may not do.
    pub(super) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", message)
    }

    /// What somebody else changed meanwhile.
    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", message)
    }

    /// What does not work now.
    pub(super) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message)
    }

    /// The broker does not answer.
    pub(super) fn broker(error: &(dyn std::error::Error + 'static)) -> Self {
        Self::unavailable(format!("the broker does not answer: {}", chain(error)))
    }

    /// What is ours to mend; the log has the cause.
    #[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
    pub(super) fn internal(error: anyhow::Error) -> Self {
        tracing::error!(error = format!("{error:#}"), "the console could not answer");
        let message = "the console could not answer; its log says why";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
    }

    /// The same as a program reads it.
    pub(super) fn for_api(self, is_api: bool) -> Self {
        Self { is_api, ..self }
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    pub(super) fn status(&self) -> StatusCode {
        self.status
    }
}

impl From<StoreError> for ConsoleError {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = chain(&error), "the console could not read or write the store");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "store", "the store does not answer; try again")
    }
}

impl From<ReadModelError> for ConsoleError {
    fn from(error: ReadModelError) -> Self {
        match error {
            ReadModelError::Cursor | ReadModelError::TooMany { .. } => Self::invalid(error.to_string()),
            ReadModelError::Store(error) => error.into(),
            error => Self::internal(error.into()),
        }
    }
}

impl From<JobError> for ConsoleError {
    fn from(error: JobError) -> Self {
        let status = match &error {
            JobError::Unknown { .. } => StatusCode::NOT_FOUND,
            JobError::State { .. } | JobError::Exists { .. } => StatusCode::CONFLICT,
            JobError::Note(_) => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, "job", chain(&error))
    }
}

impl From<ReviewError> for ConsoleError {
    fn from(error: ReviewError) -> Self {
        let status = match &error {
            ReviewError::Unknown { .. } | ReviewError::NothingWaits { .. } => StatusCode::NOT_FOUND,
            ReviewError::Superseded { .. }
            | ReviewError::FactsChanged { .. }
            | ReviewError::Races
            | ReviewError::Taken { .. }
            | ReviewError::NotLast { .. } => StatusCode::CONFLICT,
            ReviewError::Store(_) | ReviewError::Announce(_) => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let code = match status {
            StatusCode::NOT_FOUND => "not_found",
            StatusCode::CONFLICT => "superseded",
            StatusCode::UNPROCESSABLE_ENTITY => "not_allowed",
            _ => "store",
        };
        Self::new(status, code, chain(&error))
    }
}

impl IntoResponse for ConsoleError {
    fn into_response(self) -> Response {
        if self.is_api {
            let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"))];
            let body = json!({ "type": "about:blank", "title": self.status.canonical_reason(), "status": self.status.as_u16(), "code": self.code, "detail": self.message });
            return (self.status, kind, body.to_string()).into_response();
        }
        (self.status, Html(error_page(self.status, &self.message).into_string())).into_response()
    }
}
