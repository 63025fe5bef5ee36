//! `POST /v1/answers` over HTTP: JSON or server-sent events, sessions, limits per client, the widget and its demo page.

mod clients;
mod openapi;
mod pages;
mod sessions;

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
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::asker::{AskError, Asker};
use super::wire::{Answer, AnswerRequest, Asked};
use crate::clock::Clock;
use crate::config::answers::AnswersConfig;
use crate::failure::chain;
use clients::Clients;
pub use openapi::document as openapi;
use sessions::Sessions;
use skuscribe_check::content::sentences;

/// Largest request body, in bytes: a question, and a list of SKUs.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// How often clients that ask no more are forgotten.
const TIDY: Duration = Duration::from_mins(1);
/// How often a stream that has nothing to tell sends a comment, so that proxies keep it open.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// The service.
#[derive(Debug)]
pub struct Service {
    asker: Asker,
    config: AnswersConfig,
    clients: Clients,
    sessions: Sessions,
    room: Arc<Semaphore>,
    metrics: Option<PrometheusHandle>,
    clock: Clock,
}

/// Why a request was not answered, as JSON of it and a status.
#[derive(Debug)]
struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
    /// After how many seconds it may be tried again.
    after: Option<u64>,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({ "error": { "code": self.code, "message": self.message } });
        let mut response = (self.status, Json(body)).into_response();
        if let Some(after) = self.after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(after));
        }
        response
    }
}

impl Service {
    /// Puts it together.
    ///
    /// # Errors
    /// When a limit is none.
    pub fn new(
        asker: Asker,
        config: &AnswersConfig,
        metrics: Option<PrometheusHandle>,
        clock: Clock,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            asker,
            clients: Clients::new(config)?,
            sessions: Sessions::new(),
            room: Arc::new(Semaphore::new(config.requests_max)),
            config: config.clone(),
            metrics,
            clock,
        })
    }

    /// Serves until `stop`; what is in flight is answered, and what is remembered is written.
    ///
    /// # Errors
    /// When the server breaks down.
    pub async fn serve(
        self: Arc<Self>,
        listener: TcpListener,
        stop: CancellationToken,
    ) -> anyhow::Result<()> {
        let router = self.router()?;
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let ended = stop.clone();
        let served =
            axum::serve(listener, service).with_graceful_shutdown(async move { ended.cancelled().await });
        let chores = self.chores(&stop);
        let (served, ()) = tokio::join!(served.into_future(), chores);
        self.asker.memory().flush(self.clock.now()).await?;
        Ok(served?)
    }

    /// Writes what is remembered, forgets old clients, and brings the search index up to date.
    async fn chores(&self, stop: &CancellationToken) {
        let mut remember = tokio::time::interval(Duration::from_millis(self.config.remember_ms));
        let mut refresh = tokio::time::interval(Duration::from_millis(self.config.refresh_ms));
        let mut tidy = tokio::time::interval(TIDY);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = remember.tick() => {
                    if let Err(error) = self.asker.memory().flush(self.clock.now()).await {
                        tracing::warn!(error = chain(&error), "unanswered questions wait to be written");
                    }
                }
                _ = refresh.tick() => self.refresh().await,
                _ = tidy.tick() => self.clients.tidy(),
            }
        }
    }

    #[cfg(feature = "search")]
    async fn refresh(&self) {
        let Some(catalog) = &self.asker.catalog else { return };
        match catalog.refresh().await {
            Ok(0) => {}
            Ok(products) => tracing::debug!(products, "the search index is up to date"),
            Err(error) => tracing::warn!(error = format!("{error:#}"), "the search index is not up to date"),
        }
    }

    #[cfg(not(feature = "search"))]
    #[expect(clippy::unused_async, reason = "the other build waits here")]
    async fn refresh(&self) {}

    fn router(self: &Arc<Self>) -> anyhow::Result<Router> {
        let mut router = Router::new()
            .route("/v1/answers", post(answers))
            .route("/openapi.json", get(|| async { Json(openapi()) }))
            .route("/widget.js", get(pages::widget))
            .route("/healthz", get(|| async { "alive\n" }))
            .route("/readyz", get(ready))
            .route("/metrics", get(metrics));
        if self.config.demo {
            router = router.route("/", get(pages::demo)).route("/demo.js", get(pages::demo_script));
        }
        Ok(router
            .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
            .layer(cors(&self.config)?)
            .with_state(Arc::clone(self)))
    }

    /// Answers a request that came through all limits; remembers it in its session.
    async fn answer(&self, asked: &Asked, session: Option<&str>) -> Result<Answer, Refusal> {
        let (id, earlier) = self.sessions.open(session, &asked.about);
        let within = Duration::from_millis(self.config.timeout_ms);
        let answer = match tokio::time::timeout(within, Box::pin(self.asker.ask(asked, &earlier))).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error @ AskError::NoProduct(_))) => {
                return Err(Refusal::new(StatusCode::NOT_FOUND, "no_product", error.to_string()));
            }
            Ok(Err(error @ AskError::Language(_))) => {
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                return Err(Refusal::new(status, "invalid_request", error.to_string()));
            }
            Ok(Err(error @ AskError::Store(_))) => {
                tracing::error!(error = chain(&error), "a question could not be answered");
                let message = "the catalog does not answer now; ask again".to_owned();
                return Err(Refusal {
                    after: Some(2),
                    ..Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "store", message)
                });
            }
            Err(_) => {
                let message = format!("no answer within {} ms; ask again", self.config.timeout_ms);
                return Err(Refusal::new(StatusCode::GATEWAY_TIMEOUT, "timeout", message));
            }
        };
        self.sessions.note(&id, &asked.question, &answer);
        Ok(Answer { session: Some(id), ..answer })
    }

    /// The request, within the limits of its client and of the service.
    fn admitted(&self, request: &Result<AnswerRequest, String>, client: &str) -> Result<Asked, Refusal> {
        if let Err(wait) = self.clients.admit(client) {
            metrics::counter!("skuscribe_answers_limited_total").increment(1);
            let message = format!("too many questions; ask again in {wait} s");
            return Err(Refusal {
                after: Some(wait),
                ..Refusal::new(StatusCode::TOO_MANY_REQUESTS, "rate_limit", message)
            });
        }
        let invalid = |message| Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request", message);
        let request = request.as_ref().map_err(|message| invalid(message.clone()))?;
        request.within().map_err(|error| invalid(error.to_string()))
    }
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, message: String) -> Self {
        Self { status, code, message, after: None }
    }
}

