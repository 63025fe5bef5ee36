//! The fields of a product that are a text, and its categories.

use serde_json::{Value, json};

use super::Mapper;
use crate::import::json::fact::is_nothing;
use crate::import::json::path::{Path, elements};
use crate::import::json::value::{Said, as_text};

impl Mapper {
    /// A field that is one text.
    pub(super) fn texts(&mut self, path: &Path, item: &Value) -> Said {
        let found = path.find(item);
        for value in found {
            let said = match value {
                // Copy stays as it is written, lists included.
                Value::String(text) if !is_nothing(text.trim()) => {
                    vec![(None, json!(text.trim()))]
                }
                other => self.format.localized.read(other, &mut self.scope),
            };
            let text = |value: Value| match value {
                Value::Array(items) => {
                    let texts: Vec<String> = items.iter().filter_map(as_text).collect();
                    texts.first().cloned()
                }
                Value::Object(_) => None,
                other => as_text(&other),
            };
            let said: Said =
                said.into_iter().filter_map(|(locale, value)| Some((locale, json!(text(value)?)))).collect();
            if !said.is_empty() {
                return said;
            }
        }
        Said::new()
    }

    /// The path of categories: the deepest of several, outermost first.
    pub(super) fn category(&mut self, path: &Path, item: &Value) -> Said {
        let separators = &self.format.category_separators;
        let split = |text: &str| -> Vec<String> {
            let separator = separators.iter().find(|separator| text.contains(separator.as_str()));
            let parts: Vec<&str> =
                separator.map_or_else(|| vec![text], |separator| text.split(separator.as_str()).collect());
            parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
        };
        let mut paths: Vec<(Option<String>, Vec<String>)> = Vec::new();
        let found: Vec<&Value> = path.find(item).into_iter().flat_map(elements).collect();
        for value in found {
            for (locale, value) in self.format.localized.read(value, &mut self.scope) {
                for text in elements(&value).into_iter().filter_map(as_text) {
                    let parts = split(&text);
                    match paths.iter_mut().find(|(known, _)| *known == locale) {
                        None => paths.push((locale.clone(), parts)),
                        // Names without a separator are the parts of one path.
                        Some((_, known)) if separators.is_empty() => {
                            known.extend(parts);
                        }
                        Some((_, known)) if parts.len() > known.len() => *known = parts,
                        Some(_) => {}
                    }
                }
            }
        }
        paths.retain(|(_, parts)| !parts.is_empty());
        paths.into_iter().map(|(locale, parts)| (locale, json!(parts))).collect()
    }
}

/// A text, or the text of an object that has one.
pub(super) fn said_text(value: &Value) -> Option<String> {
    as_text(value).or_else(|| value.get("text").and_then(as_text))
}
