//! Why a product has no record in an export.

use serde::Serialize;
use skuscribe_check::product::Locale;

/// What kept a product out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftOutReason {
    /// Its texts wait for a person.
    Held,
    /// It is gone.
    Deleted,
    /// No text was written for it.
    NotWritten,
    /// The target needs a value that neither its texts nor its facts have.
    Missing,
    /// A value is longer than the target takes.
    TooLong,
    /// A list has more or fewer entries than the target takes.
    WrongCount,
    /// A value is not of the form that the target takes.
    Invalid,
    /// A spreadsheet would run the cell as a formula.
    Formula,
    /// The shop's feed has no such product, or cannot hold the text.
    Feed,
}

impl LeftOutReason {
    /// The reason in words, for a count of them.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Held => "held, no published text",
            Self::Deleted => "deleted",
            Self::NotWritten => "not written yet",
            Self::Missing => "a value that the target needs is missing",
            Self::TooLong => "longer than the target takes",
            Self::WrongCount => "more or fewer entries than the target takes",
            Self::Invalid => "not of the form that the target takes",
            Self::Formula => "begins like a formula",
            Self::Feed => "the feed cannot hold it",
        }
    }

    /// Whether a published text was kept out, so that somebody has to act.
    #[must_use]
    pub const fn is_published(self) -> bool {
        !matches!(self, Self::Held | Self::Deleted | Self::NotWritten)
    }
}

/// A product that an export left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// The product.
    pub sku: String,
    /// The language, where one text is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<Locale>,
    /// What kept it out.
    pub reason: LeftOutReason,
    /// The target's column or field.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub column: String,
    /// What was seen and what to do.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
}
