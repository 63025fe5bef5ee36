//! Messages of those who mean harm, or whose client is broken: each costs itself at most, never its neighbours, the worker
//! or the commands.

use std::sync::atomic::Ordering;

use jiff::Timestamp;
use lapin::types::{AMQPValue, FieldTable};
use serde_json::{Value, json};
use skuscribe::broker::{HeaderKey, Headers, Stamp};
use skuscribe::lane::Lane;
use skuscribe_sandbox::Behaviour;

use crate::harness::{World, amqp_url, mug, until};
use crate::letters::{run, until_waiting};
use crate::raw::{
    APP_ID, CONTENT_TYPE, CORRELATION_ID, HEADERS, KIND, MESSAGE_ID, REPLY_TO, RawClient, entry, long,
    nested, properties, short,
};

/// Properties that a client library would not send, and that RabbitMQ delivers as they are.
fn odd_properties() -> Vec<(&'static str, Vec<u8>)> {
    let one = |bit, value: Vec<u8>| properties(vec![(bit, value)]);
    let bad = |bit| one(bit, short(b"caf\xe9"));
    let value = |value: &[u8]| one(HEADERS, entry(b"n", value));
    vec![
        ("tables 1,300 deep", value(&nested(b'F', 8_000))),
        ("tables as deep as a frame holds", value(&nested(b'F', 131_000))),
        ("arrays as deep as a frame holds", value(&nested(b'A', 131_000))),
        ("message-id", bad(MESSAGE_ID)),
        ("app-id", bad(APP_ID)),
        ("type", bad(KIND)),
        ("correlation-id", bad(CORRELATION_ID)),
        ("reply-to", bad(REPLY_TO)),
        ("content-type", bad(CONTENT_TYPE)),
        ("longest message-id", one(MESSAGE_ID, short(&[0xff; 255]))),
        ("name of a header", one(HEADERS, entry(b"n\xff", b"t\x01"))),
        ("name of a nested header", value(&[&b"F"[..], &entry(b"\xff\xfe", b"V")].concat())),
        ("text of a header", value(&[&b"S"[..], &long(b"\xff\x00\xfe")].concat())),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_properties_cost_no_message_its_life_and_no_neighbour_an_attempt() {
    let mut world = World::start(Behaviour::default()).await;
    let mut raw = RawClient::open(&amqp_url()).await;
    let odd = odd_properties();
    for (number, (what, properties)) in odd.iter().enumerate() {
        let good = mug(&format!("good-{number}"), &format!("G{number}"), 1, "clay");
        world.publish(good.to_string().as_bytes(), FieldTable::default()).await;
        let odd = mug(&format!("odd-{number}"), &format!("O{number}"), 1, "clay").to_string();
        for body in [odd.as_bytes(), b"no JSON"] {
            assert!(raw.publish(&world.topology.work(), b"updates", properties, body).await, "{what}");
        }
        world.expect(2);
    }
    world.settled().await;
    for (number, (what, _)) in odd.iter().enumerate() {
        for sku in [format!("G{number}"), format!("O{number}")] {
            assert!(world.document(&sku, "en-US").await.is_some(), "{sku}, beside {what}");
        }
    }
    let dead = world.topology.dead_lane(Lane::Updates);
    let count = u32::try_from(odd.len()).unwrap();
    until_waiting(&world, &dead, count).await;
    let (ok, text) = run(&world, &["dead", "list", "--stage", "intake", "--error", "JSON"]).await;
    assert!(ok && text.contains(&format!("{count} of {count} dead letters")), "{text}");
    until_waiting(&world, &dead, count).await;
    let (ok, text) = run(&world, &["dead", "show", "caf\\xe9"]).await;
    assert!(ok && text.contains("no JSON"), "{text}");
    until_waiting(&world, &dead, count).await;
    let settled = world.worker.counts().settled.load(Ordering::Relaxed);
    let (ok, text) = run(&world, &["dead", "replay", "--all", "--yes"]).await;
    assert!(ok && text.contains(&format!("{count} dead letters replayed")), "{text}");
    until("they are dead again", || async {
        world.worker.counts().settled.load(Ordering::Relaxed) == settled + u64::from(count)
    })
    .await;
    until_waiting(&world, &dead, count).await;
    let (ok, text) = run(&world, &["dead", "drop", "--all", "--yes"]).await;
    assert!(ok && text.contains(&format!("{count} dead letters dropped")), "{text}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_without_an_id_is_named_after_its_body_shown_and_dropped() {
    let mut world = World::start(Behaviour::default()).await;
    let bodies: [&[u8]; 3] = [b"no JSON", b"{\"id\": \"\\u001b\"}", b"{\"id\": \" \"}"];
    for body in bodies {
        world.work_bytes(body, FieldTable::default()).await;
    }
    let dead = world.topology.dead_lane(Lane::Updates);
    until_waiting(&world, &dead, 3).await;
    let (_, lines) = run(&world, &["dead", "list", "--json"]).await;
    let ids: Vec<String> = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), 3, "{lines}");
    for (left, id) in (0..3).rev().zip(&ids) {
        assert!(id.starts_with("body-") && id.len() == 21, "{id}");
        until_waiting(&world, &dead, left + 1).await;
        let (ok, text) = run(&world, &["dead", "show", id]).await;
        assert!(ok && text.matches("message   ").count() == 1, "{text}");
        until_waiting(&world, &dead, left + 1).await;
        let (ok, text) = run(&world, &["dead", "drop", "--id-prefix", id, "--yes"]).await;
        assert!(ok && text.contains("1 dead letter dropped"), "{text}");
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unrouted_message_with_an_odd_key_is_listed_and_sent_on() {
    let mut world = World::start(Behaviour::default()).await;
    let mut raw = RawClient::open(&amqp_url()).await;
    let body = mug("m1", "A1", 1, "clay").to_string();
    let forged = properties(vec![(HEADERS, {
        let text = |text: &[u8]| [&b"S"[..], &long(text)].concat();
        let entries = [
            [short(b"x-skuscribe-stage"), text(b"forged")].concat(),
            [short(b"x-skuscribe-lane"), text(b"interactive")].concat(),
        ];
        long(&entries.concat())
    })]);
    assert!(raw.publish(&world.topology.work(), b"caf\xe9", &forged, body.as_bytes()).await);
    let unrouted = world.topology.unrouted();
    until_waiting(&world, &unrouted, 1).await;
    let (ok, text) = run(&world, &["unrouted", "list"]).await;
    assert!(ok && text.contains("caf\\xe9") && text.contains("broker") && !text.contains("forged"), "{text}");
    until_waiting(&world, &unrouted, 1).await;
    let (ok, text) = run(&world, &["unrouted", "replay", "--all", "--yes", "--to", "updates"]).await;
    assert!(ok, "{text}");
    world.expect(1);
    world.settled().await;
    assert!(world.document("A1", "en-US").await.is_some());
    world.finish().await;
}

/// Properties whose header frame has so many bytes, most of them in one header.
fn filling(frame_bytes: usize) -> Vec<u8> {
    let with = |bytes: usize| {
        properties(vec![(HEADERS, entry(b"filler", &[&b"S"[..], &long(&vec![b'x'; bytes])].concat()))])
    };
    // Type, channel, size and end of the frame; class, weight and body size.
    let beside = 8 + 12 + with(0).len();
    with(frame_bytes - beside)
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_messages_whose_headers_fill_a_frame_are_settled_with_a_note_on_what_was_left_out() {
    let mut world = World::start(Behaviour::default()).await;
    let mut raw = RawClient::open(&amqp_url()).await;
    let frame_max = raw.frame_max();
    let work = world.topology.work();
    for bytes in [frame_max, frame_max - 122].into_iter().chain(std::iter::repeat_n(frame_max - 1, 70)) {
        assert!(raw.publish(&work, b"updates", &filling(bytes), b"no JSON").await);
        world.expect(1);
    }
    world.work(&mug("m1", "A1", 1, "clay")).await;
    assert!(world.document("A1", "en-US").await.is_some());
    let dead = world.topology.dead_lane(Lane::Updates);
    until_waiting(&world, &dead, 72).await;
    let (_, headers) = world.dead_letter().await.unwrap();
    assert_eq!(headers["x-skuscribe-headers-trimmed"], "filler");
    assert_eq!(headers["x-skuscribe-stage"], "intake");
    let (ok, text) = run(&world, &["dead", "show", "body-"]).await;
    assert!(ok && text.contains("filler (headers that did not fit a frame)"), "{text}");
    until_waiting(&world, &dead, 71).await;
    let (ok, text) = run(&world, &["dead", "drop", "--all", "--yes"]).await;
    assert!(ok && text.contains("71 dead letters dropped"), "{text}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_whose_headers_fill_a_frame_is_made_and_its_note_stays() {
    let behaviour = Behaviour { fail_rate: 1.0, ..Behaviour::default() };
    let mut world = World::start_with(behaviour, |config| {
        "json_schema".clone_into(&mut config.model.structured);
        config.model.attempts_max = 1;
        config.worker.attempts_max = 2;
    })
    .await;
    let mut raw = RawClient::open(&amqp_url()).await;
    let body = mug("m1", "A1", 1, "clay").to_string();
    let full = filling(raw.frame_max());
    assert!(raw.publish(&world.topology.work(), b"updates", &full, body.as_bytes()).await);
    world.expect(1);
    world.settled().await;
    let (_, headers) = world.dead_letter().await.unwrap();
    assert_eq!(headers["x-attempt"], "2");
    assert_eq!(headers["x-skuscribe-headers-trimmed"], "filler");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_of_ours_that_a_publisher_forged_are_not_believed() {
    let mut world = World::start(Behaviour::default()).await;
    let mut headers = FieldTable::default();
    let locales: Vec<String> =
        ('a'..='z').flat_map(|a| ('a'..='z').map(move |b| format!("en-{a}{b}"))).collect();
    headers.insert("x-skuscribe-locales".into(), AMQPValue::LongString(locales.join(",").into()));
    headers.insert("x-attempt".into(), AMQPValue::LongLongInt(99));
    world.work_bytes(mug("m1", "A1", 1, "clay").to_string().as_bytes(), headers.clone()).await;
    // One probe for structured output, one call for the locale of the body.
    assert_eq!(world.sandbox.counters().answers(), 2);
    assert_eq!(world.store.list("content", 100).await.unwrap(), ["content/en-US/A1.json"]);
    world.work_bytes(b"no JSON", headers).await;
    let (_, headers) = world.dead_letter().await.unwrap();
    assert_eq!(headers["x-attempt"], "1");
    assert!(!headers.contains_key("x-skuscribe-locales"), "{headers:?}");
    world.finish().await;
}

/// Takes the first messages of so many in a queue and dies with them, again and again.
async fn die_with(world: &World, queue: &str, all: u32, taken: u32, times: u32) {
    for _ in 0..times {
        until_waiting(world, queue, all).await;
        let mut client = RawClient::open(&amqp_url()).await;
        for _ in 0..taken {
            assert!(client.take(queue).await);
        }
    }
}

/// A world whose worker consumes the updates alone, so that a test plays the workers of the lane of backfill.
async fn without_backfill(behaviour: Behaviour) -> World {
    World::start_with(behaviour, |config| config.worker.lanes = vec![Lane::Updates]).await
}

fn consume_backfill(world: &World) {
    let mut config = world.config.clone();
    config.worker.lanes = vec![Lane::Backfill];
    world.worker.reconfigure(&config);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_came_back_are_worked_one_at_a_time_and_the_rest_side_by_side() {
    let mut world = without_backfill(Behaviour { latency_ms: 500, ..Behaviour::default() }).await;
    let backfill = world.topology.lane(Lane::Backfill);
    for number in 0..6 {
        let body = mug(&format!("m{number}"), &format!("A{number}"), 1, "clay").to_string();
        world.publish_to("backfill", body.as_bytes(), FieldTable::default()).await;
    }
    die_with(&world, &backfill, 6, 3, 5).await;
    until_waiting(&world, &backfill, 6).await;
    consume_backfill(&world);
    world.in_flight(1).await;
    assert_eq!(world.waiting(&backfill).await, 5, "only the first is out");
    world.settled().await;
    assert!(world.sandbox.counters().in_flight_max.load(Ordering::Relaxed) >= 3, "the rest side by side");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_came_back_for_another_s_sake_outlives_the_delivery_limit() {
    let mut world = without_backfill(Behaviour::default()).await;
    let backfill = world.topology.lane(Lane::Backfill);
    let body = mug("m1", "A1", 1, "clay").to_string();
    world.publish_to("backfill", body.as_bytes(), FieldTable::default()).await;
    die_with(&world, &backfill, 1, 1, 19).await;
    until_waiting(&world, &backfill, 1).await;
    consume_backfill(&world);
    world.settled().await;
    assert!(world.document("A1", "en-US").await.is_some());
    assert_eq!(world.worker.counts().snoozed.load(Ordering::Relaxed), 1, "its count began anew, once");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_workers_die_of_is_given_up_with_a_diagnosis() {
    let mut world = World::start_with(Behaviour::default(), |config| {
        config.worker.lanes = vec![Lane::Updates];
        config.broker.signing_key = "of the installation".to_owned().into();
    })
    .await;
    let (backfill, body) = (world.topology.lane(Lane::Backfill), mug("m1", "A1", 1, "clay").to_string());
    // As a worker sent it on when it had come back 16 times.
    let mut returned = FieldTable::default();
    returned.insert("x-skuscribe-returns".into(), AMQPValue::LongLongInt(16));
    let key = HeaderKey::of_secret("of the installation");
    let stamp = Stamp { key: &key, body: body.as_bytes(), now: Timestamp::now() };
    let returned = Headers::read(Some(&returned)).sent_on(stamp);
    world.publish_to("backfill", body.as_bytes(), returned).await;
    die_with(&world, &backfill, 1, 1, 8).await;
    until_waiting(&world, &backfill, 1).await;
    let good = mug("m2", "A2", 1, "clay").to_string();
    world.publish_to("backfill", good.as_bytes(), FieldTable::default()).await;
    consume_backfill(&world);
    world.settled().await;
    assert!(world.document("A1", "en-US").await.is_none());
    assert!(world.document("A2", "en-US").await.is_some());
    let dead = world.topology.dead_lane(Lane::Backfill);
    until_waiting(&world, &dead, 1).await;
    let (ok, text) = run(&world, &["dead", "list", "--json"]).await;
    let letter: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert!(ok && letter["error"].as_str().unwrap().contains("took it back 24 times"), "{text}");
    assert_eq!((&letter["id"], &letter["stage"]), (&json!("m1"), &json!("worker")));
    until_waiting(&world, &dead, 1).await;
    let (ok, text) = run(&world, &["dead", "drop", "--all", "--yes"]).await;
    assert!(ok, "{text}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_outgrew_its_frame_on_its_way_is_worked_listed_and_dropped() {
    let mut world = without_backfill(Behaviour::default()).await;
    let mut raw = RawClient::open(&amqp_url()).await;
    let (work, full) = (world.topology.work(), filling(raw.frame_max()));
    let body = mug("m1", "A1", 1, "clay").to_string();
    for (lane, body) in [("backfill", body.as_bytes()), ("interactive", b"no JSON")] {
        assert!(raw.publish(&work, lane.as_bytes(), &full, body).await);
    }
    // What comes back has the broker's count of its returns as a header, a dead letter what it died of.
    let (backfill, interactive) =
        (world.topology.lane(Lane::Backfill), world.topology.lane(Lane::Interactive));
    die_with(&world, &backfill, 1, 1, 1).await;
    die_with(&world, &interactive, 1, 1, 21).await;
    let dead = world.topology.dead_lane(Lane::Interactive);
    until_waiting(&world, &dead, 1).await;
    let (ok, text) = run(&world, &["dead", "list"]).await;
    assert!(ok && text.contains("delivery limit"), "{text}");
    until_waiting(&world, &dead, 1).await;
    let (ok, text) = run(&world, &["dead", "drop", "--all", "--yes"]).await;
    assert!(ok, "{text}");
    consume_backfill(&world);
    world.expect(1);
    world.settled().await;
    assert!(world.document("A1", "en-US").await.is_some());
    world.finish().await;
}
