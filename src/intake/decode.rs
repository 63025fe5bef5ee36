//! Decoding of bytes into an update: UTF-8, JSON, CloudEvents, shape, limits, in that order.

use jiff::Timestamp;
use serde::{Deserialize as _, Deserializer};
use serde_json::{Map, Value};

use super::cloud_events::{BinaryAttributes, is_structured, unwrap};
use super::misspelt::{UnreadFields, note};
use super::{IntakeError, ProductUpdate, Update, limits};
use skuscribe_catalog::import::gtin_fault;
use skuscribe_check::product::{Digest, Localized};

/// Longest pointer in an error, in characters: names of attributes are the publisher's.
const POINTER_CHARS_MAX: usize = 120;
/// Longest rule in an error, in characters.
const RULE_CHARS_MAX: usize = 200;

/// Where bytes came from, and what is known of them beside their content.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The lane whose queue it came by.
    pub lane: Option<crate::lane::Lane>,
    /// Attributes of a CloudEvent in binary mode.
    pub cloud_event: Option<BinaryAttributes>,
    /// Whether an earlier attempt may have left a history object.
    pub seen_before: bool,
    /// Whether a change of recipes or voices alone makes texts due.
    pub config_changes: bool,
    /// The locales that are not finished yet, where an earlier attempt finished some.
    pub unfinished: Option<Vec<skuscribe_check::product::Locale>>,
    /// An id for a message that states none: that of its AMQP properties.
    pub id: Option<String>,
    /// What its publisher follows it by, of its AMQP properties.
    pub correlation_id: Option<String>,
    /// Fields for what the message leaves out: a line of a file is often a bare product.
    pub fallback: Option<Fallback>,
    /// Now, where a time far ahead of it is to be refused: what is read back from the store was looked at before.
    pub now: Option<Timestamp>,
}

/// What serves where a line of a file holds a bare product.
#[derive(Clone, Debug)]
pub struct Fallback {
    /// Time of the facts.
    pub occurred_at: Timestamp,
    /// Makes the id: equal lines in runs over the same state of a file get equal ids.
    pub salt: String,
    /// Whether texts are written again although nothing changed.
    pub force: bool,
}

/// Decodes the body of a delivery or a line of a file.
///
/// # Errors
/// With the JSON pointer, the rule and the value seen.
pub fn decode(body: &[u8], origin: &Origin) -> Result<Update, IntakeError> {
    let text = text(body)?;
    if !text.trim_start().starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() {
        return Err(not_an_object());
    }
    // The common shape is parsed straight into its type; only what needs rewriting takes the way over a map.
    if origin.cloud_event.is_none() && origin.fallback.is_none() && !text.contains("\"specversion\"") {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        match read(&mut deserializer) {
            Ok((message, unread)) => {
                deserializer.end().map_err(|error| not_json(&error))?;
                return build(message, &unread, origin);
            }
            // It may be only the id that is missing.
            Err(_) if origin.id.is_some() => {}
            Err(error) => return Err(shape(&error, || serde_json::from_str(text).ok())),
        }
    }
    let value: Value = serde_json::from_str(text).map_err(|error| not_json(&error))?;
    decode_value(value, origin)
}

/// The body as text, where its size, encoding and depth are within limits.
fn text(body: &[u8]) -> Result<&str, IntakeError> {
    if body.len() > limits::BODY_BYTES_MAX {
        let rule = format!("a message has at most {} bytes", limits::BODY_BYTES_MAX);
        return Err(IntakeError::new("", rule, format!("{} bytes", body.len())));
    }
    let text = std::str::from_utf8(body).map_err(|error| {
        IntakeError::new("", format!("a message must be UTF-8, byte {} is not", error.valid_up_to()), "")
    })?;
    limits::depth(body)?;
    Ok(text)
}

/// The whole message that a line of a file stands for, to be published.
///
/// # Errors
/// When the line is no JSON object within limits.
pub fn complete_message(body: &[u8], origin: &Origin) -> Result<Value, IntakeError> {
    let value = serde_json::from_str(text(body)?).map_err(|error| not_json(&error))?;
    complete_value(value, origin)
}

/// The whole message that a row of a file stands for, to be published.
///
/// # Errors
/// When the row is no JSON object.
pub fn complete_value(value: Value, origin: &Origin) -> Result<Value, IntakeError> {
    let Value::Object(message) = value else {
        return Err(not_an_object());
    };
    match &origin.fallback {
        Some(fallback) if !is_structured(&message) => Ok(Value::Object(complete(message, fallback))),
        _ => Ok(Value::Object(message)),
    }
}

