//! `skuscribe gaps`: which facts shoppers and texts lack, per category; also as events.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;

use super::terminal::{Columns, cut, printable};
use crate::answers::gaps::{Gap, GapWords, gaps};
use crate::broker::{Link, OutgoingMessage, Publisher};
use crate::catalog::selection::Selection;
use crate::clock::Clock;
use crate::config::Config;
use crate::store::SetAside;

/// The routing key of a gap's event.
const KEY: &str = "catalog.gap";

#[derive(Debug, Args)]
pub(super) struct GapsArgs {
    /// Only these products, such as 'category:"Bags" brand:Acme'.
    #[arg(long, value_name = "SELECTION", default_value = "")]
    select: String,
    /// Most lines to print.
    #[arg(long, default_value_t = 50)]
    limit: usize,
    /// Print JSONL.
    #[arg(long)]
    json: bool,
    /// Announce each gap as an event `catalog.gap` too; the same gap has the same id every time.
    #[arg(long)]
    announce: bool,
}

pub(super) async fn run(config: Config, args: GapsArgs) -> anyhow::Result<ExitCode> {
    let selection: Selection = args.select.parse().map_err(|error| anyhow::anyhow!("--select: {error}"))?;
    anyhow::ensure!(
        !selection.needs_documents(),
        "--select: gaps are of products; select by sku, brand, category or title"
    );
    let store = crate::store::open(&config.store).await?;
    let aside = SetAside::default();
    let (internal, locale) = (config.internal_names()?, config.recipes.locales.first());
    let locale = locale.context("recipes.locales is empty")?;
    let words = GapWords { internal: &internal, labels: &config.labels, locale };
    let found = gaps(&store, &selection, Clock::System.now(), words, &aside).await?;
    if args.json {
        for gap in found.iter().take(args.limit) {
            println!("{}", serde_json::to_string(gap)?);
        }
    } else {
        print(&found, args.limit);
    }
    if args.announce {
        announce(&config, &found).await?;
        eprintln!("{} gaps are announced", found.len());
    }
    Ok(super::done(&aside))
}

async fn announce(config: &Config, found: &[Gap]) -> anyhow::Result<()> {
    let publisher = Publisher::patient(Link::from_config(&config.broker), "skuscribe-gaps");
    publisher.declare().await?;
    let mut sent = Ok(());
    for gap in found {
        let body = serde_json::to_vec(gap)?;
        sent = publisher
            .event(KEY, OutgoingMessage { body: &body, id: Some(&gap.id), ..OutgoingMessage::default() })
            .await;
        if sent.is_err() {
            break;
        }
    }
    publisher.close().await;
    Ok(sent?)
}

fn print(found: &[Gap], limit: usize) {
    if found.is_empty() {
        println!("nothing is missed");
        return;
    }
    // The category with the largest gap comes first.
    let mut shown: Vec<&Gap> = found.iter().take(limit).collect();
    let mut categories: Vec<&[String]> = Vec::new();
    for gap in &shown {
        if !categories.contains(&gap.category.as_slice()) {
            categories.push(&gap.category);
        }
    }
    shown.sort_by_key(|gap| categories.iter().position(|category| *category == gap.category.as_slice()));
    let mut columns = Columns::new(2, &[2, 3]);
    for gap in &shown {
        columns.row([
            cut(gap.label.as_ref().unwrap_or(&gap.attribute), 40),
            gap.reason.as_str().to_owned(),
            format!("{} products", gap.products),
            format!("{} asked", gap.asked),
        ]);
    }
    let mut category = None;
    for (gap, line) in shown.iter().zip(columns.lines()) {
        if category != Some(&gap.category) {
            let path =
                if gap.category.is_empty() { "(no category)".to_owned() } else { gap.category.join(" > ") };
            println!("{}: {} products", printable(&path), gap.of_products);
            category = Some(&gap.category);
        }
        println!("{line}");
        for example in &gap.examples {
            let sku = example.sku.as_ref().map_or("(the category)", |sku| sku.as_str());
            println!("      {} {}", printable(sku), cut(&example.text, 110));
        }
    }
    if found.len() > limit {
        println!("and {} more; --limit {} shows them", found.len() - limit, found.len());
    }
}
