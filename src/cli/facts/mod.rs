//! `skuscribe facts`: facts read out of products' prose, and what people decide on them.

mod lines;
mod review;

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use clap::{Args, Subcommand};
use futures_util::StreamExt as _;

use super::catalog_file::{CatalogArgs, tell_notes};
use super::terminal::printable;
use crate::announce::Announcer;
use crate::catalog::selection::Selection;
use crate::clock::Clock;
use crate::config::Config;
use crate::jobs::selected;
use crate::pipeline::Pipeline;
use crate::store::{ContentStore, SetAside};
use lines::{as_json, print};
use review::{DecideArgs, decide, list, show};
use skuscribe_check::content::money::amount;
use skuscribe_check::product::{Sku, Snapshot};

/// Most names of a catalog's attributes that a prompt shows.
const NAMES_MAX: usize = 60;
/// Refused rows that are shown one by one; the others are counted.
const REFUSALS_SHOWN: u64 = 10;

#[derive(Debug, Args)]
pub(super) struct FactsArgs {
    #[command(subcommand)]
    action: FactsAction,
}

#[derive(Debug, Subcommand)]
enum FactsAction {
    /// Have a model read facts out of titles, descriptions and reviews, and the rules decide on each.
    Propose(ProposeArgs),
    /// What waits for a person, and decisions on it.
    Review {
        #[command(subcommand)]
        action: FactsReviewAction,
    },
    /// The facts that were read out of a product's prose, with the words that they rest on.
    Show {
        /// The product.
        sku: Sku,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("products").required(true))]
struct ProposeArgs {
    /// A catalog file of any format, `-` for standard input, <s3://bucket/key> or <https://…>.
    #[arg(group = "products")]
    file: Option<PathBuf>,
    /// What the columns of the file hold, where their names do not say it (TOML).
    #[arg(long, value_name = "FILE", requires = "file")]
    map: Option<PathBuf>,
    /// Stored products, such as 'category:"Shoes" brand:Acme'.
    #[arg(long, group = "products", value_name = "SELECTION", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    select: Option<String>,
    /// Most products that are read.
    #[arg(long, default_value_t = 1_000)]
    limit: usize,
    /// Store what is accepted and what waits; else it is only shown.
    #[arg(long)]
    apply: bool,
    /// Print JSONL.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum FactsReviewAction {
    /// What waits for a person.
    List {
        /// Only SKUs that begin so.
        #[arg(long)]
        sku: Option<String>,
        /// Most lines to print.
        #[arg(long, default_value_t = 50)]
        limit: usize,
        /// Print JSONL.
        #[arg(long)]
        json: bool,
    },
    /// Take what is proposed for a fact; it stays one as long as its words stand in the prose.
    Accept(DecideArgs),
    /// It is none, and is not proposed again.
    Reject(DecideArgs),
}

pub(super) async fn run(config: Config, args: FactsArgs) -> anyhow::Result<ExitCode> {
    let store = crate::store::open(&config.store).await?;
    let aside = Arc::new(SetAside::default());
    match args.action {
        FactsAction::Propose(args) => Box::pin(propose(config, &store, &args, &aside)).await?,
        FactsAction::Review { action } => match action {
            FactsReviewAction::List { sku, limit, json } => {
                list(&*store, sku.as_deref(), limit, json, &aside).await?;
            }
            FactsReviewAction::Accept(target) => decide(&config, &store, &target, true).await?,
            FactsReviewAction::Reject(target) => decide(&config, &store, &target, false).await?,
        },
        FactsAction::Show { sku, json } => show(&*store, &sku, json).await?,
    }
    Ok(super::done(&aside))
}

