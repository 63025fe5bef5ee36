//! What a model answered: lenient reading of the response, strict reading of the text.

use serde::Deserialize;
use serde_json::{Map, Value};

use skuscribe_check::content::Usage;
use skuscribe_check::recipe::{Brief, Mismatch};

/// A chat completion, as far as we use it. Lenient: a paid answer must not be lost to a new enum value.
#[derive(Debug, Deserialize)]
pub(super) struct Completion {
    #[serde(default)]
    pub(super) model: Option<String>,
    #[serde(default)]
    pub(super) choices: Vec<Choice>,
    #[serde(default)]
    pub(super) usage: Option<CompletionUsage>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Choice {
    #[serde(default)]
    pub(super) message: Message,
    #[serde(default)]
    pub(super) finish_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Message {
    #[serde(default)]
    pub(super) content: Option<String>,
    #[serde(default)]
    pub(super) refusal: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct CompletionUsage {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
    #[serde(default)]
    prompt_tokens_details: Option<PromptTokensDetails>,
}

#[derive(Debug, Deserialize)]
struct PromptTokensDetails {
    #[serde(default)]
    cached_tokens: Option<u64>,
}

impl CompletionUsage {
    pub(super) fn usage(&self) -> Usage {
        let cached = self.prompt_tokens_details.as_ref().and_then(|details| details.cached_tokens);
        Usage {
            input_tokens: self.prompt_tokens,
            cached_tokens: cached.unwrap_or(0),
            output_tokens: self.completion_tokens,
        }
    }
}

/// One answer, taken apart.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) text: String,
    pub(super) finish_reason: Option<String>,
    pub(super) refusal: Option<String>,
    pub(super) model: String,
    pub(super) usage: Usage,
    /// In billionths.
    pub(super) cost: i64,
    /// Requests sent for it.
    pub(super) attempts: u32,
    /// From the first request to the last byte.
    pub(super) latency: std::time::Duration,
}

/// What is wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The server cut it (`finish_reason: length`).
    #[error("it was cut before its end; answer more briefly")]
    Cut,
    /// The model or a content filter refused.
    #[error("the model refused: {0}")]
    Refused(String),
    /// No text at all.
    #[error("it is empty")]
    Empty,
    /// No JSON.
    #[error("it is not valid JSON: {0}")]
    NotJson(String),
    /// JSON of another shape.
    #[error("it does not match the schema: {0}")]
    Schema(String),
}

impl Problem {
    /// Whether saying what was wrong may help: a refusal stands.
    pub(super) fn is_repairable(&self) -> bool {
        !matches!(self, Self::Refused(_))
    }
}

/// Reads an answer's text as an object in the brief's schema.
pub(super) fn parse(
    text: &str,
    finish_reason: Option<&str>,
    refusal: Option<&str>,
    brief: &Brief,
) -> Result<Map<String, Value>, Problem> {
    if let Some(refusal) = refusal.filter(|refusal| !refusal.is_empty()) {
        return Err(Problem::Refused(refusal.chars().take(200).collect()));
    }
    if finish_reason == Some("content_filter") {
        return Err(Problem::Refused("content filter".to_owned()));
    }
    if finish_reason == Some("length") {
        return Err(Problem::Cut);
    }
    let body = unfenced(text);
    if body.is_empty() {
        return Err(Problem::Empty);
    }
    let value: Value = match serde_json::from_str(body) {
        Ok(value) => value,
        Err(error) => serde_json::from_str(&tamed(body)).map_err(|_| Problem::NotJson(error.to_string()))?,
    };
    if let Some(Mismatch { at, message }) = brief.validator.mismatch(&value) {
        let message: String = message.chars().take(200).collect();
        return Err(Problem::Schema(format!("at {}: {message}", if at.is_empty() { "/" } else { &at })));
    }
    match value {
        Value::Object(fields) => Ok(fields),
        _ => Err(Problem::Schema("it must be an object".to_owned())),
    }
}

/// The text with a space for each bare control character inside its strings: llama.cpp's grammar lets them through.
fn tamed(text: &str) -> String {
    let (mut out, mut in_string, mut after_backslash) = (String::with_capacity(text.len()), false, false);
    for character in text.chars() {
        if in_string && character.is_ascii_control() {
            out.push(' ');
            after_backslash = false;
            continue;
        }
        match character {
            '"' if !after_backslash => in_string = !in_string,
            _ => {}
        }
        after_backslash = character == '\\' && !after_backslash;
        out.push(character);
    }
    out
}

/// The text without a Markdown fence around it, which models without structured output like to add.
fn unfenced(text: &str) -> &str {
    let text = text.trim();
    let Some(inner) = text.strip_prefix("```").and_then(|rest| rest.strip_suffix("```")) else { return text };
    inner.strip_prefix("json").unwrap_or(inner).trim()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use skuscribe_check::recipe::Recipes;

    fn check(text: &str, finish: Option<&str>, expected: &str) {
        let recipes = Recipes::load(&Config::defaults().unwrap().recipes).unwrap();
        let locale = "en-US".parse().unwrap();
        let seo = recipes.requested(&["seo".to_owned()], &locale).unwrap();
        let brief = recipes.brief(&seo, &locale, None).unwrap();
        let got = match parse(text, finish, None, &brief) {
            Ok(fields) => format!("{} keys", fields.len()),
            Err(problem) => problem.to_string(),
        };
        assert!(got.contains(expected), "{got}");
    }

    const GOOD: &str =
        r#"{"seo":{"meta_title":"a","meta_description":{"text":"b","evidence":[]},"keywords":["c"]}}"#;

    #[test]
    fn only_a_whole_answer_in_the_schema_s_shape_is_read() {
        check(GOOD, Some("stop"), "1 keys");
        check(GOOD, Some("a_reason_of_next_year"), "1 keys");
        check(&format!("```json\n{GOOD}\n```"), None, "1 keys");
        check(&GOOD.replace("\"a\"", "\"a\nb\""), None, "1 keys");
        check(GOOD, Some("length"), "cut");
        check(GOOD, Some("content_filter"), "refused");
        check("", None, "empty");
        check("Sure! Here is", None, "not valid JSON");
        check(r#"{"seo":{}}"#, None, "at /seo");
        check("[1]", None, "schema");
    }

    #[test]
    fn an_unknown_field_or_a_missing_usage_loses_no_answer() {
        let completion: Completion = serde_json::from_str(r#"{"choices":[{"message":{"content":"x","novel":1},"finish_reason":"new"}],"service_tier":"odd"}"#).unwrap();
        assert_eq!(completion.choices.len(), 1);
        assert!(completion.usage.is_none());
    }

    #[test]
    fn tokens_beyond_all_bounds_are_summed_without_an_overflow() {
        let usage: CompletionUsage =
            serde_json::from_str(r#"{"prompt_tokens":18446744073709551615,"completion_tokens":1}"#).unwrap();
        let (mut sum, usage) = (usage.usage(), usage.usage());
        sum += usage;
        assert_eq!((sum.input_tokens, sum.total(), sum.output_tokens), (u64::MAX, u64::MAX, 2));
    }
}
