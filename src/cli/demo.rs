//! `skuscribe demo`: the main job on a sample catalog, in one process, with nothing else needed.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::Value;

use super::Settings;
use super::progress::{Meter, summary};
use crate::announce::Announcer;
use crate::broker::{Link, OutgoingMessage, Publisher};
use crate::catalog::{Source, rejected_path};
use crate::clock::Clock;
use crate::config::Config;
use crate::enrich::{Run, Summary};
use crate::lane::Lane;
use crate::pipeline::Pipeline;
use crate::shutdown::Shutdown;
use crate::store::ContentStore;
use skuscribe_check::content::{Document, Outcome, State};
use skuscribe_sandbox::{Behaviour, Sandbox};

/// 60 real products; `samples/README.md` names their sources and licences.
const CATALOG: &str = include_str!("../../samples/catalog.jsonl");

/// A model takes its time; so does the stand-in here, for the progress bar's sake.
const SANDBOX_LATENCY_MS: u64 = 250;
const SANDBOX_SLOTS: usize = 8;

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// Folder for the results; an earlier demo's results there are replaced.
    #[arg(long, default_value = "out/demo", value_name = "DIR")]
    out: String,
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
    let catalog = catalog(args.products);
    let given = settings.store.is_some() || environment.iter().any(|(name, _)| name == "SKUSCRIBE_STORE_URL");
    if !given {
        config.store.url.clone_from(&args.out);
        replace(Path::new(&args.out))?;
    }
    let named =
        settings.model_url.is_some() || environment.iter().any(|(name, _)| name == "SKUSCRIBE_MODEL_URL");
    let real = named || config.model.key.is_some();
    let sandbox = if real { None } else { Some(stand_in(&mut config).await?) };
    let broker =
        settings.amqp_url.is_some() || environment.iter().any(|(name, _)| name == "SKUSCRIBE_BROKER_URL");
    let store = crate::store::open(&config.store).await?;
    crate::store::probe(&*store, &format!("demo-{}", std::process::id())).await?;
    println!(
        "demo: {} real products, model: {}, broker: {}, store: {}",
        catalog.lines().count(),
        if real {
            format!("{} at {}", config.model.name, config.model.url)
        } else {
            "sandbox (a stand-in, no model)".to_owned()
        },
        if broker { config.broker.shown() } else { "none, straight from the file".to_owned() },
        store.location()
    );
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
    before_and_after(&*store, catalog).await?;
    let Some(done) = done else {
        println!(
            "{} messages went through the broker in {:.1} s; results in {}",
            catalog.lines().count(),
            started.elapsed().as_secs_f64(),
            store.location()
        );
        return Ok(ExitCode::SUCCESS);
    };
    println!("{}", summary(&done, started.elapsed(), &store.location()));
    example_of_dropped(&*store).await?;
    example_of_held(&*store).await?;
    let tasks: u64 = done.outcomes.values().sum();
    if done.count(Outcome::Failed) > 0 {
        // A weak model fails here and there; one that fails everywhere is not there.
        return Ok(if done.count(Outcome::Failed) < tasks { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let again = Instant::now();
    let second = straight(&config, &store, catalog, &shutdown, "again").await?;
    println!(
        "run again: {} unchanged, {} model calls, {:.2} s",
        second.count(Outcome::Unchanged) + second.count(Outcome::Published) + second.count(Outcome::Held),
        second.calls,
        again.elapsed().as_secs_f64()
    );
    drop(sandbox);
    Ok(if done.count(Outcome::Published) > 0 || real { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn catalog(products: Option<usize>) -> &'static str {
    let Some(products) = products else { return CATALOG.trim_end() };
    let end =
        CATALOG.match_indices('\n').nth(products.saturating_sub(1)).map_or(CATALOG.len(), |(end, _)| end);
    CATALOG.get(..end).unwrap_or(CATALOG).trim_end()
}

async fn stand_in(config: &mut Config) -> anyhow::Result<Sandbox> {
    // With every twelfth product it insists on an invented number, so that there is something to hold.
    let behaviour = Behaviour {
        latency_ms: SANDBOX_LATENCY_MS,
        invent_rate: 0.08,
        stubborn: true,
        seed: 7,
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
    catalog: &'static str,
    shutdown: &Shutdown,
    what: &'static str,
) -> anyhow::Result<Summary> {
    let pipeline = Arc::new(Pipeline::new(config, Arc::clone(store), Announcer::Nowhere, Clock::System)?);
    let salt = pipeline.digest().to_string();
    let source = Source::jsonl(catalog, jiff::Timestamp::UNIX_EPOCH, &salt)?;
    let mut meter = Meter::new(what, source.expected);
    let rejected = rejected_path(Path::new(&config.store.url));
    let run = Run { pipeline, slots: config.model.slots + 1, rejected };
    let done = run.run(source, shutdown, |sums, elapsed| meter.show_run(sums, elapsed)).await?;
    meter.finish();
    Ok(done)
}

/// Publishes the catalog and works it with a worker in this process, under names of its own.
async fn through_broker(config: &Config, catalog: &'static str, shutdown: &Shutdown) -> anyhow::Result<()> {
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
    catalog: &'static str,
    publisher: &Publisher,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let source = Source::jsonl(catalog, jiff::Timestamp::UNIX_EPOCH, "demo")?;
    let expected = source.expected.unwrap_or(0);
    let context = source.context();
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

/// Prints the first published product as it was and as it is now.
async fn before_and_after(store: &dyn ContentStore, catalog: &str) -> anyhow::Result<()> {
    for line in catalog.lines() {
        let product: Value = serde_json::from_str(line)?;
        let sku: skuscribe_check::product::Sku =
            product.get("sku").and_then(Value::as_str).unwrap_or_default().parse()?;
        let locale = product.get("locale").and_then(Value::as_str).unwrap_or("en-US").parse()?;
        let key = crate::store::Key::Content { locale, sku };
        let Some((document, _)) = crate::store::load::<Document>(store, &key).await? else { continue };
        if document.state != State::Published {
            continue;
        }
        let at = |pointer: &str| {
            let recipe = pointer.split('/').nth(1).unwrap_or_default();
            let rest = pointer.get(recipe.len() + 1..).unwrap_or_default();
            document
                .content
                .get(recipe)
                .and_then(|content| content.pointer(rest))
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        println!("\nbefore  {}", product.get("title").and_then(Value::as_str).unwrap_or_default());
        println!(
            "        {}",
            product.get("description").and_then(Value::as_str).unwrap_or("(no description)")
        );
        println!("after   {} [{} revision {}]", at("/description/title"), document.locale, document.revision);
        println!("        {}", at("/description/body"));
        for bullet in 0..3 {
            println!("        • {}", at(&format!("/description/bullets/{bullet}")));
        }
        println!("        Q {}", at("/faq/entries/0/question"));
        println!("        A {}", at("/faq/entries/0/answer"));
        let telling = |own: &&skuscribe_check::content::Support| own.name != "title" && own.name != "brand";
        let evidence = document.evidence.iter().find(|own| own.attributes.iter().any(|own| telling(&own)));
        if let Some(evidence) = evidence {
            let names: Vec<&str> = evidence.attributes.iter().map(|own| own.name.as_str()).collect();
            println!("        evidence: {:?} rests on {}", evidence.text, names.join(", "));
        }
        println!("        file: {}/{}\n", store.location().trim_end_matches('/'), key.path());
        return Ok(());
    }
    println!("no product was published");
    Ok(())
}

/// Prints what was left out of one text, for no attribute bears it.
async fn example_of_dropped(store: &dyn ContentStore) -> anyhow::Result<()> {
    for path in store.list("content", usize::MAX).await? {
        let file = Path::new(&store.location()).join(&path);
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        let document: Document = serde_json::from_str(&text)?;
        if let Some(dropped) = document.findings.iter().find(|finding| finding.rule == "repair.dropped") {
            println!("  of {} in {} was {}", document.sku, document.locale, dropped.message);
            return Ok(());
        }
    }
    Ok(())
}

/// Prints why one draft is held.
async fn example_of_held(store: &dyn ContentStore) -> anyhow::Result<()> {
    let Some(path) = store.list("held", 1).await?.into_iter().next() else { return Ok(()) };
    let file = Path::new(&store.location()).join(&path);
    let Ok(text) = std::fs::read_to_string(&file) else { return Ok(()) };
    let entry: skuscribe_check::content::HeldEntry = serde_json::from_str(&text)?;
    let blocking =
        entry.findings.iter().find(|finding| finding.severity >= skuscribe_check::content::Severity::Hold);
    if let Some(finding) = blocking {
        println!(
            "  one that is held: {} in {}, {}: {}",
            entry.sku, entry.locale, finding.rule, finding.message
        );
    }
    Ok(())
}
