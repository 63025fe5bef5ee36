//! A gap in the catalog, as it is printed and announced.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use skuscribe_check::product::Sku;

/// Why an attribute is missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// Shoppers asked, and no fact answered.
    Asked,
    /// A text states something of the kind that no attribute states.
    Unsupported,
    /// A text states otherwise than the attribute: one of the two is wrong.
    Contradicted,
    /// A text could not be written for lack of facts; most products of the category have the attribute.
    TooFew,
}

impl GapReason {
    /// The reason's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Unsupported => "unsupported",
            Self::Contradicted => "contradicted",
            Self::TooFew => "too_few",
        }
    }
}

/// An example of a gap.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct GapExample {
    /// The product; left out where a whole category was asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<Sku>,
    /// The question, or what the check said.
    pub text: String,
}

/// `catalog_gap.v1`: an attribute that products of a category lack, or have wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Gap {
    /// Derived from category, attribute, reason, products and questions: the same gap announced twice has the same id.
    pub id: String,
    /// Always `catalog_gap.v1`.
    pub schema: String,
    /// The category path, outermost first.
    pub category: Vec<String>,
    /// The attribute: one that other products of the category have, or the topic that is asked about.
    pub attribute: String,
    /// What shoppers call it, where publisher or shop say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Why it is missed.
    pub reason: GapReason,
    /// Products that lack it or have it wrong.
    pub products: u64,
    /// Products of the category.
    pub of_products: u64,
    /// How often shoppers asked.
    pub asked: u64,
    /// Some of what was asked or found.
    pub examples: Vec<GapExample>,
    /// When it was seen.
    #[schemars(with = "String")]
    pub seen_at: Timestamp,
}
