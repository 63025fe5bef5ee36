//! `[policies]`: which packs of rules hold, beside those that a locale's market brings.

use serde::{Deserialize, Serialize};

/// Choice of policy packs.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PoliciesConfig {
    /// A folder of packs that add to or replace the built-in ones; empty for none.
    pub folder: String,
    /// Sales channels whose packs hold as well.
    pub channels: Vec<String>,
    /// Packs that are not applied.
    pub off: Vec<String>,
}
