//! Fitting a value to the schema of an answer: what is around it, beside it, or written as another type is set right.
//!
//! No text is changed: members that the schema does not have are dropped, and what is alone is put into an array.

use std::cell::OnceCell;

use serde_json::{Map, Value};

use super::{WRAPPERS_MAX, json};
use skuscribe_check::recipe::{Brief, Mismatch};

/// Schemas within schemas, at most.
const DEPTH_MAX: usize = 32;

/// What an answer should be.
pub(super) struct Shape<'a> {
    brief: &'a Brief,
    /// The schema as a value: only an answer that does not fit needs it.
    schema: OnceCell<Value>,
}

impl<'a> Shape<'a> {
    pub(super) fn of(brief: &'a Brief) -> Self {
        Self { brief, schema: OnceCell::new() }
    }

    /// The object in a value that fits.
    pub(super) fn fit(&self, value: &Value) -> Option<Map<String, Value>> {
        if self.mismatch(value).is_none() {
            return value.as_object().cloned();
        }
        self.within(value, WRAPPERS_MAX).or_else(|| self.named(value))
    }

    /// Where a value does not fit, once it is set right.
    pub(super) fn mismatch_of(&self, value: &Value) -> Option<Mismatch> {
        self.mismatch(&self.set_right(value.clone()))
    }

    fn mismatch(&self, value: &Value) -> Option<Mismatch> {
        self.brief.validator.mismatch(value)
    }

    fn schema(&self) -> &Value {
        // It is the one that was sent: without it nothing is set right, and the answer does not fit.
        self.schema.get_or_init(|| serde_json::from_str(self.brief.schema.get()).unwrap_or_default())
    }

    fn set_right(&self, value: Value) -> Value {
        let schema = self.schema();
        set_right(value, schema, schema, 0)
    }

    /// The object itself, or the last one in it that fits.
    fn within(&self, value: &Value, wrappers: usize) -> Option<Map<String, Value>> {
        let fitted = self.set_right(value.clone());
        if self.mismatch(&fitted).is_none()
            && let Value::Object(fields) = fitted
        {
            return Some(fields);
        }
        let wrappers = wrappers.checked_sub(1)?;
        match value {
            Value::Object(fields) => fields.values().rev().find_map(|field| self.within(field, wrappers)),
            Value::Array(items) => items.iter().rev().find_map(|item| self.within(item, wrappers)),
            Value::String(text) => parsed(text).and_then(|value| self.within(&value, wrappers)),
            Value::Null | Value::Bool(_) | Value::Number(_) => None,
        }
    }

    /// The object under the one name that the schema has, where the model left that out.
    fn named(&self, value: &Value) -> Option<Map<String, Value>> {
        let properties = self.schema().get("properties")?.as_object()?;
        let mut names = properties.keys();
        let (name, None) = (names.next()?, names.next()) else { return None };
        let wrapped = Map::from_iter([(name.clone(), value.clone())]);
        self.within(&Value::Object(wrapped), 0)
    }
}

/// The object or array that a text holds.
fn parsed(text: &str) -> Option<Value> {
    text.trim_start().starts_with(['{', '[']).then(|| json::whole(text))?
}

/// A value as the schema has it, as far as that is beyond doubt.
fn set_right(value: Value, schema: &Value, root: &Value, depth: usize) -> Value {
    if depth > DEPTH_MAX {
        return value;
    }
    let schema = resolved(schema, root, &value);
    let wants = |kind: &str| match schema.get("type") {
        Some(Value::String(name)) => name == kind,
        Some(Value::Array(names)) => names.iter().any(|name| name == kind),
        _ => false,
    };
    match value {
        Value::Object(fields) if wants("object") => object(fields, schema, root, depth),
        Value::Object(_) | Value::String(_) | Value::Null if wants("array") && !wants(kind(&value)) => {
            array(value, schema, root, depth)
        }
        Value::Array(items) if wants("array") => {
            let Some(of) = schema.get("items") else { return Value::Array(items) };
            Value::Array(items.into_iter().map(|item| set_right(item, of, root, depth + 1)).collect())
        }
        Value::String(text) if !wants("string") => from_text(text, &wants, schema, root, depth),
        Value::Number(number)
            if wants("string") && !number.is_f64() && !wants("integer") && !wants("number") =>
        {
            Value::String(number.to_string())
        }
        other => other,
    }
}

fn object(fields: Map<String, Value>, schema: &Value, root: &Value, depth: usize) -> Value {
    let properties = schema.get("properties").and_then(Value::as_object);
    let closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
    let fitted = fields.into_iter().filter_map(|(name, field)| {
        match properties.and_then(|properties| properties.get(&name)) {
            Some(of) => Some((name, set_right(field, of, root, depth + 1))),
            None if closed => None,
            None => Some((name, field)),
        }
    });
    Value::Object(fitted.collect())
}

