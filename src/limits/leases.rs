//! Leases on a (SKU, locale) that workers share through Redis, so that two of them do not pay for one text.
//!
//! A lease saves money, it does not keep order: what may be written is decided by the store's
//! compare-and-swap alone. So where no Redis is configured, or it does not answer, there are no leases. A
//! lease costs one round trip before a call that takes seconds; a worker that finds one taken delays its message
//! by a second, which uses up no attempt.

use std::time::Duration;

use crate::redis::Redis;
use skuscribe_check::product::{Locale, Sku};

/// How long a lease outlives a worker that was killed.
const TTL: Duration = Duration::from_secs(15);
/// How long it is remembered that work on a (SKU, locale) ended: longer than from a load to a lease.
const REMEMBERED: Duration = Duration::from_secs(30);

/// 0: taken. 1: ours. 2: ours, and another worker finished just before.
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

/// Where leases are made.
#[derive(Clone, Debug)]
pub struct Leases {
    redis: Option<Redis>,
}

/// The result of asking for a lease.
#[derive(Debug)]
pub enum LeaseAttempt {
    /// No other worker has it.
    Ours(Lease),
    /// Another worker had it until just now: what is stored may be newer than what was loaded.
    JustFinished(Lease),
    /// Another worker has it.
    Taken,
}

/// A lease; it is renewed by [`Lease::hold`] and ends with [`Lease::release`] or by itself.
#[derive(Debug)]
pub struct Lease {
    /// The place where it is recorded; `None` where nothing is shared.
    record: Option<(Redis, String)>,
}

impl Leases {
    /// Leases through a Redis, or none.
    #[must_use]
    pub fn new(redis: Option<Redis>) -> Self {
        Self { redis }
    }

    /// Leases a (SKU, locale).
    pub async fn take(&self, sku: &Sku, locale: &Locale) -> LeaseAttempt {
        let Some(redis) = &self.redis else { return LeaseAttempt::Ours(Lease { record: None }) };
        let key = format!("{}:claim:{locale}:{sku}", redis.prefix());
        match run(redis, CLAIM, &key, TTL).await {
            Some(0) => LeaseAttempt::Taken,
            Some(2) => LeaseAttempt::JustFinished(Lease { record: Some((redis.clone(), key)) }),
            Some(_) => LeaseAttempt::Ours(Lease { record: Some((redis.clone(), key)) }),
            None => LeaseAttempt::Ours(Lease { record: None }),
        }
    }
}

impl Lease {
    /// Runs work under the lease, however long it takes.
    pub async fn hold<T>(&self, work: impl Future<Output = T>) -> T {
        let Some((redis, key)) = &self.record else { return work.await };
        let renewals = async {
            loop {
                tokio::time::sleep(TTL / 3).await;
                // A renewal that fails makes a second payment possible, nothing worse.
                run(redis, RENEW, key, TTL).await;
            }
        };
        tokio::select! {
            done = work => done,
            () = renewals => std::future::pending().await,
        }
    }

    /// Gives it back, once what was made is in the store.
    pub async fn release(self) {
        if let Some((redis, key)) = self.record {
            run(&redis, RELEASE, &key, REMEMBERED).await;
        }
    }
}

/// Runs a script; `None` where Redis does not answer.
async fn run(redis: &Redis, script: &str, key: &str, time: Duration) -> Option<i64> {
    let time_ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let mut call = ::redis::cmd("EVAL");
    call.arg(script).arg(1).arg(key).arg(redis.owner()).arg(time_ms);
    redis.ask(&call).await
}
