//! How names and values of facts are written for shoppers. Pure.

use super::texts::LanguageTexts;
use skuscribe_check::injection::{Level, without};
use skuscribe_check::product::Value;
use skuscribe_check::texts::spaced;

/// A value as shoppers read it.
pub(super) fn display_value(value: &Value, texts: &LanguageTexts) -> String {
    match value {
        Value::Boolean(true) => texts.yes.clone(),
        Value::Boolean(false) => texts.no.clone(),
        other => plain_value(other),
    }
}

/// A value on one line. It is text, whatever it holds.
pub(super) fn plain_value(value: &Value) -> String {
    let text = value.to_string();
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    // Instructions to a writer are not for shoppers.
    without(&flat, Level::Task).into_owned()
}

/// A text in at most so many characters, cut between words: a cut number would be another number.
pub(super) fn truncated(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    let mut kept: String = text.chars().take(chars_max).collect();
    let end = kept.rfind([' ', '、', '，', ',']).unwrap_or(0);
    kept.truncate(end);
    format!("{}…", kept.trim_end_matches(|c: char| !c.is_alphanumeric()))
}

/// What shoppers call an attribute, as a sentence begins with it: its label, or its name in words.
pub(crate) fn label(name: &str, label: Option<&str>) -> String {
    let spaced = label.map_or_else(|| spaced(name), str::to_owned);
    // "Body: Weight" would have two colons with its value.
    let spaced = match spaced.split_once(':') {
        Some((group, name)) => format!("{} ({})", name.trim(), group.trim()),
        None => spaced,
    };
    capitalised(spaced.trim())
}

/// A text with a capital at its beginning.
pub(super) fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// An attribute, as shoppers call it, with its value, as a sentence.
pub(super) fn attribute_sentence(label: &str, value: &str, texts: &LanguageTexts) -> String {
    let value = value.trim_end_matches(['.', '。']);
    texts.plain.replace("{attribute}", label).replace("{value}", value)
}
