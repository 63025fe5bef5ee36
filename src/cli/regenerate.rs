//! `skuscribe regenerate`: bulk re-generation by selection, with counts, an estimate and samples first.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};

use super::progress::{Meter, thousands};
use super::{cost, dry_run, recipe};
use crate::announce::Announcer;
use crate::broker::{Link, OutgoingMessage, Publisher};
use crate::catalog::selection::Selection;
use crate::clock::Clock;
use crate::config::Config;
use crate::feed::{Feed, head};
use crate::intake::{Origin, Update, decode};
use crate::jobs::{Job, JobState, Selected, create, message_id, selected};
use crate::lane::Lane;
use crate::pipeline::Pipeline;
use crate::store::{ContentStore, SetAside};
use skuscribe_check::product::{Digest, Product};

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
    /// Who asks.
    #[arg(long, env = "SKUSCRIBE_BY", default_value = "")]
    by: String,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
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
    print_estimate(&config, &*store, &pipeline, &args, &chosen).await?;
    if args.sample > 0 {
        samples(&config, &chosen, &args).await?;
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
    let now = Clock::System.now();
    let digest =
        Digest::of(&[args.select.as_bytes(), args.by.as_bytes(), now.to_string().as_bytes()]).to_string();
    let job = Job {
        schema: "job.v1".to_owned(),
        id: format!("{}-{}", now.strftime("%Y%m%d-%H%M%S"), digest.get(..6).unwrap_or_default()),
        by: args.by.clone(),
        selection: args.select.clone(),
        recipes: args.recipes.clone(),
        force: !args.changed_only,
        state: JobState::Running,
        created_at: now,
        messages: chosen.len() as u64,
        tasks: tasks(chosen),
        published: 0,
        feed_after: head(&**store, 0).await?,
        rounds: 0,
    };
    let publisher = Publisher::patient(Link::from_config(&config.broker), "skuscribe-regenerate");
    publisher.declare().await?;
    // Without its queue the events of the job would be lost for a feed that is started later.
    Feed::new(Link::from_config(&config.broker), Arc::clone(store)).subscribe().await?;
    ensure!(create(&**store, &job).await?, "there is a job {} already; try again", job.id);
    println!("job {}", job.id);
    let bodies = chosen.iter().map(|product| {
        (message_id(&job.id, 0, product.snapshot.product.sku.as_str()), request(product, &job))
    });
    let sent = send_all(&publisher, config, bodies.collect()).await;
    publisher.close().await;
    let sent = sent.with_context(|| {
        format!(
            "part of job {0} is not published; end it with `skuscribe jobs cancel {0}` and ask again",
            job.id
        )
    })?;
    crate::jobs::change(&**store, &job.id, |job| job.published = sent).await?;
    println!("{} messages on the lane backfill; skuscribe jobs show {}", thousands(sent), job.id);
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

/// The message about a product.
fn request(selected: &Selected, job: &Job) -> Value {
    json!({
        "id": message_id(&job.id, job.rounds, selected.snapshot.product.sku.as_str()), "type": "content.requested",
        "occurred_at": job.created_at.to_string(), "product": { "sku": selected.snapshot.product.sku },
        "locales": selected.locales, "recipes": job.recipes, "job": job.id, "force": job.force
    })
}

fn update(selected: &Selected, args: &RegenerateArgs, id: &str) -> anyhow::Result<Update> {
    let message = json!({
        "id": id, "type": "content.requested", "occurred_at": selected.snapshot.occurred_at.to_string(),
        "product": { "sku": selected.snapshot.product.sku }, "locales": selected.locales, "recipes": args.recipes,
        "force": !args.changed_only
    });
    Ok(decode(message.to_string().as_bytes(), &Origin { config_changes: true, ..Origin::default() })?)
}

/// Publishes messages by id; gives how many the broker confirmed.
pub(super) async fn send_all(
    publisher: &Publisher,
    config: &Config,
    messages: Vec<(String, Value)>,
) -> anyhow::Result<u64> {
    let (mut meter, started) = (Meter::new("publishing", Some(messages.len() as u64)), Instant::now());
    let sends = stream::iter(messages).map(|(id, body)| async move {
        let body = serde_json::to_vec(&body)?;
        anyhow::Ok(
            publisher
                .work(
                    Lane::Backfill,
                    OutgoingMessage { body: &body, id: Some(&id), ..OutgoingMessage::default() },
                )
                .await?,
        )
    });
    let mut sends = sends.buffer_unordered(config.broker.publish_channels.max(1));
    let mut confirmed = 0;
    while let Some(done) = sends.next().await {
        done?;
        confirmed += 1;
        meter.show(confirmed, started.elapsed(), String::new);
    }
    meter.finish();
    Ok(confirmed)
}

async fn samples(config: &Config, chosen: &[Selected], args: &RegenerateArgs) -> anyhow::Result<()> {
    let mut config = config.clone();
    if !args.recipes.is_empty() {
        config.recipes.enabled.clone_from(&args.recipes);
    }
    for selected in chosen.iter().take(args.sample) {
        let Some(locale) = selected.locales.first() else { continue };
        let product = Product::clone(&selected.snapshot.product);
        for result in dry_run::run(&config, &[product], locale).await? {
            recipe::show(&result);
        }
    }
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
