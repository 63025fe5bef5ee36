//! Missing facts as a product: which attributes shoppers and texts lack, per category, over how many products.

mod category;
mod gap;

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;

use crate::catalog::selection::Selection;
use crate::store::questions::Questions;
use crate::store::{ContentStore, Key, StoreError, load};
use category::CategoryProducts;
pub use gap::{Gap, GapExample, GapReason};
use skuscribe_check::content::{Document, Finding, HeldEntry};
use skuscribe_check::product::Snapshot;

/// Most products that are listed.
const LISTED_MAX: usize = 5_000_000;
/// Objects that are read at the same time.
const READS: usize = 64;

/// Everything that is missed in the products of a selection, most missed first.
///
/// # Errors
/// When the store does not answer, or an object is not readable.
pub async fn gaps(
    store: &Arc<dyn ContentStore>,
    selection: &Selection,
    now: Timestamp,
) -> Result<Vec<Gap>, StoreError> {
    let mut categories: BTreeMap<Vec<String>, CategoryProducts> = BTreeMap::new();
    let paths = store.list("products/", LISTED_MAX).await?;
    let reads = stream::iter(paths).map(|path| read_product(&**store, path)).buffer_unordered(READS);
    let mut reads = std::pin::pin!(reads);
    while let Some(read) = reads.try_next().await? {
        let Some((snapshot, findings, questions)) = read else { continue };
        let product = &snapshot.product;
        if selection.matches(product) {
            let open = questions.map(|questions| questions.open).unwrap_or_default();
            categories.entry(product.category.clone()).or_default().add(product, findings, open);
        }
    }
    for path in store.list("questions/categories/", LISTED_MAX).await? {
        let Some(key) = Key::category_questions_of(&path) else { continue };
        let Some((questions, _)) = load::<Questions>(&**store, &key).await? else { continue };
        if let Some(category) = categories.get_mut(&questions.category) {
            category.add_questions(questions.open);
        }
    }
    let mut found: Vec<Gap> =
        categories.into_iter().flat_map(|(path, category)| category.gaps(&path, now)).collect();
    found.sort_by(|left, right| {
        let weight = |gap: &Gap| (gap.asked + gap.products, gap.asked);
        weight(right).cmp(&weight(left)).then_with(|| left.id.cmp(&right.id))
    });
    Ok(found)
}

type ReadProduct = (Snapshot, Vec<Finding>, Option<Questions>);

/// A product with what the checks found in its texts, and what was asked of it.
async fn read_product(store: &dyn ContentStore, path: String) -> Result<Option<ReadProduct>, StoreError> {
    let Some(sku) = Key::sku_of(&path) else { return Ok(None) };
    let Some((snapshot, _)) = load::<Snapshot>(store, &Key::Product { sku: sku.clone() }).await? else {
        return Ok(None);
    };
    if snapshot.deleted {
        return Ok(None);
    }
    let mut findings = Vec::new();
    for locale in &snapshot.locales {
        let key = Key::Content { locale: locale.clone(), sku: sku.clone() };
        let Some((document, _)) = load::<Document>(store, &key).await? else { continue };
        findings.extend(document.findings);
        if document.held.is_some() {
            let key = Key::Held { locale: locale.clone(), sku: sku.clone() };
            if let Some((held, _)) = load::<HeldEntry>(store, &key).await? {
                findings.extend(held.findings);
            }
        }
    }
    let questions = load::<Questions>(store, &Key::Questions { sku }).await?;
    Ok(Some((snapshot, findings, questions.map(|(questions, _)| questions))))
}
