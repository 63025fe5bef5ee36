//! Updates the index: what the change feed names since the last time is read again, and written in one swap.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use futures_util::{StreamExt as _, stream};

use super::{IndexCursor, IndexRow, read, write};
use crate::failure::chain;
use crate::feed::segment_after;
use crate::store::{Condition, ContentStore, ETag, Key, Object, Put, SetAside, StoreError, keys, load};
use skuscribe_check::content::Document;
use skuscribe_check::product::{Locale, Sku};

/// Documents that are read at the same time.
const READS: usize = 64;
/// Most documents of a locale that are listed, where its table has to be made anew.
const LISTED_MAX: usize = 5_000_000;
/// Segments whose products are read before the tables are written: bounds what is in memory.
const SEGMENTS_MAX: u64 = 5_000;

/// What an update read and wrote.
#[derive(Clone, Debug, Default)]
pub struct IndexUpdate {
    /// Segments that were read.
    pub segments: u64,
    /// Documents that were read.
    pub documents: usize,
    /// Rows of each locale's table now.
    pub rows: BTreeMap<Locale, u64>,
}

/// Reads what changed after the index's cursor, and writes the tables of the locales that it concerns. A table is replaced
/// by compare-and-swap; the cursor moves last, so that an interruption repeats work and loses none. Objects that cannot be
/// read are set aside; the row of such a document stays as it was.
///
/// # Errors
/// When the store does not answer, or another process updates the index.
pub async fn update_index(store: &dyn ContentStore, aside: &SetAside) -> anyhow::Result<IndexUpdate> {
    let mut update = IndexUpdate::default();
    loop {
        let (known, etag) = match load::<IndexCursor>(store, &Key::IndexReach).await {
            Ok(Some((stored, version))) => (stored, Some(version)),
            Ok(None) => (IndexCursor::default(), None),
            Err(error @ StoreError::Broken { .. }) => {
                // Begins anew, and replaces exactly what is broken.
                aside.note(&error);
                (IndexCursor::default(), store.get(&Key::IndexReach).await?.map(|object| object.etag))
            }
            Err(error) => return Err(error.into()),
        };
        let mut changed: BTreeMap<Locale, BTreeSet<Sku>> = BTreeMap::new();
        let mut cursor = known.cursor;
        while cursor - known.cursor < SEGMENTS_MAX
            && let Some(segment) = segment_after(store, cursor, aside).await?
        {
            cursor = segment.number;
            let written = segment.events.into_iter().filter(|event| event.revision.is_some());
            for event in written.filter(|event| event.sku.guide().is_none()) {
                changed.entry(event.locale).or_default().insert(event.sku);
            }
        }
        if cursor == known.cursor {
            return Ok(update);
        }
        update.segments += cursor - known.cursor;
        let mut rows = 0;
        for (locale, skus) in changed {
            update.documents += skus.len();
            let count = update_table(store, &locale, skus, aside).await?;
            rows += count;
            update.rows.insert(locale, count);
        }
        let next = IndexCursor { cursor, rows };
        if !put(store, &Key::IndexReach, serde_json::to_vec(&next)?, etag).await? {
            anyhow::bail!("somebody else brings the index up to date; run one `skuscribe index` at a time");
        }
    }
}

async fn update_table(
    store: &dyn ContentStore,
    locale: &Locale,
    skus: BTreeSet<Sku>,
    aside: &SetAside,
) -> anyhow::Result<u64> {
    let mut rows: BTreeMap<Sku, IndexRow> = BTreeMap::new();
    let mut insert = |row: IndexRow| drop(rows.insert(row.sku.clone(), row));
    let etag = indexed(store, locale, aside, &mut insert).await?;
    let changed = skus.into_iter().map(|sku| Key::Content { locale: locale.clone(), sku });
    documents(store, changed.collect(), aside, &mut insert).await?;
    let rows: Vec<IndexRow> = rows.into_values().collect();
    let path = |row: &IndexRow| Key::Content { locale: locale.clone(), sku: row.sku.clone() }.path();
    let table = write(&rows, path)?;
    if !put(store, &Key::Index { locale: locale.clone() }, table, etag).await? {
        anyhow::bail!(
            "somebody else brings the index of {locale} up to date; run one `skuscribe index` at a time"
        );
    }
    Ok(rows.len() as u64)
}

/// Calls `each` with every row of a locale, and gives the version of its table. Where the table cannot be read it is set
/// aside, and the rows come from the documents, some of them once more.
///
/// # Errors
/// When the store does not answer.
pub async fn indexed(
    store: &dyn ContentStore,
    locale: &Locale,
    aside: &SetAside,
    mut each: impl FnMut(IndexRow),
) -> Result<Option<ETag>, StoreError> {
    let key = Key::Index { locale: locale.clone() };
    let (broken, etag) = match store.get(&key).await {
        Ok(None) => return Ok(None),
        Ok(Some(Object { body, etag })) => {
            // A reader of foreign bytes may panic.
            let cause = match catch_unwind(AssertUnwindSafe(|| read(body, &mut each))) {
                Ok(Ok(())) => return Ok(Some(etag)),
                Ok(Err(error)) => chain(&error),
                Err(_) => "its reader broke down".to_owned(),
            };
            (StoreError::broken(&key, "a table of the index", cause), Some(etag))
        }
        Err(error @ StoreError::Broken { .. }) => (error, None),
        Err(error) => return Err(error),
    };
    aside.note(&broken);
    let all = keys(store, &format!("content/{locale}/"), LISTED_MAX, aside).await?;
    documents(store, all, aside, each).await?;
    Ok(etag)
}

/// Calls `each` with the rows of documents; those that are not there or cannot be read have none.
async fn documents(
    store: &dyn ContentStore,
    keys: Vec<Key>,
    aside: &SetAside,
    mut each: impl FnMut(IndexRow),
) -> Result<(), StoreError> {
    let reads = keys.into_iter().map(|key| async move { aside.skip(load::<Document>(store, &key).await) });
    let mut reads = stream::iter(reads).buffer_unordered(READS);
    while let Some(document) = reads.next().await {
        if let Some((document, _)) = document? {
            each(IndexRow::of(&document));
        }
    }
    Ok(())
}

async fn put(store: &dyn ContentStore, key: &Key, body: Vec<u8>, etag: Option<ETag>) -> anyhow::Result<bool> {
    let condition = etag.map_or(Condition::Absent, Condition::Matches);
    Ok(matches!(store.put(key, body, condition).await?, Put::Stored(_)))
}
