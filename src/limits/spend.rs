//! What was spent, by day, lane, job and model, and the caps that stop lanes before the bill is higher.
//!
//! Amounts are whole billionths of the price table's currency, so that sums are exact. A call's estimate is
//! held against the caps before it is made and replaced by what it cost after it; so a cap is exceeded by no
//! more than the calls in flight are dearer than they were thought to be.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::Offset;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::{Clock, today};
use crate::config::quota::QuotaConfig;
use crate::lane::Lane;
use skuscribe_check::content::Usage;
use skuscribe_check::content::money::{Nanos, amount, nanos};

/// Most jobs whose sums are kept for a day; those beyond it are summed under [`OTHER_JOBS`].
const JOBS_KEPT: usize = 10_000;
/// The name under which jobs beyond [`JOBS_KEPT`] are summed.
const OTHER_JOBS: &str = "(others)";

/// A sum of calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sum {
    /// Calls made.
    pub calls: u64,
    /// Their tokens.
    pub usage: Usage,
    /// What they cost, in billionths of the currency.
    pub nanos: Nanos,
}

impl Sum {
    fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.usage += other.usage;
        self.nanos += other.nanos;
    }
}

/// `spend.v1`: what one process spent on one day (UTC).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DaySpend {
    /// Everything.
    pub total: Sum,
    /// By lane.
    pub lanes: BTreeMap<Lane, Sum>,
    /// By job; calls without one are left out.
    pub jobs: BTreeMap<String, Sum>,
    /// By the model that answered.
    pub models: BTreeMap<String, Sum>,
}

impl DaySpend {
    /// Adds a sum of the same day.
    pub fn add(&mut self, other: &Self) {
        self.total.add(&other.total);
        for (lane, sum) in &other.lanes {
            self.lanes.entry(*lane).or_default().add(sum);
        }
        for (job, sum) in &other.jobs {
            self.jobs.entry(job.clone()).or_default().add(sum);
        }
        for (model, sum) in &other.models {
            self.models.entry(model.clone()).or_default().add(sum);
        }
    }

    fn note(&mut self, purse: &Billing, model: &str, sum: &Sum) {
        self.total.add(sum);
        self.lanes.entry(purse.lane).or_default().add(sum);
        if let Some(job) = &purse.job {
            let known = self.jobs.contains_key(&**job) || self.jobs.len() < JOBS_KEPT;
            self.jobs
                .entry(if known { job.to_string() } else { OTHER_JOBS.to_owned() })
                .or_default()
                .add(sum);
        }
        self.models.entry(model.to_owned()).or_default().add(sum);
    }
}

/// Who pays for a call.
#[derive(Clone, Debug)]
pub struct Billing {
    /// The lane of the message.
    pub lane: Lane,
    /// The job that it belongs to.
    pub job: Option<Arc<str>>,
}

/// A cap that is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cap {
    /// The day's, as far as the lane may go.
    Day {
        /// The lane.
        lane: Lane,
    },
    /// The job's.
    Job {
        /// The job.
        job: Arc<str>,
    },
}

/// The books of this process, and the caps.
#[derive(Debug)]
pub struct Spend {
    clock: Clock,
    books: Mutex<Accounts>,
}

/// How much may be spent.
#[derive(Clone, Debug, Default)]
struct Caps {
    day: Nanos,
    job: Nanos,
    shares: BTreeMap<Lane, f64>,
}

impl Caps {
    fn new(config: &QuotaConfig) -> Self {
        Self {
            day: nanos(config.spend_per_day),
            job: nanos(config.spend_per_job),
            shares: config.spend_shares.clone(),
        }
    }

    fn day(&self, lane: Lane) -> Nanos {
        nanos(amount(self.day) * self.shares.get(&lane).copied().unwrap_or(1.0))
    }
}

#[derive(Debug, Default)]
struct Accounts {
    caps: Caps,
    day: Date,
    own: DaySpend,
    /// What other processes spent today, as far as it is known.
    others: DaySpend,
    /// Estimates of calls in flight, all and by job.
    expected: Nanos,
    expected_jobs: BTreeMap<Arc<str>, Nanos>,
    /// Lanes that reached the cap, until the day ends or the caps change.
    stopped: BTreeMap<Lane, Date>,
    /// Whether there is something that was not written down yet.
    dirty: bool,
    /// A day that ended with something not written down yet.
    closed: Option<(Date, DaySpend)>,
}

