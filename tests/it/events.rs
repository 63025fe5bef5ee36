//! Outcome events: they say what a consumer needs, and readers of earlier versions still read them.

use lapin::BasicProperties;
use lapin::types::FieldTable;
use serde_json::{Value, json};
use skuscribe::config::Config;
use skuscribe_sandbox::Behaviour;

use crate::harness::{RawEvent, World, mug};

fn properties(correlation_id: &str) -> BasicProperties {
    BasicProperties::default().with_delivery_mode(2).with_correlation_id(correlation_id.into())
}

/// Publishes and waits until all is settled; gives the events.
async fn events_of(world: &mut World, message: &[u8], properties: BasicProperties) -> Vec<RawEvent> {
    world.publish_with("updates", message, properties).await;
    world.settled().await;
    world.raw_events().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_says_why_by_which_rules_where_the_document_lies_and_what_its_publisher_follows_it_by() {
    let mut world = World::start_with(Behaviour::default(), |config: &mut Config| {
        "always".clone_into(&mut config.review.when);
    })
    .await;
    let message = mug("m1", "A 1", 1, "clay").to_string();
    let events = events_of(&mut world, message.as_bytes(), properties("order-7")).await;
    let [RawEvent { body, headers, correlation_id }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((body["outcome"].as_str(), body["reason"].as_str()), (Some("held"), Some("missing")));
    assert_eq!(body["document"], "content/en-US/A%201.json");
    assert!(body["rules"].as_array().unwrap().contains(&json!("review.wanted")), "{body}");
    assert_eq!((&body["correlation_id"], correlation_id.as_deref()), (&json!("order-7"), Some("order-7")));
    assert!(headers.is_empty(), "nobody asked for CloudEvents: {headers:?}");
    // The same again, as a redelivery announces it.
    let again = events_of(&mut world, message.as_bytes(), properties("order-7")).await;
    assert_eq!((&again[0].body["id"], &again[0].body["rules"]), (&body["id"], &body["rules"]));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_cannot_be_read_makes_an_event_and_so_does_each_locale_of_one_that_cannot_be_worked() {
    let mut world = World::start(Behaviour::default()).await;
    let events = events_of(&mut world, b"no JSON", properties("c1")).await;
    let [RawEvent { body, correlation_id, .. }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((body["outcome"].as_str(), body["stage"].as_str()), (Some("failed"), Some("intake")));
    assert_eq!((body["sku"].as_str(), body["locale"].as_str()), (Some("(unreadable)"), Some("zxx")));
    assert!(body["reason"].as_str().unwrap().contains("JSON") && body["document"].is_null(), "{body}");
    assert_eq!(correlation_id.as_deref(), Some("c1"));
    // What can be read of it is told.
    let mut message = mug("m2", "A1", 1, "clay");
    message["locales"] = json!(["de-DE", "en-US"]);
    message["job"] = json!("spring");
    message["product"]["version"] = json!(-4);
    let plain = || BasicProperties::default();
    let events = events_of(&mut world, message.to_string().as_bytes(), plain()).await;
    let told = |body: &Value| {
        ["message_id", "job", "sku", "locale", "stage", "document"].map(|field| body[field].clone())
    };
    assert_eq!(
        events.iter().map(|event| told(&event.body)).collect::<Vec<_>>(),
        [
            json!(["m2", "spring", "A1", "de-DE", "intake", "content/de-DE/A1.json"]),
            json!(["m2", "spring", "A1", "en-US", "intake", "content/en-US/A1.json"]),
        ]
        .map(|row| serde_json::from_value::<[Value; 6]>(row).unwrap())
    );
    // It is read, and its product is not known.
    let message = json!({
        "id": "m3", "type": "content.requested", "occurred_at": "2026-01-02T03:04:05Z",
        "product": { "sku": "NONE" }, "locales": ["de-DE", "en-US"]
    });
    let events = events_of(&mut world, message.to_string().as_bytes(), plain()).await;
    assert_eq!(events.len(), 2);
    assert!(events.iter().all(|event| event.body["stage"] == "plan"), "{events:?}");
    assert!(events[0].body["reason"].as_str().unwrap().contains("send a product.updated first"));
    while world.dead_letter().await.is_some() {}
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_cloud_events_where_the_settings_ask_for_it_over_the_same_body() {
    let mut world = World::start_with(Behaviour::default(), |config: &mut Config| {
        config.announce.cloud_events = true;
        "//shop.example/skuscribe".clone_into(&mut config.announce.source);
    })
    .await;
    let message = mug("m1", "A1", 1, "clay").to_string();
    let events = events_of(&mut world, message.as_bytes(), properties("order-7")).await;
    let [RawEvent { body, headers, .. }] = events.as_slice() else { panic!("{events:?}") };
    let attribute = |name: &str| headers.get(&format!("cloudEvents:{name}")).map(String::as_str);
    assert_eq!(attribute("specversion"), Some("1.0"));
    assert_eq!(attribute("id"), body["id"].as_str());
    assert_eq!(attribute("source"), Some("//shop.example/skuscribe"));
    assert_eq!(attribute("type"), Some("skuscribe.content.published.v1"));
    assert_eq!(attribute("subject"), Some("content/en-US/A1.json"));
    assert_eq!(attribute("time"), body["announced_at"].as_str());
    assert_eq!(attribute("correlationid"), Some("order-7"));
    assert_eq!(body["schema"], "content_event.v1");
    world.finish().await;
}

/// `content_event.v1` as the release before read it.
#[derive(serde::Deserialize)]
#[serde(rename = "content_event.v1")]
struct EarlierEvent {
    id: String,
    outcome: String,
    sku: skuscribe_check::product::Sku,
    locale: skuscribe_check::product::Locale,
    message_id: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_of_the_release_before_read_every_event() {
    let mut world = World::start(Behaviour::default()).await;
    let message = mug("m1", "A1", 1, "clay").to_string();
    world.work_bytes(message.as_bytes(), FieldTable::default()).await;
    world.work_bytes(b"{", FieldTable::default()).await;
    let events = world.raw_events().await;
    assert_eq!(events.len(), 2);
    for event in events {
        let read: EarlierEvent = serde_json::from_value(event.body).unwrap();
        assert!(!read.id.is_empty() && !read.outcome.is_empty() && !read.message_id.is_empty());
        assert!(!read.sku.as_str().is_empty() && !read.locale.as_str().is_empty());
    }
    while world.dead_letter().await.is_some() {}
    world.finish().await;
}
