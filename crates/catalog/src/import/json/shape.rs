//! Where a JSON file has its items: one a line, in a list, or in a list under some key, found by content.

use serde_json::Value;

use super::format::{Format, recognise};
use super::items::Shape;
use super::value::shapes;

/// How many keys may lead to the items.
const KEYS_MAX: usize = 4;
/// How many items of a list are looked at.
const SAMPLE: usize = 20;
/// Where the items stand, by the beginning of a file.
pub(crate) fn find(head: &[u8], formats: &[Format]) -> Shape {
    let head = head.trim_ascii_start();
    if !head.starts_with(b"{") {
        return Shape::default();
    }
    let lines = is_lines(head);
    let first = if lines { head.split(|byte| *byte == b'\n').next().unwrap_or(head) } else { head };
    let whole = serde_json::Deserializer::from_slice(first).into_iter::<Value>().next().and_then(Result::ok);
    let Some(value) = whole.or_else(|| repaired(first)) else {
        return Shape { lines, path: Vec::new() };
    };
    let path = path(&value, formats);
    // A page a line has more bytes than an item.
    Shape { lines: lines && path.is_empty(), path }
}

/// Whether each line is an item: the first one is, or most are where the first is broken.
fn is_lines(head: &[u8]) -> bool {
    let is_object = |line: &[u8]| {
        line.starts_with(b"{") && serde_json::from_slice::<serde::de::IgnoredAny>(line.trim_ascii()).is_ok()
    };
    let mut lines = head.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    if lines.next().is_some_and(is_object) {
        return true;
    }
    let (mut whole, mut all) = (0, 0);
    for line in lines.take(SAMPLE) {
        all += 1;
        whole += usize::from(is_object(line));
    }
    all > 0 && whole * 2 > all
}

/// The beginning of a value, cut behind its last whole part and closed.
fn repaired(head: &[u8]) -> Option<Value> {
    let (mut open, mut cut) = (Vec::new(), None);
    let (mut in_text, mut escaped) = (false, false);
    for (at, byte) in head.iter().copied().enumerate() {
        if in_text {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_text = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_text = true,
            b'{' => open.push(b'}'),
            b'[' => open.push(b']'),
            b'}' | b']' => {
                open.pop();
            }
            b',' => cut = Some((at, open.clone())),
            _ => {}
        }
        // What nests so deep is no catalog.
        if open.len() > 128 {
            return None;
        }
    }
    let (at, mut open) = cut?;
    let mut text = head.get(..at)?.to_vec();
    open.reverse();
    text.extend(open);
    serde_json::from_slice(&text).ok()
}

/// The keys that lead to the items of an object; none where it is an item itself.
fn path(root: &Value, formats: &[Format]) -> Vec<String> {
    let specific = |items: &[&Value]| recognise(formats, items).is_some_and(|format| !format.fold);
    if specific(&[root]) {
        return Vec::new();
    }
    let mut lists = Vec::new();
    collect(root, &mut Vec::new(), &mut lists);
    // What stands less deep comes first.
    lists.sort_by_key(|(path, _): &(Vec<String>, Vec<&Value>)| path.len());
    if let Some((path, _)) = lists.iter().find(|(_, items)| specific(items)) {
        return path.clone();
    }
    let is_product = recognise(formats, &[root]).is_some();
    let usual = |path: &[String]| path.last().is_some_and(|key| shapes().lists.contains(&key.to_lowercase()));
    let known = |items: &[&Value]| recognise(formats, items).is_some();
    lists.retain(|(path, _)| holds_list(root, path));
    let choices = lists.iter().filter(|_| !is_product);
    let of_products = choices.clone().filter(|(_, items)| known(items));
    let by_name = of_products.clone().find(|(path, _)| usual(path)).or_else(|| of_products.clone().next());
    let found = by_name.or_else(|| choices.clone().find(|(path, _)| usual(path)));
    found.map(|(path, _)| path.clone()).unwrap_or_default()
}

/// Whether there is a list on the way.
fn holds_list(root: &Value, path: &[String]) -> bool {
    let mut at = root;
    for key in path {
        let Some(next) = at.get(key) else { return false };
        if next.is_array() {
            return true;
        }
        at = next;
    }
    false
}

/// Every list of objects, and every object, with the keys that lead to it.
fn collect<'a>(value: &'a Value, path: &mut Vec<String>, lists: &mut Vec<(Vec<String>, Vec<&'a Value>)>) {
    let Value::Object(fields) = value else { return };
    for (key, child) in fields {
        path.push(key.clone());
        match child {
            Value::Object(_) if path.len() < KEYS_MAX => {
                lists.push((path.clone(), vec![child]));
                collect(child, path, lists);
            }
            Value::Array(items) => {
                let objects: Vec<&Value> =
                    items.iter().filter(|item| item.is_object()).take(SAMPLE).collect();
                if !objects.is_empty() {
                    lists.push((path.clone(), objects.clone()));
                }
                // What each element wraps: the node of an edge, the item of a list.
                let mut keys: Vec<&String> =
                    objects.iter().filter_map(|item| item.as_object()).flat_map(|item| item.keys()).collect();
                keys.sort_unstable();
                keys.dedup();
                for key in keys {
                    let within: Vec<&Value> = objects
                        .iter()
                        .filter_map(|item| item.get(key))
                        .filter(|inner| inner.is_object())
                        .collect();
                    if !within.is_empty() && path.len() < KEYS_MAX {
                        let mut path = path.clone();
                        path.push(key.clone());
                        lists.push((path, within));
                    }
                }
            }
            _ => {}
        }
        path.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::json::formats;

    #[test]
    fn the_items_are_found_whatever_is_around_them() {
        let product = r#"{"sku":"A1","title":"Mug"}"#;
        let deep = format!(
            r#"{{"errors":[{{"code":1}}],"data":{{"products":{{"edges":[{{"cursor":"x","node":{product}}}]}}}}}}"#
        );
        let hal = format!(r#"{{"_links":{{"self":{{"href":"x"}}}},"_embedded":{{"items":[{product}]}}}}"#);
        let own = r#"{"sku":"A1","title":"Mug","variants":[{"sku":"A1-1","title":"x","attributes":{}}]}"#;
        for (text, lines, path) in [
            (format!("{product}\n{product}"), true, &[][..]),
            (format!("{{\"broken\":\n{product}\n{product}"), true, &[][..]),
            (format!("[{product}]"), false, &[][..]),
            (format!("{{\"products\":[{product}]}}"), false, &["products"][..]),
            (format!("{{\n\"products\":[\n{product},\n{product}\n]\n}}"), false, &["products"][..]),
            (
                format!("{{\"a\":1,\"products\":[{product},{product},{{\"sku\":\"cut"),
                false,
                &["products"][..],
            ),
            (hal, false, &["_embedded", "items"][..]),
            (deep, false, &["data", "products", "edges", "node"][..]),
            (own.to_owned(), true, &[][..]),
            ("{".to_owned(), false, &[][..]),
        ] {
            let found = find(text.as_bytes(), formats().unwrap());
            assert_eq!(
                (found.lines, found.path),
                (lines, path.iter().map(|key| (*key).to_owned()).collect()),
                "{text}"
            );
        }
    }
}
