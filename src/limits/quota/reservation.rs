//! A reservation: what a call took of the quota, to be corrected once it is known what it really took.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use jiff::civil::Date;

use super::Quota;
use super::request::QuotaRequest;
use super::shared::QuotaCorrection;
use skuscribe_check::content::Usage;
use skuscribe_check::content::money::Nanos;

/// The result of an attempt, as far as the quota is concerned.
#[derive(Clone, Debug, PartialEq)]
pub enum AttemptResult {
    /// It was answered.
    Answered {
        /// Its tokens.
        usage: Usage,
        /// What it cost, in billionths.
        cost: Nanos,
        /// The model that answered.
        model: String,
    },
    /// It was refused with 429.
    Refused,
    /// It failed, and the server may have worked on it.
    Failed,
    /// It never got to the server.
    Unreached,
}

/// What a call took of the quota. Dropped unsettled, it gives back everything: the call was never made.
#[derive(Debug)]
pub struct Reservation {
    quota: Arc<Quota>,
    request: QuotaRequest,
    /// Where it is booked; `None` while it is only expected.
    booked: Option<BookedIn>,
    settled: bool,
}

/// Where a reservation is booked: what is corrected must be what was booked, also where Redis came or went meanwhile,
/// or a day ended.
#[derive(Debug)]
enum BookedIn {
    /// In this process, at the pace of one of this many workers.
    Local { share: usize },
    /// In Redis, under this name and on this day's bill.
    Shared { call: String, day: Date },
}

impl Reservation {
    /// One whose cost counts towards the caps, and that is not booked yet.
    pub(super) fn expected(quota: Arc<Quota>, request: QuotaRequest) -> Self {
        Self { quota, request, booked: None, settled: false }
    }

    /// Notes that it is booked: in Redis under a name, or in this process.
    pub(super) fn booked(&mut self, call: Option<String>) {
        self.booked = Some(match call {
            Some(call) => BookedIn::Shared { call, day: self.quota.spend.day() },
            None => BookedIn::Local { share: self.quota.share() },
        });
    }

    /// What was reserved.
    #[must_use]
    pub fn request(&self) -> &QuotaRequest {
        &self.request
    }

    /// Gives the difference back, or takes it, and adds what was spent to the accounts.
    pub async fn settle(mut self, spent: &AttemptResult) {
        self.settled = true;
        let (units, cost) = self.difference(spent);
        tracing::trace!(
            tokens.reserved = self.request.tokens,
            tokens.back = units[1],
            ?spent,
            "a reservation is settled"
        );
        self.quota.spend.settle(&self.request.billing, self.request.cost);
        if let AttemptResult::Answered { usage, cost, model } = spent {
            self.quota.spend.note(&self.request.billing, model, *usage, *cost);
        }
        let quota = &self.quota;
        match (self.booked.take(), &quota.shared) {
            (Some(BookedIn::Shared { call, day }), Some(shared)) => {
                let correction = self.correction(units, call, day, cost - self.request.cost);
                if !correction.is_empty() {
                    shared.settle(&quota.paces(1), &correction).await;
                }
            }
            (Some(BookedIn::Local { share }), _) => quota.buckets().give_back(&quota.paces(share), units),
            (None, _) | (Some(BookedIn::Shared { .. }), None) => {}
        }
    }

    /// Units to give back, and what it cost.
    fn difference(&self, spent: &AttemptResult) -> ([f64; 2], Nanos) {
        let tokens = self.request.tokens as f64;
        match spent {
            // A server that counts caps does not give them back.
            AttemptResult::Answered { cost, .. } if self.quota.caps_count => ([0.0, 0.0], *cost),
            AttemptResult::Answered { usage, cost, .. } => {
                let used = usage.total();
                // Where a server states no usage the estimate stands.
                let back = if used == 0 { 0.0 } else { tokens - used as f64 };
                ([0.0, back], *cost)
            }
            // OpenAI counts requests that it refuses or that fail; where a server does not, this is on the careful side.
            AttemptResult::Refused => ([0.0, tokens], 0),
            AttemptResult::Failed => ([0.0, 0.0], 0),
            AttemptResult::Unreached => ([1.0, tokens], 0),
        }
    }

    fn correction(&self, units: [f64; 2], call: String, day: Date, nanos: Nanos) -> QuotaCorrection {
        let spend = &self.quota.spend;
        let (day_capped, job_capped) = (
            spend.day_cap(self.request.billing.lane) > 0,
            spend.job_cap() > 0 && self.request.billing.job.is_some(),
        );
        QuotaCorrection {
            units,
            call,
            nanos: if day_capped || job_capped { nanos } else { 0 },
            day: day.to_string(),
            job: self.request.billing.job.as_deref().unwrap_or_default().to_owned(),
            day_capped,
            job_capped,
            pause: Duration::ZERO,
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if self.settled {
            return;
        }
        self.quota.spend.settle(&self.request.billing, self.request.cost);
        let units = [1.0, self.request.tokens as f64];
        match self.booked.take() {
            // Nothing can be sent from here: the next who asks takes it along.
            Some(BookedIn::Shared { call, day }) => {
                let correction = self.correction(units, call, day, -self.request.cost);
                self.quota.abandoned.lock().unwrap_or_else(PoisonError::into_inner).push(correction);
            }
            Some(BookedIn::Local { share }) => {
                self.quota.buckets().give_back(&self.quota.paces(share), units);
            }
            None => {}
        }
    }
}
