//! What the worker does when broker, store or messages go wrong: it notices, heals, and loses nothing.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use lapin::options::BasicAckOptions;
use lapin::types::FieldTable;
use skuscribe::broker::{DeadLetters, Link, OutgoingMessage, Publisher, Topology};
use skuscribe::lane::Lane;
use skuscribe::store::{BoxFuture, Condition, ContentStore, Key, Object, Put, StoreError};
use skuscribe_check::content::State;
use skuscribe_sandbox::Behaviour;

use crate::harness::{Setup, World, amqp_url, broker_address, mug, unique, until};
use crate::node::Node;
use crate::relay::{Mode, Relay};

/// A world whose worker reaches the shared broker through a relay.
async fn behind_a_relay(latency_ms: u64) -> (World, Relay) {
    let relay = Relay::start(broker_address().await).await;
    let url = format!("amqp://guest:guest@{}/%2f", relay.address);
    let setup = Setup {
        behaviour: Behaviour { latency_ms, ..Behaviour::default() },
        change: Box::new(move |config| {
            config.broker.url = url.into();
            "json_schema".clone_into(&mut config.model.structured);
        }),
        ..Setup::default()
    };
    let world = World::build(setup).await;
    world.consuming(true).await;
    (world, relay)
}

/// Prints how long something took, for docs/development/benchmarks.md: `cargo test --test it healing -- --nocapture`.
#[expect(clippy::print_stdout, reason = "a figure for people")]
fn healed(what: &str, since: Instant) {
    println!("healing: {what} after {:.1} s", since.elapsed().as_secs_f64());
}

