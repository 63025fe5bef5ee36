//! Missing facts as a product: which attributes shoppers and texts lack, per category, over how many products.

mod category;
mod gap;

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;

use crate::catalog::selection::Selection;
use crate::store::questions::Questions;
use crate::store::{ContentStore, Key, SetAside, StoreError, keys, load};
use category::CategoryProducts;
pub use gap::{Gap, GapExample, GapReason};
use skuscribe_check::content::{Document, Finding, HeldEntry};
use skuscribe_check::internal::InternalNames;
use skuscribe_check::labels::ShopLabels;
use skuscribe_check::product::{Facts, Locale, Product, Snapshot};

/// Most products that are listed.
const LISTED_MAX: usize = 5_000_000;
/// Objects that are read at the same time.
const READS: usize = 64;

/// Which attributes count, and what they are called.
#[derive(Clone, Copy, Debug)]
pub struct GapWords<'a> {
    /// Attributes of these names count as not there.
    pub internal: &'a InternalNames,
    /// The shop's labels, units and translations.
    pub labels: &'a ShopLabels,
    /// The locale of those who read of the gaps.
    pub locale: &'a Locale,
}

impl GapWords<'_> {
    /// The facts of a product in a locale that shoppers may know.
    fn facts(&self, product: &Product, locale: &Locale) -> Facts {
        let spoken = self.labels.product(product, locale);
        Facts::select(&self.internal.public(&spoken), |_| true)
    }

    /// What the attributes of a product are called, in any locale, by their names.
    fn called<'b>(&'b self, product: &'b Product) -> impl Iterator<Item = (&'b str, &'b str)> {
        let localized = product.localized.values().map(|localized| &localized.labels);
        let own = std::iter::once(&product.labels).chain(localized).flatten();
        let shop = product
            .attributes
            .iter()
            .flat_map(|(name, _)| self.labels.labels_of(name).map(move |label| (name, label)));
        own.map(|(name, label)| (name.as_str(), label.as_str())).chain(shop)
    }
}

/// Everything that is missed in the products of a selection, most missed first; internal attributes count as not there.
/// Objects that cannot be read are set aside.
///
/// # Errors
/// When the store does not answer.
pub async fn gaps(
    store: &Arc<dyn ContentStore>,
    selection: &Selection,
    now: Timestamp,
    words: GapWords<'_>,
    aside: &SetAside,
) -> Result<Vec<Gap>, StoreError> {
    let mut categories: BTreeMap<Vec<String>, CategoryProducts> = BTreeMap::new();
    let products = keys(&**store, "products/", LISTED_MAX, aside).await?;
    let reads = stream::iter(products).map(|key| read_product(&**store, key, aside)).buffer_unordered(READS);
    let mut reads = std::pin::pin!(reads);
    while let Some(read) = reads.try_next().await? {
        let Some((snapshot, findings, questions)) = read else { continue };
        let product = &snapshot.product;
        if selection.matches(product) {
            let open = questions.map(|questions| questions.open).unwrap_or_default();
            categories.entry(product.category.clone()).or_default().add(product, words, findings, open);
        }
    }
    for key in keys(&**store, "questions/categories/", LISTED_MAX, aside).await? {
        let Some((questions, _)) = aside.skip(load::<Questions>(&**store, &key).await)? else { continue };
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
async fn read_product(
    store: &dyn ContentStore,
    key: Key,
    aside: &SetAside,
) -> Result<Option<ReadProduct>, StoreError> {
    let Some((snapshot, _)) = aside.skip(load::<Snapshot>(store, &key).await)? else { return Ok(None) };
    if snapshot.deleted {
        return Ok(None);
    }
    let sku = snapshot.product.sku.clone();
    let mut findings = Vec::new();
    for locale in &snapshot.locales {
        let key = Key::Content { locale: locale.clone(), sku: sku.clone() };
        let Some((document, _)) = aside.skip(load::<Document>(store, &key).await)? else { continue };
        findings.extend(document.findings);
        if document.held.is_some() {
            let key = Key::Held { locale: locale.clone(), sku: sku.clone() };
            if let Some((held, _)) = aside.skip(load::<HeldEntry>(store, &key).await)? {
                findings.extend(held.findings);
            }
        }
    }
    let questions = aside.skip(load::<Questions>(store, &Key::Questions { sku }).await)?;
    Ok(Some((snapshot, findings, questions.map(|(questions, _)| questions))))
}
