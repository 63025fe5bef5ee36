//! HTTP/1.1 with deadlines and caps on connections: what the answers and the health endpoints are served over.
//!
//! `connection.rs` serves one connection and gives it up when it is overdue; `connections.rs` counts them, and makes room by
//! closing one that waits; `client.rs` says who is behind a connection or a request.

pub(crate) mod buckets;
pub mod client;
mod connection;
mod connections;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use client::ClientNetworks;
use connections::Connections;

/// How long accepting pauses where the system gives no connection: descriptors have run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The deadlines and caps of a server.
#[derive(Clone, Copy, Debug)]
pub struct HttpLimits {
    /// Longest time until a request's headers are there: from the connection on, or from their first byte on.
    pub header: Duration,
    /// Longest time without a request on a connection that had one.
    pub idle: Duration,
    /// Longest time from a request's headers to the end of its response.
    pub request: Duration,
    /// Most connections.
    pub connections_max: usize,
    /// Most connections of one client; those of proxies are not counted.
    pub client_connections_max: usize,
}

impl HttpLimits {
    /// The limits of endpoints that probes and scrapers ask, and nobody else.
    #[must_use]
    pub fn of_health() -> Self {
        Self {
            header: Duration::from_secs(5),
            idle: Duration::from_secs(75),
            request: Duration::from_secs(30),
            connections_max: 128,
            client_connections_max: 64,
        }
    }
}

/// Serves a router until `stop`; requests in flight are answered. Requests carry `ConnectInfo<SocketAddr>`.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: HttpLimits,
    networks: &ClientNetworks,
    stop: &CancellationToken,
) {
    let (connections, tracker) = (Arc::new(Connections::new(limits)), TaskTracker::new());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        let (stream, peer): (_, SocketAddr) = match accepted {
            Ok(accepted) => accepted,
            // The peer has gone already, or descriptors have run out.
            Err(error) => {
                tracing::debug!(error = %error, "a connection was not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Some(place) = connections.admit(networks.of_connection(peer.ip())) else {
            metrics::counter!("skuscribe_http_connections_closed_total", "reason" => "full").increment(1);
            continue;
        };
        tracker.spawn(connection::serve(stream, peer, router.clone(), limits, place, stop.clone()));
    }
    drop(listener);
    tracker.close();
    tracker.wait().await;
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "each test waits for what it spawns")]
mod tests;
