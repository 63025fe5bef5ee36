//! `[facts]`: which attributes are for shoppers, and which for the shop alone.

use serde::{Deserialize, Serialize};

/// Names of attributes that are kept back, and exceptions; the notation of `config/internal.toml`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FactsConfig {
    /// Whether the names of `config/internal.toml` are kept back.
    pub built_in: bool,
    /// Further names that are kept back.
    pub internal: Vec<String>,
    /// Names that are for shoppers although one of the two above speaks of them.
    pub public: Vec<String>,
    /// The file of labels, units and translations of values; empty for none. What it says is no part of what is internal.
    #[serde(skip_serializing)]
    pub labels: String,
}

impl Default for FactsConfig {
    fn default() -> Self {
        Self { built_in: true, internal: Vec::new(), public: Vec::new(), labels: String::new() }
    }
}
