//! What the sandbox reads out of a prompt: the facts between the fences, and the locale.

use serde_json::{Map, Value};

/// Facts and language of a prompt.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) facts: Vec<Fact>,
    pub(super) language: String,
    pub(super) title: String,
}

/// One fact: its name, its values, and all of them as one text.
#[derive(Clone, Debug)]
pub(super) struct Fact {
    pub(super) name: String,
    pub(super) items: Vec<String>,
    pub(super) value: String,
}

impl Fact {
    pub(super) fn new(name: &str, items: Vec<String>) -> Self {
        Self { name: name.to_owned(), value: items.join(", "), items }
    }
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
        let facts = facts.iter().map(|(name, value)| Fact::new(name, items(value)));
        let mut facts: Vec<Fact> = facts.filter(|fact| !fact.items.is_empty()).collect();
        // The title heads every text already; there is more to say where there are attributes.
        if facts.len() > 3 {
            facts.retain(|fact| fact.name != "title");
        }
        return Read { facts, language, title };
    }
    Read { language: "en".to_owned(), ..Read::default() }
}

/// The values of a fact as texts; a yes or no is one of those words.
fn items(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => {
            Some(text.clone()).filter(|text| !text.trim().is_empty()).into_iter().collect()
        }
        Value::Number(number) => vec![number.to_string()],
        Value::Bool(yes) => vec![if *yes { "yes" } else { "no" }.to_owned()],
        Value::Array(values) => values.iter().flat_map(items).collect(),
        Value::Object(quantity) => {
            let part = |name: &str| quantity.get(name).and_then(|part| items(part).into_iter().next());
            part("value")
                .zip(part("unit"))
                .map(|(value, unit)| format!("{value} {unit}"))
                .into_iter()
                .collect()
        }
        Value::Null => Vec::new(),
    }
}
