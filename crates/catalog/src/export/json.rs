//! Records as JSON objects: flat, or nested where a field's name has dots.

use serde_json::{Map, Value, json};

use super::column::{Cell, Column, Subject};
use super::left_out::LeftOut;
use super::options::ExportOptions;

/// The values that a record has, with their columns.
pub(super) fn cells<'c>(
    columns: &'c [Column],
    subject: &Subject<'_>,
    options: &ExportOptions,
) -> Result<Vec<(&'c Column, Cell)>, LeftOut> {
    let found = columns.iter().map(|column| Ok(column.cell(subject, options)?.map(|cell| (column, cell))));
    found.filter_map(Result::transpose).collect()
}

/// A record's columns as an object, on a line of its own.
pub(super) fn record(
    columns: &[Column],
    subject: &Subject<'_>,
    options: &ExportOptions,
) -> Result<Vec<u8>, LeftOut> {
    let cells = cells(columns, subject, options)?.into_iter();
    let object: Map<String, Value> = cells.map(|(column, cell)| (column.name.clone(), value(cell))).collect();
    Ok(line(&Value::Object(object)))
}

/// A cell as JSON.
pub(super) fn value(cell: Cell) -> Value {
    match cell {
        Cell::Text(text) | Cell::Made(text, _) => Value::String(text),
        Cell::List(texts) => texts.into(),
        Cell::Questions(pairs) => {
            pairs.iter().map(|pair| json!({ "question": pair.question, "answer": pair.answer })).collect()
        }
    }
}

/// Puts a value where a name such as `product.seo.title` says.
pub(super) fn put(object: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            object.insert(path.to_owned(), value);
        }
        Some((first, rest)) => {
            let below = object.entry(first).or_insert_with(|| Value::Object(Map::new()));
            if let Some(below) = below.as_object_mut() {
                put(below, rest, value);
            }
        }
    }
}

/// A value on a line of its own.
pub(super) fn line(value: &Value) -> Vec<u8> {
    let mut line = value.to_string();
    line.push('\n');
    line.into_bytes()
}
