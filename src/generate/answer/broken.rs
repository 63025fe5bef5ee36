//! Broken characters: what is left of a sign that a server cut in half. Beside a letter one stays for the checks to see, for a
//! letter may be lost there; alone it says nothing, and goes.

use serde_json::Value;

const BROKEN: char = char::REPLACEMENT_CHARACTER;

/// Drops broken characters that stand apart from words.
pub(super) fn drop_alone(value: &mut Value) {
    match value {
        Value::String(text) if text.contains(BROKEN) => *text = without_alone(text),
        Value::Array(items) => items.iter_mut().for_each(drop_alone),
        Value::Object(fields) => fields.values_mut().for_each(drop_alone),
        _ => {}
    }
}

fn without_alone(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(BROKEN) {
        let (before, from) = rest.split_at(at);
        kept.push_str(before);
        let behind = from.trim_start_matches(BROKEN);
        let beside = kept.ends_with(char::is_alphanumeric) || behind.starts_with(char::is_alphanumeric);
        if beside {
            kept.push_str(from.get(..from.len() - behind.len()).unwrap_or_default());
        } else {
            kept.truncate(kept.trim_end_matches(' ').len());
        }
        rest = behind;
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_an_emoji_goes_and_half_a_letter_stays() {
        for (text, expected) in [
            ("A mug \u{fffd}", "A mug"),
            ("A mug \u{fffd}\u{fffd} of clay.", "A mug of clay."),
            ("\u{fffd} A mug.", " A mug."),
            ("A mug.\u{fffd}", "A mug."),
            ("A caf\u{fffd} mug", "A caf\u{fffd} mug"),
            ("A mug of \u{fffd}cru clay", "A mug of \u{fffd}cru clay"),
        ] {
            let mut value = serde_json::json!({ "body": [text] });
            drop_alone(&mut value);
            assert_eq!(value, serde_json::json!({ "body": [expected] }), "{text}");
        }
    }
}
