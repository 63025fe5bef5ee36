//! What was spent, and the caps that pause lanes before more is.
//!
//! Amounts are whole billionths of the price table's currency, so that sums are exact. What a call can cost is booked in
//! the day's budget before it is sent, and replaced by what it cost. So a cap holds for all workers together, and a call
//! that is cut off has its price booked already.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::Offset;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

pub use super::charge::{CallCost, Charge};
pub use super::day_spend::{Billing, DaySpend, Sum};

use super::books::{Books, Caps};
use super::breaker::Changes;
use super::budget::{BudgetStore, Reached};
use crate::clock::{Clock, today};
use crate::config::quota::QuotaConfig;
use crate::failure::chain;
use crate::lane::Lane;
use crate::store::{ContentStore, StoreError};
use skuscribe_check::content::money::Nanos;

/// Why a call may not be made now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpendRefusal {
    /// The day's cap is reached, as far as the lane may go.
    Day {
        /// The lane.
        lane: Lane,
    },
    /// The job's cap is reached.
    Job {
        /// The job.
        job: Arc<str>,
    },
    /// There is a cap, and the store that the budget lies in does not answer.
    NotBooked {
        /// What happened.
        reason: String,
    },
}

/// What this process spends, and the caps.
#[derive(Debug)]
pub struct Spend {
    clock: Clock,
    changes: Changes,
    books: Mutex<Books>,
    /// One slice is booked at a time: the next call may find that it is in it.
    budget: tokio::sync::Mutex<BudgetStore>,
    waiting: AtomicUsize,
    /// Slices are booked to their end, also where who asked for them hangs up: else they would be lost.
    tasks: TaskTracker,
    settled: Notify,
}

impl Spend {
    /// Accounts with the caps of the settings. The budget lies in the store or, without one, in this process alone.
    /// Where a lane reaches the day's cap or resumes, `changes` is told.
    #[must_use]
    pub(crate) fn new(
        config: &QuotaConfig,
        clock: &Clock,
        store: Option<Arc<dyn ContentStore>>,
        changes: Changes,
    ) -> Self {
        Self {
            clock: clock.clone(),
            changes,
            books: Mutex::new(Books::new(Caps::new(config), today(clock.now()))),
            budget: tokio::sync::Mutex::new(BudgetStore::new(store)),
            waiting: AtomicUsize::new(0),
            tasks: TaskTracker::new(),
            settled: Notify::new(),
        }
    }

    /// Accounts over a budget of their own, or over that of a store. Only tests and measurements need those beside a
    /// pipeline.
    #[must_use]
    pub fn apart(config: &QuotaConfig, clock: &Clock, store: Option<Arc<dyn ContentStore>>) -> Self {
        Self::new(config, clock, store, Changes::default())
    }

