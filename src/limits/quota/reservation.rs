//! A reservation: what a call took of the quota and of the day's budget, to be corrected once it is known what it really
//! took.

use std::sync::{Arc, PoisonError};

use super::Quota;
use super::request::QuotaRequest;
use super::shared::QuotaCorrection;
use crate::limits::charge::{Charge, Told};
use skuscribe_check::content::Usage;
use skuscribe_check::content::money::Nanos;

/// A server that claims more tokens than this for one call does not count them.
const TOKENS_MAX: u64 = u32::MAX as u64;

/// The result of an attempt, as far as the quota and the bill are concerned.
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
    /// The server answered that it failed; it costs nothing.
    Failed,
    /// Nothing was told, and the server may have worked on it: a time-out, a connection or an answer that broke.
    Untold,
    /// It never got to the server.
    Unreached,
}

/// What a call took of the quota and of the day's budget. Dropped before it was sent, it gives back everything; after
/// that what it can cost stays booked.
#[derive(Debug)]
pub struct Reservation {
    quota: Arc<Quota>,
    request: QuotaRequest,
    /// What it is booked at in the day's budget.
    charge: Option<Charge>,
    /// Where it is booked; `None` while it waits for its turn, and once it is settled.
    booked: Option<BookedIn>,
}

/// Where a reservation is booked: what is corrected must be what was booked, also where Redis came or went meanwhile.
#[derive(Debug)]
enum BookedIn {
    /// In this process, at the pace of one of this many workers.
    Local { share: usize },
    /// In Redis, under this name.
    Shared { call: String },
}

impl Reservation {
    /// One whose cost is booked, and that waits for its turn.
    pub(super) fn charged(quota: Arc<Quota>, request: QuotaRequest, charge: Charge) -> Self {
        Self { quota, request, charge: Some(charge), booked: None }
    }

    /// Notes that it is booked: in Redis under a name, or in this process.
    pub(super) fn booked(&mut self, call: Option<String>) {
        self.booked = Some(match call {
            Some(call) => BookedIn::Shared { call },
            None => BookedIn::Local { share: self.quota.share() },
        });
    }

    /// What was reserved.
    #[must_use]
    pub fn request(&self) -> &QuotaRequest {
        &self.request
    }

    /// Sends the call: it counts as made from here on, whatever becomes of it, and keeps its place among the calls in
    /// flight for as long as it takes.
    pub async fn send<T>(&mut self, call: impl Future<Output = T>) -> T {
        if let Some(charge) = &mut self.charge {
            charge.send();
        }
        match (&self.booked, &self.quota.shared) {
            (Some(BookedIn::Shared { call: name }), Some(shared)) if !name.is_empty() => tokio::select! {
                biased;
                done = call => done,
                never = shared.renew(name) => match never {},
            },
            _ => call.await,
        }
    }

    /// Gives the difference back, or takes it, and adds what was spent to the accounts.
    pub async fn settle(mut self, spent: &AttemptResult) {
        let units = self.difference(spent);
        tracing::trace!(
            tokens.reserved = self.request.tokens,
            tokens.back = units[1],
            ?spent,
            "a reservation is settled"
        );
        if let Some(charge) = self.charge.take() {
            charge.settle(match spent {
                AttemptResult::Answered { usage, cost, model } if is_counted(usage) => {
                    Told::Usage { model, usage: *usage, cost: *cost }
                }
                AttemptResult::Answered { model, .. } => Told::Answered { model },
                AttemptResult::Untold => Told::Nothing,
                AttemptResult::Refused | AttemptResult::Failed | AttemptResult::Unreached => Told::Free,
            });
        }
        let quota = &self.quota;
        match (self.booked.take(), &quota.shared) {
            (Some(BookedIn::Shared { call }), Some(shared)) => {
                let correction = QuotaCorrection { units, call, ..QuotaCorrection::default() };
                if !correction.is_empty() {
                    shared.settle(&quota.paces(1), &correction).await;
                }
            }
            (Some(BookedIn::Local { share }), _) => quota.buckets().give_back(&quota.paces(share), units),
            (None, _) | (Some(BookedIn::Shared { .. }), None) => {}
        }
    }

    /// Units to give back.
    fn difference(&self, spent: &AttemptResult) -> [f64; 2] {
        let tokens = self.request.tokens as f64;
        match spent {
            // A server that counts caps does not give them back.
            AttemptResult::Answered { usage, .. } if !self.quota.caps_count && is_counted(usage) => {
                [0.0, tokens - usage.total() as f64]
            }
            // OpenAI counts requests that it refuses or that fail; where a server does not, this is on the careful side.
            AttemptResult::Refused => [0.0, tokens],
            // Where a server states no usage the estimate stands, too.
            AttemptResult::Answered { .. } | AttemptResult::Failed | AttemptResult::Untold => [0.0, 0.0],
            AttemptResult::Unreached => [1.0, tokens],
        }
    }
}

/// Whether a server's count is one: some send none, zeros, or any number.
fn is_counted(usage: &Usage) -> bool {
    let counts = [usage.input_tokens, usage.cached_tokens, usage.output_tokens];
    usage.total() > 0 && counts.iter().all(|count| *count <= TOKENS_MAX)
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let sent = self.charge.as_ref().is_some_and(Charge::is_sent);
        let units = if sent { [0.0, 0.0] } else { [1.0, self.request.tokens as f64] };
        match self.booked.take() {
            // Nothing can be sent from here: the next who asks takes it along.
            Some(BookedIn::Shared { call }) => {
                let correction = QuotaCorrection { units, call, ..QuotaCorrection::default() };
                self.quota.abandoned.lock().unwrap_or_else(PoisonError::into_inner).push(correction);
            }
            Some(BookedIn::Local { share }) => {
                self.quota.buckets().give_back(&self.quota.paces(share), units);
            }
            None => {}
        }
    }
}
