//! How far a job is, counted from the change feed: each task once, whatever was delivered or announced twice.

use std::collections::{BTreeMap, HashMap};

use super::Job;
use crate::feed::segment_after;
use crate::store::{ContentStore, SetAside, StoreError};
use skuscribe_check::content::Outcome;
use skuscribe_check::product::{Locale, Sku};

/// What became of a job's tasks so far.
#[derive(Clone, Debug, Default)]
pub struct JobTally {
    /// Tasks by outcome.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// Tasks that failed.
    pub failed: Vec<(Sku, Locale)>,
    /// The last segment that was read.
    pub cursor: u64,
}

impl JobTally {
    /// Tasks that have an outcome.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.outcomes.values().sum()
    }
}

/// Reads what the feed says of a job. Segments that are missing or cannot be read are set aside: tasks whose outcome stood
/// in them have none then.
///
/// # Errors
/// When the store does not answer.
pub async fn tally(store: &dyn ContentStore, job: &Job, aside: &SetAside) -> Result<JobTally, StoreError> {
    let mut last: HashMap<(Sku, Locale), (u64, Outcome)> = HashMap::new();
    let mut cursor = job.feed_after;
    while let Some(segment) = segment_after(store, cursor, aside).await? {
        cursor = segment.number;
        for event in segment.events.into_iter().filter(|event| event.job.as_deref() == Some(job.id.as_str()))
        {
            let round = round_of(&job.id, &event.message_id);
            let task = (event.sku, event.locale);
            let newer = last.get(&task).is_none_or(|(known, outcome)| {
                // Within a round a failure may be overtaken by success, for dead letters are replayed; never the other way.
                round > *known || (round == *known && *outcome == Outcome::Failed)
            });
            if newer {
                last.insert(task, (round, event.outcome));
            }
        }
    }
    let mut tally = JobTally { cursor, ..JobTally::default() };
    for (task, (_, outcome)) in last {
        *tally.outcomes.entry(outcome).or_default() += 1;
        if outcome == Outcome::Failed {
            tally.failed.push(task);
        }
    }
    tally.failed.sort();
    Ok(tally)
}

/// The round that a message belongs to.
fn round_of(job: &str, message_id: &str) -> u64 {
    let rest = message_id.strip_prefix(job).and_then(|rest| rest.strip_prefix('/'));
    rest.and_then(|rest| rest.split_once('/')).and_then(|(round, _)| round.parse().ok()).unwrap_or(0)
}