/// Which sites may ask from the browser.
fn cors(config: &AnswersConfig) -> anyhow::Result<CorsLayer> {
    let layer = CorsLayer::new()
        .allow_methods([axum::http::Method::GET, axum::http::Method::POST])
        .allow_headers([header::CONTENT_TYPE, header::ACCEPT]);
    if config.origins.iter().any(|own| own == "*") {
        return Ok(layer.allow_origin(AllowOrigin::any()));
    }
    let origins: Vec<HeaderValue> = config.origins.iter().map(|own| own.parse()).collect::<Result<_, _>>()?;
    Ok(layer.allow_origin(origins))
}

async fn answers(
    State(service): State<Arc<Service>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let streamed = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("text/event-stream"));
    let body = axum::body::to_bytes(request.into_body(), BODY_BYTES_MAX).await;
    let request: Result<AnswerRequest, String> = match &body {
        Ok(body) => {
            let mut deserializer = serde_json::Deserializer::from_slice(body);
            let request = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
                // What is no JSON has no place in it yet.
                let at = error.path().to_string().replace(['.', '?'], "/");
                format!("/{}: {}", at.trim_matches('/'), error.inner())
            });
            request.and_then(|request| {
                deserializer.end().map_err(|error| format!("/: {error}"))?;
                Ok(request)
            })
        }
        Err(_) => Err(format!("the body has more than {BODY_BYTES_MAX} bytes")),
    };
    let client = service.clients.name(&headers, address);
    let asked = match service.admitted(&request, &client) {
        Ok(asked) => asked,
        Err(refusal) => return refusal.into_response(),
    };
    let Ok(room) = Arc::clone(&service.room).try_acquire_owned() else {
        let message = "the service is full; ask again".to_owned();
        return Refusal { after: Some(1), ..Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "full", message) }
            .into_response();
    };
    let session = request.ok().and_then(|request| request.session);
    if streamed {
        let stream = stream::once(async move {
            let answered = service.answer(&asked, session.as_deref()).await;
            drop(room);
            answered
        });
        let events = stream::iter([Ok::<_, Infallible>(Event::default().event("reading").data("{}"))])
            .chain(stream.flat_map(|answered| stream::iter(told(answered).into_iter().map(Ok))));
        return Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response();
    }
    let answered = service.answer(&asked, session.as_deref()).await;
    drop(room);
    match answered {
        Ok(answer) => Json(answer).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

/// The events of an answer: its sentences, for whoever reads aloud or shows them one by one, then the whole. A sentence is
/// sent only when every check ran on all of them: what was shown cannot be taken back.
fn told(answered: Result<Answer, Refusal>) -> Vec<Event> {
    let event = |name: &str, value: &serde_json::Value| Event::default().event(name).data(value.to_string());
    match answered {
        Ok(answer) => {
            let texts = sentences(&answer.text).map(|(_, text)| event("sentence", &json!({ "text": text })));
            let mut events: Vec<Event> = texts.collect();
            events.push(event("answer", &json!(answer)));
            events
        }
        Err(refusal) => {
            vec![event("error", &json!({ "error": { "code": refusal.code, "message": refusal.message } }))]
        }
    }
}

async fn ready(State(service): State<Arc<Service>>) -> (StatusCode, String) {
    let key = crate::store::Key::Probe { nonce: "health".to_owned() };
    match tokio::time::timeout(Duration::from_secs(5), service.asker.store.get(&key)).await {
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
