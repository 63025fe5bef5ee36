//! The routes: answers as JSON or server-sent events, health, metrics, pages; and which sites may ask.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::{StreamExt as _, stream};
use serde_json::json;
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::super::wire::{Answer, AnswerRequest};
use super::error::ServiceError;
use super::openapi;
use super::pages;
use super::state::Service;
use crate::config::answers::AnswersConfig;
use crate::failure::chain;
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
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics));
    if service.config.demo {
        router = router.route("/", get(pages::demo)).route("/demo.js", get(pages::demo_script));
    }
    let layers = router.layer(DefaultBodyLimit::max(BODY_BYTES_MAX)).layer(cors(&service.config)?);
    Ok(layers.with_state(Arc::clone(service)))
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
    let request = read_request(request).await;
    let client = service.clients.name(&headers, address);
    let (asked, permit) = match service.admit(&request, &client) {
        Ok(admitted) => admitted,
        Err(error) => return error.into_response(),
    };
    let session = request.ok().and_then(|request| request.session);
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

/// The request in a body, or a message that says where it is wrong.
async fn read_request(request: Request) -> Result<AnswerRequest, String> {
    let body = axum::body::to_bytes(request.into_body(), BODY_BYTES_MAX).await;
    let body = body.map_err(|_| format!("the body has more than {BODY_BYTES_MAX} bytes"))?;
    let mut deserializer = serde_json::Deserializer::from_slice(&body);
    let request = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        // What is no JSON has no place in it yet.
        let at = error.path().to_string().replace(['.', '?'], "/");
        format!("/{}: {}", at.trim_matches('/'), error.inner())
    })?;
    deserializer.end().map_err(|error| format!("/: {error}"))?;
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

async fn ready(State(service): State<Arc<Service>>) -> (StatusCode, String) {
    let key = crate::store::Key::Probe { nonce: "health".to_owned() };
    match tokio::time::timeout(Duration::from_secs(5), service.asker.resources.store.get(&key)).await {
        Ok(Ok(_)) => (StatusCode::OK, "ready\n".to_owned()),
        Ok(Err(error)) => {
            tracing::warn!(error = chain(&error), "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n".to_owned())
        }
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer in time\n".to_owned()),
    }
}

async fn metrics(State(service): State<Arc<Service>>) -> (StatusCode, String) {
    match &service.metrics {
        Some(metrics) => (StatusCode::OK, metrics.render()),
        None => (StatusCode::NOT_FOUND, "nothing is counted here\n".to_owned()),
    }
}
