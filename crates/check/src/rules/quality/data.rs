//! What `config/quality.toml` says: which lengths of sentences and words read well in a language.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// What reads well in a language.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Band {
    /// The least and most of a sentence, in its unit.
    pub(super) sentence: (f64, f64),
    pub(super) unit: Unit,
    /// The least and most of the readability index; `None` where it is not used.
    pub(super) lix: Option<(f64, f64)>,
    pub(super) head: Head,
}

/// What the length of a sentence is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Unit {
    Words,
    Characters,
}

impl Unit {
    /// Its name, for people.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Words => "words",
            Self::Characters => "characters",
        }
    }
}

/// Where the word stands that says what a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Head {
    First,
    Last,
}

/// What is used where the file of this release cannot be read.
const FALLBACK: Band = Band { sentence: (3.0, 30.0), unit: Unit::Words, lix: None, head: Head::Last };

static BANDS: LazyLock<BTreeMap<String, Band>> =
    LazyLock::new(|| toml::from_str(crate::rulebook::QUALITY).unwrap_or_default());

/// What reads well in a language (`en`).
pub(super) fn band(language: &str) -> Band {
    BANDS.get(language).or_else(|| BANDS.get("other")).copied().unwrap_or(FALLBACK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_of_the_built_in_recipes_has_a_band_of_its_own() {
        for language in ["en", "de", "fr", "es", "zh", "ja", "other"] {
            let band = BANDS.get(language).unwrap();
            assert!(0.0 < band.sentence.0 && band.sentence.0 < band.sentence.1, "{language}");
        }
        assert_eq!(band("zh").unit, Unit::Characters);
        assert!(band("zh").lix.is_none() && band("pl").lix.is_none() && band("de").lix.is_some());
    }
}
