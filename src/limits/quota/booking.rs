//! Reserving a call: it waits for its turn in its lane, then is booked in Redis or, where that does not answer, in process.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::Quota;
use super::pace::{Pace, PaceDecision, PaceRequest};
use super::request::{QuotaRefusal, QuotaRequest};
use super::reservation::Reservation;
use super::shared::{Booked, Booking, SharedQuota};
use crate::lane::Lane;
use crate::limits::spend::CallCost;

/// How far ahead a call is booked: it saves asking again, and is what an interactive call may wait for at most.
const HORIZON: Duration = Duration::from_millis(200);
/// Longest sleep before asking again: limits may change meanwhile.
const NAP_MAX: Duration = Duration::from_secs(1);
/// Sleep before asking again where too many calls are in flight.
const NAP_FULL: Duration = Duration::from_millis(25);
/// After Redis is lost the reserve is empty for this time: what the others took of it is not known.
const RESERVE_LOST_US: f64 = 60e6;

impl Quota {
    /// Waits for a call's turn and reserves what it is going to take.
    ///
    /// # Errors
    /// When it would have to wait for longer than a delivery is held, or a cap is reached. Nothing is reserved
    /// then.
    pub async fn reserve(self: &Arc<Self>, request: &QuotaRequest) -> Result<Reservation, QuotaRefusal> {
        let lane = request.billing.lane;
        let started = Instant::now();
        let cost = CallCost {
            billing: request.billing.clone(),
            model: Arc::clone(&self.model_name),
            usage: request.usage,
            cost: request.cost,
            most: request.most,
        };
        let charge = self.spend.book(&cost, self.wait_max).await.map_err(|refusal| self.refused(refusal))?;
        // From here on a caller that gives up gives back: the reservation does when it is dropped.
        let mut reservation = Reservation::charged(Arc::clone(self), request.clone(), charge);
        let after = self.book(request, &mut reservation, started).await?;
        if !after.is_zero() {
            tokio::time::sleep(after).await;
        }
        let waited = started.elapsed().as_secs_f64();
        metrics::histogram!("skuscribe_quota_wait_seconds", "lane" => lane.as_str()).record(waited);
        Ok(reservation)
    }

    async fn book(
        self: &Arc<Self>,
        request: &QuotaRequest,
        reservation: &mut Reservation,
        started: Instant,
    ) -> Result<Duration, QuotaRefusal> {
        let lane = request.billing.lane;
        if self.shared.is_none() && !self.is_limited() {
            return Ok(Duration::ZERO);
        }
        if lane == Lane::Interactive
            && let Booked::Go { after_us, call } = self.try_book(request, Duration::ZERO).await
        {
            reservation.booked(call);
            return Ok(micros(after_us));
        }
        let later = |after| QuotaRefusal::Later { model: Arc::clone(&self.model), after };
        let Ok(turn) = tokio::time::timeout(self.wait_max, self.queue.acquire(lane)).await else {
            return Err(later(self.wait_max));
        };
        loop {
            let nap = match self.try_book(request, HORIZON).await {
                Booked::Go { after_us, call } => {
                    // The next may ask while this one waits for the time that it is booked for.
                    drop(turn);
                    reservation.booked(call);
                    return Ok(micros(after_us));
                }
                Booked::Wait(for_us) => {
                    let wait = micros(for_us);
                    if started.elapsed().saturating_add(wait) > self.wait_max {
                        return Err(later(wait));
                    }
                    wait.saturating_sub(HORIZON / 2).clamp(Duration::from_millis(2), NAP_MAX)
                }
                Booked::Full if started.elapsed() > self.wait_max => return Err(later(self.wait_max)),
                Booked::Full => NAP_FULL,
            };
            tokio::time::sleep(nap).await;
        }
    }

    /// Asks once: Redis or, where there is none or it does not answer, this process's buckets.
    async fn try_book(&self, request: &QuotaRequest, horizon: Duration) -> Booked {
        let pace_request = PaceRequest {
            units: [1.0, request.tokens as f64],
            urgent: request.billing.lane == Lane::Interactive,
            horizon_us: horizon.as_secs_f64() * 1e6,
        };
        if let Some(shared) = &self.shared
            && let Some(booked) = self.book_shared(shared, &pace_request).await
        {
            return booked;
        }
        let share = self.share();
        if self.calls_max > 0 && self.in_flight.attempts() >= (self.calls_max / share).max(1) {
            return Booked::Full;
        }
        let now = self.now_us();
        match self.buckets().take(&self.paces(share), &pace_request, now) {
            PaceDecision::Go(after_us) => Booked::Go { after_us, call: None },
            PaceDecision::Wait(for_us) => Booked::Wait(for_us),
        }
    }

    /// Asks Redis; `None` where it does not answer.
    async fn book_shared(&self, shared: &SharedQuota, pace_request: &PaceRequest) -> Option<Booked> {
        self.send_abandoned(shared).await;
        let booking = Booking { paces: &self.paces(1), take: pace_request, calls_max: self.calls_max };
        if let Some((booked, workers)) = shared.book(booking).await {
            self.workers.store(workers.max(1), Ordering::Relaxed);
            if self.alone.swap(false, Ordering::Relaxed) {
                tracing::info!(model.name = %self.model, workers, "the quota is shared again");
            }
            return Some(booked);
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
        None
    }

    async fn send_abandoned(&self, shared: &SharedQuota) {
        let abandoned = std::mem::take(&mut *self.abandoned.lock().unwrap_or_else(PoisonError::into_inner));
        for correction in abandoned {
            shared.settle(&self.paces(1), &correction).await;
        }
    }
}

fn micros(us: f64) -> Duration {
    Duration::try_from_secs_f64(us.max(0.0) / 1e6).unwrap_or(Duration::MAX)
}
