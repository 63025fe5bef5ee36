//! An attribute taken apart into the words that a question is compared with. Pure.

use super::phrase::words;
use skuscribe_check::product::Value;
use skuscribe_check::product::unit::{Dimension, named};
use skuscribe_check::texts::spaced;

/// An attribute, taken apart.
pub(super) struct AttributeTerms {
    pub(super) name: Vec<String>,
    pub(super) group: Vec<String>,
    pub(super) name_text: String,
    /// Words of the value that name what follows them: "Width: 5 in".
    pub(super) keys: Vec<String>,
    pub(super) values: Vec<String>,
    pub(super) value_text: String,
    /// What is measured in it.
    pub(super) dimensions: Vec<Dimension>,
    pub(super) is_boolean: bool,
}

/// Most bytes that are read of a long value: what it is about stands at its beginning.
const VALUE_BYTES_MAX: usize = 2_000;

impl AttributeTerms {
    pub(super) fn new(name: &str, value: &Value) -> Self {
        let name_text = spaced(name).to_lowercase();
        // "Body: Weight": the group says little.
        let group = name_text.split_once(':').map(|(group, _)| words(group)).unwrap_or_default();
        let mut value_text = value.to_string().to_lowercase();
        let mut end = value_text.len().min(VALUE_BYTES_MAX);
        while !value_text.is_char_boundary(end) {
            end -= 1;
        }
        value_text.truncate(end);
        let mut keys = Vec::new();
        let mut rest = value_text.as_str();
        while let Some((before, after)) = rest.split_once(':') {
            let key = before.rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default();
            keys.extend(words(&key.replace('_', " ")));
            rest = after;
        }
        let values: Vec<String> =
            words(&value_text.replace('_', " ")).into_iter().filter(|word| !keys.contains(word)).collect();
        keys.retain(|key| {
            !matches!(key.as_str(), "valu" | "unit" | "normaliz" | "str" | "decimal" | "standardiz")
        });
        let units = value_text.split(|c: char| !c.is_alphabetic()).filter_map(named);
        let mut dimensions: Vec<Dimension> = units.map(|unit| unit.dimension).collect();
        dimensions.dedup();
        let is_boolean = matches!(value, Value::Boolean(_))
            || values
                .iter()
                .all(|word| matches!(word.as_str(), "tru" | "fals" | "yes" | "no" | "true" | "false"));
        Self { name: words(&name_text), group, name_text, keys, values, value_text, dimensions, is_boolean }
    }
}
