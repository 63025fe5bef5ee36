//! CloudEvents 1.0: structured mode in the body, binary mode in AMQP headers.
//!
//! Source: CloudEvents specification 1.0.2 and its AMQP protocol binding (prefixes `cloudEvents:` and
//! `cloudEvents_`).

use serde_json::{Map, Value};

use super::IntakeError;

/// The CloudEvents attributes of a message in binary mode.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BinaryAttributes {
    /// `id`.
    pub id: Option<String>,
    /// `type`.
    pub kind: Option<String>,
    /// `time`.
    pub time: Option<String>,
}

impl BinaryAttributes {
    /// Reads them from headers; `None` where the message is no CloudEvent in binary mode.
    pub fn from_headers<'a>(headers: impl Iterator<Item = (&'a str, String)>) -> Option<Self> {
        let (mut found, mut attributes) = (false, Self::default());
        for (name, value) in headers {
            let Some(name) = name.strip_prefix("cloudEvents:").or_else(|| name.strip_prefix("cloudEvents_"))
            else {
                continue;
            };
            match name {
                "specversion" => found = true,
                "id" => attributes.id = Some(value),
                "type" => attributes.kind = Some(value),
                "time" => attributes.time = Some(value),
                _ => {}
            }
        }
        found.then_some(attributes)
    }

    /// Puts the attributes into the data, as the fields that we know.
    pub(super) fn apply(&self, message: &mut Map<String, Value>) {
        for (field, value) in [("id", &self.id), ("type", &self.kind), ("occurred_at", &self.time)] {
            if let Some(value) = value {
                message.insert(field.to_owned(), Value::String(value.clone()));
            }
        }
    }
}

/// Whether a message is a CloudEvent in structured mode.
pub(super) fn is_structured(message: &Map<String, Value>) -> bool {
    message.contains_key("specversion")
}

/// Unwraps a CloudEvent in structured mode into the message that its data holds.
pub(super) fn unwrap(mut event: Map<String, Value>) -> Result<Map<String, Value>, IntakeError> {
    let text = |event: &Map<String, Value>, name: &str| {
        event.get(name).and_then(Value::as_str).map(ToOwned::to_owned)
    };
    let version = text(&event, "specversion").unwrap_or_default();
    if version != "1.0" {
        return Err(IntakeError::new("/specversion", "only CloudEvents 1.0 is understood", version));
    }
    let attributes =
        BinaryAttributes { id: text(&event, "id"), kind: text(&event, "type"), time: text(&event, "time") };
    match event.remove("data") {
        Some(Value::Object(mut data)) => {
            attributes.apply(&mut data);
            Ok(data)
        }
        _ => Err(IntakeError::new("/data", "a CloudEvent's data must be a JSON object", "")),
    }
}
