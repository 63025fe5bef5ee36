//! The checks over a text that somebody else wrote, without a recipe.

use super::facts::{self, FactIndex};
use super::{Policy, claims};
use crate::content::Finding;
use crate::product::{Facts, Locale, Product};

/// What the checks say of a text.
#[derive(Clone, Debug)]
pub struct Report {
    /// What the product's facts do not bear, in the order of the text.
    pub findings: Vec<Finding>,
    /// How suspicious the text is, from 0 on: orders texts, with or without findings.
    pub score: f64,
    /// The share of its words that no fact has: what the checks are to be better than.
    pub novelty: f64,
}

/// Reads a text of a language (`en`) against the product's facts; with a locale, also against the rules of its market.
#[must_use]
pub fn report(
    product: &Product,
    text: &str,
    language: Option<&str>,
    market: Option<&Locale>,
    policy: &Policy,
) -> Report {
    let facts = Facts::select(product, |_| true);
    let index = FactIndex::new(&facts);
    let reading = facts::read(&index, text, language);
    let mut findings = facts::findings(&index, text, &reading, &policy.config);
    if let Some(locale) = market {
        let about = claims::about(&facts);
        let claimed =
            claims::Claimed { text, at: "", language: locale.language(), facts: &facts, about: &about };
        let rules = policy.packs.chosen(locale);
        claims::excuse(&rules, claimed, &mut findings);
        findings.extend(claims::findings(&rules, claimed, &policy.config));
    }
    Report { findings, score: reading.suspicion(), novelty: reading.novelty() }
}

/// The language of a locale as other tools write it: `en` of `en-US` and `en_US`.
#[must_use]
pub fn language(locale: &str) -> &str {
    locale.split(['-', '_']).next().unwrap_or(locale)
}

/// How many sentences a text has.
#[must_use]
pub fn sentences(text: &str) -> usize {
    facts::sentences(text).count()
}