/// Reads the prose of products, one after the other.
async fn propose(
    mut config: Config,
    store: &Arc<dyn ContentStore>,
    args: &ProposeArgs,
    aside: &Arc<SetAside>,
) -> anyhow::Result<()> {
    let (snapshots, unread) = match (&args.file, &args.select) {
        (Some(file), _) => of_file(&config, file, args).await?,
        (None, Some(select)) => (of_selection(store, select, args.limit, aside).await?, 0),
        (None, None) => bail!("name a file, or --select"),
    };
    if config.recipes.fact_names.is_empty() {
        config.recipes.fact_names = names_of(&snapshots);
    }
    let pipeline = Pipeline::new(&config, Arc::clone(store), Announcer::Nowhere, Clock::System)?;
    let (mut accepted, mut waiting, mut refused, mut cost) = (0, 0, 0, 0);
    for snapshot in &snapshots {
        let sku = &snapshot.product.sku;
        let proposed = pipeline.propose(snapshot, args.apply).await.with_context(|| format!("{sku}"))?;
        ensure!(
            !args.apply || proposed.stored,
            "{sku}: another writer stored what it read at the same time; try again"
        );
        accepted += proposed.resolution.accepted.len();
        waiting += proposed.resolution.waiting.len();
        refused += proposed.resolution.refused.len();
        cost += proposed.cost;
        if args.json {
            println!("{}", as_json(sku, &proposed));
        } else {
            print(&snapshot.product, &proposed);
        }
    }
    eprintln!(
        "{} products: {accepted} facts accepted, {waiting} for a person, {refused} refused{}{}",
        snapshots.len(),
        if cost > 0 { format!("; {:.4} spent", amount(cost)) } else { String::new() },
        if args.apply { "" } else { "; nothing was stored, --apply stores it" }
    );
    ensure!(unread == 0, "{unread} rows of the file were refused");
    Ok(())
}

async fn of_file(
    config: &Config,
    file: &std::path::Path,
    args: &ProposeArgs,
) -> anyhow::Result<(Vec<Snapshot>, u64)> {
    let catalog = CatalogArgs { file: file.to_owned(), map: args.map.clone(), labels: None, scope: None };
    let reader = catalog.open(config, "facts".to_owned(), false).await?;
    let (decoder, notes) = (reader.decoder(), reader.notes());
    let (mut snapshots, mut refused) = (Vec::new(), 0u64);
    for record in reader.take(args.limit) {
        let record = record.with_context(|| catalog.name())?;
        let line = record.line;
        match decoder.update(record) {
            Ok(update) => {
                let Some(product) = update.product().map(Arc::clone) else { continue };
                snapshots.push(Snapshot {
                    version: update.version(),
                    occurred_at: update.occurred_at(),
                    message_id: update.id().to_owned(),
                    locales: Vec::new(),
                    deleted: false,
                    product,
                });
            }
            Err(error) => {
                refused += 1;
                if refused <= REFUSALS_SHOWN {
                    eprintln!("{}", printable(&format!("{}: line {line}: {error}", catalog.name())));
                }
            }
        }
    }
    tell_notes(&notes);
    Ok((snapshots, refused))
}

async fn of_selection(
    store: &Arc<dyn ContentStore>,
    select: &str,
    limit: usize,
    aside: &Arc<SetAside>,
) -> anyhow::Result<Vec<Snapshot>> {
    let selection: Selection = select.parse().map_err(|error| anyhow::anyhow!("--select: {error}"))?;
    let (_, found) = selected(store, Arc::new(selection), aside).await?;
    let mut found = std::pin::pin!(found);
    let mut snapshots = Vec::new();
    while let Some(product) = found.next().await {
        snapshots.extend(product?.map(|selected| selected.snapshot));
        if snapshots.len() >= limit {
            break;
        }
    }
    snapshots.sort_by(|left, right| left.product.sku.cmp(&right.product.sku));
    Ok(snapshots)
}

/// The names that products give their attributes, the most usual first.
fn names_of(snapshots: &[Snapshot]) -> Vec<String> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for snapshot in snapshots {
        for (name, _) in snapshot.product.attributes.iter() {
            *counts.entry(name).or_default() += 1;
        }
    }
    let mut names: Vec<(&str, usize)> = counts.into_iter().collect();
    names.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(right.0)));
    names.into_iter().take(NAMES_MAX).map(|(name, _)| name.to_owned()).collect()
}
