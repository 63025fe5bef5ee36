//! `product_update.v1`: the message as it stands on the wire.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::lane::Lane;
use skuscribe_check::product::{Locale, Product};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum UpdateKind {
    /// The facts are new or changed.
    #[serde(rename = "product.updated")]
    ProductUpdated,
    /// The product is gone; of `product` only SKU and version count.
    #[serde(rename = "product.deleted")]
    ProductDeleted,
    /// Somebody wants texts; `product` may hold the SKU alone, then the stored snapshot's facts serve.
    #[serde(rename = "content.requested")]
    ContentRequested,
}

/// `product_update.v1`: a product changed, is gone, or somebody asks for its texts.
///
/// Also accepted as a CloudEvent, structured or binary, with everything but id, type and time as its data.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ProductUpdate {
    /// Unique per message; a publisher that sends a message again keeps it.
    pub id: String,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: UpdateKind,
    /// When it happened (RFC 3339).
    #[schemars(with = "String")]
    pub occurred_at: Timestamp,
    /// The product.
    pub product: Product,
    /// Locales to write; left out or empty, those of the configuration.
    #[serde(default)]
    pub locales: Vec<Locale>,
    /// Recipes to write; left out or empty, those of the configuration.
    #[serde(default)]
    pub recipes: Vec<String>,
    /// The lane it asks for; the queue it came by counts more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<Lane>,
    /// The job that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// Write again although nothing changed.
    #[serde(default)]
    pub force: bool,
}
