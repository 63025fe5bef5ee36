//! The contracts as JSON Schema and AsyncAPI, generated from the types; `schemas/` holds them checked in.

use schemars::{Schema, schema_for};

use crate::announce::{ContentEvent, cloud_events};
use crate::answers::gaps::Gap;
use crate::answers::{Answer, AnswerRequest, service};
use crate::broker::Topology;
use crate::intake::ProductUpdate;
use crate::jobs::Job;
use crate::lane::Lane;
use crate::limits::spend::DaySpend;
use crate::review::Assignment;
use crate::store::questions::Questions;
use crate::store::workers::WorkerReport;
use skuscribe_check::content::{Correction, Decision, Document, HeldEntry, HistoryEntry};
use skuscribe_check::product::Snapshot;
use skuscribe_check::prose::DerivedFacts;
use skuscribe_check::provenance::{PublicDocument, RegistryEntry};

/// Name and schema of every contract.
#[must_use]
pub fn all() -> Vec<(&'static str, Schema)> {
    vec![
        ("product_update.v1", schema_for!(ProductUpdate)),
        ("content.v1", schema_for!(Document)),
        ("public_content.v1", schema_for!(PublicDocument)),
        ("provenance.v1", schema_for!(RegistryEntry)),
        ("content_event.v1", schema_for!(ContentEvent)),
        ("product_snapshot.v1", schema_for!(Snapshot)),
        ("history.v1", schema_for!(HistoryEntry)),
        ("held.v1", schema_for!(HeldEntry)),
        ("correction.v1", schema_for!(Correction)),
        ("decision.v1", schema_for!(Decision)),
        ("assignment.v1", schema_for!(Assignment)),
        ("derived.v1", schema_for!(DerivedFacts)),
        ("job.v1", schema_for!(Job)),
        ("worker.v1", schema_for!(WorkerReport)),
        ("spend.v1", schema_for!(DaySpend)),
        ("answer_request.v1", schema_for!(AnswerRequest)),
        ("answer.v1", schema_for!(Answer)),
        ("questions.v1", schema_for!(Questions)),
        ("catalog_gap.v1", schema_for!(Gap)),
    ]
}

/// File name and text of everything that `schemas/` holds.
///
/// # Errors
/// When a schema cannot be written as JSON.
pub fn files() -> anyhow::Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for (name, schema) in all() {
        files.push((format!("{name}.schema.json"), format!("{}\n", serde_json::to_string_pretty(&schema)?)));
    }
    files.push(("asyncapi.yaml".to_owned(), asyncapi()));
    files.push((
        "openapi.json".to_owned(),
        format!("{}\n", serde_json::to_string_pretty(&service::openapi())?),
    ));
    Ok(files)
}

/// The head of the AsyncAPI document, up to its channels.
const ASYNCAPI_HEAD: &str = "\
# Generated from the code by `make schemas`; do not edit.
asyncapi: 3.0.0
info:
  title: Skuscribe
  version: 1.0.0
  description: >-
    Product-update messages in, outcome events out. Messages go to the exchange skuscribe.work under their
    lane as routing key, persistent, mandatory and confirmed. Events come from the topic exchange
    skuscribe.content under content.<outcome>.<locale>, persistent and confirmed, at least once and in any
    order. The first part of the names of exchanges and queues, skuscribe, is the setting broker.prefix. Headers
    of Skuscribe's own are x-attempt and x-skuscribe-*; a worker believes them only where a worker signed them.
defaultContentType: application/json
servers:
  rabbitmq:
    host: localhost:5672
    protocol: amqp
channels:
";

/// Its operations on events, and the messages.
const ASYNCAPI_EVENTS: &str = "\
\x20 announce:
    action: send
    channel:
      $ref: '#/channels/outcomes'
  announce-gap:
    action: send
    channel:
      $ref: '#/channels/gaps'
  give-up:
    action: send
    channel:
      $ref: '#/channels/dead'
components:
  messages:
";

/// Names of headers, each with its meaning.
type HeaderTable = &'static [(&'static str, &'static str)];

/// What AMQP carries beside the body of each message.
const ASYNCAPI_MESSAGES: [(&str, &str, HeaderTable); 3] = [
    (
        "productUpdate",
        "product_update.v1",
        &[
            (
                "cloudEvents:specversion",
                "Where the message is a CloudEvent in binary mode: 1.0. The prefix may be cloudEvents_, too.",
            ),
            ("cloudEvents:id", "Its id: the message's."),
            ("cloudEvents:type", "Its type: that of the message, such as product.updated."),
            ("cloudEvents:time", "Its time: the message's occurred_at."),
        ],
    ),
    ("contentEvent", "content_event.v1", &cloud_events::ATTRIBUTES),
    ("catalogGap", "catalog_gap.v1", &[]),
];