/// A world on a broker of its own.
async fn on(node: &Node, behaviour: Behaviour, timeout_ms: u64) -> World {
    let setup = Setup {
        behaviour,
        broker: node.url(),
        change: Box::new(move |config| {
            config.broker.timeout_ms = timeout_ms;
            "json_schema".clone_into(&mut config.model.structured);
        }),
        ..Setup::default()
    };
    World::build(setup).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_flight_when_the_connection_breaks_is_paid_for_and_stored_once() {
    let (mut world, relay) = behind_a_relay(800).await;
    world.publish(mug("m1", "A1", 3, "clay").to_string().as_bytes(), FieldTable::default()).await;
    world.in_flight(1).await;
    relay.cut();
    // The acknowledgement of the first delivery gets lost with its channel: only the second one counts.
    world.settled().await;
    assert_eq!(world.document("A1", "en-US").await.unwrap().revision, 1);
    assert_eq!(world.sandbox.counters().answers(), 1);
    assert_eq!(world.worker.counts().settled.load(Ordering::Relaxed), 1);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_broker_is_noticed_within_twenty_seconds_and_replaced() {
    let (mut world, relay) = behind_a_relay(0).await;
    relay.set(Mode::Stall);
    let frozen = Instant::now();
    tokio::time::timeout(Duration::from_secs(20), world.consuming(false)).await.expect("noticed in time");
    healed("a frozen broker is noticed", frozen);
    relay.set(Mode::Pass);
    world.consuming(true).await;
    world.work(&mug("m1", "A1", 3, "clay")).await;
    assert_eq!(world.document("A1", "en-US").await.unwrap().revision, 1);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_was_cancelled_without_notice_is_found() {
    let (mut world, relay) = behind_a_relay(0).await;
    relay.set(Mode::Swallow(60, 30));
    world.delete_queue(&world.topology.lane(Lane::Updates)).await;
    until("the broker's cancel is swallowed", || async { relay.swallowed() >= 1 }).await;
    world.declare().await;
    let stuck = Instant::now();
    world.work(&mug("m1", "A1", 3, "clay")).await;
    healed("a consumer whose cancel never arrived works again", stuck);
    assert_eq!(world.document("A1", "en-US").await.unwrap().revision, 1);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_is_deleted_and_declared_again_at_once_is_consumed_all_the_same() {
    // Ten times as quick as by default.
    let mut world = World::start_with(Behaviour::default(), |config| config.broker.patrol_ms = 100).await;
    world.consuming(true).await;
    world.delete_queue(&world.topology.lane(Lane::Updates)).await;
    world.declare().await;
    let stuck = Instant::now();
    world.work(&mug("m1", "A1", 3, "clay")).await;
    healed("at a tenth of patrol_ms a consumer that the broker believes served works again", stuck);
    assert_eq!(world.document("A1", "en-US").await.unwrap().revision, 1);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_to_a_frozen_broker_fails_at_its_deadline() {
    let relay = Relay::start(broker_address().await).await;
    let mut config = skuscribe::config::Config::defaults().unwrap().broker;
    config.prefix = unique("skuscribe-frozen");
    config.url = amqp_url().into();
    let direct = Publisher::new(Link::from_config(&config), "test");
    direct.declare().await.unwrap();
    config.url = format!("amqp://guest:guest@{}/%2f", relay.address).into();
    (config.timeout_ms, config.connect_timeout_ms) = (2_000, 2_000);
    let link = Link::from_config(&config);
    let publisher = Publisher::new(link.clone(), "test");
    let letters = DeadLetters::open(link.clone()).await.unwrap();
    let connection = link.connect("test").await.unwrap();
    let channel = link.channel(&connection).await.unwrap();
    let queue = publisher.topology().lane(Lane::Updates);
    let mut consumer = link.consume(&channel, &queue, "test", 1).await.unwrap();
    let message = || OutgoingMessage { body: b"{}", id: Some("m1"), ..OutgoingMessage::default() };
    publisher.work(Lane::Updates, message()).await.unwrap();
    let next = consumer.next().await;
    let delivery = link.delivery(&consumer, next).unwrap();
    relay.set(Mode::Stall);
    let frozen = Instant::now();
    let (on_connect, on_open, on_consume, on_read, on_count, on_publish) = tokio::join!(
        link.connect("test"),
        link.channel(&connection),
        link.consume(&channel, &queue, "again", 1),
        letters.next(&queue),
        letters.waiting(&queue),
        publisher.work(Lane::Updates, message()),
    );
    let errors = [on_connect.err(), on_open.err(), on_consume.err(), on_read.err(), on_count.err()];
    let mut errors: Vec<String> = errors.into_iter().map(|error| error.unwrap().to_string()).collect();
    errors.push(on_publish.unwrap_err().to_string());
    for error in errors {
        assert!(error.contains("did not answer within 2000 ms"), "{error}");
    }
    assert!(frozen.elapsed() < Duration::from_secs(10), "{:?}", frozen.elapsed());
    relay.set(Mode::Pass);
    link.within("acknowledging", delivery.ack(BasicAckOptions::default())).await.unwrap();
    letters.close().await;
    direct.remove().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_line_delivers_everything_all_the_same() {
    let (mut world, relay) = behind_a_relay(0).await;
    relay.set(Mode::Slow(2_000));
    for number in 0..20 {
        let body = mug(&format!("m{number}"), &format!("A{number}"), 1, "clay").to_string();
        world.publish(body.as_bytes(), FieldTable::default()).await;
    }
    world.settled().await;
    assert_eq!(world.sandbox.counters().answers(), 20);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_turns_connections_away_is_tried_until_it_takes_them() {
    let (mut world, relay) = behind_a_relay(0).await;
    relay.set(Mode::Refuse);
    relay.cut();
    world.consuming(false).await;
    world.publish(mug("m1", "A1", 3, "clay").to_string().as_bytes(), FieldTable::default()).await;
    relay.set(Mode::Pass);
    let accepting = Instant::now();
    world.settled().await;
    healed("after a port accepts again work is done", accepting);
    assert_eq!(world.document("A1", "en-US").await.unwrap().revision, 1);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_broker_comes_back_with_every_message_and_the_worker_with_it() {
    let mut node = Node::start().await;
    let mut world = on(&node, Behaviour { latency_ms: 300, ..Behaviour::default() }, 5_000).await;
    for number in 0..100 {
        let body = mug(&format!("m{number}"), &format!("A{number}"), 1, "clay").to_string();
        world.publish(body.as_bytes(), FieldTable::default()).await;
    }
    world.in_flight(1).await;
    node.kill();
    world.consuming(false).await;
    node.resume().await;
    let accepting = Instant::now();
    world.consuming(true).await;
    healed("after a killed broker's port accepts the worker consumes", accepting);
    world.reconnect().await;
    until("every product is written", || async {
        world.store.list("content/en-US", 200).await.unwrap().len() == 100
    })
    .await;
    for number in 0..100 {
        assert_eq!(world.document(&format!("A{number}"), "en-US").await.unwrap().revision, 1);
    }
    // What was in flight in this process went on and was recognised: nobody paid twice.
    assert_eq!(world.sandbox.counters().answers(), 100);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn under_a_memory_alarm_nothing_is_acknowledged_before_it_is_announced() {
    let node = Node::start().await;
    // Long enough for the alarm to be there before the answer.
    let mut world = on(&node, Behaviour { latency_ms: 8_000, ..Behaviour::default() }, 1_000).await;
    world.publish(mug("m1", "A1", 1, "clay").to_string().as_bytes(), FieldTable::default()).await;
    world.in_flight(1).await;
    node.ctl(&["set_vm_memory_high_watermark", "0.00001"]).await;
    until("the text is written and the worker knows that it may not publish", || async {
        world.document("A1", "en-US").await.is_some() && world.worker.publishing_blocked()
    })
    .await;
    until("settling is tried again", || async {
        world.worker.counts().unsettled.load(Ordering::Relaxed) >= 2
    })
    .await;
    assert_eq!(world.worker.counts().settled.load(Ordering::Relaxed), 0, "not announced, not acknowledged");
    node.ctl(&["set_vm_memory_high_watermark", "0.4"]).await;
    // A retry whose confirm came too late for its deadline is there twice, and recognised.
    world.quiet().await;
    let events = world.events().await;
    assert!(events.iter().any(|event| event.revision == Some(1)), "{events:?}");
    assert_eq!(world.sandbox.counters().answers(), 1);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_the_broker_closes_over_a_late_acknowledgement_costs_no_second_call() {
    let node = Node::start().await;
    node.ctl(&["eval", "application:set_env(rabbit, consumer_timeout, 1000)."]).await;
    node.ctl(&["eval", "application:set_env(rabbit, channel_tick_interval, 500)."]).await;
    let mut world = on(&node, Behaviour { latency_ms: 3_000, ..Behaviour::default() }, 5_000).await;
    world.publish(mug("m1", "A1", 3, "clay").to_string().as_bytes(), FieldTable::default()).await;
    world.in_flight(1).await;
    world.consuming(false).await;
    world.settled().await;
    assert_eq!(world.document("A1", "en-US").await.unwrap().revision, 1);
    assert_eq!(world.sandbox.counters().answers(), 1);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_that_no_queue_takes_is_no_success_and_the_queue_is_declared_again() {
    let mut world = World::start_with(Behaviour { fail_rate: 1.0, ..Behaviour::default() }, |config| {
        "json_schema".clone_into(&mut config.model.structured);
        config.model.attempts_max = 1;
        config.worker.attempts_max = 2;
    })
    .await;
    for id in ["m1", "m2"] {
        world.work(&mug(id, "A1", 3, "clay")).await;
        let (_, headers) = world.dead_letter().await.unwrap();
        assert_eq!(headers["x-attempt"], "2");
        // It is there since the first message was delayed.
        world.delete_queue(&world.topology.retry(1_000)).await;
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_fails_and_loses_answers_gets_one_revision_of_everything() {
    let mut world = World::start_with(Behaviour::default(), |config| {
        "json_schema".clone_into(&mut config.model.structured);
        config.store.attempt_timeout_ms = 500;
    })
    .await;
    world.s3.faults.set(100, 100, 20);
    for number in 0..40 {
        let body = mug(&format!("m{number}"), &format!("A{number}"), 1, "clay").to_string();
        world.publish(body.as_bytes(), FieldTable::default()).await;
    }
    world.settled().await;
    world.s3.faults.set(0, 0, 0);
    assert!(world.s3.faults.injected.load(Ordering::Relaxed) > 10);
    for number in 0..40 {
        let document = world.document(&format!("A{number}"), "en-US").await.unwrap();
        assert_eq!((document.revision, document.operations.len()), (1, 1));
    }
    world.finish().await;
}

/// A store that panics over one product.
#[derive(Debug)]
struct Panicking(Arc<dyn ContentStore>);

impl ContentStore for Panicking {
    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Object>, StoreError>> {
        assert!(!key.path().contains("POISON"), "cannot stand this product");
        self.0.get(key)
    }

    fn put<'a>(
        &'a self,
        key: &'a Key,
        body: Vec<u8>,
        condition: Condition,
    ) -> BoxFuture<'a, Result<Put, StoreError>> {
        self.0.put(key, body, condition)
    }

    fn delete<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<(), StoreError>> {
        self.0.delete(key)
    }

    fn list_after<'a>(
        &'a self,
        prefix: &'a str,
        after: &'a str,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<String>, StoreError>> {
        self.0.list_after(prefix, after, limit)
    }

    fn location(&self) -> String {
        self.0.location()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_makes_the_worker_panic_becomes_a_dead_letter_and_the_others_are_worked() {
    let setup = Setup { store: Box::new(|store| Arc::new(Panicking(store))), ..Setup::default() };
    let mut world = World::build(setup).await;
    for (id, sku) in [("m1", "A1"), ("m2", "POISON"), ("m3", "POISON"), ("m4", "A2")] {
        world.publish(mug(id, sku, 1, "clay").to_string().as_bytes(), FieldTable::default()).await;
    }
    world.settled().await;
    for _ in 0..2 {
        let (_, headers) = world.dead_letter().await.unwrap();
        assert_eq!(headers["x-skuscribe-stage"], "worker");
        assert!(headers["x-skuscribe-error"].contains("cannot stand this product"), "{headers:?}");
    }
    for sku in ["A1", "A2"] {
        assert_eq!(world.document(sku, "en-US").await.unwrap().state, State::Published);
    }
    world.finish().await;
}

#[test]
fn no_queue_of_letters_is_emptied_by_looking() {
    // Measured on RabbitMQ 3.10.8: a delivery limit of N lets N + 1 deliveries through, and -1 none; 4.x has a
    // default of 20.
    for queue in Topology::new("t").queues() {
        let letters = queue.name.contains(".dead.") || queue.name.ends_with(".unrouted");
        let limit = queue.arguments.iter().find(|(name, _)| *name == "x-delivery-limit");
        let limit = limit.map(|(_, limit)| format!("{limit:?}"));
        assert_eq!(letters, limit.is_some_and(|limit| limit.contains("2000000000")), "{}", queue.name);
    }
}
