//! `skuscribe demo`: the main job on a sample catalog, in one process, with nothing else needed.

mod screen;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use clap::Args;

use super::Settings;
use super::progress::Meter;
use crate::announce::Announcer;
use crate::broker::{Link, OutgoingMessage, Publisher};
use crate::catalog::{CatalogFile, CatalogReader, ReadOptions, RecordContent, rejected_path};
use crate::clock::Clock;
use crate::config::Config;
use crate::enrich::{Run, Summary};
use crate::lane::Lane;
use crate::pipeline::Pipeline;
use crate::shutdown::Shutdown;
use crate::store::ContentStore;
use skuscribe_check::content::Outcome;
use skuscribe_check::labels::ShopLabels;
use skuscribe_sandbox::{Behaviour, Sandbox};

/// 60 real products; `samples/README.md` names their sources and licences.
const CATALOG: &str = include_str!("../../../samples/catalog.jsonl");

/// What shoppers call the attributes of those; a shop's own file comes first.
const LABELS: &str = include_str!("../../../samples/labels.toml");

/// A model takes its time; so does the stand-in here, for the progress bar's sake.
const SANDBOX_LATENCY_MS: u64 = 250;
const SANDBOX_SLOTS: usize = 8;

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// An export of your own shop, of any format, instead of the sample catalog; `skuscribe inspect` shows how it is read.
    #[arg(value_name = "FILE")]
    catalog: Option<PathBuf>,
    /// Folder for the results; an earlier demo's results there are replaced.
    #[arg(long, default_value = "out/demo", value_name = "DIR")]
    out: String,
    /// Serve the web console over the results, until Ctrl-C.
    #[cfg(feature = "console")]
    #[arg(long)]
    console: bool,
    /// Products to work, from the start of the catalog.
    #[arg(long, value_name = "N")]
    products: Option<usize>,
}

