//! The rules: pure functions from a draft, or from the page that it is for, to findings.

pub(crate) mod claims;
mod consistency;
mod duplicate;
mod evidence;
mod facts;
pub(crate) mod form;
pub(crate) mod injection;
pub(crate) mod internal;
pub(crate) mod language;
pub(crate) mod length;
mod privacy;
pub(crate) mod quality;
pub(crate) mod quoted;
mod review;
mod schema;
pub(crate) mod verified;

use std::collections::BTreeMap;

use crate::config::check::CheckConfig;
use crate::content::{Draft, Finding, Severity, Text};
use crate::facts::{FactSheet, Reading};
use crate::input::{CheckInput, CheckPolicy};
use crate::internal::InternalValues;
use crate::policy::MarketRules;
use crate::product::{Facts, Locale};
use crate::recipe::{Recipe, resolve};
use crate::similarity::Signature;

/// The rule that finds statements which no attribute supports.
pub(crate) const UNSUPPORTED: &str = "facts.unsupported";

/// What a rule sees of a draft.
pub(crate) struct Subject<'a> {
    pub(crate) facts: &'a Facts,
    pub(crate) sheet: &'a FactSheet,
    pub(crate) draft: &'a Draft,
    /// Every text of the draft, read once for all rules.
    pub(crate) texts: Vec<(Text<'a>, Reading)>,
    /// The product version that the facts are of, where the publisher stated one.
    pub(crate) version: Option<u64>,
    pub(crate) recipe: &'a Recipe,
    pub(crate) locale: &'a Locale,
    pub(crate) policy: &'a CheckConfig,
    /// The rules of the locale's market.
    pub(crate) rules: &'a MarketRules,
    /// Instructions in the product's own texts.
    pub(crate) suspects: &'a [injection::Suspect],
    /// What attributes say that are for the shop alone.
    pub(crate) internal: &'a InternalValues,
    /// What shoppers asked, as far as the writer saw it.
    pub(crate) asked: &'a [String],
}

impl Subject<'_> {
    /// Whether the text at a pointer is one that must not be true: a wrong answer of a quiz.
    pub(crate) fn is_untrue(&self, at: &str) -> bool {
        let lists = self.recipe.untrue.iter().flat_map(|pointer| resolve(&self.draft.content, pointer));
        lists
            .into_iter()
            .any(|(list, _)| at.strip_prefix(list.as_str()).is_some_and(|rest| rest.starts_with('/')))
    }

    /// A finding about the text at a pointer.
    pub(crate) fn finding(&self, rule: &str, severity: Severity, at: &str, message: String) -> Finding {
        Finding { at: at.to_owned(), message, ..finding(rule, severity, &self.recipe.name, "") }
    }
}

/// What a rule sees of the page that the drafts are for, and of the catalog.
pub(crate) struct Page<'a> {
    pub(crate) input: &'a CheckInput<'a>,
    pub(crate) policy: &'a CheckPolicy,
    /// The drafts' signatures, by recipe.
    pub(crate) signatures: &'a BTreeMap<String, Signature>,
}

type DraftRule = fn(&Subject<'_>) -> Vec<Finding>;

/// Every rule over a draft, by the name it reports under.
pub(crate) const DRAFT_RULES: &[(&str, DraftRule)] = &[
    ("schema", schema::check),
    ("length", length::check),
    ("language", language::check),
    ("form", form::check),
    ("facts", facts::check),
    ("internal", internal::check),
    ("evidence", evidence::check),
    ("claims", claims::check),
    ("privacy", privacy::check),
    ("injection", injection::check),
    ("quoted", quoted::check),
];

type PageRule = fn(&Page<'_>, &[Finding]) -> Vec<Finding>;

/// Every rule over the page, the catalog and people's part, with the findings so far; review is last, for it asks whether
/// something holds the drafts already.
pub(crate) const PAGE_RULES: &[(&str, PageRule)] =
    &[("consistency", consistency::check), ("duplicate", duplicate::check), ("review", review::check)];

/// A finding about a draft as a whole.
pub(crate) fn finding(rule: &str, severity: Severity, recipe: &str, message: &str) -> Finding {
    Finding {
        rule: rule.to_owned(),
        kind: None,
        severity,
        recipe: recipe.to_owned(),
        at: String::new(),
        span: None,
        message: message.to_owned(),
        evidence: Vec::new(),
    }
}
