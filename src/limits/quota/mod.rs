//! Quota: who may call the model when, and what may be spent. In process, or shared by all workers through Redis.

mod aimd;
mod estimate;
mod headers;
mod in_flight;
mod pace;
mod request;
mod reservation;
mod shared;
#[cfg(test)]
mod simulation;
mod stated;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

pub use aimd::Load;
pub use estimate::{Estimate, Estimator};
pub use headers::RateHeaders;
pub use in_flight::Attempt;
pub use pace::{Buckets, Pace, Take, Turn};
pub use request::{Ask, Refusal};
pub use reservation::{Reservation, Spent};

use crate::config::model::ModelConfig;
use crate::config::quota::QuotaConfig;
use crate::lane::Lane;
use crate::limits::slots::{LaneSlots, Slot};
use crate::redis::Redis;
use in_flight::InFlight;
use shared::{Booked, Booking, Correction, Shared};
use stated::Limits;

use super::spend::{Cap, Spend};

/// How far ahead a call is booked: it saves asking again, and is what an interactive call may wait for at most.
const HORIZON: Duration = Duration::from_millis(200);
/// Longest sleep before asking again: limits may change meanwhile.
const NAP_MAX: Duration = Duration::from_secs(1);
/// Sleep before asking again where too many calls are in flight.
const NAP_FULL: Duration = Duration::from_millis(25);
/// Share of the limits that the lane interactive may take ahead of whoever waits: enough for people, who are few, and
/// too little for bulk work to miss.
const INTERACTIVE_RESERVE: f64 = 0.05;
/// After Redis is lost the reserve is empty for so long: what the others took of it is not known.
const RESERVE_LOST_US: f64 = 60e6;
/// How long a message stays away from a job that spent all it may.
const JOB_SPENT: Duration = Duration::from_hours(1);

