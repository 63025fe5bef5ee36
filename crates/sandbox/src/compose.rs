//! Composing an answer that follows any JSON Schema, from the facts alone.

use serde_json::{Map, Value};

use super::behaviour::Draw;
use super::languages::{Language, language, other_language};
use super::points::{Point, points};
use super::prompt::Read;

/// Items of a list where the schema does not say otherwise.
const ITEMS: usize = 3;
/// How deep references are followed.
const DEPTH_MAX: usize = 32;

/// One answer in the making.
pub(super) struct Composer<'a> {
    root: &'a Value,
    pub(super) read: &'a Read,
    pub(super) language: &'static Language,
    pub(super) points: Vec<Point>,
    pub(super) next: usize,
    /// The points of the section in the making.
    pub(super) section: Vec<usize>,
    pub(super) next_in_section: usize,
    invent: bool,
}

/// Where a text stands.
#[derive(Clone, Copy, Default)]
pub(super) struct Place<'k> {
    pub(super) key: &'k str,
    /// Its place in the list that it stands in.
    pub(super) index: usize,
    depth: usize,
}

impl<'a> Composer<'a> {
    pub(super) fn new(root: &'a Value, read: &'a Read, draw: Draw) -> Self {
        let code = if draw.language { other_language(&read.language) } else { read.language.as_str() };
        let (language, points) = (language(code), points(read, code));
        Self {
            root,
            read,
            language,
            points,
            next: 0,
            section: Vec::new(),
            next_in_section: 0,
            invent: draw.invent,
        }
    }

    /// The answer.
    pub(super) fn compose(&mut self) -> Value {
        self.value(self.root, Place::default(), &[])
    }

    fn value(&mut self, schema: &Value, place: Place<'_>, cited: &[usize]) -> Value {
        let Some(schema) = self.resolve(schema, place.depth) else { return Value::Null };
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
                return self.value(first, Place { depth: place.depth + 1, ..place }, cited);
            }
        }
        match kind(schema) {
            "object" => self.object(schema, place, cited),
            "array" => self.array(schema, place, cited),
            "integer" | "number" => number(schema),
            "boolean" => Value::Bool(true),
            "null" => Value::Null,
            _ => Value::String(self.text(schema, place, cited)),
        }
    }

    fn object(&mut self, schema: &Value, place: Place<'_>, cited: &[usize]) -> Value {
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
            return Value::Object(Map::new());
        };
        // Each recipe begins with what tells most.
        if place.depth == 1 {
            self.next = 0;
        }
        let cited = if properties.contains_key("evidence") { self.cite(place) } else { cited.to_vec() };
        let is_section = properties.contains_key("heading") || properties.contains_key("points");
        if is_section {
            self.section = self.section();
            self.next_in_section = 0;
        }
        let fields = properties.iter().map(|(name, field)| {
            let inner = Place { key: name, index: place.index, depth: place.depth + 1 };
            // The text of an object with evidence stands where the object stands.
            let inner = if name == "text" { Place { key: place.key, ..inner } } else { inner };
            (name.clone(), self.value(field, inner, &cited))
        });
        let object = Value::Object(fields.collect());
        if is_section {
            self.section.clear();
        }
        object
    }

    fn array(&mut self, schema: &Value, place: Place<'_>, cited: &[usize]) -> Value {
        if place.key == "evidence" {
            let points = cited.iter().filter_map(|point| self.points.get(*point));
            return points.flat_map(|point| point.names.clone()).collect();
        }
        let least = bound(schema, "minItems").unwrap_or(1);
        let most = bound(schema, "maxItems").unwrap_or(ITEMS.max(least));
        let all = self.points.len();
        let wanted = match place.key {
            // A sentence of Chinese or Japanese is too short to stand alone.
            "conclusion" if self.language.dense => 2.min(all).max(1),
            "wrong" | "conclusion" => 1,
            "introduction" | "sections" | "modules" => 2.min(all),
            // As many as an ad needs.
            "headlines" => ITEMS,
            "keywords" | "hashtags" => ITEMS.min(self.words(place.key).0.len()).max(1),
            "descriptions" => ITEMS.min(all).max(2),
            _ if !self.section.is_empty() => self.section.len(),
            _ => ITEMS.min(all),
        };
        let count = wanted.clamp(least.min(most), most).min(64);
        let items = schema.get("items").unwrap_or(&Value::Null);
        let composed = (0..count)
            .map(|index| self.value(items, Place { index, depth: place.depth + 1, ..place }, cited));
        Value::Array(composed.collect())
    }

    fn text(&mut self, schema: &Value, place: Place<'_>, cited: &[usize]) -> String {
        let mut text = self.said(place, cited);
        let is_plain = !place.key.contains("title") && !place.key.contains("keyword") && place.key != "wrong";
        if self.invent && is_plain {
            text.clone_from(&self.language.invention);
            self.invent = false;
        }
        if let Some(least) = bound(schema, "minLength").filter(|least| *least <= 100_000) {
            while text.chars().count() < least {
                text.push('.');
            }
        }
        match bound(schema, "maxLength") {
            Some(most) if text.chars().count() > most => text.chars().take(most).collect(),
            _ => text,
        }
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

/// A bound of a schema.
fn bound(schema: &Value, name: &str) -> Option<usize> {
    schema.get(name).and_then(Value::as_u64).and_then(|value| usize::try_from(value).ok())
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
    use super::super::prompt::Fact;
    use super::*;
    use serde_json::json;

    fn read() -> Read {
        let facts = [("title", "Mug"), ("material", "stoneware"), ("volume", "300 ml")];
        Read {
            facts: facts.map(|(name, value)| Fact::new(name, vec![value.to_owned()])).to_vec(),
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
            let mismatch = skuscribe_check::recipe::Validator::new(&schema).unwrap().mismatch(&value);
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
        let value = composer.compose();
        assert_eq!(value.get("evidence"), Some(&json!(["material"])));
        assert!(value.get("text").unwrap().as_str().unwrap().contains("stoneware"));
    }
}
