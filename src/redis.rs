//! The Redis (or Valkey) that workers share: one connection, a short time-out, and work without it where it fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ::redis::aio::MultiplexedConnection;
use ::redis::{Cmd, FromRedisValue};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::config::redis::RedisConfig;

/// Longest wait for an answer: Redis must not hold up the work that it makes cheaper.
const WAIT_MAX: Duration = Duration::from_millis(500);
/// After a failure no call is sent for this time, or each would run into the time-out.
const RETRY: Duration = Duration::from_secs(1);

/// A Redis whose failures stop no work. Clones share the connection.
#[derive(Clone)]
pub struct Redis {
    shared: Arc<RedisShared>,
}

struct RedisShared {
    client: ::redis::Client,
    prefix: String,
    /// A name that no other process has.
    owner: String,
    connection: Mutex<Option<MultiplexedConnection>>,
    /// Until when no call is sent, after one failed.
    retry_at: std::sync::Mutex<Option<Instant>>,
    failing: AtomicBool,
}

impl std::fmt::Debug for Redis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The client's own form holds the password.
        f.debug_struct("Redis").field("prefix", &self.shared.prefix).finish_non_exhaustive()
    }
}

impl Redis {
    /// The Redis of the settings, or none. Nothing is sent yet. Keys begin with `prefix`.
    ///
    /// # Errors
    /// When `redis.url` is no Redis address.
    pub fn from_config(config: &RedisConfig, prefix: &str) -> anyhow::Result<Option<Self>> {
        let Some(url) = config.url() else { return Ok(None) };
        let client = ::redis::Client::open(url)
            .map_err(|_| anyhow::anyhow!("redis.url is no Redis address; write redis://host:6379"))?;
        let shared = RedisShared {
            client,
            prefix: prefix.to_owned(),
            // In containers every process has the same id.
            owner: format!("{}-{:016x}", std::process::id(), fastrand::u64(..)),
            connection: Mutex::new(None),
            retry_at: std::sync::Mutex::new(None),
            failing: AtomicBool::new(false),
        };
        Ok(Some(Self { shared: Arc::new(shared) }))
    }

    /// First part of every key.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.shared.prefix
    }

    /// A name that no other process has.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.shared.owner
    }

    /// Sends a command; `None` where Redis does not answer, which is logged once, and for a second after that.
    pub async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Option<T> {
        let shared = &*self.shared;
        if shared.is_backing_off() {
            return None;
        }
        let answered = tokio::time::timeout(WAIT_MAX, async {
            let mut connection = shared.connect().await?;
            command.query_async::<T>(&mut connection).await
        })
        .await;
        let error = match answered {
            Ok(Ok(answer)) => {
                if shared.failing.swap(false, Ordering::Relaxed) {
                    tracing::info!("Redis answers again; workers share quota and leases");
                }
                return Some(answer);
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {} ms", WAIT_MAX.as_millis()),
        };
        *shared.connection.lock().await = None;
        shared.back_off();
        if !shared.failing.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                error,
                "Redis does not answer; each worker keeps to its share of the quota, and two may pay for one text now and then"
            );
        }
        None
    }
}

impl RedisShared {
    fn is_backing_off(&self) -> bool {
        let retry_at = self.retry_at.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        retry_at.is_some_and(|until| Instant::now() < until)
    }

    fn back_off(&self) {
        let mut retry_at = self.retry_at.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *retry_at = Some(Instant::now() + RETRY);
    }

    async fn connect(&self) -> ::redis::RedisResult<MultiplexedConnection> {
        let mut connection = self.connection.lock().await;
        if let Some(connection) = &*connection {
            return Ok(connection.clone());
        }
        let fresh = self.client.get_multiplexed_async_connection().await?;
        *connection = Some(fresh.clone());
        Ok(fresh)
    }
}
