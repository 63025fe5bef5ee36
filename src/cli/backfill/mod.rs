//! `skuscribe backfill`: a whole catalog compared with the index; only what needs work is published.

mod chunk;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::index::tell_missed;
use super::progress::{Meter, thousands};
use super::terminal::Columns;
use crate::catalog::index::{BackfillTargets, IndexedLocale, Need, Planner, indexed, look_for, update_index};
use crate::catalog::{CatalogFile, CatalogReader, ReadOptions, Record, Refusal};
use crate::clock::Clock;
use crate::config::Config;
use crate::jobs::{Job, JobRequest, message_id, publish};
use crate::store::{ContentStore, SetAside};
use chunk::Chunk;
use skuscribe_check::product::{Digest, Locale, Sku};
use skuscribe_check::recipe::Recipe;

/// Lines that one core takes at a time.
const CHUNK: usize = 2_000;
/// Refused lines that are shown one by one; the others are counted.
const COMPLAINTS_SHOWN: u64 = 10;

#[derive(Debug, Args)]
pub(super) struct BackfillArgs {
    /// The whole catalog: a file of any format that enrich reads, `-`, <s3://bucket/key> or <https://…>.
    #[arg(long)]
    source: PathBuf,
    /// What the columns of the file hold, where their names do not say it (TOML).
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// Akeneo's attributes and attribute options (JSON), by whose labels codes in the file are read.
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// The channel whose values count, where the file has several; else the first.
    #[arg(long, value_name = "NAME")]
    scope: Option<String>,
    /// Locales that every product is to have, separated by commas.
    #[arg(long, value_delimiter = ',', value_name = "LOCALES")]
    locales: Vec<String>,
    /// Recipes that every product is to have, separated by commas.
    #[arg(long, value_delimiter = ',', value_name = "RECIPES")]
    recipes: Vec<String>,
    /// Delete what the index knows and the file does not, as long as it is no more than this share of the index; 0 deletes
    /// nothing. A file that was cut off must not empty the shop.
    #[arg(long, default_value_t = 0.0, value_name = "SHARE")]
    remove_up_to: f64,
    /// Show what would be published, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// Who asks.
    #[arg(long, env = "SKUSCRIBE_BY", default_value = "backfill")]
    by: String,
}

/// What a file asks for.
#[derive(Default)]
struct BackfillPlan {
    lines: u64,
    refused: u64,
    unchanged: u64,
    elsewhere: u64,
    needs: BTreeMap<Need, u64>,
    removed: Vec<Sku>,
    /// What the index does not know.
    unknown: BTreeMap<Locale, BTreeSet<Sku>>,
    messages: Vec<(String, Value)>,
    tasks: u64,
}

pub(super) async fn backfill(mut config: Config, args: BackfillArgs) -> anyhow::Result<ExitCode> {
    super::narrow(&mut config, &args.locales, &args.recipes)?;
    ensure!((0.0..=1.0).contains(&args.remove_up_to), "--remove-up-to {}: write 0 to 1", args.remove_up_to);
    let store = crate::store::open(&config.store).await?;
    let (started, aside) = (Instant::now(), SetAside::default());
    let updated = update_index(&*store, &aside).await?;
    if updated.segments > 0 {
        println!("index: {} segments of changes taken in", thousands(updated.segments));
    }
    let recipes = config.load_recipes()?;
    let mut locales = Vec::new();
    for locale in &config.recipes.locales {
        locales.push((locale.clone(), recipes.requested(&[], locale)?));
    }
    let now = Clock::System.now();
    let digest =
        Digest::of(&[args.source.display().to_string().as_bytes(), now.to_string().as_bytes()]).to_string();
    let id = format!("backfill-{}-{}", now.strftime("%Y%m%d-%H%M%S"), digest.get(..6).unwrap_or_default());
    let file = Arc::new(CatalogFile::fetch(&args.source, &config).await?);
    let read = ReadOptions {
        salt: id.clone(),
        force: false,
        map: args.map.clone(),
        labels: args.labels.clone(),
        scope: args.scope.clone(),
        ..ReadOptions::default()
    };
    let source = || CatalogReader::open(Arc::clone(&file), &read);
    let mut planner = planner(&*store, &locales, &aside).await?;
    let mut work = plan(&planner, source()?, &id).await?;
    let found = look_for(&*store, std::mem::take(&mut work.unknown), &aside).await?;
    if found.missed > 0 {
        tell_missed(&found);
        planner = self::planner(&*store, &locales, &aside).await?;
        work = plan(&planner, source()?, &id).await?;
    }
    let known = planner.indexed().iter().map(IndexedLocale::products).max().unwrap_or(0);
    if args.remove_up_to > 0.0 {
        work.remove(args.remove_up_to, known, now, &id)?;
    }
    report(&work, known, started);
    let left_out = super::report_left_out(&aside);
    let code = if work.refused > 0 { ExitCode::FAILURE } else { super::exit_code(left_out) };
    ensure!(
        work.refused == 0 || work.refused < work.lines,
        "no product of the file could be read; is this the right file? skuscribe inspect shows how it is read"
    );
    if args.dry_run || work.messages.is_empty() {
        return Ok(code);
    }
    let request = JobRequest {
        by: args.by.clone(),
        selection: format!("backfill of {}", args.source.display()),
        recipes: args.recipes.clone(),
        force: false,
        note: None,
    };
    let messages = std::mem::take(&mut work.messages);
    let job = Job::new(id.clone(), request, (messages.len() as u64, work.tasks), now)?;
    let (mut meter, started) = (Meter::new("publishing", Some(messages.len() as u64)), Instant::now());
    let mut confirmed = |sent| meter.show(sent, started.elapsed(), String::new);
    let published = publish(&config.broker, &store, job, messages, &mut confirmed).await;
    meter.finish();
    let sent = published?.published;
    println!("job {id}\n{} messages on the lane backfill; skuscribe jobs show {id}", thousands(sent));
    Ok(code)
}

