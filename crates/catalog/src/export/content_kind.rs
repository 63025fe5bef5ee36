//! What stands in a column or field of a target.

use serde::Deserialize;

use super::texts::TextField;

/// What stands in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Content {
    /// The product's or variant's key; an attribute of `from`, where there is one.
    Sku,
    /// The product's key, for variants.
    Group,
    Title,
    /// Body, bullet points and verbatim texts as HTML.
    Html,
    /// The same as plain text.
    Plain,
    /// The same without the bullet points.
    PlainBody,
    /// HTML where HTML stood, else plain text: for feeds that do not say which.
    AsFound,
    Bullets,
    SeoTitle,
    SeoDescription,
    Keywords,
    Questions,
    /// Questions and answers as one JSON text.
    QuestionsJson,
    /// Title, description and questions with who made them, as Google's tables have groups of values.
    GoogleTitle,
    GoogleDescription,
    GoogleQuestions,
    Brand,
    Gtin,
    Category,
    Locale,
    /// IPTC's digital source type of the description.
    DigitalSource,
    /// An attribute of the product.
    Attribute,
    /// A value that the shop states (`--set`).
    Set,
    /// The same for every product.
    Constant,
}

impl Content {
    /// The content of a name that people write.
    pub(super) fn named(name: &str) -> Result<Self, String> {
        let quoted = toml::Value::String(name.to_owned());
        let known = quoted.try_into::<Self>().ok();
        known.filter(|content| !matches!(content, Self::AsFound | Self::Attribute | Self::Set | Self::Constant)).ok_or_else(|| {
            format!("{name:?} is no content of an export; write title, html, plain, plain_body, bullets, seo_title, seo_description, keywords, questions, questions_json, brand, gtin, category, locale or digital_source")
        })
    }

    /// The field of text that it is made of.
    pub(super) const fn text_field(self) -> Option<TextField> {
        match self {
            Self::Title | Self::GoogleTitle => Some(TextField::Title),
            Self::Html
            | Self::Plain
            | Self::PlainBody
            | Self::AsFound
            | Self::GoogleDescription
            | Self::DigitalSource => Some(TextField::Body),
            Self::Bullets => Some(TextField::Bullets),
            Self::SeoTitle => Some(TextField::SeoTitle),
            Self::SeoDescription => Some(TextField::SeoDescription),
            Self::Keywords => Some(TextField::Keywords),
            Self::Questions | Self::QuestionsJson | Self::GoogleQuestions => Some(TextField::Questions),
            _ => None,
        }
    }
}
