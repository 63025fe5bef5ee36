//! The command line: one file per subcommand, wiring only.

mod answers;
mod ask;
#[cfg(feature = "tables")]
mod backfill;
mod catalog_file;
mod check;
mod config;
#[cfg(feature = "console")]
mod console;
mod content;
mod cost;
mod dead_letters;
#[cfg(feature = "sandbox")]
mod demo;
mod doctor;
mod dry_run;
mod enrich;
#[cfg(feature = "eval")]
mod eval;
mod exit;
mod export;
mod facts;
mod feed;
mod flags;
mod gaps;
mod guide;
#[cfg(feature = "tables")]
mod index;
mod inspect;
mod jobs;
mod kept_back;
mod policy;
mod progress;
mod provenance;
mod public;
mod publish;
mod questions;
mod recipe;
pub mod reference;
mod regenerate;
mod review;
mod samples;
#[cfg(feature = "sandbox")]
mod sandbox;
mod schema;
mod terminal;
mod topology;
mod worker;

use std::process::ExitCode;

use exit::{done, exit_code, report_left_out};
use flags::Settings;

use clap::error::{ContextKind, ContextValue};
use clap::{Parser, Subcommand};

use crate::config::Config;
use crate::failure::chain;

/// Keeps a shop's product copy written: update messages in, checked content out.
#[derive(Debug, Parser)]
#[command(name = "skuscribe", version, propagate_version = true)]
struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Process product updates from the broker.
    Worker,
    /// Process a file of products into a folder or <s3://bucket/prefix>, without a broker.
    Enrich(enrich::EnrichArgs),
    /// Show how a catalog file is read: its format, columns, products, and what is wrong with it.
    Inspect(inspect::InspectArgs),
    /// Estimate a run before it starts: calls, tokens, money, time; or show what a day cost.
    Cost(cost::CostArgs),
    /// Check texts that somebody else wrote against their facts, without a model.
    Check(check::CheckArgs),
    /// Show the rules of markets, and try them on a text.
    Policy(policy::PolicyArgs),
    /// Scaffold a recipe, run it on products, compare two versions of it.
    Recipe(recipe::RecipeArgs),
    /// Re-generate the texts of stored products by selection; counts, estimate and samples come first.
    Regenerate(regenerate::RegenerateArgs),
    /// Compare a whole catalog with the index, and publish only what is new, changed or missing.
    #[cfg(feature = "tables")]
    Backfill(backfill::BackfillArgs),
    /// Bring the tables of the index up to date with the change feed.
    #[cfg(feature = "tables")]
    Index(index::IndexArgs),
    /// Have a buying guide written over the products of a category.
    Guide(guide::GuideArgs),
    /// Answer a shopper's question from the facts of stored products.
    Ask(ask::AskArgs),
    /// Serve answers to shoppers: POST /v1/answers, and a chat widget.
    Answers,
    /// Serve the web console: review, catalog, jobs, costs; or make a token that lets a person in.
    #[cfg(feature = "console")]
    Console(console::ConsoleArgs),
    /// List the facts that shoppers and texts lack, per category.
    Gaps(gaps::GapsArgs),
    /// List what shoppers asked, and confirm or reject it as a topic of the FAQ.
    Questions(questions::QuestionsArgs),
    /// Show how far jobs are; pause, resume and cancel them, retry what failed.
    Jobs(jobs::JobsArgs),
    /// Write outcome events into the numbered segments of the change feed.
    Feed,
    /// Print what changed after a cursor, as JSONL.
    Changes(feed::ChangesArgs),
    /// Tell who wrote a text, mark pages, and make the keys that records are signed with.
    Provenance(provenance::ProvenanceArgs),
    /// Write the public documents that are missing or behind.
    Public(public::PublicArgs),
    /// Read facts out of products' prose, and decide on those that the rules leave open.
    Facts(facts::FactsArgs),
    /// Look at held texts, and decide on them.
    Review(review::ReviewArgs),
    /// Show what is published and how it came about; bring earlier texts back.
    Content(content::ContentArgs),
    /// Write published content out for storefronts, feeds and other systems.
    Export(export::ExportArgs),
    /// Measure the checks and the answers on labelled texts.
    #[cfg(feature = "eval")]
    Eval(eval::EvalArgs),
    /// Put a file of products onto the queue, each message confirmed.
    Publish(publish::PublishArgs),
    /// List, show, replay or drop dead letters.
    Dead(dead_letters::DeadLettersArgs),
    /// The same for messages whose routing key is no lane.
    Unrouted(dead_letters::DeadLettersArgs),
    /// Show the main job on a sample catalog, with nothing but this binary.
    #[cfg(feature = "sandbox")]
    Demo(demo::DemoArgs),
    /// Run the stand-in for a model server.
    #[cfg(feature = "sandbox")]
    Sandbox(sandbox::SandboxArgs),
    /// Print the exchanges and queues, or apply them.
    Topology(topology::TopologyArgs),
    /// Print a contract's JSON Schema.
    Schema(schema::SchemaArgs),
    /// Check config, broker, store, model and Redis, and say what to do; nothing is changed.
    Doctor(doctor::DoctorArgs),
    /// Show the settings in force.
    Config(config::ConfigArgs),
}

