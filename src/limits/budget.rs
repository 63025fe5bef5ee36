//! The day's budget: one object in the store of which every process books slices, by compare-and-swap, before it spends
//! them.
//!
//! So a cap holds for any number of workers, with a Redis or without one, and what a killed worker had booked stays
//! booked. A process that ends gives back what it did not spend.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::day_spend::{JOBS_KEPT, OTHER_JOBS};
use super::ledger::read_day;
use crate::store::{Condition, ContentStore, ETag, Key, Put, SetAside, StoreError, save};
use skuscribe_check::content::money::Nanos;

/// Races for the object that are lost before it is given up for now.
const TRIES_MAX: u32 = 20;
/// For calls to come no more than this part of what is left is booked: the other workers need some, too.
const AHEAD_PART: Nanos = 8;
/// Days whose budget is remembered: today's, and those that calls in flight began on.
const DAYS_KEPT: usize = 3;

/// What all processes booked of one day (UTC): spent, in flight, or kept for calls to come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayBudget {
    /// Everything, in billionths of the currency.
    pub booked: Nanos,
    /// By job, likewise.
    #[serde(default)]
    pub jobs: BTreeMap<String, Nanos>,
}

/// What one process booked of a day or a job.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Account {
    /// Booked in the store by this process.
    pub(super) granted: Nanos,
    /// What of it is spent, or reserved for calls in flight.
    pub(super) used: Nanos,
    /// What all processes booked, as it was seen last.
    pub(super) all: Nanos,
}

impl Account {
    /// What is booked and not used; below 0 where calls cost more than they could be expected to.
    pub(super) fn slack(&self) -> Nanos {
        self.granted.saturating_sub(self.used)
    }

    /// What this process may use under a cap, 0 for none, by what was seen last.
    pub(super) fn room(&self, cap: Nanos) -> Nanos {
        room(self.all, self.slack(), cap)
    }
}

/// What is left under a cap where this much of what is booked is free for whoever asks.
fn room(booked: Nanos, free: Nanos, cap: Nanos) -> Nanos {
    if cap > 0 { cap.saturating_sub(booked.saturating_sub(free)) } else { Nanos::MAX }
}

/// A slice for a call, and for calls to come.
#[derive(Clone, Debug)]
pub(super) struct Slice {
    /// What the call is expected to cost: it is not made for less.
    pub(super) least: Nanos,
    /// What it can cost.
    pub(super) most: Nanos,
    /// What calls to come will take.
    pub(super) ahead: Nanos,
    pub(super) day: SliceOf,
    pub(super) job: Option<(Arc<str>, SliceOf)>,
}

/// One side of a slice: the day's, or the job's.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SliceOf {
    /// What the process has booked for this call already; below 0 what it has spent beyond what it had booked.
    pub(super) claimed: Nanos,
    /// 0 for none.
    pub(super) cap: Nanos,
}

/// What a slice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grant {
    /// What the call may cost.
    pub(super) call: Nanos,
    pub(super) day: GrantOf,
    pub(super) job: GrantOf,
}

/// What was booked now, and what is booked by all with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct GrantOf {
    pub(super) more: Nanos,
    pub(super) all: Nanos,
}

/// A cap that leaves too little for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reached {
    /// The day's; so much is booked.
    Day(Nanos),
    /// The job's.
    Job,
}

/// What a process gives back; below 0 what it takes because it was spent already.
#[derive(Clone, Debug, Default)]
pub(super) struct GiveBack {
    pub(super) day: Nanos,
    pub(super) jobs: Vec<(Arc<str>, Nanos)>,
}

impl GiveBack {
    pub(super) fn is_empty(&self) -> bool {
        self.day == 0 && self.jobs.is_empty()
    }
}

