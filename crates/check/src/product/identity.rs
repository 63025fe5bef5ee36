//! The two keys of everything stored: SKU and locale, valid by construction.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use icu_locale_core::LanguageIdentifier;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Longest SKU in bytes (an S3 key holds 1,024 bytes, and percent-encoding triples them).
const SKU_BYTES_MAX: usize = 256;
/// Longest SKU in bytes once percent-encoded into a key.
const SKU_ENCODED_BYTES_MAX: usize = 780;

/// Where Chinese is written in Traditional characters.
const TRADITIONAL_REGIONS: &[&str] = &["TW", "HK", "MO"];

/// What the SKU of a guide begins with; no product of a shop may have such a one.
const GUIDE: &str = "guide:";

/// The shop's key of a product: 1 to 256 bytes, no control characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Sku(Arc<str>);

/// Why a text is no SKU.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SkuError {
    /// Nothing but white space.
    #[error("a SKU must not be empty")]
    Empty,
    /// Longer than keys can hold.
    #[error("a SKU has at most 256 bytes (780 once percent-encoded), this one has {0}")]
    TooLong(usize),
    /// A line feed or another control character.
    #[error("a SKU must not hold control characters")]
    Control,
}

impl Sku {
    /// The SKU as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The SKU of the guide of that name.
    ///
    /// # Errors
    /// As for every SKU.
    pub fn of_guide(name: &str) -> Result<Self, SkuError> {
        if name.trim().is_empty() {
            return Err(SkuError::Empty);
        }
        format!("{GUIDE}{name}").parse()
    }

    /// The name of the guide that this SKU stands for; `None` for a product's.
    #[must_use]
    pub fn guide(&self) -> Option<&str> {
        self.0.strip_prefix(GUIDE).filter(|name| !name.trim().is_empty())
    }
}

impl FromStr for Sku {
    type Err = SkuError;

    fn from_str(text: &str) -> Result<Self, SkuError> {
        if text.trim().is_empty() {
            return Err(SkuError::Empty);
        }
        let encoded: usize = text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { 1 } else { 3 }).sum();
        if text.len() > SKU_BYTES_MAX || encoded > SKU_ENCODED_BYTES_MAX {
            return Err(SkuError::TooLong(text.len()));
        }
        if text.chars().any(char::is_control) {
            return Err(SkuError::Control);
        }
        Ok(Self(text.into()))
    }
}

impl TryFrom<String> for Sku {
    type Error = SkuError;

    fn try_from(text: String) -> Result<Self, SkuError> {
        text.parse()
    }
}

impl From<Sku> for String {
    fn from(sku: Sku) -> Self {
        sku.0.as_ref().to_owned()
    }
}

impl fmt::Display for Sku {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A BCP 47 locale in canonical form: language, optional script, optional region (`de-DE`, `zh-Hant-TW`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Locale(Arc<str>);

/// A text that is no locale.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is no locale; write BCP 47 such as en-US, de-DE or zh-CN")]
pub struct LocaleError(String);

impl Locale {
    /// The locale as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The language alone (`de` of `de-DE`).
    #[must_use]
    pub fn language(&self) -> &str {
        self.0.split('-').next().unwrap_or_default()
    }

    /// The script that it is written in, where its language has several: of Chinese that of the region.
    #[must_use]
    pub fn script(&self) -> Option<&str> {
        let named = self.0.split('-').skip(1).find(|subtag| subtag.len() == 4);
        let of_region = || {
            let traditional = self.region().is_some_and(|region| TRADITIONAL_REGIONS.contains(&region));
            (self.language() == "zh").then_some(if traditional { "Hant" } else { "Hans" })
        };
        named.or_else(of_region)
    }

    /// The region, where it names one (`DE` of `de-DE`, `TW` of `zh-Hant-TW`).
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        // A script has four letters; in canonical form a region is the only subtag of two letters or three digits.
        self.0.split('-').skip(1).find(|subtag| matches!(subtag.len(), 2 | 3))
    }
}

impl FromStr for Locale {
    type Err = LocaleError;

    fn from_str(text: &str) -> Result<Self, LocaleError> {
        let wrong = || LocaleError(text.chars().take(64).collect());
        let id = LanguageIdentifier::try_from_str(text).map_err(|_| wrong())?;
        if id.language.is_unknown() || !id.variants.is_empty() {
            return Err(wrong());
        }
        Ok(Self(id.to_string().into()))
    }
}

impl TryFrom<String> for Locale {
    type Error = LocaleError;

    fn try_from(text: String) -> Result<Self, LocaleError> {
        text.parse()
    }
}

impl From<Locale> for String {
    fn from(locale: Locale) -> Self {
        locale.0.as_ref().to_owned()
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_is_brought_into_canonical_form() {
        for (text, expected) in [("de-de", "de-DE"), ("EN", "en"), ("zh-hant-tw", "zh-Hant-TW")] {
            assert_eq!(text.parse::<Locale>().unwrap().as_str(), expected);
        }
        for (text, region) in
            [("de-DE", Some("DE")), ("zh-Hant-TW", Some("TW")), ("es-419", Some("419")), ("zh-Hant", None)]
        {
            assert_eq!(text.parse::<Locale>().unwrap().region(), region, "{text}");
        }
    }

    #[test]
    fn what_is_no_locale_is_refused() {
        for text in ["", "english", "e", "de_DE_x_y_z", "../etc", "und", "de-DE-1996", "德语"] {
            assert!(text.parse::<Locale>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_guide_is_known_by_its_sku() {
        assert_eq!(Sku::of_guide("Mugs").unwrap().guide(), Some("Mugs"));
        assert_eq!(Sku::of_guide(" "), Err(SkuError::Empty));
        for text in ["A1", "guide", "guide: ", "a guide:b"] {
            assert_eq!(text.parse::<Sku>().unwrap().guide(), None, "{text}");
        }
    }

    #[test]
    fn a_sku_that_no_key_can_hold_is_refused() {
        assert_eq!("".parse::<Sku>(), Err(SkuError::Empty));
        assert_eq!("a\nb".parse::<Sku>(), Err(SkuError::Control));
        assert_eq!("x".repeat(257).parse::<Sku>(), Err(SkuError::TooLong(257)));
        assert!("x".repeat(256).parse::<Sku>().is_ok());
    }
}
