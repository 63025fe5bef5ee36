//! The quota that workers share: one atomic script on Redis's clock, for Redis 7 and Valkey.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::pace::{Pace, PaceRequest};
use crate::redis::Redis;

/// Books one call.
const BOOK: &str = include_str!("shared.lua");
/// Corrects a booking.
const SETTLE: &str = include_str!("settle.lua");
/// Says that a call is still in flight.
const RENEW: &str = "
local time = redis.call('TIME')
redis.call('ZADD', KEYS[1], string.format('%.0f', tonumber(time[1]) * 1000000 + tonumber(time[2])), ARGV[1])
redis.call('PEXPIRE', KEYS[1], 3600000)
return 0";
/// The time that has the scripts read Redis's own clock.
const REDIS_CLOCK: u64 = 0;
/// A call in flight is renewed this often, however long it takes.
const RENEW_CALL: Duration = Duration::from_secs(10);
/// One that is not renewed for this time is forgotten: its worker was killed.
const FORGET_CALL: Duration = Duration::from_secs(30);
/// A worker that booked nothing for this time does not count.
const FORGET_WORKER: Duration = Duration::from_secs(30);

/// The shared quota of one model.
#[derive(Clone, Debug)]
pub(super) struct SharedQuota {
    redis: Redis,
    /// What the model is called in keys.
    model: Arc<str>,
    next: Arc<AtomicU64>,
}

/// A call to be booked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Booking<'a> {
    pub(super) paces: &'a [Pace; 2],
    pub(super) take: &'a PaceRequest,
    pub(super) calls_max: usize,
}

/// What a booking gives.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Booked {
    /// It may go after this many microseconds, booked in Redis under this name, or in this process.
    Go { after_us: f64, call: Option<String> },
    /// Ask again after this many microseconds.
    Wait(f64),
    /// Too many are in flight.
    Full,
}

/// The correction of a booking.
#[derive(Clone, Debug, Default)]
pub(super) struct QuotaCorrection {
    /// Units to give back.
    pub(super) units: [f64; 2],
    /// The call's name; empty for none.
    pub(super) call: String,
    /// No call goes for this time.
    pub(super) pause: Duration,
}

impl QuotaCorrection {
    /// Whether there is nothing to correct.
    pub(super) fn is_empty(&self) -> bool {
        self.units.iter().all(|units| *units == 0.0) && self.call.is_empty() && self.pause.is_zero()
    }
}

impl SharedQuota {
    pub(super) fn new(redis: Redis, model: &str) -> Self {
        Self { redis, model: model.into(), next: Arc::new(AtomicU64::new(0)) }
    }

    /// The keys, all in one slot of a cluster: arrival times, calls in flight, workers.
    fn keys(&self) -> [String; 3] {
        let (prefix, model) = (self.redis.prefix(), &self.model);
        ["", ":calls", ":workers"].map(|of| format!("{{{prefix}:quota}}:{model}{of}"))
    }

    /// Books a call; also how many workers share the quota. `None` where Redis does not answer.
    pub(super) async fn book(&self, booking: Booking<'_>) -> Option<(Booked, usize)> {
        self.book_at(REDIS_CLOCK, booking).await
    }

    async fn book_at(&self, now_us: u64, booking: Booking<'_>) -> Option<(Booked, usize)> {
        let Booking { paces: [requests, tokens], take, .. } = booking;
        let call = if booking.calls_max > 0 {
            format!("{}-{}", self.redis.owner(), self.next.fetch_add(1, Ordering::Relaxed))
        } else {
            String::new()
        };
        let [request_units, token_units] = take.units;
        let mut command = ::redis::cmd("EVAL");
        command.arg(BOOK).arg(3).arg(&self.keys()[..]);
        command.arg(now_us).arg(take.horizon_us).arg(Pace::TOLERANCE_US);
        command.arg(u8::from(take.urgent));
        for (pace, units) in [(requests, request_units), (tokens, token_units)] {
            command
                .arg(pace.unit_us * units)
                .arg(pace.reserve_unit_us * units)
                .arg(pace.reserve_tolerance_us());
        }
        command.arg(booking.calls_max).arg(&call).arg(micros(FORGET_CALL));
        command.arg(self.redis.owner()).arg(micros(FORGET_WORKER));
        let (what, wait_us, workers): (u8, f64, usize) = self.redis.ask(&command).await?;
        let booked = match what {
            0 => Booked::Go { after_us: wait_us, call: Some(call) },
            1 => Booked::Wait(wait_us),
            _ => Booked::Full,
        };
        Some((booked, workers))
    }

