//! Updates the index: what the change feed names since the last time is read again, and what it missed is found in the store.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, stream};

use super::{IndexCursor, IndexRow, read, write};
use crate::feed::{head, segment};
use crate::store::{Condition, ContentStore, ETag, Key, Put, load};
use skuscribe_check::content::{Document, Outcome};
use skuscribe_check::product::{Locale, Sku};

/// Documents that are read at the same time.
const READS: usize = 64;
/// Segments whose products are read before the tables are written: bounds what is in memory.
const SEGMENTS_MAX: u64 = 5_000;
/// Documents that are looked for one by one; beyond that, listing the store takes fewer requests.
const LOOKED_FOR_MAX: usize = 5_000;
/// Most documents that are listed.
const LISTED_MAX: usize = 20_000_000;

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

/// What is to be done to a locale's table.
#[derive(Debug, Default)]
struct TableChanges {
    /// Whether the rows of before are dropped.
    anew: bool,
    /// Documents to read.
    read: BTreeSet<Sku>,
    /// Rows to drop.
    drop: BTreeSet<Sku>,
}

/// Reads what changed after the index's cursor, and writes the tables of the locales that it concerns. A table is replaced
/// by compare-and-swap; the cursor moves last, so that an interruption repeats work and loses none. An index that is not
/// there yet is built from the store.
///
/// # Errors
/// When the store does not answer, a table is not readable, or another process updates the index.
pub async fn update_index(store: &dyn ContentStore) -> anyhow::Result<IndexUpdate> {
    let mut update = IndexUpdate::default();
    loop {
        let Some((known, etag)) = load::<IndexCursor>(store, &Key::IndexReach).await? else {
            return rebuild_index(store).await;
        };
        let mut written: BTreeMap<Locale, BTreeSet<Sku>> = BTreeMap::new();
        let mut cursor = known.cursor;
        while cursor - known.cursor < SEGMENTS_MAX
            && let Some(events) = segment(store, cursor + 1).await?
        {
            cursor += 1;
            // An unchanged document may be one that the feed missed when it was written.
            let told = events
                .into_iter()
                .filter(|event| event.revision.is_some() || event.outcome == Outcome::Unchanged);
            for event in told.filter(|event| event.sku.guide().is_none()) {
                written.entry(event.locale).or_default().insert(event.sku);
            }
        }
        if cursor == known.cursor {
            return Ok(update);
        }
        update.segments += cursor - known.cursor;
        let mut rows = 0;
        for (locale, skus) in written {
            update.documents += skus.len();
            let changes = TableChanges { read: skus, ..TableChanges::default() };
            let (_, count) = update_table(store, &locale, &changes).await?;
            rows += count;
            update.rows.insert(locale, count);
        }
        let next = IndexCursor { cursor, rows };
        if !put(store, &Key::IndexReach, serde_json::to_vec(&next)?, Some(etag)).await? {
            anyhow::bail!(BUSY);
        }
    }
}

/// Builds the tables anew from the documents in the store, whatever the change feed says.
///
/// # Errors
/// As [`update_index`].
pub async fn rebuild_index(store: &dyn ContentStore) -> anyhow::Result<IndexUpdate> {
    let known = load::<IndexCursor>(store, &Key::IndexReach).await?;
    // What is written while the documents are read stands in later segments.
    let cursor = head(store, known.as_ref().map_or(0, |(known, _)| known.cursor)).await?;
    let mut update = IndexUpdate::default();
    for (locale, skus) in documents(store).await? {
        update.documents += skus.len();
        let changes = TableChanges { anew: true, read: skus, ..TableChanges::default() };
        let (_, count) = update_table(store, &locale, &changes).await?;
        update.rows.insert(locale, count);
    }
    let next = IndexCursor { cursor, rows: update.rows.values().sum() };
    if !put(store, &Key::IndexReach, serde_json::to_vec(&next)?, known.map(|(_, etag)| etag)).await? {
        anyhow::bail!(BUSY);
    }
    Ok(update)
}