/// A planner over the index as it is now.
async fn planner(
    store: &dyn ContentStore,
    locales: &[(Locale, Vec<Arc<Recipe>>)],
    aside: &SetAside,
) -> anyhow::Result<Arc<Planner>> {
    let mut all = Vec::new();
    for (locale, recipes) in locales {
        let mut rows = IndexedLocale::default();
        indexed(store, locale, aside, |row| rows.add(&row, recipes)).await?;
        all.push(rows);
    }
    Ok(Arc::new(Planner::new(BackfillTargets { locales: locales.to_vec() }, all)))
}

impl BackfillPlan {
    /// Counts refused lines, and tells the first of them.
    fn tell_refused(&mut self, refused: &[(u64, Refusal)]) {
        for (line, error) in refused {
            self.refused += 1;
            if self.refused <= COMPLAINTS_SHOWN {
                eprintln!("line {line}: {error}");
            }
        }
    }

    /// Adds the deletion of every product that the file lacks, unless they are more than a share of those known.
    fn remove(&mut self, share_max: f64, known: usize, now: Timestamp, job: &str) -> anyhow::Result<()> {
        ensure!(
            self.refused == 0 || self.removed.is_empty(),
            "{} lines were refused, and theirs may be the products that are missing; mend them, or leave --remove-up-to out",
            self.refused
        );
        let share = self.removed.len() as f64 / known.max(1) as f64;
        ensure!(
            share <= share_max,
            "the file lacks {} of {known} products ({:.1} %), more than --remove-up-to allows; was it cut off?",
            self.removed.len(),
            share * 100.0
        );
        for sku in &self.removed {
            let id = message_id(job, 0, sku.as_str());
            let body = json!({
                "id": id, "type": "product.deleted", "occurred_at": now.to_string(),
                "product": { "sku": sku }, "job": job
            });
            self.messages.push((id, body));
        }
        Ok(())
    }
}

fn report(work: &BackfillPlan, known: usize, started: Instant) {
    println!(
        "{} lines compared with {} products in {:.1} s",
        thousands(work.lines),
        thousands(known as u64),
        started.elapsed().as_secs_f64()
    );
    let mut columns = Columns::new(2, &[1]);
    columns.row(["unchanged", &thousands(work.unchanged)]);
    for (need, count) in &work.needs {
        let label = match need {
            Need::New => "new",
            Need::Changed => "changed",
            Need::MissingLocale => "missing locale",
            Need::MissingRecipe => "missing recipe",
        };
        columns.row([label, &thousands(*count), "tasks"]);
    }
    if work.elsewhere > 0 {
        columns.row(["for other locales", &thousands(work.elsewhere), "lines"]);
    }
    columns.row(["not in the file", &thousands(work.removed.len() as u64)]);
    if work.refused > 0 {
        columns.row(["refused", &thousands(work.refused), "lines"]);
    }
    print!("{columns}");
    println!("  {} messages", thousands(work.messages.len() as u64));
}

/// Compares every line with the index, on all cores.
async fn plan(planner: &Arc<Planner>, source: CatalogReader, job: &str) -> anyhow::Result<BackfillPlan> {
    let (mut work, context) = (BackfillPlan::default(), source.decoder());
    let (mut meter, started) = (Meter::new("planning", source.expected), Instant::now());
    let job: Arc<str> = job.into();
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let mut chunks: JoinSet<Chunk> = JoinSet::new();
    let mut records = source.into_iter();
    loop {
        let chunk = records.by_ref().take(CHUNK).collect::<std::io::Result<Vec<Record>>>();
        if chunk.is_err() {
            // What was wrong with the rows so far says more than that the file ends here.
            while let Some(done) = chunks.join_next().await {
                work.tell_refused(&done?.refused);
            }
        }
        let chunk = chunk.context("the file cannot be read to its end")?;
        let ended = chunk.is_empty();
        if !ended {
            let (planner, context, job) = (Arc::clone(planner), context.clone(), Arc::clone(&job));
            chunks.spawn_blocking(move || Chunk::of(chunk, &planner, &context, &job));
        }
        while chunks.len() > cores || (ended && !chunks.is_empty()) {
            let Some(done) = chunks.join_next().await else { break };
            let done = done?;
            work.lines += done.lines;
            work.tell_refused(&done.refused);
            work.unchanged += done.unchanged;
            work.elsewhere += done.elsewhere;
            for (need, count) in done.needs {
                *work.needs.entry(need).or_default() += count;
                work.tasks += count;
            }
            for (locale, sku) in done.unknown {
                work.unknown.entry(locale).or_default().insert(sku);
            }
            work.messages.extend(done.messages);
            meter.show(work.lines, started.elapsed(), || format!("{} messages", work.messages.len()));
        }
        if ended {
            break;
        }
    }
    meter.finish();
    work.removed = planner.unseen();
    work.tasks += work.removed.len() as u64;
    Ok(work)
}
