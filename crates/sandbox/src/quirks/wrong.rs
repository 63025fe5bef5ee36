//! Quirks of an answer's JSON: what is almost JSON, almost in the schema, cut, or ran wild.

use serde_json::{Value, json};

use super::Expected::{Cut, Published, Repaired, Wild};
use super::Shows::{NotToProbes, Once};
use super::{Quirk, change};

const fn quirk(name: &'static str, does: &'static str, expected: super::Expected, act: super::Act) -> Quirk {
    Quirk { name, does, expected, shows: NotToProbes, act }
}

pub(super) const QUIRKS: &[Quirk] = &[
    quirk("dupkeys", "Writes the key of a recipe twice; the last one counts.", Published, |turn| {
        let Value::Object(fields) = change::value(turn.text) else { return None };
        let (name, field) = fields.iter().next()?;
        let bad = json!({ name: change::texts(field.clone(), "Bad") }).to_string();
        turn.content(format!("{}, {}", bad.strip_suffix('}')?, turn.text.strip_prefix('{')?))
    }),
    quirk("trailing_comma", "Writes commas before closing brackets.", Published, |turn| {
        turn.content(change::before_closing(turn.text, ","))
    }),
    quirk("comments", "Writes comments into the JSON.", Published, |turn| {
        let commented = change::before_closing(turn.text, " /* done */ ");
        turn.content(commented.replacen('{', "{ // the answer\n", 1))
    }),
    quirk("single_quotes", "Writes single quotation marks, as Python shows a dict.", Published, |turn| {
        turn.content(change::quoted(turn.text, '\'', '\''))
    }),
    quirk("smart_quotes", "Writes typographic quotation marks.", Published, |turn| {
        turn.content(change::quoted(turn.text, '\u{201c}', '\u{201d}'))
    }),
    quirk("python_literals", "Writes `None` and `True`.", Published, |turn| {
        turn.content(turn.text.replacen('{', "{\"draft\": None, \"done\": True, ", 1))
    }),
    quirk("bare_control", "Writes line breaks into strings without escaping them.", Published, |turn| {
        turn.content(change::in_first_text(turn.text, "\n"))
    }),
    quirk("lone_surrogate", "Escapes half a character.", Published, |turn| {
        turn.content(change::in_first_text(turn.text, " \\ud83d"))
    }),
    quirk("invalid_utf8", "Sends bytes that are not UTF-8.", Published, |turn| {
        let text = change::in_first_text(turn.text, " @@");
        let message = json!({ "role": "assistant", "content": text });
        let body = turn.completion_with(&message, &json!("stop")).to_string();
        let (head, tail) = body.split_once("@@")?;
        let bytes = [head.as_bytes(), b"\xf0\x9f", tail.as_bytes()].concat();
        Some(super::Said::bytes(200, "application/json", bytes))
    }),
    quirk("json_string", "Encodes the answer's JSON as a JSON string.", Published, |turn| {
        turn.content(json!(turn.text).to_string())
    }),
    quirk("escaped_quotes", "Escapes the quotation marks of the JSON.", Published, |turn| {
        turn.content(json!(turn.text).to_string().trim_matches('"'))
    }),
    quirk("field_string", "Encodes each recipe's JSON as a JSON string.", Published, |turn| {
        let Value::Object(fields) = change::value(turn.text) else { return None };
        let encoded = fields.into_iter().map(|(name, field)| (name, json!(field.to_string())));
        turn.content(Value::Object(encoded.collect()).to_string())
    }),
    quirk("extra_braces", "Closes more braces than it opened.", Published, |turn| {
        turn.content(format!("{}}}}}", turn.text))
    }),
    quirk("wrapped", "Puts the answer under the schema's name.", Published, |turn| {
        turn.content(change::within("product_copy", turn.text))
    }),
    quirk("wrapped_result", "Puts the answer under `result`, beside other members.", Published, |turn| {
        turn.content(json!({ "status": "ok", "result": change::value(turn.text) }).to_string())
    }),
    quirk("wrapped_properties", "Puts the answer into an echo of the schema.", Published, |turn| {
        turn.content(json!({ "type": "object", "properties": change::value(turn.text) }).to_string())
    }),
    quirk("extra_field", "Adds a field that the schema does not have.", Published, |turn| {
        let mut value = change::value(turn.text);
        value.as_object_mut()?.insert("reasoning".to_owned(), json!("because"));
        turn.content(value.to_string())
    }),
    quirk("extra_fields_within", "Adds such fields at every level.", Published, |turn| {
        let mut value = change::value(turn.text);
        change::members(&mut value, &|_, field| {
            if let Some(fields) = field.as_object_mut() {
                fields.insert("note".to_owned(), json!("because"));
            }
        });
        turn.content(value.to_string())
    }),
    quirk("evidence_string", "Writes a text where the schema has an array of texts.", Published, |turn| {
        let mut value = change::value(turn.text);
        change::members(&mut value, &|name, field| {
            if name == "evidence"
                && let Some([only]) = field.as_array().map(Vec::as_slice)
            {
                *field = only.clone();
            }
        });
        turn.content(value.to_string())
    }),
    quirk("cut_max_tokens", "Cuts the answer, and says `max_tokens`.", Cut, |turn| {
        turn.finished(change::start(turn.text, 60), "max_tokens")
    }),
    quirk("cut_MAX_TOKENS", "Cuts the answer, and says `MAX_TOKENS`.", Cut, |turn| {
        turn.finished(change::start(turn.text, 60), "MAX_TOKENS")
    }),
    quirk("cut_model_length", "Cuts the answer, and says `model_length`.", Cut, |turn| {
        turn.finished(change::start(turn.text, 60), "model_length")
    }),
    quirk("cut_stop", "Cuts the answer, and says `stop`.", Cut, |turn| {
        turn.finished(change::start(turn.text, 60), "stop")
    }),
    quirk("missing_brace", "Leaves out the last brace.", Cut, |turn| {
        turn.content(turn.text.strip_suffix('}')?)
    }),
    quirk("thought_only", "Uses up the cap while it thinks.", Cut, |turn| {
        turn.used_up(format!("<think>\nPerhaps {}\nor", turn.text))
    }),
    quirk("length_complete", "Writes the whole answer and goes on until the cap.", Published, |turn| {
        turn.used_up(format!("{}{}", turn.text, "\n".repeat(20_000)))
    }),
    quirk("whitespace_flood", "Writes nothing but white space until the cap.", Wild, |turn| {
        turn.used_up(format!("{{{}", " \n".repeat(40_000)))
    }),
    quirk("repetition", "Repeats a word until the cap.", Wild, |turn| {
        let start = turn.text.find(":\"").map_or(0, |place| place + 2);
        turn.used_up(format!("{}Mug {}", turn.text.get(..start)?, "own ".repeat(8_000)))
    }),
    Quirk {
        name: "empty_once",
        does: "Answers nothing, once.",
        expected: Repaired,
        shows: Once,
        act: |turn| turn.content(""),
    },
];
