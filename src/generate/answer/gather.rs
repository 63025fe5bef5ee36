//! Gathering a completion from one body or from the pieces of a stream, in the words of any server.

use serde_json::{Value, json};

use super::body::{self, BodyProblem};
use super::completion::Completion;
use super::usage::CompletionUsage;

/// Reasons to finish that mean the cap.
const CAP_REASONS: &[&str] = &[
    "length",
    "max_tokens",
    "model_length",
    "max_output_tokens",
    "max_length",
    "token_limit",
    "model_context_window_exceeded",
];

/// Reasons to finish that mean a filter or a refusal.
const FILTER_REASONS: &[&str] = &[
    "content_filter",
    "content_filtered",
    "safety",
    "recitation",
    "prohibited_content",
    "blocklist",
    "spii",
    "sensitive",
    "guardrail_intervened",
    "error_toxic",
    "refusal",
];

/// Reasons to finish that mean a failure of the server.
const FAILURE_REASONS: &[&str] = &["error", "insufficient_system_resource", "network_error"];

/// Where some servers put a whole answer within their own.
const WRAPPERS: &[&str] = &["result", "output", "response", "data", "message"];

/// What came so far.
#[derive(Debug, Default)]
pub(super) struct Gather {
    completion: Completion,
    /// Arguments of tools that were called, behind the text: an answer in them counts before one in the text.
    arguments: String,
    /// Whether there was any message.
    is_answer: bool,
    /// Whether a stream said that it ended.
    pub(super) is_done: bool,
}

impl Gather {
    /// Takes in a body, or one piece of a stream.
    pub(super) fn add(&mut self, value: &Value) -> Result<(), BodyProblem> {
        if let Value::Array(values) = value {
            return values.iter().try_for_each(|value| self.add(value));
        }
        if let Some(error) = error_in(value) {
            return Err(body::error(&error));
        }
        self.completion.usage.add(CompletionUsage::read(value));
        if let Some(model) = value.get("model").and_then(Value::as_str).filter(|model| !model.is_empty()) {
            self.completion.model = Some(model.to_owned());
        }
        self.is_done |= value.get("done") == Some(&Value::Bool(true));
        let listed = ["choices", "candidates"].iter().find_map(|name| value.get(name));
        match listed {
            Some(Value::Array(choices)) => self.choices(choices),
            // One choice alone, or choices by their numbers.
            Some(Value::Object(choices)) if choices.keys().all(|key| key.parse::<u32>().is_ok()) => {
                self.choices(&choices.values().cloned().collect::<Vec<_>>())
            }
            Some(alone @ Value::Object(_)) => self.choices(std::slice::from_ref(alone)),
            _ => self.bare(value),
        }
    }

    /// The completion; a stream must have said that it ended.
    pub(super) fn completion(self, streamed: bool) -> Result<Completion, BodyProblem> {
        let Self { mut completion, arguments, is_answer, is_done } = self;
        if !is_answer {
            return Err(BodyProblem::Unreadable("its answer holds no choices".to_owned()));
        }
        if streamed && !is_done && completion.finish_reason.is_none() {
            return Err(BodyProblem::Unreadable("its answer ends in the middle".to_owned()));
        }
        if !arguments.is_empty() {
            completion.text = format!("{}\n{arguments}", completion.text);
        }
        Ok(completion)
    }

    fn choices(&mut self, choices: &[Value]) -> Result<(), BodyProblem> {
        let message_of = |choice: &Value| {
            let message = ["message", "delta", "content"].iter().find_map(|name| choice.get(name));
            let mut alone = Self::default();
            alone.message(message.filter(|message| message.is_object()).unwrap_or(choice));
            alone
        };
        let mut first = None;
        for choice in choices {
            if let Some(error) = error_in(choice) {
                return Err(body::error(&error));
            }
            let alone = message_of(choice);
            if !alone.completion.text.is_empty() || !alone.arguments.is_empty() {
                first = Some((choice, alone));
                break;
            }
            first = first.or(Some((choice, alone)));
        }
        let Some((choice, alone)) = first else { return Ok(()) };
        self.is_answer = true;
        self.completion.text.push_str(&alone.completion.text);
        self.completion.thought_chars += alone.completion.thought_chars;
        self.completion.refusal = alone.completion.refusal.or(self.completion.refusal.take());
        self.arguments.push_str(&alone.arguments);
        self.finished(choice)
    }

    /// An answer without a list of choices: `Ollama`'s own, Anthropic's, a list of outputs, one within another.
    fn bare(&mut self, value: &Value) -> Result<(), BodyProblem> {
        let is_message = ["content", "parts", "tool_calls"].iter().any(|name| value.get(name).is_some());
        if let Some(text) = value.get("response").and_then(Value::as_str) {
            self.is_answer = true;
            self.completion.text.push_str(text);
            self.finished(value)?;
        } else if let Some(outputs) = value.get("output").and_then(Value::as_array) {
            self.is_answer = true;
            outputs
                .iter()
                .filter(|output| output.get("type").is_none_or(|kind| kind != "reasoning"))
                .for_each(|output| self.message(output));
            self.finished(value)?;
        } else if is_message {
            self.is_answer = true;
            self.message(value);
            self.finished(value)?;
        } else if let Some(inner) =
            WRAPPERS.iter().find_map(|name| value.get(name).filter(|inner| inner.is_object()))
        {
            self.add(inner)?;
            self.finished(value)?;
        }
        Ok(())
    }

