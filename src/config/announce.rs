//! `[announce]`: which outcomes become events.

use serde::Deserialize;

use anyhow::ensure;

use super::one_of;

/// Longest source, in bytes.
const SOURCE_BYTES_MAX: usize = 500;

/// Settings of outcome events.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnnounceConfig {
    /// Outcomes that are announced for messages without a job.
    pub outcomes: Vec<String>,
    /// Whether events are CloudEvents in binary mode as well: with their attributes as headers.
    pub cloud_events: bool,
    /// The source of CloudEvents.
    pub source: String,
}

impl AnnounceConfig {
    pub(super) fn validate(&self) -> anyhow::Result<()> {
        ensure!(
            !self.source.is_empty()
                && self.source.len() <= SOURCE_BYTES_MAX
                && !self.source.contains(char::is_whitespace),
            "announce.source = {:?} is no source of CloudEvents; write a URI reference, such as //shop.example/skuscribe",
            self.source
        );
        self.outcomes.iter().try_for_each(|outcome| {
            one_of(
                "announce.outcomes",
                outcome,
                &["published", "held", "unchanged", "stale", "deleted", "failed", "cancelled"],
            )
        })
    }
}
