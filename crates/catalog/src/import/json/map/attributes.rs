//! The attributes that a format's rules name.

use serde_json::{Value, json};

use super::{FLATTEN_DEPTH_MAX, Mapper, key_at};
use crate::import::json::fact::{number, unit_name};
use crate::import::json::format::AttributeRule;
use crate::import::json::path::{Path, elements};
use crate::import::json::pattern::{Pattern, any};
use crate::import::json::value::{Said, add, as_text};

impl Mapper {
    /// Whether a key of a rule's object is a field of the product.
    fn taken(&self, rule: &AttributeRule, name: &str) -> bool {
        let from = rule.from.as_ref().map_or("", Path::as_str);
        let is = |path: &Path| {
            path.as_str()
                .strip_prefix(from)
                .and_then(|rest| rest.strip_prefix('.'))
                .is_some_and(|rest| rest == name)
        };
        let paths = self.format.fields.get("sku").into_iter().flatten();
        paths.clone().any(is) || self.seen_fields.iter().any(|path| is(path))
    }

    /// What a rule finds, handed to `put` as name, label and value.
    pub(super) fn attributes<T>(
        &mut self,
        rule: &AttributeRule,
        item: &Value,
        put: &mut impl FnMut(&mut T, &str, Said, Said),
        into: &mut T,
    ) {
        let found: Vec<&Value> = match &rule.from {
            Some(from) => from.find(item),
            None => vec![item],
        };
        for element in found.into_iter().flat_map(elements) {
            if any(&rule.skip, element) {
                let name = rule.name.iter().find_map(|path| key_at(path, element));
                self.kept_back(name.as_deref().or(rule.named.as_deref()).unwrap_or_default());
                continue;
            }
            if rule.entries {
                let plumbing: &[Pattern] = &[];
                for (name, value) in element.as_object().into_iter().flatten() {
                    if self.taken(rule, name) {
                        continue;
                    }
                    if self.is_plumbing(name, plumbing) {
                        self.kept_back(name);
                        continue;
                    }
                    let mut facts = Vec::new();
                    self.flatten(name, value, 0, plumbing, &mut facts);
                    for (name, said) in facts {
                        put(into, &name, Said::new(), said);
                    }
                }
                continue;
            }
            let name = rule.named.clone().or_else(|| rule.name.iter().find_map(|path| key_at(path, element)));
            let label: Said = rule
                .label
                .iter()
                .map(|path| self.texts(path, element))
                .find(|said| !said.is_empty())
                .unwrap_or_default();
            let name = name.or_else(|| label.iter().find_map(|(_, text)| as_text(text)));
            let Some(mut name) = name else { continue };
            let mut label = label;
            // Under the same name sections say different things.
            if let Some(section) = rule.section.as_ref().and_then(|path| key_at(path, element)) {
                label = vec![(None, json!(name))];
                name = format!("{section} {name}");
            }
            if self.is_plumbing(&name, &[]) {
                self.kept_back(&name);
                continue;
            }
            let mut said = self.values(rule, element);
            if rule.codes {
                let labels = &self.settings.labels;
                said.retain(|(_, value)| {
                    !elements(value).iter().any(|code| is_code(code) && !labels.has(&name, code))
                });
            }
            if said.is_empty() {
                let had = rule.value.iter().any(|path| path.is_in(element));
                if had {
                    self.kept_back(&name);
                }
                continue;
            }
            put(into, &name, label, said);
        }
    }

    fn values(&mut self, rule: &AttributeRule, element: &Value) -> Said {
        for path in &rule.value {
            let found = path.find(element);
            let mut said = Said::new();
            let decoded: Vec<Option<Value>> =
                found.iter().map(|value| rule.json.then(|| decoded(value)).flatten()).collect();
            for (value, decoded) in found.into_iter().zip(&decoded) {
                let value = decoded.as_ref().unwrap_or(value);
                for (locale, value) in self.format.localized.read(value, &mut self.scope) {
                    add(&mut said, locale, value);
                }
            }
            if said.is_empty() {
                continue;
            }
            let unit = rule.unit.iter().find_map(|unit| key_at(unit, element));
            if let Some(unit) = unit.map(|unit| unit_name(&unit)).filter(|unit| !unit.is_empty()) {
                for (_, value) in &mut said {
                    let number = value.as_str().and_then(number).map(Value::Number);
                    let number = number.or_else(|| value.is_number().then(|| value.clone()));
                    if let Some(number) = number {
                        *value = json!({ "value": number, "unit": unit });
                    }
                }
            }
            // Shops fill in zero where they did not measure.
            said.retain(|(_, value)| {
                rule.named.is_none() || value.get("value").and_then(Value::as_f64) != Some(0.0)
            });
            return said;
        }
        Said::new()
    }
}

/// Whether a value is nothing but digits, or several such with commas between.
fn is_code(value: &Value) -> bool {
    as_text(value).is_some_and(|text| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b',' | b' '))
    })
}

/// The keys of the item that a rule reads.
pub(super) fn tops(rule: &AttributeRule) -> Vec<&str> {
    match &rule.from {
        Some(from) => vec![from.top()],
        None => rule.name.iter().chain(&rule.value).chain(&rule.unit).map(Path::top).collect(),
    }
}

/// What a text holds that is JSON itself, as metafields have it.
fn decoded(value: &Value) -> Option<Value> {
    let text = value.as_str()?.trim();
    if !text.starts_with(['[', '{']) {
        return match text {
            "true" => Some(json!(true)),
            "false" => Some(json!(false)),
            _ => None,
        };
    }
    let value: Value = serde_json::from_str(text).ok()?;
    Some(if value.get("type").and_then(Value::as_str) == Some("root") {
        json!(rich_text(&value, 0))
    } else {
        value
    })
}

/// The text of a tree of rich text.
fn rich_text(node: &Value, depth: usize) -> String {
    if let Some(text) = node.get("value").and_then(Value::as_str) {
        return text.to_owned();
    }
    let children = node.get("children").and_then(Value::as_array).filter(|_| depth < FLATTEN_DEPTH_MAX * 2);
    let texts = children.into_iter().flatten().map(|child| rich_text(child, depth + 1));
    let block = matches!(node.get("type").and_then(Value::as_str), Some("root" | "list"));
    texts.collect::<Vec<String>>().join(if block { "\n" } else { "" })
}
