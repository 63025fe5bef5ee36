//! The form in which checked content is stored: evidence lists taken out, lists of sentences joined.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::content::{DerivedFrom, Evidence, Support, push_sentence, sentences};
use crate::product::{self, VERBATIM};
use crate::recipe::resolve;
use crate::rules::Subject;

/// The content as the storefront reads it, and the evidence map that goes with it: for each sentence the attributes
/// that support something in it. Sentences that none supports are left out of the map.
pub(crate) fn stored_content(subject: &Subject<'_>) -> (Value, Vec<Evidence>) {
    let mut map = Vec::new();
    // Most attributes support several sentences.
    let mut supports: HashMap<usize, Option<Support>> = HashMap::new();
    let joins: Vec<String> = subject
        .recipe
        .join
        .iter()
        .flat_map(|pointer| resolve(&subject.draft.content, pointer))
        .map(|(at, _)| at)
        .collect();
    for (text, reading) in &subject.texts {
        if subject.is_untrue(&text.at) {
            continue;
        }
        let joined = joins.iter().find(|at| text.at.starts_with(&format!("{at}/")));
        let at = match joined {
            Some(at) => at.clone(),
            None => text.at.strip_suffix("/text").unwrap_or(&text.at).to_owned(),
        };
        for (start, sentence) in sentences(text.text) {
            let attributes: Vec<Support> = reading
                .supported_by(start, start + sentence.len())
                .into_iter()
                .filter_map(|place| {
                    let support = || support(subject, subject.sheet.name(place));
                    supports.entry(place).or_insert_with(support).clone()
                })
                .collect();
            if !attributes.is_empty() {
                let (recipe, at, text) = (subject.recipe.name.clone(), at.clone(), sentence.to_owned());
                map.push(Evidence { recipe, at, text, attributes });
            }
        }
    }
    let mut content = plain(&subject.draft.content);
    for at in &joins {
        if let Some(list) = content.pointer_mut(at) {
            *list = joined(list);
        }
    }
    if let (true, Some(fields)) = (subject.recipe.verbatim, content.as_object_mut())
        && let Some((_, product::Value::List(texts))) =
            subject.facts.iter().find(|(name, _)| *name == VERBATIM)
    {
        let texts = texts.iter().map(|text| Value::String(text.to_string()));
        fields.insert(VERBATIM.to_owned(), texts.collect());
    }
    (content, map)
}

/// An attribute in the state that the text was checked against.
fn support(subject: &Subject<'_>, name: &str) -> Option<Support> {
    let value = subject.facts.value_digest(name)?;
    let derived = subject.facts.derived(name).map(DerivedFrom::from);
    Some(Support { name: name.to_owned(), value, version: subject.version, derived })
}

fn plain(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(plain).collect()),
        Value::Object(fields) => {
            let cited = fields.get("evidence").is_some_and(Value::is_array);
            match fields.get("text") {
                Some(text) if cited && fields.len() == 2 => text.clone(),
                _ => {
                    let kept = fields.iter().filter(|(name, _)| !(cited && *name == "evidence"));
                    Value::Object(
                        kept.map(|(name, field)| (name.clone(), plain(field))).collect::<Map<_, _>>(),
                    )
                }
            }
        }
        other => other.clone(),
    }
}

/// Sentences as one text: a space between them, none where the script has none.
fn joined(list: &Value) -> Value {
    let Some(items) = list.as_array() else { return list.clone() };
    let mut text = String::new();
    for sentence in items.iter().filter_map(Value::as_str) {
        push_sentence(&mut text, sentence.trim());
    }
    Value::String(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn evidence_is_taken_out_and_sentences_are_joined() {
        let content = json!({ "body": [{ "text": "One.", "evidence": [] }, { "text": "Two.", "evidence": ["a"] }], "entries": [{ "question": "Q", "answer": "A", "evidence": [] }] });
        let stored = plain(&content);
        assert_eq!(
            stored,
            json!({ "body": ["One.", "Two."], "entries": [{ "question": "Q", "answer": "A" }] })
        );
        assert_eq!(joined(stored.get("body").unwrap()), json!("One. Two."));
        assert_eq!(joined(&json!(["一。", "二。"])), json!("一。二。"));
    }
}
