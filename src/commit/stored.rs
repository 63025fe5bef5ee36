//! What a commit gives: a change that is in the store, to be announced.

use std::collections::BTreeSet;

use crate::check::Verdict;
use crate::plan::Reason;
use skuscribe_check::content::{Document, Finding, Outcome, Severity, State};
use skuscribe_check::product::{Locale, Sku};

/// A change that is in the store. Only this stage builds one.
#[derive(Debug)]
pub struct Stored {
    outcome: Outcome,
    sku: Sku,
    locale: Locale,
    revision: u64,
    product_version: Option<u64>,
    reason: Option<&'static str>,
    rules: Vec<String>,
}

impl Stored {
    /// The outcome of the task.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// The product.
    #[must_use]
    pub fn sku(&self) -> &Sku {
        &self.sku
    }

    /// The locale.
    #[must_use]
    pub fn locale(&self) -> &Locale {
        &self.locale
    }

    /// The document's revision.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The product version worked in, where the publisher stated one.
    #[must_use]
    pub fn product_version(&self) -> Option<u64> {
        self.product_version
    }

    /// What made the text due; `None` where nothing was written, or that is not known any more.
    #[must_use]
    pub fn reason(&self) -> Option<&'static str> {
        self.reason
    }

    /// The rules of the findings that hold it back, each once.
    #[must_use]
    pub fn rules(&self) -> &[String] {
        &self.rules
    }

    /// The same with what a verdict says of it.
    pub(super) fn by_verdict(self, verdict: &Verdict) -> Self {
        let reason = verdict.due().reason().map(Reason::as_str);
        Self { reason, ..self }.held_by(verdict.checked().findings())
    }

    /// The same with the rules of the findings that hold it back, where it is held.
    #[must_use]
    pub fn held_by(self, findings: &[Finding]) -> Self {
        let holds = findings.iter().filter(|finding| finding.severity >= Severity::Hold);
        let rules: BTreeSet<&str> = holds.map(|finding| finding.rule.as_str()).collect();
        let rules = if self.outcome == Outcome::Held { rules } else { BTreeSet::new() };
        Self { rules: rules.into_iter().map(str::to_owned).collect(), ..self }
    }

    /// What an earlier delivery of the same message stored, to be announced again under the same id.
    #[must_use]
    pub fn already(document: &Document) -> Self {
        let outcome = match (document.state, &document.held) {
            (State::Deleted, _) => Outcome::Deleted,
            (_, Some(held)) if document.operations.last() == Some(&held.operation) => Outcome::Held,
            (State::Held, _) => Outcome::Held,
            (State::Published, _) => Outcome::Published,
        };
        Self::of(outcome, document)
    }

    pub(super) fn of(outcome: Outcome, document: &Document) -> Self {
        Self {
            outcome,
            sku: document.sku.clone(),
            locale: document.locale.clone(),
            revision: document.revision,
            product_version: document.product_version,
            reason: None,
            rules: Vec::new(),
        }
    }
}