/// Parses the command line, runs the command, and turns its result into an exit code.
#[must_use]
pub fn run() -> ExitCode {
    quiet_on_closed_pipe();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            if let Some(hint) = left_out(&error) {
                eprintln!("skuscribe: {hint}");
                return ExitCode::from(2);
            }
            error.exit()
        }
    };
    let mut first = true;
    match start(cli) {
        Ok(code) => code,
        Err(error) => {
            // An error may quote a file: nothing of it may command the terminal.
            for line in chain(error.as_ref()).lines().take(ERROR_LINES_MAX) {
                eprintln!("{}{}", if first { "skuscribe: " } else { "" }, terminal::printable(line));
                first = false;
            }
            ExitCode::FAILURE
        }
    }
}

/// Most lines of an error that are shown.
const ERROR_LINES_MAX: usize = 40;

/// Which feature a subcommand needs that this binary was built without.
fn left_out(error: &clap::Error) -> Option<String> {
    const OF_FEATURES: [(&str, &str, bool); 6] = [
        ("console", "console", cfg!(feature = "console")),
        ("backfill", "tables", cfg!(feature = "tables")),
        ("index", "tables", cfg!(feature = "tables")),
        ("eval", "eval", cfg!(feature = "eval")),
        ("demo", "sandbox", cfg!(feature = "sandbox")),
        ("sandbox", "sandbox", cfg!(feature = "sandbox")),
    ];
    let Some(ContextValue::String(name)) = error.get(ContextKind::InvalidSubcommand) else { return None };
    let (_, feature, _) = OF_FEATURES.iter().find(|(command, _, built)| command == name && !built)?;
    Some(format!(
        "{name} is not in this binary, which was built without the feature {feature}; build it with: cargo build --release --features {feature}"
    ))
}

/// A reader that goes away (`skuscribe eval … | head`) is the end of the output, and no failure to report. Any other
/// failure to print, such as a full disk, is.
fn quiet_on_closed_pipe() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let text = panic.payload().downcast_ref::<String>();
        let closed =
            |text: &String| text.starts_with("failed printing to stdout") && text.contains("Broken pipe");
        if !text.is_some_and(closed) {
            usual(panic);
        }
    }));
}

