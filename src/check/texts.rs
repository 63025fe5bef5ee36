//! The facts checks over a text that somebody else wrote, without a recipe.

use super::facts::{FactIndex, span, unborne};
use crate::config::check::CheckConfig;
use crate::content::Finding;
use crate::product::{Facts, Locale, Product};

/// A text, and the product that it is about.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The product.
    pub product: &'a Product,
    /// The text.
    pub text: &'a str,
    /// Its language; kept for rules that differ by language.
    pub locale: Option<&'a Locale>,
}

/// The facts checks with their policy.
#[derive(Clone, Copy, Debug)]
pub struct TextCheck<'a> {
    policy: &'a CheckConfig,
}

impl<'a> TextCheck<'a> {
    /// The checks of a policy.
    #[must_use]
    pub fn new(policy: &'a CheckConfig) -> Self {
        Self { policy }
    }

    /// What the facts do not bear, in the order of the text.
    #[must_use]
    pub fn findings(&self, subject: &Subject<'_>) -> Vec<Finding> {
        let facts = Facts::select(subject.product, |_| true);
        let index = FactIndex::new(&facts);
        let found = unborne(&index, subject.text);
        let finding = |own: super::facts::Unborne| {
            let (rule, severity) = if own.contradicted {
                ("facts.contradicted", self.policy.facts_contradicted)
            } else {
                ("facts.unsupported", self.policy.facts_unsupported)
            };
            Finding {
                rule: rule.to_owned(),
                severity,
                recipe: String::new(),
                at: String::new(),
                span: Some(span(subject.text, own.start, own.end)),
                message: own.message,
                evidence: own.attribute.into_iter().collect(),
            }
        };
        found.into_iter().map(finding).collect()
    }
}
