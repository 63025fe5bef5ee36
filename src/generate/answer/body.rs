//! The body of a successful response, whatever a server puts there: a completion, a stream nobody asked for, an error.

use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::completion::Completion;
use super::gather::Gather;
use super::json;

/// Most characters of a page's title that are shown.
const TITLE_MAX: usize = 80;

/// Why a body is no completion.
#[derive(Debug, PartialEq)]
pub(in crate::generate) enum BodyProblem {
    /// It is an error, which belongs to this HTTP status.
    Error {
        /// The status.
        status: u16,
        /// The error's own JSON.
        error: Vec<u8>,
    },
    /// It cannot be read, which may pass.
    Unreadable(String),
}

/// The body as our own JSON, which the client library reads without a fault: it would log what it cannot read.
/// Answers to anything but completions stay as they are.
///
/// # Errors
/// What is wrong with it.
pub(in crate::generate) fn canonical(bytes: Vec<u8>, is_completion: bool) -> Result<Vec<u8>, BodyProblem> {
    if is_completion {
        let completion = read(&bytes)?;
        return serde_json::to_vec(&completion).map_err(|error| BodyProblem::Unreadable(error.to_string()));
    }
    match serde_json::from_slice::<IgnoredAny>(&bytes) {
        Ok(_) => Ok(bytes),
        Err(_) => Err(BodyProblem::Unreadable(what(&String::from_utf8_lossy(&bytes)))),
    }
}

/// Whether nothing of an answer is to come: it says that it ended.
pub(in crate::generate) fn is_whole(bytes: &[u8]) -> bool {
    read(bytes).is_ok_and(|completion| {
        completion.finish_reason.is_some() || bytes.trim_ascii_end().ends_with(b"[DONE]")
    })
}

fn read(bytes: &[u8]) -> Result<Completion, BodyProblem> {
    let mut gather = Gather::default();
    // Most bodies are one object; the rest is read leniently.
    if let Ok(value) = serde_json::from_slice::<Value>(bytes) {
        gather.add(&value)?;
        return gather.completion(false);
    }
    let text = String::from_utf8_lossy(bytes);
    let text = without_comments(&text);
    if text.starts_with(['{', '[']) {
        let mut at = 0;
        let mut values = 0;
        while text.get(at..).is_some_and(|rest| rest.starts_with(['{', '['])) {
            let (value, end) = json::value_at(text, at).map_err(|_| broken())?;
            gather.add(&value)?;
            values += 1;
            let rest = text.get(end..).unwrap_or_default();
            at = text.len() - rest.trim_start().len();
        }
        return gather.completion(values > 1);
    }
    if !["data:", "event:", "id:", "retry:"].iter().any(|field| text.starts_with(field)) {
        return Err(BodyProblem::Unreadable(what(text)));
    }
    events(text, &mut gather)?;
    gather.completion(true)
}

/// A body without what may stand before it: a byte order mark, blank lines, comments of a stream.
fn without_comments(text: &str) -> &str {
    let blank = |letter: char| letter.is_whitespace() || matches!(letter, '\u{feff}' | '\0');
    let mut text = text.trim_start_matches(blank);
    while text.starts_with(':') {
        text = text.split_once('\n').map_or("", |(_, rest)| rest).trim_start_matches(blank);
    }
    text
}

/// Server-sent events.
fn events(text: &str, gather: &mut Gather) -> Result<(), BodyProblem> {
    let (mut data, mut name) = (String::new(), "");
    for line in text.lines().chain([""]) {
        let line = line.trim_end_matches('\r');
        if let Some(value) = line.strip_prefix("data:") {
            if !data.is_empty() {
                data.push('\n');
            }
            data.push_str(value.trim_start());
        } else if let Some(value) = line.strip_prefix("event:") {
            name = value.trim();
        }
        if line.is_empty() && !data.is_empty() {
            event(name, &data, gather)?;
            data.clear();
            name = "";
        }
    }
    Ok(())
}

fn event(name: &str, data: &str, gather: &mut Gather) -> Result<(), BodyProblem> {
    let data = data.trim();
    if data == "[DONE]" {
        gather.is_done = true;
        return Ok(());
    }
    let value = json::whole(data);
    match value {
        Some(value @ (Value::Object(_) | Value::Array(_))) if name == "error" => {
            gather.add(&value)?;
            Err(error(&value))
        }
        Some(value) => gather.add(&value),
        None if name == "error" => Err(error(&json!({ "message": data }))),
        None if data.starts_with(['{', '[']) => Err(broken()),
        // A sign of life.
        None => Ok(()),
    }
}

fn broken() -> BodyProblem {
    BodyProblem::Unreadable("its answer ends in the middle".to_owned())
}

