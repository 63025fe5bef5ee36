//! The review queue: what waits, by locale, rule and SKU.

use std::process::ExitCode;

use futures_util::StreamExt as _;
use futures_util::stream;

use super::entry::{QueueEntry, holds, short};
use super::print;
use crate::store::{ContentStore, Key, SetAside, StoreError, keys, load};
use skuscribe_check::content::{Document, HeldEntry};
use skuscribe_check::product::Locale;

/// Most entries of the queue that are read.
const QUEUE_MAX: usize = 1_000_000;
/// Entries that are read at the same time.
const READS: usize = 32;

/// Which entries are listed; all conditions hold.
pub(super) struct QueueFilter {
    pub(super) locale: Option<Locale>,
    pub(super) rule: Option<String>,
    pub(super) sku: Option<String>,
}

pub(super) async fn list(
    store: &dyn ContentStore,
    filter: &QueueFilter,
    limit: usize,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let prefix =
        filter.locale.as_ref().map_or_else(|| "held/".to_owned(), |locale| format!("held/{locale}/"));
    let aside = SetAside::default();
    let mut keys = keys(store, &prefix, QUEUE_MAX, &aside).await?;
    keys.retain(|key| match (key, &filter.sku) {
        (Key::Held { sku, .. }, Some(prefix)) => sku.as_str().starts_with(prefix),
        _ => true,
    });
    let lines = keys.iter().map(|key| line(store, key, &aside));
    let mut entries = stream::iter(lines).buffered(READS);
    let (mut shown, mut matching) = (Vec::new(), 0_usize);
    while let Some(entry) = entries.next().await {
        let Some(line) = entry? else { continue };
        if filter
            .rule
            .as_ref()
            .is_some_and(|rule| !line.rules.iter().any(|held_by| held_by.starts_with(rule)))
        {
            continue;
        }
        matching += 1;
        if shown.len() < limit {
            shown.push(line);
        }
    }
    shown.sort_by_key(|line| line.held_at);
    if json {
        for line in &shown {
            println!("{}", serde_json::to_string(line)?);
        }
    } else {
        print::table(&shown);
        let left = matching - shown.len();
        let more = if left > 0 { format!(", {left} not shown; raise --limit") } else { String::new() };
        println!("{matching} held{more}");
    }
    Ok(super::super::done(&aside))
}

/// An entry that holds: its document points at it.
async fn line(
    store: &dyn ContentStore,
    key: &Key,
    aside: &SetAside,
) -> Result<Option<QueueEntry>, StoreError> {
    let Some((entry, _)) = aside.skip(load::<HeldEntry>(store, key).await)? else { return Ok(None) };
    let content = Key::Content { locale: entry.locale.clone(), sku: entry.sku.clone() };
    let Some((document, _)) = aside.skip(load::<Document>(store, &content).await)? else { return Ok(None) };
    let Some(held) = document.held.filter(|held| held.operation == entry.operation) else { return Ok(None) };
    let mut rules: Vec<String> =
        entry.findings.iter().filter(|finding| holds(finding)).map(|finding| finding.rule.clone()).collect();
    rules.sort();
    rules.dedup();
    Ok(Some(QueueEntry {
        sku: entry.sku,
        locale: entry.locale,
        held_at: entry.held_at,
        draft: short(&entry.operation.to_string()),
        rules,
        recipes: held.recipes.into_keys().collect(),
    }))
}
