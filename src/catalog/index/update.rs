//! Updates the index: what the change feed names since the last time is read again, and written in one swap.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, stream};

use super::{IndexCursor, IndexRow, read, write};
use crate::feed::segment;
use crate::store::{Condition, ContentStore, ETag, Key, Put, load};
use skuscribe_check::content::Document;
use skuscribe_check::product::{Locale, Sku};

/// Documents that are read at the same time.
const READS: usize = 64;
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
/// by compare-and-swap; the cursor moves last, so that an interruption repeats work and loses none.
///
/// # Errors
/// When the store does not answer, a table is not readable, or another process updates the index.
pub async fn update_index(store: &dyn ContentStore) -> anyhow::Result<IndexUpdate> {
    let mut update = IndexUpdate::default();
    loop {
        let (mut known, mut etag) = (IndexCursor::default(), None);
        if let Some((stored, version)) = load::<IndexCursor>(store, &Key::IndexReach).await? {
            (known, etag) = (stored, Some(version));
        }
        let mut changed: BTreeMap<Locale, BTreeSet<Sku>> = BTreeMap::new();
        let mut cursor = known.cursor;
        while cursor - known.cursor < SEGMENTS_MAX
            && let Some(events) = segment(store, cursor + 1).await?
        {
            cursor += 1;
            let written = events.into_iter().filter(|event| event.revision.is_some());
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
            let count = update_table(store, &locale, skus).await?;
            rows += count;
            update.rows.insert(locale, count);
        }
        let next = IndexCursor { cursor, rows };
        if !put(store, &Key::IndexReach, serde_json::to_vec(&next)?, etag).await? {
            anyhow::bail!("somebody else brings the index up to date; run one `skuscribe index` at a time");
        }
    }
}

async fn update_table(store: &dyn ContentStore, locale: &Locale, skus: BTreeSet<Sku>) -> anyhow::Result<u64> {
    let key = Key::Index { locale: locale.clone() };
    let object = store.get(&key).await?;
    let etag = object.as_ref().map(|object| object.etag.clone());
    let mut rows: BTreeMap<Sku, IndexRow> = BTreeMap::new();
    if let Some(object) = object {
        read(object.body, |row| {
            rows.insert(row.sku.clone(), row);
        })?;
    }
    let documents = stream::iter(skus).map(|sku| async move {
        let key = Key::Content { locale: locale.clone(), sku };
        load::<Document>(store, &key).await
    });
    let mut documents = documents.buffer_unordered(READS);
    while let Some(document) = documents.next().await {
        if let Some((document, _)) = document? {
            rows.insert(document.sku.clone(), IndexRow::of(&document));
        }
    }
    let rows: Vec<IndexRow> = rows.into_values().collect();
    let path = |row: &IndexRow| Key::Content { locale: locale.clone(), sku: row.sku.clone() }.path();
    let table = write(&rows, path)?;
    if !put(store, &key, table, etag).await? {
        anyhow::bail!(
            "somebody else brings the index of {locale} up to date; run one `skuscribe index` at a time"
        );
    }
    Ok(rows.len() as u64)
}

async fn put(store: &dyn ContentStore, key: &Key, body: Vec<u8>, etag: Option<ETag>) -> anyhow::Result<bool> {
    let condition = etag.map_or(Condition::Absent, Condition::Matches);
    Ok(matches!(store.put(key, body, condition).await?, Put::Stored(_)))
}
