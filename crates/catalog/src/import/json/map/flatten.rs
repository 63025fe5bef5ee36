//! The keys that no rule names, as attributes.

use serde_json::Value;

use super::{FLATTEN_DEPTH_MAX, Mapper, NAMES_MAX};
use crate::import::json::draft::put;
use crate::import::json::fact::is_money;
use crate::import::json::format::Rest;
use crate::import::json::pattern::Pattern;
use crate::import::json::value::{Said, as_text, shapes};

impl Mapper {
    /// The keys that no rule names.
    pub(super) fn rest(
        &mut self,
        item: &Value,
        used: &[&str],
        rest: Rest,
        plumbing: &[Pattern],
        into: &mut Vec<(String, Said)>,
    ) {
        for (name, value) in item.as_object().into_iter().flatten() {
            if used.contains(&name.as_str()) || value.is_null() || name == "#text" {
                continue;
            }
            if rest == Rest::Plumbing || self.is_plumbing(name, plumbing) {
                self.kept_back(name);
                continue;
            }
            self.flatten(name, value, 0, plumbing, into);
        }
    }

    /// A value as attributes: one, or one for each key of an object.
    pub(super) fn flatten(
        &mut self,
        name: &str,
        value: &Value,
        depth: usize,
        plumbing: &[Pattern],
        into: &mut Vec<(String, Said)>,
    ) {
        let said = self.format.localized.read(value, &mut self.scope);
        let is_container = |name: &str| shapes().containers.iter().any(|known| known == name);
        let is_pair = value.is_object() && value.get("name").is_some();
        let items =
            value.as_array().map(Vec::as_slice).or_else(|| is_pair.then(|| std::slice::from_ref(value)));
        let pairs = items.filter(|_| depth < FLATTEN_DEPTH_MAX).and_then(pairs);
        if let Some(pairs) = pairs {
            for (name, value) in pairs {
                if self.is_plumbing(&name, plumbing) {
                    self.kept_back(&name);
                } else {
                    self.flatten(&name, value, depth + 1, plumbing, into);
                }
            }
            return;
        }
        if !said.is_empty() && (!value.is_object() || !is_container(name)) {
            put(into, name, said);
            return;
        }
        match value {
            Value::Object(fields) if depth < FLATTEN_DEPTH_MAX && !is_money(fields) => {
                for (key, value) in fields {
                    if self.is_plumbing(key, plumbing) || value.is_null() {
                        self.kept_back(key);
                        continue;
                    }
                    let full = if is_container(name) { key.clone() } else { format!("{name} {key}") };
                    self.flatten(&full, value, depth + 1, plumbing, into);
                }
            }
            Value::Array(items) if depth < FLATTEN_DEPTH_MAX => {
                for item in items.iter().filter(|item| item.is_object()).take(NAMES_MAX) {
                    self.flatten(name, item, depth + 1, plumbing, into);
                }
            }
            Value::Null => {}
            _ => self.kept_back(name),
        }
    }
}

/// A list of pairs of name and value; `None` where it is none.
fn pairs(items: &[Value]) -> Option<Vec<(String, &Value)>> {
    let first =
        |item: &'_ Value, keys: &[String]| keys.iter().find(|key| item.get(key.as_str()).is_some()).cloned();
    let mut pairs = Vec::new();
    for item in items.iter().take(NAMES_MAX) {
        let name = first(item, &shapes().pair_names)?;
        let value = first(item, &shapes().pair_values)?;
        if name == value {
            return None;
        }
        pairs.push((as_text(item.get(&name)?)?, item.get(&value)?));
    }
    (!pairs.is_empty()).then_some(pairs)
}
