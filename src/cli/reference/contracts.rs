//! `schemas.md` and `events.md`: the fields of every contract, from its JSON Schema.

use std::collections::BTreeMap;

use anyhow::ensure;
use serde_json::Value;

use super::{cell, table};
use crate::announce::{NO_LOCALE, UNREADABLE_SKU, cloud_events};
use crate::broker::Topology;
use crate::schemas;

const EVENTS: &[&str] = &["content_event.v1", "catalog_gap.v1"];

pub(super) fn schemas_page() -> anyhow::Result<String> {
    let mut page = "\
# Schemas

Each contract is a JSON Schema in `schemas/`; `skuscribe schema NAME` prints it. `schemas/asyncapi.yaml` describes the queues,
`schemas/openapi.json` the answer service. Fields are added within a version, never removed: ignore what you do not know.

"
    .to_owned();
    let all = contracts();
    for (name, schema) in &all {
        page.push_str(&format!("- [`{name}`](#{}): {}\n", anchor(name), first_sentence(schema)));
    }
    for (name, schema) in &all {
        page.push_str(&format!("\n## {name}\n\n{}{}", description(schema), body(schema)));
    }
    page.push_str(&types(&all)?);
    Ok(page)
}

pub(super) fn events_page() -> anyhow::Result<String> {
    let exchange = Topology::new("skuscribe").content();
    let (unreadable, no_locale) = (UNREADABLE_SKU, NO_LOCALE);
    let mut page = format!(
        "\
# Events

Skuscribe announces what became of each task on the topic exchange `{exchange}`. Events are persistent and confirmed by the broker.
Bind a queue of your own.

| Event | Routing key | Sent by |
|---|---|---|
| `content_event.v1` | `content.<outcome>.<locale>`, such as `content.published.de-DE` | `worker` and `review`, not `enrich` |
| `catalog_gap.v1` | `catalog.gap` | `gaps --announce` |

- **At least once.** An event may come twice, with the same `id`. Drop what you have seen.
- **In any order.** Take no `revision` at or below the one that you have.
- **Not all outcomes.** `announce.outcomes` says which are sent for messages without a job. For jobs all are.
- **Failures, too.** A message that cannot be read makes an event `failed` with the stage `intake`: under the product and the
  locales that can be read of it, else under `{unreadable}` and `{no_locale}`.
- **Followed by you.** The AMQP property `correlation-id` of your message is that of its events, and their `correlation_id`.

If you must miss nothing, read the [change feed](../topics/change-feed.md).
"
    );
    page.push_str(
        "
## CloudEvents

With `announce.cloud_events = true` each event is a CloudEvent 1.0 in binary mode as well. The body stays as it is; the
attributes are AMQP headers:

",
    );
    page.push_str(&table(
        ["Header", "Value"],
        cloud_events::ATTRIBUTES.iter().map(|(name, value)| [format!("`{name}`"), (*value).to_owned()]),
    ));
    let events: Vec<_> = contracts().into_iter().filter(|(name, _)| EVENTS.contains(name)).collect();
    for (name, schema) in &events {
        page.push_str(&format!("\n## {name}\n\n{}{}", description(schema), body(schema)));
    }
    page.push_str(&types(&events)?);
    Ok(page)
}

fn contracts() -> Vec<(&'static str, Value)> {
    schemas::all().into_iter().map(|(name, schema)| (name, schema.to_value())).collect()
}

/// The types that contracts share, each once.
fn types(contracts: &[(&str, Value)]) -> anyhow::Result<String> {
    let mut all: BTreeMap<&str, &Value> = BTreeMap::new();
    for (contract, schema) in contracts {
        for (name, definition) in schema.get("$defs").and_then(Value::as_object).into_iter().flatten() {
            let known = *all.entry(name).or_insert(definition);
            ensure!(
                known == definition,
                "{contract} has another type of the name {name} than an earlier contract"
            );
        }
    }
    let mut page = "\n## Types\n".to_owned();
    for (name, definition) in all {
        page.push_str(&format!("\n### {name}\n\n{}{}", description(definition), body(definition)));
    }
    Ok(page)
}

/// Fields of an object, values of an enumeration; for all else the type alone.
fn body(schema: &Value) -> String {
    if let Some(fields) = schema.get("properties").and_then(Value::as_object) {
        let required: Vec<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let rows = fields.iter().map(|(name, field)| {
            let optional = if required.contains(&name.as_str()) { "" } else { ", optional" };
            [format!("`{name}`"), format!("{}{optional}", cell(&kind(field))), cell(text(field))]
        });
        return table(["Field", "Type", "Meaning"], rows);
    }
    if let Some(values) = schema.get("oneOf").and_then(Value::as_array) {
        let rows = values.iter().map(|value| [cell(&kind(value)), cell(text(value))]);
        return table(["Value", "Meaning"], rows);
    }
    format!("Type: {}.\n", kind(schema))
}

/// The type of a value, in words.
fn kind(schema: &Value) -> String {
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        let name = target.rsplit('/').next().unwrap_or_default();
        return format!("[{name}](#{})", anchor(name));
    }
    if let Some(value) = schema.get("const") {
        return format!("`{}`", value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned));
    }
    if let Some(any) = schema.get("anyOf").and_then(Value::as_array) {
        let kinds: Vec<String> = any.iter().map(kind).filter(|kind| kind != "null").collect();
        return kinds.join(" or ");
    }
    match schema.get("type") {
        Some(Value::Array(names)) => {
            let names = names.iter().filter_map(Value::as_str).filter(|name| *name != "null");
            names.map(|name| simple(name, schema)).collect::<Vec<_>>().join(" or ")
        }
        Some(Value::String(name)) => simple(name, schema),
        _ => "any".to_owned(),
    }
}

fn simple(name: &str, schema: &Value) -> String {
    let fields = schema.get("properties").and_then(Value::as_object);
    let values = schema.get("additionalProperties").filter(|values| values.is_object());
    match (name, schema.get("items"), values, fields) {
        ("array", Some(items), ..) => format!("list of {}", kind(items)),
        ("object", _, Some(values), _) => format!("map of {}", kind(values)),
        ("object", .., Some(fields)) => {
            let names: Vec<&str> = fields.keys().map(String::as_str).collect();
            format!("`{{{}}}`", names.join(", "))
        }
        _ => name.to_owned(),
    }
}

fn text(schema: &Value) -> &str {
    schema.get("description").and_then(Value::as_str).unwrap_or_default()
}

fn description(schema: &Value) -> String {
    match text(schema) {
        "" => String::new(),
        text => format!("{text}\n\n"),
    }
}

fn first_sentence(schema: &Value) -> String {
    let line = text(schema).lines().next().unwrap_or_default();
    line.split_once("`: ").map_or(line, |(_, rest)| rest).to_owned()
}

/// The anchor of a heading, as code hosts and mdBook make it.
fn anchor(heading: &str) -> String {
    heading
        .to_lowercase()
        .chars()
        .filter(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-'))
        .collect()
}