    /// Replaces the caps; lanes that reached the old ones resume.
    pub fn reconfigure(&self, config: &QuotaConfig) {
        let mut books = self.lock();
        books.caps = Caps::new(config);
        books.uncap();
        drop(books);
        self.settled.notify_waiters();
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

    /// Books a call at what it can cost; near a cap at what is left, if it is expected to cost no more. While calls of
    /// this process are in flight it waits for what they leave, up to `wait_max`.
    ///
    /// # Errors
    /// The cap that is reached: nothing is booked then. The store's error, where there is a cap.
    pub async fn book(self: &Arc<Self>, cost: &CallCost, wait_max: Duration) -> Result<Charge, SpendRefusal> {
        let started = Instant::now();
        loop {
            let mut settled = std::pin::pin!(self.settled.notified());
            settled.as_mut().enable();
            if let Some(charge) = self.reserve(cost) {
                return Ok(charge);
            }
            let (spend, owned) = (Arc::clone(self), cost.clone());
            let booked = self.tasks.spawn(async move { spend.book_slice(&owned).await }).await;
            let refusal = match booked {
                Ok(Ok(charge)) => return Ok(charge),
                Ok(Err(refusal)) => refusal,
                Err(error) => SpendRefusal::NotBooked { reason: error.to_string() },
            };
            let left = wait_max.saturating_sub(started.elapsed());
            if !matches!(refusal, SpendRefusal::NotBooked { .. }) && !left.is_zero() {
                // The last one may be over by now: it was heard of then.
                let left = if self.lock().is_in_flight() { left } else { Duration::ZERO };
                if tokio::time::timeout(left, settled).await.is_ok() {
                    continue;
                }
            }
            if let SpendRefusal::Day { lane } = refusal {
                self.lock().cap(lane, cost.cost);
                self.changes.send_modify(|version| *version = version.wrapping_add(1));
            }
            return Err(refusal);
        }
    }

    fn reserve(self: &Arc<Self>, cost: &CallCost) -> Option<Charge> {
        let mut books = self.lock();
        let reserved = books.reserve(cost)?;
        Some(Charge::new(Arc::clone(self), cost.clone(), books.day, reserved))
    }

    /// Books a slice of the budget, and the call in it.
    async fn book_slice(self: &Arc<Self>, cost: &CallCost) -> Result<Charge, SpendRefusal> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let mut budget = self.budget.lock().await;
        let waiting = self.waiting.fetch_sub(1, Ordering::Relaxed).saturating_sub(1);
        // Whoever was first may have booked for this one, too.
        if let Some(charge) = self.reserve(cost) {
            return Ok(charge);
        }
        let (day, slice) = {
            let mut books = self.lock();
            (books.day, books.slice(cost, waiting))
        };
        let charge = |reserved| Charge::new(Arc::clone(self), cost.clone(), day, reserved);
        match budget.change(day, |budget| budget.book(&slice)).await {
            Ok(Ok(grant)) => {
                self.lock().granted(day, &slice, &grant);
                Ok(charge(grant.call))
            }
            Ok(Err(reached)) => {
                let all = if let Reached::Day(all) = reached { Some(all) } else { None };
                self.lock().refused(day, &slice, all);
                Err(match (reached, &cost.billing.job) {
                    (Reached::Job, Some(job)) => SpendRefusal::Job { job: Arc::clone(job) },
                    _ => SpendRefusal::Day { lane: cost.billing.lane },
                })
            }
            Err(error) => {
                let mut books = self.lock();
                books.refused(day, &slice, None);
                if slice.day.cap > 0 || slice.job.as_ref().is_some_and(|(_, job)| job.cap > 0) {
                    return Err(SpendRefusal::NotBooked { reason: chain(&error) });
                }
                // Without a cap nothing is exceeded: the next slice includes it.
                tracing::debug!(error = %chain(&error), "a call is made before it is booked in the store");
                let (day, reserved) = (books.day, books.reserve_unbooked(cost, cost.most));
                Ok(Charge::new(Arc::clone(self), cost.clone(), day, reserved))
            }
        }
    }

    /// A call is over that was reserved this much.
    pub(super) fn settle(&self, day: Date, billing: &Billing, reserved: Nanos, made: Option<(&str, &Sum)>) {
        let mut books = self.lock();
        books.settle(day, billing, reserved, made);
        let resumes = books.resume();
        drop(books);
        self.settled.notify_waiters();
        self.tell(resumes);
    }

    /// Gives back what is booked ahead and not needed or, at the end, all that is not spent; learns what the others
    /// gave back where a lane waits for it.
    ///
    /// # Errors
    /// When the store does not answer: what was to be given back counts as spent then.
    pub(super) async fn balance(&self, all: bool) -> Result<(), StoreError> {
        let mut budget = self.budget.lock().await;
        let days = self.lock().days();
        for day in days {
            let Some(back) = self.lock().give_back(day, all) else { continue };
            match budget.change(day, |budget| budget.give_back(&back)).await {
                Ok(booked) => self.lock().saw(day, booked),
                Err(error) => {
                    self.lock().not_given_back(day, &back);
                    return Err(error);
                }
            }
        }
        let resumes = self.lock().resume();
        self.tell(resumes);
        Ok(())
    }

    fn tell(&self, resumes: bool) {
        if resumes {
            self.changes.send_modify(|version| *version = version.wrapping_add(1));
        }
    }

    /// Whether a lane has reached the day's cap.
    #[must_use]
    pub fn is_capped_out(&self, lane: Lane) -> bool {
        self.lock().is_capped(lane)
    }

    /// The days to write to the ledger, with their whole sums; they count as written once this was called.
    pub(super) fn take_unwritten(&self) -> Vec<(Date, DaySpend)> {
        self.lock().take_unwritten()
    }

    /// A day could not be written.
    pub(super) fn put_back_unwritten(&self, day: Date) {
        self.lock().put_back_unwritten(day);
    }

    /// What this process spent today. Only tests of the whole program ask, to compare it with what the store has.
    #[must_use]
    pub fn this_process(&self) -> DaySpend {
        self.lock().spent()
    }

