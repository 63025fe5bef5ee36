//! What is exported: the stored products of a selection with their documents, read ahead and given in order of their keys.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::{Stream, StreamExt as _};
use jiff::Timestamp;
use skuscribe_catalog::export::{FieldMap, LeftOut, LeftOutReason, Texts};
use skuscribe_check::content::{Document, State};
use skuscribe_check::product::{Locale, Product, Sku};

use crate::catalog::selection::Selection;
use crate::jobs::{Selected, selected, selected_one};
use crate::store::{ContentStore, Key, SetAside, StoreError, load};

/// Products whose documents are read at the same time.
const READS: usize = 32;

/// Which documents are exported, and what of them.
#[derive(Debug)]
pub struct ExportScope {
    /// The products.
    pub selection: Selection,
    /// The locales; those of each product where none is named.
    pub locales: Vec<Locale>,
    /// Only documents of this time or later.
    pub since: Option<Timestamp>,
    /// Only texts of these recipes, where any is named.
    pub recipes: Vec<String>,
    /// Which text fills which field.
    pub fields: FieldMap,
}

/// A product with its published texts.
#[derive(Debug)]
pub struct ExportEntry {
    /// The product.
    pub product: Arc<Product>,
    /// Its published texts that are in scope, one a locale.
    pub texts: Vec<Texts>,
    /// Locales of it that have none, and why.
    pub left_out: Vec<LeftOut>,
    /// Documents that are older than what was asked for.
    pub older: u64,
}

/// The products in scope, with their texts.
///
/// # Errors
/// When the store does not answer.
pub async fn entries(
    store: &Arc<dyn ContentStore>,
    scope: &Arc<ExportScope>,
    aside: &Arc<SetAside>,
) -> Result<impl Stream<Item = Result<Option<ExportEntry>, StoreError>> + use<>, StoreError> {
    let (_, products) = selected(store, Arc::new(scope.selection.clone()), aside).await?;
    let (store, scope, aside) = (Arc::clone(store), Arc::clone(scope), Arc::clone(aside));
    let read = products.map(move |product| {
        let (store, scope, aside) = (Arc::clone(&store), Arc::clone(&scope), Arc::clone(&aside));
        async move {
            match product? {
                Some(product) => entry(&*store, &scope, product, &aside).await.map(Some),
                None => Ok(None),
            }
        }
    });
    Ok(read.buffered(READS))
}

/// The product of a key with its texts; nothing where it is not stored, gone, or not selected.
///
/// # Errors
/// When the store does not answer.
pub(super) async fn entry_of(
    store: &dyn ContentStore,
    scope: &ExportScope,
    sku: &Sku,
    aside: &SetAside,
) -> Result<Option<ExportEntry>, StoreError> {
    match selected_one(store, &scope.selection, sku, aside).await? {
        Some(product) => entry(store, scope, product, aside).await.map(Some),
        None => Ok(None),
    }
}

async fn entry(
    store: &dyn ContentStore,
    scope: &ExportScope,
    product: Selected,
    aside: &SetAside,
) -> Result<ExportEntry, StoreError> {
    let wanted = |locale: &&Locale| scope.locales.is_empty() || scope.locales.contains(locale);
    // A product may be written in locales that a selection by locale does not name.
    let locales: BTreeSet<&Locale> = product.locales.iter().filter(wanted).collect();
    let mut entry = ExportEntry {
        product: Arc::clone(&product.snapshot.product),
        texts: Vec::new(),
        left_out: Vec::new(),
        older: 0,
    };
    for locale in locales {
        let key = Key::Content { locale: locale.clone(), sku: entry.product.sku.clone() };
        let document = match load::<Document>(store, &key).await {
            Ok(found) => found.map(|(document, _)| document),
            Err(error @ StoreError::Broken { .. }) => {
                aside.note(&error);
                continue;
            }
            Err(error) => return Err(error),
        };
        let reason = match &document {
            None => LeftOutReason::NotWritten,
            Some(document) => match document.state {
                State::Published if scope.since.is_some_and(|since| document.updated_at < since) => {
                    entry.older += 1;
                    continue;
                }
                State::Published => {
                    entry.texts.push(Texts::of(document, &scope.fields, &scope.recipes));
                    continue;
                }
                State::Held => LeftOutReason::Held,
                State::Deleted => LeftOutReason::Deleted,
            },
        };
        entry.left_out.push(LeftOut {
            sku: entry.product.sku.to_string(),
            locale: Some(locale.clone()),
            reason,
            column: String::new(),
            detail: String::new(),
        });
    }
    Ok(entry)
}
