//! `[redis]`: leases and quota that workers share.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

/// Settings of Redis.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedisConfig {
    /// Address; secret because it may hold a password. Empty for none.
    pub url: SecretString,
}

impl RedisConfig {
    /// The address, if one is set.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        Some(self.url.expose_secret()).filter(|url| !url.is_empty())
    }
}
