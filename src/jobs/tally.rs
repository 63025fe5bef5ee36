//! How far a job is, counted from the change feed: each task once, whatever was delivered or announced twice.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use super::{Job, JobState, change};
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
    /// The newest event of the change feed: what happened after it is not counted yet.
    pub as_of: Option<Timestamp>,
}

impl JobTally {
    /// Tasks that have an outcome.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.outcomes.values().sum()
    }
}

/// Reads what the feed says of jobs, of all of them in one pass; their tallies in the same order. Segments that are missing
/// or cannot be read are set aside: tasks whose outcome stood in them have none then.
///
/// # Errors
/// When the store does not answer.
pub async fn tallies(
    store: &dyn ContentStore,
    jobs: &[Job],
    aside: &SetAside,
) -> Result<Vec<JobTally>, StoreError> {
    let places: HashMap<&str, usize> =
        jobs.iter().enumerate().map(|(place, job)| (job.id.as_str(), place)).collect();
    let mut last: HashMap<(usize, Sku, Locale), (u64, Outcome)> = HashMap::new();
    let Some(mut cursor) = jobs.iter().map(|job| job.feed_after).min() else { return Ok(Vec::new()) };
    let mut as_of = None;
    while let Some(segment) = segment_after(store, cursor, aside).await? {
        cursor = segment.number;
        for event in segment.events {
            as_of = as_of.max(Some(event.announced_at));
            let Some((id, place)) = event.job.as_deref().and_then(|id| places.get_key_value(id)) else {
                continue;
            };
            let round = round_of(id, &event.message_id);
            let task = (*place, event.sku, event.locale);
            let newer = last.get(&task).is_none_or(|(known, outcome)| {
                // Within a round a failure may be overtaken by success, for dead letters are replayed; never the other way.
                round > *known || (round == *known && *outcome == Outcome::Failed)
            });
            if newer {
                last.insert(task, (round, event.outcome));
            }
        }
    }
    let mut tallies = vec![JobTally { cursor, as_of, ..JobTally::default() }; jobs.len()];
    for ((place, sku, locale), (_, outcome)) in last {
        let Some(tally) = tallies.get_mut(place) else { continue };
        *tally.outcomes.entry(outcome).or_default() += 1;
        if outcome == Outcome::Failed {
            tally.failed.push((sku, locale));
        }
    }
    for tally in &mut tallies {
        tally.failed.sort();
    }
    Ok(tallies)
}

/// Reads what the feed says of one job.
///
/// # Errors
/// As [`tallies`].
pub async fn tally(store: &dyn ContentStore, job: &Job, aside: &SetAside) -> Result<JobTally, StoreError> {
    Ok(tallies(store, std::slice::from_ref(job), aside).await?.pop().unwrap_or_default())
}

/// The job as it stands: one that runs and whose tasks all have an outcome, none of them a failure, is done.
///
/// # Errors
/// When the store does not answer.
pub async fn finished(store: &dyn ContentStore, job: Job, tally: &JobTally) -> Result<Job, StoreError> {
    if job.state != JobState::Running || tally.done() < job.tasks || !tally.failed.is_empty() {
        return Ok(job);
    }
    let done = change(store, &job.id, |job| {
        if job.state == JobState::Running {
            job.state = JobState::Done;
        }
    });
    Ok(done.await?.unwrap_or(job))
}

/// The round that a message belongs to.
fn round_of(job: &str, message_id: &str) -> u64 {
    let rest = message_id.strip_prefix(job).and_then(|rest| rest.strip_prefix('/'));
    rest.and_then(|rest| rest.split_once('/')).and_then(|(round, _)| round.parse().ok()).unwrap_or(0)
}
