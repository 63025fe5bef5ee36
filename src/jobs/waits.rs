//! Why a job waits, in words.

use jiff::{SignedDuration, Timestamp};

use super::money::{Money, caps};
use super::{Job, JobState};
use crate::config::Config;
use crate::lane::Lane;
use crate::store::workers::WorkerReport;
use skuscribe_check::content::money::{Nanos, amount};

/// What workers said longer ago of a job's messages is over.
const WAIT_COUNTS: SignedDuration = SignedDuration::from_mins(10);

/// Why it does not go on by itself.
pub(super) fn stopped(job: &Job) -> Option<String> {
    let by = job.state_by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
    let at = job.state_at.map(|at| format!(" at {at:.0}")).unwrap_or_default();
    match job.state {
        JobState::Paused => Some(format!("paused{by}{at}; `skuscribe jobs resume {}` lets it go on", job.id)),
        JobState::Running if job.published < job.messages => Some(format!(
            "{} of its {} messages are not known to be published; where that does not change, cancel it and ask again",
            job.messages - job.published,
            job.messages
        )),
        _ => None,
    }
}

/// The caps that are reached, or nearly so: less is left than a task costs.
pub(super) fn of_caps(config: &Config, money: &Money) -> Vec<String> {
    let currency = &config.quota.currency;
    let least = (money.spent / Nanos::try_from(money.calls.max(1)).unwrap_or(Nanos::MAX)).max(1);
    let [(day_cap, day_left), (job_cap, job_left)] = caps(config, money);
    let mut reached = Vec::new();
    if day_cap > 0 && day_left < least {
        reached.push(format!(
            "cap reached until 00:00 UTC: {:.4} of the {:.4} {currency} are booked that the lane backfill may spend a day (quota.spend_per_day); a higher cap lets it go on at once",
            amount(money.booked),
            amount(day_cap)
        ));
    }
    if job_cap > 0 && job_left < least {
        reached.push(format!(
            "cap of the job reached until 00:00 UTC: {:.4} of {:.4} {currency} a day are booked (quota.spend_per_job)",
            amount(money.booked_of_job),
            amount(job_cap)
        ));
    }
    reached
}

/// What workers say: lanes that are paused, and why messages of the job were sent away.
pub(super) fn of_workers(job: &Job, workers: &[&WorkerReport], now: Timestamp) -> Vec<String> {
    if workers.is_empty() {
        return vec![
            "no worker that consumes the lane backfill has reported for a minute; start `skuscribe worker`"
                .to_owned(),
        ];
    }
    let mut said: Vec<String> = Vec::new();
    let mut say = |words: String| {
        if !said.contains(&words) {
            said.push(words);
        }
    };
    for worker in workers {
        if let Some(reason) = worker.paused.get(&Lane::Backfill) {
            say(format!("the lane backfill is paused: {reason}"));
        }
    }
    for worker in workers {
        let wait = worker.waits.get(&job.id).filter(|wait| now.duration_since(wait.at) <= WAIT_COUNTS);
        if let Some(wait) = wait {
            say(format!("messages were sent away, the last at {:.0}: {}", wait.at, wait.reason));
        }
    }
    said
}
