//! The read model built anew from the store, page by page, while events go on arriving.

use futures_util::StreamExt as _;
use tokio_util::sync::CancellationToken;

use super::{Entry, ReadModel, ReadModelError, load};
use crate::store::{ContentStore, Key, SetAside};

/// Documents of a page of the store's listing, and of a transaction.
const PAGE: usize = 500;
/// Documents that are read at once.
const READ_AT_ONCE: usize = 32;
/// Rows that go at once where the store has them no more.
const SWEPT_AT_ONCE: i64 = 1_000;

/// What a rebuild did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// Documents in the store.
    pub documents: u64,
    /// Those that the read model did not have like this.
    pub changed: u64,
    /// Rows of which the store has no document any more.
    pub removed: u64,
    /// Objects that are broken: named in the log, left where they are.
    pub broken: u64,
}

/// Reads every document of the store, `told` of how many now and then; `None` where it was stopped. Memory does not grow with
/// the store, and events may be applied meanwhile: a row is only ever replaced by what is newer.
///
/// # Errors
/// When the store or SQLite does not answer; beginning again does no harm.
pub async fn rebuild(
    model: &ReadModel,
    store: &dyn ContentStore,
    stop: &CancellationToken,
    mut told: impl FnMut(u64),
) -> Result<Option<Rebuilt>, ReadModelError> {
    let aside = SetAside::default();
    let round = model.begin_rebuild().await?;
    let (mut rebuilt, mut after) = (Rebuilt::default(), String::new());
    loop {
        if stop.is_cancelled() {
            return Ok(None);
        }
        let paths = store.list_after("content/", &after, PAGE).await?;
        let Some(last) = paths.last() else { break };
        after.clone_from(last);
        let documents = paths.iter().filter_map(|path| match Key::of_path(path) {
            Some(Key::Content { locale, sku }) => Some((sku, locale)),
            _ => None,
        });
        let documents: Vec<_> = documents.collect();
        let aside = &aside;
        let loads = documents
            .into_iter()
            .map(|(sku, locale)| async move { load::entry(store, &sku, &locale, aside).await });
        let loaded: Vec<_> = futures_util::stream::iter(loads).buffer_unordered(READ_AT_ONCE).collect().await;
        let entries: Vec<Option<Entry>> = loaded.into_iter().collect::<Result<_, _>>()?;
        let entries: Vec<Entry> = entries.into_iter().flatten().collect();
        rebuilt.documents += entries.len() as u64;
        rebuilt.changed += model.apply(&entries, &[]).await?;
        told(rebuilt.documents);
    }
    rebuilt.removed = model.sweep(round).await?;
    rebuilt.broken = aside.count();
    aside.log();
    Ok(Some(rebuilt))
}

impl ReadModel {
    /// The number of a new rebuild: what is written from now on bears it.
    pub(super) async fn begin_rebuild(&self) -> Result<i64, ReadModelError> {
        let begin = "UPDATE state SET value = value + 1 WHERE name = 'rebuild' RETURNING value";
        Ok(sqlx::query_scalar(begin).fetch_one(&self.writer).await?)
    }

    /// Removes what a rebuild did not see, and notes that it is done.
    pub(super) async fn sweep(&self, round: i64) -> Result<u64, ReadModelError> {
        let mut removed = 0;
        loop {
            let mut transaction = self.writer.begin().await?;
            let gone = "DELETE FROM documents WHERE id IN (SELECT id FROM documents WHERE seen_by < ?1 LIMIT ?2) RETURNING id";
            let gone: Vec<i64> =
                sqlx::query_scalar(gone).bind(round).bind(SWEPT_AT_ONCE).fetch_all(&mut *transaction).await?;
            let words = "DELETE FROM documents_text WHERE rowid IN (SELECT value FROM json_each(?1))";
            sqlx::query(words).bind(serde_json::to_string(&gone)?).execute(&mut *transaction).await?;
            if gone.is_empty() {
                let done = "UPDATE state SET value = 1 WHERE name = 'complete'";
                sqlx::query(done).execute(&mut *transaction).await?;
                transaction.commit().await?;
                return Ok(removed);
            }
            transaction.commit().await?;
            removed += gone.len() as u64;
        }
    }
}