/// What stands where an array should: the only item of it, or none.
fn array(value: Value, schema: &Value, root: &Value, depth: usize) -> Value {
    if let Value::String(text) = &value
        && let Some(array @ Value::Array(_)) = parsed(text)
    {
        return set_right(array, schema, root, depth + 1);
    }
    let Some(of) = schema.get("items").filter(|_| !value.is_null()) else { return Value::Array(Vec::new()) };
    Value::Array(vec![set_right(value, of, root, depth + 1)])
}

/// What a text says where something else should stand.
fn from_text(
    text: String,
    wants: &dyn Fn(&str) -> bool,
    schema: &Value,
    root: &Value,
    depth: usize,
) -> Value {
    if wants("object")
        && let Some(object @ Value::Object(_)) = parsed(&text)
    {
        return set_right(object, schema, root, depth + 1);
    }
    match text.trim().parse() {
        Ok(number) if wants("integer") || wants("number") => return Value::Number(number),
        _ => {}
    }
    match text.trim() {
        "true" | "True" if wants("boolean") => Value::Bool(true),
        "false" | "False" if wants("boolean") => Value::Bool(false),
        _ => Value::String(text),
    }
}

/// The schema that counts for a value: what is referred to, or the one choice beside null.
fn resolved<'a>(schema: &'a Value, root: &'a Value, value: &Value) -> &'a Value {
    let mut schema = schema;
    for _ in 0..DEPTH_MAX {
        let reference = schema.get("$ref").and_then(Value::as_str);
        let target = reference.and_then(|reference| root.pointer(reference.strip_prefix('#')?));
        let choices = ["anyOf", "oneOf"].iter().find_map(|name| schema.get(name)?.as_array());
        let mut others = choices
            .into_iter()
            .flatten()
            .filter(|choice| choice.get("type").and_then(Value::as_str) != Some("null") && !value.is_null());
        schema = match (target, others.next(), others.next()) {
            (Some(target), ..) => target,
            (None, Some(only), None) => only,
            _ => return schema,
        };
    }
    schema
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Value {
        let item = json!({ "type": "object", "properties": { "text": { "type": "string" }, "evidence": { "type": "array", "items": { "type": "string" } } }, "required": ["text", "evidence"], "additionalProperties": false });
        json!({
            "type": "object",
            "properties": { "description": {
                "type": "object",
                "properties": {
                    "title": { "type": "string" },
                    "body": { "type": "array", "items": { "$ref": "#/$defs/item" } },
                    "note": { "anyOf": [{ "type": "null" }, { "type": "array", "items": { "type": "string" } }] },
                    "count": { "type": "integer" }, "sure": { "type": "boolean" }
                },
                "required": ["title", "body"],
                "additionalProperties": false
            } },
            "required": ["description"],
            "additionalProperties": false,
            "$defs": { "item": item }
        })
    }

    fn fitted(value: &Value) -> Option<Value> {
        let brief = Brief::new(String::new(), &schema()).unwrap();
        Shape::of(&brief).fit(value).map(Value::Object)
    }

    #[test]
    fn what_stands_around_or_beside_an_answer_is_dropped_and_what_is_alone_becomes_an_array() {
        let text = json!({ "title": "Mug", "body": [{ "text": "Clay.", "evidence": ["material"] }] });
        let good = json!({ "description": text });
        let evidence = json!({ "title": "Mug", "body": [{ "text": "Clay.", "evidence": "material", "why": 1 }], "seo": {} });
        for value in [
            good.clone(),
            json!([good]),
            json!({ "product_copy": good }),
            json!({ "status": "ok", "result": { "data": good } }),
            json!({ "name": "product_copy", "arguments": good.to_string() }),
            json!({ "type": "object", "properties": good }),
            json!([{ "a": 1 }, good, []]),
            json!({ "description": text.to_string() }),
            json!({ "description": [], "answer": good }),
            json!({ "description": evidence, "confidence": 0.9 }),
            json!({ "description": { "title": "Mug", "body": { "text": "Clay.", "evidence": ["material"] } } }),
            json!({ "description": { "title": "Mug", "body": "[{\"text\":\"Clay.\",\"evidence\":[\"material\"]}]" } }),
            text.clone(),
        ] {
            assert_eq!(fitted(&value), Some(good.clone()), "{value}");
        }
        let typed =
            json!({ "description": { "title": 7, "body": null, "note": "a", "count": "3", "sure": "true" } });
        let right =
            json!({ "description": { "title": "7", "body": [], "note": ["a"], "count": 3, "sure": true } });
        assert_eq!(fitted(&typed), Some(right));
    }

    #[test]
    fn what_is_missing_or_of_another_kind_is_not_made_up() {
        for value in [
            json!({}),
            json!([]),
            json!("text"),
            schema(),
            json!({ "description": { "title": "Mug" } }),
            json!({ "description": { "title": "Mug", "body": ["Clay."] } }),
            json!({ "description": { "title": { "en": "Mug" }, "body": [] } }),
            json!({ "a": { "b": { "c": { "d": { "description": { "title": "Mug", "body": [] } } } } } }),
        ] {
            assert_eq!(fitted(&value), None, "{value}");
        }
    }
}
