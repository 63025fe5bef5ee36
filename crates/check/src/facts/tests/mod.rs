//! Tests of the statement model: what is found in a text, given the facts about a product.

mod copy;
mod dates;
mod denials;
mod explained;
mod features;
mod freedom;
mod labels;
mod languages;
mod levels;
mod lexicon_files;
mod materials;
mod odd;
mod origins;
mod phrases;
mod predicates;
mod questions;
mod reading;
mod yes_and_no;

use serde_json::{Value, json};

use super::*;
use crate::product::{Facts, Product};

/// The facts of a product with these attributes; `title` and `brand` are what it is called, `:labels` what they are called.
fn facts(attributes: &Value) -> Facts {
    let mut attributes = attributes.clone();
    let mut product = json!({ "sku": "T1" });
    for name in ["title", "brand", ":labels"] {
        if let Some(called) = attributes.as_object_mut().and_then(|attributes| attributes.remove(name)) {
            product[name.trim_start_matches(':')] = called;
        }
    }
    product["attributes"] = attributes;
    let product: Product = serde_json::from_value(product).unwrap();
    Facts::select(&product, |_| true)
}

/// The statements of a text, each in the words that `tell` has for it.
fn told(
    attributes: &Value,
    language: &str,
    text: &str,
    tell: impl Fn(&Statement) -> Option<String>,
) -> Vec<String> {
    let facts = facts(attributes);
    read(FactSheet::of(&facts), text, Some(language)).statements.iter().filter_map(tell).collect()
}

/// What is found in a text: "contradicted leather", "unsupported waterproof".
fn found(attributes: &Value, language: &str, text: &str) -> Vec<String> {
    told(attributes, language, text, |statement| {
        let how = match statement.decision {
            Decision::Refuted(_) => "contradicted",
            Decision::NotStated => "unsupported",
            Decision::Supported(_) | Decision::NotCheckable => return None,
        };
        Some(format!("{how} {}", &text[statement.start..statement.end]))
    })
}

/// Checks what is found in a text about a product with these attributes.
fn check(attributes: &Value, language: &str, text: &str, expected: &[&str]) {
    assert_eq!(found(attributes, language, text), expected, "{language}: {text} of {attributes}");
}

/// Checks that nothing is found in texts about a product.
fn passes(attributes: &Value, language: &str, texts: &[&str]) {
    for text in texts {
        check(attributes, language, text, &[]);
    }
}

/// Checks that something is found in each of some texts about a product.
fn holds(attributes: &Value, language: &str, texts: &[&str]) {
    for text in texts {
        assert_ne!(found(attributes, language, text), [""; 0], "{language}: {text} of {attributes}");
    }
}