impl DayBudget {
    /// Books a slice. A call that can cost more than is left, and is not expected to, takes all that is left: the last
    /// calls of a day go one by one.
    pub(super) fn book(&mut self, slice: &Slice) -> Result<Grant, Reached> {
        let booked = slice.job.as_ref().map_or(0, |(job, _)| *self.job(job));
        let job = slice.job.as_ref().map_or_else(SliceOf::default, |(_, job)| *job);
        let day_room = room(self.booked, slice.day.claimed, slice.day.cap);
        let job_room = room(booked, job.claimed, job.cap);
        let call = slice.most.min(day_room).min(job_room);
        if call < slice.least.min(slice.most) {
            return Err(if day_room <= job_room { Reached::Day(self.booked) } else { Reached::Job });
        }
        let more = |room: Nanos, claimed: Nanos| {
            let ahead = slice.ahead.min(room.saturating_sub(call) / AHEAD_PART);
            call.saturating_add(ahead).saturating_sub(claimed).max(0)
        };
        let day = more(day_room, slice.day.claimed);
        self.booked = self.booked.saturating_add(day);
        let mut grant = Grant { call, day: GrantOf { more: day, all: self.booked }, job: GrantOf::default() };
        if let Some((name, _)) = &slice.job {
            let (more, all) = (more(job_room, job.claimed), self.job(name));
            *all = all.saturating_add(more);
            grant.job = GrantOf { more, all: *all };
        }
        Ok(grant)
    }

    /// Takes back what a process did not use; gives what is booked then.
    pub(super) fn give_back(&mut self, back: &GiveBack) -> Nanos {
        self.booked = self.booked.saturating_sub(back.day).max(0);
        for (name, back) in &back.jobs {
            let all = self.job(name);
            *all = all.saturating_sub(*back).max(0);
        }
        self.booked
    }

    fn job(&mut self, name: &str) -> &mut Nanos {
        let known = self.jobs.contains_key(name) || self.jobs.len() < JOBS_KEPT;
        self.jobs.entry(if known { name } else { OTHER_JOBS }.to_owned()).or_default()
    }
}

/// Where the budgets of the days are kept: in the store or, where there is none, in this process.
#[derive(Debug)]
pub(super) struct BudgetStore {
    store: Option<Arc<dyn ContentStore>>,
    /// As they were seen last.
    seen: BTreeMap<Date, (DayBudget, Option<ETag>)>,
}

impl BudgetStore {
    pub(super) fn new(store: Option<Arc<dyn ContentStore>>) -> Self {
        Self { store, seen: BTreeMap::new() }
    }

    /// Changes a day's budget. What changes nothing, such as a refusal, is decided by what is stored now.
    ///
    /// # Errors
    /// When the store does not answer; the change may have been made all the same.
    pub(super) async fn change<T>(
        &mut self,
        day: Date,
        change: impl Fn(&mut DayBudget) -> T,
    ) -> Result<T, StoreError> {
        while self.seen.len() > DAYS_KEPT {
            self.seen.pop_first();
        }
        let Some(store) = self.store.clone() else {
            return Ok(change(&mut self.seen.entry(day).or_default().0));
        };
        let key = Key::Budget { day };
        for lost in 0..TRIES_MAX {
            let remembered = self.seen.remove(&day);
            let is_fresh = remembered.is_none();
            let (before, etag) = match remembered {
                Some(seen) => seen,
                None => read(&*store, &key, day).await?,
            };
            let mut budget = before.clone();
            let result = change(&mut budget);
            if budget == before {
                if is_fresh {
                    self.seen.insert(day, (budget, etag));
                    return Ok(result);
                }
                continue;
            }
            let condition = etag.map_or(Condition::Absent, Condition::Matches);
            match save(&*store, &key, &budget, condition).await? {
                Put::Stored(etag) => {
                    self.seen.insert(day, (budget, Some(etag)));
                    return Ok(result);
                }
                // Remembered or not, another worker was first; those that lost must not come back together.
                Put::Conflict => {
                    let wait_ms = fastrand::u64(0..=10) << lost.min(5);
                    tokio::time::sleep(Duration::from_millis(wait_ms)).await;
                }
            }
        }
        let source = "other workers change it all the time".into();
        Err(StoreError::Unavailable { operation: "put", path: key.path(), source })
    }
}

/// The stored budget. One that is not there yet, or not readable, begins with what the ledger has of the day.
async fn read(
    store: &dyn ContentStore,
    key: &Key,
    day: Date,
) -> Result<(DayBudget, Option<ETag>), StoreError> {
    let object = store.get(key).await?;
    let etag = object.as_ref().map(|object| object.etag.clone());
    if let Some(object) = object {
        match serde_json::from_slice::<DayBudget>(&object.body) {
            Ok(budget) if budget.booked >= 0 => return Ok((budget, etag)),
            Ok(_) => {
                tracing::warn!(
                    store.path = key.path(),
                    "the budget of the day is below 0; it is made anew from the ledger"
                );
            }
            Err(error) => {
                tracing::warn!(store.path = key.path(), %error, "the budget of the day is not readable; it is made anew from the ledger");
            }
        }
    }
    let aside = SetAside::default();
    let spent = read_day(store, day, &aside).await?;
    aside.log();
    let jobs = spent.jobs.into_iter().map(|(job, sum)| (job, sum.nanos)).collect();
    Ok((DayBudget { booked: spent.total.nanos.max(0), jobs }, etag))
}

