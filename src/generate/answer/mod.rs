//! What a model answered: one reader for every server, lenient about what stands around the answer, strict about it.

mod body;
mod broken;
mod completion;
mod find;
mod fit;
mod gather;
mod json;
mod usage;
mod wild;

use serde_json::{Map, Value};

pub(super) use body::{BodyProblem, canonical, is_whole};
pub(super) use completion::Completion;
use find::Found;
use fit::Shape;
use skuscribe_check::content::Usage;
use skuscribe_check::recipe::Brief;

/// Most characters of a refusal or a complaint that are shown.
const SHOWN_MAX: usize = 200;

/// How many wrappers an answer may have.
const WRAPPERS_MAX: usize = 3;

/// One answer, taken apart.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) text: String,
    /// In `OpenAI`'s words where they have one for it.
    pub(super) finish_reason: Option<String>,
    pub(super) refusal: Option<String>,
    /// Characters of thoughts that were given apart.
    pub(super) thought_chars: usize,
    pub(super) model: String,
    pub(super) usage: Usage,
    /// In billionths.
    pub(super) cost: i64,
    /// Requests sent for it.
    pub(super) attempts: u32,
    /// From the first request to the last byte.
    pub(super) latency: std::time::Duration,
}

impl Reply {
    /// Whether the model came to its end by itself.
    fn ended(&self) -> bool {
        self.finish_reason.as_deref() != Some("length")
    }
}

/// What is wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerProblem {
    /// It ends in its middle, whatever reason the server gave.
    #[error("it was cut before its end; if texts need to be that long, raise model.output_tokens_ceiling")]
    Cut,
    /// It went on without saying anything: a larger cap would not help.
    #[error("it ran wild: {0}")]
    Wild(String),
    /// The model or a content filter refused.
    #[error("the model refused: {0}")]
    Refused(String),
    /// No text at all, but perhaps thoughts.
    #[error("it is empty{}", thoughts(*.0))]
    Empty(usize),
    /// No JSON.
    #[error("it is not valid JSON: {0}")]
    NotJson(String),
    /// JSON of another shape.
    #[error("it does not match the schema: {0}")]
    Schema(String),
}

fn thoughts(chars: usize) -> String {
    if chars == 0 {
        return String::new();
    }
    format!(
        ", but for {chars} characters of reasoning; if the server takes the answer for reasoning, turn its reasoning parser off"
    )
}

impl AnswerProblem {
    /// What the model is told about it.
    pub(super) fn complaint(&self) -> String {
        match self {
            Self::Cut => "it was cut before its end; answer more briefly".to_owned(),
            Self::Wild(how) => format!("{how}; write the JSON object once, and end there"),
            Self::Empty(_) => "it is empty; write the JSON object as the answer".to_owned(),
            Self::Refused(_) | Self::NotJson(_) | Self::Schema(_) => self.to_string(),
        }
    }

    /// Whether saying what was wrong may help: a refusal stands.
    pub(super) fn is_repairable(&self) -> bool {
        !matches!(self, Self::Refused(_))
    }
}

/// Reads an answer as an object in the brief's schema: the last one in it that fits.
pub(super) fn read(reply: &Reply, brief: &Brief) -> Result<Map<String, Value>, AnswerProblem> {
    if let Some(refusal) = reply.refusal.as_deref().filter(|refusal| !refusal.is_empty()) {
        let plain = refusal.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
        return Err(AnswerProblem::Refused(plain.take(SHOWN_MAX).collect()));
    }
    let shape = Shape::of(brief);
    let problem = match find::find(&reply.text, reply.ended(), &|value| shape.fit(value)) {
        Found::Whole(mut fields) => {
            fields.values_mut().for_each(broken::drop_alone);
            return Ok(fields);
        }
        Found::NoJson(0) if reply.ended() => {
            let thought = reply.thought_chars + reply.text.trim().chars().count();
            return Err(AnswerProblem::Empty(thought));
        }
        Found::NoJson(letters) if reply.ended() => AnswerProblem::NotJson(format!(
            "{letters} characters of text hold no JSON object that can be read"
        )),
        Found::Other(value) if reply.ended() => schema(&shape, &value),
        Found::Cut | Found::NoJson(_) | Found::Other(_) => AnswerProblem::Cut,
    };
    Err(wild::wild(&reply.text).map_or(problem, AnswerProblem::Wild))
}

/// Whether an answer holds an object that has a yes or no of that name, whatever stands around it.
pub(super) fn says(reply: &Reply, name: &str) -> bool {
    let found = find::find(&reply.text, reply.ended(), &|value| with_boolean(value, name, WRAPPERS_MAX));
    matches!(found, Found::Whole(_))
}

