//! Claims on a (SKU, locale) that workers share through Redis, so that two of them do not pay for one text.
//!
//! A claim saves money, it does not keep order: what may be written is decided by the store's
//! compare-and-swap alone. So where no Redis is configured, or it does not answer, work goes on without. A
//! claim costs one round trip before a call that takes seconds; whoever finds one taken sends its message
//! away for a second, which burns no attempt.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use tokio::sync::Mutex;

use crate::config::redis::RedisConfig;
use crate::product::{Locale, Sku};

/// How long a claim outlives a worker that was killed.
const TTL: Duration = Duration::from_secs(15);
/// How long it is remembered that work on a (SKU, locale) ended: longer than from a load to a claim.
const REMEMBERED: Duration = Duration::from_secs(30);
/// Longest wait for Redis: it must not hold up what it is to make cheaper.
const PATIENCE: Duration = Duration::from_millis(500);

/// 0: taken. 1: ours. 2: ours, and somebody finished just before.
const CLAIM: &str = "
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= 'done' then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if holder then return 2 end
return 1";
const RENEW: &str = "
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0";
const RELEASE: &str = "
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('SET', KEYS[1], 'done', 'PX', ARGV[2]) end
return 0";

/// Where claims are made.
#[derive(Clone, Debug)]
pub struct Claims {
    shared: Option<Arc<Shared>>,
}

struct Shared {
    client: redis::Client,
    prefix: String,
    /// Tells this process from every other one.
    owner: String,
    connection: Mutex<Option<MultiplexedConnection>>,
    out_of_order: AtomicBool,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The client's own form holds the password.
        f.debug_struct("Shared").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

/// What became of a wish to claim.
#[derive(Debug)]
pub enum Claimed {
    /// Nobody else works on it.
    Ours(Claim),
    /// Nobody else works on it any more: what is stored may be newer than what was loaded.
    JustFinished(Claim),
    /// Another worker is at it.
    Taken,
}

/// A claim; it is renewed by [`Claim::hold`] and ends with [`Claim::release`] or by itself.
#[derive(Debug)]
pub struct Claim {
    /// The place where it is recorded; `None` where nothing is shared.
    record: Option<(Arc<Shared>, String)>,
}

impl Claims {
    /// Claims through the Redis of the settings, or none. Nothing is sent yet.
    ///
    /// # Errors
    /// When `redis.url` is no Redis address.
    pub fn from_config(config: &RedisConfig, prefix: &str) -> anyhow::Result<Self> {
        let Some(url) = config.url() else { return Ok(Self { shared: None }) };
        let client = redis::Client::open(url)
            .map_err(|_| anyhow::anyhow!("redis.url is no Redis address; write redis://host:6379"))?;
        let shared = Shared {
            client,
            prefix: prefix.to_owned(),
            // In containers every process has the same id.
            owner: format!("{}-{:016x}", std::process::id(), fastrand::u64(..)),
            connection: Mutex::new(None),
            out_of_order: AtomicBool::new(false),
        };
        Ok(Self { shared: Some(Arc::new(shared)) })
    }

    /// Claims a (SKU, locale).
    pub async fn claim(&self, sku: &Sku, locale: &Locale) -> Claimed {
        let Some(shared) = &self.shared else { return Claimed::Ours(Claim { record: None }) };
        let key = format!("{}:claim:{locale}:{sku}", shared.prefix);
        match shared.run(CLAIM, &key, TTL).await {
            Some(0) => Claimed::Taken,
            Some(2) => Claimed::JustFinished(Claim { record: Some((Arc::clone(shared), key)) }),
            Some(_) => Claimed::Ours(Claim { record: Some((Arc::clone(shared), key)) }),
            None => Claimed::Ours(Claim { record: None }),
        }
    }
}

impl Claim {
    /// Runs work under the claim, however long it takes.
    pub async fn hold<T>(&self, work: impl Future<Output = T>) -> T {
        let Some((shared, key)) = &self.record else { return work.await };
        let renewals = async {
            loop {
                tokio::time::sleep(TTL / 3).await;
                // A renewal that fails makes a second payment possible, nothing worse.
                shared.run(RENEW, key, TTL).await;
            }
        };
        tokio::select! {
            done = work => done,
            () = renewals => std::future::pending().await,
        }
    }

    /// Gives it back, once what was made is in the store.
    pub async fn release(self) {
        if let Some((shared, key)) = self.record {
            shared.run(RELEASE, &key, REMEMBERED).await;
        }
    }
}

impl Shared {
    /// Runs a script; `None` where Redis does not answer.
    async fn run(&self, script: &str, key: &str, time: Duration) -> Option<i64> {
        let time_ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let answered = tokio::time::timeout(PATIENCE, async {
            let mut connection = self.connect().await?;
            let mut call = redis::cmd("EVAL");
            call.arg(script).arg(1).arg(key).arg(&self.owner).arg(time_ms);
            call.query_async::<i64>(&mut connection).await
        })
        .await;
        let error = match answered {
            Ok(Ok(answer)) => {
                if self.out_of_order.swap(false, Ordering::Relaxed) {
                    tracing::info!("Redis answers again; workers share their claims");
                }
                return Some(answer);
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {} ms", PATIENCE.as_millis()),
        };
        *self.connection.lock().await = None;
        if !self.out_of_order.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                error,
                "Redis does not answer; two workers may pay for the same text now and then"
            );
        }
        None
    }

    async fn connect(&self) -> redis::RedisResult<MultiplexedConnection> {
        let mut connection = self.connection.lock().await;
        if let Some(connection) = &*connection {
            return Ok(connection.clone());
        }
        let fresh = self.client.get_multiplexed_async_connection().await?;
        *connection = Some(fresh.clone());
        Ok(fresh)
    }
}