    fn lock(&self) -> MutexGuard<'_, Books> {
        // Nothing that can panic happens under the lock; what is there is whole.
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        let day = today(self.clock.now());
        if books.day != day {
            books.turn_to(day);
        }
        books
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::limits::charge::Told;
    use crate::limits::ledger::{Ledger, read_day};
    use crate::store::{FolderStore, Key};
    use skuscribe_check::content::Usage;
    use skuscribe_check::content::money::{amount, nanos};

    const WAIT: Duration = Duration::from_millis(200);

    fn config(day: f64, job: f64) -> QuotaConfig {
        let mut config = Config::defaults().unwrap().quota;
        (config.spend_per_day, config.spend_per_job) = (day, job);
        config.spend_shares = [(Lane::Backfill, 0.5), (Lane::Updates, 0.8)].into();
        config
    }

    fn clock() -> Clock {
        Clock::fixed("2026-03-01T22:00:00Z".parse().unwrap())
    }

    fn forward(clock: &Clock, hours: i64) {
        let Clock::Fixed(micros) = clock else { panic!("it is fixed") };
        micros.fetch_add(hours * 3_600_000_000, Ordering::Relaxed);
    }

    fn spend(day: f64, job: f64) -> (Arc<Spend>, Clock) {
        let clock = clock();
        (Arc::new(Spend::apart(&config(day, job), &clock, None)), clock)
    }

    fn call(lane: Lane, job: Option<&str>, cost: f64, most: f64) -> CallCost {
        let billing = Billing::new(lane, job.map(Into::into));
        let usage = Usage { input_tokens: 10, output_tokens: 5, ..Usage::default() };
        CallCost { billing, model: "m".into(), usage, cost: nanos(cost), most: nanos(most) }
    }

