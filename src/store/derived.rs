//! What was read out of a product's prose, as it is stored.

use super::{ContentStore, ETag, Key, StoreError, StoredObject, load};
use skuscribe_check::product::Sku;
use skuscribe_check::prose::DerivedFacts;

impl StoredObject for DerivedFacts {
    const NAME: &'static str = "derived.v1";

    fn schema(&self) -> Option<&str> {
        Some(&self.schema)
    }

    fn belongs_to(&self, key: &Key) -> bool {
        matches!(key, Key::Derived { sku } if *sku == self.sku)
    }
}

/// What was read out of a product's prose, if anything was.
///
/// # Errors
/// As [`load`].
pub async fn derived(
    store: &dyn ContentStore,
    sku: &Sku,
) -> Result<Option<(DerivedFacts, ETag)>, StoreError> {
    load(store, &Key::Derived { sku: sku.clone() }).await
}
