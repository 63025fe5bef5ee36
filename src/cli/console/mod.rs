//! `skuscribe console`: the web console, until a signal stops it; and the tokens that let people in.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use clap::{Args, Subcommand};
use secrecy::ExposeSecret as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::announce::Announcer;
use crate::broker::{Link, Publisher};
use crate::clock::Clock;
use crate::config::{Config, Setting};
use crate::console::read_model::{Feeder, ReadModel, rebuild};
use crate::console::{Console, ConsoleParts, Person, Role, new_token};
use crate::pipeline::Pipeline;
use crate::shutdown::Shutdown;
use crate::store::ContentStore;

#[derive(Debug, Args)]
pub(super) struct ConsoleArgs {
    #[command(subcommand)]
    action: Option<ConsoleAction>,
    /// Run without a broker: decisions are made, but nobody hears of them, and nothing can be asked for again.
    #[arg(long)]
    without_broker: bool,
}

#[derive(Debug, Subcommand)]
enum ConsoleAction {
    /// Make a token; the entry that is printed belongs into the file that console.tokens names.
    Token {
        /// The name that stands with each decision.
        #[arg(long)]
        name: String,
        /// viewer, reviewer, operator or admin.
        #[arg(long)]
        role: Role,
        /// Categories that the person sees, such as "Gear > Bags"; all where none is named.
        #[arg(long, value_name = "CATEGORY")]
        category: Vec<String>,
        /// Languages or locales that the person sees; all where none is named.
        #[arg(long, value_delimiter = ',', value_name = "LOCALES")]
        locales: Vec<String>,
    },
    /// Build the read model anew from the store, and end.
    Rebuild,
}

pub(super) async fn run(
    config: Config,
    args: ConsoleArgs,
    settings: Vec<Setting>,
) -> anyhow::Result<ExitCode> {
    match args.action {
        Some(ConsoleAction::Token { name, role, category, locales }) => {
            ensure!(!name.trim().is_empty(), "--name is empty; say whose token it is");
            let (token, entry) = new_token(&Person { name, role, categories: category, locales })?;
            println!("{entry}");
            eprintln!("the token, shown this once: {}", token.expose_secret());
            return Ok(ExitCode::SUCCESS);
        }
        Some(ConsoleAction::Rebuild) => {
            let store = crate::store::open(&config.store).await?;
            let model = open_model(&config).await?;
            let built =
                rebuild(&model, &*store, &CancellationToken::new(), |_| {}).await?.unwrap_or_default();
            println!("{} documents read", built.documents);
            model.close().await;
            return Ok(ExitCode::SUCCESS);
        }
        None => {}
    }
    let shutdown = Shutdown::on_signals()?;
    let store = crate::store::open(&config.store).await?;
    let publisher = (!args.without_broker)
        .then(|| Publisher::new(Link::from_config(&config.broker), "skuscribe-console"));
    serve(config, settings, store, publisher, &shutdown.drain).await?;
    Ok(ExitCode::SUCCESS)
}

async fn open_model(config: &Config) -> anyhow::Result<ReadModel> {
    let path = &config.console.database;
    let opened = match path.as_str() {
        "" => ReadModel::in_memory(Clock::System).await,
        path => ReadModel::open(Path::new(path), Clock::System).await,
    };
    Ok(opened?)
}

/// Serves the console until `stop`, with its read model fed by events where there is a broker.
pub(super) async fn serve(
    config: Config,
    settings: Vec<Setting>,
    store: Arc<dyn ContentStore>,
    publisher: Option<Publisher>,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let address = config.console.address()?;
    let announcer = match &publisher {
        Some(publisher) => {
            Announcer::Broker { publisher: publisher.clone(), config: config.announce.clone() }
        }
        None => Announcer::Nowhere,
    };
    let pipeline = Arc::new(Pipeline::new(&config, Arc::clone(&store), announcer, Clock::System)?);
    let model = open_model(&config).await?;
    let link = Link::from_config(&config.broker);
    let parts = ConsoleParts {
        config,
        settings,
        store: Arc::clone(&store),
        pipeline: Arc::clone(&pipeline),
        model: model.clone(),
        publisher: publisher.clone(),
    };
    let console = Arc::new(Console::new(parts, Clock::System)?);
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("console.listen = {address}: the port cannot be opened; choose another"))?;
    let address = listener.local_addr()?;
    tracing::info!(console.address = %address, "serving the console");
    println!("the console is at http://{address}/ (Ctrl-C ends it)");
    let closing = CancellationToken::new();
    let feeding = async {
        match &publisher {
            Some(_) => Feeder::new(link, Arc::clone(&store), model.clone()).run(stop).await,
            None => build(&model, &*store, stop).await,
        }
    };
    let serving = async {
        pipeline.warm_up().await;
        console.serve(listener, stop).await;
        closing.cancel();
    };
    tokio::join!(serving, feeding, pipeline.ledger().keep(&closing));
    if let Some(publisher) = publisher {
        publisher.close().await;
    }
    model.close().await;
    Ok(())
}

/// Reads the whole store once: without events nothing else tells the read model of it.
async fn build(model: &ReadModel, store: &dyn ContentStore, stop: &CancellationToken) {
    match rebuild(model, store, stop, |_| {}).await {
        Ok(None) => {}
        Ok(Some(built)) => tracing::info!(documents = built.documents, "the read model is built"),
        Err(error) => {
            tracing::error!(error = %crate::failure::chain(&error), "the read model could not be built; start the console again");
        }
    }
}
