//! A shopper's question, within its limits, and what was said before it.

use super::wire::AnswerRequest;
use crate::http::client::Client;
use skuscribe_check::privacy::{Scope, mask};
use skuscribe_check::product::{Locale, Sku};

/// Longest question, in characters: shoppers write one or two sentences.
const QUESTION_CHARS_MAX: usize = 500;
/// Most products that a question across products looks at: each is read from the store and compared.
pub(super) const CANDIDATES_MAX: usize = 50;
/// Turns of a session that are shown to the model: what "it" and "that one" refer to.
pub(super) const TURNS_MAX: usize = 3;
/// Most characters of a category's name or path.
const CATEGORY_CHARS_MAX: usize = 300;

/// A question and its answer, earlier in a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionTurn {
    /// The question.
    pub question: String,
    /// What was answered.
    pub answer: String,
}

/// What a question is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum QuestionScope {
    /// One product.
    Product(Sku),
    /// Several.
    Products(Vec<Sku>),
    /// All of a category.
    Category(String),
}

/// A question from a request that is within its limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopperQuestion {
    /// The question, without blanks around it.
    pub text: String,
    /// What it is about.
    pub scope: QuestionScope,
    /// The locale, where one was named.
    pub locale: Option<Locale>,
    /// Who asks; `None` on the command line.
    pub client: Option<Client>,
}

impl ShopperQuestion {
    /// The question as models and logs may see it: on one line, with personal data masked.
    pub(super) fn masked(&self) -> String {
        masked(&self.text)
    }
}

/// Why a request is not valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerRequestError {
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
    #[error("/category: it has {0} characters; write 1 to {CATEGORY_CHARS_MAX}")]
    Category(usize),
}

impl AnswerRequest {
    /// The question of the request, where that is within its limits.
    ///
    /// # Errors
    /// Which limit it is beyond.
    pub fn within(&self) -> Result<ShopperQuestion, AnswerRequestError> {
        let question = self.question.trim();
        let characters = question.chars().count();
        if !(2..=QUESTION_CHARS_MAX).contains(&characters) {
            return Err(AnswerRequestError::Question(characters, QUESTION_CHARS_MAX));
        }
        let scope = match (&self.sku, self.skus.as_slice(), &self.category) {
            (Some(sku), [], None) | (None, [sku], None) => QuestionScope::Product(sku.clone()),
            (None, [_, ..], None) if self.skus.len() > CANDIDATES_MAX => {
                return Err(AnswerRequestError::Skus(self.skus.len(), CANDIDATES_MAX));
            }
            (None, [_, ..], None) => {
                let mut skus = self.skus.clone();
                skus.sort_unstable();
                skus.dedup();
                QuestionScope::Products(skus)
            }
            (None, [], Some(category)) => {
                let characters = category.trim().chars().count();
                if characters == 0 || characters > CATEGORY_CHARS_MAX {
                    return Err(AnswerRequestError::Category(characters));
                }
                QuestionScope::Category(category.trim().to_owned())
            }
            _ => return Err(AnswerRequestError::About),
        };
        Ok(ShopperQuestion { text: question.to_owned(), scope, locale: self.locale.clone(), client: None })
    }
}

/// A text of a shopper on one line, with personal data masked.
pub(super) fn masked(text: &str) -> String {
    let flat: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    mask(&flat, Scope::Prose).into_owned()
}