impl Spend {
    /// Accounts with the caps of the settings.
    #[must_use]
    pub fn new(config: &QuotaConfig, clock: &Clock) -> Self {
        let books = Accounts { caps: Caps::new(config), day: today(clock.now()), ..Accounts::default() };
        Self { clock: clock.clone(), books: Mutex::new(books) }
    }

    /// Takes over other caps; lanes that reached the old ones may go on.
    pub fn reconfigure(&self, config: &QuotaConfig) {
        let mut books = self.lock();
        books.caps = Caps::new(config);
        books.stopped.clear();
    }

    /// Whether there is any cap.
    #[must_use]
    pub fn is_capped(&self) -> bool {
        let books = self.lock();
        books.caps.day > 0 || books.caps.job > 0
    }

    /// How much of a day may be spent before a lane stops; 0 for no cap.
    #[must_use]
    pub fn day_cap(&self, lane: Lane) -> Nanos {
        self.lock().caps.day(lane)
    }

    /// How much a job may spend; 0 for no cap.
    #[must_use]
    pub fn job_cap(&self) -> Nanos {
        self.lock().caps.job
    }

    /// The day that is booked on (UTC).
    #[must_use]
    pub fn day(&self) -> Date {
        self.lock().day
    }

    /// How long the day still lasts.
    #[must_use]
    pub fn until_tomorrow(&self) -> Duration {
        let now = self.clock.now();
        let tomorrow = today(now).tomorrow().ok();
        let midnight = tomorrow.and_then(|day| Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok());
        midnight
            .and_then(|midnight| Duration::try_from(midnight.duration_since(now)).ok())
            .unwrap_or(Duration::from_hours(1))
    }

    /// Holds an estimate against the caps, as far as this process knows what was spent.
    ///
    /// # Errors
    /// The cap that the call would exceed; nothing is held then.
    pub fn expect(&self, purse: &Billing, estimate: Nanos) -> Result<(), Cap> {
        let mut books = self.lock();
        let (day_cap, job_cap) = (books.caps.day(purse.lane), books.caps.job);
        let spent = books.own.total.nanos + books.others.total.nanos + books.expected;
        if day_cap > 0 && spent + estimate > day_cap {
            let day = books.day;
            books.stopped.insert(purse.lane, day);
            return Err(Cap::Day { lane: purse.lane });
        }
        if let Some(job) = &purse.job {
            let of = |day: &DaySpend| day.jobs.get(&**job).map_or(0, |sum| sum.nanos);
            let expected = books.expected_jobs.get(job).copied().unwrap_or(0);
            if job_cap > 0 && of(&books.own) + of(&books.others) + expected + estimate > job_cap {
                return Err(Cap::Job { job: Arc::clone(job) });
            }
            if job_cap > 0 {
                *books.expected_jobs.entry(Arc::clone(job)).or_default() += estimate;
            }
        }
        books.expected += estimate;
        Ok(())
    }

    /// Notes that the shared books refused a lane.
    pub fn stop(&self, lane: Lane) {
        let mut books = self.lock();
        let day = books.day;
        books.stopped.insert(lane, day);
    }

    /// Takes an estimate back, when the call is over.
    pub fn settle(&self, purse: &Billing, estimate: Nanos) {
        let mut books = self.lock();
        books.expected -= estimate;
        if let Some(job) = &purse.job
            && let Some(expected) = books.expected_jobs.get_mut(job)
        {
            *expected -= estimate;
            if *expected <= 0 {
                books.expected_jobs.remove(job);
            }
        }
    }

    /// Accounts what a call cost.
    pub fn note(&self, purse: &Billing, model: &str, usage: Usage, cost: Nanos) {
        let mut books = self.lock();
        books.own.note(purse, model, &Sum { calls: 1, usage, nanos: cost });
        books.dirty = true;
    }

    /// Whether a lane has reached the day's cap.
    #[must_use]
    pub fn is_stopped(&self, lane: Lane) -> bool {
        let books = self.lock();
        books.stopped.get(&lane) == Some(&books.day)
    }

    /// Takes over what other processes spent today.
    pub fn take_over(&self, day: Date, others: DaySpend) {
        let mut books = self.lock();
        if books.day == day {
            books.others = others;
        }
    }

    /// What is to be written down: days with their whole sums; it counts as written once this was called.
    pub fn to_write_down(&self) -> Vec<(Date, DaySpend)> {
        let mut books = self.lock();
        let mut days: Vec<_> = books.closed.take().into_iter().collect();
        if std::mem::take(&mut books.dirty) {
            days.push((books.day, books.own.clone()));
        }
        days
    }