/// What came instead of a completion, without its words; a page is known by its title.
fn what(text: &str) -> String {
    if text.trim().is_empty() {
        return "its answer is empty".to_owned();
    }
    if text.starts_with('<') {
        let lower = text.to_ascii_lowercase();
        let title = lower.find("<title>").zip(lower.find("</title>"));
        let title = title.and_then(|(start, end)| text.get(start + "<title>".len()..end)).unwrap_or_default();
        let title: String = title.chars().filter(|letter| !letter.is_control()).take(TITLE_MAX).collect();
        return format!("its answer is a page and no JSON ({title:?}); is the address right?");
    }
    format!("its answer is no JSON, but {} bytes of something else", text.len())
}

/// An error in a body, as the HTTP status that it names.
pub(super) fn error(error: &Value) -> BodyProblem {
    BodyProblem::Error { status: status(error), error: json!({ "error": error }).to_string().into_bytes() }
}

/// The status that an error names, in numbers or in words; 502 where it names none.
fn status(error: &Value) -> u16 {
    let mut named =
        ["code", "status", "status_code", "type", "message"].iter().filter_map(|name| error.get(name));
    named.find_map(one_status).unwrap_or(502)
}

fn one_status(value: &Value) -> Option<u16> {
    if let Some(number) = value.as_u64() {
        return u16::try_from(number).ok().filter(|status| (400..600).contains(status));
    }
    let word = value.as_str()?.to_ascii_lowercase().replace([' ', '-'], "_");
    if let Ok(number) = word.parse::<u16>() {
        return (400..600).contains(&number).then_some(number);
    }
    let is = |words: &[&str]| words.iter().any(|part| word.contains(part));
    Some(match () {
        () if is(&["insufficient_quota", "rate_limit", "resource_exhausted", "too_many", "throttl"]) => 429,
        () if is(&["payment", "billing", "insufficient_balance"]) => 402,
        () if is(&["api_key", "authentication", "unauthenticated", "unauthorized"]) => 401,
        () if is(&["permission", "forbidden"]) => 403,
        () if is(&["not_found", "notfound"]) => 404,
        () if is(&["overloaded"]) => 529,
        () if is(&["unavailable", "service_unavailable"]) => 503,
        () if is(&["timeout", "deadline"]) => 504,
        () if is(&["server_error", "internal", "api_error"]) => 500,
        () if is(&["invalid_request", "invalid_argument", "bad_request", "badrequest", "context_length"]) => {
            400
        }
        () => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(body: &str) -> Result<String, String> {
        read(body.as_bytes()).map(|completion| completion.text).map_err(|problem| match problem {
            BodyProblem::Error { status, error } => {
                format!("{status} {}", String::from_utf8(error).unwrap())
            }
            BodyProblem::Unreadable(reason) => reason,
        })
    }

    #[test]
    fn the_text_is_found_in_every_server_s_body() {
        let whole = r#"{"choices":[{"message":{"content":"ab"},"finish_reason":"stop"}]}"#;
        for body in [
            whole.to_owned(),
            format!("\n\n {whole}\n"),
            format!("\u{feff}{whole}"),
            format!(": PROCESSING\n\n: PROCESSING\n{whole}"),
            whole.replace("\"stop\"", "\"stop\",\"logprobs\":-Infinity"),
            r#"{"choices":[{"text":"ab","finish_reason":"stop"}]}"#.to_owned(),
            r#"{"choices":{"message":{"content":"ab"},"finish_reason":"stop"}}"#.to_owned(),
            r#"{"choices":{"0":{"message":{"content":"ab"},"finish_reason":"stop"}}}"#.to_owned(),
            r#"{"choices":[{"message":"ab","finish_reason":"stop"}]}"#.to_owned(),
            r#"{"choices":[{"message":{"content":[{"type":"thinking","thinking":"x"},"a",{"type":"output_text","text":"b"}]}}]}"#.to_owned(),
            r#"{"choices":[{"message":{"content":""}},{"message":{"content":"ab"}}]}"#.to_owned(),
            r#"{"model":"m","message":{"content":"ab"},"done":true}"#.to_owned(),
            r#"{"model":"m","response":"ab","done":true}"#.to_owned(),
            r#"{"type":"message","content":[{"type":"text","text":"ab"}],"stop_reason":"end_turn"}"#.to_owned(),
            r#"{"candidates":[{"content":{"parts":[{"text":"x","thought":true},{"text":"ab"}]},"finishReason":"STOP"}]}"#.to_owned(),
            r#"{"output":[{"type":"reasoning","summary":[]},{"type":"message","content":[{"type":"output_text","text":"ab"}]}],"status":"completed"}"#.to_owned(),
            r#"{"result":{"response":"ab"},"success":true,"errors":[]}"#.to_owned(),
            r#"{"output":{"choices":[{"message":{"content":"ab"},"finish_reason":"stop"}]}}"#.to_owned(),
            "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\r\n\r\nevent: message\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"b\"},\"finish_reason\":\"stop\"}]}\r\n\r\n".to_owned(),
            "data: ping\n\ndata:{\"choices\":[{\"delta\":{\"content\":\"ab\"}}]}\n\n: ping\n\ndata: [DONE]".to_owned(),
            "{\"message\":{\"content\":\"a\"},\"done\":false}\n{\"message\":{\"content\":\"b\"},\"done\":true}\n".to_owned(),
            format!("{whole}\n"),
            whole.replace("\"stop\"}]", "\"stop\"}],\"error\":{\"code\":0,\"message\":\"\"},\"base_resp\":{\"status_code\":0,\"status_msg\":\"success\"}"),
        ] {
            assert_eq!(text_of(&body), Ok("ab".to_owned()), "{body}");
        }
        let half = r#"{"choices":[{"message":{"content":"ab\ud83d"}}]}"#;
        assert_eq!(text_of(half), Ok("ab\u{fffd}".to_owned()));
    }

    #[test]
    fn what_is_parsed_or_given_to_a_tool_is_the_answer() {
        for message in [
            r#"{"content":null,"parsed":{"a":1}}"#,
            r#"{"content":null,"tool_calls":[{"name":"copy","input":{"a":1}}]}"#,
            r#"{"content":"","tool_calls":[{"function":{"name":"copy","parameters":{"a":1}}}]}"#,
        ] {
            let body = format!(r#"{{"choices":[{{"message":{message},"finish_reason":"stop"}}]}}"#);
            assert_eq!(text_of(&body).unwrap().trim(), r#"{"a":1}"#, "{message}");
        }
    }

    #[test]
    fn an_answer_is_whole_once_it_says_that_it_ended() {
        let stream = "data: {\"choices\":[{\"delta\":{\"content\":\"ab\"}}]}\n\n";
        assert!(is_whole(br#"{"choices":[{"message":{"content":"ab"},"finish_reason":"stop"}]}"#));
        assert!(is_whole(format!("{stream}data: [DONE]\n\n").as_bytes()));
        for open in [stream, r#"{"message":{"content":"a"},"done":false}"#, r#"{"choices":[{"mess"#, ""] {
            assert!(!is_whole(open.as_bytes()), "{open}");
        }
    }

    #[test]
    fn an_error_in_a_body_has_the_status_that_it_names() {
        for (body, status) in [
            (r#"{"error":{"message":"overloaded","code":502}}"#, 502),
            (r#"{"error":{"message":"slow","code":"429"}}"#, 429),
            (r#"{"error":{"message":"slow","code":"rate_limit_exceeded","type":"tokens"}}"#, 429),
            (r#"{"error":{"message":"x","type":"invalid_request_error"}}"#, 400),
            (r#"{"error":{"message":"x","status":"UNAVAILABLE"}}"#, 503),
            (r#"[{"error":{"code":400,"message":"x","status":"INVALID_ARGUMENT"}}]"#, 400),
            (r#"{"error":"model is loading"}"#, 502),
            (r#"{"object":"error","message":"x","code":404}"#, 404),
            (r#"{"type":"error","error":{"type":"overloaded_error","message":"x"}}"#, 529),
            (
                r#"{"choices":[{"message":{"content":""},"finish_reason":"error","error":{"code":504,"message":"x"}}]}"#,
                504,
            ),
            (r#"{"choices":[{"message":{"content":""},"finish_reason":"error"}]}"#, 502),
            (
                "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: {\"error\":{\"code\":503}}\n\n",
                503,
            ),
            ("event: error\ndata: gone\n\n", 502),
            ("event: error\ndata: overloaded\n\n", 529),
            (r#"{"choices":null,"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}"#, 402),
            (r#"{"error_code":18,"error_msg":"Open api qps request limit reached"}"#, 502),
            (r#"{"result":null,"success":false,"errors":[{"code":3040,"message":"rate limit"}]}"#, 429),
        ] {
            let got = text_of(body);
            assert!(
                got.as_ref().is_err_and(|error| error.starts_with(&status.to_string())),
                "{body}: {got:?}"
            );
        }
    }

    #[test]
    fn what_is_no_answer_is_named_without_its_words() {
        for (body, expected) in [
            ("", "empty"),
            (" \n", "empty"),
            ("<html><title>Please sign in</title></html>", "Please sign in"),
            ("a secret text", "13 bytes"),
            (r#"{"choices":null}"#, "no choices"),
            (r#"{"choices":[]}"#, "no choices"),
            (r#"{"status":"ok"}"#, "no choices"),
            (r#"{"choices":[{"message":{"cont"#, "ends in the middle"),
            ("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n", "ends in the middle"),
            ("data: {\"choi", "ends in the middle"),
        ] {
            let got = text_of(body);
            assert!(got.as_ref().is_err_and(|error| error.contains(expected)), "{body}: {got:?}");
        }
        assert!(canonical(b"a secret text".to_vec(), false).is_err());
        assert_eq!(canonical(b"{\"data\":[]}".to_vec(), false), Ok(b"{\"data\":[]}".to_vec()));
    }
}
