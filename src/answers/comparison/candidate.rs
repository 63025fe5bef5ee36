//! A product in a comparison, with the facts that answers may use. Pure.

use crate::answers::grade::is_other_grade;
use crate::answers::texts::LanguageTexts;
use crate::answers::wording::{display_value, truncated};
use skuscribe_check::product::{Facts, Product, Sku, Value};
use skuscribe_check::texts::{Measure, measures, spaced};

/// Most characters of a value.
const VALUE_CHARS_MAX: usize = 120;

/// A product in a comparison.
pub(in crate::answers) struct Candidate {
    pub(super) sku: Sku,
    pub(super) title: String,
    pub(super) category: Vec<String>,
    pub(super) facts: Facts,
}

impl Candidate {
    pub(in crate::answers) fn new(product: &Product, facts: Facts) -> Self {
        Self {
            sku: product.sku.clone(),
            title: product.title.clone().unwrap_or_else(|| product.sku.to_string()),
            category: product.category.clone(),
            facts,
        }
    }

    /// An attribute's value, if it says anything.
    fn value(&self, name: &str) -> Option<&Value> {
        let says = |value: &&Value| value.to_string().contains(char::is_alphanumeric);
        self.facts.iter().find(|(fact, _)| *fact == name).map(|(_, value)| value).filter(says)
    }

    /// Whether an attribute has what a question asks for in another grade alone.
    pub(super) fn has_other_grade(&self, name: &str, asked: &str) -> bool {
        self.value(name).is_some_and(|value| is_other_grade(asked, &value.to_string()))
    }

    /// An attribute's value as shoppers read it.
    pub(super) fn shown(&self, name: &str, texts: &LanguageTexts) -> Option<String> {
        self.value(name).map(|value| truncated(&display_value(value, texts), VALUE_CHARS_MAX))
    }

    /// What an attribute measures: the first number of its value, with the unit of the value or of its name.
    pub(super) fn measure(&self, name: &str) -> Option<Measure> {
        let text = match self.value(name)? {
            Value::Number(number) => {
                format!("{number} {}", spaced(name).split(' ').next_back().unwrap_or_default())
            }
            other => other.to_string(),
        };
        measures(&text).into_iter().next()
    }
}
