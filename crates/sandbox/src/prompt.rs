//! What the sandbox reads out of a prompt: the facts between the fences, and the locale.

use serde_json::{Map, Value};

/// Facts and language of a prompt.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) facts: Vec<(String, String)>,
    pub(super) language: String,
    pub(super) title: String,
}

/// Reads the last fenced block of facts of a conversation; a prompt without one has no facts.
pub(super) fn read<'a>(messages: impl DoubleEndedIterator<Item = &'a str>) -> Read {
    for content in messages.rev() {
        let Some((_, rest)) = content.split_once("<facts>") else { continue };
        let Some((block, _)) = rest.split_once("</facts>") else { continue };
        let Ok(Value::Object(mut payload)) = serde_json::from_str::<Value>(block.trim()) else { continue };
        let locale = payload.get("locale").and_then(Value::as_str).unwrap_or("en");
        let language = locale.split('-').next().unwrap_or("en").to_owned();
        let facts = match payload.remove("facts") {
            Some(Value::Object(facts)) => facts,
            _ => Map::new(),
        };
        let title = facts.get("title").and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut facts: Vec<(String, String)> =
            facts.into_iter().filter_map(|(name, value)| Some((name, text(&value)?))).collect();
        // The title heads every text already; there is more to say where there are attributes.
        if facts.len() > 3 {
            facts.retain(|(name, _)| name != "title");
        }
        return Read { facts, language, title };
    }
    Read { language: "en".to_owned(), ..Read::default() }
}

fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Array(items) => items.iter().filter_map(text).collect::<Vec<_>>().join(", "),
        Value::Object(quantity) => {
            format!("{} {}", text(quantity.get("value")?)?, text(quantity.get("unit")?)?)
        }
        Value::Bool(_) | Value::Null => return None,
    };
    Some(text).filter(|text| !text.trim().is_empty())
}
