//! The newest known state of a product, as it is stored under `products/`.

use std::sync::Arc;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FactsOrder, Locale, Product, stated_version};

/// The newest snapshot of a SKU's facts; a delete leaves one with `deleted: true` as a tombstone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Snapshot {
    /// The version that the publisher stated; 0 where it stated none.
    #[serde(default, with = "stated_version")]
    #[schemars(with = "u64")]
    pub version: Option<u64>,
    /// Orders snapshots where one states no version, and those of equal version.
    #[schemars(with = "String")]
    pub occurred_at: Timestamp,
    /// Orders snapshots that are equal in all else.
    pub message_id: String,
    /// Every locale that was ever asked for.
    pub locales: Vec<Locale>,
    /// Whether the product was deleted by this message.
    pub deleted: bool,
    /// The product; a tombstone keeps the last one known.
    pub product: Arc<Product>,
}

impl Snapshot {
    /// Where its facts stand among those of the SKU.
    #[must_use]
    pub fn order(&self) -> FactsOrder<'_> {
        FactsOrder::new(self.version, self.occurred_at, &self.message_id)
    }

    /// Whether the two say the same of the product.
    #[must_use]
    pub fn same_facts(&self, other: &Self) -> bool {
        self.deleted == other.deleted && (self.deleted || self.product.same_facts(&other.product))
    }
}
