//! Composing an answer that follows any JSON Schema, from the facts alone.

use serde_json::{Map, Value};

use super::behaviour::Draw;
use super::phrases::{
    VALUE_CHARS_MAX, VALUE_CHARS_SHORT, brief, brief_to, call_to_action, invention, other_language, question,
    sentence,
};
use super::prompt::Read;

/// Items of a list where the schema does not say otherwise.
const ITEMS: usize = 3;
/// How deep references are followed.
const DEPTH_MAX: usize = 32;

/// One answer in the making.
pub(super) struct Composer<'a> {
    root: &'a Value,
    read: &'a Read,
    language: String,
    next: usize,
    invent: bool,
    short: bool,
}

impl<'a> Composer<'a> {
    pub(super) fn new(root: &'a Value, read: &'a Read, draw: Draw) -> Self {
        let language =
            if draw.language { other_language(&read.language).to_owned() } else { read.language.clone() };
        Self { root, read, language, next: 0, invent: draw.invent, short: false }
    }

    /// The answer.
    pub(super) fn compose(&mut self) -> Value {
        self.value(self.root, "", None, 0)
    }

    fn value(&mut self, schema: &Value, key: &str, fact: Option<usize>, depth: usize) -> Value {
        let Some(schema) = self.resolve(schema, depth) else { return Value::Null };
        if let Some(value) = schema.get("const") {
            return value.clone();
        }
        if let Some(first) = schema.get("enum").and_then(Value::as_array).and_then(|choices| choices.first())
        {
            return first.clone();
        }
        for choice in ["anyOf", "oneOf", "allOf"] {
            if let Some(first) =
                schema.get(choice).and_then(Value::as_array).and_then(|choices| choices.first())
            {
                return self.value(first, key, fact, depth + 1);
            }
        }
        match kind(schema) {
            "object" => self.object(schema, fact, depth),
            "array" => self.array(schema, key, fact, depth),
            "integer" | "number" => number(schema),
            "boolean" => Value::Bool(true),
            "null" => Value::Null,
            _ => Value::String(self.text(schema, key, fact)),
        }
    }

    fn object(&mut self, schema: &Value, fact: Option<usize>, depth: usize) -> Value {
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
            return Value::Object(Map::new());
        };
        // An object that cites evidence is about one fact.
        let fact = if properties.contains_key("evidence") { self.take() } else { fact };
        let fields =
            properties.iter().map(|(name, field)| (name.clone(), self.value(field, name, fact, depth + 1)));
        Value::Object(fields.collect())
    }

    fn array(&mut self, schema: &Value, key: &str, fact: Option<usize>, depth: usize) -> Value {
        let bound = |name: &str| {
            schema.get(name).and_then(Value::as_u64).and_then(|value| usize::try_from(value).ok())
        };
        if key == "evidence" {
            let name =
                fact.and_then(|fact| self.read.facts.get(fact)).map(|(name, _)| Value::String(name.clone()));
            return Value::Array(name.into_iter().collect());
        }
        let least = bound("minItems").unwrap_or(1);
        let most = bound("maxItems").unwrap_or(ITEMS.max(least));
        let count = ITEMS.min(self.read.facts.len()).clamp(least.min(most), most).min(64);
        let items = schema.get("items").unwrap_or(&Value::Null);
        // The descriptions of an ad are short.
        self.short = key == "descriptions";
        let composed = (0..count).map(|_| self.value(items, key, None, depth + 1)).collect();
        self.short = false;
        Value::Array(composed)
    }

    fn text(&mut self, schema: &Value, key: &str, fact: Option<usize>) -> String {
        let title =
            || if self.read.title.is_empty() { "Product".to_owned() } else { brief(&self.read.title) };
        let mut text = if key.contains("title") || key == "subject" {
            let cut = if key.contains("meta") || key == "subject" { 60 } else { 140 };
            title().chars().take(cut).collect()
        } else if key.contains("keyword") || key.contains("hashtag") || key.contains("headline") {
            let most = if key.contains("headline") { 14 } else { 38 };
            let fact = self.take().and_then(|fact| self.read.facts.get(fact));
            let value = fact.map_or_else(title, |(_, value)| brief_to(value, most));
            // A long first word leaves nothing between words.
            if value.is_empty() { call_to_action(&self.language).to_owned() } else { value }
        } else if key == "call_to_action" {
            call_to_action(&self.language).to_owned()
        } else if key == "wrong" {
            invention(&self.language).to_owned()
        } else {
            let fact = fact.or_else(|| self.take());
            match fact.and_then(|fact| self.read.facts.get(fact)) {
                Some((name, _)) if key.contains("question") => question(&self.language, name),
                Some((name, value)) => {
                    let most = if self.short { VALUE_CHARS_SHORT } else { VALUE_CHARS_MAX };
                    sentence(&self.language, name, value, self.next, most)
                }
                None => title(),
            }
        };
        if self.invent && !key.contains("title") && !key.contains("keyword") && key != "wrong" {
            invention(&self.language).clone_into(&mut text);
            self.invent = false;
        }
        let bound = |name: &str| {
            schema.get(name).and_then(Value::as_u64).and_then(|value| usize::try_from(value).ok())
        };
        if let Some(least) = bound("minLength").filter(|least| *least <= 100_000) {
            while text.chars().count() < least {
                text.push('.');
            }
        }
        match bound("maxLength") {
            Some(most) if text.chars().count() > most => text.chars().take(most).collect(),
            _ => text,
        }
    }

    /// The next fact, round and round.
    fn take(&mut self) -> Option<usize> {
        let count = self.read.facts.len();
        let fact = (count > 0).then(|| self.next % count);
        self.next += 1;
        fact
    }

    fn resolve(&self, schema: &'a Value, depth: usize) -> Option<&'a Value> {
        if depth > DEPTH_MAX {
            return None;
        }
        match schema.get("$ref").and_then(Value::as_str) {
            Some(reference) => {
                let target = self.root.pointer(reference.strip_prefix('#')?)?;
                self.resolve(target, depth + 1)
            }
            None => Some(schema),
        }
    }
}

