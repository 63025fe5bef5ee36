//! Facts that a product's prose states: with the words that each rests on, and who confirmed it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Value;

/// The text that a quote stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProseSource {
    /// The product's title.
    Title,
    /// Its description.
    Description,
    /// A shopper's review: an opinion, which only a person may take for a fact.
    Review,
}

impl ProseSource {
    /// Its name, as contracts write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Description => "description",
            Self::Review => "review",
        }
    }
}

impl fmt::Display for ProseSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A fact that prose states and no attribute does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DerivedFact {
    /// The attribute's name, as the shop's catalog writes it.
    pub name: String,
    /// Its value, in the words of the quote.
    pub value: Value,
    /// The words that it rests on, as shoppers see them.
    pub quote: String,
    /// The text that they stand in.
    pub from: ProseSource,
    /// The person who confirmed it; none where the rules accepted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}
