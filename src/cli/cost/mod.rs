//! `skuscribe cost`: what a run would take before it starts, and what a day took.

mod day;
mod estimate;
mod range;
mod report;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;
use futures_util::StreamExt as _;
use serde_json::json;

use super::catalog_file::{CatalogArgs, tell_notes};
use super::kept_back::KeptBack;
use super::progress::Meter;
use crate::announce::Announcer;
use crate::catalog::CatalogReader;
use crate::catalog::selection::Selection;
use crate::clock::Clock;
use crate::config::Config;
use crate::intake::{Origin, Update, decode};
use crate::pipeline::Pipeline;
use crate::store::{ContentStore, SetAside, keys, load};
use estimate::{Sums, learn};
use report::report;
use skuscribe_check::product::Snapshot;

/// Objects that are listed to choose the selection from.
const LISTED_MAX: usize = 2_000_000;
/// Refused lines that are shown one by one; the others are counted.
const REFUSALS_SHOWN: u64 = 10;
/// Reads in flight.
const READS: usize = 32;

#[derive(Debug, Args)]
pub(super) struct CostArgs {
    /// A catalog file of any format, `-` for standard input, <s3://bucket/key> or <https://…>.
    file: Option<PathBuf>,
    /// What the columns of the file hold, where their names do not say it (TOML).
    #[arg(long, requires = "file", value_name = "FILE")]
    map: Option<PathBuf>,
    /// Stored products instead of a file, such as 'brand:Acme category:"Shoes > Boots" sku:AB* locale:de-DE'.
    #[arg(long, conflicts_with = "file", value_name = "SELECTION")]
    selection: Option<String>,
    /// Locales to write where a line names none, separated by commas.
    #[arg(long, value_delimiter = ',', value_name = "LOCALES")]
    locales: Vec<String>,
    /// Recipes to write, separated by commas.
    #[arg(long, value_delimiter = ',', value_name = "RECIPES")]
    recipes: Vec<String>,
    /// Estimate as if everything were written again.
    #[arg(long)]
    force: bool,
    /// What all workers spent on a day (UTC), such as 2026-03-01 or today.
    #[arg(long, conflicts_with_all = ["file", "selection"], value_name = "DAY")]
    day: Option<String>,
    #[command(flatten)]
    range: range::RangeArgs,
}

/// What asking for stored products would take, in words.
pub(super) async fn of_stored(
    pipeline: &Arc<Pipeline>,
    store: &dyn ContentStore,
    config: &Config,
    updates: &[Update],
) -> anyhow::Result<String> {
    let model = pipeline.models().all().first().context("no model is configured")?;
    let experience = learn(store, model).await?;
    let mut sums = Sums::default();
    let mut previews =
        futures_util::stream::iter(updates).map(|update| pipeline.preview(update)).buffer_unordered(READS);
    let mut reason = None;
    while let Some(looked) = previews.next().await {
        match looked {
            Ok(previews) => sums.add(previews),
            // One that cannot be written holds up no other; its message will say the same.
            Err(failure) => {
                sums.refused += 1;
                reason.get_or_insert(failure.message);
            }
        }
    }
    let mut text = report(&sums, &experience, model, config);
    if let Some(reason) = reason {
        text.push_str(&format!("\n  {} products cannot be written as they are: {reason}", sums.refused));
    }
    Ok(text)
}

pub(super) async fn run(mut config: Config, args: CostArgs) -> anyhow::Result<ExitCode> {
    super::narrow(&mut config, &args.locales, &args.recipes)?;
    let store = crate::store::open(&config.store).await?;
    if let Some(day) = &args.day {
        return day::print(&*store, &config, day).await;
    }
    if let Some(days) = args.range.days()? {
        return range::print(&*store, &config, days, &args.range).await;
    }
    let pipeline = Arc::new(Pipeline::new(&config, Arc::clone(&store), Announcer::Nowhere, Clock::System)?);
    let model = pipeline.models().all().first().context("no model is configured")?;
    let experience = learn(&*store, model).await?;
    let (aside, mut kept) = (SetAside::default(), KeptBack::default());
    let sums = match (&args.file, &args.selection) {
        (Some(file), _) => {
            let salt = if args.force { "forced".to_owned() } else { pipeline.digest().to_string() };
            let catalog =
                CatalogArgs { file: file.clone(), map: args.map.clone(), labels: None, scope: None };
            let source = catalog.open(&config, salt, args.force).await?;
            let notes = source.notes();
            let sums = of_file(&pipeline, source, &mut kept).await?;
            tell_notes(&notes);
            sums
        }
        (None, Some(selection)) => {
            let selection: Selection =
                selection.parse().map_err(|error| anyhow::anyhow!("--selection: {error}"))?;
            of_selection(&pipeline, &*store, &selection, args.force, &aside, &mut kept).await?
        }
        (None, None) => bail!("name a file, --selection, --day or --from"),
    };
    println!("{}", report(&sums, &experience, model, &config));
    if kept.any() {
        println!("  {}", kept.line());
    }
    let code = super::done(&aside);
    Ok(if sums.refused > 0 { ExitCode::FAILURE } else { code })
}