/// Headers of a dead letter, beside those of the message that it was.
const DEAD_LETTER_HEADERS: [(&str, &str); 11] = [
    ("x-skuscribe-stage", "The stage that failed."),
    ("x-skuscribe-error", "What happened, with its causes."),
    ("x-skuscribe-lane", "The lane that the message came by."),
    ("x-skuscribe-worker", "The worker that gave up."),
    ("x-skuscribe-first-at", "When the first attempt failed."),
    ("x-skuscribe-last-at", "When the last one did."),
    ("x-skuscribe-locales", "The locales that are left, separated by commas; left out for all."),
    ("x-attempt", "Which attempt was the last."),
    ("x-skuscribe-snoozes", "How often it was sent away without an attempt."),
    ("x-skuscribe-replays", "How often it was put back."),
    ("x-skuscribe-signature", "Shows that a worker wrote these headers."),
];

/// The queues as AsyncAPI 3.0.
fn asyncapi() -> String {
    let topology = Topology::new("skuscribe");
    let (mut channels, mut receive) = (String::new(), String::new());
    for lane in Lane::ALL {
        channels.push_str(&lane_channel(&topology, lane));
        receive.push_str(&format!(
            "  receive-{lane}:\n    action: receive\n    channel:\n      $ref: '#/channels/{lane}'\n"
        ));
    }
    let events = event_channels(&topology.content());
    let dead = dead_channel(&topology);
    let mut messages = String::new();
    for (name, schema, headers) in ASYNCAPI_MESSAGES {
        messages.push_str(&message(name, &format!("./{schema}.schema.json"), headers));
    }
    messages.push_str(&message("deadLetter", "./product_update.v1.schema.json", &DEAD_LETTER_HEADERS));
    format!("{ASYNCAPI_HEAD}{channels}{events}{dead}operations:\n{receive}{ASYNCAPI_EVENTS}{messages}")
}

/// A message with what AMQP carries beside its body.
fn message(name: &str, payload: &str, headers: &[(&str, &str)]) -> String {
    let mut text = format!("    {name}:\n      contentType: application/json\n");
    if name != "catalogGap" {
        text.push_str(
            "      correlationId:
        description: The property correlation-id that the publisher of the message set; events and retries keep it.
        location: $message.header#/correlation-id
",
        );
    }
    if !headers.is_empty() {
        text.push_str("      headers:\n        type: object\n        properties:\n");
        if name != "catalogGap" {
            text.push_str("          correlation-id: { type: string, maxLength: 255 }\n");
        }
        for (header, meaning) in headers {
            text.push_str(&format!(
                "          '{header}':\n            description: '{meaning}'\n",
                meaning = meaning.replace('\'', "''")
            ));
        }
    }
    text.push_str(&format!("      payload:\n        $ref: {payload}\n"));
    text
}

fn dead_channel(topology: &Topology) -> String {
    format!(
        "  dead:
    address: '{{lane}}'
    description: >-
      Messages that were given up, as they came, behind the exchange {} in the queues {}. Those that could not be read are
      no product updates.
    parameters:
      lane:
        enum: [interactive, updates, backfill]
    messages:
      deadLetter:
        $ref: '#/components/messages/deadLetter'
    bindings:
      amqp:
        is: routingKey
        exchange: {{ name: {}, type: direct, durable: true }}
",
        topology.dead(),
        topology.dead_lanes().join(", "),
        topology.dead()
    )
}

fn lane_channel(topology: &Topology, lane: Lane) -> String {
    format!(
        "  {lane}:
    address: {lane}
    description: Queue {} behind the exchange {}.
    messages:
      productUpdate:
        $ref: '#/components/messages/productUpdate'
    bindings:
      amqp:
        is: routingKey
        exchange: {{ name: {}, type: direct, durable: true }}
",
        topology.lane(lane),
        topology.work(),
        topology.work()
    )
}

fn event_channels(exchange: &str) -> String {
    format!(
        "  outcomes:
    address: content.{{outcome}}.{{locale}}
    description: >-
      What became of each task. With the setting announce.cloud_events events are CloudEvents 1.0 in binary mode as well, by
      headers with the prefix cloudEvents:.
    parameters:
      outcome:
        enum: [published, held, unchanged, stale, deleted, failed, cancelled]
      locale:
        description: BCP 47, for example de-DE; zxx where a message names none that can be read.
    messages:
      contentEvent:
        $ref: '#/components/messages/contentEvent'
    bindings:
      amqp:
        is: routingKey
        exchange: {{ name: {exchange}, type: topic, durable: true }}
  gaps:
    address: catalog.gap
    description: What `skuscribe gaps --announce` found missing in the catalog.
    messages:
      catalogGap:
        $ref: '#/components/messages/catalogGap'
    bindings:
      amqp:
        is: routingKey
        exchange: {{ name: {exchange}, type: topic, durable: true }}
"
    )
}
