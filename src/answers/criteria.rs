//! What an answer is judged by: the question, the facts, and the attributes that it may use.

use super::relevance::{Question, words};
use super::texts::Texts;
use skuscribe_check::product::Facts;

/// What an answer is judged by.
#[derive(Clone, Copy)]
pub(super) struct AnswerCriteria<'a> {
    pub(super) question: &'a Question,
    /// The question as it was asked.
    pub(super) asked: &'a str,
    pub(super) facts: &'a Facts,
    /// The attributes that the question is about.
    pub(super) relevant: &'a [String],
    pub(super) language: &'a str,
    pub(super) texts: &'a Texts,
    /// Whether an answer counts that other attributes support.
    pub(super) trust: bool,
}

impl AnswerCriteria<'_> {
    /// Whether an answer may use a word that no fact has: one that holds sentences together.
    pub(super) fn may_use(&self, word: &str) -> bool {
        let compared = words(word).concat();
        self.question.is_function_word(&compared) || self.texts.is_glue(&compared)
    }
}
