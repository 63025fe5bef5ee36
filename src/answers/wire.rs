//! Request and answer of `POST /v1/answers`, as they are serialized.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use skuscribe_check::product::{Locale, Sku};

/// `answer_request.v1`: a shopper's question about a product, several, or a category.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AnswerRequest {
    /// The question.
    pub question: String,
    /// The product that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<Sku>,
    /// Several products, instead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skus: Vec<Sku>,
    /// A category, or a path of several from the outermost on ("Gear > Bags"), instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Language and region of the answer; the first of the configuration where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<Locale>,
    /// The session of an earlier answer, so that "and how heavy?" is understood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
}

/// What became of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnswerOutcome {
    /// The facts answer it.
    Answered,
    /// The catalog does not hold the answer; the question is remembered.
    Unknown,
    /// Nothing is published of the product in this locale; nothing is said of it.
    Unavailable,
    /// A person has to answer; `reason` says on what topic.
    HandedOver,
    /// It is no question about products: it speaks to the model.
    Refused,
}

impl AnswerOutcome {
    /// The outcome's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Unknown => "unknown",
            Self::Unavailable => "unavailable",
            Self::HandedOver => "handed_over",
            Self::Refused => "refused",
        }
    }
}

/// Where an answer comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Source")]
pub enum AnswerSource {
    /// A published FAQ entry.
    Faq,
    /// A model phrased it, and every check passed.
    Model,
    /// It was put together from facts.
    Facts,
}

impl AnswerSource {
    /// The source's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Faq => "faq",
            Self::Model => "model",
            Self::Facts => "facts",
        }
    }
}

/// An attribute that supports an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Based")]
pub struct SupportingAttribute {
    /// The product.
    pub sku: Sku,
    /// The attribute's name.
    pub name: String,
    /// What shoppers call it, where publisher or shop say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Its value, as text.
    pub value: String,
}

/// A comparison of products: a column per attribute, a row per product.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Table")]
pub struct ComparisonTable {
    /// The attributes.
    pub columns: Vec<String>,
    /// What shoppers call them, in the same order: what stands above the columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// The products.
    pub rows: Vec<ComparisonRow>,
}

/// A product in a comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Row")]
pub struct ComparisonRow {
    /// The product.
    pub sku: Sku,
    /// Its title, or its key where it has none.
    pub title: String,
    /// Whether it is what was asked for, where the facts say so: `yes`, `no`, or left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<bool>,
    /// Its values, in the order of the columns; `null` where the facts hold none.
    pub values: Vec<Option<String>>,
}

/// `answer.v1`: the answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Answer {
    /// Always `answer.v1`.
    pub schema: String,
    /// What became of the question.
    pub outcome: AnswerOutcome,
    /// What to show the shopper.
    pub text: String,
    /// Language and region of the text.
    pub locale: Locale,
    /// Where the answer comes from, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<AnswerSource>,
    /// The attributes that support it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<SupportingAttribute>,
    /// The topic on which a person takes over (`medical`, `safety`, `order`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The products side by side, where several were asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<ComparisonTable>,
    /// The version of the product's facts, where one product was asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_version: Option<u64>,
    /// The session to send with the next question; only from the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
}

impl Answer {
    pub(super) fn of(outcome: AnswerOutcome, text: &str, locale: &Locale) -> Self {
        Self {
            schema: "answer.v1".to_owned(),
            outcome,
            text: text.to_owned(),
            locale: locale.clone(),
            source: None,
            attributes: Vec::new(),
            reason: None,
            table: None,
            product_version: None,
            session: None,
        }
    }
}
