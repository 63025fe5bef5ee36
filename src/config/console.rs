//! `[console]`: the web console, and who may use it.

use std::net::SocketAddr;

use anyhow::{Context as _, ensure};
use serde::Deserialize;

/// Settings of the web console.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsoleConfig {
    /// Where it listens.
    pub listen: String,
    /// The file of its read model; empty for one in memory.
    pub database: String,
    /// A file of hashed tokens; empty for none: then it listens on a loopback address alone.
    pub tokens: String,
    /// Its address as browsers see it, where a proxy stands before it.
    pub public_url: String,
    /// The name of the person who decides, where there are no tokens.
    pub local_name: String,
    /// How long a session lasts without a request, in minutes.
    pub session_minutes: u64,
    /// Log-in attempts of one client in a minute.
    pub login_per_minute: u32,
    /// Whether decisions are made by single keys.
    pub keys: bool,
}

impl ConsoleConfig {
    /// Where to listen.
    ///
    /// # Errors
    /// When `console.listen` is no address with a port, or is open to others though nobody would have to log in.
    pub fn address(&self) -> anyhow::Result<SocketAddr> {
        let address: SocketAddr = self.listen.parse().with_context(|| {
            format!(
                "console.listen = {:?} is not allowed; write address and port, such as 127.0.0.1:8790",
                self.listen
            )
        })?;
        ensure!(
            address.ip().is_loopback() || !self.tokens.is_empty(),
            "console.listen = {:?} is open to others, but nobody would have to log in; name a file of tokens in console.tokens \
             (`skuscribe console token` makes them), or listen on 127.0.0.1",
            self.listen
        );
        Ok(address)
    }

    pub(super) fn validate(&self) -> anyhow::Result<()> {
        for (key, value) in [
            ("session_minutes", self.session_minutes),
            ("login_per_minute", u64::from(self.login_per_minute)),
        ] {
            ensure!(value > 0, "console.{key} = 0 is not allowed; write at least 1");
        }
        let url = &self.public_url;
        ensure!(
            url.is_empty() || url.starts_with("https://") || url.starts_with("http://"),
            "console.public_url = {url:?} is not allowed; write an address such as https://skuscribe.shop.example"
        );
        ensure!(!self.local_name.trim().is_empty(), "console.local_name is empty; say who decides");
        self.address().map(|_| ())
    }
}