async fn of_file(
    pipeline: &Arc<Pipeline>,
    source: CatalogReader,
    kept: &mut KeptBack,
) -> anyhow::Result<Sums> {
    let (mut sums, context) = (Sums::default(), source.decoder());
    let mut meter = Meter::new("estimating", source.expected);
    let started = std::time::Instant::now();
    let refused = std::sync::atomic::AtomicU64::new(0);
    let records = futures_util::stream::iter(source).map(|record| {
        let (context, refused) = (&context, &refused);
        async move {
            let record = record.context("the file cannot be read to its end")?;
            let line = record.line;
            let update = match context.update(record) {
                Ok(update) => update,
                Err(error) => {
                    if refused.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < REFUSALS_SHOWN {
                        eprintln!("line {line}: {error}");
                    }
                    return Ok(None);
                }
            };
            let previews = pipeline.preview(&update).await.with_context(|| format!("line {line}"))?;
            anyhow::Ok(Some((update, previews)))
        }
    });
    let mut previews = records.buffer_unordered(READS);
    while let Some(previews) = previews.next().await {
        match previews? {
            Some((update, previews)) => {
                update.product().into_iter().for_each(|product| kept.add(product, pipeline.internal()));
                sums.add(previews);
            }
            None => sums.refused += 1,
        }
        meter.show(sums.products + sums.refused, started.elapsed(), || format!("{} calls", sums.calls));
    }
    meter.finish();
    Ok(sums)
}

async fn of_selection(
    pipeline: &Arc<Pipeline>,
    store: &dyn ContentStore,
    selection: &Selection,
    force: bool,
    aside: &SetAside,
    kept: &mut KeptBack,
) -> anyhow::Result<Sums> {
    let products = keys(store, "products/", LISTED_MAX, aside).await?;
    let mut sums = Sums::default();
    let mut meter = Meter::new("estimating", Some(products.len() as u64));
    let started = std::time::Instant::now();
    let tasks = futures_util::stream::iter(products).map(|key| async move {
        let snapshot = aside.skip(load::<Snapshot>(store, &key).await)?.map(|(snapshot, _)| snapshot);
        let Some(snapshot) = snapshot.filter(|stored| !stored.deleted && selection.matches(&stored.product))
        else {
            return Ok(None);
        };
        let update = request(&snapshot, selection, force)?;
        anyhow::Ok(Some((snapshot, pipeline.preview(&update).await)))
    });
    let mut tasks = tasks.buffer_unordered(READS);
    let mut looked = 0;
    while let Some(previews) = tasks.next().await {
        looked += 1;
        match previews? {
            None => {}
            Some((snapshot, Ok(previews))) => {
                kept.add(&snapshot.product, pipeline.internal());
                sums.add(previews);
            }
            // A document that cannot be read, or a product that cannot be written: the others are estimated.
            Some((snapshot, Err(failure))) if !failure.is_retryable() => {
                sums.refused += 1;
                eprintln!("{}: {failure}", snapshot.product.sku);
            }
            Some((_, Err(failure))) => return Err(failure.into()),
        }
        meter.show(looked, started.elapsed(), || format!("{} calls", sums.calls));
    }
    meter.finish();
    Ok(sums)
}

/// The message that would ask for a stored product's content.
fn request(snapshot: &Snapshot, selection: &Selection, force: bool) -> anyhow::Result<Update> {
    let locales = if selection.locales().is_empty() { &snapshot.locales[..] } else { selection.locales() };
    let message = json!({
        "id": "cost", "type": "content.requested", "occurred_at": snapshot.occurred_at.to_string(),
        "product": { "sku": snapshot.product.sku }, "locales": locales, "force": force
    });
    let origin = Origin { config_changes: true, ..Origin::default() };
    Ok(decode(message.to_string().as_bytes(), &origin)?)
}
