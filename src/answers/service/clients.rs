//! How often a client may ask.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::http::HeaderMap;

use crate::config::answers::AnswersConfig;
use crate::http::buckets::Buckets;
use crate::http::client::{Client, ClientNetworks};

/// The limits per client.
#[derive(Debug)]
pub(super) struct Clients {
    pub(super) networks: ClientNetworks,
    questions: Buckets,
}

impl Clients {
    pub(super) fn new(config: &AnswersConfig) -> anyhow::Result<Self> {
        let every = Duration::from_mins(1) / config.client_per_minute.max(1);
        Ok(Self { networks: config.networks()?, questions: Buckets::new(every, config.client_burst) })
    }

    /// The client of a request.
    pub(super) fn of(&self, headers: &HeaderMap, address: SocketAddr) -> Client {
        self.networks.of_request(headers, address.ip())
    }

    /// Lets a client ask, or says after how many seconds it may.
    pub(super) fn admit(&self, client: &Client) -> Result<(), u64> {
        self.questions.take(client, Instant::now()).map_err(|wait| wait.as_secs() + 1)
    }
}
