//! A JSON Schema without the keywords that a server does not take. Pure.
//!
//! Answers are held against the whole schema on our side, so what is left out here loosens nothing.

use std::collections::BTreeSet;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// Keywords that a schema can go without. Those that give its shape are not among them.
const KEYWORDS: &[&str] = &[
    "$schema",
    "$id",
    "$comment",
    "$defs",
    "definitions",
    "$ref",
    "additionalProperties",
    "unevaluatedProperties",
    "patternProperties",
    "propertyNames",
    "minProperties",
    "maxProperties",
    "minItems",
    "maxItems",
    "uniqueItems",
    "contains",
    "prefixItems",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "anyOf",
    "oneOf",
    "allOf",
    "not",
    "if",
    "then",
    "else",
    "const",
    "enum",
    "default",
    "examples",
    "title",
    "description",
];

/// Keywords whose value is a map of names to schemas: the names are no keywords.
const NAMED: &[&str] = &["properties", "$defs", "definitions", "patternProperties", "dependentSchemas"];

/// Deepest nesting, and most references one in another, that are followed.
const DEPTH_MAX: usize = 32;

/// The keywords of a schema that it can go without.
pub(in crate::generate) fn keywords(schema: &str) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    if let Ok(schema) = serde_json::from_str(schema) {
        collect(&schema, DEPTH_MAX, &mut found);
    }
    found
}

fn collect(schema: &Value, depth: usize, found: &mut BTreeSet<&'static str>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match schema {
        Value::Object(fields) => {
            for (name, value) in fields {
                found.extend(KEYWORDS.iter().find(|keyword| *keyword == name));
                match value {
                    Value::Object(named) if NAMED.contains(&name.as_str()) => {
                        named.values().for_each(|value| collect(value, depth, found));
                    }
                    _ => collect(value, depth, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, depth, found)),
        _ => {}
    }
}

/// The schema without keywords; `None` where it has none of them.
pub(in crate::generate) fn without(schema: &RawValue, left_out: &BTreeSet<String>) -> Option<Box<RawValue>> {
    if !keywords(schema.get()).iter().any(|keyword| left_out.contains(*keyword)) {
        return None;
    }
    let whole: Value = serde_json::from_str(schema.get()).ok()?;
    serde_json::value::to_raw_value(&pruned(&whole, &whole, left_out, DEPTH_MAX)).ok()
}

fn pruned(schema: &Value, root: &Value, left_out: &BTreeSet<String>, depth: usize) -> Value {
    let Some(depth) = depth.checked_sub(1) else { return Value::Object(Map::new()) };
    match schema {
        Value::Object(fields) => {
            if left_out.contains("$ref")
                && let Some(reference) = fields.get("$ref").and_then(Value::as_str)
            {
                // What it points to takes its place; a circle ends soon.
                let (depth, target) = (depth / 2, reference.strip_prefix('#'));
                let target = target.and_then(|pointer| root.pointer(pointer));
                return target.map_or_else(
                    || Value::Object(Map::new()),
                    |target| pruned(target, root, left_out, depth),
                );
            }
            let mut kept = Map::new();
            for (name, value) in fields {
                if left_out.contains(name) {
                    if name == "const" && !left_out.contains("enum") {
                        kept.insert("enum".to_owned(), Value::Array(vec![value.clone()]));
                    }
                    continue;
                }
                let value = match value {
                    Value::Object(named) if NAMED.contains(&name.as_str()) => Value::Object(
                        named
                            .iter()
                            .map(|(name, value)| (name.clone(), pruned(value, root, left_out, depth)))
                            .collect(),
                    ),
                    // The values of these are data, not schemas.
                    _ if matches!(name.as_str(), "enum" | "const" | "default" | "examples" | "required") => {
                        value.clone()
                    }
                    _ => pruned(value, root, left_out, depth),
                };
                kept.insert(name.clone(), value);
            }
            Value::Object(kept)
        }
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| pruned(item, root, left_out, depth)).collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(schema: &Value, left_out: &[&str], expected: &Value) {
        let raw = serde_json::value::to_raw_value(schema).unwrap();
        let left_out = left_out.iter().map(|word| (*word).to_owned()).collect();
        let got = without(&raw, &left_out).map(|raw| serde_json::from_str(raw.get()).unwrap());
        assert_eq!(got.unwrap_or(Value::Null), *expected);
    }

    #[test]
    fn keywords_are_left_out_and_properties_of_their_names_are_not() {
        let schema = json!({
            "type": "object",
            "properties": {
                "description": { "type": "string", "description": "Copy", "minLength": 3 },
                "format": { "type": "array", "items": { "type": "string", "format": "uri" }, "minItems": 1 }
            },
            "required": ["description", "format"],
            "additionalProperties": false
        });
        let expected = json!({
            "type": "object",
            "properties": {
                "description": { "type": "string", "description": "Copy", "minLength": 3 },
                "format": { "type": "array", "items": { "type": "string" } }
            },
            "required": ["description", "format"]
        });
        check(&schema, &["format", "minItems", "additionalProperties"], &expected);
        check(&schema, &["pattern", "strict"], &Value::Null);
        let found: Vec<&str> = keywords(&schema.to_string()).into_iter().collect();
        assert_eq!(found, ["additionalProperties", "description", "format", "minItems", "minLength"]);
    }

    #[test]
    fn what_a_reference_points_to_takes_its_place_and_a_circle_ends() {
        check(
            &json!({ "properties": { "a": { "$ref": "#/$defs/x" } }, "$defs": { "x": { "type": "string" } } }),
            &["$ref", "$defs"],
            &json!({ "properties": { "a": { "type": "string" } } }),
        );
        let circle = json!({ "properties": { "a": { "$ref": "#" } } });
        let raw = serde_json::value::to_raw_value(&circle).unwrap();
        assert!(without(&raw, &["$ref".to_owned()].into()).is_some());
    }

    #[test]
    fn a_constant_becomes_a_choice_of_one() {
        check(&json!({ "const": "a" }), &["const"], &json!({ "enum": ["a"] }));
    }
}
