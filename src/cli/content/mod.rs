//! `skuscribe content`: what is published of a product, how it came about, and earlier texts of it.

mod args;
mod print;

use std::process::ExitCode;

use serde_json::json;

use super::review::{close, deciding, pipeline};
use crate::announce::Announcer;
use crate::config::Config;
use crate::review::Act;
use args::ContentAction;
pub(super) use args::ContentArgs;

pub(super) async fn run(config: Config, args: ContentArgs) -> anyhow::Result<ExitCode> {
    let store = crate::store::open(&config.store).await?;
    match args.action {
        ContentAction::Show { which, json } => {
            let pipeline = pipeline(&config, &store, Announcer::Nowhere)?;
            let content = pipeline.content(&which.sku, &which.locale).await?;
            print::show(&content, json)?;
        }
        ContentAction::History { which, json } => {
            let pipeline = pipeline(&config, &store, Announcer::Nowhere)?;
            let (sku, locale) = (&which.sku, &which.locale);
            let revisions = pipeline.revisions(sku, locale).await?;
            let decisions = pipeline.decisions(sku, locale).await?;
            print::history(&which, &revisions, &decisions, json)?;
        }
        ContentAction::Diff { which, from, to, json } => {
            let pipeline = pipeline(&config, &store, Announcer::Nowhere)?;
            let named = (from.as_ref(), to.as_ref());
            let difference = pipeline.difference(&which.sku, &which.locale, named).await?;
            print::difference(&which, &difference, json)?;
        }
        ContentAction::Revert { which, to, recipes, reason, json, person } => {
            let (pipeline, publisher) = deciding(&config, &store, &person).await?;
            let (sku, locale) = (&which.sku, &which.locale);
            let act = Act { sku, locale, by: &person.by, why: reason.as_deref() };
            let done = pipeline.revert(act, &to, &recipes).await;
            close(publisher).await;
            let stored = done?;
            let locks = pipeline.content(sku, locale).await?.document.locks;
            if json {
                let done =
                    json!({ "sku": sku, "locale": locale, "revision": stored.revision(), "locks": locks });
                println!("{done}");
            } else {
                println!("published {sku} in {locale}, revision {}", stored.revision());
                print::locks(&locks);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
