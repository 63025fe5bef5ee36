//! What a server said when it refused a request: the names and numbers in it, whatever its shape. Pure.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::words::{CAP_WORDS, FORMAT_WORDS, KINDS, NOT_SAID, PLACES, REFUSING};

/// Most bytes of a body that are read, and of its words that are kept.
const BODY_BYTES_MAX: usize = 64 << 10;
const TEXT_BYTES_MAX: usize = 8 << 10;
/// Deepest nesting of a body that is read.
const DEPTH_MAX: usize = 8;

static QUOTED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"["'`\[\(]\\?["'`]?([a-z_$][\w.$\[\]-]*)\\?["'`\])]"#).ok());
static PYTHON_LOC: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"'loc': [\(\[]([^)\]]*)[\)\]]").ok());
static NUMBER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?").ok());
static CONTEXT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:context(?:[ _](?:length|window|size))?|n_ctx|max_model_len|max_new_tokens`? must be)[^0-9]{0,40}?(\d[\d,]*)").ok()
});
static PROMPT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(\d[\d,]*) (?:tokens )?(?:of text input|input tokens|prompt tokens|`inputs` tokens|(?:of|from|in) (?:the |your )?(?:input|messages|prompt))").ok()
});

/// A request that was refused, as the server says it.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::generate) struct FormRefusal {
    /// The HTTP status.
    pub(in crate::generate) status: u16,
    /// All that is said, in lower case.
    pub(super) text: String,
    /// The parts of the places that it names, in lower case.
    pub(super) places: Vec<String>,
    /// The words that stand in quotes or brackets.
    pub(super) quoted: Vec<String>,
}

impl FormRefusal {
    /// Reads the answer to a request; `None` where it is about the account, the load or a proxy.
    pub(in crate::generate) fn read(status: u16, body: &[u8]) -> Option<Self> {
        if !matches!(status, 400 | 404 | 406 | 415 | 422 | 424 | 500 | 501) {
            return None;
        }
        let body = body.get(..BODY_BYTES_MAX).unwrap_or(body);
        let mut said = Said::default();
        match serde_json::from_slice::<Value>(body) {
            Ok(parsed) => said.collect(&parsed, false, DEPTH_MAX),
            Err(_) => said.say(&String::from_utf8_lossy(body)),
        }
        (!said.text.trim_start().starts_with('<')).then(|| Self::of_text(status, &said.text, said.places))
    }

    /// The same from words alone.
    pub(in crate::generate) fn of_text(status: u16, text: &str, mut places: Vec<String>) -> Self {
        let text = KINDS.iter().fold(text.to_lowercase(), |text, kind| text.replace(kind, ""));
        // Python's own writing of a list of errors repeats the input behind each place.
        for captures in PYTHON_LOC.iter().flat_map(|regex| regex.captures_iter(&text)) {
            places.extend(captures.get(1).map(|place| place.as_str().to_owned()));
        }
        let part = |part: &str| {
            part.trim_matches(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).to_owned()
        };
        let places = places
            .iter()
            .flat_map(|place| place.split(['.', ',', '/', '[', ']']).map(part))
            .filter(|part| !part.is_empty())
            .map(|part| part.to_lowercase())
            .collect();
        let quoted = QUOTED.iter().flat_map(|regex| regex.captures_iter(&text));
        let quoted = quoted.filter_map(|captures| Some(captures.get(1)?.as_str().to_owned())).collect();
        Self { status, text, places, quoted }
    }

    /// Whether it says that something is refused at all.
    pub(super) fn refuses(&self) -> bool {
        REFUSING.iter().any(|word| self.text.contains(word))
    }

    /// Whether any of these stands in it.
    pub(super) fn says(&self, any: &[&str]) -> bool {
        any.iter().any(|words| self.text.contains(words))
    }

    /// Whether the model wrote no JSON, of which nobody is to blame but chance.
    pub(in crate::generate) fn is_failed_generation(&self) -> bool {
        self.says(&["json_validate_failed", "failed to generate json", "failed_generation"])
    }

    /// Whether it speaks of how a request is made, whatever the request was.
    pub(in crate::generate) fn is_about_the_form(&self) -> bool {
        self.refuses()
            && (self.is_failed_generation()
                || self.says(CAP_WORDS)
                || self.says(FORMAT_WORDS)
                || self.speaks_of_roles()
                || self.says(&["temperature", "unsupported parameter", "unknown parameter"]))
    }

    /// Whether it is about the roles of messages.
    pub(super) fn speaks_of_roles(&self) -> bool {
        let alternate = self.says(&["alternat"]) && self.says(&["role", "conversation"]);
        let role = self.says(&["system", "developer", "user and assistant"])
            && self.says(&[
                "role",
                "system message",
                "system prompt",
                "system instruction",
                "developer instruction",
            ]);
        alternate || (role && self.refuses())
    }

    /// The numbers in it.
    pub(super) fn numbers(&self) -> Vec<f64> {
        self.parsed_numbers()
    }

    /// The whole numbers in it.
    pub(super) fn whole_numbers(&self) -> Vec<u32> {
        self.parsed_numbers()
    }

    fn parsed_numbers<T: std::str::FromStr>(&self) -> Vec<T> {
        let numbers = NUMBER.iter().flat_map(|regex| regex.find_iter(&self.text));
        numbers.filter_map(|number| number.as_str().replace(',', "").parse().ok()).collect()
    }

    /// Tokens that prompt and answer may have together, where that is what it is about.
    pub(super) fn context_tokens(&self) -> Option<u64> {
        first_number(&CONTEXT, &self.text).filter(|tokens| *tokens >= 256)
    }

    /// Tokens of the prompt, as the server counted them.
    pub(in crate::generate) fn prompt_tokens(&self) -> Option<u64> {
        first_number(&PROMPT, &self.text)
    }

    /// What it says, and of what, without what differs from time to time: ids and numbers.
    pub(in crate::generate) fn gist(&self) -> String {
        let same = |word: &&str| !word.contains(|c: char| c.is_ascii_digit());
        let places = self.places.iter().map(String::as_str);
        self.text.split_whitespace().filter(same).chain(places).collect::<Vec<_>>().join(" ")
    }
}

fn first_number(regex: &LazyLock<Option<Regex>>, text: &str) -> Option<u64> {
    regex.as_ref()?.captures(text)?.get(1)?.as_str().replace(',', "").parse().ok()
}

/// Whether a name stands in a text as a word of its own.
pub(super) fn has_word(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + name.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

/// What an error's body says.
#[derive(Default)]
struct Said {
    text: String,
    places: Vec<String>,
}

impl Said {
    fn say(&mut self, words: &str) {
        let left = TEXT_BYTES_MAX.saturating_sub(self.text.len());
        let mut end = words.len().min(left);
        while !words.is_char_boundary(end) {
            end -= 1;
        }
        self.text.push_str(words.get(..end).unwrap_or_default());
        self.text.push('\n');
    }

    fn collect(&mut self, value: &Value, is_place: bool, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else { return };
        match value {
            // Gateways hand the error of the server behind them through as a text.
            Value::String(text) if !is_place && text.trim_start().starts_with(['{', '[']) => {
                match serde_json::from_str::<Value>(text) {
                    Ok(inner) => self.collect(&inner, false, depth),
                    Err(_) => self.say(text),
                }
            }
            Value::String(text) if is_place => self.places.push(text.clone()),
            Value::String(text) => self.say(text),
            Value::Array(items) => items.iter().for_each(|item| self.collect(item, is_place, depth)),
            Value::Object(fields) => {
                for (name, value) in fields {
                    let name = name.to_lowercase();
                    if !NOT_SAID.contains(&name.as_str()) {
                        self.collect(value, is_place || PLACES.contains(&name.as_str()), depth);
                    }
                }
            }
            Value::Number(_) | Value::Bool(_) | Value::Null => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> FormRefusal {
        FormRefusal::read(status, body.as_bytes()).unwrap()
    }

    #[test]
    fn the_place_is_read_from_every_shape_of_error_body() {
        for body in [
            r#"{"error":{"message":"no","param":"top_p"}}"#,
            r#"{"detail":[{"type":"extra_forbidden","loc":["body","top_p"],"msg":"Extra inputs are not permitted","input":{"temperature":1}}]}"#,
            r#"{"object":"error","message":"[{'type': 'extra_forbidden', 'loc': ('body', 'top_p'), 'msg': 'Extra inputs are not permitted', 'input': 512}]"}"#,
            r#"[{"error":{"code":400,"details":[{"fieldViolations":[{"field":"top_p","description":"Unknown"}]}]}}]"#,
            r#"{"error":{"message":"Provider returned error","metadata":{"raw":"{\"error\":{\"param\":\"top_p\"}}"}}}"#,
        ] {
            let refusal = read(400, body);
            assert!(refusal.places.iter().any(|place| place == "top_p"), "{body}: {refusal:?}");
            assert!(!refusal.says(&["temperature"]), "what was sent is no part of what is said: {refusal:?}");
        }
    }

    #[test]
    fn quoted_words_are_found_in_all_quotes() {
        for text in ["'top_p'", "\"top_p\"", "`top_p`", "[top_p]", "['top_p']", "\\\"top_p\\\"", "(top_p)"] {
            let refusal = FormRefusal::of_text(400, &format!("Unknown {text} given"), Vec::new());
            assert!(refusal.quoted.iter().any(|word| word == "top_p"), "{text}: {:?}", refusal.quoted);
        }
    }

    #[test]
    fn pages_of_proxies_and_answers_about_the_account_are_no_refusals() {
        assert_eq!(FormRefusal::read(400, b"<html>Bad Request</html>"), None);
        assert_eq!(FormRefusal::read(400, b"\n <!DOCTYPE html>"), None);
        for status in [401, 402, 403, 429, 502, 503] {
            assert_eq!(
                FormRefusal::read(status, b"{\"error\":\"temperature is not supported\"}"),
                None,
                "{status}"
            );
        }
    }

    #[test]
    fn context_and_prompt_are_read_from_what_servers_write() {
        for (text, context, prompt) in [
            (
                "This model's maximum context length is 4096 tokens. However, you requested 9000 tokens (1000 in the messages, 8000 in the completion).",
                4_096,
                Some(1_000),
            ),
            (
                "'max_tokens' or 'max_completion_tokens' is too large: 8000. This model's maximum context length is 4096 tokens and your request has 512 input tokens (8000 > 4096 - 512).",
                4_096,
                Some(512),
            ),
            (
                "This endpoint's maximum context length is 32,768 tokens. However, you requested about 40,000 tokens (1,000 of text input, 39,000 in the output).",
                32_768,
                Some(1_000),
            ),
            (
                "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 100 `inputs` tokens and 8000 `max_new_tokens`",
                4_096,
                Some(100),
            ),
            ("the request exceeds the available context size (n_ctx = 2048)", 2_048, None),
        ] {
            let refusal = FormRefusal::of_text(400, text, Vec::new());
            assert_eq!(
                (refusal.context_tokens(), refusal.prompt_tokens()),
                (Some(context), prompt),
                "{text}"
            );
        }
        assert_eq!(FormRefusal::of_text(400, "a bad request", Vec::new()).context_tokens(), None);
    }

    #[test]
    fn a_body_of_any_size_or_depth_is_read_within_bounds() {
        let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
        let long = format!("{{\"message\":\"{}\"}}", "ü".repeat(100_000));
        for body in [deep, long, "\u{fffd}".repeat(70_000)] {
            assert!(read(400, &body).text.len() <= TEXT_BYTES_MAX + 2);
        }
    }

    #[test]
    fn the_gist_is_the_same_whatever_the_request_s_id() {
        let gist = |id: &str| FormRefusal::of_text(400, &format!("Bad request (id {id})"), Vec::new()).gist();
        assert_eq!(gist("a1b2"), gist("9f8e"));
        let at = |place: &str| FormRefusal::of_text(400, "extra", vec![place.to_owned()]).gist();
        assert_ne!(at("max_tokens"), at("temperature"));
    }
}
