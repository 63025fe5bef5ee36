//! The stored document of a (SKU, locale), `content.v1`.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Decision, DigitalSourceType, Finding, Lock, Quality, Reviewer, TextDigest, Usage};
use crate::product::{
    DerivedFact, Digest, FactsOrder, Locale, ProseSource, Sku, TIMES_IN_MICROS, stated_version,
};
use crate::similarity::Signature;

/// Identifies one piece of work on one (SKU, locale): the digest of the message id and the locale.
pub type OperationId = Digest;

/// How many of its last operations a document remembers, to recognise redeliveries.
pub const OPERATIONS_KEPT: usize = 32;

/// What a document is to the storefront.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Carries content to show.
    Published,
    /// Waits for a person; carries no content.
    Held,
    /// The product is gone; carries no content.
    Deleted,
}

/// `content.v1`: what the storefront reads, and the only point of compare-and-swap of a (SKU, locale).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Document {
    /// Always `content.v1`.
    pub schema: String,
    /// The product.
    pub sku: Sku,
    /// Language and region of the text.
    pub locale: Locale,
    /// What it is to the storefront.
    pub state: State,
    /// Grows by one with every change of state or content; never reset.
    pub revision: u64,
    /// The version of the facts that were worked into it last; 0 where their publisher stated none.
    #[serde(default, with = "stated_version")]
    #[schemars(with = "u64")]
    pub product_version: Option<u64>,
    /// The message that stated these facts, or that deleted the product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts_of: Option<FactsOf>,
    /// When this revision was made.
    #[schemars(with = "String")]
    pub updated_at: Timestamp,
    /// Content per recipe; empty unless published.
    #[serde(default)]
    pub content: BTreeMap<String, Value>,
    /// Which attributes support each text; empty unless published.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
    /// What the checks saw in the published content.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// How good the published copy is, per recipe; empty unless published.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub quality: BTreeMap<String, Quality>,
    /// Fingerprint and origin per recipe.
    #[serde(default)]
    pub recipes: BTreeMap<String, RecipeState>,
    /// Recipes that the machine must not touch.
    #[serde(default)]
    pub locks: Vec<String>,
    /// Who locked them and why, as far as it was said.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub locked: BTreeMap<String, Lock>,
    /// Ids of the last operations that changed the document, oldest first.
    #[serde(default)]
    pub operations: Vec<OperationId>,
    /// The draft that waits for a person, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<HeldPointer>,
    /// Drafts of other recipes that wait behind it: each is `held` once those before it are decided on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held_next: Vec<HeldPointer>,
    /// The last draft that a person rejected, until another one is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected: Option<Rejected>,
    /// The last decision of a person that changed it; kept in `decisions/` as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided: Option<Box<Decision>>,
}

impl Document {
    /// The state of a recipe's draft that waits for a person.
    #[must_use]
    pub fn held_state(&self, recipe: &str) -> Option<&RecipeState> {
        self.held.iter().chain(&self.held_next).find_map(|held| held.recipes.get(recipe))
    }

    /// Where the facts stand that were worked into it.
    ///
    /// Tombstones of releases before 0.2 do not know their message; a version that is a time in microseconds was made of
    /// one there.
    #[must_use]
    pub fn order(&self) -> FactsOrder<'_> {
        if let Some(of) = &self.facts_of {
            return FactsOrder::new(self.product_version, of.occurred_at, &of.message_id);
        }
        let micros = self.product_version.and_then(|version| i64::try_from(version).ok());
        let time = micros.filter(|micros| TIMES_IN_MICROS.contains(micros));
        let time = time.and_then(|micros| Timestamp::from_microsecond(micros).ok());
        FactsOrder::new(self.product_version, time.unwrap_or(self.updated_at), "")
    }

    /// How facts of this order stand to those that were worked into it: newer ones are `Greater`.
    #[must_use]
    pub fn compare(&self, facts: &FactsOrder<'_>) -> Ordering {
        match &self.facts_of {
            Some(_) => facts.compare_ties(&self.order()),
            None => facts.compare(&self.order()),
        }
    }

    /// Whether it is a tombstone that these facts do not revive: only newer ones do.
    #[must_use]
    pub fn keeps_deleted(&self, facts: &FactsOrder<'_>) -> bool {
        self.state == State::Deleted && facts.compare(&self.order()) != Ordering::Greater
    }
}

