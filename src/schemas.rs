//! The contracts as JSON Schema and AsyncAPI, generated from the types; `schemas/` holds them checked in.

use schemars::{Schema, schema_for};

use crate::announce::ContentEvent;
use crate::answers::gaps::Gap;
use crate::answers::{Answer, AnswerRequest, service};
use crate::broker::Topology;
use crate::intake::ProductUpdate;
use crate::jobs::Job;
use crate::lane::Lane;
use crate::limits::spend::DaySpend;
use crate::review::Assignment;
use crate::store::questions::Questions;
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
    skuscribe.content under content.<outcome>.<locale>.
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
components:
  messages:
    productUpdate:
      payload:
        $ref: ./product_update.v1.schema.json
    contentEvent:
      payload:
        $ref: ./content_event.v1.schema.json
    catalogGap:
      payload:
        $ref: ./catalog_gap.v1.schema.json
";

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
    format!("{ASYNCAPI_HEAD}{channels}{events}operations:\n{receive}{ASYNCAPI_EVENTS}")
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
    parameters:
      outcome:
        enum: [published, held, unchanged, stale, deleted, failed, cancelled]
      locale:
        description: BCP 47, for example de-DE.
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
