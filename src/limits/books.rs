//! What this process spent and booked, day by day, and the caps that it is held against. No IO.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;

use super::budget::{Account, GiveBack, Grant, GrantOf, Slice, SliceOf};
use super::charge::CallCost;
use super::day_spend::{Billing, DaySpend, Sum};
use crate::config::quota::QuotaConfig;
use crate::lane::Lane;
use skuscribe_check::content::money::{Nanos, amount, nanos};

/// For calls to come a process books what it took between the last two rounds of the ledger, so often.
const ROUNDS_AHEAD: Nanos = 3;

/// How much may be spent.
#[derive(Clone, Debug, Default)]
pub(super) struct Caps {
    pub(super) day: Nanos,
    pub(super) job: Nanos,
    shares: BTreeMap<Lane, f64>,
}

impl Caps {
    pub(super) fn new(config: &QuotaConfig) -> Self {
        Self {
            day: nanos(config.spend_per_day),
            job: nanos(config.spend_per_job),
            shares: config.spend_shares.clone(),
        }
    }

    /// The day's cap for a lane; 0 for none.
    pub(super) fn day(&self, lane: Lane) -> Nanos {
        nanos(amount(self.day) * self.shares.get(&lane).copied().unwrap_or(1.0))
    }
}

/// What this process spent and booked.
#[derive(Debug, Default)]
pub(super) struct Books {
    pub(super) caps: Caps,
    pub(super) day: Date,
    days: BTreeMap<Date, DayBooks>,
    /// What a call of a lane was expected to cost that the day's cap left too little for.
    capped: BTreeMap<Lane, Nanos>,
}

/// One day's.
#[derive(Debug, Default)]
struct DayBooks {
    spend: DaySpend,
    account: Account,
    jobs: BTreeMap<Arc<str>, Account>,
    /// Calls that are reserved or under way.
    in_flight: u64,
    /// Whether something is not in the ledger yet.
    dirty: bool,
    /// What calls took since the last round of the ledger, and in the round before.
    recent: Nanos,
    round: Nanos,
}

impl DayBooks {
    fn is_over(&self) -> bool {
        let balanced = self.account.slack() == 0 && self.jobs.values().all(|job| job.slack() == 0);
        balanced && !self.dirty && self.in_flight == 0
    }

    fn use_up(&mut self, job: Option<&Arc<str>>, amount: Nanos) {
        self.account.used = self.account.used.saturating_add(amount);
        if let Some(job) = job {
            let account = self.jobs.entry(Arc::clone(job)).or_default();
            account.used = account.used.saturating_add(amount);
        }
    }
}

impl Books {
    pub(super) fn new(caps: Caps, day: Date) -> Self {
        Self { caps, day, ..Self::default() }
    }

    /// Another day begins; what belongs to the last one stays until it is written down and given back.
    pub(super) fn turn_to(&mut self, day: Date) {
        self.day = day;
        self.capped.clear();
    }

    fn of(&mut self, day: Date) -> &mut DayBooks {
        self.days.entry(day).or_default()
    }

    /// Reserves what a call can cost out of what is booked already, if all of it is; gives how much that is.
    pub(super) fn reserve(&mut self, cost: &CallCost) -> Option<Nanos> {
        let (day, day_cap, job_cap) = (self.day, self.caps.day(cost.billing.lane), self.caps.job);
        let books = self.of(day);
        let mut room = books.account.slack().min(books.account.room(day_cap));
        if let Some(job) = &cost.billing.job {
            let account = books.jobs.get(job).copied().unwrap_or_default();
            room = room.min(account.slack()).min(account.room(job_cap));
        }
        // What costs nothing needs no account.
        (cost.most <= room.max(0)).then(|| self.reserve_unbooked(cost, cost.most))
    }

    /// Reserves this much for a call, whether it is booked or not.
    pub(super) fn reserve_unbooked(&mut self, cost: &CallCost, amount: Nanos) -> Nanos {
        let day = self.day;
        let books = self.of(day);
        books.in_flight += 1;
        books.use_up(cost.billing.job.as_ref(), amount);
        amount
    }

    /// The slice that is to be booked for a call, and for as many like it as wait. What is booked and free is
    /// claimed for it, and what was spent beyond what is booked is booked with it.
    pub(super) fn slice(&mut self, cost: &CallCost, waiting: usize) -> Slice {
        let (day, day_cap, job_cap) = (self.day, self.caps.day(cost.billing.lane), self.caps.job);
        let books = self.of(day);
        let waiting = Nanos::try_from(waiting).unwrap_or(Nanos::MAX);
        let ahead =
            books.round.saturating_mul(ROUNDS_AHEAD).saturating_add(cost.most.saturating_mul(waiting));
        let claim = |account: &mut Account, cap| {
            let claimed = account.slack().min(cost.most.max(0));
            account.used = account.used.saturating_add(claimed);
            SliceOf { claimed, cap }
        };
        let job = cost
            .billing
            .job
            .as_ref()
            .map(|job| (Arc::clone(job), claim(books.jobs.entry(Arc::clone(job)).or_default(), job_cap)));
        let of_day = claim(&mut books.account, day_cap);
        Slice { least: cost.cost, most: cost.most, ahead, day: of_day, job }
    }

