//! `skuscribe jobs`: how far bulk work is, and whether it goes on.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::json;

use super::progress::{Meter, thousands};
use super::terminal::{Columns, cut, printable};
use crate::clock::Clock;
use crate::config::Config;
use crate::jobs::{
    Job, JobProgress, JobState, JobTally, Steering, finished, progress, read, retry_failed, steer, tallies,
    tally,
};
use crate::store::{ContentStore, Key, SetAside, keys};
use skuscribe_check::content::Outcome;
use skuscribe_check::content::money::amount;

/// Most jobs that are listed.
const LISTED_MAX: usize = 100_000;
/// Reasons that are shown beside an outcome.
const REASONS_SHOWN: usize = 3;

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
    /// How far a job is, how fast it goes, what waits and why, what it cost and will cost.
    Show {
        /// Its id.
        id: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Send its messages away until it is resumed; what is being written is finished.
    Pause {
        #[command(flatten)]
        which: SteeredJob,
    },
    /// Let a paused job go on; its messages are back within five seconds.
    Resume {
        #[command(flatten)]
        which: SteeredJob,
    },
    /// Process no more of it.
    Cancel {
        #[command(flatten)]
        which: SteeredJob,
    },
    /// Ask again for the tasks that failed.
    RetryFailed {
        /// Its id.
        id: String,
    },
}

/// A job that is steered, and who does it.
#[derive(Debug, Args)]
struct SteeredJob {
    /// Its id.
    id: String,
    /// Who does it.
    #[arg(long, env = "SKUSCRIBE_BY", default_value = "", value_name = "NAME")]
    by: String,
}

impl SteeredJob {
    fn named(&self) -> (&str, &str) {
        (&self.id, &self.by)
    }
}

pub(super) async fn run(config: Config, args: JobsArgs) -> anyhow::Result<ExitCode> {
    let store = crate::store::open(&config.store).await?;
    let aside = SetAside::default();
    match args.action {
        JobsAction::List { json } => list(&*store, json, &aside).await?,
        JobsAction::Show { id, json } => show(&config, &*store, &id, json, &aside).await?,
        JobsAction::Pause { which } => set(&*store, which.named(), Steering::Pause).await?,
        JobsAction::Resume { which } => set(&*store, which.named(), Steering::Resume).await?,
        JobsAction::Cancel { which } => set(&*store, which.named(), Steering::Cancel).await?,
        JobsAction::RetryFailed { id } => retry(&config, &store, &id, &aside).await?,
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
    store: &dyn ContentStore,
    id: &str,
    as_json: bool,
    aside: &SetAside,
) -> anyhow::Result<()> {
    let job = job(store, id).await?;
    let tally = tally(store, &job, aside).await?;
    let job = finished(store, job, &tally).await?;
    let progress = progress(store, config, &job, &tally, Clock::System.now(), aside).await?;
    if as_json {
        let outcomes: serde_json::Map<String, serde_json::Value> =
            tally.outcomes.iter().map(|(outcome, count)| (outcome.to_string(), json!(count))).collect();
        println!(
            "{}",
            json!({
                "job": job, "outcomes": outcomes, "done": tally.done(), "left": progress.left,
                "failed": tally.failed, "failures": tally.failures, "held_by": tally.held_by,
                "rate_per_minute": progress.rate_per_minute, "eta": progress.eta, "waits": progress.waits,
                "workers": progress.workers, "as_of": tally.as_of, "cost": amount(progress.spent),
                "forecast": progress.forecast.map(amount), "currency": config.quota.currency
            })
        );
        return Ok(());
    }
    print(config, &job, &tally, &progress);
    Ok(())
}

fn print(config: &Config, job: &Job, tally: &JobTally, progress: &JobProgress) {
    println!("job {}  {}", job.id, job.state.as_str());
    println!("  asked for by {} at {:.0}: {}", job.by, job.created_at, cut(&job.selection, 120));
    if let Some(note) = &job.note {
        println!("  note: {}", printable(note));
    }
    let share = tally.done() as f64 / job.tasks.max(1) as f64 * 100.0;
    println!(
        "  {} of {} tasks have their outcome ({share:.1} %)",
        thousands(tally.done()),
        thousands(job.tasks)
    );
    let mut columns = Columns::new(2, &[1]);
    for (outcome, count) in &tally.outcomes {
        let why = match outcome {
            Outcome::Held => most(&tally.held_by),
            Outcome::Failed => most(&tally.failures),
            _ => String::new(),
        };
        columns.row([outcome.to_string(), thousands(*count), why]);
    }
    print!("{columns}");
    let currency = &config.quota.currency;
    if progress.spent > 0 {
        let forecast = progress.forecast.filter(|_| progress.left > 0);
        let forecast = forecast.map(|all| format!("; {:.4} in the end, at that rate", amount(all)));
        println!("  spent {:.4} {currency}{}", amount(progress.spent), forecast.unwrap_or_default());
    }
    if let Some(rate) =
        progress.rate_per_minute.filter(|_| progress.left > 0 && job.state == JobState::Running)
    {
        println!("  {rate:.1} tasks a minute");
    }
    if let Some(eta) = &progress.eta {
        println!("  done at about {:.0}, {}", eta.at, eta.by.words());
    }
    for wait in &progress.waits {
        println!("  waits: {}", printable(wait));
    }
    if progress.left > 0 {
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

/// The most frequent reasons.
fn most(reasons: &BTreeMap<String, u64>) -> String {
    let mut reasons: Vec<_> = reasons.iter().collect();
    reasons.sort_by_key(|(_, count)| Reverse(**count));
    let shown = reasons.iter().take(REASONS_SHOWN);
    shown.map(|(reason, count)| format!("{count} {}", cut(reason, 100))).collect::<Vec<_>>().join(", ")
}

async fn set(store: &dyn ContentStore, (id, by): (&str, &str), steering: Steering) -> anyhow::Result<()> {
    let after = steer(store, id, steering, by, Clock::System.now()).await?;
    println!("job {id} is {}; workers know within two seconds", after.state.as_str());
    Ok(())
}

async fn retry(
    config: &Config,
    store: &Arc<dyn ContentStore>,
    id: &str,
    aside: &SetAside,
) -> anyhow::Result<()> {
    let (mut meter, started) = (Meter::new("publishing", None), Instant::now());
    let mut confirmed = |sent| meter.show(sent, started.elapsed(), String::new);
    let sent = retry_failed(&config.broker, store, id, Clock::System.now(), aside, &mut confirmed).await;
    meter.finish();
    let (tasks, messages) = sent?;
    if tasks == 0 {
        println!("nothing of job {id} failed");
        return Ok(());
    }
    println!("{tasks} tasks of {messages} products asked for again");
    // Their dead letters stay until somebody drops them: they say what was wrong.
    println!("skuscribe dead drop --id-prefix {id} takes out what is left of the failed ones");
    Ok(())
}
