//! What a product's facts hold, as the operators see it: plain words and numbers, nothing of how the checks read.

use std::collections::{BTreeMap, HashSet};

use skuscribe_check::product::{Facts, Product, Value};

/// Shortest word that says something by itself, in characters; numbers are shorter.
const CONTENT_MIN: usize = 4;

/// A word that more than one in so many products has in its bullets says nothing by itself.
const COMMON_SHARE: usize = 8;

/// By how much two numbers may differ that honest rounding makes one.
const ROUNDING: f64 = 0.01;

/// The words of a product's facts.
pub(super) struct Sheet {
    /// All of it, small.
    pub(super) text: String,
    words: HashSet<String>,
}

impl Sheet {
    pub(super) fn of(product: &Product) -> anyhow::Result<Self> {
        let text = serde_json::to_string(&Facts::select(product, |_| true))?.to_lowercase();
        let words = words(&text).map(|word| stem(&word)).collect();
        Ok(Self { text, words })
    }

    /// Whether the facts have every word of a sentence that says something.
    pub(super) fn has_all(&self, sentence: &str, common: &HashSet<String>) -> bool {
        content(sentence).all(|word| common.contains(&word) || self.words.contains(&word))
    }
}

/// The words that so many products have in their bullets that they say nothing by themselves.
pub(super) fn common<'a>(bullets: impl Iterator<Item = &'a [String]>) -> HashSet<String> {
    let mut products = 0;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for bullets in bullets {
        products += 1;
        let of_product: HashSet<String> = bullets.iter().flat_map(|bullet| content(bullet)).collect();
        for word in of_product {
            *counts.entry(word).or_default() += 1;
        }
    }
    // Of a handful of products nothing can be told.
    let is_common = |count: usize| count > COMMON_SHARE && count * COMMON_SHARE > products;
    counts.into_iter().filter(|(_, count)| is_common(*count)).map(|(word, _)| word).collect()
}

/// Whether a value states what another does not: a word or number that it lacks.
pub(super) fn states_more(new: &str, own: &str) -> bool {
    let own: Vec<String> = words(own).collect();
    words(new).any(|word| !own.iter().any(|known| same(&word, known)))
}

/// A value with every number as `#`: values of one shape measure alike.
pub(super) fn shape(value: &Value) -> String {
    let mut shape = String::new();
    for character in value.to_string().chars() {
        if character.is_ascii_digit() || (shape.ends_with('#') && ['.', ','].contains(&character)) {
            if !shape.ends_with('#') {
                shape.push('#');
            }
        } else {
            shape.push(character);
        }
    }
    shape
}

fn same(left: &str, right: &str) -> bool {
    match (left.parse::<f64>(), right.parse::<f64>()) {
        (Ok(left), Ok(right)) => (left - right).abs() <= ROUNDING * left.abs().max(right.abs()),
        _ => left == right,
    }
}

fn content(sentence: &str) -> impl Iterator<Item = String> {
    let is_content =
        |word: &String| word.chars().count() >= CONTENT_MIN || word.contains(|c: char| c.is_ascii_digit());
    words(sentence).filter(is_content).map(|word| stem(&word))
}

/// Small words and numbers.
fn words(text: &str) -> impl Iterator<Item = String> {
    let lower = text.to_lowercase();
    let words: Vec<String> = lower
        .split(|character: char| !character.is_alphanumeric() && character != '.')
        .map(|word| word.trim_matches('.').to_owned())
        .filter(|word| !word.is_empty())
        .collect();
    words.into_iter()
}

/// A word without its commonest endings.
fn stem(word: &str) -> String {
    let stems = ["ing", "ed", "es", "s"].iter().filter_map(|ending| word.strip_suffix(ending));
    stems
        .filter(|stem| stem.chars().count() >= 3)
        .map(str::to_owned)
        .next()
        .unwrap_or_else(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_states_more_where_a_word_or_number_is_new() {
        assert!(states_more("205 g", "92 g") && states_more("Red, Blue", "Blue"));
        assert!(!states_more("205.0 g", "204.9 g") && !states_more("Blue", "Red, Blue"));
        assert_eq!(shape(&Value::Text("64.5 x 1,200 mm".to_owned())), "# x # mm");
    }
}
