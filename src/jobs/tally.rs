//! How far a job is, counted from the change feed: each task once, whatever was delivered or announced twice.

use std::collections::{BTreeMap, HashMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use super::{Job, JobState, change};
use crate::announce::ContentEvent;
use crate::feed::segment_after;
use crate::store::{ContentStore, SetAside, StoreError};
use skuscribe_check::content::Outcome;
use skuscribe_check::product::{Locale, Sku};

/// For how long before the newest event outcomes count for the rate of a job.
const RATE_OVER: SignedDuration = SignedDuration::from_mins(5);
/// Longest reason of a failure that is counted, in characters, and most reasons.
const REASON_CHARS_MAX: usize = 160;
const REASONS_MAX: usize = 50;

/// What became of a job's tasks so far.
#[derive(Clone, Debug, Default)]
pub struct JobTally {
    /// Tasks by outcome.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// Tasks that failed.
    pub failed: Vec<(Sku, Locale)>,
    /// Why they failed, by stage and words.
    pub failures: BTreeMap<String, u64>,
    /// Held tasks by the rules that hold them.
    pub held_by: BTreeMap<String, u64>,
    /// Outcomes in the five minutes before the newest event.
    pub recent: u64,
    /// The newest outcome.
    pub newest: Option<Timestamp>,
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

    /// Tasks of an outcome.
    #[must_use]
    pub fn of(&self, outcome: Outcome) -> u64 {
        self.outcomes.get(&outcome).copied().unwrap_or(0)
    }
}

/// The last outcome of a task.
struct LastOutcome {
    round: u64,
    outcome: Outcome,
    /// Of a held one its rules, of a failed one what happened.
    why: Vec<String>,
}

impl LastOutcome {
    fn of(event: ContentEvent, round: u64) -> Self {
        let outcome = event.outcome;
        let why = match outcome {
            Outcome::Held => event.rules,
            Outcome::Failed => {
                let stage = event.stage.iter().map(|stage| format!("{stage}: "));
                let said: String = stage.chain(event.reason).collect();
                vec![said.chars().take(REASON_CHARS_MAX).collect()]
            }
            _ => Vec::new(),
        };
        Self { round, outcome, why }
    }

    /// Within a round a failure may be overtaken by success, for dead letters are replayed; never the other way.
    fn is_overtaken(&self, round: u64) -> bool {
        round > self.round || (round == self.round && self.outcome == Outcome::Failed)
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
    let mut last: HashMap<(usize, Sku, Locale), LastOutcome> = HashMap::new();
    let mut times: Vec<VecDeque<Timestamp>> = vec![VecDeque::new(); jobs.len()];
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
            let task = (*place, event.sku.clone(), event.locale.clone());
            if last.get(&task).is_none_or(|known| known.is_overtaken(round)) {
                if let Some(times) = times.get_mut(*place) {
                    push(times, event.announced_at);
                }
                last.insert(task, LastOutcome::of(event, round));
            }
        }
    }
    let mut tallies = vec![JobTally { cursor, as_of, ..JobTally::default() }; jobs.len()];
    for ((place, sku, locale), LastOutcome { outcome, why, .. }) in last {
        let Some(tally) = tallies.get_mut(place) else { continue };
        *tally.outcomes.entry(outcome).or_default() += 1;
        let reasons = if outcome == Outcome::Failed { &mut tally.failures } else { &mut tally.held_by };
        for reason in why.into_iter().filter(|reason| !reason.is_empty()) {
            if reasons.len() < REASONS_MAX || reasons.contains_key(&reason) {
                *reasons.entry(reason).or_default() += 1;
            }
        }
        if outcome == Outcome::Failed {
            tally.failed.push((sku, locale));
        }
    }
    for (tally, mut times) in tallies.iter_mut().zip(times) {
        tally.failed.sort();
        tally.newest = times.back().copied();
        if let Some(as_of) = as_of {
            prune(&mut times, as_of);
        }
        tally.recent = times.len() as u64;
    }
    Ok(tallies)
}

fn push(times: &mut VecDeque<Timestamp>, time: Timestamp) {
    // Events that came late stand where they are told.
    let time = times.back().map_or(time, |newest| (*newest).max(time));
    times.push_back(time);
    prune(times, time);
}

fn prune(times: &mut VecDeque<Timestamp>, now: Timestamp) {
    while times.front().is_some_and(|time| now.duration_since(*time) > RATE_OVER) {
        times.pop_front();
    }
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