/// The object that has a yes or no of that name: the value itself, or one within it.
fn with_boolean(value: &Value, name: &str, wrappers: usize) -> Option<Map<String, Value>> {
    if value.get(name).is_some_and(Value::is_boolean) {
        return value.as_object().cloned();
    }
    let wrappers = wrappers.checked_sub(1)?;
    match value {
        Value::Object(fields) => fields.values().rev().find_map(|field| with_boolean(field, name, wrappers)),
        Value::Array(items) => items.iter().rev().find_map(|item| with_boolean(item, name, wrappers)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// Where a value does not fit, by names and kinds alone: what a model wrote is not repeated.
fn schema(shape: &Shape<'_>, value: &Value) -> AnswerProblem {
    let Some(mismatch) = shape.mismatch_of(value) else {
        return AnswerProblem::Schema("it must be an object".to_owned());
    };
    let message = mismatch.message.as_str();
    let quotes = ["' does not match pattern", "' is not valid"];
    let plain = quotes.iter().find_map(|part| message.rfind(part)).and_then(|place| message.get(place + 2..));
    let message: String = plain.unwrap_or(message).chars().take(SHOWN_MAX).collect();
    let at = if mismatch.at.is_empty() { "/" } else { &mismatch.at };
    AnswerProblem::Schema(format!("at {at}: {message}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use skuscribe_check::recipe::Recipes;

    fn reply(text: &str, finish: Option<&str>) -> Reply {
        Reply {
            text: text.to_owned(),
            finish_reason: finish.map(str::to_owned),
            refusal: None,
            thought_chars: 0,
            model: String::new(),
            usage: Usage::default(),
            cost: 0,
            attempts: 1,
            latency: std::time::Duration::ZERO,
        }
    }

    fn check(reply: &Reply, expected: &str) {
        let recipes = Recipes::load(&Config::defaults().unwrap().recipes).unwrap();
        let locale = "en-US".parse().unwrap();
        let seo = recipes.requested(&["seo".to_owned()], &locale).unwrap();
        let brief = recipes.brief(&seo, &locale, None).unwrap();
        let got = match read(reply, &brief) {
            Ok(fields) => format!("{} keys", fields.len()),
            Err(problem) => problem.to_string(),
        };
        assert!(got.contains(expected), "{got}");
    }

    const GOOD: &str =
        r#"{"seo":{"meta_title":"a","meta_description":{"text":"b","evidence":[]},"keywords":["c"]}}"#;

    #[test]
    fn only_a_whole_answer_in_the_schema_s_shape_is_read() {
        let half = GOOD.get(..30).unwrap();
        for (text, finish, expected) in [
            (GOOD.to_owned(), Some("stop"), "1 keys"),
            (GOOD.to_owned(), Some("a_reason_of_next_year"), "1 keys"),
            (GOOD.to_owned(), Some("length"), "1 keys"),
            (format!("```json\n{GOOD}\n```"), None, "1 keys"),
            (GOOD.replace("\"a\"", "\"a\nb\""), None, "1 keys"),
            (format!("[{GOOD}]"), None, "1 keys"),
            (half.to_owned(), Some("stop"), "cut"),
            (half.to_owned(), Some("length"), "cut"),
            (format!("<think>{GOOD}"), Some("length"), "cut"),
            (format!("{half}{}", "own ".repeat(2_000)), Some("length"), "ran wild: it repeats itself"),
            (format!("{{{}", " \n".repeat(2_000)), Some("stop"), "ran wild: it ends in"),
            (format!("<think>{GOOD}</think>"), None, "empty, but for 104 characters of reasoning"),
            (String::new(), None, "it is empty"),
            ("Sure! Here is".to_owned(), None, "13 characters of text"),
            (r#"{"seo":{}}"#.to_owned(), None, "at /seo"),
            ("[1]".to_owned(), None, "schema"),
        ] {
            check(&reply(&text, finish), expected);
        }
        check(&Reply { refusal: Some("No.".to_owned()), ..reply("", None) }, "the model refused: No.");
        check(&Reply { thought_chars: 7, ..reply("", None) }, "7 characters of reasoning");
    }

    #[test]
    fn a_yes_or_no_is_found_in_thoughts_aside_and_in_arrays() {
        for text in [
            r#"{"ok":true}"#,
            r#"<think>{"ok":1}</think> [{"ok":false}]"#,
            "```\n{'ok': True}\n```",
            r#"{"name":"x","arguments":{"ok":true}}"#,
        ] {
            assert!(says(&reply(text, None), "ok"), "{text}");
        }
        for text in ["", r#"{"ok":1}"#, r#"<think>{"ok":true}</think>"#] {
            assert!(!says(&reply(text, None), "ok"), "{text}");
        }
    }

    #[test]
    fn tokens_beyond_all_bounds_are_summed_without_an_overflow() {
        let usage = Usage { input_tokens: u64::MAX, output_tokens: 1, ..Usage::default() };
        let mut sum = usage;
        sum += usage;
        assert_eq!((sum.input_tokens, sum.total(), sum.output_tokens), (u64::MAX, u64::MAX, 2));
    }
}
