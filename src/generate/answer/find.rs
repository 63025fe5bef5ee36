//! Finding the answer in what a model wrote: its thoughts are left out, whatever stands around the JSON as well.

use std::ops::Range;

use serde_json::{Map, Value};

use super::json::{self, JsonError};

/// Pairs of marks around thoughts, in lower case.
const THOUGHTS: &[(&str, &str)] = &[
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<thoughts>", "</thoughts>"),
    ("<reasoning>", "</reasoning>"),
    ("<reason>", "</reason>"),
    ("<reflection>", "</reflection>"),
    ("<scratchpad>", "</scratchpad>"),
    ("<analysis>", "</analysis>"),
    ("<seed:think>", "</seed:think>"),
    ("[think]", "[/think]"),
    ("\u{25c1}think\u{25b7}", "\u{25c1}/think\u{25b7}"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|start_thinking|>", "<|end_thinking|>"),
    ("<unused94>", "<unused95>"),
];

/// Most values in one text that are tried, the last ones.
const CANDIDATES_MAX: usize = 64;

/// How often a text is read at most; one that would take more is no answer.
const READS_MAX: usize = 4;

/// What was found.
#[derive(Debug, PartialEq)]
pub(super) enum Found {
    /// The object.
    Whole(Map<String, Value>),
    /// None; the longest value that is of another shape.
    Other(Value),
    /// JSON that ends in its middle.
    Cut,
    /// No JSON, in so many characters of text.
    NoJson(usize),
}

/// The last value that `fits`. `ended` says that the model came to its end by itself.
pub(super) fn find(text: &str, ended: bool, fits: &dyn Fn(&Value) -> Option<Map<String, Value>>) -> Found {
    // Most answers are nothing but the object.
    if let Some(found) = serde_json::from_str(text.trim()).ok().and_then(|value| fits(&value)) {
        return Found::Whole(found);
    }
    let (said, unclosed) = without_thoughts(final_channel(text));
    let found = in_text(&said, ended, fits);
    if matches!(found, Found::Whole(_)) {
        return found;
    }
    match unclosed {
        // A model that forgets to say that it thought to the end ends with its answer all the same.
        Some(unclosed) if ended => match last_in(unclosed, fits) {
            Some(answer) => Found::Whole(answer),
            None => found,
        },
        Some(_) => Found::Cut,
        None => found,
    }
}

/// The text of the channel that is for the reader, where the marks of channels were left in.
fn final_channel(text: &str) -> &str {
    if let Some((_, message)) =
        text.rsplit_once("<|channel|>final").and_then(|(_, rest)| rest.split_once("<|message|>"))
    {
        return message;
    }
    if let Some((_, last)) = text.rsplit_once("<|channel|>") {
        return if last.starts_with("analysis") { "" } else { last };
    }
    match text.rsplit_once("assistantfinal") {
        Some((_, last)) if text.trim_start().starts_with("analysis") => last,
        _ => text,
    }
}

/// A text without thoughts, and the thoughts that do not end.
fn without_thoughts(text: &str) -> (String, Option<&str>) {
    let lower = text.to_ascii_lowercase();
    let (mut said, mut from, mut thinking) = (String::new(), 0, None);
    for (place, _) in lower.char_indices().filter(|(_, letter)| matches!(letter, '<' | '[' | '\u{25c1}')) {
        let Some(rest) = lower.get(place..).filter(|_| place >= from) else { continue };
        let opens = THOUGHTS.iter().map(|(open, _)| *open).find(|open| rest.starts_with(open));
        let closes = THOUGHTS.iter().map(|(_, close)| *close).find(|close| rest.starts_with(close));
        match (opens, closes, thinking) {
            (Some(open), _, None) => {
                said.push_str(text.get(from..place).unwrap_or_default());
                from = place + open.len();
                thinking = Some(from);
            }
            (_, Some(close), Some(_)) => {
                from = place + close.len();
                thinking = None;
            }
            // The beginning was in the prompt.
            (_, Some(close), None) => {
                said.clear();
                from = place + close.len();
            }
            _ => {}
        }
    }
    if let Some(start) = thinking {
        return (said, text.get(start..));
    }
    said.push_str(text.get(from..).unwrap_or_default());
    (said, None)
}

fn in_text(text: &str, ended: bool, fits: &dyn Fn(&Value) -> Option<Map<String, Value>>) -> Found {
    if let Some(inner) = quoted(text)
        && let Found::Whole(found) = in_text(&inner, ended, fits)
    {
        return Found::Whole(found);
    }
    let Candidates { places, unfinished } = candidates(text);
    let value = |place: &Range<usize>| json::value_at(text, place.start).ok().map(|(value, _)| value);
    for place in places.iter().rev() {
        // An answer that was cut while it wrote the object anew is not the one before.
        if !ended && unfinished.is_some_and(|start| start >= place.end) {
            return Found::Cut;
        }
        if let Some(found) = value(place).and_then(|value| fits(&value)) {
            return Found::Whole(found);
        }
    }
    let longest = places.iter().max_by_key(|place| place.len()).and_then(value);
    match longest {
        _ if unfinished.is_some() => Found::Cut,
        Some(other) => Found::Other(other),
        None => Found::NoJson(text.trim().chars().count()),
    }
}

/// The text in a text that is a JSON string, or is written as in one.
fn quoted(text: &str) -> Option<String> {
    let text = text.trim();
    if text.starts_with('"') {
        return serde_json::from_str(text).ok();
    }
    text.contains("{\\\"").then(|| serde_json::from_str(&format!("\"{text}\"")).ok())?
}

/// What fits and stands at the very end of a text.
fn last_in(text: &str, fits: &dyn Fn(&Value) -> Option<Map<String, Value>>) -> Option<Map<String, Value>> {
    let last = candidates(text).places.pop()?;
    let behind = text
        .get(last.end..)?
        .trim_matches(|letter: char| letter.is_whitespace() || "`~}]\0".contains(letter));
    let (value, _) = json::value_at(text, last.start).ok()?;
    if behind.is_empty() { fits(&value) } else { None }
}

/// Where in a text objects and arrays stand.
struct Candidates {
    places: Vec<Range<usize>>,
    /// Where an object begins that the text ends in.
    unfinished: Option<usize>,
}

fn candidates(text: &str) -> Candidates {
    let (mut found, mut at) = (Candidates { places: Vec::new(), unfinished: None }, 0);
    let mut read = 0;
    while let Some(start) = text.get(at..).and_then(|rest| rest.find(['{', '['])).map(|place| at + place) {
        if read > text.len().saturating_mul(READS_MAX) {
            break;
        }
        match json::value_at(text, start) {
            Ok((_, end)) => {
                found.places.push(start..end);
                if found.places.len() >= 2 * CANDIDATES_MAX {
                    found.places.drain(..CANDIDATES_MAX);
                }
                read += end - start;
                at = end;
            }
            Err(JsonError::Ended) if text.as_bytes().get(start) == Some(&b'{') => {
                found.unfinished = Some(start);
                break;
            }
            Err(JsonError::Ended) => {
                read += text.len() - start;
                at = start + 1;
            }
            Err(JsonError::Wrong(wrong)) => {
                read += wrong - start;
                at = start + 1;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fits(value: &Value) -> Option<Map<String, Value>> {
        value.get("ok").and(value.as_object().cloned())
    }

    fn check(text: &str, ended: bool, expected: &Value) {
        let got = match find(text, ended, &fits) {
            Found::Whole(fields) => Value::Object(fields),
            Found::Other(value) => json!({ "other": value }),
            Found::Cut => json!("cut"),
            Found::NoJson(letters) => json!(letters),
        };
        assert_eq!(&got, expected, "{text}");
    }

    #[test]
    fn the_last_object_that_fits_is_found_whatever_stands_around_it() {
        for text in [
            "{\"ok\":1}",
            "Sure {here}: {\"ok\":1} [done] {\"a\":2}",
            "{\"ok\":0} no: {\"ok\":1}}}",
            "```json\n{\"ok\":1}\n```\nand\n~~~\n{\"a\":1}\n~~~",
            "<think>{\"ok\":0}</think>{\"ok\":1}",
            "<THINK>not <think> {\"ok\":0}</THINK>\n{\"ok\":1}",
            "{\"ok\":0} hm </think> {\"ok\":1}",
            "{\"ok\":1}\n<thinking>was {\"ok\":0} better?</thinking>",
            "[THINK]{\"ok\":0}[/THINK]{\"ok\":1}",
            "\u{25c1}think\u{25b7}{\"ok\":0}\u{25c1}/think\u{25b7}{\"ok\":1}",
            "<|channel|>analysis<|message|>{\"ok\":0}<|end|><|start|>assistant<|channel|>final <|constrain|>json<|message|>{\"ok\":1}<|return|>",
            "analysisHm {\"ok\":0}assistantfinal{\"ok\":1}",
            "<think>so {\"ok\":0} or {\"ok\":1}\n```",
            "\"{\\\"ok\\\":1}\"",
            "{\\\"ok\\\":1}",
            "note [1: {\"ok\":1}",
        ] {
            check(text, true, &json!({ "ok": 1 }));
        }
    }

    #[test]
    fn thoughts_are_no_answer_and_what_is_cut_is_told_from_what_is_missing() {
        for (text, ended, expected) in [
            ("<think>{\"ok\":1}</think>", true, json!(0)),
            ("<think>{\"ok\":1} and so", true, json!(0)),
            ("<think>{\"ok\":1}", false, json!("cut")),
            ("<|channel|>analysis<|message|>{\"ok\":1}", true, json!(0)),
            ("{\"ok\":[1", true, json!("cut")),
            ("{\"ok\":0}\n{\"ok\":[1", false, json!("cut")),
            ("{\"ok\":0}\n\n\n", false, json!({ "ok": 0 })),
            ("I am sorry", true, json!(10)),
            ("{\"a\":[1,2]} {}", true, json!({ "other": { "a": [1, 2] } })),
        ] {
            check(text, ended, &expected);
        }
    }

    #[test]
    fn no_text_is_read_for_long() {
        let started = std::time::Instant::now();
        for text in [
            "{\"a\":".repeat(50_000),
            "{\"a\":[".repeat(60) + &"1,".repeat(50_000) + "!",
            "[".repeat(200_000),
            "{}".repeat(100_000),
            "{\"".repeat(100_000),
            "<think>".repeat(30_000),
            "{'".repeat(100_000),
            "[\"".to_owned() + &"[\\\"".repeat(50_000),
        ] {
            assert!(!matches!(find(&text, true, &fits), Found::Whole(_)));
        }
        assert!(started.elapsed() < std::time::Duration::from_secs(20), "{:?}", started.elapsed());
    }
}