fn kind(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => {
            kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("null")
        }
        _ if schema.get("properties").is_some() => "object",
        _ if schema.get("items").is_some() => "array",
        _ => "string",
    }
}

fn number(schema: &Value) -> Value {
    let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
    let integer = kind(schema) == "integer";
    let mut value =
        bound("minimum").or_else(|| bound("exclusiveMinimum").map(|least| least + 1.0)).unwrap_or(0.0);
    if let Some(most) = bound("maximum").or_else(|| bound("exclusiveMaximum").map(|most| most - 1.0)) {
        value = value.min(most);
    }
    if let Some(step) = bound("multipleOf").filter(|step| *step > 0.0) {
        value = (value / step).ceil() * step;
    }
    if integer {
        #[expect(clippy::cast_possible_truncation, reason = "saturates, and no schema of ours goes near")]
        return Value::from(value.ceil() as i64);
    }
    Value::from(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read() -> Read {
        let facts = [("title", "Mug"), ("material", "stoneware"), ("volume", "300 ml")];
        Read {
            facts: facts.map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec(),
            language: "en".into(),
            title: "Mug".into(),
        }
    }

    #[test]
    fn any_schema_is_followed() {
        for schema in [
            json!({ "type": "object", "properties": { "a": { "type": "string", "maxLength": 5 }, "n": { "type": "integer", "minimum": 3 } }, "required": ["a", "n"], "additionalProperties": false }),
            json!({ "type": "array", "items": { "enum": ["x", "y"] }, "minItems": 5, "maxItems": 5 }),
            json!({ "$defs": { "node": { "type": "object", "properties": { "text": { "type": "string", "minLength": 300 } }, "required": ["text"] } }, "type": "object", "properties": { "n": { "$ref": "#/$defs/node" } }, "required": ["n"] }),
            json!({ "anyOf": [{ "type": "null" }, { "type": "string" }] }),
            json!({ "type": ["string", "null"] }),
            json!({ "type": "number", "minimum": 2.5, "multipleOf": 0.5 }),
            json!({ "const": 7 }),
        ] {
            let read = read();
            let value = Composer::new(&schema, &read, Draw::default()).compose();
            let mismatch = crate::recipe::Validator::new(&schema).unwrap().mismatch(&value);
            assert_eq!(mismatch, None, "{schema} {value}");
        }
    }

    #[test]
    fn a_schema_that_refers_to_itself_ends() {
        let schema = json!({ "$ref": "#" });
        assert_eq!(Composer::new(&schema, &read(), Draw::default()).compose(), Value::Null);
    }

    #[test]
    fn every_text_states_the_fact_that_it_cites() {
        let schema = json!({ "type": "object", "properties": { "text": { "type": "string" }, "evidence": { "type": "array", "items": { "type": "string" } } } });
        let read = read();
        let mut composer = Composer::new(&schema, &read, Draw::default());
        composer.take();
        let value = composer.compose();
        assert_eq!(value.get("evidence"), Some(&json!(["material"])));
        assert!(value.get("text").unwrap().as_str().unwrap().contains("stoneware"));
    }
}