/// The quota of one model.
#[derive(Debug)]
pub struct Quota {
    model: Arc<str>,
    limits: Limits,
    caps_count: bool,
    calls_max: usize,
    wait_max: Duration,
    epoch: Instant,
    buckets: Arc<Mutex<Buckets>>,
    shared: Option<Shared>,
    /// How many workers share the quota, as far as it is known.
    workers: AtomicUsize,
    /// Whether Redis does not answer, so that this worker keeps to its share.
    alone: AtomicBool,
    /// Corrections of calls that were given up, to be sent with the next one.
    abandoned: Mutex<Vec<Correction>>,
    door: LaneSlots,
    in_flight: InFlight,
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
            limits: Limits::new(model),
            caps_count: model.tokens_counted == "cap",
            calls_max: model.calls_max,
            wait_max: config.wait_max(),
            epoch: Instant::now(),
            buckets: Arc::default(),
            shared: redis.map(|redis| Shared::new(redis, &name)),
            model: name.into(),
            workers: AtomicUsize::new(1),
            alone: AtomicBool::new(false),
            abandoned: Mutex::default(),
            door: LaneSlots::new(1, lane_floors),
            in_flight: InFlight::new(model, lane_floors),
            spend,
        }
    }

    /// The same quota as another worker in this process sees it, with slots and a line of its own: for simulations
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
        self.door.resize(1, lane_floors);
    }

    /// Waits for one of the slots that calls are made in.
    pub async fn slot(&self, lane: Lane) -> Slot {
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

    /// Waits for a call's turn and reserves what it is going to take.
    ///
    /// # Errors
    /// When it would have to wait for longer than a delivery is held, or a cap is reached. Nothing is reserved
    /// then.
    pub async fn reserve(self: &Arc<Self>, ask: &Ask) -> Result<Reservation, Refusal> {
        let lane = ask.purse.lane;
        self.spend.expect(&ask.purse, ask.cost).map_err(|cap| self.capped(cap))?;
        // From here on whoever gives up gives back.
        let mut reservation = Reservation::expected(Arc::clone(self), ask.clone());
        let started = Instant::now();
        let after = self.book(ask, &mut reservation, started).await?;
        if !after.is_zero() {
            tokio::time::sleep(after).await;
        }
        let waited = started.elapsed().as_secs_f64();
        metrics::histogram!("skuscribe_quota_wait_seconds", "lane" => lane.as_str()).record(waited);
        Ok(reservation)
    }

    async fn book(
        self: &Arc<Self>,
        ask: &Ask,
        reservation: &mut Reservation,
        started: Instant,
    ) -> Result<Duration, Refusal> {
        let lane = ask.purse.lane;
        if self.shared.is_none() && !self.is_limited() {
            return Ok(Duration::ZERO);
        }
        if lane == Lane::Interactive
            && let Booked::Go { after_us, call } = self.ask_once(ask, Duration::ZERO).await
        {
            reservation.booked(call);
            return Ok(micros(after_us));
        }
        let later = |after| Refusal::Later { model: Arc::clone(&self.model), after };
        let Ok(turn) = tokio::time::timeout(self.wait_max, self.door.acquire(lane)).await else {
            return Err(later(self.wait_max));
        };
        loop {
            let nap = match self.ask_once(ask, HORIZON).await {
                Booked::Go { after_us, call } => {
                    // The next may ask while this one waits for the time that it is booked for.
                    drop(turn);
                    reservation.booked(call);
                    return Ok(micros(after_us));
                }
                Booked::Wait(for_us) => {
                    let wait = micros(for_us);
                    if started.elapsed() + wait > self.wait_max {
                        return Err(later(wait));
                    }
                    wait.saturating_sub(HORIZON / 2).clamp(Duration::from_millis(2), NAP_MAX)
                }
                Booked::Full if started.elapsed() > self.wait_max => return Err(later(self.wait_max)),
                Booked::Full => NAP_FULL,
                Booked::Day => {
                    self.spend.stop(lane);
                    return Err(self.capped(Cap::Day { lane }));
                }
                Booked::Job => {
                    let job = ask.purse.job.clone().unwrap_or_default();
                    return Err(self.capped(Cap::Job { job }));
                }
            };
            tokio::time::sleep(nap).await;
        }
    }

    /// Asks once, Redis or, where there is none or it does not answer, this process's own buckets.
    async fn ask_once(&self, ask: &Ask, horizon: Duration) -> Booked {
        let lane = ask.purse.lane;
        let take = Take {
            units: [1.0, ask.tokens as f64],
            urgent: lane == Lane::Interactive,
            horizon_us: horizon.as_secs_f64() * 1e6,
        };
        if let Some(shared) = &self.shared {
            self.send_abandoned(shared).await;
            let (day, job) = (self.spend.day().to_string(), ask.purse.job.as_deref().unwrap_or_default());
            let booking = Booking {
                paces: &self.paces(1),
                take: &take,
                calls_max: self.calls_max,
                estimate: ask.cost,
                day: &day,
                day_cap: self.spend.day_cap(lane),
                job,
                job_cap: if job.is_empty() { 0 } else { self.spend.job_cap() },
            };
            if let Some((booked, workers)) = shared.book(booking).await {
                self.workers.store(workers.max(1), Ordering::Relaxed);
                if self.alone.swap(false, Ordering::Relaxed) {
                    tracing::info!(model.name = %self.model, workers, "the quota is shared again");
                }
                return booked;
            }
            if !self.alone.swap(true, Ordering::Relaxed) {
                let workers = self.workers.load(Ordering::Relaxed);
                tracing::warn!(model.name = %self.model, workers, "Redis does not answer: this worker keeps to its share of the quota, the limit divided by the last known number of workers");
                // What the others used just now is not known: nothing goes in a burst.
                let full = self.now_us() + Pace::TOLERANCE_US;
                let mut buckets = self.buckets();
                buckets.tat = [full, full];
                buckets.reserve_tat = [full + RESERVE_LOST_US, full + RESERVE_LOST_US];
            }
        }
        let share = self.share();
        if self.calls_max > 0 && self.in_flight.attempts() >= (self.calls_max / share).max(1) {
            return Booked::Full;
        }
        let now = self.now_us();
        match self.buckets().take(&self.paces(share), &take, now) {
            Turn::Go(after_us) => Booked::Go { after_us, call: None },
            Turn::Wait(for_us) => Booked::Wait(for_us),
        }
    }

    /// Nobody goes for so long: the server asked for it.
    pub async fn pause(&self, pause: Duration) {
        let until = self.now_us() + pause.as_secs_f64() * 1e6;
        self.buckets().pause(until);
        if let Some(shared) = &self.shared {
            shared.settle(&self.paces(1), &Correction { pause, ..Correction::default() }).await;
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

    fn capped(&self, cap: Cap) -> Refusal {
        let rest = self.spend.until_tomorrow();
        match cap {
            Cap::Day { lane } => Refusal::DayCap { lane, after: rest },
            Cap::Job { job } => Refusal::JobCap { job, after: rest.min(JOB_SPENT) },
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

    async fn send_abandoned(&self, shared: &Shared) {
        let abandoned = std::mem::take(&mut *self.abandoned.lock().unwrap_or_else(PoisonError::into_inner));
        for correction in abandoned {
            shared.settle(&self.paces(1), &correction).await;
        }
    }

    fn buckets(&self) -> MutexGuard<'_, Buckets> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn micros(us: f64) -> Duration {
    Duration::try_from_secs_f64(us.max(0.0) / 1e6).unwrap_or(Duration::ZERO)
}
