//! The published content as it is stored, one document a line.

use serde_json::{Map, Value, json};

use super::column::Subject;
use super::json::line;

/// A document's line: content by recipe, and who made it.
pub(super) fn document(subject: &Subject<'_>) -> Vec<u8> {
    let texts = subject.texts;
    let (mut content, mut sources) = (Map::new(), Map::new());
    for (recipe, value, source) in texts.content() {
        content.insert(recipe.to_owned(), value.clone());
        if let Some(source) = source {
            sources.insert(recipe.to_owned(), Value::String(source.name().to_owned()));
        }
    }
    line(&json!({
        "sku": subject.product.sku(), "locale": texts.locale, "revision": texts.revision,
        "updated_at": texts.updated_at.to_string(), "digital_source_type": sources, "content": content
    }))
}
