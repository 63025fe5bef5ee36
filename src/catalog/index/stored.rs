//! The tables of the index as they are stored: read, changed and written in one swap each.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use futures_util::{StreamExt as _, stream};

use super::{IndexCursor, IndexRow, read, write};
use crate::failure::chain;
use crate::store::{Condition, ContentStore, ETag, Key, Object, Put, SetAside, StoreError, keys, load};
use skuscribe_check::content::Document;
use skuscribe_check::product::{Locale, Sku};

/// Most documents that are listed.
const LISTED_MAX: usize = 20_000_000;
/// Documents that are read at the same time.
const READS: usize = 64;

/// What is to be done to a locale's table.
#[derive(Debug, Default)]
pub(super) struct TableChanges {
    /// Whether the rows of before are dropped.
    pub(super) anew: bool,
    /// Documents to read.
    pub(super) read: BTreeSet<Sku>,
    /// Rows to drop.
    pub(super) drop: BTreeSet<Sku>,
}

/// The products that have a document, by locale; no guides. `below` is nothing, or a locale and a slash.
pub(super) async fn documents(
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
pub(super) async fn reach(
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
pub(super) async fn table(
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
pub(super) async fn rows_of(
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
pub(super) async fn update_table(
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
pub(super) const BUSY: &str =
    "somebody else brings the index up to date; run one `skuscribe index` at a time";

pub(super) async fn put(
    store: &dyn ContentStore,
    key: &Key,
    body: Vec<u8>,
    etag: Option<ETag>,
) -> anyhow::Result<bool> {
    let condition = etag.map_or(Condition::Absent, Condition::Matches);
    Ok(matches!(store.put(key, body, condition).await?, Put::Stored(_)))
}
