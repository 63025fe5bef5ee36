//! What waits for a person of facts out of prose, and decisions on it.

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use clap::Args;
use serde_json::json;

use super::lines::{fact_line, proposal_line};
use crate::announce::Announcer;
use crate::cli::terminal::{Columns, cut, printable};
use crate::clock::Clock;
use crate::config::Config;
use crate::pipeline::Pipeline;
use crate::store::derived::derived;
use crate::store::snapshots::stored;
use crate::store::{ContentStore, Key, SetAside, keys};
use skuscribe_check::product::Sku;
use skuscribe_check::prose::WaitingProposal;

/// Most products that are listed.
const LISTED_MAX: usize = 5_000_000;

#[derive(Debug, Args)]
pub(super) struct DecideArgs {
    /// The product.
    sku: Sku,
    /// The attribute's name, as `list` prints it.
    name: String,
    /// The value, where several are proposed under that name.
    #[arg(long)]
    value: Option<String>,
    /// Who decides; kept with the fact.
    #[arg(long, env = "SKUSCRIBE_BY")]
    by: String,
}

/// What waits of all products.
pub(super) async fn list(
    store: &dyn ContentStore,
    prefix: Option<&str>,
    limit: usize,
    json: bool,
    aside: &SetAside,
) -> anyhow::Result<()> {
    let mut columns = Columns::new(0, &[]);
    columns.row(["SKU", "name", "value", "why", "quote"]);
    let mut shown = 0;
    for key in keys(store, "derived/", LISTED_MAX, aside).await? {
        let Key::Derived { sku } = key else { continue };
        if shown >= limit || prefix.is_some_and(|prefix| !sku.as_str().starts_with(prefix)) {
            continue;
        }
        let found = aside.skip(derived(store, &sku).await)?;
        for waiting in found.into_iter().flat_map(|(derived, _)| derived.waiting).take(limit - shown) {
            shown += 1;
            if json {
                println!("{}", json!({ "sku": sku, "waiting": waiting }));
                continue;
            }
            let WaitingProposal { proposal, message, .. } = &waiting;
            let value = format!("{} {}", proposal.value, proposal.unit);
            columns.row([
                sku.as_str(),
                &printable(&proposal.name),
                &cut(value.trim(), 40),
                message,
                &cut(&proposal.quote, 80),
            ]);
        }
    }
    if !json && shown == 0 {
        println!("nothing waits");
    } else if !json {
        columns.lines().for_each(|line| println!("{line}"));
    }
    Ok(())
}

/// A person's decision on what is proposed.
pub(super) async fn decide(
    config: &Config,
    store: &Arc<dyn ContentStore>,
    target: &DecideArgs,
    accept: bool,
) -> anyhow::Result<()> {
    let by = target.by.trim();
    ensure!(!by.is_empty(), "say who decides: --by NAME, or SKUSCRIBE_BY");
    let pipeline = Pipeline::new(config, Arc::clone(store), Announcer::Nowhere, Clock::System)?;
    let snapshot = stored(&**store, &target.sku).await?;
    let snapshot = snapshot.with_context(|| format!("the store holds no facts of {}", target.sku))?;
    let (which, now) = ((target.name.as_str(), target.value.as_deref()), Clock::System.now());
    let said = pipeline.decide_on_derived(&snapshot, |derived, rules| {
        if accept {
            derived.accept(which, (by, now), rules).map(|fact| format!("fact: {}", fact_line(&fact)))
        } else {
            derived.reject(which, (by, now)).map(|proposal| format!("rejected: {}", proposal_line(&proposal)))
        }
    });
    println!("{}", said.await?);
    if !config.recipes.facts_from_prose {
        println!("recipes.facts_from_prose is off: texts are written without facts out of prose");
    }
    Ok(())
}

/// What is derived of a product.
pub(super) async fn show(store: &dyn ContentStore, sku: &Sku, json: bool) -> anyhow::Result<()> {
    let Some((derived, _)) = derived(store, sku).await? else {
        println!("nothing was read out of the prose of {sku}; `skuscribe facts propose --apply` reads it");
        return Ok(());
    };
    if json {
        println!("{}", serde_json::to_string_pretty(&derived)?);
        return Ok(());
    }
    println!("{sku}, read {} by {}", derived.proposed_at, printable(&derived.model));
    for fact in &derived.facts {
        println!("  fact       {}", fact_line(fact));
    }
    for WaitingProposal { proposal, message, .. } in &derived.waiting {
        println!("  for you    {}: {message}", proposal_line(proposal));
    }
    for decision in &derived.decisions {
        let verb = if decision.accepted { "accepted" } else { "rejected" };
        println!(
            "  {verb:<10} {} by {}, {}",
            proposal_line(&decision.proposal),
            printable(&decision.by),
            decision.at
        );
    }
    Ok(())
}
