//! Approving and rejecting from the command line: one draft, or all that a filter means.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, bail, ensure};
use serde_json::json;

use super::super::progress::thousands;
use super::args::{DecideArgs, ReviewerArgs};
use super::{close, deciding, print};
use crate::broker::Publisher;
use crate::config::Config;
use crate::pipeline::Pipeline;
use crate::review::{BULK_MAX, BulkDecision, FrozenSet, ReviewDecision, ask_again};
use crate::store::{ContentStore, SetAside};
use skuscribe_check::product::{Locale, Sku};

/// Lines of what is excluded or failed that are printed.
const LINES_SHOWN: usize = 20;
/// How often the count is printed while many are decided on.
const COUNT_EVERY: u64 = 1_000;

/// One draft, named in full.
struct One<'a> {
    sku: &'a Sku,
    locale: &'a Locale,
    draft: &'a str,
}

/// The draft that is named; none where a filter says which are meant.
fn one(args: &DecideArgs) -> anyhow::Result<Option<One<'_>>> {
    let Some(sku) = &args.sku else {
        ensure!(args.draft.is_none(), "--draft names a draft of one product; name the SKU as well");
        ensure!(
            args.filter.means_some(),
            "say which drafts are meant: a SKU with --locale and --draft, or --select, --rule, --job, --older-than or --of"
        );
        return Ok(None);
    };
    ensure!(!args.filter.means_some(), "name a SKU, or say which drafts are meant by a filter, not both");
    let Some(locale) = &args.filter.locale else { bail!("name the --locale of {sku}") };
    let Some(draft) = &args.draft else {
        bail!("name the --draft that you looked at: `skuscribe review show {sku} --locale {locale}`")
    };
    Ok(Some(One { sku, locale, draft }))
}

fn decision<'a>(one: &One<'a>, args: &'a DecideArgs) -> ReviewDecision<'a> {
    let One { sku, locale, draft } = *one;
    ReviewDecision { sku, locale, draft, by: &args.person.by, why: args.note.as_deref() }
}

pub(super) async fn approve(
    config: &Config,
    store: &Arc<dyn ContentStore>,
    args: &DecideArgs,
) -> anyhow::Result<ExitCode> {
    let one = one(args)?;
    let (pipeline, publisher) = deciding(config, store, &args.person).await?;
    let done = match &one {
        Some(one) => pipeline.approve(decision(one, args)).await.map_err(Into::into).map(|stored| {
            println!("published {} in {}, revision {}", stored.sku(), stored.locale(), stored.revision());
            ExitCode::SUCCESS
        }),
        None => many(&pipeline, args, BulkDecision::Approve).await,
    };
    close(publisher).await;
    done
}

pub(super) async fn reject(
    config: &Config,
    store: &Arc<dyn ContentStore>,
    args: &DecideArgs,
    regenerate: bool,
) -> anyhow::Result<ExitCode> {
    let one = one(args)?;
    let note = args.note.as_deref().unwrap_or_default();
    ensure!(!note.trim().is_empty(), "say what is wrong: --note \"…\"");
    let person = ReviewerArgs { without_event: !regenerate, by: args.person.by.clone() };
    let (pipeline, publisher) = deciding(config, store, &person).await?;
    let done = match &one {
        Some(one) => reject_one(&pipeline, publisher.as_ref(), one, args, note).await,
        None => many(&pipeline, args, BulkDecision::Reject).await,
    };
    close(publisher).await;
    done
}

async fn reject_one(
    pipeline: &Pipeline,
    publisher: Option<&Publisher>,
    one: &One<'_>,
    args: &DecideArgs,
    note: &str,
) -> anyhow::Result<ExitCode> {
    let One { sku, locale, .. } = one;
    let recipes = pipeline.reject(decision(one, args), note).await?;
    println!("rejected {sku} in {locale}: {}", recipes.join(", "));
    if let Some(publisher) = publisher {
        let sent = ask_again(publisher, &decision(one, args), &recipes, jiff::Timestamp::now()).await;
        sent.context(
            "it is rejected, but could not be asked for again; do the same again once the broker is back",
        )?;
        println!("asked for again, with the note");
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows how many are meant and some of them, asks, and decides on exactly these.
async fn many(pipeline: &Pipeline, args: &DecideArgs, kind: BulkDecision) -> anyhow::Result<ExitCode> {
    let aside = SetAside::default();
    let set = pipeline.freeze(&args.filter.filter()?, kind, &aside).await?;
    let verb = match kind {
        BulkDecision::Approve => "approve",
        BulkDecision::Reject => "reject",
    };
    if !args.json {
        print_set(&set, verb, args);
    }
    let left_out = super::super::report_left_out(&aside);
    if set.items.is_empty() {
        if args.json {
            println!("{}", json!({ "done": 0, "failed": [], "excluded": set.excluded }));
        }
        return Ok(super::super::exit_code(left_out));
    }
    if !args.yes && !agreed(&format!("{verb} {}", thousands(set.items.len() as u64)))? {
        println!("nothing was done");
        return Ok(super::super::exit_code(left_out));
    }
    let (count, all) = (AtomicU64::new(0), set.items.len() as u64);
    let counted = || {
        let now = count.fetch_add(1, Ordering::Relaxed) + 1;
        if now.is_multiple_of(COUNT_EVERY) {
            eprintln!("{} of {}", thousands(now), thousands(all));
        }
    };
    let report = pipeline.decide_on_all(&set, kind, (&args.person.by, args.note.as_deref()), counted).await;
    if args.json {
        let done = json!({ "done": report.done, "failed": report.failed, "excluded": set.excluded });
        println!("{done}");
    } else {
        println!("{} done, {} failed", thousands(report.done as u64), thousands(report.failed.len() as u64));
        print::excluded(&report.failed, LINES_SHOWN);
    }
    // What failed is for a person to look at, whatever was left out beside it.
    if report.failed.is_empty() { Ok(super::super::exit_code(left_out)) } else { Ok(ExitCode::FAILURE) }
}

fn print_set(set: &FrozenSet, verb: &str, args: &DecideArgs) {
    println!("{} to {verb}", thousands(set.items.len() as u64));
    if set.is_cut {
        println!("these are the first {}; do the same again for the others", thousands(BULK_MAX as u64));
    }
    if !set.excluded.is_empty() {
        println!(
            "{} excluded, because they cannot be published as they are:",
            thousands(set.excluded.len() as u64)
        );
        print::excluded(&set.excluded, LINES_SHOWN);
    }
    let sample: Vec<_> = set.sample(args.sample).into_iter().cloned().collect();
    if !sample.is_empty() {
        println!("some of them:");
        print::table(&sample);
    }
}

fn agreed(what: &str) -> anyhow::Result<bool> {
    ensure!(std::io::stdin().is_terminal(), "nobody is there to ask whether to {what}; add --yes");
    print!("{what}? [y/N] ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
