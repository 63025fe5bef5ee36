//! Packs as their files define them.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::content::Severity;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PackFile {
    pub(super) name: String,
    pub(super) title: String,
    #[serde(default)]
    pub(super) everywhere: bool,
    #[serde(default)]
    pub(super) regions: Vec<String>,
    #[serde(default)]
    pub(super) languages: Vec<String>,
    #[serde(rename = "rule")]
    pub(super) rules: Vec<RuleFile>,
}

/// Lists of terms or patterns by language.
pub(super) type ByLanguage = BTreeMap<String, Vec<String>>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleFile {
    pub(super) id: String,
    pub(super) source: String,
    pub(super) severity: Severity,
    pub(super) explanation: String,
    /// A pattern for category or title.
    #[serde(default)]
    pub(super) products: Option<String>,
    #[serde(default)]
    pub(super) places: Vec<String>,
    #[serde(default)]
    pub(super) terms: ByLanguage,
    #[serde(default)]
    pub(super) patterns: ByLanguage,
    #[serde(default)]
    pub(super) characters_max: Option<usize>,
    #[serde(default)]
    pub(super) characters: Option<String>,
    #[serde(default)]
    pub(super) repeats_max: Option<usize>,
    #[serde(default)]
    pub(super) capitals_max: Option<usize>,
    #[serde(default, rename = "exemption")]
    pub(super) exemptions: Vec<ExemptionFile>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExemptionFile {
    pub(super) name: String,
    #[serde(default)]
    pub(super) source: Option<String>,
    pub(super) basis: BasisFile,
    #[serde(default)]
    pub(super) asserts_nothing: bool,
    /// A pattern for names of attributes.
    #[serde(default)]
    pub(super) attribute: Option<String>,
    /// A pattern for their values.
    #[serde(default)]
    pub(super) value: Option<String>,
    #[serde(default)]
    pub(super) min: Option<f64>,
    #[serde(default)]
    pub(super) max: Option<f64>,
    #[serde(default)]
    pub(super) patterns: ByLanguage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum BasisFile {
    Name,
    Fact,
    Attribute,
    Value,
    Sentence,
    Around,
}
