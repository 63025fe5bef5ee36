//! Which attributes a question is about: by its words, by topics, and by what is measured. Pure.

mod attribute;
mod features;
mod lexicon;
mod phrase;
mod question;

use skuscribe_check::product::{Facts, Value};

use attribute::AttributeTerms;
pub(super) use phrase::{Phrase, words};
pub use question::{Extreme, Question};

/// The score from which on an attribute answers. Somewhat below where the fit puts "none of them": of the questions that
/// an attribute answers, 7 % are then refused.
pub const ANSWERS_MIN: f64 = 0.35;

/// How far an attribute is what a question asks for, by its name or by what shoppers call it.
#[must_use]
pub fn score(question: &Question, name: &str, label: Option<&str>, value: &Value) -> f64 {
    let by_name = features::score(question, &AttributeTerms::new(name, value));
    let by_label = label.map(|label| features::score(question, &AttributeTerms::new(label, value)));
    by_label.map_or(by_name, |by_label| by_name.max(by_label))
}

/// The attributes that answer a question, best first: their places among the facts and scores.
#[must_use]
pub fn relevant_attributes(question: &Question, facts: &Facts) -> Vec<(usize, f64)> {
    let without_names = question.without_names(facts);
    let question = without_names.as_ref().unwrap_or(question);
    // What a product is called answers nothing but what it is called.
    let candidates = facts.iter().enumerate().filter(|(_, (name, _))| !matches!(*name, "title" | "category"));
    let mut scored: Vec<(usize, f64)> = candidates
        .map(|(place, (name, value))| (place, score(question, name, facts.label(name), value)))
        .collect();
    scored.retain(|(_, score)| *score >= ANSWERS_MIN);
    scored.sort_by(|left, right| right.1.total_cmp(&left.1));
    scored
}
