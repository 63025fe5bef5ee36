//! Events as CloudEvents 1.0 in binary mode: the attributes are AMQP headers, the body stays as it is.
//!
//! Source: CloudEvents specification 1.0.2 and its AMQP protocol binding (prefix `cloudEvents:`).

use lapin::types::{AMQPValue, FieldTable, LongString};

use super::ContentEvent;

/// The header of each attribute that an event has, with what it says.
pub const ATTRIBUTES: [(&str, &str); 8] = [
    ("cloudEvents:specversion", "Always `1.0`."),
    ("cloudEvents:id", "The event's `id`."),
    ("cloudEvents:source", "`announce.source`."),
    ("cloudEvents:type", "`skuscribe.content.<outcome>.v1`."),
    ("cloudEvents:subject", "The key of the document, where there can be one."),
    ("cloudEvents:time", "The event's `announced_at`."),
    ("cloudEvents:correlationid", "The event's `correlation_id`, where it has one."),
    ("cloudEvents:job", "The event's `job`, where it has one."),
];

/// The attributes of an event as headers.
#[must_use]
pub fn headers(event: &ContentEvent, source: &str) -> FieldTable {
    let [version, id, of, kind, subject, time, correlation_id, job] = ATTRIBUTES.map(|(name, _)| name);
    let announced_at = event.announced_at.to_string();
    let type_name = format!("skuscribe.content.{}.v1", event.outcome);
    let mut table = FieldTable::default();
    let attributes = [
        (version, Some("1.0")),
        (id, Some(event.id.as_str())),
        (of, Some(source)),
        (kind, Some(type_name.as_str())),
        (subject, event.document.as_deref()),
        (time, Some(announced_at.as_str())),
        (correlation_id, event.correlation_id.as_deref()),
        (job, event.job.as_deref()),
    ];
    for (name, value) in attributes {
        if let Some(value) = value {
            table.insert(name.into(), AMQPValue::LongString(LongString::from(value)));
        }
    }
    table
}