    fn message(&mut self, message: &Value) {
        let text = |name: &str| message.get(name).and_then(Value::as_str);
        for name in ["reasoning_content", "reasoning", "thinking"] {
            self.completion.thought_chars += text(name).map_or(0, |thoughts| thoughts.chars().count());
        }
        if let Some(refusal) = text("refusal").filter(|refusal| !refusal.is_empty()) {
            self.completion.refusal = Some(refusal.to_owned());
        }
        for name in ["content", "parts", "text", "parsed", "message"] {
            match message.get(name) {
                Some(content) if !content.is_null() => {
                    self.content(content);
                    break;
                }
                _ => {}
            }
        }
        let calls = message.get("tool_calls").and_then(Value::as_array).into_iter().flatten();
        let calls = calls.map(|call| call.get("function").unwrap_or(call));
        for call in calls.chain(message.get("function_call").filter(|call| call.is_object())) {
            self.call(call);
        }
    }

    fn content(&mut self, content: &Value) {
        match content {
            Value::String(text) => self.completion.text.push_str(text),
            Value::Array(parts) => parts.iter().for_each(|part| self.content(part)),
            Value::Object(_) => self.part(content),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn part(&mut self, part: &Value) {
        let kind = part.get("type").and_then(Value::as_str).unwrap_or_default();
        let text = part.get("text");
        if kind.contains("think")
            || kind.contains("reasoning")
            || part.get("thought") == Some(&Value::Bool(true))
        {
            self.completion.thought_chars += part.to_string().chars().count();
        } else if kind == "refusal" {
            let refusal = part.get("refusal").or(text).and_then(Value::as_str);
            self.completion.refusal = refusal.map(str::to_owned);
        } else if matches!(kind, "tool_use" | "function_call" | "tool_call") {
            self.call(part);
        } else if let Some(parts) = part.get("parts") {
            self.content(parts);
        } else if let Some(text) = text.and_then(|text| text.as_str().or_else(|| text.get("value")?.as_str()))
        {
            self.completion.text.push_str(text);
        } else if let Some(json) = part.get("json").filter(|_| kind.contains("json")) {
            self.completion.text.push_str(&json.to_string());
        } else {
            // The answer itself, parsed already.
            self.completion.text.push_str(&part.to_string());
        }
    }

    /// The call of a tool: its arguments are an answer.
    fn call(&mut self, call: &Value) {
        match ["arguments", "input", "parameters"].iter().find_map(|name| call.get(name)) {
            Some(Value::String(text)) => self.arguments.push_str(text),
            Some(arguments @ Value::Object(_)) => self.arguments.push_str(&arguments.to_string()),
            _ => {}
        }
    }

    fn finished(&mut self, value: &Value) -> Result<(), BodyProblem> {
        let names = ["finish_reason", "finishReason", "stop_reason", "done_reason"];
        let Some(reason) = names.iter().find_map(|name| value.get(name).filter(|reason| !reason.is_null()))
        else {
            return Ok(());
        };
        let Some(word) = reason.as_str().or_else(|| reason.get("type")?.as_str()) else { return Ok(()) };
        let lower = word.to_ascii_lowercase();
        if FAILURE_REASONS.contains(&lower.as_str()) && self.completion.text.is_empty() {
            return Err(body::error(&json!({ "message": format!("it finished with {word:?}") })));
        }
        self.completion.finish_reason = Some(if CAP_REASONS.contains(&lower.as_str()) {
            "length".to_owned()
        } else if FILTER_REASONS.contains(&lower.as_str()) {
            self.completion.refusal.get_or_insert_with(|| format!("it finished with {word:?}"));
            "content_filter".to_owned()
        } else {
            lower
        });
        Ok(())
    }
}

/// The error that a body or a choice is about, in whatever member a server puts it.
fn error_in(value: &Value) -> Option<Value> {
    if let Some(error) = value.get("error").filter(|error| says_something(error)) {
        return Some(error.clone());
    }
    if value.get("object").is_some_and(|kind| kind == "error") {
        return Some(value.clone());
    }
    let failed = value.get("success") == Some(&Value::Bool(false));
    if let Some(error) = value.get("errors").filter(|_| failed).and_then(|errors| errors.get(0)) {
        return Some(error.clone());
    }
    // A code with words, apart from everything else: MiniMax, Baidu.
    let coded = value.get("base_resp").unwrap_or(value);
    let (code, message) = [("status_code", "status_msg"), ("error_code", "error_msg")]
        .into_iter()
        .find_map(|(code, message)| Some((coded.get(code)?, coded.get(message)?)))?;
    says_something(code).then(|| json!({ "code": code, "message": message }))
}

/// Whether an error is one: some servers send one that is empty with every answer.
fn says_something(error: &Value) -> bool {
    match error {
        Value::Null | Value::Bool(_) => false,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty() && text != "0",
        Value::Array(items) => items.iter().any(says_something),
        Value::Object(fields) => fields.values().any(says_something),
    }
}
