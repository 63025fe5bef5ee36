//! A draft: what a model, a batch file or a person proposes for one recipe. Untrusted until checked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Proposed content of one recipe, with the evidence that its writer claims.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Draft {
    /// The recipe.
    pub recipe: String,
    /// Content in the shape of the recipe's output schema; `evidence` lists stand beside the texts.
    pub content: Value,
}

/// One text inside a draft.
#[derive(Clone, Debug, PartialEq)]
pub struct Text<'a> {
    /// JSON pointer inside the recipe's content.
    pub at: String,
    /// The text.
    pub text: &'a str,
    /// Names of the attributes that support it, as the writer says; of the nearest enclosing object.
    pub cited: Vec<&'a str>,
}

/// Every text of a draft in reading order, without the evidence lists themselves.
#[must_use]
pub fn texts(content: &Value) -> Vec<Text<'_>> {
    let mut found = Vec::new();
    collect(content, &mut String::new(), &[], &mut found);
    found
}

fn collect<'a>(value: &'a Value, at: &mut String, cited: &[&'a str], found: &mut Vec<Text<'a>>) {
    let length = at.len();
    match value {
        Value::String(text) => found.push(Text { at: at.clone(), text, cited: cited.to_vec() }),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                at.push('/');
                at.push_str(&index.to_string());
                collect(item, at, cited, found);
                at.truncate(length);
            }
        }
        Value::Object(fields) => {
            let of_object: Option<Vec<&str>> = fields
                .get("evidence")
                .and_then(Value::as_array)
                .map(|names| names.iter().filter_map(Value::as_str).collect());
            let cited = of_object.as_deref().unwrap_or(cited);
            for (name, field) in fields {
                if name == "evidence" && of_object.is_some() {
                    continue;
                }
                at.push('/');
                at.push_str(&name.replace('~', "~0").replace('/', "~1"));
                collect(field, at, cited, found);
                at.truncate(length);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_text_is_found_with_the_evidence_of_the_nearest_object() {
        let content = json!({
            "title": "T",
            "body": [{ "text": "One.", "evidence": ["a"] }, { "text": "Two.", "evidence": [] }],
            "pair": { "question": "Q?", "answer": "A.", "evidence": ["b", "c"] }
        });
        let found = texts(&content);
        let flat: Vec<_> = found.iter().map(|text| (text.at.as_str(), text.text, text.cited.len())).collect();
        assert_eq!(
            flat,
            [
                ("/title", "T", 0),
                ("/body/0/text", "One.", 1),
                ("/body/1/text", "Two.", 0),
                ("/pair/question", "Q?", 2),
                ("/pair/answer", "A.", 2)
            ]
        );
    }
}
