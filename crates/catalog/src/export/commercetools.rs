//! commercetools: bodies of `POST /products/{id}`, made from the product as its API gives it.

use serde_json::{Map, Value, json};

use super::column::{Cell, Column, Subject};
use super::json::line;
use super::left_out::{LeftOut, LeftOutReason};
use super::options::ExportOptions;

/// The update of a product, or nothing where its staged texts are the published ones already. An action replaces a text in
/// every language, so the languages that are not ours are said again as they are.
pub(super) fn actions(
    columns: &[Column],
    current: &Value,
    subjects: &[Subject<'_>],
    options: &ExportOptions,
) -> Result<Option<Vec<u8>>, LeftOut> {
    let Some(first) = subjects.first() else { return Ok(None) };
    let refused = |what: &str| {
        first.left_out(LeftOutReason::Feed, what, "it is no product as the API gives it: id, version and masterData.staged, or a product projection".to_owned())
    };
    let (Some(id), Some(version)) = (current.get("id"), current.get("version").and_then(Value::as_u64))
    else {
        return Err(refused("version"));
    };
    // A product, or a projection of its staged part.
    let staged = current.pointer("/masterData/staged").unwrap_or(current);
    let mut actions = Vec::new();
    for column in columns {
        let Some((action, field)) = column.name.split_once('.') else { continue };
        let known = staged.get(field).and_then(Value::as_object).cloned().unwrap_or_default();
        let mut next = known.clone();
        for subject in subjects {
            let Some(cell) = column.cell(subject, options)? else { continue };
            let (Cell::Text(text) | Cell::Made(text, _)) = cell else { continue };
            let key = language(staged, subject.texts.locale.as_str());
            next.insert(key, Value::String(text));
        }
        if next != known {
            let mut fields = Map::new();
            fields.insert("action".to_owned(), action.into());
            fields.insert(field.to_owned(), next.into());
            fields.insert("staged".to_owned(), true.into());
            actions.push(Value::Object(fields));
        }
    }
    if actions.is_empty() {
        return Ok(None);
    }
    Ok(Some(line(&json!({ "id": id, "version": version, "actions": actions }))))
}

/// The key under which a project holds a locale: the locale itself, or its language where the product knows that alone.
fn language(staged: &Value, locale: &str) -> String {
    let keys = ["name", "slug", "description"];
    let knows =
        |key: &str| keys.iter().any(|field| staged.get(field).is_some_and(|texts| texts.get(key).is_some()));
    let language = locale.split('-').next().unwrap_or(locale);
    if !knows(locale) && knows(language) { language.to_owned() } else { locale.to_owned() }
}
