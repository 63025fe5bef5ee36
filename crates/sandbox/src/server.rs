//! The sandbox's HTTP side: `/v1/chat/completions`, streaming too, and `/v1/models`.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::answer::{Completion, MODEL, json_response};
use super::behaviour::{Behaviour, Counters, Dice, latency};
use super::limits::Window;
use super::quirks::Schedule;
use super::request::ChatRequest;
use super::writing::{cut, understands, written};

/// Largest request.
const BODY_BYTES_MAX: usize = 8 << 20;

/// A running sandbox; it ends when it is dropped.
#[derive(Debug)]
pub struct Sandbox {
    address: SocketAddr,
    counters: Arc<Counters>,
    stop: CancellationToken,
    tracker: TaskTracker,
}

/// What the handlers share.
pub(super) struct Shared {
    pub(super) behaviour: Behaviour,
    dice: Dice,
    schedule: Schedule,
    window: Window,
    pub(super) counters: Arc<Counters>,
    pub(super) schemas: RwLock<HashMap<String, Arc<Value>>>,
    next_id: AtomicU64,
}

impl Sandbox {
    /// Starts a sandbox on an address; port 0 takes a free one.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn start(address: SocketAddr, behaviour: Behaviour) -> std::io::Result<Self> {
        let listener = tokio::net::TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let counters = Arc::new(Counters::default());
        let shared = Arc::new(Shared {
            dice: Dice::new(&behaviour),
            schedule: Schedule::new(&behaviour),
            behaviour,
            window: Window::default(),
            counters: Arc::clone(&counters),
            schemas: RwLock::new(HashMap::new()),
            next_id: AtomicU64::new(1),
        });
        let router = Router::new()
            .route("/v1/chat/completions", post(complete))
            .route("/v1/models", get(models))
            .route("/healthz", get(|| async { "the sandbox is up; it is a stand-in for a model server\n" }))
            .route("/sandbox/counters", get(counts))
            .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
            .with_state(shared);
        let stop = CancellationToken::new();
        let tracker = TaskTracker::new();
        let stopped = stop.clone();
        tracker.spawn(async move {
            use axum::serve::ListenerExt as _;
            let listener = listener.tap_io(|stream| {
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "no TCP_NODELAY");
                }
            });
            let served =
                axum::serve(listener, router).with_graceful_shutdown(stopped.cancelled_owned()).await;
            if let Err(error) = served {
                tracing::error!(%error, "the sandbox stopped serving");
            }
        });
        tracker.close();
        Ok(Self { address, counters, stop, tracker })
    }

    /// The base URL to configure as `model.url`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// What it counted.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Serves until `stop` is cancelled.
    pub async fn serve_until(self, stop: CancellationToken) {
        stop.cancelled().await;
        self.stop.cancel();
        // Requests that hang on purpose must not hold up the end.
        let _ended = tokio::time::timeout(Duration::from_secs(2), self.tracker.wait()).await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Leaves the count of requests in flight when a request ends, however it ends.
struct InFlight(Arc<Counters>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.leave();
    }
}

