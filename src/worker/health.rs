//! `/healthz` and `/readyz`: whether the process lives, and whether it does its work.

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
use crate::store::{ContentStore, Key};
use crate::worker::Worker;

/// Longest wait for a sign of life of the store or the model server.
const PATIENCE: Duration = Duration::from_secs(5);
/// So many looks may fail before what was seen last is too long ago.
const LOOKS: u32 = 3;

/// The endpoints of a worker; they end with it.
#[derive(Debug)]
pub struct Health {
    worker: Arc<Worker>,
    store: Arc<dyn ContentStore>,
    check_every: Duration,
    progress_max: Duration,
    metrics: Option<PrometheusHandle>,
    seen: Mutex<Seen>,
}

/// What was seen of the parts that a worker depends on.
#[derive(Debug, Default)]
struct Seen {
    store: Look,
    model: Look,
}

#[derive(Clone, Debug, Default)]
struct Look {
    good_at: Option<Instant>,
    error: Option<String>,
}

/// The body of `/readyz`.
#[derive(Debug, Serialize)]
struct Readiness {
    ready: bool,
    checks: Vec<Check>,
}

#[derive(Debug, Serialize)]
struct Check {
    name: String,
    ok: bool,
    /// What was seen; for people.
    seen: String,
}

impl Health {
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
            seen: Mutex::default(),
        })
    }

    /// Serves until `stop`, and looks at store and model server meanwhile.
    ///
    /// # Errors
    /// When the server breaks down.
    pub async fn serve(
        self: Arc<Self>,
        listener: TcpListener,
        stop: &CancellationToken,
    ) -> std::io::Result<()> {
        let router = Router::new()
            .route("/healthz", get(|| async { "alive\n" }))
            .route("/readyz", get(ready))
            .route("/metrics", get(metrics))
            .with_state(Arc::clone(&self));
        tokio::select! {
            served = axum::serve(listener, router) => served,
            () = self.look_around() => Ok(()),
            () = stop.cancelled() => Ok(()),
        }
    }

    async fn look_around(&self) {
        loop {
            let key = Key::Probe { nonce: "health".to_owned() };
            let (store, model) = tokio::join!(
                sign_of_life(async {
                    // That nothing is there is an answer, too.
                    self.store.get(&key).await.map(|_| ()).map_err(|error| chain(&error))
                }),
                sign_of_life(async {
                    self.worker.pipeline().models().reachable().await.map_err(|error| chain(&error))
                }),
            );
            {
                let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
                seen.store.note(store);
                seen.model.note(model);
            }
            tokio::time::sleep(self.check_every).await;
        }
    }

    fn readiness(&self) -> Readiness {
        let vitals = self.worker.vitals();
        let live = vitals.lanes();
        let mut checks: Vec<Check> = self
            .worker
            .lanes()
            .iter()
            .map(|lane| {
                let live = live.contains(lane);
                let stop = self.worker.pipeline().models().stopped(*lane);
                let seen = match (&stop, live) {
                    (_, false) => "no consumer; the worker connects again".to_owned(),
                    (Some(stop), true) => format!("stopped for {} s: {}", stop.after.as_secs(), stop.reason),
                    (None, true) => "a live consumer".to_owned(),
                };
                let alarm = stop.is_some_and(|stop| stop.alarm);
                Check { name: format!("consumer.{lane}"), ok: live && !alarm, seen }
            })
            .collect();
        let (in_hand, idle) = vitals.without_progress();
        checks.push(Check {
            name: "progress".to_owned(),
            ok: idle < self.progress_max,
            seen: match in_hand {
                0 => "nothing to do".to_owned(),
                _ => format!("{in_hand} deliveries in hand, the last settled {} s ago", idle.as_secs()),
            },
        });
        let blocked = self.worker.publishing_blocked();
        checks.push(Check {
            name: "publishing".to_owned(),
            ok: !blocked,
            seen: if blocked { "the broker takes no messages: a memory or disk alarm" } else { "open" }
                .to_owned(),
        });
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, look) in [("store", &seen.store), ("model", &seen.model)] {
            let good = look.good_at.is_some_and(|at| at.elapsed() <= self.check_every * LOOKS + PATIENCE);
            let seen = match (&look.error, good) {
                (None, true) => "reachable".to_owned(),
                (Some(error), _) => error.clone(),
                (None, false) => "not looked at yet".to_owned(),
            };
            checks.push(Check { name: name.to_owned(), ok: good, seen });
        }
        Readiness { ready: checks.iter().all(|check| check.ok), checks }
    }
}

impl Look {
    fn note(&mut self, result: Result<(), String>) {
        match result {
            Ok(()) => *self = Self { good_at: Some(Instant::now()), error: None },
            Err(error) => self.error = Some(error),
        }
    }
}

async fn sign_of_life(look: impl Future<Output = Result<(), String>>) -> Result<(), String> {
    match tokio::time::timeout(PATIENCE, look).await {
        Ok(result) => result,
        Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}

async fn ready(State(health): State<Arc<Health>>) -> (StatusCode, Json<Readiness>) {
    let readiness = health.readiness();
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness))
}

async fn metrics(State(health): State<Arc<Health>>) -> (StatusCode, String) {
    match &health.metrics {
        Some(metrics) => (StatusCode::OK, metrics.render()),
        None => (StatusCode::NOT_FOUND, "nothing is counted here\n".to_owned()),
    }
}
