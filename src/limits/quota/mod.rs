//! Quota: who may call the model when, and what may be spent. In process, or shared by all workers through Redis.

mod aimd;
mod booking;
mod estimate;
mod headers;
mod in_flight;
mod pace;
mod rate_limits;
mod request;
mod reservation;
mod shared;
#[cfg(test)]
mod simulation;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

pub use aimd::Load;
pub use estimate::{Estimate, Estimator};
pub use headers::RateHeaders;
pub use in_flight::Attempt;
pub use pace::{Buckets, Pace, PaceDecision, PaceRequest};
pub use request::{QuotaRefusal, QuotaRequest};
pub use reservation::{AttemptResult, Reservation};

use crate::config::model::ModelConfig;
use crate::config::quota::QuotaConfig;
use crate::lane::Lane;
use crate::limits::slots::{LaneSlot, LaneSlots};
use crate::redis::Redis;
use in_flight::InFlightCalls;
use rate_limits::RateLimits;
use shared::{QuotaCorrection, SharedQuota};

use super::spend::{Spend, SpendRefusal};

/// Share of the limits that the lane interactive may take ahead of the queue: enough for people, who are few, and
/// too little for bulk work to miss.
const INTERACTIVE_RESERVE: f64 = 0.05;
/// Longest pause that a server is given, whatever it asks for.
const PAUSE_MAX: Duration = Duration::from_hours(1);
/// How long a message of a job waits that has reached its cap.
const JOB_SPENT: Duration = Duration::from_mins(2);

/// The quota of one model.
#[derive(Debug)]
pub struct Quota {
    model: Arc<str>,
    /// What the model is called in the ledger where its server does not say it.
    model_name: Arc<str>,
    limits: RateLimits,
    caps_count: bool,
    calls_max: usize,
    wait_max: Duration,
    epoch: Instant,
    buckets: Arc<Mutex<Buckets>>,
    shared: Option<SharedQuota>,
    /// How many workers share the quota, as far as it is known.
    workers: AtomicUsize,
    /// Whether Redis does not answer, so that this worker keeps to its share.
    alone: AtomicBool,
    /// Corrections of calls that were given up, to be sent with the next one.
    abandoned: Mutex<Vec<QuotaCorrection>>,
    /// Lets one call at a time ask for its booking, by the order of the lanes.
    queue: LaneSlots,
    in_flight: InFlightCalls,
    spend: Arc<Spend>,
}

impl Quota {
    /// The quota of a model by the settings; shared where there is a Redis.
    #[must_use]
    pub fn new(
        model: &ModelConfig,
        config: &QuotaConfig,
        lane_floors: &BTreeMap<Lane, f64>,
        redis: Option<Redis>,
        spend: Arc<Spend>,
    ) -> Self {
        let name = model.label();
        Self {
            limits: RateLimits::new(model),
            caps_count: model.tokens_counted == "cap",
            calls_max: model.calls_max,
            wait_max: config.wait_max(),
            epoch: Instant::now(),
            buckets: Arc::default(),
            shared: redis.map(|redis| SharedQuota::new(redis, &name)),
            model: name.into(),
            model_name: model.name.as_str().into(),
            workers: AtomicUsize::new(1),
            alone: AtomicBool::new(false),
            abandoned: Mutex::default(),
            queue: LaneSlots::new(1, lane_floors),
            in_flight: InFlightCalls::new(model, lane_floors),
            spend,
        }
    }

    /// The same quota as another worker in this process sees it, with its slots and its queue: for simulations
    /// of many workers.
    #[cfg(test)]
    fn another_worker(
        &self,
        model: &ModelConfig,
        config: &QuotaConfig,
        lane_floors: &BTreeMap<Lane, f64>,
    ) -> Self {
        let other = Self::new(model, config, lane_floors, None, Arc::clone(&self.spend));
        Self { buckets: Arc::clone(&self.buckets), epoch: self.epoch, ..other }
    }

    /// Changes how many calls may be in flight, and the floors of the lanes.
    pub fn resize(&self, model: &ModelConfig, lane_floors: &BTreeMap<Lane, f64>) {
        self.in_flight.resize(model, lane_floors);
        self.queue.resize(1, lane_floors);
    }

    /// Waits for one of the slots that calls are made in.
    pub async fn slot(&self, lane: Lane) -> LaneSlot {
        self.in_flight.slot(lane).await
    }

    /// Requests and tokens per minute in force; 0 for no limit.
    #[must_use]
    pub fn limits(&self) -> [u64; 2] {
        self.limits.in_force()
    }

    /// Calls that may be in flight now.
    #[must_use]
    pub fn in_flight_limit(&self) -> usize {
        self.in_flight.limit()
    }

    /// Whether tokens have to be counted before a call.
    #[must_use]
    pub fn counts_tokens(&self) -> bool {
        let [_, tokens] = self.limits();
        tokens > 0
    }

    /// Whether a call reserves the cap on its answer, because the server counts it so.
    #[must_use]
    pub fn counts_caps(&self) -> bool {
        self.caps_count
    }

    /// Lets no call go for a while: the server asked for it.
    pub async fn pause(&self, pause: Duration) {
        let pause = pause.min(PAUSE_MAX);
        let until = self.now_us() + pause.as_secs_f64() * 1e6;
        self.buckets().pause(until);
        if let Some(shared) = &self.shared {
            shared.settle(&self.paces(1), &QuotaCorrection { pause, ..QuotaCorrection::default() }).await;
        }
    }

    /// Takes note of what the server says about its limits. `tokens` is what a call like the last one takes.
    pub async fn observe(&self, said: &RateHeaders, tokens: u64) {
        let need = [1, if self.caps_count { 1 } else { tokens.max(1) }];
        if let Some(pause) = self.limits.learn(&self.model, said, need) {
            self.pause(pause).await;
        }
    }

    /// An attempt begins.
    #[must_use]
    pub fn begin(&self) -> Attempt<'_> {
        self.in_flight.begin()
    }

    fn is_limited(&self) -> bool {
        self.limits().iter().any(|limit| *limit > 0) || self.buckets().pause_until > self.now_us()
    }

    fn refused(&self, refusal: SpendRefusal) -> QuotaRefusal {
        let rest = self.spend.until_tomorrow();
        match refusal {
            SpendRefusal::Day { lane } => QuotaRefusal::DayCap { lane, after: rest },
            SpendRefusal::Job { job } => QuotaRefusal::JobCap { job, after: rest.min(JOB_SPENT) },
            SpendRefusal::NotBooked { reason } => QuotaRefusal::NotBooked { reason },
        }
    }

    /// By how many this worker divides the limits: 1, or where Redis does not answer the last known number of workers.
    #[must_use]
    pub fn share(&self) -> usize {
        if self.alone.load(Ordering::Relaxed) { self.workers.load(Ordering::Relaxed).max(1) } else { 1 }
    }

    fn paces(&self, share: usize) -> [Pace; 2] {
        let [requests, tokens] = self.limits().map(|limit| limit as f64 / share as f64);
        Pace::per_minute(requests, tokens, INTERACTIVE_RESERVE)
    }

    fn now_us(&self) -> f64 {
        // Far from zero, so that a fresh bucket's TAT of 0 lies in the past.
        (self.epoch.elapsed() + Duration::from_hours(1)).as_secs_f64() * 1e6
    }

    fn buckets(&self) -> MutexGuard<'_, Buckets> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
