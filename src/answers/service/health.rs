//! `/healthz` and `/readyz`, and `/metrics` on the health port alone.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::Mutex;

use super::state::Service;
use crate::failure::chain;
use crate::store::{ContentStore, Key};

/// Longest wait for the store.
const WAIT_MAX: Duration = Duration::from_secs(5);
/// For how long what was seen of the store holds: whoever asks more often asks the store no more often.
const SEEN_FOR: Duration = Duration::from_secs(1);

/// What was seen of the store last.
#[derive(Debug, Default)]
pub(super) struct StoreState(Mutex<Option<(Instant, Result<(), &'static str>)>>);

impl StoreState {
    async fn look(&self, store: &dyn ContentStore) -> Result<(), &'static str> {
        let mut seen = self.0.lock().await;
        if let Some((at, result)) = *seen
            && at.elapsed() < SEEN_FOR
        {
            return result;
        }
        let key = Key::Probe { nonce: "health".to_owned() };
        let result = match tokio::time::timeout(WAIT_MAX, store.get(&key)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => {
                tracing::warn!(error = chain(&error), "not ready");
                Err("the store does not answer\n")
            }
            Err(_) => Err("the store does not answer in time\n"),
        };
        *seen = Some((Instant::now(), result));
        result
    }
}

/// What everybody may know: whether the process lives and can answer.
pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/healthz", get(|| async { "alive\n" })).route("/readyz", get(ready))
}

/// The same with what is counted, for the health port.
pub(super) fn router(service: &Arc<Service>, metrics: PrometheusHandle) -> Router {
    let render = move || std::future::ready(metrics.render());
    routes().route("/metrics", get(render)).with_state(Arc::clone(service))
}

async fn ready(State(service): State<Arc<Service>>) -> (StatusCode, &'static str) {
    match service.store_state.look(&*service.asker.resources.store).await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(seen) => (StatusCode::SERVICE_UNAVAILABLE, seen),
    }
}
