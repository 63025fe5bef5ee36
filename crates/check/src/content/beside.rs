//! What is stored beside the document of a (SKU, locale): history, the review queue's entries, corrections.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Draft, Finding, OperationId, Quality, RecipeState, State};
use crate::product::{Locale, Sku, stated_version};

/// The immutable body of one published or held text, stored before the document is swapped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HistoryEntry {
    /// The product.
    pub sku: Sku,
    /// Language and region of the text.
    pub locale: Locale,
    /// The work that made it.
    pub operation: OperationId,
    /// The product version it was written for; 0 where the publisher stated none.
    #[serde(default, with = "stated_version")]
    #[schemars(with = "u64")]
    pub product_version: Option<u64>,
    /// What the checks decided when it was written.
    pub state: State,
    /// The drafts as they were written.
    pub drafts: Vec<Draft>,
    /// What the checks saw.
    pub findings: Vec<Finding>,
    /// How good the copy is, per recipe.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub quality: BTreeMap<String, Quality>,
    /// Fingerprint and origin per recipe.
    pub recipes: BTreeMap<String, RecipeState>,
}

/// An entry of the review queue's index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HeldEntry {
    /// The product.
    pub sku: Sku,
    /// Language and region of the text.
    pub locale: Locale,
    /// The history object that holds the draft.
    pub operation: OperationId,
    /// The product version it was written for; 0 where the publisher stated none.
    #[serde(default, with = "stated_version")]
    #[schemars(with = "u64")]
    pub product_version: Option<u64>,
    /// Since when it waits.
    #[schemars(with = "String")]
    pub held_at: Timestamp,
    /// The findings that hold it.
    pub findings: Vec<Finding>,
}

/// What a person made of a draft: kept so that the machine can learn from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Correction {
    /// The product.
    pub sku: Sku,
    /// Language and region of the text.
    pub locale: Locale,
    /// The history object that holds the draft as it was.
    pub before: OperationId,
    /// The history object that holds it as the person left it.
    pub after: OperationId,
    /// Who.
    pub editor: String,
    /// When.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// Every text that was changed.
    pub changes: Vec<Change>,
    /// What the checks had seen in the draft as it was.
    pub findings: Vec<Finding>,
}

/// One text that a person changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// The recipe.
    pub recipe: String,
    /// JSON pointer inside the recipe's content.
    pub at: String,
    /// The text as it was; left out where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The text as it is; left out where it was taken out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}