    /// Puts back what could not be written down.
    pub fn not_written_down(&self, day: Date, spend: DaySpend) {
        let mut books = self.lock();
        if books.day == day {
            books.dirty = true;
        } else {
            books.closed = Some((day, spend));
        }
    }

    /// What this process spent today. Only tests of the whole program ask, to compare it with what the store has.
    #[must_use]
    pub fn own(&self) -> DaySpend {
        self.lock().own.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Accounts> {
        // Nothing that can panic happens under the lock; what is there is whole.
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        let day = today(self.clock.now());
        if books.day != day {
            let ended = (books.day, std::mem::take(&mut books.own));
            if std::mem::take(&mut books.dirty) {
                books.closed = Some(ended);
            }
            books.others = DaySpend::default();
            books.day = day;
        }
        books
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn spend(day: f64, job: f64) -> (Spend, Clock) {
        let mut config = Config::defaults().unwrap().quota;
        (config.spend_per_day, config.spend_per_job) = (day, job);
        config.spend_shares = [(Lane::Backfill, 0.5), (Lane::Updates, 0.8)].into();
        let clock = Clock::fixed("2026-03-01T22:00:00Z".parse().unwrap());
        (Spend::new(&config, &clock), clock)
    }

    fn purse(lane: Lane, job: Option<&str>) -> Billing {
        Billing { lane, job: job.map(Into::into) }
    }

    #[test]
    fn backfill_stops_first_and_interactive_last_and_all_go_on_the_next_day() {
        let (spend, clock) = spend(1.0, 0.0);
        let call = |lane| {
            let (purse, cost) = (purse(lane, None), nanos(0.1));
            spend.expect(&purse, cost).map(|()| {
                spend.settle(&purse, cost);
                spend.note(&purse, "m", Usage::default(), cost);
            })
        };
        let made = |lane| std::iter::repeat_with(|| call(lane)).take_while(Result::is_ok).count();
        assert_eq!((made(Lane::Backfill), made(Lane::Updates), made(Lane::Interactive)), (5, 3, 2));
        assert_eq!(call(Lane::Interactive), Err(Cap::Day { lane: Lane::Interactive }));
        assert!(spend.is_stopped(Lane::Backfill));
        assert_eq!(spend.until_tomorrow(), Duration::from_hours(2));
        let Clock::Fixed(micros) = &clock else { panic!("it is fixed") };
        micros.fetch_add(2 * 3_600_000_000, std::sync::atomic::Ordering::Relaxed);
        assert!(!spend.is_stopped(Lane::Backfill));
        assert_eq!(made(Lane::Backfill), 5);
        // Yesterday is still to be written down, whole.
        let days = spend.to_write_down();
        assert_eq!(days.iter().map(|(_, day)| day.total.calls).collect::<Vec<_>>(), [10, 5]);
    }

    #[test]
    fn a_job_stops_at_its_own_cap_and_calls_in_flight_count() {
        let (spend, _) = spend(0.0, 1.0);
        let job = purse(Lane::Backfill, Some("spring"));
        assert_eq!(spend.expect(&job, nanos(0.6)), Ok(()));
        assert_eq!(spend.expect(&job, nanos(0.6)), Err(Cap::Job { job: "spring".into() }));
        assert_eq!(spend.expect(&purse(Lane::Backfill, Some("autumn")), nanos(0.6)), Ok(()));
        spend.settle(&job, nanos(0.6));
        assert_eq!(spend.expect(&job, nanos(0.6)), Ok(()));
        assert!(!spend.is_stopped(Lane::Backfill));
    }

    #[test]
    fn what_others_spent_counts() {
        let (spend, _) = spend(1.0, 0.0);
        let mut others = DaySpend::default();
        others.note(&purse(Lane::Updates, None), "m", &Sum { nanos: nanos(0.95), ..Sum::default() });
        spend.take_over(spend.day(), others);
        assert!(spend.expect(&purse(Lane::Interactive, None), nanos(0.1)).is_err());
        assert!(spend.expect(&purse(Lane::Interactive, None), nanos(0.04)).is_ok());
    }

    #[test]
    fn amounts_are_exact_to_the_billionth_and_never_negative() {
        assert_eq!((nanos(0.000_000_25), nanos(-1.0), nanos(f64::NAN)), (250, 0, 0));
        assert!((amount(nanos(12.345_678_9)) - 12.345_678_9).abs() < 1e-9);
    }
}
