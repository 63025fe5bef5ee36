//! Updates the index: what the change feed names since the last time is read again, and what it missed is found in the store.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use futures_util::{StreamExt as _, stream};

use super::{IndexCursor, IndexRow, read, write};
use crate::failure::chain;
use crate::feed::{head, segment_after};
use crate::store::{Condition, ContentStore, ETag, Key, Object, Put, SetAside, StoreError, keys, load};
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
/// there yet, whose reach cannot be read, or that reaches beyond the feed's last segment, is built from the store. Objects that cannot be read are set aside; the row of
/// such a document stays as it was.
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

/// The products that have a document, by locale; no guides. `below` is nothing, or a locale and a slash.
async fn documents(
    store: &dyn ContentStore,
    below: &str,
    aside: &SetAside,
) -> Result<BTreeMap<Locale, BTreeSet<Sku>>, StoreError> {
    let mut documents: BTreeMap<Locale, BTreeSet<Sku>> = BTreeMap::new();
    for key in keys(store, &format!("content/{below}"), LISTED_MAX, aside).await? {
        if let Key::Content { locale, sku } = key
            && sku.guide().is_none()
        {
            documents.entry(locale).or_default().insert(sku);
        }
    }
    Ok(documents)
}

/// How far the index reaches, and the version of the object that says so; nothing where it cannot be read.
async fn reach(
    store: &dyn ContentStore,
    aside: &SetAside,
) -> Result<(Option<IndexCursor>, Option<ETag>), StoreError> {
    match load::<IndexCursor>(store, &Key::IndexReach).await {
        Ok(Some((known, etag))) => Ok((Some(known), Some(etag))),
        Ok(None) => Ok((None, None)),
        Err(error @ StoreError::Broken { .. }) => {
            aside.note(&error);
            // What is written then replaces exactly what is broken.
            Ok((None, store.get(&Key::IndexReach).await?.map(|object| object.etag)))
        }
        Err(error) => Err(error),
    }
}

/// Calls `each` with every row of a locale's table; gives its version, and whether it cannot be read to its end: then it is
/// set aside.
async fn table(
    store: &dyn ContentStore,
    locale: &Locale,
    aside: &SetAside,
    mut each: impl FnMut(IndexRow),
) -> Result<(Option<ETag>, bool), StoreError> {
    let key = Key::Index { locale: locale.clone() };
    let (broken, etag) = match store.get(&key).await {
        Ok(None) => return Ok((None, false)),
        Ok(Some(Object { body, etag })) => {
            // A reader of foreign bytes may panic.
            let cause = match catch_unwind(AssertUnwindSafe(|| read(body, &mut each))) {
                Ok(Ok(())) => return Ok((Some(etag), false)),
                Ok(Err(error)) => chain(&error),
                Err(_) => "its reader broke down".to_owned(),
            };
            (StoreError::broken(&key, "a table of the index", cause), Some(etag))
        }
        Err(error @ StoreError::Broken { .. }) => (error, None),
        Err(error) => return Err(error),
    };
    aside.note(&broken);
    Ok((etag, true))
}

/// Calls `each` with every row of a locale. Where the table cannot be read, the rows come from the documents, some of them
/// once more.
///
/// # Errors
/// When the store does not answer.
pub async fn indexed(
    store: &dyn ContentStore,
    locale: &Locale,
    aside: &SetAside,
    mut each: impl FnMut(IndexRow),
) -> Result<(), StoreError> {
    let (_, broken) = table(store, locale, aside, &mut each).await?;
    if broken {
        let mut listed = documents(store, &format!("{locale}/"), aside).await?;
        rows_of(store, locale, &listed.remove(locale).unwrap_or_default(), aside, each).await?;
    }
    Ok(())
}

/// Calls `each` with the rows of documents; those that are not there or cannot be read have none. Gives how many it was.
async fn rows_of(
    store: &dyn ContentStore,
    locale: &Locale,
    skus: &BTreeSet<Sku>,
    aside: &SetAside,
    mut each: impl FnMut(IndexRow),
) -> Result<usize, StoreError> {
    let documents = stream::iter(skus).map(|sku| async move {
        let key = Key::Content { locale: locale.clone(), sku: sku.clone() };
        aside.skip(load::<Document>(store, &key).await)
    });
    let (mut documents, mut found) = (documents.buffer_unordered(READS), 0);
    while let Some(document) = documents.next().await {
        if let Some((document, _)) = document? {
            each(IndexRow::of(&document));
            found += 1;
        }
    }
    Ok(found)
}

/// Gives how many documents there were, and the rows now.
async fn update_table(
    store: &dyn ContentStore,
    locale: &Locale,
    changes: &TableChanges,
    aside: &SetAside,
) -> anyhow::Result<(usize, u64)> {
    let key = Key::Index { locale: locale.clone() };
    let mut rows: BTreeMap<Sku, IndexRow> = BTreeMap::new();
    let (etag, broken) = table(store, locale, aside, |row| {
        if !changes.anew && !changes.drop.contains(&row.sku) {
            rows.insert(row.sku.clone(), row);
        }
    })
    .await?;
    let mut insert = |row: IndexRow| drop(rows.insert(row.sku.clone(), row));
    if broken && !changes.anew {
        let mut listed = documents(store, &format!("{locale}/"), aside).await?;
        let all = listed.remove(locale).unwrap_or_default();
        rows_of(store, locale, &all, aside, &mut insert).await?;
    }
    let found = rows_of(store, locale, &changes.read, aside, &mut insert).await?;
    if found == 0 && changes.drop.is_empty() && !changes.anew && !broken {
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
