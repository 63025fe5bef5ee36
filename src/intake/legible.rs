//! What can be read of a message that is refused: enough to say whose it was.

use serde_json::{Map, Value};

use super::limits::{self, BODY_BYTES_MAX};
use skuscribe_check::product::{Locale, Sku};

/// Longest id of a message or a job that is taken over, in characters.
const ID_CHARS_MAX: usize = 200;
/// Most locales that are taken over.
const LOCALES_MAX: usize = 50;

/// The parts of a refused message that are what they should be; what is not is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LegibleParts {
    /// The message's id.
    pub id: Option<String>,
    /// The product.
    pub sku: Option<Sku>,
    /// The locales that it asks for.
    pub locales: Vec<Locale>,
    /// The job that it belongs to.
    pub job: Option<String>,
}

/// Reads what can be read of a body, a CloudEvent's in structured mode as well.
#[must_use]
pub fn legible(body: &[u8]) -> LegibleParts {
    if body.len() > BODY_BYTES_MAX || limits::depth(body).is_err() {
        return LegibleParts::default();
    }
    let Ok(Value::Object(message)) = serde_json::from_slice(body) else { return LegibleParts::default() };
    // The id of an event is that of its message.
    let data = message.get("data").and_then(Value::as_object).filter(|_| message.contains_key("specversion"));
    let fields = data.unwrap_or(&message);
    let mut locales: Vec<Locale> = Vec::new();
    let named = fields.get("locales").and_then(Value::as_array);
    for locale in named.into_iter().flatten().filter_map(Value::as_str).take(LOCALES_MAX) {
        locales.extend(locale.parse::<Locale>().ok().filter(|locale| !locales.contains(locale)));
    }
    LegibleParts {
        id: short(&message, "id"),
        sku: fields.get("product").and_then(|product| product.get("sku")?.as_str()?.parse().ok()),
        locales,
        job: short(fields, "job"),
    }
}

fn short(fields: &Map<String, Value>, name: &str) -> Option<String> {
    let text = fields.get(name)?.as_str()?;
    let is_short = !text.is_empty() && text.chars().count() <= ID_CHARS_MAX;
    (is_short && !text.chars().any(char::is_control)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_as_it_should_be_is_read_and_nothing_else() {
        let check = |body: &str, id: Option<&str>, sku: Option<&str>, locales: &[&str], job: Option<&str>| {
            let read = legible(body.as_bytes());
            let found: Vec<&str> = read.locales.iter().map(Locale::as_str).collect();
            assert_eq!((read.id.as_deref(), read.sku.as_ref().map(Sku::as_str)), (id, sku), "{body}");
            assert_eq!((found.as_slice(), read.job.as_deref()), (locales, job), "{body}");
        };
        check("no JSON", None, None, &[], None);
        check("[1]", None, None, &[], None);
        check(r#"{"id":7,"product":{"sku":""},"locales":["??"],"job":""}"#, None, None, &[], None);
        check(
            r#"{"id":"m1","product":{"sku":"A1"},"locales":["de-DE","x!","de-DE"],"job":"j1"}"#,
            Some("m1"),
            Some("A1"),
            &["de-DE"],
            Some("j1"),
        );
        check(
            r#"{"specversion":"1.0","id":"e1","data":{"id":"m1","product":{"sku":"A1"}}}"#,
            Some("e1"),
            Some("A1"),
            &[],
            None,
        );
        check(r#"{"id":"a\u001bb","product":"A1"}"#, None, None, &[], None);
    }
}
