//! The formats of exports: `config/exports/*.toml`, each under a name and a version.

use std::sync::OnceLock;

use anyhow::{Context as _, bail};
use serde::Deserialize;

use super::column::Column;

/// One file a format and version.
const FILES: [(&str, &str); 17] = [
    ("acp.toml", include_str!("../../../../config/exports/acp.toml")),
    ("akeneo.toml", include_str!("../../../../config/exports/akeneo.toml")),
    ("amazon.toml", include_str!("../../../../config/exports/amazon.toml")),
    ("bigcommerce.toml", include_str!("../../../../config/exports/bigcommerce.toml")),
    ("commercetools.toml", include_str!("../../../../config/exports/commercetools.toml")),
    ("google-xml.toml", include_str!("../../../../config/exports/google-xml.toml")),
    ("google.toml", include_str!("../../../../config/exports/google.toml")),
    ("jsonl.toml", include_str!("../../../../config/exports/jsonl.toml")),
    ("magento.toml", include_str!("../../../../config/exports/magento.toml")),
    ("openai-csv.toml", include_str!("../../../../config/exports/openai-csv.toml")),
    ("openai.toml", include_str!("../../../../config/exports/openai.toml")),
    ("parquet.toml", include_str!("../../../../config/exports/parquet.toml")),
    ("prestashop.toml", include_str!("../../../../config/exports/prestashop.toml")),
    ("schema-org.toml", include_str!("../../../../config/exports/schema-org.toml")),
    ("shopify-bulk.toml", include_str!("../../../../config/exports/shopify-bulk.toml")),
    ("shopify.toml", include_str!("../../../../config/exports/shopify.toml")),
    ("woocommerce.toml", include_str!("../../../../config/exports/woocommerce.toml")),
];

/// A format of exports in one version.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Format {
    /// Its name.
    pub name: String,
    /// The version of the target's rules that it follows.
    pub version: String,
    /// What it is, in a line.
    pub about: String,
    /// The usual ending of its file's name.
    pub file: String,
    /// Which writer makes it.
    pub layout: FormatLayout,
    /// Whether a record speaks of one locale or of several.
    #[serde(default)]
    pub locales: LocaleMode,
    /// Whether a record is a product or a variant.
    #[serde(default)]
    pub(super) rows: RowKind,
    /// What separates the cells of a table.
    #[serde(default = "comma")]
    pub(super) separator: char,
    /// Which cells of a table are quoted.
    #[serde(default)]
    pub(super) quote: Quoting,
    /// What becomes of a cell that a spreadsheet would run.
    #[serde(default)]
    pub(super) formulas: Formulas,
    /// Whether the target's own products are needed to write it (`--onto`).
    #[serde(default)]
    pub needs_feed: bool,
    /// Most records of a file.
    pub max_records: Option<usize>,
    /// Most bytes of a file.
    pub max_bytes: Option<u64>,
    /// Most characters of a record.
    pub(super) max_record_chars: Option<usize>,
    /// Columns or fields, in order.
    #[serde(default, rename = "column")]
    pub(super) columns: Vec<Column>,
}

impl Format {
    /// Whether several locales make several files: records that name their locale may share one.
    #[must_use]
    pub fn splits_locales(&self) -> bool {
        self.locales == LocaleMode::One && self.layout != FormatLayout::Content
    }
}

/// Which writer makes a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FormatLayout {
    /// Rows with separators.
    Table,
    /// Flat JSON objects, one a line.
    JsonLines,
    /// Variables of Shopify's `productUpdate`.
    ShopifyBulk,
    /// RSS 2.0 with Google's names.
    GoogleRss,
    /// Products of the Agentic Commerce Protocol.
    Acp,
    /// Lines of Akeneo's `PATCH`.
    Akeneo,
    /// Amazon's `JSON_LISTINGS_FEED`.
    Amazon,
    /// Update actions of commercetools.
    Commercetools,
    /// JSON-LD.
    SchemaOrg,
    /// The stored content.
    Content,
    /// Parquet, which the caller writes.
    Parquet,
}

/// Whether a record speaks of one locale or of several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LocaleMode {
    /// One: several locales make several files.
    #[default]
    One,
    /// Every locale in each record.
    All,
}

/// Whether a record is a product or a variant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RowKind {
    #[default]
    Products,
    /// A product without variants is its own one.
    Variants,
}

/// Which cells of a table are quoted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Quoting {
    #[default]
    Needed,
    Always,
}

/// What becomes of a cell that a spreadsheet would run as a formula.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Formulas {
    /// No spreadsheet reads the format.
    #[default]
    Keep,
    /// An apostrophe stands before it; the target's importer takes it away.
    Apostrophe,
    /// The row is left out: the target would show an apostrophe to shoppers.
    Refuse,
}

const fn comma() -> char {
    ','
}

/// Every format, by name and version.
///
/// # Errors
/// Never for the built-in ones: a test reads them.
pub fn formats() -> anyhow::Result<&'static [Format]> {
    static FORMATS: OnceLock<Vec<Format>> = OnceLock::new();
    if let Some(formats) = FORMATS.get() {
        return Ok(formats);
    }
    let mut formats = Vec::with_capacity(FILES.len());
    for (file, text) in FILES {
        let format: Format = toml::from_str(text).with_context(|| format!("config/exports/{file}"))?;
        formats.push(format);
    }
    formats.sort_by(|left, right| (&left.name, &left.version).cmp(&(&right.name, &right.version)));
    Ok(FORMATS.get_or_init(|| formats))
}

/// The format of a name: `openai` is its newest version, `openai@2026-06` that one.
///
/// # Errors
/// With the names that there are.
pub fn find(name: &str) -> anyhow::Result<&'static Format> {
    let all = formats()?;
    let (wanted, version) =
        name.split_once('@').map_or((name, None), |(name, version)| (name, Some(version)));
    let of_name = || all.iter().filter(|format| format.name == wanted);
    let found = match version {
        None => of_name().next_back(),
        Some(version) => of_name().find(|format| format.version == version),
    };
    if let Some(found) = found {
        return Ok(found);
    }
    let versions: Vec<String> = of_name().map(|format| format!("{wanted}@{}", format.version)).collect();
    if versions.is_empty() {
        let names: Vec<&str> = all.iter().map(|format| format.name.as_str()).collect();
        bail!("--format {name}: there is no such format; the formats are {}", names.join(", "));
    }
    bail!("--format {name}: there is no such version; there is {}", versions.join(", "));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::FieldMap;

    #[test]
    fn every_format_is_readable_and_found_by_its_name_and_its_version() {
        FieldMap::built_in().unwrap();
        for format in formats().unwrap() {
            assert_eq!(find(&format.name).unwrap().name, format.name);
            let versioned = format!("{}@{}", format.name, format.version);
            assert_eq!(find(&versioned).unwrap().version, format.version);
        }
        let error = find("shopfiy").unwrap_err().to_string();
        assert!(error.contains("shopify") && error.contains("--format shopfiy"), "{error}");
        let error = find("openai@2020-01").unwrap_err().to_string();
        assert!(error.contains("openai@2026-06"), "{error}");
    }
}
