//! `skuscribe review`: what is held, looked at and decided on by people.

pub(super) mod args;
mod edit;
pub(super) mod entry;
mod print;
mod queue;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use serde_json::json;

use crate::announce::Announcer;
use crate::broker::{Link, OutgoingMessage, Publisher};
use crate::clock::Clock;
use crate::config::Config;
use crate::lane::Lane;
use crate::pipeline::Pipeline;
use crate::review::{Act, ReviewDecision};
use crate::store::ContentStore;
pub(super) use args::ReviewArgs;
use args::{DecisionArgs, LockArgs, ReviewAction, ReviewTarget, ReviewerArgs};
use edit::{content_of, edit};
use queue::{QueueFilter, list};

pub(super) async fn run(config: Config, args: ReviewArgs) -> anyhow::Result<ExitCode> {
    let store = crate::store::open(&config.store).await?;
    match args.action {
        ReviewAction::List { locale, rule, sku, limit, json } => {
            let filter = QueueFilter { locale, rule, sku };
            list(&*store, &filter, limit, json).await
        }
        ReviewAction::Show { which, json } => {
            let pipeline = pipeline(&config, &store, Announcer::Nowhere)?;
            let waiting = pipeline.waiting(&which.sku, &which.locale).await?;
            print::show(&waiting, &config.labels, json)?;
            Ok(ExitCode::SUCCESS)
        }
        ReviewAction::Approve { which, decided } => {
            let (pipeline, publisher) = deciding(&config, &store, &decided.person).await?;
            let done = pipeline.approve(decision(&which, &decided)).await;
            close(publisher).await;
            let stored = done?;
            println!("published {} in {}, revision {}", stored.sku(), stored.locale(), stored.revision());
            Ok(ExitCode::SUCCESS)
        }
        ReviewAction::Edit(args) if args.print => {
            let pipeline = pipeline(&config, &store, Announcer::Nowhere)?;
            let base = pipeline.editable(&args.which.sku, &args.which.locale, args.draft.as_deref()).await?;
            println!("{}", content_of(&base.drafts)?);
            Ok(ExitCode::SUCCESS)
        }
        ReviewAction::Edit(args) => {
            let (pipeline, publisher) = deciding(&config, &store, &args.person).await?;
            let done = edit(&pipeline, &args).await;
            close(publisher).await;
            done
        }
        ReviewAction::Reject { which, decided, regenerate } => {
            let note = decided.note.clone().unwrap_or_default();
            ensure!(!note.trim().is_empty(), "say what is wrong: --note \"…\"");
            let person = ReviewerArgs { without_event: !regenerate, by: decided.person.by.clone() };
            let (pipeline, publisher) = deciding(&config, &store, &person).await?;
            let done = reject(&pipeline, publisher.as_ref(), &which, &decided, &note).await;
            close(publisher).await;
            done
        }
        ReviewAction::Lock(args) => lock(&config, &store, &args, true).await,
        ReviewAction::Unlock(args) => lock(&config, &store, &args, false).await,
        ReviewAction::Undo { which, decision, reason, person } => {
            let (pipeline, publisher) = deciding(&config, &store, &person).await?;
            let act = Act { sku: &which.sku, locale: &which.locale, by: &person.by, why: reason.as_deref() };
            let done = pipeline.undo(act, decision.as_ref()).await;
            close(publisher).await;
            print::undone(&which, &done?);
            Ok(ExitCode::SUCCESS)
        }
        ReviewAction::Comment { which, comment, by } => {
            let pipeline = pipeline(&config, &store, Announcer::Nowhere)?;
            let act = Act { sku: &which.sku, locale: &which.locale, by: &by, why: Some(&comment) };
            pipeline.comment(act).await?;
            println!("kept; `skuscribe content history` shows it");
            Ok(ExitCode::SUCCESS)
        }
    }
}

pub(super) fn pipeline(
    config: &Config,
    store: &Arc<dyn ContentStore>,
    announcer: Announcer,
) -> anyhow::Result<Pipeline> {
    Pipeline::new(config, Arc::clone(store), announcer, Clock::System)
}

/// The stages, and the publisher that has to be closed. A broker that is away is found out before anything is decided.
pub(super) async fn deciding(
    config: &Config,
    store: &Arc<dyn ContentStore>,
    person: &ReviewerArgs,
) -> anyhow::Result<(Pipeline, Option<Publisher>)> {
    ensure!(!person.by.trim().is_empty(), "--by is empty; say who decides");
    if person.without_event {
        return Ok((pipeline(config, store, Announcer::Nowhere)?, None));
    }
    let publisher = Publisher::patient(Link::from_config(&config.broker), "skuscribe-review");
    publisher.declare().await.context("nothing was decided; start the broker, or say --without-event")?;
    let announcer = Announcer::Broker { publisher: publisher.clone(), config: config.announce.clone() };
    Ok((pipeline(config, store, announcer)?, Some(publisher)))
}

pub(super) async fn close(publisher: Option<Publisher>) {
    if let Some(publisher) = publisher {
        publisher.close().await;
    }
}

fn decision<'a>(which: &'a ReviewTarget, decided: &'a DecisionArgs) -> ReviewDecision<'a> {
    ReviewDecision {
        sku: &which.sku,
        locale: &which.locale,
        draft: &decided.draft,
        by: &decided.person.by,
        why: decided.note.as_deref(),
    }
}

async fn reject(
    pipeline: &Pipeline,
    publisher: Option<&Publisher>,
    which: &ReviewTarget,
    decided: &DecisionArgs,
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
    LockArgs { which, recipes, reason, by }: &LockArgs,
    on: bool,
) -> anyhow::Result<ExitCode> {
    let pipeline = pipeline(config, store, Announcer::Nowhere)?;
    let act = Act { sku: &which.sku, locale: &which.locale, by, why: reason.as_deref() };
    let locks = pipeline.lock(act, recipes, on).await?;
    if locks.is_empty() {
        println!("nothing of {} in {} is locked", which.sku, which.locale);
    } else {
        println!("locked of {} in {}: {}", which.sku, which.locale, locks.join(", "));
    }
    Ok(ExitCode::SUCCESS)
}
