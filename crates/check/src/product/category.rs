//! Category paths, as publishers write them.

use schemars::{Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

/// Reads a category path: a list of texts, one text, or null.
pub(super) fn path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a category path: a list of texts, or one text")]
    enum Path {
        Segments(Vec<String>),
        One(String),
        None(()),
    }
    Ok(match Path::deserialize(deserializer)? {
        Path::Segments(segments) => segments,
        Path::One(one) if one.trim().is_empty() => Vec::new(),
        Path::One(one) => vec![one],
        Path::None(()) => Vec::new(),
    })
}

/// The schema of what [`path`] reads.
pub(super) fn schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "description": "Category path, outermost first.",
        "anyOf": [{ "type": "array", "items": { "type": "string" } }, { "type": ["string", "null"] }]
    })
}
