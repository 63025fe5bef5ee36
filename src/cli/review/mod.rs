//! `skuscribe review`: what is held, looked at and decided on by people.

mod edit;
mod print;
mod queue;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use clap::{Args, Subcommand};
use edit::{content_of, edit};
use queue::{Wanted, list};
use serde_json::json;

use crate::announce::Announcer;
use crate::broker::{Link, OutgoingMessage, Publisher};
use crate::clock::Clock;
use crate::config::Config;
use crate::lane::Lane;
use crate::pipeline::Pipeline;
use crate::review::ReviewDecision;
use crate::store::ContentStore;
use skuscribe_check::content::{Finding, Severity};
use skuscribe_check::product::{Locale, Sku};

#[derive(Debug, Args)]
pub(super) struct ReviewArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// What waits for a person.
    List {
        /// Only this locale.
        #[arg(long)]
        locale: Option<Locale>,
        /// Only texts with a finding of this rule, or of one that begins so (facts, eu.green).
        #[arg(long)]
        rule: Option<String>,
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
    /// A draft that waits: each finding beside its sentence and its attribute, then the texts.
    Show {
        #[command(flatten)]
        which: Which,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Publish a draft that waits.
    Approve {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        decided: Decided,
    },
    /// Put a text of your own in the place of a draft, or of what is published.
    Edit(EditArgs),
    /// Take a draft out of the queue; the model sees the note when the text is written again.
    Reject {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        decided: Decided,
        /// Why.
        #[arg(long)]
        note: String,
        /// Have it written again now.
        #[arg(long)]
        regenerate: bool,
    },
    /// Keep the machine off recipes of a document.
    Lock {
        #[command(flatten)]
        which: Which,
        /// The recipes; all of the document where none is named.
        #[arg(long = "recipe")]
        recipes: Vec<String>,
    },
    /// Let the machine at them again.
    Unlock {
        #[command(flatten)]
        which: Which,
        /// The recipes; all where none is named.
        #[arg(long = "recipe")]
        recipes: Vec<String>,
    },
}

#[derive(Debug, Args)]
struct EditArgs {
    #[command(flatten)]
    which: Which,
    /// The draft: the digits that `show` prints; where it is left out the one that waits, else what is published.
    #[arg(long)]
    draft: Option<String>,
    /// Print the content to be edited as JSON, and do nothing.
    #[arg(long)]
    print: bool,
    /// Read the edited content from a file of that form, instead of opening an editor.
    #[arg(long)]
    file: Option<PathBuf>,
    /// The editor to open.
    #[arg(long, env = "EDITOR", default_value = "vi")]
    editor: String,
    /// Publish it although checks would hold it.
    #[arg(long)]
    approve: bool,
    #[command(flatten)]
    person: Person,
}

#[derive(Debug, Args)]
struct Which {
    /// The product.
    sku: Sku,
    /// The locale.
    #[arg(long)]
    locale: Locale,
}

#[derive(Debug, Args)]
struct Decided {
    /// The draft that you looked at: the digits that `list` and `show` print.
    #[arg(long)]
    draft: String,
    #[command(flatten)]
    person: Person,
}

#[derive(Debug, Args)]
struct Person {
    /// Who decides; kept with the text.
    #[arg(long, env = "SKUSCRIBE_REVIEWER")]
    by: String,
    /// Announce no event: for a store without a broker.
    #[arg(long)]
    without_event: bool,
}

pub(super) async fn run(config: Config, args: ReviewArgs) -> anyhow::Result<ExitCode> {
    let store = crate::store::open(&config.store).await?;
    match args.action {
        Action::List { locale, rule, sku, limit, json } => {
            let wanted = Wanted { locale, rule, sku };
            list(&*store, &wanted, limit, json).await
        }
        Action::Show { which, json } => {
            let pipeline = pipeline(&config, &store, Announcer::Nowhere)?;
            let waiting = pipeline.waiting(&which.sku, &which.locale).await?;
            print::show(&waiting, json)?;
            Ok(ExitCode::SUCCESS)
        }
        Action::Approve { which, decided } => {
            let (pipeline, publisher) = deciding(&config, &store, &decided.person).await?;
            let done = pipeline.approve(decision(&which, &decided)).await;
            close(publisher).await;
            let stored = done?;
            println!("published {} in {}, revision {}", stored.sku(), stored.locale(), stored.revision());
            Ok(ExitCode::SUCCESS)
        }
        Action::Edit(args) if args.print => {
            let pipeline = pipeline(&config, &store, Announcer::Nowhere)?;
            let base = pipeline.editable(&args.which.sku, &args.which.locale, args.draft.as_deref()).await?;
            println!("{}", content_of(&base.drafts)?);
            Ok(ExitCode::SUCCESS)
        }
        Action::Edit(args) => {
            let (pipeline, publisher) = deciding(&config, &store, &args.person).await?;
            let done = edit(&pipeline, &args).await;
            close(publisher).await;
            done
        }
        Action::Reject { which, decided, note, regenerate } => {
            ensure!(!note.trim().is_empty(), "--note is empty; say what is wrong");
            let person = Person { without_event: !regenerate, by: decided.person.by.clone() };
            let (pipeline, publisher) = deciding(&config, &store, &person).await?;
            let done = reject(&pipeline, publisher.as_ref(), &which, &decided, &note).await;
            close(publisher).await;
            done
        }
        Action::Lock { which, recipes } => lock(&config, &store, &which, &recipes, true).await,
        Action::Unlock { which, recipes } => lock(&config, &store, &which, &recipes, false).await,
    }
}

fn pipeline(
    config: &Config,
    store: &Arc<dyn ContentStore>,
    announcer: Announcer,
) -> anyhow::Result<Pipeline> {
    Pipeline::new(config, Arc::clone(store), announcer, Clock::System)
}

/// The stages, and the publisher that has to be closed. A broker that is away is found out before anything is decided.
async fn deciding(
    config: &Config,
    store: &Arc<dyn ContentStore>,
    person: &Person,
) -> anyhow::Result<(Pipeline, Option<Publisher>)> {
    ensure!(!person.by.trim().is_empty(), "--by is empty; say who decides");
    if person.without_event {
        return Ok((pipeline(config, store, Announcer::Nowhere)?, None));
    }
    let publisher = Publisher::new(Link::from_config(&config.broker), "skuscribe-review");
    publisher.declare().await.context("nothing was decided; start the broker, or say --without-event")?;
    let announcer = Announcer::Broker { publisher: publisher.clone(), config: config.announce.clone() };
    Ok((pipeline(config, store, announcer)?, Some(publisher)))
}

async fn close(publisher: Option<Publisher>) {
    if let Some(publisher) = publisher {
        publisher.close().await;
    }
}

fn decision<'a>(which: &'a Which, decided: &'a Decided) -> ReviewDecision<'a> {
    ReviewDecision { sku: &which.sku, locale: &which.locale, draft: &decided.draft, by: &decided.person.by }
}

async fn reject(
    pipeline: &Pipeline,
    publisher: Option<&Publisher>,
    which: &Which,
    decided: &Decided,
    note: &str,
) -> anyhow::Result<ExitCode> {
    let recipes = pipeline.reject(decision(which, decided), note).await?;
    println!("rejected {} in {}: {}", which.sku, which.locale, recipes.join(", "));
    if let Some(publisher) = publisher {
        // Under one name for one rejection, so that doing it twice writes once.
        let id = format!("regenerate-{}-{}-{}", which.sku, which.locale, decided.draft);
        let body = json!({
            "id": id, "type": "content.requested", "occurred_at": jiff::Timestamp::now().to_string(),
            "product": { "sku": which.sku }, "locales": [which.locale], "recipes": recipes, "force": true
        });
        let body = serde_json::to_vec(&body)?;
        let sent = publisher
            .work(
                Lane::Interactive,
                OutgoingMessage { body: &body, id: Some(&id), ..OutgoingMessage::default() },
            )
            .await;
        sent.context(
            "it is rejected, but could not be asked for again; do the same again once the broker is back",
        )?;
        println!("asked for again, with the note");
    }
    Ok(ExitCode::SUCCESS)
}

async fn lock(
    config: &Config,
    store: &Arc<dyn ContentStore>,
    which: &Which,
    recipes: &[String],
    on: bool,
) -> anyhow::Result<ExitCode> {
    let pipeline = pipeline(config, store, Announcer::Nowhere)?;
    let locks = pipeline.lock(&which.sku, &which.locale, recipes, on).await?;
    if locks.is_empty() {
        println!("nothing of {} in {} is locked", which.sku, which.locale);
    } else {
        println!("locked of {} in {}: {}", which.sku, which.locale, locks.join(", "));
    }
    Ok(ExitCode::SUCCESS)
}

fn holds(finding: &Finding) -> bool {
    finding.severity >= Severity::Hold
}

/// As many digits of a draft's name as people need.
fn short(operation: &str) -> String {
    operation.chars().take(12).collect()
}
