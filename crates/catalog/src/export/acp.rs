//! The feed of the Agentic Commerce Protocol: products with their variants, one a line.

use serde_json::{Map, Value, json};

use super::clean::clean;
use super::column::{Column, Subject};
use super::json::{cells, line, value};
use super::left_out::LeftOut;
use super::options::ExportOptions;

/// A product with its variants; one without any is its own variant. Prices and availability are not known here: the feed's
/// own fields for them stay absent.
pub(super) fn product(
    columns: &[Column],
    subject: &Subject<'_>,
    options: &ExportOptions,
) -> Result<Vec<u8>, LeftOut> {
    let mut object = Map::new();
    for (column, cell) in cells(columns, subject, options)? {
        let text = value(cell);
        let text = if column.name == "description" { json!({ "plain": text }) } else { text };
        object.insert(column.name.clone(), text);
    }
    let title = object.get("title").cloned().unwrap_or_default();
    let (stated, public) = (subject.product.stated, subject.product.public);
    let mut variants = Vec::new();
    let entry = |sku: &str, gtin: Option<&str>, choices: &[(&str, String)]| {
        let mut entry = Map::new();
        entry.insert("id".to_owned(), sku.into());
        entry.insert("title".to_owned(), title.clone());
        if let Some(gtin) = gtin.map(clean).filter(|gtin| !gtin.is_empty()) {
            entry.insert("barcodes".to_owned(), json!([{ "type": "GTIN", "value": gtin }]));
        }
        if !public.category.is_empty() {
            let path: Vec<String> = public.category.iter().map(|part| clean(part)).collect();
            entry.insert(
                "categories".to_owned(),
                json!([{ "value": path.join(" > "), "taxonomy": "merchant" }]),
            );
        }
        if !choices.is_empty() {
            let choices = choices.iter().map(|(name, value)| json!({ "name": clean(name), "value": value }));
            entry.insert("variant_options".to_owned(), choices.collect());
        }
        Value::Object(entry)
    };
    for variant in &stated.variants {
        variants.push(entry(variant.sku.as_str(), None, &subject.product.options(variant)));
    }
    if variants.is_empty() {
        variants.push(entry(stated.sku.as_str(), stated.gtin.as_deref(), &[]));
    }
    object.insert("variants".to_owned(), variants.into());
    Ok(line(&Value::Object(object)))
}
