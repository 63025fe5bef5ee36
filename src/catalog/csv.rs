//! CSV with a header: known columns become product fields, all others attributes.

use std::io::{BufRead, Error};

use ::csv::{ErrorKind, ReaderBuilder, StringRecord};
use anyhow::{Context as _, ensure};
use serde_json::{Map, Value, json};

use super::{Record, RecordContent};
use crate::intake::IntakeError;

/// Column names, in lower case, of each product field.
const FIELDS: &[(&str, &[&str])] = &[
    ("sku", &["sku", "id", "product_id", "item_id"]),
    ("title", &["title", "name", "product_name"]),
    ("brand", &["brand", "vendor", "manufacturer"]),
    ("gtin", &["gtin", "ean", "upc", "barcode"]),
    ("category", &["category", "categories", "product_type"]),
    ("description", &["description", "body", "body (html)"]),
    ("locale", &["locale", "language"]),
    ("version", &["version"]),
];

/// Columns that are no facts: they change faster than texts do.
const SKIPPED: &[&str] = &["price", "currency", "stock", "qty", "quantity", "availability"];

enum Column {
    Field(&'static str),
    Attribute(String),
    Skipped,
}

/// The rows of a reader.
///
/// # Errors
/// When the header cannot be read, or has no column for the SKU.
pub(super) fn rows(
    input: impl BufRead + Send + 'static,
) -> anyhow::Result<impl Iterator<Item = std::io::Result<Record>> + Send> {
    let mut reader = ReaderBuilder::new().from_reader(input);
    let header = reader.headers().context("the CSV header cannot be read")?.clone();
    let columns: Vec<Column> = header.iter().map(column).collect();
    ensure!(
        columns.iter().any(|column| matches!(column, Column::Field("sku"))),
        "the CSV header has no column for the SKU; name one of them sku (found: {})",
        header.iter().take(12).collect::<Vec<_>>().join(", ")
    );
    Ok(reader.into_records().map(move |row| match row {
        Ok(row) => {
            let line = row.position().map_or(0, ::csv::Position::line);
            Ok(Record { line, content: object(&row, &columns) })
        }
        Err(error) => broken(error),
    }))
}

fn column(name: &str) -> Column {
    let folded = name.trim().trim_start_matches('\u{feff}').to_lowercase();
    if SKIPPED.contains(&folded.as_str()) || folded.is_empty() {
        return Column::Skipped;
    }
    let field = FIELDS.iter().find(|(_, names)| names.contains(&folded.as_str()));
    field.map_or_else(|| Column::Attribute(name.trim().to_owned()), |(field, _)| Column::Field(field))
}

fn object(row: &StringRecord, columns: &[Column]) -> Result<RecordContent, IntakeError> {
    let (mut product, mut attributes) = (Map::new(), Map::new());
    for (cell, column) in row.iter().zip(columns) {
        let cell = cell.trim();
        if cell.is_empty() {
            continue;
        }
        match column {
            Column::Skipped => {}
            Column::Attribute(name) => {
                attributes.insert(name.clone(), json!(cell));
            }
            Column::Field("version") => {
                let version: u64 = cell.parse().map_err(|_| {
                    IntakeError::new("/product/version", "a version is a whole number of 0 or more", cell)
                })?;
                product.insert("version".to_owned(), json!(version));
            }
            Column::Field("category") => {
                let path: Vec<&str> =
                    cell.split('>').map(str::trim).filter(|segment| !segment.is_empty()).collect();
                product.insert("category".to_owned(), json!(path));
            }
            Column::Field(field) => {
                product.entry((*field).to_owned()).or_insert_with(|| json!(cell));
            }
        }
    }
    if !attributes.is_empty() {
        product.insert("attributes".to_owned(), Value::Object(attributes));
    }
    Ok(RecordContent::Row(Value::Object(product)))
}

/// A row that is broken is a record; an input that cannot be read is the end.
fn broken(error: ::csv::Error) -> std::io::Result<Record> {
    let line = error.position().map_or(0, ::csv::Position::line);
    let rule = match error.kind() {
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("the row has {len} cells, the header {expected_len}; is a quote or comma missing?")
        }
        ErrorKind::Utf8 { err, .. } => format!("the row is not UTF-8: {err}"),
        _ => return Err(Error::other(error)),
    };
    Ok(Record { line, content: Err(IntakeError::new("", rule, "")) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static [u8]) -> Vec<Record> {
        rows(text).unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn known_columns_are_fields_and_the_rest_attributes() {
        let records =
            read(b"SKU,Name,Vendor,Category,Material,Price\nA1,Mug,Acme,Home > Kitchen,clay,9.99\n");
        let Ok(RecordContent::Row(row)) = &records.first().unwrap().content else { panic!() };
        assert_eq!(
            row,
            &json!({ "sku": "A1", "title": "Mug", "brand": "Acme", "category": ["Home", "Kitchen"], "attributes": { "Material": "clay" } })
        );
    }

    #[test]
    fn a_broken_row_is_named_by_its_line_and_the_others_are_read() {
        let records = read(b"sku,title\nA1,Mug\nA2,Cup,extra\nA3,\xff\nA4,Jug\n");
        let shown: Vec<(u64, bool)> =
            records.iter().map(|record| (record.line, record.content.is_ok())).collect();
        assert_eq!(shown, [(2, true), (3, false), (4, false), (5, true)]);
    }

    #[test]
    fn a_header_without_a_sku_is_refused() {
        assert!(rows(b"a,b\n1,2\n".as_slice()).err().unwrap().to_string().contains("sku"));
    }
}