    fn told(cost: f64) -> Told<'static> {
        Told::Usage { model: "m", usage: Usage::default(), cost: nanos(cost) }
    }

    /// A folder that goes with the test.
    struct Folder(std::path::PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let unique = format!("skuscribe-{name}-{}-{:x}", std::process::id(), fastrand::u64(..));
            Self(std::env::temp_dir().join(unique))
        }

        fn store(&self) -> Arc<dyn ContentStore> {
            Arc::new(FolderStore::open(&self.0).unwrap())
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            std::fs::remove_dir_all(&self.0).ok();
        }
    }

    #[tokio::test]
    async fn backfill_stops_first_and_interactive_last_and_all_go_on_the_next_day() {
        let (spend, clock) = spend(1.0, 0.0);
        let one = async |lane| {
            let charge = spend.book(&call(lane, None, 0.1, 0.1), WAIT).await?;
            charge.settle(told(0.1));
            Ok::<_, SpendRefusal>(())
        };
        let made = async |lane| {
            let mut made = 0;
            while one(lane).await.is_ok() {
                made += 1;
            }
            made
        };
        let all = (made(Lane::Backfill).await, made(Lane::Updates).await, made(Lane::Interactive).await);
        assert_eq!(all, (5, 3, 2));
        assert_eq!(one(Lane::Interactive).await, Err(SpendRefusal::Day { lane: Lane::Interactive }));
        assert!(spend.is_capped_out(Lane::Backfill));
        assert_eq!(spend.until_tomorrow(), Duration::from_hours(2));
        forward(&clock, 2);
        assert!(!spend.is_capped_out(Lane::Backfill));
        assert_eq!(made(Lane::Backfill).await, 5);
        // Yesterday is still to be written down, whole.
        let days = spend.take_unwritten();
        assert_eq!(days.iter().map(|(_, day)| day.total.calls).collect::<Vec<_>>(), [10, 5]);
    }

    #[tokio::test]
    async fn a_job_stops_at_its_own_cap_and_calls_in_flight_count() {
        let (spend, _) = spend(0.0, 1.0);
        let of = |job| call(Lane::Backfill, Some(job), 0.6, 0.6);
        let charge = spend.book(&of("spring"), WAIT).await.unwrap();
        let refused = spend.book(&of("spring"), Duration::ZERO).await.unwrap_err();
        assert_eq!(refused, SpendRefusal::Job { job: "spring".into() });
        assert!(spend.book(&of("autumn"), WAIT).await.is_ok());
        charge.settle(Told::Free);
        assert!(spend.book(&of("spring"), WAIT).await.is_ok());
        assert!(!spend.is_capped_out(Lane::Backfill));
    }

    #[tokio::test]
    async fn a_call_that_is_cut_off_stays_booked_and_one_that_was_not_sent_does_not() {
        let (spend, _) = spend(10.0, 0.0);
        let of = call(Lane::Interactive, None, 0.1, 0.9);
        for _ in 0..50 {
            drop(spend.book(&of, WAIT).await.unwrap());
        }
        assert_eq!(spend.this_process().total, Sum::default());
        let mut cut_off = 0;
        while let Ok(mut charge) = spend.book(&of, WAIT).await {
            charge.send();
            drop(charge);
            cut_off += 1;
        }
        let total = spend.this_process().total;
        // Eleven at 0.9, and the last for what was left.
        assert_eq!((cut_off, total.calls, total.estimated_calls), (12, 12, 12));
        assert_eq!((total.nanos, total.estimated_nanos), (nanos(10.0), nanos(10.0)));
        assert_eq!(total.usage.input_tokens, 120);
    }

    #[tokio::test]
    async fn what_no_server_told_is_booked_as_it_was_expected() {
        let (spend, _) = spend(10.0, 0.0);
        let charge = spend.book(&call(Lane::Updates, None, 0.1, 0.9), WAIT).await.unwrap();
        charge.settle(Told::Answered { model: "other" });
        let day = spend.this_process();
        assert_eq!((day.total.nanos, day.total.estimated_calls), (nanos(0.1), 1));
        assert!(day.models.contains_key("other"));
    }

    #[tokio::test]
    async fn a_call_waits_for_what_those_in_flight_leave_over() {
        let (spend, _) = spend(1.0, 0.0);
        let of = call(Lane::Interactive, None, 0.1, 0.9);
        let first = spend.book(&of, WAIT).await.unwrap();
        let second = spend.book(&of, WAIT).await.unwrap();
        assert_eq!(
            spend.book(&of, Duration::ZERO).await.unwrap_err(),
            SpendRefusal::Day { lane: Lane::Interactive }
        );
        assert!(spend.is_capped_out(Lane::Interactive));
        let waiting = spend.book(&of, Duration::from_mins(1));
        let settling = async {
            tokio::task::yield_now().await;
            second.settle(told(0.1));
            first.settle(told(0.2));
        };
        let (third, ()) = tokio::join!(waiting, settling);
        assert!(!spend.is_capped_out(Lane::Interactive), "there is room again");
        third.unwrap().settle(told(0.1));
        assert_eq!(spend.this_process().total.nanos, nanos(0.4));
    }

    /// Workers that spend what they can, of whom one is killed with a call in flight after every tenth call.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn four_workers_without_a_redis_keep_to_one_cap_though_they_are_killed_and_come_back() {
        let (folder, clock) = (Folder::new("budget"), clock());
        let worker = async |seed: u64| {
            let (mut random, mut paid) = (fastrand::Rng::with_seed(seed), 0);
            loop {
                let spend = Arc::new(Spend::apart(&config(1.0, 0.0), &clock, Some(folder.store())));
                for number in 0..10 {
                    let of = call(Lane::Interactive, None, 0.004, 0.01);
                    let Ok(mut charge) = spend.book(&of, Duration::from_secs(5)).await else { return paid };
                    let cost = nanos(random.f64() * 0.008).min(charge.reserved());
                    charge.send();
                    tokio::task::yield_now().await;
                    paid += cost;
                    if number == 9 {
                        // Killed: nothing is settled, written or given back.
                        std::mem::forget(charge);
                    } else {
                        charge.settle(Told::Usage { model: "m", usage: Usage::default(), cost });
                    }
                }
            }
        };
        let paid: i64 = futures_util::future::join_all((0..4).map(worker)).await.into_iter().sum();
        assert!(paid <= nanos(1.0), "{} of 1.0", amount(paid));
        assert!(paid >= nanos(0.6), "{} of 1.0 with every tenth call lost", amount(paid));
        let day = "2026-03-01".parse().unwrap();
        let booked = crate::limits::budget::booked(&*folder.store(), day).await.unwrap().unwrap();
        assert!((nanos(0.99)..=nanos(1.0)).contains(&booked), "what was killed counts: {}", amount(booked));
    }

    #[tokio::test]
    async fn what_a_worker_gives_back_at_its_end_is_there_for_the_others() {
        let (folder, clock) = (Folder::new("give-back"), clock());
        let process = || {
            let spend = Arc::new(Spend::apart(&config(1.0, 0.0), &clock, Some(folder.store())));
            let ledger = Ledger::new(folder.store(), Arc::clone(&spend));
            (spend, ledger)
        };
        let ((first, first_ledger), (second, second_ledger)) = (process(), process());
        let of = call(Lane::Interactive, None, 0.6, 0.9);
        let charge = first.book(&of, WAIT).await.unwrap();
        assert!(second.book(&of, WAIT).await.is_err());
        assert!(second.is_capped_out(Lane::Interactive));
        charge.settle(told(0.3));
        first_ledger.close().await;
        second.balance(false).await.unwrap();
        assert!(!second.is_capped_out(Lane::Interactive), "the lane resumes");
        second.book(&of, WAIT).await.unwrap().settle(told(0.5));
        second_ledger.close().await;
        let day = second.day();
        let booked = crate::limits::budget::booked(&*folder.store(), day).await.unwrap();
        assert_eq!(booked, Some(nanos(0.8)), "nothing is booked that is not spent");
        assert_eq!(
            read_day(&*folder.store(), day, &crate::store::SetAside::default()).await.unwrap().total.nanos,
            nanos(0.8)
        );
    }

    #[tokio::test]
    async fn a_budget_that_is_lost_or_broken_begins_with_the_ledger() {
        let (folder, clock) = (Folder::new("broken"), clock());
        let store = folder.store();
        let first = Arc::new(Spend::apart(&config(1.0, 0.0), &clock, Some(folder.store())));
        first.book(&call(Lane::Interactive, None, 0.7, 0.7), WAIT).await.unwrap().settle(told(0.7));
        Ledger::new(folder.store(), Arc::clone(&first)).close().await;
        let key = Key::Budget { day: first.day() };
        for body in ["{", r#"{"booked":-5}"#, ""] {
            store.delete(&key).await.unwrap();
            if !body.is_empty() {
                store.put(&key, body.as_bytes().to_vec(), crate::store::Condition::Absent).await.unwrap();
            }
            let other = Arc::new(Spend::apart(&config(1.0, 0.0), &clock, Some(folder.store())));
            assert!(other.book(&call(Lane::Interactive, None, 0.4, 0.4), WAIT).await.is_err(), "{body:?}");
            drop(other.book(&call(Lane::Interactive, None, 0.2, 0.2), WAIT).await.unwrap());
        }
    }

    #[tokio::test]
    async fn a_call_that_outlasts_its_day_is_paid_by_the_day_it_began_on() {
        let (spend, clock) = spend(1.0, 0.0);
        let charge = spend.book(&call(Lane::Interactive, None, 0.9, 0.9), WAIT).await.unwrap();
        forward(&clock, 2);
        charge.settle(told(0.9));
        assert_eq!(spend.this_process().total.calls, 0);
        assert!(spend.book(&call(Lane::Interactive, None, 0.9, 0.9), WAIT).await.is_ok());
        assert_eq!(spend.take_unwritten().first().unwrap().1.total.nanos, nanos(0.9));
    }

    #[tokio::test]
    async fn amounts_at_the_end_of_the_numbers_neither_wrap_nor_panic() {
        let (capped, _) = spend(1.0, 1.0);
        let huge = |lane| CallCost { cost: Nanos::MAX, most: Nanos::MAX, ..call(lane, Some("j"), 0.0, 0.0) };
        assert!(capped.book(&huge(Lane::Updates), WAIT).await.is_err());
        let (free, _) = spend(0.0, 0.0);
        for _ in 0..3 {
            let charge = free.book(&huge(Lane::Updates), WAIT).await.unwrap();
            let usage = Usage {
                input_tokens: u64::MAX,
                cached_tokens: u64::MAX,
                output_tokens: u64::MAX,
                ..Usage::default()
            };
            charge.settle(Told::Usage { model: "m", usage, cost: Nanos::MAX });
        }
        free.balance(false).await.unwrap();
        let total = free.this_process().total;
        assert_eq!((total.calls, total.nanos, total.usage.input_tokens), (3, Nanos::MAX, u64::MAX));
        // A price that overflows one call reaches the cap, and stops there.
        let charge = capped.book(&call(Lane::Interactive, None, 0.1, 0.1), WAIT).await.unwrap();
        charge.settle(Told::Usage { model: "m", usage: Usage::default(), cost: Nanos::MAX });
        assert!(capped.book(&call(Lane::Interactive, None, 0.1, 0.1), WAIT).await.is_err());
    }

    #[test]
    fn amounts_are_exact_to_the_billionth_and_never_negative() {
        assert_eq!((nanos(0.000_000_25), nanos(-1.0), nanos(f64::NAN)), (250, 0, 0));
        assert!((amount(nanos(12.345_678_9)) - 12.345_678_9).abs() < 1e-9);
    }
}
