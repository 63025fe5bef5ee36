//! How a job goes: its rate, when it will be done by the quota and the money that are left, and what waits and why.

use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::money::{Money, caps, money, share};
use super::waits::{of_caps, of_workers, stopped};
use super::{Job, JobState, JobTally};
use crate::clock::today;
use crate::config::Config;
use crate::lane::Lane;
use crate::store::workers::{WorkerReport, living};
use crate::store::{ContentStore, SetAside, StoreError};
use skuscribe_check::content::money::Nanos;

/// The rate of a shorter time says little.
const RATE_OVER_MIN: SignedDuration = SignedDuration::from_secs(10);
/// For how long before the newest event outcomes count for the rate.
const RATE_OVER: SignedDuration = SignedDuration::from_mins(5);
/// A job without an outcome for so long stands still.
const NO_OUTCOME_FOR: SignedDuration = SignedDuration::from_mins(2);
/// Most days that are looked ahead.
const DAYS_MAX: u64 = 3_650;

/// What decides when a job will be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EtaBy {
    /// The rate of the last minutes.
    Rate,
    /// `model.requests_per_minute`.
    RequestsPerMinute,
    /// `model.tokens_per_minute`.
    TokensPerMinute,
    /// The money that is left of `quota.spend_per_day` or `quota.spend_per_job`.
    Budget,
}

impl EtaBy {
    /// By what it is known, in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Rate => "at the rate of the last minutes",
            Self::RequestsPerMinute => "at model.requests_per_minute",
            Self::TokensPerMinute => "at model.tokens_per_minute",
            Self::Budget => "by the money that is left of each day",
        }
    }
}

/// When a job will be done, as far as that can be told.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Eta {
    /// When.
    pub at: Timestamp,
    /// By what: of several limits the one that takes longest.
    pub by: EtaBy,
}

/// How a job goes.
#[derive(Clone, Debug, Serialize)]
pub struct JobProgress {
    /// Tasks without an outcome.
    pub left: u64,
    /// Outcomes in a minute, over the last five; `None` where there were none for two.
    pub rate_per_minute: Option<f64>,
    /// When it will be done; `None` where it is not going on, or nothing is known yet.
    pub eta: Option<Eta>,
    /// What it has cost.
    pub spent: Nanos,
    /// What it will have cost in the end, where its tasks go on costing what they did.
    pub forecast: Option<Nanos>,
    /// Why it waits, in words; empty where nothing is known to be in its way.
    pub waits: Vec<String>,
    /// Workers that live and consume its lane.
    pub workers: usize,
}

/// Looks at everything that a job depends on. Objects that cannot be read are set aside.
///
/// # Errors
/// When the store does not answer.
pub async fn progress(
    store: &dyn ContentStore,
    config: &Config,
    job: &Job,
    tally: &JobTally,
    now: Timestamp,
    aside: &SetAside,
) -> Result<JobProgress, StoreError> {
    let money = money(store, job, now, aside).await?;
    let workers = living(store, now, aside).await?;
    let workers: Vec<&WorkerReport> =
        workers.iter().filter(|worker| worker.lanes.contains(&Lane::Backfill)).collect();
    let (done, left) = (tally.done(), job.tasks.saturating_sub(tally.done()));
    let goes_on = job.state == JobState::Running && left > 0;
    let rate = rate(job, tally, now);
    let forecast = (done > 0 && money.spent > 0).then(|| match job.state {
        JobState::Cancelled => money.spent,
        _ => share(money.spent, job.tasks.max(done), done),
    });
    let mut waits = Vec::new();
    if left > 0 {
        waits.extend(stopped(job));
    }
    if goes_on {
        waits.extend(of_caps(config, &money));
        waits.extend(of_workers(job, &workers, now));
        if let Some(newest) = tally.newest.filter(|_| rate.is_none()) {
            waits.push(format!("no outcome since {newest:.0}"));
        }
    }
    Ok(JobProgress {
        left,
        rate_per_minute: rate,
        eta: goes_on.then(|| eta(config, &money, (done, left), rate, now)).flatten(),
        spent: money.spent,
        forecast,
        waits,
        workers: workers.len(),
    })
}

