//! A JSON Schema, compiled once, and the first place where a value does not fit it.

use anyhow::anyhow;
use boon::{Compiler, ErrorKind, SchemaIndex, Schemas, SchemeUrlLoader, ValidationError};
use serde_json::Value;

/// Where a schema is registered while it compiles; nothing is ever fetched.
const LOCATION: &str = "schema:/";

/// A compiled JSON Schema.
pub struct Validator {
    schemas: Schemas,
    root: SchemaIndex,
}

/// Where a value does not fit its schema, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// JSON pointer to the place; empty for the value itself.
    pub at: String,
    /// What the schema asks for there.
    pub message: String,
}

impl Validator {
    /// Compiles a schema of draft 4, 6, 7, 2019-09 or 2020-12, which is the default.
    ///
    /// # Errors
    /// When it is no valid schema, or refers to one outside itself; the message names the place.
    pub fn new(schema: &Value) -> anyhow::Result<Self> {
        let mut schemas = Schemas::new();
        let mut compiler = Compiler::new();
        // Without schemes: a reference to a file or an address is an error.
        compiler.use_loader(Box::new(SchemeUrlLoader::new()));
        compiler.add_resource(LOCATION, schema.clone()).map_err(|error| anyhow!("{error:#}"))?;
        let root = compiler.compile(LOCATION, &mut schemas).map_err(|error| anyhow!("{error:#}"))?;
        Ok(Self { schemas, root })
    }

    /// The first place where the value does not fit; `None` where it fits.
    #[must_use]
    pub fn mismatch(&self, value: &Value) -> Option<Mismatch> {
        let error = self.schemas.validate(value, self.root).err()?;
        let first = first_place(&error);
        Some(Mismatch { at: first.instance_location.to_string(), message: first.kind.to_string() })
    }
}

impl std::fmt::Debug for Validator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Validator").field("schemas", &self.schemas.size()).finish_non_exhaustive()
    }
}

/// Down through what only groups errors; a choice between schemas is named as such, as no one branch is to blame.
fn first_place<'e, 's, 'v>(error: &'e ValidationError<'s, 'v>) -> &'e ValidationError<'s, 'v> {
    let groups = matches!(
        error.kind,
        ErrorKind::Schema { .. } | ErrorKind::Group | ErrorKind::Reference { .. } | ErrorKind::AllOf
    );
    match error.causes.first() {
        Some(cause) if groups => first_place(cause),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn first(schema: &Value, value: &Value) -> String {
        let mismatch = Validator::new(schema).unwrap().mismatch(value);
        mismatch.map_or_else(|| "fits".to_owned(), |found| format!("{}: {}", found.at, found.message))
    }

    #[test]
    fn the_first_mismatch_is_named_by_its_pointer_and_what_is_asked_for() {
        let text = json!({ "type": "string", "minLength": 2, "maxLength": 4, "pattern": "^[a-z]+$" });
        let schema = json!({
            "type": "object",
            "properties": {
                "text": { "$ref": "#/$defs/text" },
                "tone": { "enum": ["warm", "plain"] },
                "tags": { "type": "array", "items": { "type": "integer", "minimum": 3 }, "minItems": 1 },
                "note": { "anyOf": [{ "type": "null" }, { "type": "string" }] },
            },
            "required": ["text"],
            "additionalProperties": false,
            "$defs": { "text": text },
        });
        for (value, expected) in [
            (json!({ "text": "mug", "tone": "warm", "tags": [3], "note": null }), "fits"),
            (json!({}), ": missing properties 'text'"),
            (json!([]), ": want object, but got array"),
            (json!({ "text": 1 }), "/text: want string, but got number"),
            (json!({ "text": "m" }), "/text: length must be >=2, but got 1"),
            (json!({ "text": "mugs!" }), "/text: length must be <=4, but got 5"),
            (json!({ "text": "MUG" }), "/text: 'MUG' does not match pattern '^[a-z]+$'"),
            (json!({ "text": "mug", "tone": "loud" }), "/tone: value must be one of 'warm', 'plain'"),
            (json!({ "text": "mug", "tags": [] }), "/tags: minimum 1 items required, but got 0 items"),
            (json!({ "text": "mug", "tags": [3, 2] }), "/tags/1: must be >=3, but got 2"),
            (json!({ "text": "mug", "note": 1 }), "/note: anyOf failed"),
            (json!({ "text": "mug", "a/b": 1 }), ": additionalProperties 'a/b' not allowed"),
        ] {
            assert_eq!(first(&schema, &value), expected, "{value}");
        }
    }

    #[test]
    fn a_schema_that_is_none_or_refers_outside_itself_is_refused() {
        for (schema, part) in [
            (json!({ "type": "text" }), "/type"),
            (json!({ "minLength": -1 }), "/minLength"),
            (json!({ "pattern": "(" }), "pattern"),
            (json!({ "$ref": "file:///etc/hostname" }), "file:///etc/hostname"),
            (json!({ "$ref": "#/$defs/missing" }), "missing"),
        ] {
            let message = format!("{:#}", Validator::new(&schema).unwrap_err());
            assert!(message.contains(part), "{schema}: {message}");
        }
    }
}
