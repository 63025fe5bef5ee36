//! The formats of JSON that are compiled in.

use std::sync::LazyLock;

use anyhow::anyhow;
use serde_json::Value;

use super::format::Format;
use super::value::shapes;

/// The formats that are compiled in; of equals the first is taken.
static FORMATS: LazyLock<Result<Vec<Format>, String>> = LazyLock::new(|| {
    parsed(&[
        include_str!("../../../../../config/formats/json/shopify_graphql.toml"),
        include_str!("../../../../../config/formats/json/shopify_rest.toml"),
        include_str!("../../../../../config/formats/json/woocommerce.toml"),
        include_str!("../../../../../config/formats/json/acp.toml"),
        include_str!("../../../../../config/formats/json/openai.toml"),
        include_str!("../../../../../config/formats/json/magento.toml"),
        include_str!("../../../../../config/formats/json/akeneo.toml"),
        include_str!("../../../../../config/formats/json/amazon.toml"),
        include_str!("../../../../../config/formats/json/bigcommerce.toml"),
        include_str!("../../../../../config/formats/json/commercetools.toml"),
        include_str!("../../../../../config/formats/json/schema_org.toml"),
        include_str!("../../../../../config/formats/json/shopify_bulk.toml"),
        include_str!("../../../../../config/formats/json/content.toml"),
        include_str!("../../../../../config/formats/json/content_table.toml"),
        include_str!("../../../../../config/formats/json/commercetools_actions.toml"),
        include_str!("../../../../../config/formats/json/native.toml"),
        include_str!("../../../../../config/formats/json/generic.toml"),
    ])
});

/// The formats of these files.
pub(crate) fn parsed(files: &[&str]) -> Result<Vec<Format>, String> {
    files.iter().map(|file| toml::from_str(file).map_err(|error| error.to_string())).collect()
}

/// The formats that are compiled in.
pub(crate) fn formats() -> anyhow::Result<&'static [Format]> {
    FORMATS.as_deref().map_err(|error| anyhow!("a format of JSON files cannot be read: {error}"))
}

/// The names and titles of the formats, for documentation.
///
/// # Errors
/// When a format that is compiled in cannot be read.
pub fn format_names() -> anyhow::Result<Vec<(&'static str, &'static str)>> {
    Ok(formats()?.iter().map(|format| (format.name.as_str(), format.title.as_str())).collect())
}

/// The format of flat items: such as have no attributes, and keys that our own form does not know, are no products of it,
/// for it would pass these over.
pub(super) fn fitting(format: &'static Format, sample: &[&Value]) -> anyhow::Result<&'static Format> {
    let keys = || sample.iter().filter_map(|item| item.as_object()).flat_map(serde_json::Map::keys);
    let is_nested = keys().any(|key| ["attributes", "product", "data", "variants"].contains(&key.as_str()));
    let known = &shapes().native_keys;
    if format.name != "native" || is_nested || keys().all(|key| known.contains(key)) {
        return Ok(format);
    }
    formats()?.iter().find(|known| known.name == "json").map_or(Ok(format), Ok)
}
