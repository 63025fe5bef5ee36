//! The body of a chat completion request, as it goes over the wire: what is asked, in the form that the server takes.

use std::borrow::Cow;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::form::{RequestForm, SystemRole, schema};

/// What is asked, whatever the server's form.
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    /// The instructions.
    pub(super) system: &'a str,
    /// The instructions with the schema spelled out.
    pub(super) system_with_schema: &'a str,
    /// What the user says.
    pub(super) user: &'a str,
    /// An earlier answer with the complaint about it.
    pub(super) previous: Option<&'a (String, String)>,
    /// The answer's schema.
    pub(super) schema: &'a RawValue,
    /// The cap on the answer's tokens that is wanted; 0 for none.
    pub(super) cap: u32,
    /// Tokens of the prompt as estimated; 0 where they are not.
    pub(super) prompt_tokens: u64,
}

/// One message.
#[derive(Debug, PartialEq, Serialize)]
struct CompletionMessage<'a> {
    role: &'static str,
    content: Cow<'a, str>,
}

/// The request's body; written by hand because the cap's name depends on the server.
pub(super) struct CompletionRequest<'a> {
    model: &'a str,
    form: &'a RequestForm,
    messages: Vec<CompletionMessage<'a>>,
    schema: Cow<'a, RawValue>,
    /// Cap on the answer's tokens; 0 for none.
    cap: u32,
}

impl<'a> CompletionRequest<'a> {
    /// A question in a form.
    pub(super) fn new(model: &'a str, form: &'a RequestForm, question: &Question<'a>) -> Self {
        let pruned = schema::without(question.schema, &form.schema_without);
        Self {
            model,
            form,
            messages: messages(form, question, pruned.is_some()),
            schema: pruned.map_or(Cow::Borrowed(question.schema), Cow::Owned),
            cap: form.cap(question.cap, question.prompt_tokens),
        }
    }

    /// Bytes of all that is said.
    pub(super) fn prompt_bytes(&self) -> usize {
        self.messages.iter().map(|message| message.content.len()).sum()
    }
}

