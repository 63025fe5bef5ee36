//! What was spent, and the caps that pause lanes before more is.
//!
//! Amounts are whole billionths of the price table's currency, so that sums are exact. A call's estimate
//! counts towards the caps before the call is made, and is replaced by what the call cost; so a cap is exceeded by no
//! more than the calls in flight cost beyond their estimates.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::Offset;

pub use super::day_spend::{Billing, DaySpend, Sum};

use crate::clock::{Clock, today};
use crate::config::quota::QuotaConfig;
use crate::lane::Lane;
use skuscribe_check::content::Usage;
use skuscribe_check::content::money::{Nanos, amount, nanos};

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

/// What this process spent, and the caps.
#[derive(Debug)]
pub struct Spend {
    clock: Clock,
    accounts: Mutex<Accounts>,
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

/// The accounts of the current day.
#[derive(Debug, Default)]
struct Accounts {
    caps: Caps,
    day: Date,
    this_process: DaySpend,
    /// What other processes spent today, as far as it is known.
    others: DaySpend,
    /// Estimates of calls in flight, all and by job.
    expected: Nanos,
    expected_jobs: BTreeMap<Arc<str>, Nanos>,
    /// Lanes that reached the day's cap, until the day ends or the caps change.
    capped_out: BTreeMap<Lane, Date>,
    /// Whether something is not in the ledger yet.
    dirty: bool,
    /// A day that ended before all of it was in the ledger.
    closed: Option<(Date, DaySpend)>,
}

impl Spend {
    /// Accounts with the caps of the settings.
    #[must_use]
    pub fn new(config: &QuotaConfig, clock: &Clock) -> Self {
        let accounts = Accounts { caps: Caps::new(config), day: today(clock.now()), ..Accounts::default() };
        Self { clock: clock.clone(), accounts: Mutex::new(accounts) }
    }

    /// Replaces the caps; lanes that reached the old ones resume.
    pub fn reconfigure(&self, config: &QuotaConfig) {
        let mut accounts = self.lock();
        accounts.caps = Caps::new(config);
        accounts.capped_out.clear();
    }

    /// Whether there is any cap.
    #[must_use]
    pub fn is_capped(&self) -> bool {
        let accounts = self.lock();
        accounts.caps.day > 0 || accounts.caps.job > 0
    }

    /// How much of a day may be spent before a lane is paused; 0 for no cap.
    #[must_use]
    pub fn day_cap(&self, lane: Lane) -> Nanos {
        self.lock().caps.day(lane)
    }

    /// How much a job may spend; 0 for no cap.
    #[must_use]
    pub fn job_cap(&self) -> Nanos {
        self.lock().caps.job
    }

    /// The current day (UTC).
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

    /// Adds an estimate to what is expected, if the caps allow it by what this process knows.
    ///
    /// # Errors
    /// The cap that the call would exceed; nothing is added then.
    pub fn expect(&self, billing: &Billing, estimate: Nanos) -> Result<(), Cap> {
        let mut accounts = self.lock();
        let (day_cap, job_cap) = (accounts.caps.day(billing.lane), accounts.caps.job);
        let spent = accounts.this_process.total.nanos + accounts.others.total.nanos + accounts.expected;
        if day_cap > 0 && spent + estimate > day_cap {
            let day = accounts.day;
            accounts.capped_out.insert(billing.lane, day);
            return Err(Cap::Day { lane: billing.lane });
        }
        if let Some(job) = &billing.job {
            let of = |day: &DaySpend| day.jobs.get(&**job).map_or(0, |sum| sum.nanos);
            let expected = accounts.expected_jobs.get(job).copied().unwrap_or(0);
            if job_cap > 0
                && of(&accounts.this_process) + of(&accounts.others) + expected + estimate > job_cap
            {
                return Err(Cap::Job { job: Arc::clone(job) });
            }
            if job_cap > 0 {
                *accounts.expected_jobs.entry(Arc::clone(job)).or_default() += estimate;
            }
        }
        accounts.expected += estimate;
        Ok(())
    }

    /// Notes that the shared quota refused a lane: the day's cap is reached.
    pub fn note_cap(&self, lane: Lane) {
        let mut accounts = self.lock();
        let day = accounts.day;
        accounts.capped_out.insert(lane, day);
    }

    /// Takes an estimate back, when the call is over.
    pub fn settle(&self, billing: &Billing, estimate: Nanos) {
        let mut accounts = self.lock();
        accounts.expected -= estimate;
        if let Some(job) = &billing.job
            && let Some(expected) = accounts.expected_jobs.get_mut(job)
        {
            *expected -= estimate;
            if *expected <= 0 {
                accounts.expected_jobs.remove(job);
            }
        }
    }

    /// Accounts what a call cost.
    pub fn note(&self, billing: &Billing, model: &str, usage: Usage, cost: Nanos) {
        let mut accounts = self.lock();
        accounts.this_process.note(billing, model, &Sum { calls: 1, usage, nanos: cost });
        accounts.dirty = true;
    }

