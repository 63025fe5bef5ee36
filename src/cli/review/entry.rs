//! An entry of the review queue, and what is shown of a draft.

use serde::Serialize;

use skuscribe_check::content::{Finding, Severity};
use skuscribe_check::product::{Locale, Sku};

/// An entry of the queue as it is listed.
#[derive(Serialize)]
pub(super) struct QueueEntry {
    pub(super) sku: Sku,
    pub(super) locale: Locale,
    pub(super) held_at: jiff::Timestamp,
    pub(super) draft: String,
    pub(super) rules: Vec<String>,
    pub(super) recipes: Vec<String>,
}

/// Whether a finding holds its draft.
pub(super) fn holds(finding: &Finding) -> bool {
    finding.severity >= Severity::Hold
}

/// As many digits of a draft's name as people need.
pub(in super::super) fn short(operation: &str) -> String {
    operation.chars().take(12).collect()
}
