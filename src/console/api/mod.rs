//! `/v1/`: what the pages do, for programs: JSON, problem details, cursors, tokens in the header. `openapi.rs` describes it.

mod catalog;
mod openapi;
mod review;
mod steer;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, Query, Request};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use openapi::document as openapi;

use super::error::ConsoleError;
use super::read_model::{Page as ListPage, PageRequest};
use super::state::Console;

/// The routes, without the guard.
pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/v1/review", get(review::list))
        .route("/v1/review/{locale}/{sku}", get(review::show))
        .route("/v1/review/{locale}/{sku}/approve", post(review::approve))
        .route("/v1/review/{locale}/{sku}/reject", post(review::reject))
        .route("/v1/review/{locale}/{sku}/edit", post(review::edit))
        .route("/v1/review/{locale}/{sku}/lock", post(review::lock))
        .route("/v1/review/{locale}/{sku}/undo", post(review::undo))
        .route("/v1/documents", get(catalog::search))
        .route("/v1/documents/{locale}/{sku}", get(catalog::show))
        .route("/v1/documents/{locale}/{sku}/revisions", get(catalog::revisions))
        .route("/v1/documents/{locale}/{sku}/decisions", get(catalog::decisions))
        .route("/v1/documents/{locale}/{sku}/revert", post(catalog::revert))
        .route("/v1/jobs", get(steer::jobs))
        .route("/v1/jobs/{id}", get(steer::job))
        .route("/v1/jobs/{id}/{act}", post(steer::act))
        .route("/v1/costs", get(steer::costs))
        .route("/v1/openapi.json", get(|| async { Json(openapi::document()) }))
}

/// What went wrong, as problem details.
pub(super) type ApiResult<T> = Result<Json<T>, ConsoleError>;

/// Where in a list.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    #[serde(default)]
    pub filter: String,
    #[serde(default)]
    pub order: String,
    #[serde(default)]
    pub after: Option<String>,
    #[serde(default)]
    pub size: Option<u16>,
}

impl ListQuery {
    pub(super) fn page(&self) -> PageRequest {
        PageRequest {
            size: self.size.unwrap_or(50),
            after: self.after.clone().filter(|after| !after.is_empty()),
        }
    }
}

/// A part of a list, with where the next one begins.
#[derive(Debug, Serialize)]
pub(super) struct ListAnswer<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

impl<T> From<ListPage<T>> for ListAnswer<T> {
    fn from(page: ListPage<T>) -> Self {
        Self { items: page.rows, next: page.next }
    }
}

/// The body of a request: JSON in the shape that the route wants, or an error that says where it is not.
pub(super) struct ApiBody<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for ApiBody<T> {
    type Rejection = ConsoleError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ConsoleError> {
        let body = Bytes::from_request(request, state).await;
        let body = body.map_err(|error| {
            ConsoleError::new(StatusCode::BAD_REQUEST, "broken_body", error.to_string()).for_api(true)
        })?;
        let mut deserializer = serde_json::Deserializer::from_slice(&body);
        let read = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
            let at = error.path().to_string().replace(['.', '?'], "/");
            ConsoleError::invalid(format!("/{}: {}", at.trim_matches('/'), error.inner())).for_api(true)
        })?;
        Ok(Self(read))
    }
}

/// The query of a request, or problem details.
pub(super) struct ApiQuery<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> axum::extract::FromRequestParts<S> for ApiQuery<T> {
    type Rejection = ConsoleError;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        state: &S,
    ) -> Result<Self, ConsoleError> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(query)) => Ok(Self(query)),
            Err(error) => Err(ConsoleError::invalid(error.body_text()).for_api(true)),
        }
    }
}

/// The parts of a path, or problem details.
pub(super) struct ApiPath<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> axum::extract::FromRequestParts<S> for ApiPath<T> {
    type Rejection = ConsoleError;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        state: &S,
    ) -> Result<Self, ConsoleError> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(path)) => Ok(Self(path)),
            Err(error) => Err(ConsoleError::invalid(error.body_text()).for_api(true)),
        }
    }
}

/// An error of a route here is read by a program.
pub(super) fn problem<E: Into<ConsoleError>>(error: E) -> ConsoleError {
    error.into().for_api(true)
}
