//! Labels of attributes and of their options, as Akeneo's attribute and attribute-option lists have them.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::draft::Draft;
use super::value::{Said, as_text, locale};

/// Most labels that are kept.
const LABELS_MAX: usize = 1_000_000;

/// What codes are called, by locale.
#[derive(Clone, Debug, Default)]
pub struct Labels {
    attributes: HashMap<String, Vec<(String, String)>>,
    options: HashMap<String, HashMap<String, Vec<(String, String)>>>,
    count: usize,
}

impl Labels {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds an attribute (`{"code", "labels"}`) or an option of one (`{"code", "attribute", "labels"}`); returns whether it
    /// is one of these.
    pub fn add(&mut self, item: &Value) -> bool {
        let code = item.get("code").and_then(as_text);
        let labels = item.get("labels").and_then(Value::as_object);
        let (Some(code), Some(labels)) = (code, labels) else { return false };
        let labels: Vec<(String, String)> = labels
            .iter()
            .filter_map(|(key, label)| Some((locale(key)?, as_text(label)?)))
            .take(LABELS_MAX.saturating_sub(self.count))
            .collect();
        self.count += labels.len();
        match item.get("attribute").and_then(as_text) {
            Some(attribute) => {
                self.options.entry(attribute).or_default().insert(code, labels);
            }
            None => {
                self.attributes.insert(code, labels);
            }
        }
        true
    }

    /// Whether an option has a label.
    pub(crate) fn has(&self, attribute: &str, code: &Value) -> bool {
        let options = self.options.get(attribute);
        as_text(code).is_some_and(|code| options.is_some_and(|options| options.contains_key(&code)))
    }

    /// Puts labels in the place of codes, and beside the names of attributes.
    pub(in crate::import) fn apply(&self, draft: &mut Draft) {
        if self.is_empty() {
            return;
        }
        let mut names: Vec<String> = Vec::new();
        for (name, said) in draft.attributes_mut() {
            if let Some(options) = self.options.get(name) {
                *said = labelled(said, options);
            }
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        for name in names {
            let labels = self.attributes.get(&name).into_iter().flatten();
            let said: Said = labels.map(|(locale, label)| (Some(locale.clone()), json!(label))).collect();
            draft.label(&name, said);
        }
    }
}

/// The same values with the labels of their codes, in each locale that has some.
fn labelled(said: &Said, options: &HashMap<String, Vec<(String, String)>>) -> Said {
    let label = |code: &Value, locale: &str| {
        let labels = code.as_str().and_then(|code| options.get(code));
        let found = labels.and_then(|labels| labels.iter().find(|(known, _)| known == locale));
        found.map_or_else(|| code.clone(), |(_, label)| json!(label))
    };
    let in_locale = |value: &Value, locale: &str| match value {
        Value::Array(codes) => Value::Array(codes.iter().map(|code| label(code, locale)).collect()),
        code => label(code, locale),
    };
    let mut out = Said::new();
    for (known, value) in said {
        if let Some(locale) = known {
            out.push((Some(locale.clone()), in_locale(value, locale)));
        } else {
            let codes: Vec<&Value> = super::path::elements(value);
            let mut locales: Vec<&String> = Vec::new();
            let labels = codes.iter().filter_map(|code| code.as_str()).filter_map(|code| options.get(code));
            for (locale, _) in labels.flatten() {
                if !locales.contains(&locale) {
                    locales.push(locale);
                }
            }
            if locales.is_empty() {
                out.push((None, value.clone()));
            }
            out.extend(locales.into_iter().map(|locale| (Some(locale.clone()), in_locale(value, locale))));
        }
    }
    out
}
