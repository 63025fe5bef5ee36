//! `[check]`: what findings of each rule do.

use std::collections::BTreeMap;

use anyhow::ensure;
use serde::{Deserialize, Serialize};

use crate::content::{FormKind, QualityPart, Severity, StatementKind};

/// Severity per rule. Its digest is kept beside fingerprints.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CheckConfig {
    /// Content that is not in the shape of the recipe's schema.
    pub schema: Severity,
    /// Too long, too short, too many, too few.
    pub length: Severity,
    /// Another language than the locale's.
    pub language: Severity,
    /// What no copy may have in its form: markup, placeholders, labels, unseen characters, words said twice, broken sentences.
    pub form: Severity,
    /// The same for one kind of it, where it is to be another severity than `form`.
    pub form_kinds: BTreeMap<String, Severity>,
    /// A statement that an attribute states otherwise, or denies.
    pub facts_contradicted: Severity,
    /// A statement that no attribute states.
    pub facts_unsupported: Severity,
    /// A statement that cannot be looked up, because the facts are in another language.
    pub facts_not_checkable: Severity,
    /// A statement of what an attribute says that is for the shop alone.
    pub facts_internal: Severity,
    /// The same as `facts_unsupported` for statements of one kind, where it is to be another severity.
    pub facts_kinds: BTreeMap<String, Severity>,
    /// A cited attribute that the product does not have.
    pub evidence_unknown: Severity,
    /// A cited attribute of which nothing in the text speaks.
    pub evidence_unproven: Severity,
    /// A text in which no attribute of the product supports anything.
    pub evidence_none: Severity,
    /// Personal data in a text.
    pub privacy: Severity,
    /// A text that follows an instruction in the product's own texts, or that reveals the prompt.
    pub injection: Severity,
    /// An instruction in the product's own texts, which was kept out of the prompt.
    pub injection_removed: Severity,
    /// A text that repeats a shopper's own words.
    pub quoted: Severity,
    /// A published text of another recipe of the page that the facts contradict by now.
    pub consistency: Severity,
    /// Nearly the same text as another product's.
    pub duplicate: Severity,
    /// From which share of equal word triples on two texts are nearly the same, 0 to 1.
    pub duplicate_min: f64,
    /// How much memory texts of other products take that new ones are compared with, in MB. Decides over no text alone, so it
    /// is no part of the digest.
    #[serde(skip_serializing)]
    pub duplicate_memory_mb: usize,
    /// Copy whose quality is below its recipe's `quality_min`.
    pub quality: Severity,
    /// A sentence that says nothing of the product, where most sentences of its text say nothing.
    pub quality_says_nothing: Severity,
    /// How many attributes a text uses at most that uses enough of them.
    pub quality_attributes: usize,
    /// How much each part of the quality counts.
    pub quality_weights: BTreeMap<String, f64>,
    /// Rules of policy packs whose findings do something else than their pack says, by id.
    pub policy_rules: BTreeMap<String, Severity>,
    /// Whether sentences and entries that fail are left out where the rest still meets the recipe.
    pub drop: bool,
}

impl CheckConfig {
    /// What a statement of this kind does that no attribute states.
    #[must_use]
    pub fn unsupported(&self, kind: StatementKind) -> Severity {
        self.facts_kinds.get(kind.as_str()).copied().unwrap_or(self.facts_unsupported)
    }

    /// What a fault of this kind in the form of a text does.
    #[must_use]
    pub fn form(&self, kind: FormKind) -> Severity {
        self.form_kinds.get(kind.as_str()).copied().unwrap_or(self.form)
    }

    /// Fails where a value is not allowed.
    ///
    /// # Errors
    /// The key, its value and what is allowed.
    pub fn validate(&self) -> anyhow::Result<()> {
        ensure!(
            (0.0..=1.0).contains(&self.duplicate_min),
            "check.duplicate_min = {} is not allowed; write 0 to 1",
            self.duplicate_min
        );
        ensure!(
            self.duplicate_memory_mb > 0,
            "check.duplicate_memory_mb = 0 is not allowed; write at least 1"
        );
        self.validate_quality()?;
        let kinds: Vec<&str> = StatementKind::ALL.iter().map(|kind| kind.as_str()).collect();
        for kind in self.facts_kinds.keys() {
            ensure!(
                StatementKind::named(kind).is_some(),
                "check.facts_kinds.{kind} is no kind of statement; kinds are {}",
                kinds.join(", ")
            );
        }
        let forms: Vec<&str> = FormKind::ALL.iter().map(|kind| kind.as_str()).collect();
        for kind in self.form_kinds.keys() {
            ensure!(
                FormKind::named(kind).is_some(),
                "check.form_kinds.{kind} is no kind of form; kinds are {}",
                forms.join(", ")
            );
        }
        Ok(())
    }

    fn validate_quality(&self) -> anyhow::Result<()> {
        ensure!(self.quality_attributes > 0, "check.quality_attributes = 0 is not allowed; write at least 1");
        let names: Vec<&str> = QualityPart::ALL.iter().map(|part| part.as_str()).collect();
        for (name, weight) in &self.quality_weights {
            ensure!(
                names.contains(&name.as_str()),
                "check.quality_weights.{name} is no part of the quality; parts are {}",
                names.join(", ")
            );
            ensure!(
                weight.is_finite() && *weight >= 0.0,
                "check.quality_weights.{name} = {weight} is not allowed; write 0 or more"
            );
        }
        Ok(())
    }
}
