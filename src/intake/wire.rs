//! `product_update.v1`: the message as it stands on the wire.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::product::{Locale, Product};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Kind {
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

/// How urgent a message is; each lane is its own queue.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// A person waits.
    Interactive,
    /// Events of the catalog pipeline.
    #[default]
    Updates,
    /// Bulk work.
    Backfill,
}

impl Lane {
    /// Every lane, most urgent first.
    pub const ALL: [Self; 3] = [Self::Interactive, Self::Updates, Self::Backfill];

    /// The lane's name, also its routing key.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interactive => "interactive",
            Self::Updates => "updates",
            Self::Backfill => "backfill",
        }
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Lane {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|lane| lane.as_str() == text)
            .ok_or_else(|| format!("there is no lane {text:?}; write interactive, updates or backfill"))
    }
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
    pub kind: Kind,
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
