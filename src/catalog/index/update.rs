//! Updates the index: what the change feed names since the last time is read again, and what it missed is found in the store.

use std::collections::{BTreeMap, BTreeSet};

use super::IndexCursor;
use super::stored::{BUSY, TableChanges, documents, put, reach, table, update_table};
use crate::feed::{head, segment_after};
use crate::store::{ContentStore, Key, SetAside};
use skuscribe_check::content::Outcome;
use skuscribe_check::product::{Locale, Sku};

/// Segments whose products are read before the tables are written: bounds what is in memory.
const SEGMENTS_MAX: u64 = 5_000;
/// Documents that are looked for one by one; beyond that, listing the store takes fewer requests.
const LOOKED_FOR_MAX: usize = 5_000;

/// What an update read and wrote.
#[derive(Clone, Debug, Default)]
pub struct IndexUpdate {
    /// Segments that were read.
    pub segments: u64,
    /// Documents that were read.
    pub documents: usize,
    /// Documents of the store that the index did not know, though no event named them.
    pub missed: usize,
    /// Rows whose document is not in the store any more.
    pub gone: usize,
    /// Rows of each locale's table now.
    pub rows: BTreeMap<Locale, u64>,
}

/// Reads what changed after the index's cursor, and writes the tables of the locales that it concerns. A table is replaced
/// by compare-and-swap; the cursor moves last, so that an interruption repeats work and loses none. An index that is not
/// there yet, whose reach cannot be read, or that reaches beyond the feed's last segment, is built from the store. Objects
/// that cannot be read are set aside; the row of such a document stays as it was.
///
/// # Errors
/// When the store does not answer, or another process updates the index.
pub async fn update_index(store: &dyn ContentStore, aside: &SetAside) -> anyhow::Result<IndexUpdate> {
    let mut update = IndexUpdate::default();
    loop {
        let (Some(known), etag) = reach(store, aside).await? else {
            return rebuild_index(store, aside).await;
        };
        let mut written: BTreeMap<Locale, BTreeSet<Sku>> = BTreeMap::new();
        let mut cursor = known.cursor;
        while cursor - known.cursor < SEGMENTS_MAX
            && let Some(segment) = segment_after(store, cursor, aside).await?
        {
            cursor = segment.number;
            // An unchanged document may be one that the feed missed when it was written.
            let told = segment
                .events
                .into_iter()
                .filter(|event| event.revision.is_some() || event.outcome == Outcome::Unchanged);
            for event in told.filter(|event| event.sku.guide().is_none()) {
                written.entry(event.locale).or_default().insert(event.sku);
            }
        }
        if cursor == known.cursor {
            // Where segments were taken away, the feed has numbers again that the index takes for read.
            if head(store, 0).await? < cursor {
                return rebuild_index(store, aside).await;
            }
            return Ok(update);
        }
        update.segments += cursor - known.cursor;
        let mut rows = 0;
        for (locale, skus) in written {
            update.documents += skus.len();
            let changes = TableChanges { read: skus, ..TableChanges::default() };
            let (_, count) = update_table(store, &locale, &changes, aside).await?;
            rows += count;
            update.rows.insert(locale, count);
        }
        let next = IndexCursor { cursor, rows };
        if !put(store, &Key::IndexReach, serde_json::to_vec(&next)?, etag).await? {
            anyhow::bail!(BUSY);
        }
    }
}

/// Builds the tables anew from the documents in the store, whatever the change feed says.
///
/// # Errors
/// As [`update_index`].
pub async fn rebuild_index(store: &dyn ContentStore, aside: &SetAside) -> anyhow::Result<IndexUpdate> {
    let (_, etag) = reach(store, aside).await?;
    // What is written while the documents are read stands in later segments.
    let cursor = head(store, 0).await?;
    let mut update = IndexUpdate::default();
    for (locale, skus) in documents(store, "", aside).await? {
        update.documents += skus.len();
        let changes = TableChanges { anew: true, read: skus, ..TableChanges::default() };
        let (_, count) = update_table(store, &locale, &changes, aside).await?;
        update.rows.insert(locale, count);
    }
    let next = IndexCursor { cursor, rows: update.rows.values().sum() };
    if !put(store, &Key::IndexReach, serde_json::to_vec(&next)?, etag).await? {
        anyhow::bail!(BUSY);
    }
    Ok(update)
}

/// Lists the documents in the store: those that the index lacks are read, rows without a document are dropped. The feed
/// may have been away while they were written.
///
/// # Errors
/// As [`update_index`].
pub async fn reconcile_index(store: &dyn ContentStore, aside: &SetAside) -> anyhow::Result<IndexUpdate> {
    let mut update = IndexUpdate::default();
    for (locale, listed) in documents(store, "", aside).await? {
        let mut known = BTreeSet::new();
        let (_, broken) = table(store, &locale, aside, |row| {
            known.insert(row.sku);
        })
        .await?;
        if broken {
            known.clear();
        }
        let changes = TableChanges {
            anew: broken,
            read: listed.difference(&known).cloned().collect(),
            drop: known.difference(&listed).cloned().collect(),
        };
        add(store, &locale, &changes, &mut update, aside).await?;
    }
    Ok(update)
}

/// Looks in the store for documents that the index does not know.
///
/// # Errors
/// As [`update_index`].
pub async fn look_for(
    store: &dyn ContentStore,
    unknown: BTreeMap<Locale, BTreeSet<Sku>>,
    aside: &SetAside,
) -> anyhow::Result<IndexUpdate> {
    if unknown.values().map(BTreeSet::len).sum::<usize>() > LOOKED_FOR_MAX {
        return reconcile_index(store, aside).await;
    }
    let mut update = IndexUpdate::default();
    for (locale, skus) in unknown {
        let changes = TableChanges { read: skus, ..TableChanges::default() };
        add(store, &locale, &changes, &mut update, aside).await?;
    }
    Ok(update)
}

async fn add(
    store: &dyn ContentStore,
    locale: &Locale,
    changes: &TableChanges,
    update: &mut IndexUpdate,
    aside: &SetAside,
) -> anyhow::Result<()> {
    if changes.read.is_empty() && changes.drop.is_empty() {
        return Ok(());
    }
    let (found, rows) = update_table(store, locale, changes, aside).await?;
    update.documents += found;
    // A table that is made anew missed nothing.
    update.missed += if changes.anew { 0 } else { found };
    update.gone += changes.drop.len();
    if found > 0 || !changes.drop.is_empty() {
        update.rows.insert(locale.clone(), rows);
    }
    Ok(())
}