    /// Renews a call in flight until it is dropped. Its place comes free soon where nobody does.
    pub(super) async fn renew(&self, call: &str) -> std::convert::Infallible {
        let [_, calls, _] = self.keys();
        loop {
            tokio::time::sleep(RENEW_CALL).await;
            let mut command = ::redis::cmd("EVAL");
            command.arg(RENEW).arg(1).arg(&calls).arg(call);
            let _answer: Option<i64> = self.redis.ask(&command).await;
        }
    }

    /// Corrects a booking. Where Redis does not answer the correction is lost, on the careful side for rates; a call's
    /// place comes free by itself.
    pub(super) async fn settle(&self, paces: &[Pace; 2], correction: &QuotaCorrection) {
        self.settle_at(REDIS_CLOCK, paces, correction).await;
    }

    async fn settle_at(&self, now_us: u64, paces: &[Pace; 2], correction: &QuotaCorrection) {
        let mut command = ::redis::cmd("EVAL");
        command.arg(SETTLE).arg(3).arg(&self.keys()[..]);
        for (pace, units) in paces.iter().zip(correction.units) {
            command.arg(pace.unit_us * units);
        }
        command.arg(&correction.call).arg(micros(correction.pause)).arg(now_us);
        let _answer: Option<i64> = self.redis.ask(&command).await;
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests may name another Redis")]
mod tests {
    use super::super::pace::{Buckets, PaceDecision};
    use super::*;
    use crate::config::Config;

    /// Both ways of keeping one quota are given the same calls at the same times.
    #[tokio::test]
    async fn the_script_decides_as_the_arithmetic_in_process_does() {
        let mut config = Config::defaults().unwrap().redis;
        let url = std::env::var("SKUSCRIBE_TEST_REDIS_URL");
        config.url = url.unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned()).into();
        let prefix = format!("skuscribe-test-{}-{:x}", std::process::id(), fastrand::u32(..));
        let redis = Redis::from_config(&config, &prefix).unwrap().unwrap();
        // Whole microseconds, for the script stores no others.
        let paces = [
            Pace { unit_us: 20_000.0, reserve_unit_us: 400_000.0 },
            Pace { unit_us: 20.0, reserve_unit_us: 400.0 },
        ];
        for seed in 0..6 {
            let shared = SharedQuota::new(redis.clone(), &format!("model-{seed}"));
            let (mut buckets, mut random) = (Buckets::default(), fastrand::Rng::with_seed(seed));
            let (mut now, mut gone, mut waits) = (1_700_000_000_000_000_u64, 0, 0);
            for step in 0..400 {
                now += random.u64(0..30_000);
                let units = [1.0, f64::from(random.u32(0..9_000))];
                if random.u8(0..10) == 0 {
                    let pause = Duration::from_micros(random.u64(0..50_000));
                    let back = [0.0, f64::from(random.u32(0..2_000)) - 1_000.0];
                    let correction = QuotaCorrection { units: back, pause, ..QuotaCorrection::default() };
                    shared.settle_at(now, &paces, &correction).await;
                    if step > 0 {
                        buckets.give_back(&paces, back);
                    }
                    if !pause.is_zero() {
                        buckets.pause((now + micros(pause)) as f64);
                    }
                }
                let take = PaceRequest {
                    units,
                    urgent: random.bool(),
                    horizon_us: if random.bool() { 100_000.0 } else { 0.0 },
                };
                let booking = Booking { paces: &paces, take: &take, calls_max: 0 };
                let (booked, workers) = shared.book_at(now, booking).await.unwrap();
                let expected = match buckets.take(&paces, &take, now as f64) {
                    PaceDecision::Go(after_us) => Booked::Go { after_us, call: Some(String::new()) },
                    PaceDecision::Wait(for_us) => Booked::Wait(for_us),
                };
                assert_eq!((booked, workers), (expected.clone(), 1), "seed {seed}, step {step}");
                match expected {
                    Booked::Wait(_) => waits += 1,
                    _ => gone += 1,
                }
            }
            assert!(gone > 20 && waits > 20, "both are met: {gone} {waits}");
        }
        let _removed: Option<i64> = redis
            .ask(::redis::cmd("EVAL").arg("for _, key in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('DEL', key) end return 0").arg(0).arg(format!("{{{prefix}*")))
            .await;
    }
}
