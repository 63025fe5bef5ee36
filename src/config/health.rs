//! `[health]`: where a worker says whether it is ready, and when it gives up.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde::Deserialize;

/// Settings of the health endpoints.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HealthConfig {
    /// Address and port; empty for none.
    pub listen: String,
    /// Between two checks of store and model server, in milliseconds.
    pub check_ms: u64,
    /// Longest time without consumer, in milliseconds; 0 for any.
    pub exit_after_ms: u64,
    /// Longest time in which no delivery is settled while some are in progress, in milliseconds; 0 for any.
    pub progress_max_ms: u64,
}

impl HealthConfig {
    /// Where to listen, if anywhere.
    ///
    /// # Errors
    /// When `health.listen` is no address with a port.
    pub fn address(&self) -> anyhow::Result<Option<SocketAddr>> {
        if self.listen.is_empty() {
            return Ok(None);
        }
        let address = self.listen.parse().with_context(|| {
            format!(
                "health.listen = {:?} is not allowed; write address and port, such as 0.0.0.0:8080",
                self.listen
            )
        })?;
        Ok(Some(address))
    }

    /// Longest time without consumer.
    #[must_use]
    pub fn exit_after(&self) -> Duration {
        unless_zero(self.exit_after_ms)
    }

    /// Longest time without progress.
    #[must_use]
    pub fn progress_max(&self) -> Duration {
        unless_zero(self.progress_max_ms)
    }

    pub(super) fn validate(&self) -> anyhow::Result<()> {
        ensure!(
            self.check_ms >= 100,
            "health.check_ms = {} is not allowed; write at least 100",
            self.check_ms
        );
        self.address().map(|_| ())
    }
}

fn unless_zero(ms: u64) -> Duration {
    if ms == 0 { Duration::MAX } else { Duration::from_millis(ms) }
}
