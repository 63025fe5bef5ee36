//! Ways to write an answer's JSON as it should not be written.

use serde_json::{Map, Value, json};

/// The answer as a value.
pub(super) fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| json!({ "text": text }))
}

/// The answer with every member of a name changed.
pub(super) fn members(value: &mut Value, change: &dyn Fn(&str, &mut Value)) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                change(name, field);
                members(field, change);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| members(item, change)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The answer with every text replaced.
pub(super) fn texts(value: Value, text: &str) -> Value {
    match value {
        Value::String(_) => json!(text),
        Value::Array(_) => json!([]),
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, field)| (name, texts(field, text))).collect())
        }
        other => other,
    }
}

/// The answer as a member of another object.
pub(super) fn within(name: &str, text: &str) -> String {
    Value::Object(Map::from_iter([(name.to_owned(), value(text))])).to_string()
}

/// The answer with a text put before the end of its first string that is no name; the text stands as it is.
pub(super) fn in_first_text(text: &str, put: &str) -> String {
    let Some(start) = text.find(":\"") else { return text.to_owned() };
    let (mut escaped, from) = (false, start + 2);
    let end = text.get(from..).and_then(|rest| {
        rest.char_indices().find_map(|(place, letter)| {
            let ends = letter == '"' && !escaped;
            escaped = letter == '\\' && !escaped;
            ends.then_some(from + place)
        })
    });
    let mut changed = text.to_owned();
    if let Some(end) = end {
        changed.insert_str(end, put);
    }
    changed
}

/// The answer with something put before each closing bracket outside of strings.
pub(super) fn before_closing(text: &str, put: &str) -> String {
    let (mut out, mut within, mut escaped) = (String::with_capacity(text.len() * 2), false, false);
    for letter in text.chars() {
        if !within && matches!(letter, ']' | '}') && !out.ends_with(['[', '{']) {
            out.push_str(put);
        }
        if letter == '"' && !escaped {
            within = !within;
        }
        escaped = letter == '\\' && !escaped;
        out.push(letter);
    }
    out
}

/// The answer with other quotation marks around its strings.
pub(super) fn quoted(text: &str, open: char, close: char) -> String {
    let (mut out, mut within, mut escaped) = (String::with_capacity(text.len()), false, false);
    for letter in text.chars() {
        if letter == '"' && !escaped {
            out.push(if within { close } else { open });
            within = !within;
        } else if within && letter == close && !escaped {
            out.push('\\');
            out.push(letter);
        } else {
            out.push(letter);
        }
        escaped = letter == '\\' && !escaped;
    }
    out
}

/// The first letters of a text.
pub(super) fn start(text: &str, letters: usize) -> String {
    text.chars().take(letters).collect()
}

/// A text in pieces of so many letters.
pub(super) fn pieces(text: &str, letters: usize) -> Vec<String> {
    let all: Vec<char> = text.chars().collect();
    all.chunks(letters.max(1)).map(|piece| piece.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_written_as_it_should_not_be() {
        let text = r#"{"a":"x \" y","b":["c"]}"#;
        assert_eq!(in_first_text(text, "!"), r#"{"a":"x \" y!","b":["c"]}"#);
        assert_eq!(before_closing(text, ","), r#"{"a":"x \" y","b":["c",],}"#);
        assert_eq!(quoted(text, '\'', '\''), r#"{'a':'x \" y','b':['c']}"#);
        assert_eq!(within("z", r#"{"a":1}"#), r#"{"z":{"a":1}}"#);
        assert_eq!(texts(value(text), "t"), json!({ "a": "t", "b": [] }));
    }
}