/// Decodes a message that is parsed already.
///
/// # Errors
/// As [`decode`].
pub fn decode_value(value: Value, origin: &Origin) -> Result<Update, IntakeError> {
    let Value::Object(mut message) = value else {
        return Err(not_an_object());
    };
    if let Some(attributes) = &origin.cloud_event {
        attributes.apply(&mut message);
    } else if is_structured(&message) {
        message = unwrap(message)?;
    } else if let Some(fallback) = &origin.fallback {
        message = complete(message, fallback);
    }
    if let (Some(id), true) = (&origin.id, message.get("id").is_none_or(Value::is_null)) {
        message.insert("id".to_owned(), Value::String(id.clone()));
    }
    let message = Value::Object(message);
    let (message, unread) = read(&message).map_err(|error| shape(&error, || Some(message.clone())))?;
    build(message, &unread, origin)
}

/// Reads a message, and which of its fields nothing reads.
fn read<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<(ProductUpdate, UnreadFields), serde_path_to_error::Error<D::Error>> {
    let (mut track, mut unread) = (serde_path_to_error::Track::new(), UnreadFields::default());
    let mut found = |path: serde_ignored::Path<'_>| unread.add(&path);
    let tracked = serde_path_to_error::Deserializer::new(deserializer, &mut track);
    match ProductUpdate::deserialize(serde_ignored::Deserializer::new(tracked, &mut found)) {
        Ok(message) => Ok((message, unread)),
        Err(error) => Err(serde_path_to_error::Error::new(track.path(), error)),
    }
}

fn build(message: ProductUpdate, unread: &UnreadFields, origin: &Origin) -> Result<Update, IntakeError> {
    limits::message(&message)?;
    if let Some(now) = origin.now {
        limits::time(message.occurred_at, now)?;
    }
    let product = &message.product;
    let bare = product.title.is_none()
        && product.attributes.is_empty()
        && !product.localized.values().any(Localized::states_facts);
    let kind = message.kind;
    if kind == super::UpdateKind::ProductUpdated && bare {
        return Err(IntakeError::new(
            "/product",
            "an updated product needs a title or attributes to write from",
            "",
        ));
    }
    let mut locales = origin.unfinished.clone().unwrap_or(message.locales);
    limits::locales(locales.len())?;
    locales.sort_unstable();
    locales.dedup();
    let mut notes = unread.notes();
    if let Some(fault) = message.product.gtin.as_deref().and_then(gtin_fault) {
        notes.push(note(
            "message.gtin",
            &format!("/product/gtin: {fault}; correct it where the catalog is kept"),
        ));
    }
    let said = (message.kind, &message.product, &message.recipes, message.force);
    // A type whose fields are all text and numbers can be written.
    let said = Digest::of(&[&serde_json::to_vec(&said).unwrap_or_default()]);
    Ok(Update {
        id: message.id,
        kind,
        occurred_at: message.occurred_at,
        sku: message.product.sku.clone(),
        version: message.product.version.filter(|version| *version > 0),
        product: (!bare).then(|| std::sync::Arc::new(message.product)),
        locales,
        recipes: message.recipes,
        lane: origin.lane.or(message.lane).unwrap_or_default(),
        job: message.job,
        correlation_id: origin.correlation_id.clone(),
        force: message.force,
        seen_before: origin.seen_before,
        config_changes: origin.config_changes,
        said,
        notes: notes.into(),
    })
}

/// Makes a message of a line of a file: a bare product is wrapped, what is left out is filled in.
fn complete(mut message: Map<String, Value>, fallback: &Fallback) -> Map<String, Value> {
    if !message.contains_key("product") {
        let locale = message.remove("locale");
        let mut wrapped = Map::new();
        if let Some(locale @ Value::String(_)) = locale {
            wrapped.insert("locales".to_owned(), Value::Array(vec![locale]));
        }
        for field in ["locales", "recipes", "job", "force", "lane"] {
            if let Some(value) = message.remove(field) {
                wrapped.insert(field.to_owned(), value);
            }
        }
        wrapped.insert("product".to_owned(), Value::Object(message));
        message = wrapped;
    }
    if !message.contains_key("id") {
        let content = skuscribe_check::product::digest(&message);
        let id = Digest::of(&[fallback.salt.as_bytes(), content.as_bytes()]);
        message.insert("id".to_owned(), Value::String(format!("line-{id}")));
    }
    if fallback.force {
        message.insert("force".to_owned(), Value::Bool(true));
    }
    message.entry("type").or_insert_with(|| Value::String("product.updated".to_owned()));
    message.entry("occurred_at").or_insert_with(|| Value::String(fallback.occurred_at.to_string()));
    message
}

