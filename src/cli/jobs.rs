//! `skuscribe jobs`: how far bulk work is, and whether it goes on.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use clap::{Args, Subcommand};
use serde_json::json;

use super::progress::thousands;
use super::terminal::{Columns, cut};
use crate::broker::{Link, Publisher};
use crate::clock::Clock;
use crate::clock::today;
use crate::config::Config;
use crate::feed::Feed;
use crate::jobs::{Job, JobState, JobTally, change, finished, message_id, read, tallies, tally};
use crate::limits::ledger;
use crate::store::{ContentStore, Key, SetAside, keys};
use skuscribe_check::content::money::amount;
use skuscribe_check::product::{Locale, Sku};

/// Most jobs that are listed.
const LISTED_MAX: usize = 100_000;

#[derive(Debug, Args)]
pub(super) struct JobsArgs {
    #[command(subcommand)]
    action: JobsAction,
}

#[derive(Debug, Subcommand)]
enum JobsAction {
    /// Every job, the newest last.
    List {
        /// Print JSONL.
        #[arg(long)]
        json: bool,
    },
    /// How far a job is, and what it cost.
    Show {
        /// Its id.
        id: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Send its messages away until it is resumed; what is being written is finished.
    Pause {
        /// Its id.
        id: String,
    },
    /// Let a paused job go on; its messages are back within two minutes.
    Resume {
        /// Its id.
        id: String,
    },
    /// Process no more of it.
    Cancel {
        /// Its id.
        id: String,
    },
    /// Ask again for the tasks that failed.
    RetryFailed {
        /// Its id.
        id: String,
    },
}

pub(super) async fn run(config: Config, args: JobsArgs) -> anyhow::Result<ExitCode> {
    let store = crate::store::open(&config.store).await?;
    let aside = SetAside::default();
    match args.action {
        JobsAction::List { json } => list(&*store, json, &aside).await?,
        JobsAction::Show { id, json } => show(&config, &store, &id, json, &aside).await?,
        JobsAction::Pause { id } => set(&*store, &id, JobState::Paused, &[JobState::Running]).await?,
        JobsAction::Resume { id } => set(&*store, &id, JobState::Running, &[JobState::Paused]).await?,
        JobsAction::Cancel { id } => {
            set(&*store, &id, JobState::Cancelled, &[JobState::Running, JobState::Paused]).await?;
        }
        JobsAction::RetryFailed { id } => retry_failed(&config, &store, &id, &aside).await?,
    }
    Ok(super::done(&aside))
}

async fn job(store: &dyn ContentStore, id: &str) -> anyhow::Result<Job> {
    let found = read(store, id).await?;
    Ok(found.with_context(|| format!("there is no job {id:?}; see `skuscribe jobs list`"))?.0)
}

async fn list(store: &dyn ContentStore, as_json: bool, aside: &SetAside) -> anyhow::Result<()> {
    let mut jobs = Vec::new();
    for key in keys(store, "jobs/", LISTED_MAX, aside).await? {
        let Key::Job { id } = key else { continue };
        jobs.extend(aside.skip(read(store, &id).await)?.map(|(job, _)| job));
    }
    let tallies = tallies(store, &jobs, aside).await?;
    let mut columns = Columns::new(0, &[2, 3, 4]);
    if !as_json && !jobs.is_empty() {
        columns.row(["JOB", "STATE", "PRODUCTS", "TASKS", "DONE", "BY", "SELECTION"]);
    }
    for (job, tally) in jobs.into_iter().zip(&tallies) {
        let job = finished(store, job, tally).await?;
        if as_json {
            println!("{}", serde_json::to_string(&job)?);
        } else {
            columns.row([
                cut(&job.id, 64),
                job.state.as_str().to_owned(),
                thousands(job.messages),
                thousands(job.tasks),
                thousands(tally.done()),
                cut(&job.by, 16),
                cut(&job.selection, 80),
            ]);
        }
    }
    print!("{columns}");
    Ok(())
}

async fn show(
    config: &Config,
    store: &Arc<dyn ContentStore>,
    id: &str,
    as_json: bool,
    aside: &SetAside,
) -> anyhow::Result<()> {
    let job = job(&**store, id).await?;
    let tally = tally(&**store, &job, aside).await?;
    let job = finished(&**store, job, &tally).await?;
    let spent = spent(&**store, &job, aside).await?;
    if as_json {
        let outcomes: serde_json::Map<String, serde_json::Value> =
            tally.outcomes.iter().map(|(outcome, count)| (outcome.to_string(), json!(count))).collect();
        println!(
            "{}",
            json!({
                "job": job, "outcomes": outcomes, "done": tally.done(), "failed": tally.failed, "cost": amount(spent),
                "currency": config.quota.currency
            })
        );
        return Ok(());
    }
    print(config, &job, &tally, spent);
    Ok(())
}

fn print(config: &Config, job: &Job, tally: &JobTally, spent: i64) {
    println!("job {}  {}", job.id, job.state.as_str());
    println!("  asked for by {} at {:.0}: {}", job.by, job.created_at, cut(&job.selection, 120));
    let share = tally.done() as f64 / job.tasks.max(1) as f64 * 100.0;
    println!(
        "  {} of {} tasks have their outcome ({share:.1} %)",
        thousands(tally.done()),
        thousands(job.tasks)
    );
    let mut columns = Columns::new(2, &[1]);
    for (outcome, count) in &tally.outcomes {
        columns.row([outcome.to_string(), thousands(*count)]);
    }
    print!("{columns}");
    if spent > 0 {
        println!("  spent {:.4} {}", amount(spent), config.quota.currency);
    }
    if tally.done() < job.tasks {
        match tally.as_of {
            Some(as_of) => println!(
                "  counted from the change feed, whose newest event is of {as_of:.0}; skuscribe feed brings it up to date"
            ),
            None => println!(
                "  nothing of it is in the change feed yet: outcomes are counted from it, so start skuscribe feed"
            ),
        }
    }
    for (sku, locale) in tally.failed.iter().take(10) {
        println!("  failed: {sku} in {locale}");
    }
    if tally.failed.len() > 10 {
        println!("  … and {} more; skuscribe dead list says why", tally.failed.len() - 10);
    }
}

/// What a job spent, over the days since it was made.
async fn spent(store: &dyn ContentStore, job: &Job, aside: &SetAside) -> anyhow::Result<i64> {
    let (mut day, last) = (today(job.created_at), today(Clock::System.now()));
    let mut nanos: i64 = 0;
    while day <= last {
        let spend = ledger::read_day(store, day, aside).await?;
        nanos = nanos.saturating_add(spend.jobs.get(&job.id).map_or(0, |sum| sum.nanos));
        day = day.tomorrow()?;
    }
    Ok(nanos)
}

async fn set(store: &dyn ContentStore, id: &str, to: JobState, from: &[JobState]) -> anyhow::Result<()> {
    let before = job(store, id).await?;
    ensure!(
        before.state == to || from.contains(&before.state),
        "job {id} is {}, so it cannot become {}",
        before.state.as_str(),
        to.as_str()
    );
    let after = change(store, id, |job| {
        if from.contains(&job.state) {
            job.state = to;
        }
    });
    let Some(after) = after.await? else { bail!("job {id} is gone") };
    println!("job {id} is {}; workers know within two seconds", after.state.as_str());
    Ok(())
}

async fn retry_failed(
    config: &Config,
    store: &Arc<dyn ContentStore>,
    id: &str,
    aside: &SetAside,
) -> anyhow::Result<()> {
    let before = job(&**store, id).await?;
    ensure!(before.state != JobState::Cancelled, "job {id} is cancelled");
    let failed = tally(&**store, &before, aside).await?.failed;
    if failed.is_empty() {
        println!("nothing of job {id} failed");
        return Ok(());
    }
    let publisher = Publisher::patient(Link::from_config(&config.broker), "skuscribe-jobs");
    publisher.declare().await?;
    Feed::new(Link::from_config(&config.broker), Arc::clone(store)).subscribe().await?;
    let raised = change(&**store, id, |job| {
        job.rounds += 1;
        job.state = JobState::Running;
    });
    let Some(job) = raised.await? else { bail!("job {id} is gone") };
    let mut by_sku: std::collections::BTreeMap<&Sku, Vec<&Locale>> = std::collections::BTreeMap::new();
    for (sku, locale) in &failed {
        by_sku.entry(sku).or_default().push(locale);
    }
    let messages = by_sku.iter().map(|(sku, locales)| {
        let id = message_id(&job.id, job.rounds, sku.as_str());
        let body = json!({
            "id": id, "type": "content.requested", "occurred_at": Clock::System.now().to_string(),
            "product": { "sku": sku }, "locales": locales, "recipes": job.recipes, "job": job.id, "force": job.force
        });
        (id, body)
    });
    let sent = super::regenerate::send_all(&publisher, config, messages.collect()).await;
    publisher.close().await;
    let sent = sent.context("part of what failed was not published; ask again with the same command")?;
    println!("{} tasks of {sent} products asked for again", failed.len());
    // Their dead letters stay until somebody drops them: they say what was wrong.
    println!("skuscribe dead drop --id-prefix {id} takes out what is left of the failed ones");
    Ok(())
}
