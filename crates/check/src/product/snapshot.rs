//! The newest known state of a product, as it is stored under `products/`.

use std::sync::Arc;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Locale, Product};

/// The newest snapshot of a SKU's facts; a delete leaves one with `deleted: true` as a tombstone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Snapshot {
    /// Version that orders the facts.
    pub version: u64,
    /// Orders snapshots of equal version, first.
    #[schemars(with = "String")]
    pub occurred_at: Timestamp,
    /// Orders snapshots of equal version and time.
    pub message_id: String,
    /// Every locale that was ever asked for.
    pub locales: Vec<Locale>,
    /// Whether the product was deleted at this version.
    pub deleted: bool,
    /// The product; a tombstone keeps the last one known.
    pub product: Arc<Product>,
}

impl Snapshot {
    /// The key by which snapshots of one SKU are ordered.
    #[must_use]
    pub fn order(&self) -> (u64, Timestamp, &str) {
        (self.version, self.occurred_at, &self.message_id)
    }
}
