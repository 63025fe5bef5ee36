//! `skuscribe regenerate`: bulk re-generation by selection, with counts, an estimate and samples first.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{bail, ensure};
use clap::Args;
use futures_util::StreamExt as _;
use serde_json::json;

use super::cost;
use super::progress::{Meter, thousands};
use super::samples::{show, show_both, totals};
use crate::announce::Announcer;
use crate::catalog::selection::Selection;
use crate::clock::Clock;
use crate::config::Config;
use crate::intake::{Origin, Update, decode};
use crate::jobs::{JobRequest, NoteError, Selected, checked_note, selected, start};
use crate::pipeline::Pipeline;
use crate::samples::write_samples;
use crate::store::{ContentStore, SetAside};

/// Products whose estimate is made one by one; beyond them the rest is thought to be like these.
const ESTIMATED_MAX: usize = 2_000;

#[derive(Debug, Args)]
pub(super) struct RegenerateArgs {
    /// The products, such as 'category:"Shoes" brand:Acme locale:de-DE finding:facts.unsupported updated<2026-10-01'.
    // Not empty: that would select the whole catalog, and an unset shell variable is empty.
    #[arg(long, value_name = "SELECTION", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    select: String,
    /// Recipes to write, separated by commas; those of each document where none is named.
    #[arg(long, value_delimiter = ',', value_name = "RECIPES")]
    recipes: Vec<String>,
    /// Only what is missing or was made from other facts, recipes or voices; else everything is written again.
    #[arg(long)]
    changed_only: bool,
    /// Show counts and estimate, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// Write so many of them now, show them, and store nothing; it costs what the calls cost.
    #[arg(long, default_value_t = 0, value_name = "N")]
    sample: usize,
    /// Tell the writer, for the texts of this job alone, such as "Shorter, and for gardeners." It changes no fact.
    #[arg(long, value_name = "TEXT", value_parser = checked_note)]
    note: Option<String>,
    #[command(flatten)]
    against: AgainstArgs,
    /// Who asks.
    #[arg(long, env = "SKUSCRIBE_BY", default_value = "")]
    by: String,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

/// What samples are compared with.
#[derive(Debug, Args)]
struct AgainstArgs {
    /// Write the samples a second time with this note instead, and show both side by side; `""` for none.
    #[arg(id = "against_note", long = "against-note", requires = "sample", value_name = "TEXT", value_parser = other_note)]
    note: Option<String>,
    /// The same with the recipes of another folder.
    #[arg(id = "against_recipes", long = "against-recipes", requires = "sample", value_name = "FOLDER")]
    recipes: Option<PathBuf>,
    /// The same with the voices of another folder.
    #[arg(id = "against_voices", long = "against-voices", requires = "sample", value_name = "FOLDER")]
    voices: Option<PathBuf>,
    /// Print the samples as JSON, and nothing else.
    #[arg(id = "against_json", long = "json", requires_all = ["sample", "dry_run"])]
    json: bool,
}

impl AgainstArgs {
    fn is_asked(&self) -> bool {
        self.note.is_some() || self.recipes.is_some() || self.voices.is_some()
    }

