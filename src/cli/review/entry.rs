//! What is shown of a draft.

use skuscribe_check::content::{Finding, Severity};

/// Whether a finding holds its draft.
pub(super) fn holds(finding: &Finding) -> bool {
    finding.severity >= Severity::Hold
}

/// As many digits of a draft's name as people need.
pub(in super::super) fn short(operation: &str) -> String {
    operation.chars().take(12).collect()
}
