//! `skuscribe enrich`: a file of products into a folder or bucket.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use clap::Args;

use super::catalog_file::{CatalogArgs, tell_notes};
use super::progress::{Meter, summary};
use super::terminal::shell_word;
use crate::announce::Announcer;
use crate::catalog::rejected_path;
use crate::clock::Clock;
use crate::config::{Config, FlagSetting};
use crate::enrich::Run;
use crate::pipeline::Pipeline;
use crate::shutdown::Shutdown;
use skuscribe_check::content::Outcome;

/// Exit code after Ctrl-C, as shells have it.
const INTERRUPTED: u8 = 130;
/// Exit code where the model may not or cannot be called: the same command goes on once that is mended.
const STOPPED: u8 = 3;

#[derive(Debug, Args)]
pub(super) struct EnrichArgs {
    #[command(flatten)]
    catalog: CatalogArgs,
    /// Where content goes: a folder or <s3://bucket/prefix>.
    #[arg(long, value_name = "DIR")]
    out: Option<String>,
    /// Locales to write where a line names none, separated by commas.
    #[arg(long, value_delimiter = ',', value_name = "LOCALES")]
    locales: Vec<String>,
    /// Recipes to write, separated by commas.
    #[arg(long, value_delimiter = ',', value_name = "RECIPES")]
    recipes: Vec<String>,
    /// Model calls in flight.
    #[arg(long, value_name = "N")]
    slots: Option<usize>,
    /// Write again although nothing changed.
    #[arg(long)]
    force: bool,
}

impl EnrichArgs {
    pub(super) fn flags(&self) -> Vec<FlagSetting> {
        let mut flags = Vec::new();
        let mut set = |flag, key, value: Option<String>| {
            flags.extend(value.map(|value| FlagSetting { flag, key, value }));
        };
        set("--out", "store.url", self.out.clone());
        set("--slots", "model.slots", self.slots.map(|slots| slots.to_string()));
        flags
    }
}

pub(super) async fn run(
    mut config: Config,
    args: EnrichArgs,
    settings: Option<&Path>,
) -> anyhow::Result<ExitCode> {
    super::narrow(&mut config, &args.locales, &args.recipes)?;
    super::warn_of_keys(&config)?;
    let started = Instant::now();
    let store = crate::store::open(&config.store).await?;
    crate::store::probe(&*store, &format!("enrich-{}", std::process::id())).await?;
    let location = store.location();
    let pipeline = Arc::new(Pipeline::new(&config, store, Announcer::Nowhere, Clock::System)?);
    // A forced run is a new operation for every line; any other run is the same operation as its repetition.
    let salt = if args.force { Clock::System.now().to_string() } else { pipeline.digest().to_string() };
    let source = args.catalog.open(&config, salt, args.force).await?;
    let notes = source.notes();
    let expected = source.expected;
    let shutdown = Shutdown::on_signals()?;
    let beside = if config.store.url.starts_with("s3://") { "." } else { &config.store.url };
    let rejected = rejected_path(Path::new(beside));
    let run = Run { pipeline, slots: config.model.slots + config.model.slots / 10 + 1, rejected };
    let looked = tokio::select! {
        looked = run.look() => looked,
        () = shutdown.drain.cancelled() => return Ok(ExitCode::from(INTERRUPTED)),
    };
    if let Err(reason) = looked {
        eprintln!("skuscribe: {reason}");
        eprintln!("nothing was begun; once that is mended, run the same command again");
        return Ok(ExitCode::from(STOPPED));
    }
    let mut meter = Meter::new("enriching", expected);
    let done = run.run(source, &shutdown, |progress| meter.show_run(progress)).await?;
    meter.finish();
    tell_notes(&notes);
    println!("{}", summary(&done, started.elapsed(), &location, &review_command(&config, settings)));
    let left = expected.map_or_else(String::new, |expected| {
        format!("{} of {expected} lines are left; ", expected.saturating_sub(done.finished))
    });
    if let Some(reason) = &done.stopped {
        println!("  stopped: {reason}");
        println!("  {left}nothing is lost: run the same command again to go on");
        return Ok(ExitCode::from(STOPPED));
    }
    if done.interrupted {
        println!("  interrupted: {left}nothing is lost: run the same command again to go on");
        return Ok(ExitCode::from(INTERRUPTED));
    }
    let faulty = done.rejected + done.count(Outcome::Failed);
    if faulty > 0 {
        println!("  {faulty} could not be worked: {}", run.rejected.display());
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// The command that lists what is held in the store of a run.
fn review_command(config: &Config, settings: Option<&Path>) -> String {
    let settings = settings
        .map_or_else(String::new, |file| format!(" --config {}", shell_word(&file.to_string_lossy())));
    format!("skuscribe review list{settings} --store {}", shell_word(&config.store.url))
}
