//! What a job took so far, and what its caps leave of today.

use jiff::Timestamp;

use super::Job;
use crate::clock::today;
use crate::config::Config;
use crate::lane::Lane;
use crate::limits::{budget, ledger};
use crate::store::{ContentStore, SetAside, StoreError};
use skuscribe_check::content::money::{Nanos, nanos};

/// Most days of a job that are read.
const DAYS_MAX: u64 = 3_650;

/// What a job took so far, and what is booked of today.
pub(super) struct Money {
    pub(super) spent: Nanos,
    pub(super) calls: u64,
    pub(super) tokens: u64,
    /// Booked today, by all and by the job.
    pub(super) booked: Nanos,
    pub(super) booked_of_job: Nanos,
}

/// Reads the ledger of every day since the job was made, and today's budget.
pub(super) async fn money(
    store: &dyn ContentStore,
    job: &Job,
    now: Timestamp,
    aside: &SetAside,
) -> Result<Money, StoreError> {
    let (mut day, last) = (today(job.created_at), today(now));
    let mut money = Money { spent: 0, calls: 0, tokens: 0, booked: 0, booked_of_job: 0 };
    for _ in 0..DAYS_MAX {
        let spend = ledger::read_day(store, day, aside).await?;
        if let Some(sum) = spend.jobs.get(&job.id) {
            money.spent = money.spent.saturating_add(sum.nanos);
            money.calls = money.calls.saturating_add(sum.calls);
            money.tokens = money.tokens.saturating_add(sum.usage.total());
        }
        let Some(next) = day.tomorrow().ok().filter(|next| *next <= last) else { break };
        day = next;
    }
    if let Some(budget) = budget::booked_of(store, last).await? {
        money.booked = budget.booked;
        money.booked_of_job = budget.jobs.get(&job.id).copied().unwrap_or(0);
    }
    Ok(money)
}

/// The caps of the lane backfill for a day and for the job, 0 for none, each with what is left of it today.
pub(super) fn caps(config: &Config, money: &Money) -> [(Nanos, Nanos); 2] {
    let quota = &config.quota;
    let backfill = quota.spend_shares.get(&Lane::Backfill).copied().unwrap_or(1.0);
    let (day, job) = (nanos(quota.spend_per_day * backfill), nanos(quota.spend_per_job));
    [(day, day.saturating_sub(money.booked).max(0)), (job, job.saturating_sub(money.booked_of_job).max(0))]
}

/// A part of an amount, as `of` is to `among`.
pub(super) fn share(nanos: Nanos, of: u64, among: u64) -> Nanos {
    let all = i128::from(nanos) * i128::from(of) / i128::from(among.max(1));
    Nanos::try_from(all).unwrap_or(Nanos::MAX)
}
