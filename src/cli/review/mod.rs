//! `skuscribe review`: what is held, looked at and decided on by people.

pub(super) mod args;
mod decide;
mod edit;
pub(super) mod entry;
mod print;
mod queue;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, ensure};

use crate::announce::Announcer;
use crate::broker::{Link, Publisher};
use crate::clock::Clock;
use crate::config::Config;
use crate::pipeline::Pipeline;
use crate::review::Act;
use crate::store::ContentStore;
pub(super) use args::ReviewArgs;
use args::{LockArgs, ReviewAction, ReviewerArgs};
use edit::{content_of, edit};
use queue::list;

pub(super) async fn run(config: Config, args: ReviewArgs) -> anyhow::Result<ExitCode> {
    let store = crate::store::open(&config.store).await?;
    match args.action {
        ReviewAction::List(args) => list(&pipeline(&config, &store, Announcer::Nowhere)?, &args).await,
        ReviewAction::Show { which, json } => {
            let pipeline = pipeline(&config, &store, Announcer::Nowhere)?;
            let waiting = pipeline.waiting(&which.sku, &which.locale).await?;
            print::show(&waiting, &config.labels, json)?;
            Ok(ExitCode::SUCCESS)
        }
        ReviewAction::Approve(args) => decide::approve(&config, &store, &args).await,
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
        ReviewAction::Reject { decided, regenerate } => {
            decide::reject(&config, &store, &decided, regenerate).await
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
        ReviewAction::Take { which, steal, by } => {
            let act = Act { sku: &which.sku, locale: &which.locale, by: &by, why: None };
            let taken = pipeline(&config, &store, Announcer::Nowhere)?.take(act, steal).await?;
            print::taken(&which, &taken);
            Ok(ExitCode::SUCCESS)
        }
        ReviewAction::Release { which, by } => {
            let act = Act { sku: &which.sku, locale: &which.locale, by: &by, why: None };
            pipeline(&config, &store, Announcer::Nowhere)?.release(act).await?;
            println!("nobody is on {} in {}", which.sku, which.locale);
            Ok(ExitCode::SUCCESS)
        }
        ReviewAction::Assign { which, to, by, reason } => {
            let act = Act { sku: &which.sku, locale: &which.locale, by: &by, why: reason.as_deref() };
            pipeline(&config, &store, Announcer::Nowhere)?.assign(act, &to).await?;
            println!("given to {to}: {} in {}", which.sku, which.locale);
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
