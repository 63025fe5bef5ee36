//! `/healthz` and `/readyz`: liveness and readiness of a worker.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::failure::chain;
use crate::http::client::ClientNetworks;
use crate::http::{self, HttpLimits};
use crate::store::{ContentStore, Key};
use crate::worker::Worker;

/// Longest wait for an answer of the store or the model server.
const WAIT_MAX: Duration = Duration::from_secs(5);
/// This many checks may fail before the last success is too long ago.
const CHECKS: u32 = 3;

/// The endpoints of a worker; they end with it.
#[derive(Debug)]
pub struct HealthEndpoints {
    worker: Arc<Worker>,
    store: Arc<dyn ContentStore>,
    check_every: Duration,
    progress_max: Duration,
    metrics: Option<PrometheusHandle>,
    dependencies: Mutex<Dependencies>,
}

/// What a worker depends on, as it was seen last.
#[derive(Debug, Default)]
struct Dependencies {
    store: DependencyState,
    model: DependencyState,
}

#[derive(Clone, Debug, Default)]
struct DependencyState {
    good_at: Option<Instant>,
    error: Option<String>,
}

/// The body of `/readyz`.
#[derive(Debug, Serialize)]
struct Readiness {
    ready: bool,
    checks: Vec<ReadinessCheck>,
}

#[derive(Debug, Serialize)]
struct ReadinessCheck {
    name: String,
    ok: bool,
    /// What was seen; for people.
    seen: String,
}

impl HealthEndpoints {
    /// Prepares the endpoints of a worker over its store.
    #[must_use]
    pub fn new(
        worker: Arc<Worker>,
        store: Arc<dyn ContentStore>,
        config: &Config,
        metrics: Option<PrometheusHandle>,
    ) -> Arc<Self> {
        Arc::new(Self {
            metrics,
            worker,
            store,
            check_every: Duration::from_millis(config.health.check_ms),
            progress_max: config.health.progress_max(),
            dependencies: Mutex::default(),
        })
    }

    /// Serves until `stop`, and checks store and model server meanwhile.
    pub async fn serve(self: Arc<Self>, listener: TcpListener, stop: &CancellationToken) {
        let router = Router::new()
            .route("/healthz", get(|| async { "alive\n" }))
            .route("/readyz", get(ready))
            .route("/metrics", get(metrics))
            .with_state(Arc::clone(&self));
        let networks = ClientNetworks::direct();
        tokio::select! {
            () = http::serve(listener, router, HttpLimits::of_health(), &networks, stop) => {}
            () = self.check_dependencies() => {}
        }
    }

    async fn check_dependencies(&self) {
        loop {
            let key = Key::Probe { nonce: "health".to_owned() };
            let (store, model) = tokio::join!(
                answer_within(async {
                    // A missing object is an answer, too.
                    self.store.get(&key).await.map(|_| ()).map_err(|error| chain(&error))
                }),
                answer_within(async {
                    self.worker.pipeline().models().reachable().await.map_err(|error| chain(&error))
                }),
            );
            {
                let mut seen = self.dependencies.lock().unwrap_or_else(PoisonError::into_inner);
                seen.store.note(store);
                seen.model.note(model);
            }
            tokio::time::sleep(self.check_every).await;
        }
    }

    fn readiness(&self) -> Readiness {
        let liveness = self.worker.liveness();
        let live = liveness.lanes();
        let mut checks: Vec<ReadinessCheck> = self
            .worker
            .lanes()
            .iter()
            .map(|lane| {
                let live = live.contains(lane);
                let pause = self.worker.paused(*lane);
                let seen = match (&pause, live) {
                    (_, false) => "no consumer; the worker reconnects".to_owned(),
                    (Some(pause), true) => {
                        format!("paused for {} s: {}", pause.after.as_secs(), pause.reason)
                    }
                    (None, true) => "a live consumer".to_owned(),
                };
                let alarm = pause.is_some_and(|pause| pause.alarm);
                ReadinessCheck { name: format!("consumer.{lane}"), ok: live && !alarm, seen }
            })
            .collect();
        let (in_flight, idle) = liveness.without_progress();
        checks.push(ReadinessCheck {
            name: "progress".to_owned(),
            ok: idle < self.progress_max,
            seen: match in_flight {
                0 => "nothing to do".to_owned(),
                _ => format!("{in_flight} deliveries in progress, the last settled {} s ago", idle.as_secs()),
            },
        });
        let blocked = self.worker.publishing_blocked();
        checks.push(ReadinessCheck {
            name: "publishing".to_owned(),
            ok: !blocked,
            seen: if blocked { "the broker takes no messages: a memory or disk alarm" } else { "open" }
                .to_owned(),
        });
        let stopped = self.worker.pipeline().models().stopped();
        let seen = self.dependencies.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, dependency) in [("store", &seen.store), ("model", &seen.model)] {
            let good =
                dependency.good_at.is_some_and(|at| at.elapsed() <= self.check_every * CHECKS + WAIT_MAX);
            let seen = match (&dependency.error, good) {
                (None, true) if name == "model" && !stopped.is_empty() => {
                    format!("reachable, but not called: {stopped}")
                }
                (None, true) if name == "model" => self.model_seen(),
                (None, true) => "reachable".to_owned(),
                (Some(error), _) => error.clone(),
                (None, false) => "not checked yet".to_owned(),
            };
            checks.push(ReadinessCheck { name: name.to_owned(), ok: good, seen });
        }
        Readiness { ready: checks.iter().all(|check| check.ok), checks }
    }
}

impl HealthEndpoints {
    /// What is seen of model servers that can be reached: what each refuses of the usual request, too.
    fn model_seen(&self) -> String {
        let models = self.worker.pipeline().models().all().iter();
        let adapted = models.filter_map(|model| {
            let adapted = model.adapted();
            (!adapted.is_empty())
                .then(|| format!("; {} is adapted to: {}", model.label(), adapted.join(", ")))
        });
        std::iter::once("reachable".to_owned()).chain(adapted).collect()
    }
}

impl DependencyState {
    fn note(&mut self, result: Result<(), String>) {
        match result {
            Ok(()) => *self = Self { good_at: Some(Instant::now()), error: None },
            Err(error) => self.error = Some(error),
        }
    }
}

async fn answer_within(check: impl Future<Output = Result<(), String>>) -> Result<(), String> {
    match tokio::time::timeout(WAIT_MAX, check).await {
        Ok(result) => result,
        Err(_) => Err(format!("no answer within {} s", WAIT_MAX.as_secs())),
    }
}

async fn ready(State(health): State<Arc<HealthEndpoints>>) -> (StatusCode, Json<Readiness>) {
    let readiness = health.readiness();
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness))
}

async fn metrics(State(health): State<Arc<HealthEndpoints>>) -> (StatusCode, String) {
    match &health.metrics {
        Some(metrics) => (StatusCode::OK, metrics.render()),
        None => (StatusCode::NOT_FOUND, "nothing is counted here\n".to_owned()),
    }
}
