//! What the sandbox reads out of a prompt: the facts between the fences, and the locale.

use serde_json::{Map, Value};

use super::languages::kinds;

/// Facts and language of a prompt.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) facts: Vec<Fact>,
    pub(super) language: String,
    pub(super) title: String,
}

/// One fact: its name, what shoppers call it, its values as people write them, and all of them as one text, as it stands in the
/// prompt.
#[derive(Clone, Debug)]
pub(super) struct Fact {
    pub(super) name: String,
    pub(super) label: Option<String>,
    pub(super) items: Vec<String>,
    pub(super) value: String,
}

impl Fact {
    pub(super) fn new(name: &str, items: Vec<String>) -> Self {
        let value = items.join(", ");
        let items = items.into_iter().map(|item| decoded(&item)).collect();
        Self { name: name.to_owned(), label: None, items, value }
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
        let title = decoded(facts.get("title").and_then(Value::as_str).unwrap_or_default());
        let label_of = |name: &str| {
            let of_variant = name.strip_prefix("variant ").and_then(|rest| rest.rsplit_once(": "));
            let name = of_variant.map_or(name, |(_, name)| name);
            payload.get("labels")?.get(name)?.as_str().map(str::to_owned)
        };
        let fact = |(name, value): (&String, &Value)| Fact {
            label: label_of(name),
            ..Fact::new(name, items(value))
        };
        let facts = facts.iter().map(fact);
        let mut facts: Vec<Fact> = facts.filter(|fact| !fact.items.is_empty()).collect();
        // The title heads every text already; there is more to say where there are attributes.
        if facts.len() > 3 {
            facts.retain(|fact| fact.name != "title");
        }
        return Read { facts, language, title };
    }
    Read { language: "en".to_owned(), ..Read::default() }
}

/// A text without HTML's ways of writing a character.
fn decoded(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let entities = kinds().entities.iter();
    entities.fold(text.to_owned(), |text, (entity, character)| text.replace(entity, character))
}

/// The values of a fact as texts; a yes or no is one of those words.
fn items(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) if text.trim().is_empty() => Vec::new(),
        Value::String(text) => vec![text.clone()],
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