pub(super) async fn run(
    mut config: Config,
    args: DemoArgs,
    environment: &[(String, String)],
    settings: &Settings,
) -> anyhow::Result<ExitCode> {
    let (catalog, what) = match &args.catalog {
        Some(file) => of_file(file, &config, args.products).await?,
        None => (sample(args.products).to_owned(), "real products".to_owned()),
    };
    let catalog = catalog.as_str();
    if config.labels.is_empty() && args.catalog.is_none() {
        config.labels = Arc::new(ShopLabels::parse(LABELS, "samples/labels.toml")?);
    }
    // A shop's own store and queue get no sample products because the environment names them: only an option counts.
    if settings.store.is_none() {
        config.store.url.clone_from(&args.out);
        replace(Path::new(&args.out))?;
    }
    let named =
        settings.model_url.is_some() || environment.iter().any(|(name, _)| name == "SKUSCRIBE_MODEL_URL");
    let real = named || config.model.key.is_some();
    let sandbox = if real { None } else { Some(stand_in(&mut config).await?) };
    let broker = settings.amqp_url.is_some();
    let store = crate::store::open(&config.store).await?;
    crate::store::probe(&*store, &format!("demo-{}", std::process::id())).await?;
    println!("{} {what}, written about by {}", catalog.lines().count(), writer(&config, real));
    if broker {
        println!("through the broker at {}", config.broker.shown());
    }
    println!();
    let started = Instant::now();
    let shutdown = Shutdown::on_signals()?;
    let done = if broker {
        through_broker(&config, catalog, &shutdown).await?;
        None
    } else {
        Some(straight(&config, &store, catalog, &shutdown, "writing").await?)
    };
    if shutdown.drain.is_cancelled() {
        println!("interrupted");
        return Ok(ExitCode::FAILURE);
    }
    let took = started.elapsed();
    let products = screen::products(catalog)?;
    let worked = screen::worked(&*store, &products).await?;
    let first = products.first().and_then(|product| product.get("sku")?.as_str());
    let sku = super::terminal::shell_word(&super::terminal::printable(first.unwrap_or_default()));
    screen::print_texts(&worked, &config.labels);
    println!();
    screen::print_problems(&worked);
    let Some(done) = done else {
        println!("{} messages in {:.1} s", products.len(), took.as_secs_f64());
        print_next(&config, &sku);
        return Ok(ExitCode::SUCCESS);
    };
    print_counts(&done, took, screen::count_dropped(&worked), sandbox.as_ref());
    let failed = done.count(Outcome::Failed);
    if failed > 0 {
        // A weak model fails here and there; one that fails everywhere is not there.
        let tasks: u64 = done.outcomes.values().sum();
        print_next(&config, &sku);
        return Ok(if failed < tasks { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let again = Instant::now();
    let second = straight(&config, &store, catalog, &shutdown, "again").await?;
    println!(
        "again    {} texts as they were, {} model calls, {:.2} s",
        second.count(Outcome::Unchanged) + second.count(Outcome::Published) + second.count(Outcome::Held),
        second.calls,
        again.elapsed().as_secs_f64()
    );
    print_next(&config, &sku);
    #[cfg(feature = "console")]
    if args.console {
        println!();
        super::console::serve(config, Vec::new(), store, None, &shutdown.drain).await?;
        return Ok(ExitCode::SUCCESS);
    }
    Ok(if done.count(Outcome::Published) > 0 || real { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Who writes the texts.
fn writer(config: &Config, real: bool) -> String {
    if real {
        return format!("{} at {}", config.model.name, config.model.url);
    }
    "a stand-in that puts the facts into sentences; it is no model".to_owned()
}

/// Prints how many texts came to what, and what was called for them.
fn print_counts(done: &Summary, took: Duration, dropped: usize, sandbox: Option<&Sandbox>) {
    let counts = [Outcome::Published, Outcome::Held, Outcome::Failed];
    let counts = counts.map(|outcome| format!("{} {outcome}", done.count(outcome)));
    println!(
        "result   {} texts in {:.1} s: {}; {dropped} unsupported sentences left out",
        done.outcomes.values().sum::<u64>(),
        took.as_secs_f64(),
        counts.join(", ")
    );
    if let Some(problem) = &done.first_problem {
        println!("         first problem: {}", super::terminal::cut(problem, 80));
    }
    match sandbox {
        Some(sandbox) => {
            let stand_in = sandbox.counters().requests.load(Ordering::Relaxed);
            let to_a_model = done.calls.saturating_sub(stand_in);
            println!("calls    {stand_in} to the stand-in, {to_a_model} to a model");
        }
        None => println!(
            "calls    {} to the model, {} tokens",
            done.calls,
            super::progress::thousands(done.usage.total())
        ),
    }
}

/// Prints what to do next: commands that work as they stand.
fn print_next(config: &Config, sku: &str) {
    let program = std::env::args().next().unwrap_or_else(|| "skuscribe".to_owned());
    let store = format!(" --store {}", config.store.url);
    println!("\nnext");
    println!("  {program}{store} review list    # what waits for a person, and why");
    println!("  {program}{store} ask {sku} 'What is it made of?' --no-model");
    println!("  make demo-local-model    # the same with a small model on this machine");
}

/// The products of a file, one a line, and what the file is.
async fn of_file(file: &Path, config: &Config, products: Option<usize>) -> anyhow::Result<(String, String)> {
    let file = CatalogFile::fetch(file, config).await?;
    let reader = CatalogReader::open(file, &ReadOptions::default())?;
    let what = format!("products ({})", reader.shape_line());
    let mut lines = String::new();
    for record in reader.take(products.unwrap_or(usize::MAX)) {
        let record = record?;
        match record.content {
            Ok(RecordContent::Json(line)) => lines.push_str(&String::from_utf8_lossy(&line)),
            Ok(RecordContent::Row(product)) => lines.push_str(&product.to_string()),
            Err(refusal) => {
                eprintln!("row {}: {refusal}", record.line);
                continue;
            }
        }
        lines.push('\n');
    }
    ensure!(!lines.is_empty(), "there is no product in it");
    Ok((lines.trim_end().to_owned(), what))
}

fn sample(products: Option<usize>) -> &'static str {
    let Some(products) = products else { return CATALOG.trim_end() };
    let end =
        CATALOG.match_indices('\n').nth(products.saturating_sub(1)).map_or(CATALOG.len(), |(end, _)| end);
    CATALOG.get(..end).unwrap_or(CATALOG).trim_end()
}

async fn stand_in(config: &mut Config) -> anyhow::Result<Sandbox> {
    // With about every twelfth product it insists on an invented number, and with every thirtieth on another language, so
    // that there is something to leave out and something to hold. The first product is none of them.
    let behaviour = Behaviour {
        latency_ms: SANDBOX_LATENCY_MS,
        invent_rate: 0.08,
        language_rate: 0.03,
        stubborn: true,
        seed: 4,
        ..Behaviour::default()
    };
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into(), behaviour).await?;
    config.model.url = sandbox.url();
    "skuscribe-sandbox-stand-in".clone_into(&mut config.model.name);
    config.model.slots = SANDBOX_SLOTS;
    Ok(sandbox)
}

/// Empties the folder of an earlier demo; leaves any other folder alone.
fn replace(folder: &Path) -> anyhow::Result<()> {
    let filled = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if !filled {
        return Ok(());
    }
    if !folder.join(".skuscribe").is_dir() {
        bail!("--out {}: the folder holds something that no demo wrote; name another one", folder.display());
    }
    std::fs::remove_dir_all(folder).with_context(|| format!("--out {}", folder.display()))
}

async fn straight(
    config: &Config,
    store: &Arc<dyn ContentStore>,
    catalog: &str,
    shutdown: &Shutdown,
    what: &'static str,
) -> anyhow::Result<Summary> {
    let pipeline = Arc::new(Pipeline::new(config, Arc::clone(store), Announcer::Nowhere, Clock::System)?);
    let salt = pipeline.digest().to_string();
    let source = CatalogReader::jsonl(catalog, jiff::Timestamp::UNIX_EPOCH, &salt);
    let mut meter = Meter::new(what, source.expected);
    let rejected = rejected_path(Path::new(&config.store.url));
    let run = Run { pipeline, slots: config.model.slots + 1, rejected };
    let done = run.run(source, shutdown, |progress| meter.show_run(progress)).await?;
    meter.finish();
    Ok(done)
}

/// Publishes the catalog and works it with a worker in this process, under names of its own.
async fn through_broker(config: &Config, catalog: &str, shutdown: &Shutdown) -> anyhow::Result<()> {
    let mut config = config.clone();
    config.broker.prefix = format!("skuscribe-demo-{}", std::process::id());
    let publisher = Publisher::new(Link::from_config(&config.broker), "skuscribe-demo");
    publisher.declare().await?;
    let worked = work_queue(&config, catalog, &publisher, shutdown).await;
    publisher.remove().await?;
    publisher.close().await;
    worked
}

async fn work_queue(
    config: &Config,
    catalog: &str,
    publisher: &Publisher,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let source = CatalogReader::jsonl(catalog, jiff::Timestamp::UNIX_EPOCH, "demo");
    let expected = source.expected.unwrap_or(0);
    let context = source.decoder();
    for record in source {
        let (id, body) = context.message(record?)?;
        publisher
            .work(Lane::Updates, OutgoingMessage { body: &body, id: Some(&id), ..OutgoingMessage::default() })
            .await?;
    }
    let (worker, _) = super::worker::build(config).await?;
    let stop = Shutdown { drain: shutdown.drain.child_token(), abort: shutdown.abort.child_token() };
    let started = Instant::now();
    let mut meter = Meter::new("working", Some(expected));
    let running = Arc::clone(&worker).run(&stop);
    let watching = async {
        loop {
            let tally = worker.counts();
            let finished = tally.finished();
            meter
                .show(finished, started.elapsed(), || format!("{} dead", tally.dead.load(Ordering::Relaxed)));
            if finished >= expected || stop.drain.is_cancelled() {
                stop.drain.cancel();
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let (_, ()) = tokio::join!(running, watching);
    meter.finish();
    Ok(())
}
