//! `POST /v1/answers` over HTTP: JSON or server-sent events, sessions, limits per client, the widget and its demo page.

mod clients;
mod error;
mod health;
mod openapi;
mod pages;
mod routes;
mod sessions;
mod state;

use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::failure::chain;
use crate::http::client::ClientNetworks;
use crate::http::{self, HttpLimits};
pub use openapi::document as openapi;
pub use state::Service;

impl Service {
    /// Serves until `stop`; what is in flight is answered, and unanswered questions are written.
    ///
    /// # Errors
    /// When an origin of the settings is none, or unanswered questions could not be written at the end.
    pub async fn serve(
        self: Arc<Self>,
        listener: TcpListener,
        stop: CancellationToken,
    ) -> anyhow::Result<()> {
        let (router, networks) = (routes::router(&self)?, &self.clients.networks);
        let served = http::serve(listener, router, self.config.limits(), networks, &stop);
        tokio::join!(served, self.run_periodic_tasks(&stop));
        self.asker.unanswered().flush(self.clock.now()).await?;
        Ok(())
    }

    /// Serves health and metrics until `stop`, on a port that is not for shoppers.
    pub async fn serve_health(
        self: Arc<Self>,
        listener: TcpListener,
        metrics: PrometheusHandle,
        stop: CancellationToken,
    ) {
        let router = health::router(&self, metrics);
        http::serve(listener, router, HttpLimits::of_health(), &ClientNetworks::direct(), &stop).await;
    }

    /// Writes unanswered questions, and brings the search index up to date.
    async fn run_periodic_tasks(&self, stop: &CancellationToken) {
        let mut write = tokio::time::interval(Duration::from_millis(self.config.remember_ms));
        let mut refresh = tokio::time::interval(Duration::from_millis(self.config.refresh_ms));
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = write.tick() => {
                    if let Err(error) = self.asker.unanswered().flush(self.clock.now()).await {
                        tracing::warn!(error = chain(&error), "unanswered questions wait to be written");
                    }
                }
                _ = refresh.tick() => self.refresh_search().await,
            }
        }
    }

    #[cfg(feature = "search")]
    async fn refresh_search(&self) {
        let Some(index) = &self.asker.resources.search else { return };
        match index.refresh().await {
            Ok(0) => {}
            Ok(products) => tracing::debug!(products, "the search index is up to date"),
            Err(error) => tracing::warn!(error = format!("{error:#}"), "the search index is not up to date"),
        }
    }

    #[cfg(not(feature = "search"))]
    #[expect(clippy::unused_async, reason = "the other build waits here")]
    async fn refresh_search(&self) {}
}