impl Serialize for CompletionRequest<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("model", self.model)?;
        map.serialize_entry("messages", &self.messages)?;
        let strict = !self.form.schema_without.contains("strict");
        if let Some(format) = self.form.way().response_format(&self.schema, strict) {
            map.serialize_entry("response_format", &format)?;
        }
        if let Some(name) = self.form.cap_name().filter(|_| self.cap > 0) {
            map.serialize_entry(name, &self.cap)?;
        }
        for (name, value) in &self.form.parameters {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// The messages. No two of one role follow each other: many chat templates refuse them.
fn messages<'a>(form: &RequestForm, question: &Question<'a>, is_pruned: bool) -> Vec<CompletionMessage<'a>> {
    let message = |role, content| CompletionMessage { role, content };
    let system = if form.way().schema_in_prompt() || is_pruned {
        question.system_with_schema
    } else {
        question.system
    };
    let mut user = Cow::Borrowed(question.user);
    let mut messages = match form.role {
        SystemRole::System => vec![message("system", Cow::Borrowed(system))],
        SystemRole::Developer => vec![message("developer", Cow::Borrowed(system))],
        SystemRole::User | SystemRole::Merged => {
            user = Cow::Owned(format!("{system}\n\n{user}"));
            Vec::new()
        }
    };
    let word = if form.json_word { "\nThe answer is json." } else { "" };
    match question.previous {
        Some((answer, complaint)) if answer.is_empty() => {
            messages.push(message("user", Cow::Owned(format!("{user}\n\n{complaint}{word}"))));
        }
        Some((answer, complaint)) if form.role == SystemRole::Merged => {
            let said = format!("{user}\n\nYou answered:\n{answer}\n\n{complaint}{word}");
            messages.push(message("user", Cow::Owned(said)));
        }
        Some((answer, complaint)) => {
            messages.push(message("user", user));
            messages.push(message("assistant", Cow::Borrowed(answer)));
            messages.push(message("user", Cow::Owned(format!("{complaint}{word}"))));
        }
        None if word.is_empty() => messages.push(message("user", user)),
        None => messages.push(message("user", Cow::Owned(format!("{user}{word}")))),
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::generate::form::Adaptation;
    use crate::generate::structured::Structured;
    use serde_json::{Value, json};

    const SCHEMA: &str = r#"{"type":"object","additionalProperties":false}"#;

    fn body(adaptations: &[Adaptation], previous: Option<(&str, &str)>) -> Value {
        let mut config = Config::defaults().unwrap().model;
        config.temperature = 0.5;
        config.parameters.insert("top_p".to_owned(), json!(0.9));
        let mut form = RequestForm::start(&config, None);
        for adaptation in adaptations {
            adaptation.apply(&mut form);
        }
        let schema: Box<RawValue> = serde_json::from_str(SCHEMA).unwrap();
        let previous = previous.map(|(answer, complaint)| (answer.to_owned(), complaint.to_owned()));
        let question = Question {
            system: "Write.",
            system_with_schema: "Write: schema.",
            user: "Facts.",
            previous: previous.as_ref(),
            schema: &schema,
            cap: 100,
            prompt_tokens: 0,
        };
        serde_json::to_value(CompletionRequest::new("m", &form, &question)).unwrap()
    }

    fn said(body: &Value) -> Vec<(&str, &str)> {
        let messages = body["messages"].as_array().unwrap().iter();
        messages.map(|said| (said["role"].as_str().unwrap(), said["content"].as_str().unwrap())).collect()
    }

    #[test]
    fn a_request_carries_what_was_set_and_nothing_else() {
        let body = body(&[], None);
        let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
        assert_eq!(
            keys,
            ["model", "messages", "response_format", "max_completion_tokens", "temperature", "top_p"]
        );
        assert_eq!(body["response_format"]["json_schema"]["strict"], true);
        assert_eq!(said(&body), [("system", "Write."), ("user", "Facts.")]);
    }

    #[test]
    fn what_is_refused_is_not_sent() {
        let without = |name: &str| Adaptation::Without(name.to_owned());
        let schema_without = |word: &str| Adaptation::SchemaWithout(word.to_owned());
        let body = body(
            &[
                without("temperature"),
                without("max_completion_tokens"),
                schema_without("strict"),
                schema_without("additionalProperties"),
            ],
            None,
        );
        assert_eq!((&body["temperature"], &body["max_tokens"]), (&Value::Null, &json!(100)));
        let format = json!({ "type": "json_schema", "json_schema": { "name": "product_copy", "schema": { "type": "object" } } });
        assert_eq!(body["response_format"], format);
        assert_eq!(said(&body)[0], ("system", "Write: schema."), "the whole schema stands in the prompt");
    }

    #[test]
    fn instructions_stand_where_the_server_takes_them_and_no_role_follows_itself() {
        let repair = Some(("Answer.", "Complaint."));
        let role = |role| [Adaptation::Role(role), Adaptation::NotStructured(Structured::JsonSchema)];
        for (adaptations, previous, expected) in [
            (
                role(SystemRole::Developer),
                repair,
                vec![
                    ("developer", "Write: schema."),
                    ("user", "Facts."),
                    ("assistant", "Answer."),
                    ("user", "Complaint."),
                ],
            ),
            (
                role(SystemRole::User),
                repair,
                vec![("user", "Write: schema.\n\nFacts."), ("assistant", "Answer."), ("user", "Complaint.")],
            ),
            (
                role(SystemRole::Merged),
                repair,
                vec![("user", "Write: schema.\n\nFacts.\n\nYou answered:\nAnswer.\n\nComplaint.")],
            ),
            (
                role(SystemRole::System),
                Some(("", "Complaint.")),
                vec![("system", "Write: schema."), ("user", "Facts.\n\nComplaint.")],
            ),
        ] {
            assert_eq!(said(&body(&adaptations, previous)), expected);
        }
        let word = body(&[Adaptation::JsonWord], None);
        assert!(said(&word)[1].1.ends_with("json."));
    }
}