    /// Whether a lane has reached the day's cap.
    #[must_use]
    pub fn is_capped_out(&self, lane: Lane) -> bool {
        let accounts = self.lock();
        accounts.capped_out.get(&lane) == Some(&accounts.day)
    }

    /// Replaces what is known of other processes' spend today.
    pub fn set_others(&self, day: Date, others: DaySpend) {
        let mut accounts = self.lock();
        if accounts.day == day {
            accounts.others = others;
        }
    }

    /// The days to write to the ledger, with their whole sums; they count as written once this was called.
    pub fn take_unwritten(&self) -> Vec<(Date, DaySpend)> {
        let mut accounts = self.lock();
        let mut days: Vec<_> = accounts.closed.take().into_iter().collect();
        if std::mem::take(&mut accounts.dirty) {
            days.push((accounts.day, accounts.this_process.clone()));
        }
        days
    }

    /// Puts back what could not be written.
    pub fn put_back_unwritten(&self, day: Date, spend: DaySpend) {
        let mut accounts = self.lock();
        if accounts.day == day {
            accounts.dirty = true;
        } else {
            accounts.closed = Some((day, spend));
        }
    }

    /// What this process spent today. Only tests of the whole program ask, to compare it with what the store has.
    #[must_use]
    pub fn this_process(&self) -> DaySpend {
        self.lock().this_process.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Accounts> {
        // Nothing that can panic happens under the lock; what is there is whole.
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let day = today(self.clock.now());
        if accounts.day != day {
            let ended = (accounts.day, std::mem::take(&mut accounts.this_process));
            if std::mem::take(&mut accounts.dirty) {
                accounts.closed = Some(ended);
            }
            accounts.others = DaySpend::default();
            accounts.day = day;
        }
        accounts
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

    fn billing(lane: Lane, job: Option<&str>) -> Billing {
        Billing { lane, job: job.map(Into::into) }
    }

    #[test]
    fn backfill_stops_first_and_interactive_last_and_all_go_on_the_next_day() {
        let (spend, clock) = spend(1.0, 0.0);
        let call = |lane| {
            let (billing, cost) = (billing(lane, None), nanos(0.1));
            spend.expect(&billing, cost).map(|()| {
                spend.settle(&billing, cost);
                spend.note(&billing, "m", Usage::default(), cost);
            })
        };
        let made = |lane| std::iter::repeat_with(|| call(lane)).take_while(Result::is_ok).count();
        assert_eq!((made(Lane::Backfill), made(Lane::Updates), made(Lane::Interactive)), (5, 3, 2));
        assert_eq!(call(Lane::Interactive), Err(Cap::Day { lane: Lane::Interactive }));
        assert!(spend.is_capped_out(Lane::Backfill));
        assert_eq!(spend.until_tomorrow(), Duration::from_hours(2));
        let Clock::Fixed(micros) = &clock else { panic!("it is fixed") };
        micros.fetch_add(2 * 3_600_000_000, std::sync::atomic::Ordering::Relaxed);
        assert!(!spend.is_capped_out(Lane::Backfill));
        assert_eq!(made(Lane::Backfill), 5);
        // Yesterday is still to be written down, whole.
        let days = spend.take_unwritten();
        assert_eq!(days.iter().map(|(_, day)| day.total.calls).collect::<Vec<_>>(), [10, 5]);
    }

    #[test]
    fn a_job_stops_at_its_own_cap_and_calls_in_flight_count() {
        let (spend, _) = spend(0.0, 1.0);
        let job = billing(Lane::Backfill, Some("spring"));
        assert_eq!(spend.expect(&job, nanos(0.6)), Ok(()));
        assert_eq!(spend.expect(&job, nanos(0.6)), Err(Cap::Job { job: "spring".into() }));
        assert_eq!(spend.expect(&billing(Lane::Backfill, Some("autumn")), nanos(0.6)), Ok(()));
        spend.settle(&job, nanos(0.6));
        assert_eq!(spend.expect(&job, nanos(0.6)), Ok(()));
        assert!(!spend.is_capped_out(Lane::Backfill));
    }

    #[test]
    fn what_others_spent_counts() {
        let (spend, _) = spend(1.0, 0.0);
        let mut others = DaySpend::default();
        others.note(&billing(Lane::Updates, None), "m", &Sum { nanos: nanos(0.95), ..Sum::default() });
        spend.set_others(spend.day(), others);
        assert!(spend.expect(&billing(Lane::Interactive, None), nanos(0.1)).is_err());
        assert!(spend.expect(&billing(Lane::Interactive, None), nanos(0.04)).is_ok());
    }

    #[test]
    fn amounts_are_exact_to_the_billionth_and_never_negative() {
        assert_eq!((nanos(0.000_000_25), nanos(-1.0), nanos(f64::NAN)), (250, 0, 0));
        assert!((amount(nanos(12.345_678_9)) - 12.345_678_9).abs() < 1e-9);
    }
}
