//! `[announce]`: which outcomes become events.

use serde::Deserialize;

use super::one_of;

/// Settings of outcome events.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnnounceConfig {
    /// Outcomes that are announced for messages without a job.
    pub outcomes: Vec<String>,
}

impl AnnounceConfig {
    pub(super) fn validate(&self) -> anyhow::Result<()> {
        self.outcomes.iter().try_for_each(|outcome| {
            one_of(
                "announce.outcomes",
                outcome,
                &["published", "held", "unchanged", "stale", "deleted", "failed", "cancelled"],
            )
        })
    }
}
