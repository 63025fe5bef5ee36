//! Items of JSON and XML as the rows of a table, one column a key, so that a mapping can say what their keys hold.

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::Arc;

use serde_json::Value;

use super::Complaint;
use super::row::{OpenRows, Row, Rows};

/// Most keys of a file.
const KEYS_MAX: usize = 4096;
/// Deepest object whose keys are columns, as `size.width`.
const DEPTH_MAX: usize = 8;

/// Items with their place, as they are parsed.
pub type Items = Box<dyn Iterator<Item = io::Result<Result<(u64, Value), Complaint>>> + Send>;

/// The rows of a file whose items `open` gives, each time anew. It is read once to know its keys.
///
/// # Errors
/// When it cannot be read.
pub(super) fn rows(open: impl Fn() -> io::Result<Items> + Send + Sync + 'static) -> io::Result<OpenRows> {
    let (mut names, mut known): (Vec<String>, HashSet<String>) = (Vec::new(), HashSet::new());
    for item in open()? {
        let Ok((_, value)) = item? else { continue };
        for (name, _) in cells(&value) {
            if known.len() < KEYS_MAX && known.insert(name.clone()) {
                names.push(name);
            }
        }
    }
    let names: Arc<[String]> = names.into();
    Ok(Arc::new(move || {
        let mut header: Row = names.iter().collect();
        header.number = 1;
        let names = Arc::clone(&names);
        let row = move |(number, value): (u64, Value)| {
            let cells: HashMap<String, String> = cells(&value).into_iter().collect();
            let mut row: Row = names.iter().map(|name| cells.get(name).map_or("", String::as_str)).collect();
            row.number = number;
            row
        };
        let rows = open()?.map(move |item| item.map(|item| item.map(&row)));
        Ok(Box::new(std::iter::once(Ok(Ok(header))).chain(rows)) as Rows)
    }))
}

/// What an item says, by keys; those within objects behind a dot.
fn cells(item: &Value) -> Vec<(String, String)> {
    let mut cells = Vec::new();
    collect("", item, 0, &mut cells);
    cells
}

fn collect(name: &str, value: &Value, depth: usize, cells: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) if depth < DEPTH_MAX => {
            for (key, value) in fields {
                let full = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                collect(&full, value, depth + 1, cells);
            }
        }
        Value::Null => {}
        Value::Array(items) if !items.iter().any(|item| item.is_object() || item.is_array()) => {
            let texts: Vec<String> = items.iter().map(text).filter(|text| !text.is_empty()).collect();
            cells.push((name.to_owned(), texts.join(", ")));
        }
        other => cells.push((name.to_owned(), text(other))),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