fn not_json(error: &serde_json::Error) -> IntakeError {
    IntakeError::new("", format!("a message must be JSON: {error}"), "")
}

fn not_an_object() -> IntakeError {
    IntakeError::new("", "a message must be a JSON object", "")
}

/// `whole` gives the message once more, to show the value at the offending place.
fn shape(
    error: &serde_path_to_error::Error<serde_json::Error>,
    whole: impl FnOnce() -> Option<Value>,
) -> IntakeError {
    if error.inner().is_syntax() || error.inner().is_eof() {
        return not_json(error.inner());
    }
    let mut pointer = String::new();
    for segment in error.path() {
        use serde_path_to_error::Segment;
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } | Segment::Enum { variant: key } => {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            Segment::Unknown => {}
        }
    }
    let (rule, is_type) = rule(&error.inner().to_string());
    let seen = whole().and_then(|whole| whole.pointer(&pointer).map(|value| seen(value, is_type)));
    let shown = pointer.chars().take(POINTER_CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c });
    IntakeError::new(shown.collect::<String>(), rule, seen.unwrap_or_default())
}

/// What a deserializer says, without the value that it quotes; and whether it is the type that it refuses.
fn rule(said: &str) -> (String, bool) {
    // "invalid type: string \"…\", expected u64 at line 1 column 9": what was expected is ours.
    let said = said.rsplit_once(" at line ").map_or(said, |(rule, _)| rule);
    let is_type = said.starts_with("invalid type: ");
    let quotes = is_type || said.starts_with("invalid value: ") || said.starts_with("unknown variant ");
    let expected = said.rfind(", expected ").filter(|_| quotes).and_then(|at| said.get(at + 2..));
    (expected.unwrap_or(said).chars().take(RULE_CHARS_MAX).collect(), is_type)
}

