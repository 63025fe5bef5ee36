//! Paths into a JSON value, as formats write them: `variants.sku`, `options[0].name`; lists are passed through.

use serde::Deserialize;
use serde_json::Value;

/// Most nodes that a path finds.
const FOUND_MAX: usize = 2000;

/// A path into an item.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub(crate) struct Path {
    text: String,
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
    /// The elements that have this value under this key.
    Where(String, String),
}

impl From<String> for Path {
    fn from(text: String) -> Self {
        let mut steps = Vec::new();
        for part in text.split('.').filter(|part| !part.is_empty()) {
            match part.strip_suffix(']').and_then(|part| part.split_once('[')) {
                Some((key, index)) => {
                    steps.push(Step::Key(key.to_owned()));
                    steps.extend(match index.split_once('=') {
                        Some((key, value)) => Some(Step::Where(key.to_owned(), value.to_owned())),
                        None => index.parse().ok().map(Step::Index),
                    });
                }
                None => steps.push(Step::Key(part.to_owned())),
            }
        }
        Self { text, steps }
    }
}

impl Path {
    /// The path as it is written.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The key of the item that it begins with.
    pub(crate) fn top(&self) -> &str {
        match self.steps.first() {
            Some(Step::Key(key)) => key,
            _ => "",
        }
    }

    /// How many keys it has.
    pub(crate) fn len(&self) -> usize {
        self.steps.len()
    }

    /// What stands there, in order; lists and pages of a connection on the way are passed through.
    pub(crate) fn find<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        let mut found = vec![value];
        for step in &self.steps {
            let mut next = Vec::new();
            for value in found {
                match step {
                    Step::Key(key) => children(value, key, &mut next),
                    Step::Where(key, wanted) => next.extend(
                        elements(value)
                            .into_iter()
                            .filter(|element| element.get(key).and_then(Value::as_str) == Some(wanted)),
                    ),
                    Step::Index(index) => next.extend(elements(value).get(*index).copied()),
                }
            }
            found = next;
        }
        found.retain(|value| !value.is_null());
        found
    }

    /// Whether something stands there that is not null.
    pub(crate) fn is_in(&self, value: &Value) -> bool {
        !self.find(value).is_empty()
    }
}

fn children<'a>(value: &'a Value, key: &str, out: &mut Vec<&'a Value>) {
    if out.len() >= FOUND_MAX {
        return;
    }
    match value {
        Value::Object(fields) => match fields.get(key) {
            Some(child) => out.push(child),
            None => {
                if let Some(page) = page(value) {
                    for element in page {
                        out.extend(element.get(key));
                    }
                }
            }
        },
        Value::Array(items) => {
            for item in items {
                out.extend(item.get(key));
            }
        }
        _ => {}
    }
}

/// The elements of a page of a connection: `{"edges": [{"node": …}]}` or `{"nodes": […]}`.
pub(crate) fn page(value: &Value) -> Option<Vec<&Value>> {
    if let Some(nodes) = value.get("nodes").and_then(Value::as_array) {
        return Some(nodes.iter().collect());
    }
    let edges = value.get("edges").and_then(Value::as_array)?;
    Some(edges.iter().filter_map(|edge| edge.get("node")).collect())
}

/// The elements of a list or of a connection's page; any other value is the only one.
pub(crate) fn elements(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().take(FOUND_MAX).collect(),
        Value::Null => Vec::new(),
        other => page(other).unwrap_or_else(|| vec![other]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_passes_lists_and_pages_and_takes_an_element_by_its_place() {
        let item = json!({
            "a": { "b": 1, "n": null },
            "list": [{ "x": 1 }, { "y": 2 }, { "x": 3 }],
            "pairs": [{ "k": "a", "v": 1 }, { "k": "b", "v": 2 }],
            "page": { "edges": [{ "node": { "x": 4 } }, { "cursor": "c" }] },
            "nodes": { "nodes": [{ "x": 5 }] },
        });
        for (path, expected) in [
            ("a.b", json!([1])),
            ("a.n", json!([])),
            ("list.x", json!([1, 3])),
            ("list[1].y", json!([2])),
            ("page.x", json!([4])),
            ("page[0].x", json!([4])),
            ("nodes.x", json!([5])),
            ("none.x", json!([])),
            ("list[9]", json!([])),
            ("pairs[k=b].v", json!([2])),
        ] {
            let path = Path::from(path.to_owned());
            assert_eq!(json!(path.find(&item)), expected, "{}", path.as_str());
        }
    }
}