/// Outcomes in a minute, over the time before the newest event; `None` where there were none for a while.
fn rate(job: &Job, tally: &JobTally, now: Timestamp) -> Option<f64> {
    let as_of = tally.as_of?;
    if now.duration_since(tally.newest?) > NO_OUTCOME_FOR {
        return None;
    }
    let over = as_of.duration_since(job.created_at).min(RATE_OVER).max(RATE_OVER_MIN);
    (tally.recent > 0).then(|| tally.recent as f64 / (over.as_secs_f64() / 60.0))
}

/// When it will be done: of the limits that are known the one that takes longest.
fn eta(
    config: &Config,
    money: &Money,
    (done, left): (u64, u64),
    rate: Option<f64>,
    now: Timestamp,
) -> Option<Eta> {
    let each = |count: u64| count as f64 / done.max(1) as f64 * left as f64;
    let minutes = |count: f64, limit: u64| (limit > 0 && count > 0.0).then(|| count / limit as f64);
    let later = |minutes: f64| {
        #[expect(clippy::cast_possible_truncation, reason = "whole seconds; what is too far is left out")]
        let seconds = (minutes * 60.0).ceil() as i64;
        now.checked_add(SignedDuration::from_secs(seconds)).ok()
    };
    let model = &config.model;
    let by_quota = [
        (rate.map(|rate| left as f64 / rate), EtaBy::Rate),
        (minutes(each(money.calls), model.requests_per_minute), EtaBy::RequestsPerMinute),
        (minutes(each(money.tokens), model.tokens_per_minute), EtaBy::TokensPerMinute),
    ];
    let known = by_quota.into_iter().filter_map(|(minutes, by)| Some(Eta { at: later(minutes?)?, by }));
    let by_money = by_money(config, money, (done, left), now).map(|at| Eta { at, by: EtaBy::Budget });
    known.chain(by_money).max_by_key(|eta| eta.at)
}

/// The day on which the money suffices; `None` where today's does, or nothing is capped.
fn by_money(config: &Config, money: &Money, (done, left): (u64, u64), now: Timestamp) -> Option<Timestamp> {
    let needed = share(money.spent, left, done);
    let [(day_cap, day_left), (job_cap, job_left)] = caps(config, money);
    let (cap, left_today) = match (day_cap > 0, job_cap > 0) {
        (false, false) => return None,
        (true, false) => (day_cap, day_left),
        (false, true) => (job_cap, job_left),
        (true, true) => (day_cap.min(job_cap), day_left.min(job_left)),
    };
    let beyond = needed.saturating_sub(left_today);
    if done == 0 || needed == 0 || beyond <= 0 {
        return None;
    }
    let days = u64::try_from(beyond / cap.max(1)).unwrap_or(DAYS_MAX).min(DAYS_MAX);
    let day = today(now).checked_add(jiff::Span::new().days(i64::try_from(days).ok()?)).ok()?;
    midnight_after(day)
}

fn midnight_after(day: Date) -> Option<Timestamp> {
    Offset::UTC.to_timestamp(day.tomorrow().ok()?.at(0, 0, 0, 0)).ok()
}

#[cfg(test)]
mod tests {
    use skuscribe_check::content::money::nanos;

    use super::*;
    use crate::jobs::JobRequest;
    use crate::store::workers::JobWait;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn job(tasks: u64) -> Job {
        let request = JobRequest {
            by: "ann".into(),
            selection: "sku:*".into(),
            recipes: vec![],
            force: true,
            note: None,
        };
        let job = Job::new("j1".into(), request, (tasks, tasks), at("2026-03-01T10:00:00Z")).unwrap();
        Job { published: tasks, ..job }
    }

