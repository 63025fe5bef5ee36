//! The columns of a comparison: the attributes that a question is about, or those that most products have. Pure.

use std::collections::BTreeMap;

use super::candidate::Candidate;
use crate::answers::relevance::{Question, relevant_attributes};

/// Most columns of a comparison.
const COLUMNS_MAX: usize = 4;
/// The same where the question is how products differ.
const COLUMNS_COMPARED_MAX: usize = 6;
/// An attribute is a column from this share of the best one's score on.
const COLUMN_SHARE: f64 = 0.6;

/// How many products have an attribute, and its best score.
#[derive(Default)]
struct ColumnScore {
    products: usize,
    best: f64,
}

/// The attributes that the question is about, those that most products have first.
pub(super) fn relevant(question: &Question, products: &[Candidate]) -> Vec<String> {
    let mut found: BTreeMap<&str, ColumnScore> = BTreeMap::new();
    for product in products {
        let names: Vec<&str> = product.facts.iter().map(|(name, _)| name).collect();
        for (place, score) in relevant_attributes(question, &product.facts) {
            // A product's name is no property to compare.
            let Some(name) = names.get(place).filter(|name| !matches!(**name, "title" | "gtin" | "category"))
            else {
                continue;
            };
            let column = found.entry(name).or_default();
            column.products += 1;
            column.best = column.best.max(score);
        }
    }
    let best = found.values().map(|column| column.best).fold(0.0, f64::max);
    found.retain(|_, column| column.best >= best * COLUMN_SHARE);
    let weight = |column: &ColumnScore| column.products as f64 * column.best;
    let mut found: Vec<(&str, f64)> =
        found.into_iter().map(|(name, column)| (name, weight(&column))).collect();
    found.sort_by(|left, right| right.1.total_cmp(&left.1).then_with(|| left.0.cmp(right.0)));
    found.into_iter().take(COLUMNS_MAX).map(|(name, _)| name.to_owned()).collect()
}

/// The attributes that most products have.
pub(super) fn common(products: &[Candidate]) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for name in products.iter().flat_map(|product| product.facts.iter().map(|(name, _)| name)) {
        if !matches!(name, "title" | "gtin") {
            *counts.entry(name).or_default() += 1;
        }
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().filter(|(_, count)| *count > 1).collect();
    counts.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(right.0)));
    counts.into_iter().take(COLUMNS_COMPARED_MAX).map(|(name, _)| name.to_owned()).collect()
}