async fn complete(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let in_flight = shared.counters.enter();
    let _in_flight = InFlight(Arc::clone(&shared.counters));
    if let Some(refused) = refused(&shared, &headers, in_flight) {
        return refused;
    }
    let request: ChatRequest<'_> = match serde_json::from_slice(&body) {
        Ok(request) => request,
        Err(problem) => return error(StatusCode::BAD_REQUEST, "invalid_request", &problem.to_string()),
    };
    // Tokens are counted as bytes ÷ 4: honest about their order, and cheap enough for load tests.
    let prompt_tokens = (body.len() as u64).div_ceil(4);
    let cap = request.max_completion_tokens.or(request.max_tokens);
    let counted = if shared.behaviour.count_caps { cap.unwrap_or(0) } else { 0 };
    let admission = shared.window.admit(&shared.behaviour, prompt_tokens + counted);
    let draw = shared.dice.draw(&shared.behaviour);
    if !admission.admitted || draw.refuse {
        return over_limit(&shared, admission.headers, draw.refuse);
    }
    if draw.hang {
        std::future::pending::<()>().await;
    }
    if let Some(latency) = latency(&shared.behaviour) {
        tokio::time::sleep(latency).await;
    }
    if draw.fail || !understands(&shared.behaviour, request.response_format.as_ref()) {
        shared.counters.failed.fetch_add(1, Ordering::Relaxed);
        let message = "The sandbox fails, as it was set to.";
        return error(StatusCode::INTERNAL_SERVER_ERROR, "server_error", message);
    }
    let (text, finish_reason) = match written(&shared, &request, draw) {
        Ok(text) => cut(text, cap, draw.truncate),
        Err(problem) => return error(StatusCode::BAD_REQUEST, "invalid_json_schema", &problem),
    };
    let thinking = shared.dice.thinking(&shared.behaviour);
    let completion_tokens = (text.len() as u64).div_ceil(4) + thinking;
    if !shared.behaviour.count_caps {
        shared.window.answered(completion_tokens);
    }
    let usage = json!({
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
        "prompt_tokens_details": { "cached_tokens": 0 },
        "completion_tokens_details": { "reasoning_tokens": thinking }
    });
    let model = request.model.as_deref().unwrap_or(MODEL);
    if let Some(odd) = shared.schedule.answer(&body, &text, model, &usage, &shared.counters) {
        return odd;
    }
    shared.counters.answers.fetch_add(1, Ordering::Relaxed);
    let id = format!("sandbox-{}", shared.next_id.fetch_add(1, Ordering::Relaxed));
    let completion = Completion { id, model: model.to_owned(), text, finish_reason, usage };
    let mut response = if request.stream {
        completion.streamed(request.stream_options.unwrap_or_default().include_usage)
    } else {
        completion.whole()
    };
    response.headers_mut().extend(admission.headers);
    response
}

/// What is answered without looking at the request: to a wrong key, without money, or with too many in flight.
fn refused(shared: &Shared, headers: &HeaderMap, in_flight: u64) -> Option<Response> {
    let Behaviour { key, out_of_money, in_flight_max, .. } = &shared.behaviour;
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if key.as_ref().is_some_and(|key| given.strip_prefix("Bearer ") != Some(key.as_str())) {
        return Some(error(StatusCode::UNAUTHORIZED, "invalid_api_key", "Incorrect API key provided."));
    }
    if *out_of_money {
        let message = "You exceeded your current quota, please check your plan and billing details.";
        return Some(error(StatusCode::TOO_MANY_REQUESTS, "insufficient_quota", message));
    }
    if *in_flight_max > 0 && in_flight > *in_flight_max {
        shared.counters.refused.fetch_add(1, Ordering::Relaxed);
        let message = "Too many requests are in flight.";
        return Some(error(StatusCode::TOO_MANY_REQUESTS, "overloaded", message));
    }
    None
}

/// A 429, with the rate limit's headers; where it was drawn, with the time to wait.
fn over_limit(shared: &Shared, headers: HeaderMap, drawn: bool) -> Response {
    shared.counters.refused.fetch_add(1, Ordering::Relaxed);
    let mut response = error(StatusCode::TOO_MANY_REQUESTS, "rate_limit_exceeded", "Rate limit reached.");
    response.headers_mut().extend(headers);
    if drawn {
        response.headers_mut().insert("retry-after-ms", HeaderValue::from_static("50"));
    }
    response
}

async fn models(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    if let Some(key) = &shared.behaviour.key {
        let given =
            headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if given.strip_prefix("Bearer ") != Some(key.as_str()) {
            return error(StatusCode::UNAUTHORIZED, "invalid_api_key", "Incorrect API key provided.");
        }
    }
    json_response(
        StatusCode::OK,
        &json!({ "object": "list", "data": [{ "id": MODEL, "object": "model", "created": 0, "owned_by": "skuscribe" }] }),
    )
}

async fn counts(State(shared): State<Arc<Shared>>) -> Response {
    let (counters, most) = (&shared.counters, shared.window.most());
    let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    json_response(
        StatusCode::OK,
        &json!({
            "requests": of(&counters.requests), "probes": of(&counters.probes), "answers": of(&counters.answers), "refused": of(&counters.refused),
            "failed": of(&counters.failed), "in_flight": of(&counters.in_flight), "in_flight_max": of(&counters.in_flight_max),
            "sent_in_a_minute": most.sent, "tokens_in_a_minute": most.tokens, "tokens": most.tokens_total
        }),
    )
}

fn error(status: StatusCode, code: &str, message: &str) -> Response {
    let kind = if status.is_server_error() { "server_error" } else { "invalid_request_error" };
    json_response(
        status,
        &json!({ "error": { "message": message, "type": kind, "param": null, "code": code } }),
    )
}
