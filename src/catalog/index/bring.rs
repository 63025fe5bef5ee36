//! The index brought up to date: what the change feed names since the last time is read again, and written in one swap.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, stream};

use super::{Reach, Row, read, write};
use crate::feed::segment;
use crate::store::{Condition, ContentStore, ETag, Key, Put, load};
use skuscribe_check::content::Document;
use skuscribe_check::product::{Locale, Sku};

/// Documents that are read at the same time.
const READS: usize = 64;
/// Segments whose products are read before the tables are written: bounds what is in memory.
const SEGMENTS_MAX: u64 = 5_000;

/// What was brought up to date.
#[derive(Clone, Debug, Default)]
pub struct Brought {
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
/// When the store does not answer, a table is not readable, or somebody else is at it.
pub async fn bring_up_to_date(store: &dyn ContentStore) -> anyhow::Result<Brought> {
    let mut brought = Brought::default();
    loop {
        let (mut reach, mut etag) = (Reach::default(), None);
        if let Some((known, version)) = load::<Reach>(store, &Key::IndexReach).await? {
            (reach, etag) = (known, Some(version));
        }
        let mut concerned: BTreeMap<Locale, BTreeSet<Sku>> = BTreeMap::new();
        let mut cursor = reach.cursor;
        while cursor - reach.cursor < SEGMENTS_MAX
            && let Some(events) = segment(store, cursor + 1).await?
        {
            cursor += 1;
            let written = events.into_iter().filter(|event| event.revision.is_some());
            for event in written.filter(|event| event.sku.guide().is_none()) {
                concerned.entry(event.locale).or_default().insert(event.sku);
            }
        }
        if cursor == reach.cursor {
            return Ok(brought);
        }
        brought.segments += cursor - reach.cursor;
        let mut rows = 0;
        for (locale, skus) in concerned {
            brought.documents += skus.len();
            let count = bring(store, &locale, skus).await?;
            rows += count;
            brought.rows.insert(locale, count);
        }
        let next = Reach { cursor, rows };
        if !put(store, &Key::IndexReach, serde_json::to_vec(&next)?, etag).await? {
            anyhow::bail!("somebody else brings the index up to date; run one `skuscribe index` at a time");
        }
    }
}

async fn bring(store: &dyn ContentStore, locale: &Locale, skus: BTreeSet<Sku>) -> anyhow::Result<u64> {
    let key = Key::Index { locale: locale.clone() };
    let object = store.get(&key).await?;
    let etag = object.as_ref().map(|object| object.etag.clone());
    let mut rows: BTreeMap<Sku, Row> = BTreeMap::new();
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
            rows.insert(document.sku.clone(), Row::of(&document));
        }
    }
    let rows: Vec<Row> = rows.into_values().collect();
    let path = |row: &Row| Key::Content { locale: locale.clone(), sku: row.sku.clone() }.path();
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
