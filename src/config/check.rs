//! `[check]`: what findings of each rule do.

use anyhow::ensure;
use serde::{Deserialize, Serialize};

use crate::content::Severity;

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
    /// A number that an attribute of the same kind states otherwise.
    pub facts_contradicted: Severity,
    /// A number that no attribute states.
    pub facts_unsupported: Severity,
    /// A cited attribute that the product does not have.
    pub evidence_unknown: Severity,
    /// A text no part of which rests on any attribute that the product has.
    pub evidence_none: Severity,
    /// How sure the language detector must be, 0 to 1.
    pub language_confidence_min: f64,
}

impl CheckConfig {
    pub(super) fn validate(&self) -> anyhow::Result<()> {
        ensure!(
            (0.0..=1.0).contains(&self.language_confidence_min),
            "check.language_confidence_min = {} is not allowed; write 0 to 1",
            self.language_confidence_min
        );
        Ok(())
    }
}
