//! What is asked and what is answered, as `POST /v1/answers` has them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use skuscribe_check::product::{Locale, Sku};

/// Longest question, in characters: shoppers write one or two sentences.
const QUESTION_CHARS_MAX: usize = 500;
/// Most products that a question across products looks at: each is read from the store and compared.
pub(super) const CANDIDATES_MAX: usize = 50;

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
            Self::HandedOver => "handed_over",
            Self::Refused => "refused",
        }
    }
}

/// Where an answer comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A published FAQ entry.
    Faq,
    /// A model phrased it, and every check passed.
    Model,
    /// It was put together from facts.
    Facts,
}

/// An attribute that an answer rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Based {
    /// The product.
    pub sku: Sku,
    /// The attribute's name.
    pub name: String,
    /// Its value, as text.
    pub value: String,
}

/// A comparison of products: a column per attribute, a row per product.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Table {
    /// The attributes.
    pub columns: Vec<String>,
    /// The products.
    pub rows: Vec<Row>,
}

/// A product in a comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    /// The product.
    pub sku: Sku,
    /// Its title, or its key where it has none.
    pub title: String,
    /// Whether it is what was asked for, where that can be told: `yes`, `no`, or left out.
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
    pub source: Option<Source>,
    /// The attributes that it rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Based>,
    /// The topic on which a person takes over (`medical`, `safety`, `order`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The products side by side, where several were asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<Table>,
    /// The version of the product's facts, where one product was asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_version: Option<u64>,
    /// The session to send with the next question; only from the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
}

/// What a question is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AskedAbout {
    /// One product.
    Product(Sku),
    /// Several.
    Products(Vec<Sku>),
    /// All of a category.
    Category(String),
}

/// A request that is within its limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The question, without blanks around it.
    pub question: String,
    /// What it is about.
    pub about: AskedAbout,
    /// The locale, where one was named.
    pub locale: Option<Locale>,
}

/// Why a request cannot be worked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAsked {
    /// No question, or one that is too long.
    #[error("/question: it has {0} characters; write 2 to {1}")]
    Question(usize, usize),
    /// Neither product nor category, or several of them.
    #[error("name exactly one of /sku, /skus and /category")]
    About,
    /// Too many products.
    #[error("/skus: {0} products are too many; name 2 to {1}")]
    Skus(usize, usize),
    /// A category's name that is none.
    #[error("/category: it has {0} characters; write 1 to 300")]
    Category(usize),
}

impl AnswerRequest {
    /// The request, held against its limits.
    ///
    /// # Errors
    /// Which limit it is beyond.
    pub fn within(&self) -> Result<Asked, NotAsked> {
        let question = self.question.trim();
        let characters = question.chars().count();
        if !(2..=QUESTION_CHARS_MAX).contains(&characters) {
            return Err(NotAsked::Question(characters, QUESTION_CHARS_MAX));
        }
        let about = match (&self.sku, self.skus.as_slice(), &self.category) {
            (Some(sku), [], None) => AskedAbout::Product(sku.clone()),
            (None, [one], None) => AskedAbout::Product(one.clone()),
            (None, [_, ..], None) if self.skus.len() > CANDIDATES_MAX => {
                return Err(NotAsked::Skus(self.skus.len(), CANDIDATES_MAX));
            }
            (None, [_, ..], None) => {
                let mut skus = self.skus.clone();
                skus.sort_unstable();
                skus.dedup();
                AskedAbout::Products(skus)
            }
            (None, [], Some(category)) => {
                let characters = category.trim().chars().count();
                if characters == 0 || characters > 300 {
                    return Err(NotAsked::Category(characters));
                }
                AskedAbout::Category(category.trim().to_owned())
            }
            _ => return Err(NotAsked::About),
        };
        Ok(Asked { question: question.to_owned(), about, locale: self.locale.clone() })
    }
}
