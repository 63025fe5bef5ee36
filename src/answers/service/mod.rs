//! `POST /v1/answers` over HTTP: JSON or server-sent events, sessions, limits per client, the widget and its demo page.

mod clients;
mod error;
mod openapi;
mod pages;
mod routes;
mod sessions;
mod state;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::failure::chain;
pub use openapi::document as openapi;
pub use state::Service;

/// How often clients that ask no more are forgotten.
const FORGET_CLIENTS: Duration = Duration::from_mins(1);

impl Service {
    /// Serves until `stop`; what is in flight is answered, and unanswered questions are written.
    ///
    /// # Errors
    /// When the server breaks down.
    pub async fn serve(
        self: Arc<Self>,
        listener: TcpListener,
        stop: CancellationToken,
    ) -> anyhow::Result<()> {
        let router = routes::router(&self)?;
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let stopped = stop.clone();
        let served =
            axum::serve(listener, service).with_graceful_shutdown(async move { stopped.cancelled().await });
        let (served, ()) = tokio::join!(served.into_future(), self.run_periodic_tasks(&stop));
        self.asker.unanswered().flush(self.clock.now()).await?;
        Ok(served?)
    }

    /// Writes unanswered questions, forgets old clients, and brings the search index up to date.
    async fn run_periodic_tasks(&self, stop: &CancellationToken) {
        let mut write = tokio::time::interval(Duration::from_millis(self.config.remember_ms));
        let mut refresh = tokio::time::interval(Duration::from_millis(self.config.refresh_ms));
        let mut forget = tokio::time::interval(FORGET_CLIENTS);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = write.tick() => {
                    if let Err(error) = self.asker.unanswered().flush(self.clock.now()).await {
                        tracing::warn!(error = chain(&error), "unanswered questions wait to be written");
                    }
                }
                _ = refresh.tick() => self.refresh_search().await,
                _ = forget.tick() => self.clients.forget_idle(),
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
