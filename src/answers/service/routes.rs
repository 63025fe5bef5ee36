//! The routes: answers as JSON or server-sent events, health, pages; and which sites may ask.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::{StreamExt as _, stream};
use http_body_util::LengthLimitError;
use serde_json::json;
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::super::wire::{Answer, AnswerRequest};
use super::error::ServiceError;
use super::state::Service;
use super::{health, openapi, pages};
use crate::config::answers::AnswersConfig;
use skuscribe_check::content::sentences;

/// Largest request body, in bytes: a question, and a list of SKUs.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// How often a stream without events sends a comment, so that proxies keep it open.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

pub(super) fn router(service: &Arc<Service>) -> anyhow::Result<Router> {
    let mut router = Router::new()
        .route("/v1/answers", post(answers))
        .route("/openapi.json", get(|| async { Json(openapi::document()) }))
        .route("/widget.js", get(pages::widget))
        .merge(health::routes());
    if service.config.demo {
        router = router.route("/", get(pages::demo)).route("/demo.js", get(pages::demo_script));
    }
    let router = router.fallback(no_path).method_not_allowed_fallback(no_method);
    Ok(router.layer(cors(&service.config)?).with_state(Arc::clone(service)))
}

/// Which sites may ask from the browser.
fn cors(config: &AnswersConfig) -> anyhow::Result<CorsLayer> {
    let layer = CorsLayer::new()
        .allow_methods([axum::http::Method::GET, axum::http::Method::POST])
        .allow_headers([header::CONTENT_TYPE, header::ACCEPT]);
    if config.origins.iter().any(|origin| origin == "*") {
        return Ok(layer.allow_origin(AllowOrigin::any()));
    }
    let origins: Vec<HeaderValue> =
        config.origins.iter().map(|origin| origin.parse()).collect::<Result<_, _>>()?;
    Ok(layer.allow_origin(origins))
}

async fn answers(
    State(service): State<Arc<Service>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let streamed = accept.is_some_and(|accept| accept.contains("text/event-stream"));
    let client = service.clients.of(&headers, address);
    let longest = Duration::from_millis(service.config.body_timeout_ms);
    let admitted = async {
        service.limit(&client)?;
        let request = read_request(request.into_body(), longest).await?;
        let (asked, permit) = service.admit(&request, client)?;
        Ok::<_, ServiceError>((asked, permit, request.session))
    };
    let (asked, permit, session) = match admitted.await {
        Ok(admitted) => admitted,
        Err(error) => return error.into_response(),
    };
    let answer = async move {
        let answer = service.answer(&asked, session.as_deref()).await;
        drop(permit);
        answer
    };
    if streamed {
        let events = stream::iter([Event::default().event("reading").data("{}")])
            .chain(stream::once(answer).flat_map(|answer| stream::iter(answer_events(answer))))
            .map(Ok::<_, Infallible>);
        return Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response();
    }
    answer.await.map(Json).into_response()
}

async fn no_path() -> ServiceError {
    let message = "there is nothing here; ask POST /v1/answers, and see /openapi.json".to_owned();
    ServiceError::new(StatusCode::NOT_FOUND, "no_path", message)
}

async fn no_method() -> ServiceError {
    let message = "this path takes another method; see /openapi.json".to_owned();
    ServiceError::new(StatusCode::METHOD_NOT_ALLOWED, "no_method", message)
}

/// The request in a body, or an error that says where it is wrong. A body that says that it is too large is not read.
async fn read_request(body: Body, longest: Duration) -> Result<AnswerRequest, ServiceError> {
    let too_large = || {
        let message = format!("the body has more than {BODY_BYTES_MAX} bytes");
        ServiceError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
    };
    if body.size_hint().lower() > BODY_BYTES_MAX as u64 {
        return Err(too_large());
    }
    let read = tokio::time::timeout(longest, axum::body::to_bytes(body, BODY_BYTES_MAX)).await;
    let read = read.map_err(|_| {
        let message = format!("the body was not there within {} ms", longest.as_millis());
        ServiceError::new(StatusCode::REQUEST_TIMEOUT, "slow_body", message)
    })?;
    let body = read.map_err(|error| {
        let source = std::error::Error::source(&error);
        if source.and_then(|source| source.downcast_ref::<LengthLimitError>()).is_some() {
            return too_large();
        }
        ServiceError::new(StatusCode::BAD_REQUEST, "invalid_request", "the body broke off".to_owned())
    })?;
    let mut deserializer = serde_json::Deserializer::from_slice(&body);
    let request = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        // What is no JSON has no place in it yet.
        let at = error.path().to_string().replace(['.', '?'], "/");
        ServiceError::invalid(&format!("/{}: {}", at.trim_matches('/'), error.inner()))
    })?;
    deserializer.end().map_err(|error| ServiceError::invalid(&format!("/: {error}")))?;
    Ok(request)
}

/// The events of an answer: its sentences, for those who show them one by one or read them aloud, then the whole. A sentence
/// is sent only after every check ran on all of them, because what was shown cannot be recalled.
fn answer_events(answer: Result<Answer, ServiceError>) -> Vec<Event> {
    let event = |name: &str, value: &serde_json::Value| Event::default().event(name).data(value.to_string());
    match answer {
        Ok(answer) => {
            let texts = sentences(&answer.text).map(|(_, text)| event("sentence", &json!({ "text": text })));
            let mut events: Vec<Event> = texts.collect();
            events.push(event("answer", &json!(answer)));
            events
        }
        Err(error) => vec![event("error", &error.body())],
    }
}
