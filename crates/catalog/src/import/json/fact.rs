//! One JSON value as the value of an attribute: quantities, labels of options, lists in HTML.

use serde_json::{Map, Number, Value, json};

use super::value::shapes;

/// Most elements of a list that are looked at.
const ELEMENTS_MAX: usize = 1000;

/// The attribute value that a JSON value stands for; `None` for nothing, money, references, and objects that say several
/// things.
pub(crate) fn fact(value: &Value) -> Option<Value> {
    fact_at(value, 0)
}

fn fact_at(value: &Value, depth: usize) -> Option<Value> {
    if depth > 4 {
        return None;
    }
    match value {
        Value::Null => None,
        Value::Bool(_) | Value::Number(_) => Some(value.clone()),
        Value::String(text) => text_fact(text),
        Value::Array(items) => {
            let mut facts = Vec::new();
            for item in items.iter().take(ELEMENTS_MAX) {
                match fact_at(item, depth + 1) {
                    Some(Value::Array(inner)) => facts.extend(inner),
                    Some(fact) => facts.push(fact),
                    // A list of which a part cannot be read is none.
                    None if item.is_object() => return None,
                    None => {}
                }
            }
            one_or_list(facts)
        }
        Value::Object(fields) => object_fact(fields, depth),
    }
}

pub(super) fn one_or_list(mut facts: Vec<Value>) -> Option<Value> {
    match facts.len() {
        0 => None,
        1 => facts.pop(),
        _ => Some(Value::Array(facts)),
    }
}

fn object_fact(fields: &Map<String, Value>, depth: usize) -> Option<Value> {
    if is_money(fields) {
        return None;
    }
    if let Some(quantity) = quantity(fields) {
        return Some(quantity);
    }
    // A name with its value says what an attribute is.
    if fields.contains_key("name") && shapes().pair_values.iter().any(|key| fields.contains_key(key)) {
        return None;
    }
    let named = |keys: &[String]| {
        keys.iter().filter_map(|key| fields.get(key)).find_map(|value| fact_at(value, depth + 1))
    };
    let is_reference = shapes().references.iter().any(|key| fields.contains_key(key));
    // What identifies a thing is no name of it.
    let id_like = |key: &String| matches!(key.as_str(), "key" | "code" | "value" | "content");
    let keys: Vec<String> =
        shapes().texts.iter().filter(|key| !is_reference || !id_like(key)).cloned().collect();
    named(&keys)
}

/// Whether an object is an amount of money.
pub(crate) fn is_money(fields: &Map<String, Value>) -> bool {
    shapes().money.iter().any(|key| fields.contains_key(key))
}

pub(super) fn quantity(fields: &Map<String, Value>) -> Option<Value> {
    let first = |keys: &[String]| {
        let known = keys.iter().filter_map(|key| fields.get(key));
        known.into_iter().find(|value| !value.is_null()).cloned()
    };
    let unit = first(&shapes().units)?;
    let amount = first(&shapes().amounts)?;
    let unit = unit_name(unit.as_str()?);
    let number = match &amount {
        Value::Number(number) => Some(number.clone()),
        Value::String(text) => number(text),
        _ => None,
    };
    match number {
        Some(number) if unit.is_empty() => Some(Value::Number(number)),
        Some(number) => Some(json!({ "value": number, "unit": unit })),
        None => amount.as_str().map(|text| json!(format!("{} {unit}", text.trim()).trim())),
    }
}

/// A unit as people write it.
pub(crate) fn unit_name(unit: &str) -> String {
    let unit = unit.trim();
    shapes().unit_names.get(&unit.to_uppercase()).map_or_else(|| unit.to_owned(), Clone::clone)
}

/// A decimal number without idle zeros: `12.5000` is 12.5.
pub(crate) fn number(text: &str) -> Option<Number> {
    let text = text.trim();
    let text = match text.split_once('.') {
        Some(_) => text.trim_end_matches('0').trim_end_matches('.'),
        None => text,
    };
    // Leading zeros make it a code, and no number.
    text.parse().ok()
}

fn text_fact(text: &str) -> Option<Value> {
    let text = text.trim();
    if is_nothing(text) || is_address(text) {
        return None;
    }
    Some(list_items(text).and_then(one_or_list).unwrap_or_else(|| json!(text)))
}

/// Whether a text is nothing but the address of a thing or a file.
fn is_address(text: &str) -> bool {
    let begins =
        |start: &&String| text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
    if text.contains(char::is_whitespace) {
        return false;
    }
    let ending = text.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    shapes().addresses.iter().any(|start| begins(&start))
        || ending.is_some_and(|ending| shapes().files.contains(&ending))
}

/// Whether a text says that there is nothing.
pub(crate) fn is_nothing(text: &str) -> bool {
    text.len() <= 12 && shapes().nothing.iter().any(|nothing| text.eq_ignore_ascii_case(nothing))
}

/// The items of a list in HTML, as they are written; `None` where a text is no list alone.
pub(crate) fn list_items(text: &str) -> Option<Vec<Value>> {
    let lower = text.to_ascii_lowercase();
    let begins = ["<ul", "<ol", "<li"].iter().any(|tag| lower.starts_with(tag));
    if !begins {
        return None;
    }
    let (mut items, mut at) = (Vec::new(), 0);
    while let Some(found) = lower.get(at..).and_then(|rest| rest.find("<li")) {
        let open = at + found;
        let start = open + lower.get(open..)?.find('>')? + 1;
        let rest = lower.get(start..)?;
        let ends = ["</li", "<li", "</ul", "</ol"].iter().filter_map(|end| rest.find(end));
        let end = start + ends.min().unwrap_or(rest.len());
        let item = text.get(start..end)?.trim();
        if !item.is_empty() {
            items.push(json!(item));
        }
        at = end;
        if items.len() >= ELEMENTS_MAX {
            break;
        }
    }
    // Words behind the list would be lost.
    let rest = lower.get(at..)?.trim();
    let rest = ["</li>", "</ul>", "</ol>"].iter().fold(rest, |rest, tag| rest.trim().trim_start_matches(tag));
    (rest.trim().is_empty() && !items.is_empty()).then_some(items)
}