/// A draft that a person rejected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rejected {
    /// The history object that holds the draft.
    pub operation: OperationId,
    /// Fingerprint per recipe; a rejected fingerprint counts as done unless somebody forces it.
    pub recipes: BTreeMap<String, Digest>,
    /// Who rejected it.
    pub reviewer: String,
    /// Why; given to the model when the recipes are written again.
    pub note: String,
    /// When.
    #[schemars(with = "String")]
    pub at: Timestamp,
}

/// The message that stated a product's facts: orders them where a version does not, by time, then by id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct FactsOf {
    /// When it happened, by the publisher's clock.
    #[schemars(with = "String")]
    pub occurred_at: Timestamp,
    /// Its id.
    pub message_id: Arc<str>,
}

/// What a recipe's published text was made from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RecipeState {
    /// Digest over facts, locale, recipe, voice and model alias; equal means nothing to do.
    pub fingerprint: Digest,
    /// Digest over the facts alone, to distinguish a change of facts from a change of settings.
    pub facts: Digest,
    /// Digest of the check policies that the text passed.
    pub policy: Digest,
    /// The attributes that support its sentences, each with the digest of its value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rests_on: BTreeMap<String, Digest>,
    /// The text's signature, by which others that are nearly the same are found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
    /// How the text was made.
    pub provenance: Provenance,
}

/// A draft that waits for a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HeldPointer {
    /// The history object that holds the draft.
    pub operation: OperationId,
    /// The product version it was written for; 0 where the publisher stated none.
    #[serde(default, with = "stated_version")]
    #[schemars(with = "u64")]
    pub product_version: Option<u64>,
    /// Fingerprint and origin per held recipe; a held fingerprint counts as done.
    pub recipes: BTreeMap<String, RecipeState>,
}

/// The attributes that support one sentence, as far as the checks could prove it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// The recipe.
    pub recipe: String,
    /// JSON pointer to the text inside the recipe's stored content that the sentence belongs to.
    pub at: String,
    /// The sentence itself.
    pub text: String,
    /// The attributes.
    pub attributes: Vec<Support>,
}

/// An attribute that supports a sentence, in the state that it was checked against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Support {
    /// The attribute's name.
    pub name: String,
    /// Digest of its value.
    pub value: Digest,
    /// The product version that had this value; 0 where the publisher stated none.
    #[serde(default, with = "stated_version")]
    #[schemars(with = "u64")]
    pub version: Option<u64>,
    /// Where it is no attribute of the publisher's, but a fact out of the product's prose: the words that it rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub derived: Option<DerivedFrom>,
}

/// What a fact out of prose rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DerivedFrom {
    /// The words.
    pub quote: String,
    /// The text that they stand in.
    pub from: ProseSource,
    /// The person who confirmed it; none where the rules accepted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

impl From<&DerivedFact> for DerivedFrom {
    fn from(fact: &DerivedFact) -> Self {
        Self { quote: fact.quote.clone(), from: fact.from, by: fact.by.clone() }
    }
}

/// How a text came about. One model call serves several recipes: its tokens stand with each of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Provenance {
    /// The model that answered, as the server names it.
    pub model: String,
    /// The server's address, without credentials.
    pub provider: String,
    /// Version of the recipe.
    pub recipe_version: String,
    /// Tokens of all calls for the operation.
    pub usage: Usage,
    /// Calls made for the operation, repairs included.
    pub calls: u32,
    /// Requests sent for them, those that were refused or failed included.
    #[serde(default)]
    pub attempts: u32,
    /// Time from the first request to the last answer of each call, summed, in milliseconds.
    #[serde(default)]
    pub latency_ms: u64,
    /// Cost of the operation in the currency of the price table; 0 where no price is set.
    pub cost: f64,
    /// When the text was written.
    #[schemars(with = "String")]
    pub generated_at: Timestamp,
    /// Version of the worker.
    pub worker_version: String,
    /// The message that asked for it.
    pub message_id: String,
    /// The job that it was written for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// What the person who asked for the job told the writer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The operation; names the history object.
    pub operation: OperationId,
    /// Who made the text, in IPTC's terms: `trained_algorithmic_media` for a model's text,
    /// `composite_with_trained_algorithmic_media` for one that a person changed.
    pub digital_source_type: DigitalSourceType,
    /// Who approved it, if a person did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewer: Option<String>,
    /// Who wrote or changed it, if a person did: then the machine may only propose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub editor: Option<String>,
    /// What a person decided on it last, in which role, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewed: Option<Reviewer>,
    /// Names the signed record of the published text, `provenance/{text_sha256}.json`; left out where none was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_sha256: Option<TextDigest>,
}