/// What is booked of a day by all processes; `None` where nothing was, or the object is not readable.
///
/// # Errors
/// When the store does not answer.
pub async fn booked(store: &dyn ContentStore, day: Date) -> Result<Option<Nanos>, StoreError> {
    Ok(booked_of(store, day).await?.map(|budget| budget.booked))
}

/// The same with what is booked for each job.
///
/// # Errors
/// When the store does not answer.
pub async fn booked_of(store: &dyn ContentStore, day: Date) -> Result<Option<DayBudget>, StoreError> {
    let object = store.get(&Key::Budget { day }).await?;
    Ok(object.and_then(|object| serde_json::from_slice::<DayBudget>(&object.body).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(least: Nanos, most: Nanos, ahead: Nanos, cap: Nanos) -> Slice {
        Slice { least, most, ahead, day: SliceOf { claimed: 0, cap }, job: None }
    }

    #[test]
    fn a_call_is_booked_at_its_most_and_the_last_ones_take_what_is_left() {
        let mut budget = DayBudget::default();
        assert_eq!(budget.book(&slice(10, 60, 0, 100)).unwrap().call, 60);
        assert_eq!(budget.book(&slice(10, 60, 0, 100)).unwrap().call, 40);
        assert_eq!(budget.book(&slice(10, 60, 0, 100)), Err(Reached::Day(100)));
        budget.give_back(&GiveBack { day: 9, jobs: Vec::new() });
        assert_eq!(budget.book(&slice(10, 60, 0, 100)), Err(Reached::Day(91)));
        budget.give_back(&GiveBack { day: 1, jobs: Vec::new() });
        assert_eq!(budget.book(&slice(10, 60, 0, 100)).unwrap().call, 10);
    }

    #[test]
    fn for_calls_to_come_only_a_part_of_what_is_left_is_booked() {
        let mut budget = DayBudget::default();
        let grant = budget.book(&slice(10, 20, 1_000, 100)).unwrap();
        assert_eq!((grant.call, grant.day.more, budget.booked), (20, 30, 30));
        let claimed = Slice { day: SliceOf { claimed: 8, cap: 100 }, ..slice(10, 20, 0, 100) };
        assert_eq!(budget.book(&claimed).unwrap().day, GrantOf { more: 12, all: 42 });
    }

    #[test]
    fn a_job_has_an_account_of_its_own_and_those_beyond_the_limit_share_one() {
        let mut budget = DayBudget::default();
        let of = |job: &str| Slice {
            job: Some((job.into(), SliceOf { claimed: 0, cap: 50 })),
            ..slice(30, 30, 0, 0)
        };
        assert!(budget.book(&of("spring")).is_ok());
        assert_eq!(budget.book(&of("spring")), Err(Reached::Job));
        assert!(budget.book(&of("autumn")).is_ok());
        budget.jobs.extend((0..JOBS_KEPT).map(|number| (format!("j{number}"), 0)));
        assert!(budget.book(&of("winter")).is_ok());
        assert_eq!(budget.book(&of("summer")), Err(Reached::Job));
        assert_eq!(budget.jobs.get(OTHER_JOBS), Some(&30));
    }

    #[test]
    fn sums_at_the_end_of_the_numbers_stay_there() {
        let mut budget = DayBudget { booked: Nanos::MAX - 1, jobs: BTreeMap::new() };
        assert_eq!(budget.book(&slice(10, Nanos::MAX, Nanos::MAX, 0)).unwrap().day.all, Nanos::MAX);
        assert_eq!(budget.book(&slice(1, Nanos::MAX, 0, 100)), Err(Reached::Day(Nanos::MAX)));
        assert_eq!(budget.give_back(&GiveBack { day: Nanos::MIN, jobs: Vec::new() }), Nanos::MAX);
    }
}