    fn money(spent: f64, calls: u64, booked: f64) -> Money {
        Money {
            spent: nanos(spent),
            calls,
            tokens: calls * 1_000,
            booked: nanos(booked),
            booked_of_job: nanos(spent),
        }
    }

    #[test]
    fn the_eta_is_that_of_the_limit_which_takes_longest() {
        let now = at("2026-03-01T12:00:00Z");
        let mut config = Config::defaults().unwrap();
        let check = |config: &Config, money: &Money, rate, expected: &str| {
            let found = eta(config, money, (100, 300), rate, now);
            let found = found.map(|eta| format!("{:.0} {:?}", eta.at, eta.by));
            assert_eq!(found.as_deref(), Some(expected).filter(|text| !text.is_empty()));
        };
        (config.model.requests_per_minute, config.model.tokens_per_minute) = (0, 0);
        check(&config, &money(0.0, 100, 0.0), None, "");
        check(&config, &money(0.0, 100, 0.0), Some(10.0), "2026-03-01T12:30:00Z Rate");
        config.model.requests_per_minute = 5;
        check(&config, &money(0.0, 100, 0.0), Some(10.0), "2026-03-01T13:00:00Z RequestsPerMinute");
        config.model.tokens_per_minute = 2_500;
        check(&config, &money(0.0, 100, 0.0), Some(10.0), "2026-03-01T14:00:00Z TokensPerMinute");
        // 300 tasks cost 6; today leaves 1 of the 2 that backfill may spend a day: two more whole days, and a part.
        config.quota.spend_per_day = 4.0;
        config.quota.spend_shares = [(Lane::Backfill, 0.5)].into();
        check(&config, &money(2.0, 100, 1.0), Some(10.0), "2026-03-04T00:00:00Z Budget");
        check(&config, &money(0.2, 100, 1.0), Some(10.0), "2026-03-01T14:00:00Z TokensPerMinute");
    }

    #[test]
    fn what_is_in_the_way_is_said_in_words() {
        let mut config = Config::defaults().unwrap();
        config.quota.spend_per_day = 4.0;
        config.quota.spend_shares = [(Lane::Backfill, 0.5)].into();
        let said = of_caps(&config, &money(2.0, 100, 1.99));
        assert!(said[0].starts_with("cap reached until 00:00 UTC: 1.9900 of the 2.0000"), "{said:?}");
        assert!(of_caps(&config, &money(2.0, 100, 1.5)).is_empty());
        let now = at("2026-03-01T12:00:00Z");
        let mut paused = job(10);
        (paused.state, paused.state_by) = (JobState::Paused, Some("bob".into()));
        paused.state_at = Some(now);
        let said = stopped(&paused).unwrap();
        assert!(
            said.starts_with("paused by bob at 2026-03-01T12:00:00Z; `skuscribe jobs resume j1`"),
            "{said}"
        );
        assert!(of_workers(&job(10), &[], now)[0].contains("start `skuscribe worker`"));
        let wait = |at: Timestamp| JobWait { reason: "generate: 429".into(), at, messages: 3 };
        let report = |minutes: i64| WorkerReport {
            schema: "worker.v1".into(),
            process: "w".into(),
            at: now,
            lanes: vec![Lane::Backfill],
            in_flight: 1,
            paused: [(Lane::Backfill, "no money".to_owned())].into(),
            waits: [("j1".to_owned(), wait(now - SignedDuration::from_mins(minutes)))].into(),
        };
        let (new, old) = (report(1), report(11));
        let said = of_workers(&job(10), &[&new, &new], now);
        assert_eq!(said.len(), 2, "what two workers say is said once: {said:?}");
        assert!(said[1].ends_with("generate: 429"), "{said:?}");
        assert_eq!(of_workers(&job(10), &[&old], now).len(), 1);
    }
}
