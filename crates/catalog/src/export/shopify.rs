//! Shopify: the variables of `productUpdate`, one line a product, for `bulkOperationRunMutation`.

use serde_json::{Map, Value, json};

use super::column::{Cell, Column, Subject};
use super::json::{line, put, value};
use super::left_out::LeftOut;
use super::options::ExportOptions;

/// A product's variables. What it has no text for is absent, so that the shop's stays.
pub(super) fn variables(
    columns: &[Column],
    subject: &Subject<'_>,
    options: &ExportOptions,
) -> Result<Vec<u8>, LeftOut> {
    let mut object = Map::new();
    for column in columns {
        // An identifier is one of several: the id, where the facts have it, else the handle.
        if column.name.starts_with("identifier.") && object.contains_key("identifier") {
            continue;
        }
        if let Some(cell) = column.cell(subject, options)? {
            put(&mut object, &column.name, value(cell));
        }
    }
    let mut metafields = Vec::new();
    for metafield in &options.metafields {
        let mut column = Column::added(&metafield.column(), metafield.content);
        column.optional = true;
        let Some(cell) = column.cell(subject, options)? else { continue };
        let text = match cell {
            Cell::Text(text) | Cell::Made(text, _) => text,
            // Shopify takes lists and JSON as text.
            cell => value(cell).to_string(),
        };
        metafields.push(json!({
            "namespace": metafield.namespace, "key": metafield.key, "type": metafield.kind, "value": text
        }));
    }
    if !metafields.is_empty() {
        put(&mut object, "product.metafields", Value::Array(metafields));
    }
    Ok(line(&Value::Object(object)))
}
