//! Answers to shoppers' questions: from the facts of products and what is published of them, or plainly none.
//!
//! `asker.rs` takes a question. `product_question.rs` answers one about a product: from the published FAQ, by a model through
//! every check, or from the facts alone; `catalog_question.rs` compares several products. Nothing that did not pass the checks
//! is ever shown.

mod acceptance;
mod asker;
mod catalog_question;
mod comparison;
mod criteria;
pub mod gaps;
mod grade;
mod other_product;
mod product_question;
pub mod relevance;
mod request;
mod resources;
pub mod service;
mod texts;
mod unanswered;
mod wire;
mod wording;
mod yes_or_no;

pub use asker::{AskError, Asker};
pub use request::{AnswerRequestError, QuestionScope, SessionTurn, ShopperQuestion};
pub use texts::Texts;
pub use unanswered::UnansweredQuestions;
pub use wire::{
    Answer, AnswerOutcome, AnswerRequest, AnswerSource, ComparisonRow, ComparisonTable, SupportingAttribute,
};
pub(crate) use wording::label;