/// A value as an error shows it: the beginning of a short one, else its type.
fn seen(value: &Value, is_type: bool) -> String {
    match value {
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(fields) => format!("an object of {} fields", fields.len()),
        Value::String(text) if is_type => format!("a text of {} characters", text.chars().count()),
        Value::String(text) => text.clone(),
        scalar => scalar.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn valid() -> Value {
        json!({
            "id": "m1", "type": "product.updated", "occurred_at": "2026-01-02T03:04:05Z",
            "product": { "sku": "A1", "title": "Mug", "version": 3, "attributes": { "volume": { "value": 300, "unit": "ml" } } },
            "locales": ["de-DE"]
        })
    }

    fn refused(change: impl FnOnce(&mut Value)) -> IntakeError {
        let mut message = valid();
        change(&mut message);
        decode(message.to_string().as_bytes(), &Origin::default()).unwrap_err()
    }

    #[test]
    fn a_valid_message_is_an_update() {
        let update = decode(valid().to_string().as_bytes(), &Origin::default()).unwrap();
        assert_eq!((update.id(), update.version(), update.sku().as_str()), ("m1", Some(3), "A1"));
        assert_eq!(update.locales().first().unwrap().as_str(), "de-DE");
    }

    #[test]
    fn a_gtin_that_cannot_be_one_is_noted_for_whoever_keeps_the_catalog() {
        for (gtin, part) in
            [("4006381333932", "check digit"), ("4.00638E+12", "power of ten"), ("12", "digits")]
        {
            let mut message = valid();
            message["product"]["gtin"] = json!(gtin);
            let update = decode(message.to_string().as_bytes(), &Origin::default()).unwrap();
            let notes: Vec<&str> = update.notes().iter().map(|note| note.message.as_str()).collect();
            assert!(matches!(notes.as_slice(), [note] if note.contains(part)), "{gtin}: {notes:?}");
        }
        let mut message = valid();
        message["product"]["gtin"] = json!("4006381333931");
        assert!(decode(message.to_string().as_bytes(), &Origin::default()).unwrap().notes().is_empty());
    }

    #[test]
    fn each_bad_input_names_its_place() {
        let cases: Vec<(IntakeError, &str, &str)> = vec![
            (refused(|m| m["product"]["sku"] = json!("x".repeat(10_000))), "/product/sku", "256"),
            (
                refused(|m| {
                    m["product"].as_object_mut().unwrap().remove("sku");
                }),
                "/product",
                "sku",
            ),
            (refused(|m| m["product"]["version"] = json!(-1)), "/product/version", "-1"),
            (refused(|m| m["locales"] = json!(["english"])), "/locales/0", "BCP 47"),
            (refused(|m| m["type"] = json!("product.exploded")), "/type", "product.exploded"),
            (
                refused(|m| {
                    m["product"]["attributes"] =
                        (0..2000).map(|i| (format!("a{i}"), json!(i))).collect::<Map<_, _>>().into();
                }),
                "/product/attributes",
                "500",
            ),
            (
                refused(|m| m["product"]["attributes"]["a/b"] = json!("x".repeat(30_000))),
                "/product/attributes/a~1b",
                "20000",
            ),
            (
                refused(|m| m["product"]["attributes"]["deep"] = json!([["nested"]])),
                "/product/attributes/deep/0",
                "nest",
            ),
            (refused(|m| m["occurred_at"] = json!("yesterday")), "/occurred_at", "yesterday"),
            (refused(|m| m["id"] = json!("")), "/id", "1 to 200"),
            (refused(|m| m["product"] = json!({ "sku": "A1" })), "/product", "title or attributes"),
            (
                refused(|m| m["product"]["localized"] = json!({ "german": { "title": "x" } })),
                "/product/localized/german",
                "BCP 47",
            ),
            (
                refused(|m| m["product"]["localized"] = json!({ "de": { "attributes": { "a": [["x"]] } } })),
                "/product/localized/de/attributes/a/0",
                "nest",
            ),
            (
                refused(|m| {
                    m["product"]["localized"] = json!({ "de": { "labels": { "a": "x".repeat(300) } } });
                }),
                "/product/localized/de/labels/a",
                "200",
            ),
            (refused(|m| m["product"]["labels"] = json!({ "a/b": " " })), "/product/labels/a~1b", "1 to 200"),
            (
                refused(|m| m["product"]["localized"] = json!({ "de": { "title": "x".repeat(30_000) } })),
                "/product/localized/de/title",
                "20000",
            ),
        ];
        for (error, pointer, part) in cases {
            assert_eq!(error.pointer, pointer, "{error}");
            assert!(error.to_string().contains(part), "{error}");
        }
    }

    #[test]
    fn an_error_names_the_type_that_was_seen_and_never_quotes_a_text() {
        let secret = "Bearer 0123456789 ".repeat(30);
        for (error, part) in [
            (refused(|m| m["product"]["version"] = json!(secret)), "a text of 540 characters"),
            (refused(|m| m["product"]["title"] = json!([secret])), "a list of 1"),
            (refused(|m| m["locales"] = json!(secret)), "expected a sequence"),
            (
                refused(|m| m["product"]["attributes"]["a"] = json!({ "value": secret, "unit": "cm" })),
                "/product/attributes/a",
            ),
            (refused(|m| m["product"]["description"] = json!(secret.repeat(60))), "20000 characters"),
            (refused(|m| m["product"] = json!(secret)), "/product"),
            (decode(json!(secret).to_string().as_bytes(), &Origin::default()).unwrap_err(), "object"),
        ] {
            let error = error.to_string();
            assert!(error.contains(part) && !error.contains("Bearer"), "{error}");
        }
        // Of what is short and wrong the beginning is shown.
        let kind = refused(|m| m["type"] = json!(format!("product.exploded {secret}")));
        assert!(
            kind.seen.starts_with("product.exploded") && kind.to_string().chars().count() < 250,
            "{kind}"
        );
    }

    #[test]
    fn a_message_whose_id_is_null_or_not_there_takes_that_of_its_properties() {
        let origin = Origin { id: Some("of-the-properties".to_owned()), ..Origin::default() };
        let mut message = valid();
        message["id"] = Value::Null;
        assert_eq!(decode(message.to_string().as_bytes(), &origin).unwrap().id(), "of-the-properties");
        assert!(decode(message.to_string().as_bytes(), &Origin::default()).is_err());
        message.as_object_mut().unwrap().remove("id");
        assert_eq!(decode(message.to_string().as_bytes(), &origin).unwrap().id(), "of-the-properties");
        assert_eq!(decode(valid().to_string().as_bytes(), &origin).unwrap().id(), "m1");
    }

    #[test]
    fn a_time_far_ahead_of_the_clock_is_refused() {
        let now: Timestamp = "2026-01-02T03:00:00Z".parse().unwrap();
        let origin = Origin { now: Some(now), ..Origin::default() };
        let body = |time: &str| {
            let mut message = valid();
            message["occurred_at"] = json!(time);
            message.to_string()
        };
        assert!(decode(body("2026-01-02T03:04:59Z").as_bytes(), &origin).is_ok());
        let error = decode(body("2026-01-02T03:05:01Z").as_bytes(), &origin).unwrap_err();
        assert!(error.pointer == "/occurred_at" && error.seen.starts_with("2026-01-02T03:05:01"), "{error}");
    }

    #[test]
    fn an_id_that_is_used_again_for_something_else_is_another_operation() {
        let locale = "de-DE".parse().unwrap();
        let operation = |change: fn(&mut Value)| {
            let mut message = valid();
            change(&mut message);
            decode(message.to_string().as_bytes(), &Origin::default()).unwrap().operation(&locale)
        };
        let first = operation(|_| ());
        // As it is when it is sent again: its time may be new, its finished locales are gone.
        assert_eq!(first, operation(|m| m["occurred_at"] = json!("2026-01-02T03:04:06Z")));
        assert_eq!(first, operation(|m| m["locales"] = json!([])));
        for other in [
            operation(|m| m["product"]["title"] = json!("Cup")),
            operation(|m| m["recipes"] = json!(["faq"])),
            operation(|m| m["force"] = json!(true)),
            operation(|m| m["id"] = json!("m2")),
        ] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn bytes_that_are_no_message_are_refused_whole() {
        let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
        for (body, part) in [
            (b"not json".as_slice(), "JSON"),
            (b"{\"id\": \"\xff\"}", "UTF-8"),
            (deep.as_bytes(), "levels"),
            (b"[]", "object"),
            (b"{\"id\":\"a\"", "JSON"),
            (b"", "JSON"),
            (&vec![b' '; 2 << 20], "bytes"),
        ] {
            let error = decode(body, &Origin::default()).unwrap_err();
            assert!(error.to_string().contains(part), "{error}");
        }
    }

    #[test]
    fn a_cloud_event_in_either_mode_is_the_same_update() {
        let data = json!({ "product": valid()["product"], "locales": ["de-DE"] });
        let structured = json!({ "specversion": "1.0", "id": "m1", "type": "product.updated", "source": "/pim", "time": "2026-01-02T03:04:05Z", "data": data });
        let one = decode(structured.to_string().as_bytes(), &Origin::default()).unwrap();
        let headers = [
            ("cloudEvents:specversion", "1.0"),
            ("cloudEvents:id", "m1"),
            ("cloudEvents_type", "product.updated"),
            ("cloudEvents:time", "2026-01-02T03:04:05Z"),
        ];
        let cloud_event = BinaryAttributes::from_headers(headers.into_iter().map(|(k, v)| (k, v.to_owned())));
        let origin = Origin { cloud_event, ..Origin::default() };
        let two = decode(data.to_string().as_bytes(), &origin).unwrap();
        assert_eq!(
            (one.id(), one.occurred_at(), one.product()),
            (two.id(), two.occurred_at(), two.product())
        );
    }

    #[test]
    fn a_bare_product_gets_an_id_that_depends_on_it_and_on_the_file_s_time() {
        let fallback = Fallback { occurred_at: Timestamp::UNIX_EPOCH, salt: "run".to_owned(), force: false };
        let origin = Origin { fallback: Some(fallback), ..Origin::default() };
        let line = |title: &str| {
            decode(
                json!({ "sku": "A1", "title": title, "locale": "fr-FR", "price": "3" })
                    .to_string()
                    .as_bytes(),
                &origin,
            )
            .unwrap()
        };
        assert_eq!(line("Mug").id(), line("Mug").id());
        assert_ne!(line("Mug").id(), line("Cup").id());
        let mut later = origin.clone();
        later.fallback.as_mut().unwrap().salt = "run over another state of the file".to_owned();
        let body = json!({ "sku": "A1", "title": "Mug", "locale": "fr-FR", "price": "3" }).to_string();
        assert_ne!(line("Mug").id(), decode(body.as_bytes(), &later).unwrap().id());
        assert_eq!(line("Mug").locales().first().unwrap().as_str(), "fr-FR");
        assert_eq!((line("Mug").version(), line("Mug").occurred_at()), (None, Timestamp::UNIX_EPOCH));
    }
}