    /// The note of the other side: where none is named, that of this side.
    fn note_beside(&self, note: Option<&String>) -> Option<String> {
        match &self.note {
            Some(other) => Some(other.clone()).filter(|other| !other.is_empty()),
            None => note.cloned(),
        }
    }
}

/// A note, or none at all.
fn other_note(text: &str) -> Result<String, NoteError> {
    if text.is_empty() { Ok(String::new()) } else { checked_note(text) }
}

pub(super) async fn run(config: Config, args: RegenerateArgs) -> anyhow::Result<ExitCode> {
    let selection: Selection = args.select.parse().map_err(|error| anyhow::anyhow!("--select: {error}"))?;
    let store = crate::store::open(&config.store).await?;
    let aside = Arc::new(SetAside::default());
    let chosen = choose(&store, selection, &aside).await?;
    if chosen.is_empty() {
        println!("0 products: no stored one is selected");
        return Ok(super::done(&aside));
    }
    let pipeline = Arc::new(Pipeline::new(&config, Arc::clone(&store), Announcer::Nowhere, Clock::System)?);
    // A recipe that is not there would fail every message.
    if let Some(unknown) = args.recipes.iter().find(|name| !pipeline.knows(name)) {
        bail!("--recipes {unknown}: there is no such recipe; see `skuscribe recipe list`");
    }
    if !args.against.json {
        print_estimate(&config, &*store, &pipeline, &args, &chosen).await?;
    }
    if args.sample > 0 {
        Box::pin(samples(&config, &store, &chosen, &args)).await?;
    }
    // Before anybody agrees to what it leaves out.
    let left_out = super::report_left_out(&aside);
    if args.dry_run {
        return Ok(super::exit_code(left_out));
    }
    ensure!(!args.by.trim().is_empty(), "say who asks: --by NAME, or SKUSCRIBE_BY");
    if !args.yes && !agreed(tasks(&chosen))? {
        println!("nothing was done");
        return Ok(super::exit_code(left_out));
    }
    start_job(&config, &store, &args, &chosen).await?;
    Ok(super::exit_code(left_out))
}

async fn print_estimate(
    config: &Config,
    store: &dyn ContentStore,
    pipeline: &Arc<Pipeline>,
    args: &RegenerateArgs,
    chosen: &[Selected],
) -> anyhow::Result<()> {
    let looked = chosen.iter().take(ESTIMATED_MAX);
    let updates =
        looked.map(|product| update(product, args, "estimate")).collect::<anyhow::Result<Vec<_>>>()?;
    println!("{}", cost::of_stored(pipeline, store, config, &updates).await?);
    if chosen.len() > updates.len() {
        println!(
            "  (of the first {}; all are {} products, {} tasks)",
            thousands(updates.len() as u64),
            thousands(chosen.len() as u64),
            thousands(tasks(chosen))
        );
    }
    Ok(())
}

/// A task is a product in a locale.
fn tasks(chosen: &[Selected]) -> u64 {
    chosen.iter().map(|product| product.locales.len() as u64).sum()
}

/// Creates the job and publishes its messages.
async fn start_job(
    config: &Config,
    store: &Arc<dyn ContentStore>,
    args: &RegenerateArgs,
    chosen: &[Selected],
) -> anyhow::Result<()> {
    let request = JobRequest {
        by: args.by.clone(),
        selection: args.select.clone(),
        recipes: args.recipes.clone(),
        force: !args.changed_only,
        note: args.note.clone(),
    };
    let (mut meter, started) = (Meter::new("publishing", Some(chosen.len() as u64)), Instant::now());
    let mut confirmed = |sent| meter.show(sent, started.elapsed(), String::new);
    let job = start(&config.broker, store, request, chosen, Clock::System.now(), &mut confirmed).await;
    meter.finish();
    let job = job?;
    println!("job {}", job.id);
    println!("{} messages on the lane backfill; skuscribe jobs show {}", thousands(job.published), job.id);
    Ok(())
}

async fn choose(
    store: &Arc<dyn ContentStore>,
    selection: Selection,
    aside: &Arc<SetAside>,
) -> anyhow::Result<Vec<Selected>> {
    let (count, found) = selected(store, Arc::new(selection), aside).await?;
    let (mut meter, started) = (Meter::new("selecting", Some(count as u64)), Instant::now());
    let (mut chosen, mut looked) = (Vec::new(), 0);
    let mut found = std::pin::pin!(found);
    while let Some(product) = found.next().await {
        looked += 1;
        chosen.extend(product?);
        meter.show(looked, started.elapsed(), || format!("{} selected", chosen.len()));
    }
    meter.finish();
    chosen.sort_by(|left, right| left.snapshot.product.sku.cmp(&right.snapshot.product.sku));
    Ok(chosen)
}

fn update(selected: &Selected, args: &RegenerateArgs, id: &str) -> anyhow::Result<Update> {
    let message = json!({
        "id": id, "type": "content.requested", "occurred_at": selected.snapshot.occurred_at.to_string(),
        "product": { "sku": selected.snapshot.product.sku }, "locales": selected.locales, "recipes": args.recipes,
        "force": !args.changed_only
    });
    Ok(decode(message.to_string().as_bytes(), &Origin { config_changes: true, ..Origin::default() })?)
}

/// Shows what would be written of some products, and beside it what the other note, recipes or voices make of them.
async fn samples(
    config: &Config,
    store: &Arc<dyn ContentStore>,
    chosen: &[Selected],
    args: &RegenerateArgs,
) -> anyhow::Result<()> {
    let chosen = chosen.get(..args.sample.min(chosen.len())).unwrap_or_default();
    let request = |note: Option<String>| JobRequest {
        by: args.by.clone(),
        selection: args.select.clone(),
        recipes: args.recipes.clone(),
        // All of them, or there would be nothing to look at.
        force: true,
        note,
    };
    let (against, currency) = (&args.against, &config.quota.currency);
    let first = write_samples(config, store, request(args.note.clone()), chosen, &Clock::System);
    if !against.is_asked() {
        let samples = first.await?;
        if against.json {
            println!("{}", json!({ "first": samples, "currency": currency }));
            return Ok(());
        }
        samples.iter().for_each(show);
        println!("{}", totals(&samples, currency));
        return Ok(());
    }
    let mut other = config.clone();
    if let Some(folder) = &against.recipes {
        other.recipes.folder = folder.display().to_string();
    }
    if let Some(folder) = &against.voices {
        other.recipes.voices_folder = folder.display().to_string();
    }
    let second = write_samples(
        &other,
        store,
        request(against.note_beside(args.note.as_ref())),
        chosen,
        &Clock::System,
    );
    let (first, second) = tokio::try_join!(first, second)?;
    if against.json {
        println!("{}", json!({ "first": first, "second": second, "currency": currency }));
        return Ok(());
    }
    for (one, two) in first.iter().zip(&second) {
        show_both(one, two);
    }
    println!("< {}", totals(&first, currency));
    println!("> {}", totals(&second, currency));
    Ok(())
}

fn agreed(tasks: u64) -> anyhow::Result<bool> {
    ensure!(std::io::stdin().is_terminal(), "{tasks} tasks would be asked for; add --yes");
    print!("ask for {tasks} tasks? [y/N] ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
