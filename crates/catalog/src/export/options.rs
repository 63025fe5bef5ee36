//! What a shop says of an export beside its format: constants, more columns, metafields.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::FieldMap;
use super::content_kind::Content;

/// What a shop says of an export.
#[derive(Clone, Debug)]
pub struct ExportOptions {
    /// Which text fills which field.
    pub fields: FieldMap,
    /// Values that the shop states for all products, by column (`--set seller_name=Acme`).
    pub set: BTreeMap<String, String>,
    /// Columns that take other names, or are added: content and name (`--column bullets=features`).
    pub columns: Vec<(String, String)>,
    /// Shopify's metafields.
    pub metafields: Vec<Metafield>,
}

impl ExportOptions {
    /// The built-in fields, and nothing else.
    ///
    /// # Errors
    /// Never: a test reads the built-in fields.
    pub fn built_in() -> anyhow::Result<Self> {
        let fields = FieldMap::built_in()?;
        Ok(Self { fields, set: BTreeMap::new(), columns: Vec::new(), metafields: Vec::new() })
    }
}

/// A metafield of Shopify: `questions=custom.faq`, or `questions=custom.faq:json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metafield {
    pub(super) content: Content,
    pub(super) namespace: String,
    pub(super) key: String,
    /// Shopify's type of it.
    pub(super) kind: String,
}

impl FromStr for Metafield {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("{text:?} is no metafield; write CONTENT=namespace.key or CONTENT=namespace.key:type");
        let (content, place) = text.split_once('=').ok_or_else(wrong)?;
        let (place, kind) = place.split_once(':').map_or((place, None), |(place, kind)| (place, Some(kind)));
        let (namespace, key) = place.split_once('.').ok_or_else(wrong)?;
        let plain = |name: &str| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
        };
        if !plain(namespace) || !plain(key) {
            return Err(wrong());
        }
        let content = Content::named(content)?;
        let kind = kind.unwrap_or(match content {
            Content::Questions | Content::QuestionsJson => "json",
            Content::Bullets | Content::Keywords => "list.single_line_text_field",
            Content::Html | Content::Plain | Content::PlainBody => "multi_line_text_field",
            _ => "single_line_text_field",
        });
        Ok(Self { content, namespace: namespace.to_owned(), key: key.to_owned(), kind: kind.to_owned() })
    }
}

impl Metafield {
    /// Its column in a CSV file.
    pub(super) fn column(&self) -> String {
        format!("{key} (product.metafields.{namespace}.{key})", key = self.key, namespace = self.namespace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metafield_is_read_with_the_type_that_its_content_has() {
        let read: Metafield = "questions=custom.faq".parse().unwrap();
        assert_eq!(
            (read.kind.as_str(), read.column().as_str()),
            ("json", "faq (product.metafields.custom.faq)")
        );
        assert_eq!("bullets=my.list:json".parse::<Metafield>().unwrap().kind, "json");
        for wrong in ["questions", "questions=faq", "nothing=custom.faq", "title=custom.", "title=a b.c"] {
            assert!(wrong.parse::<Metafield>().is_err(), "{wrong}");
        }
    }
}
