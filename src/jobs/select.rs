//! The stored products of a selection, each with its selected locales.

use std::sync::Arc;

use futures_util::{Stream, StreamExt as _, stream};

use super::locales_or_default;
use crate::catalog::selection::Selection;
use crate::store::{ContentStore, Key, SetAside, StoreError, keys, load};
use skuscribe_check::content::{Document, HeldEntry};
use skuscribe_check::product::{Locale, Sku, Snapshot};

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

/// Every product of a selection, in the order of their keys; also how many are read. Objects that cannot be read are set aside.
///
/// # Errors
/// When the store does not answer.
pub async fn selected(
    store: &Arc<dyn ContentStore>,
    selection: Arc<Selection>,
    aside: &Arc<SetAside>,
) -> Result<(usize, impl Stream<Item = Result<Option<Selected>, StoreError>> + use<>), StoreError> {
    let products = keys(&**store, "products/", LISTED_MAX, aside).await?;
    let (count, store, aside) = (products.len(), Arc::clone(store), Arc::clone(aside));
    let reads = stream::iter(products).map(move |key| {
        let (store, selection, aside) = (Arc::clone(&store), Arc::clone(&selection), Arc::clone(&aside));
        async move { read(&*store, &selection, &key, &aside).await }
    });
    Ok((count, reads.buffered(READS)))
}

/// The product of a key, if it is there and selected.
///
/// # Errors
/// When the store does not answer.
pub async fn selected_one(
    store: &dyn ContentStore,
    selection: &Selection,
    sku: &Sku,
    aside: &SetAside,
) -> Result<Option<Selected>, StoreError> {
    read(store, selection, &Key::Product { sku: sku.clone() }, aside).await
}

async fn read(
    store: &dyn ContentStore,
    selection: &Selection,
    key: &Key,
    aside: &SetAside,
) -> Result<Option<Selected>, StoreError> {
    let snapshot = aside.skip(load::<Snapshot>(store, key).await)?.map(|(snapshot, _)| snapshot);
    let Some(snapshot) = snapshot.filter(|stored| !stored.deleted && selection.matches(&stored.product))
    else {
        return Ok(None);
    };
    let sku = &snapshot.product.sku;
    let mut locales = locales_or_default(selection.locales(), &snapshot.locales);
    if selection.needs_documents() {
        let mut matching = Vec::new();
        for locale in locales {
            let key = Key::Content { locale: locale.clone(), sku: sku.clone() };
            let Some((document, _)) = aside.skip(load::<Document>(store, &key).await)? else { continue };
            let held = if document.held.is_some() {
                let key = Key::Held { locale: locale.clone(), sku: sku.clone() };
                aside.skip(load::<HeldEntry>(store, &key).await)?.map(|(entry, _)| entry)
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