fn start(cli: Cli) -> anyhow::Result<ExitCode> {
    let environment: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let mut flags = cli.settings.flags();
    if let Command::Enrich(args) = &cli.command {
        flags.extend(args.flags());
    }
    let file = cli.settings.config.as_deref();
    let load = || Config::load(file, &environment, &flags);
    let config = load()?;
    crate::telemetry::install(&config.log)?;
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    install_tls();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let code = runtime.block_on(async {
        match cli.command {
            Command::Worker => worker::run(config, &load).await,
            Command::Enrich(args) => enrich::run(config, args, cli.settings.config.as_deref()).await,
            Command::Inspect(args) => Box::pin(inspect::run(config, args)).await,
            Command::Cost(args) => Box::pin(cost::run(config, args)).await,
            Command::Check(args) => check::run(&config, &args),
            Command::Policy(args) => policy::run(&config, args),
            Command::Recipe(args) => Box::pin(recipe::run(config, args)).await,
            Command::Feed => feed::feed(config).await,
            Command::Changes(args) => feed::changes(config, args).await,
            Command::Regenerate(args) => Box::pin(regenerate::run(config, args)).await,
            #[cfg(feature = "tables")]
            Command::Backfill(args) => Box::pin(backfill::backfill(config, args)).await,
            #[cfg(feature = "tables")]
            Command::Index(args) => index::run(config, args).await,
            Command::Guide(args) => Box::pin(guide::run(config, args)).await,
            Command::Ask(args) => Box::pin(ask::run(config, args)).await,
            Command::Answers => Box::pin(answers::run(config)).await,
            #[cfg(feature = "console")]
            Command::Console(args) => {
                let settings = Config::in_force(file, &environment, &flags)?;
                Box::pin(console::run(config, args, settings)).await
            }
            Command::Gaps(args) => gaps::run(config, args).await,
            Command::Questions(args) => questions::run(config, args).await,
            Command::Jobs(args) => Box::pin(jobs::run(config, args)).await,
            Command::Provenance(args) => Box::pin(provenance::run(config, args)).await,
            Command::Public(args) => Box::pin(public::run(config, args)).await,
            Command::Facts(args) => Box::pin(facts::run(config, args)).await,
            Command::Export(args) => Box::pin(export::run(config, args)).await,
            Command::Review(args) => Box::pin(review::run(config, args)).await,
            Command::Content(args) => Box::pin(content::run(config, args)).await,
            #[cfg(feature = "eval")]
            Command::Eval(args) => eval::run(&config, &args).await,
            Command::Publish(args) => publish::run(config, args).await,
            Command::Dead(args) => dead_letters::run(config, dead_letters::LetterKind::Dead, args).await,
            Command::Unrouted(args) => {
                dead_letters::run(config, dead_letters::LetterKind::Unrouted, args).await
            }
            #[cfg(feature = "sandbox")]
            Command::Demo(args) => Box::pin(demo::run(config, args, &environment, &cli.settings)).await,
            #[cfg(feature = "sandbox")]
            Command::Sandbox(args) => sandbox::run(args).await,
            Command::Topology(args) => topology::run(config, args).await,
            Command::Schema(args) => schema::run(&args),
            Command::Config(args) => config::run(&Config::in_force(file, &environment, &flags)?, &args),
            Command::Doctor(args) => Box::pin(doctor::run(config, args)).await,
        }
    });
    // Requests that hang must not hold up the end: what had to be finished was waited for.
    runtime.shutdown_background();
    code
}

/// Takes over what a run's flags say of locales and recipes.
fn narrow(config: &mut Config, locales: &[String], recipes: &[String]) -> anyhow::Result<()> {
    if !locales.is_empty() {
        config.recipes.locales = locales.iter().map(|locale| locale.parse()).collect::<Result<_, _>>()?;
    }
    if !recipes.is_empty() {
        config.recipes.enabled = recipes.to_vec();
    }
    Ok(())
}

/// Warns of what is wrong with the keys of signed records, though work can go on.
fn warn_of_keys(config: &Config) -> anyhow::Result<()> {
    for problem in crate::provenance::key_problems(&config.provenance)? {
        tracing::warn!("{problem}");
    }
    Ok(())
}

/// Makes ring the process's TLS provider: reqwest is built without one.
pub fn install_tls() {
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        tracing::debug!("a TLS provider is installed already");
    }
}
