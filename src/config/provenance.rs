//! `[provenance]`: how published texts are marked as made by a model.

use anyhow::ensure;
use serde::Deserialize;

use skuscribe_check::product::Locale;
use skuscribe_check::provenance::VisibleLabel;

/// Longest label, name or code.
const CHARACTERS_MAX: usize = 200;

/// Settings of marks and of signed records.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProvenanceConfig {
    /// The file of the private key that records are signed with; empty: none are made. What it holds is read where it is
    /// used, and never kept with the settings.
    pub key_file: String,
    /// A file or folder of further public keys whose signatures are believed.
    pub trusted: String,
    /// Fewest bytes of a text that is registered by itself.
    pub part_bytes_min: usize,
    /// Where the store's `provenance/` is served, for marks on pages.
    pub registry_url: String,
    /// Who holds editorial responsibility.
    pub responsible: String,
    /// The visible label.
    pub label: String,
    /// Languages or locales whose texts carry it.
    pub label_locales: Vec<String>,
    /// China's code of the producer.
    pub producer: String,
    /// China's code of the propagator.
    pub propagator: String,
}

impl ProvenanceConfig {
    /// In which locales texts carry which visible label.
    #[must_use]
    pub fn visible_label(&self) -> VisibleLabel {
        VisibleLabel { label: self.label.clone(), locales: self.label_locales.clone() }
    }

    pub(super) fn validate(&self) -> anyhow::Result<()> {
        ensure!(self.part_bytes_min > 0, "provenance.part_bytes_min = 0 is not allowed; write at least 1");
        let url = &self.registry_url;
        ensure!(
            url.is_empty() || url.starts_with("https://") || url.starts_with("http://"),
            "provenance.registry_url = {url:?} is not allowed; write an address such as https://shop.example/texts"
        );
        for (key, text) in [
            ("registry_url", url),
            ("responsible", &self.responsible),
            ("label", &self.label),
            ("producer", &self.producer),
            ("propagator", &self.propagator),
        ] {
            ensure!(
                text.chars().count() <= CHARACTERS_MAX && !text.chars().any(char::is_control),
                "provenance.{key} is not allowed; write at most {CHARACTERS_MAX} characters on one line"
            );
        }
        for locale in &self.label_locales {
            ensure!(
                locale.parse::<Locale>().is_ok(),
                "provenance.label_locales: {locale:?} is no language or locale; write zh or zh-CN"
            );
        }
        Ok(())
    }
}