/// Lists the documents in the store: those that the index lacks are read, rows without a document are dropped. The feed
/// may have been away while they were written.
///
/// # Errors
/// As [`update_index`].
pub async fn reconcile_index(store: &dyn ContentStore) -> anyhow::Result<IndexUpdate> {
    let mut update = IndexUpdate::default();
    for (locale, listed) in documents(store).await? {
        let mut indexed = BTreeSet::new();
        if let Some(object) = store.get(&Key::Index { locale: locale.clone() }).await? {
            read(object.body, |row| {
                indexed.insert(row.sku);
            })?;
        }
        let changes = TableChanges {
            anew: false,
            read: listed.difference(&indexed).cloned().collect(),
            drop: indexed.difference(&listed).cloned().collect(),
        };
        add(store, &locale, &changes, &mut update).await?;
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
) -> anyhow::Result<IndexUpdate> {
    if unknown.values().map(BTreeSet::len).sum::<usize>() > LOOKED_FOR_MAX {
        return reconcile_index(store).await;
    }
    let mut update = IndexUpdate::default();
    for (locale, skus) in unknown {
        let changes = TableChanges { read: skus, ..TableChanges::default() };
        add(store, &locale, &changes, &mut update).await?;
    }
    Ok(update)
}

async fn add(
    store: &dyn ContentStore,
    locale: &Locale,
    changes: &TableChanges,
    update: &mut IndexUpdate,
) -> anyhow::Result<()> {
    if changes.read.is_empty() && changes.drop.is_empty() {
        return Ok(());
    }
    let (found, rows) = update_table(store, locale, changes).await?;
    update.documents += found;
    update.missed += found;
    update.gone += changes.drop.len();
    if found > 0 || !changes.drop.is_empty() {
        update.rows.insert(locale.clone(), rows);
    }
    Ok(())
}

/// The products that have a document, by locale; no guides.
async fn documents(store: &dyn ContentStore) -> anyhow::Result<BTreeMap<Locale, BTreeSet<Sku>>> {
    let mut documents: BTreeMap<Locale, BTreeSet<Sku>> = BTreeMap::new();
    for path in store.list("content/", LISTED_MAX).await? {
        if let Some(Key::Content { locale, sku }) = Key::content_of(&path)
            && sku.guide().is_none()
        {
            documents.entry(locale).or_default().insert(sku);
        }
    }
    Ok(documents)
}

/// Gives how many documents there were, and the rows now.
async fn update_table(
    store: &dyn ContentStore,
    locale: &Locale,
    changes: &TableChanges,
) -> anyhow::Result<(usize, u64)> {
    let key = Key::Index { locale: locale.clone() };
    let object = store.get(&key).await?;
    let etag = object.as_ref().map(|object| object.etag.clone());
    let mut rows: BTreeMap<Sku, IndexRow> = BTreeMap::new();
    if let Some(object) = object.filter(|_| !changes.anew) {
        read(object.body, |row| {
            if !changes.drop.contains(&row.sku) {
                rows.insert(row.sku.clone(), row);
            }
        })?;
    }
    let documents = stream::iter(&changes.read).map(|sku| async move {
        let key = Key::Content { locale: locale.clone(), sku: sku.clone() };
        load::<Document>(store, &key).await
    });
    let (mut documents, mut found) = (documents.buffer_unordered(READS), 0);
    while let Some(document) = documents.next().await {
        if let Some((document, _)) = document? {
            rows.insert(document.sku.clone(), IndexRow::of(&document));
            found += 1;
        }
    }
    if found == 0 && changes.drop.is_empty() && !changes.anew {
        return Ok((0, rows.len() as u64));
    }
    let rows: Vec<IndexRow> = rows.into_values().collect();
    let path = |row: &IndexRow| Key::Content { locale: locale.clone(), sku: row.sku.clone() }.path();
    let table = write(&rows, path)?;
    if !put(store, &key, table, etag).await? {
        anyhow::bail!(
            "somebody else brings the index of {locale} up to date; run one `skuscribe index` at a time"
        );
    }
    Ok((found, rows.len() as u64))
}

/// Two updates at the same time.
const BUSY: &str = "somebody else brings the index up to date; run one `skuscribe index` at a time";

async fn put(store: &dyn ContentStore, key: &Key, body: Vec<u8>, etag: Option<ETag>) -> anyhow::Result<bool> {
    let condition = etag.map_or(Condition::Absent, Condition::Matches);
    Ok(matches!(store.put(key, body, condition).await?, Put::Stored(_)))
}
