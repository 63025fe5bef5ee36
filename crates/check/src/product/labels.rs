//! What shoppers call the attributes of a product, beside its facts.

use std::collections::BTreeMap;

use super::{Digest, Facts, Value};

/// The name that a fact of a variant has among the facts, taken apart: what stands before the attribute's own name, and that.
fn bare(name: &str) -> (&str, &str) {
    let of_variant = name.strip_prefix("variant ").and_then(|rest| rest.rsplit_once(": "));
    let bare = of_variant.map_or(name, |(_, bare)| bare);
    (name.get(..name.len() - bare.len()).unwrap_or_default(), bare)
}

impl Facts {
    /// The same with those labels that name an attribute among them.
    #[must_use]
    pub(super) fn labelled(mut self, labels: &BTreeMap<String, String>) -> Self {
        if !labels.is_empty() {
            let of = |(name, _): &(String, Value)| {
                let bare = bare(name).1;
                let label = labels.get(bare)?.trim();
                (!label.is_empty() && label != bare).then(|| (bare.to_owned(), label.to_owned()))
            };
            self.labels = self.entries.iter().filter_map(of).collect();
        }
        self
    }

    /// The same without the labels that do not pass.
    #[must_use]
    pub(crate) fn keeping_labels(mut self, keep: impl Fn(&str, &str) -> bool) -> Self {
        self.labels.retain(|name, label| keep(name, label));
        self
    }

    /// What shoppers call an attribute, where its publisher or the shop says so.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&str> {
        if self.labels.is_empty() {
            return None;
        }
        self.labels.get(bare(name).1).map(String::as_str)
    }

    /// The same as texts say it: of a variant's attribute with the variant before it, `variant A-1: Farbe`.
    #[must_use]
    pub fn full_label(&self, name: &str) -> Option<String> {
        self.label(name).map(|label| format!("{}{label}", bare(name).0))
    }

    /// Every label, by the name of its attribute.
    #[must_use]
    pub fn labels(&self) -> &BTreeMap<String, String> {
        &self.labels
    }

    /// The digest of what these say otherwise than the facts of the same product as its publisher states them; `None` where
    /// they say the same.
    #[must_use]
    pub fn difference(&self, stated: &Self) -> Option<Digest> {
        let values: Vec<&(String, Value)> =
            self.entries.iter().filter(|entry| !stated.entries.contains(entry)).collect();
        let labels: Vec<(&String, &String)> =
            self.labels.iter().filter(|(name, label)| stated.labels.get(*name) != Some(*label)).collect();
        if values.is_empty() && labels.is_empty() {
            return None;
        }
        Some(Digest::of(&[&serde_json::to_vec(&(values, labels)).unwrap_or_default()]))
    }
}
