//! Whether a product is what a question asks for: within its bound, or by its words read as a statement. Pure.

use std::cmp::Ordering;

use super::candidate::Candidate;
use crate::answers::relevance::{Extreme, Question};
use crate::answers::yes_or_no::is_denied;
use skuscribe_check::texts::{self, Measure, denies, measures, support};

/// Of each product whether it is what the question asks for; `None` where the facts do not say.
pub(super) fn verdicts(
    question: &Question,
    asked: &str,
    columns: &[String],
    language: &str,
    products: &[Candidate],
) -> Vec<Option<bool>> {
    if let Some((side, bound)) = bound(question, asked) {
        let within = |product| is_within(side, bound, question.includes_bound(), columns, product);
        return products.iter().map(within).collect();
    }
    // "Below 0 °C", of which the sides cannot be compared: words prove nothing of it.
    if question.bound().is_some() && asked.contains(|c: char| c.is_ascii_digit()) {
        return vec![None; products.len()];
    }
    // "Which do not contain nuts?" asks for those of which the opposite is stated.
    let statement = question.statement();
    // "Made without nylon" denies still; "not waterproof" has become "waterproof".
    let denied = denies(asked) && !denies(&statement);
    let is_other = |product: &Candidate| columns.iter().any(|column| product.has_other_grade(column, asked));
    let is_so = |product: &Candidate| {
        if is_other(product) { Some(false) } else { is_so(question, &statement, language, product) }
    };
    let verdict = |product| is_so(product).map(|is_so| is_so != denied);
    products.iter().map(verdict).collect()
}

/// The bound that a question states.
fn bound(question: &Question, asked: &str) -> Option<(Extreme, Measure)> {
    let side = question.bound()?;
    measures(asked).into_iter().find(|measure| measure.dimension.is_some()).map(|measure| (side, measure))
}

/// Whether a product keeps to a bound, which may itself be `included`, by the first of the attributes that measures the same.
fn is_within(
    side: Extreme,
    bound: Measure,
    included: bool,
    columns: &[String],
    product: &Candidate,
) -> Option<bool> {
    let comparable =
        |column: &String| product.measure(column).filter(|measure| measure.dimension == bound.dimension);
    let value = columns.iter().find_map(comparable)?.value;
    Some(match (side, value.total_cmp(&bound.value)) {
        (_, Ordering::Equal) => included,
        (Extreme::Lowest, order) => order.is_lt(),
        (Extreme::Highest, order) => order.is_gt(),
    })
}

/// Whether the facts of a product support a statement, or deny it.
fn is_so(question: &Question, statement: &str, language: &str, product: &Candidate) -> Option<bool> {
    let support = support(&product.facts, statement, language);
    if !support.contradicted_by.is_empty() {
        return is_denied(question, &product.facts, &support.contradicted_by).then_some(false);
    }
    // Shoppers name the category that they ask about.
    let category: Vec<String> = product.category.iter().flat_map(|part| texts::words(part)).collect();
    let known = |word: &String| {
        question.is_function_word(word) || category.iter().any(|part| part.starts_with(word.as_str()))
    };
    let is_property = |attribute: &String| !matches!(attribute.as_str(), "title" | "category" | "gtin");
    let supported = !support.unsupported && support.supported_by.iter().any(is_property);
    (supported && support.novel.iter().all(known)).then_some(true)
}
