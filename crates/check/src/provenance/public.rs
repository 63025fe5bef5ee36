//! The slim document for storefronts, `public_content.v1`: what is published, and who made it; nothing of how.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::content::{DigitalSourceType, Document, RecipeState, State, TextDigest};
use crate::product::{Locale, Sku};

/// Schema name of a public document.
const SCHEMA: &str = "public_content.v1";

/// What a public document is to the storefront.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PublicState {
    /// Carries content to show.
    Published,
    /// The product is gone; carries no content.
    Deleted,
    /// What was published was taken back, and a draft waits for a person; carries no content.
    Held,
}

/// `public_content.v1`: what of a document storefronts need.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PublicDocument {
    /// Always `public_content.v1`.
    pub schema: String,
    /// The product.
    pub sku: Sku,
    /// Language and region of the text.
    pub locale: Locale,
    /// What it is to the storefront.
    pub state: PublicState,
    /// The revision of the document that it shows; grows.
    pub revision: u64,
    /// When that revision was made.
    #[schemars(with = "String")]
    pub updated_at: Timestamp,
    /// Content per recipe, as in the document; empty once deleted.
    #[serde(default)]
    pub content: BTreeMap<String, Value>,
    /// Who made it, per recipe.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub marks: BTreeMap<String, TextMark>,
}

/// Who made a recipe's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TextMark {
    /// In IPTC's terms.
    pub digital_source_type: DigitalSourceType,
    /// Names the signed record `provenance/{text_sha256}.json`; left out where none was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_sha256: Option<TextDigest>,
    /// The label that shoppers are to see with the text, where the settings ask for one in this locale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// In which locales texts that a model wrote carry a visible label, and which.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VisibleLabel {
    /// The label.
    pub label: String,
    /// Languages or locales.
    pub locales: Vec<String>,
}

impl VisibleLabel {
    /// The label of a text, if it is to carry one.
    #[must_use]
    pub fn of(&self, locale: &Locale, source: DigitalSourceType) -> Option<&str> {
        let name = locale.to_string();
        let asked = self.locales.iter().any(|asked| *asked == name || asked == locale.language());
        (asked && source.is_by_model() && !self.label.is_empty()).then_some(&*self.label)
    }
}

impl PublicDocument {
    /// What of a document storefronts may see.
    #[must_use]
    pub fn of(document: &Document, label: &VisibleLabel) -> Self {
        let state = match document.state {
            State::Held => PublicState::Held,
            State::Published => PublicState::Published,
            State::Deleted => PublicState::Deleted,
        };
        let content = match state {
            PublicState::Published => document.content.clone(),
            PublicState::Deleted | PublicState::Held => BTreeMap::new(),
        };
        let mark = |recipe: &String| {
            let state: &RecipeState = document.recipes.get(recipe)?;
            let digital_source_type = state.source_type();
            let label = label.of(&document.locale, digital_source_type).map(str::to_owned);
            let text_sha256 = state.provenance.text_sha256;
            Some((recipe.clone(), TextMark { digital_source_type, text_sha256, label }))
        };
        Self {
            schema: SCHEMA.to_owned(),
            sku: document.sku.clone(),
            locale: document.locale.clone(),
            state,
            revision: document.revision,
            updated_at: document.updated_at,
            marks: content.keys().filter_map(mark).collect(),
            content,
        }
    }

    /// Whether it shows the same as another one, of whatever revision.
    #[must_use]
    pub fn shows_the_same_as(&self, other: &Self) -> bool {
        (self.state, &self.content, &self.marks) == (other.state, &other.content, &other.marks)
    }
}
