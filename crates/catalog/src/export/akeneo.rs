//! Akeneo PIM: lines of `PATCH /api/rest/v1/products`, with the values of every locale.

use serde_json::{Map, Value, json};

use super::column::{Cell, Column, Subject};
use super::content_kind::Content;
use super::json::line;
use super::left_out::{LeftOut, LeftOutReason};
use super::options::ExportOptions;

/// A product's line, and the locales whose texts it cannot have.
pub(super) fn patch(
    columns: &[Column],
    subjects: &[Subject<'_>],
    options: &ExportOptions,
    max_chars: Option<usize>,
) -> (Option<Vec<u8>>, Vec<LeftOut>) {
    let (mut values, mut identifier, mut left_out) = (Map::new(), None, Vec::new());
    for subject in subjects {
        match locale(columns, subject, options) {
            Ok((key, found)) => {
                identifier = Some(key);
                for (name, entry) in found {
                    let entries = values.entry(name).or_insert_with(|| Value::Array(Vec::new()));
                    if let Some(entries) = entries.as_array_mut() {
                        entries.push(entry);
                    }
                }
            }
            Err(refused) => left_out.push(refused),
        }
    }
    let Some(identifier) = identifier else { return (None, left_out) };
    let made = line(&json!({ "identifier": identifier, "values": values }));
    let chars = String::from_utf8_lossy(&made).chars().count();
    if let (Some(max), Some(subject)) = (max_chars.filter(|max| chars > *max), subjects.first()) {
        let detail = format!("a line of {chars} characters, the target takes {max}");
        left_out.push(subject.left_out(LeftOutReason::TooLong, "", detail));
        return (None, left_out);
    }
    (Some(made), left_out)
}

/// The key of the product and the values of one locale, by attribute. All of a locale's texts stand in it, or none.
fn locale(
    columns: &[Column],
    subject: &Subject<'_>,
    options: &ExportOptions,
) -> Result<(String, Vec<(String, Value)>), LeftOut> {
    // `en_US`, as Akeneo writes locales.
    let code = subject.texts.locale.as_str().replace('-', "_");
    let (mut identifier, mut values) = (subject.product.sku().to_owned(), Vec::new());
    for column in columns {
        let Some(cell) = column.cell(subject, options)? else { continue };
        match (column.is, cell) {
            (Content::Sku, Cell::Text(key)) => identifier = key,
            (_, cell) => {
                let (name, scope) = column
                    .name
                    .split_once('@')
                    .map_or((column.name.as_str(), None), |(name, scope)| (name, Some(scope)));
                let text = match cell {
                    Cell::Text(text) | Cell::Made(text, _) => text,
                    cell => super::json::value(cell).to_string(),
                };
                values.push((name.to_owned(), json!({ "locale": code, "scope": scope, "data": text })));
            }
        }
    }
    Ok((identifier, values))
}
