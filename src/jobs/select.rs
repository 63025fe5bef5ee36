//! The stored products of a selection, each with its selected locales.

use std::sync::Arc;

use futures_util::{Stream, StreamExt as _, stream};

use super::locales_or_default;
use crate::catalog::selection::Selection;
use crate::store::snapshots::stored;
use crate::store::{ContentStore, Key, StoreError, load};
use skuscribe_check::content::{Document, HeldEntry};
use skuscribe_check::product::{Locale, Snapshot};

/// Most products that are listed.
const LISTED_MAX: usize = 5_000_000;
/// Products that are read at the same time.
const READS: usize = 64;

/// A selected product.
#[derive(Debug)]
pub struct Selected {
    /// Its facts.
    pub snapshot: Snapshot,
    /// The locales in which it is selected.
    pub locales: Vec<Locale>,
}

/// Every product of a selection, in no order; also how many are read.
///
/// # Errors
/// When the store does not answer.
pub async fn selected(
    store: &Arc<dyn ContentStore>,
    selection: Arc<Selection>,
) -> Result<(usize, impl Stream<Item = Result<Option<Selected>, StoreError>>), StoreError> {
    let paths = store.list("products/", LISTED_MAX).await?;
    let (count, store) = (paths.len(), Arc::clone(store));
    let reads = stream::iter(paths).map(move |path| {
        let (store, selection) = (Arc::clone(&store), Arc::clone(&selection));
        async move { read(&*store, &selection, &path).await }
    });
    Ok((count, reads.buffer_unordered(READS)))
}

async fn read(
    store: &dyn ContentStore,
    selection: &Selection,
    path: &str,
) -> Result<Option<Selected>, StoreError> {
    let Some(sku) = Key::sku_of(path) else { return Ok(None) };
    let snapshot = stored(store, &sku).await?;
    let Some(snapshot) = snapshot.filter(|stored| !stored.deleted && selection.matches(&stored.product))
    else {
        return Ok(None);
    };
    let mut locales = locales_or_default(selection.locales(), &snapshot.locales);
    if selection.needs_documents() {
        let mut matching = Vec::new();
        for locale in locales {
            let key = Key::Content { locale: locale.clone(), sku: sku.clone() };
            let Some((document, _)) = load::<Document>(store, &key).await? else { continue };
            let held = if document.held.is_some() {
                let key = Key::Held { locale: locale.clone(), sku: sku.clone() };
                load::<HeldEntry>(store, &key).await?.map(|(entry, _)| entry)
            } else {
                None
            };
            if selection.matches_document(&document, held.as_ref()) {
                matching.push(locale);
            }
        }
        locales = matching;
    }
    Ok((!locales.is_empty()).then_some(Selected { snapshot, locales }))
}