    /// Takes note of a slice that was booked; the call is reserved with it.
    pub(super) fn granted(&mut self, day: Date, slice: &Slice, grant: &Grant) {
        let books = self.of(day);
        books.in_flight += 1;
        let note = |account: &mut Account, slice: &SliceOf, of: GrantOf| {
            account.granted = account.granted.saturating_add(of.more);
            account.used = account.used.saturating_add(grant.call.saturating_sub(slice.claimed));
            account.all = of.all;
        };
        note(&mut books.account, &slice.day, grant.day);
        if let Some((name, job)) = &slice.job {
            note(books.jobs.entry(Arc::clone(name)).or_default(), job, grant.job);
        }
    }

    /// Gives back what was claimed for a slice that was not booked; `all` is what all booked, where it is known.
    pub(super) fn refused(&mut self, day: Date, slice: &Slice, all: Option<Nanos>) {
        let books = self.of(day);
        books.account.used = books.account.used.saturating_sub(slice.day.claimed);
        if let Some(all) = all {
            books.account.all = all;
        }
        if let Some((name, job)) = &slice.job {
            let account = books.jobs.entry(Arc::clone(name)).or_default();
            account.used = account.used.saturating_sub(job.claimed);
        }
    }

    /// A call is over that was reserved this much: accounts what it cost, if it was made.
    pub(super) fn settle(
        &mut self,
        day: Date,
        billing: &Billing,
        reserved: Nanos,
        made: Option<(&str, &Sum)>,
    ) {
        let books = self.of(day);
        books.in_flight = books.in_flight.saturating_sub(1);
        let cost = made.map_or(0, |(_, sum)| sum.nanos);
        books.use_up(billing.job.as_ref(), cost.saturating_sub(reserved));
        if let Some((model, sum)) = made {
            books.recent = books.recent.saturating_add(cost);
            books.spend.note(billing, model, sum);
            books.dirty = true;
        }
    }

    /// Whether calls of today are reserved or under way.
    pub(super) fn is_in_flight(&self) -> bool {
        self.days.get(&self.day).is_some_and(|books| books.in_flight > 0)
    }

    /// Notes that a lane reached the day's cap.
    pub(super) fn cap(&mut self, lane: Lane, least: Nanos) {
        self.capped.insert(lane, least);
    }

    pub(super) fn is_capped(&self, lane: Lane) -> bool {
        self.capped.contains_key(&lane)
    }

    /// Lets all lanes resume.
    pub(super) fn uncap(&mut self) {
        self.capped.clear();
    }

    /// Lets lanes resume that a call can be made in by now; gives whether there are any.
    pub(super) fn resume(&mut self) -> bool {
        let account = self.days.get(&self.day).map(|books| books.account).unwrap_or_default();
        let (caps, before) = (&self.caps, self.capped.len());
        self.capped.retain(|lane, least| account.room(caps.day(*lane)) < *least);
        self.capped.len() < before
    }

    /// The days that there is something of.
    pub(super) fn days(&mut self) -> Vec<Date> {
        let today = self.day;
        self.days.retain(|day, books| *day == today || !books.is_over());
        self.days.keys().copied().collect()
    }

    /// What is given back of a day: what is booked ahead and not needed or, at the end, everything. `None` where
    /// nothing is, and nothing has to be known either.
    pub(super) fn give_back(&mut self, day: Date, all: bool) -> Option<GiveBack> {
        let is_today = day == self.day;
        let wants_to_know = is_today && !self.capped.is_empty();
        let books = self.of(day);
        books.round = std::mem::take(&mut books.recent);
        let keep = if all || !is_today { 0 } else { books.round.saturating_mul(ROUNDS_AHEAD) };
        let give = |account: &mut Account| {
            let slack = account.slack();
            // A little more or less is not worth the write.
            let back = if (0..=keep.saturating_mul(2)).contains(&slack) {
                0
            } else {
                slack - keep.min(slack.max(0))
            };
            account.granted = account.granted.saturating_sub(back);
            back
        };
        let mut back = GiveBack { day: give(&mut books.account), jobs: Vec::new() };
        for (job, account) in &mut books.jobs {
            let of_job = give(account);
            if of_job != 0 {
                back.jobs.push((Arc::clone(job), of_job));
            }
        }
        books.jobs.retain(|_, account| account.slack() != 0);
        (!back.is_empty() || wants_to_know).then_some(back)
    }

    /// Takes note of what all booked.
    pub(super) fn saw(&mut self, day: Date, all: Nanos) {
        self.of(day).account.all = all;
    }

    /// What was spent and not booked is still to be booked. What was given back stays so: the store may have
    /// heard of it.
    pub(super) fn not_given_back(&mut self, day: Date, back: &GiveBack) {
        let books = self.of(day);
        books.account.granted = books.account.granted.saturating_add(back.day.min(0));
        for (job, back) in &back.jobs {
            let account = books.jobs.entry(Arc::clone(job)).or_default();
            account.granted = account.granted.saturating_add((*back).min(0));
        }
    }

    /// The days to write to the ledger, with their whole sums; they count as written then.
    pub(super) fn take_unwritten(&mut self) -> Vec<(Date, DaySpend)> {
        let unwritten = self
            .days
            .iter_mut()
            .filter_map(|(day, books)| std::mem::take(&mut books.dirty).then(|| (*day, books.spend.clone())));
        unwritten.collect()
    }

    /// A day could not be written.
    pub(super) fn put_back_unwritten(&mut self, day: Date) {
        self.of(day).dirty = true;
    }

    /// What this process spent today.
    pub(super) fn spent(&self) -> DaySpend {
        self.days.get(&self.day).map(|books| books.spend.clone()).unwrap_or_default()
    }
}
