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
    /// The revision that it was to be; a later one where another writer was first. Earlier releases left it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// When it was written. Earlier releases left it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub written_at: Option<Timestamp>,
    /// The job that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
}

impl HistoryEntry {
    /// Whether it says the same as another one, whenever they were written.
    #[must_use]
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        let Self { revision, written_at, .. } = other;
        *other == Self { revision: *revision, written_at: *written_at, ..self.clone() }
    }

    /// When it was written; of an entry of an earlier release, when its text was written or a person last decided on it.
    #[must_use]
    pub fn at(&self) -> Option<Timestamp> {
        let made = self.recipes.values().map(|state| &state.provenance);
        let times = made.flat_map(|made| {
            let reviewed = made.reviewed.as_ref().map(|reviewed| reviewed.at);
            reviewed.into_iter().chain([made.generated_at])
        });
        self.written_at.or_else(|| times.max())
    }
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
    /// The job that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
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
