//! Lanes, turns and coalescing: who comes first, and what is not paid for twice.

use std::sync::atomic::Ordering;

use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties};
use serde_json::json;
use skuscribe::broker::{Link, OutgoingMessage, Publisher};
use skuscribe::lane::Lane;
use skuscribe_check::content::{Outcome, State};
use skuscribe_sandbox::{Behaviour, Sandbox};

use crate::harness::{Setup, World, amqp_url, config, forget, mug, ready, redis_url, unique, until};
use crate::process::WorkerProcess;

/// One slot for everything, so that the order of starts is the order of outcomes.
async fn one_at_a_time(latency_ms: u64) -> World {
    let behaviour = Behaviour { latency_ms, ..Behaviour::default() };
    let mut world = World::start_with(behaviour, |config| {
        "json_schema".clone_into(&mut config.model.structured);
        (config.model.slots, config.worker.delivery_slots) = (1, 1);
        config.announce.outcomes =
            ["published", "held", "unchanged", "stale", "deleted", "failed"].map(ToOwned::to_owned).to_vec();
    })
    .await;
    world.consuming(true).await;
    world.publish(mug("first", "FIRST", 1, "clay").to_string().as_bytes(), FieldTable::default()).await;
    world.in_flight(1).await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interactive_message_overtakes_a_full_backfill_lane() {
    let mut world = one_at_a_time(150).await;
    for number in 0..8 {
        let body = mug(&format!("b{number}"), &format!("B{number}"), 1, "clay").to_string();
        world.publish_to("backfill", body.as_bytes(), FieldTable::default()).await;
    }
    world
        .publish_to("interactive", mug("i", "I", 1, "clay").to_string().as_bytes(), FieldTable::default())
        .await;
    world.settled().await;
    let order: Vec<String> = world.events().await.into_iter().map(|event| event.sku.to_string()).collect();
    // One delivery of backfill may have begun before the interactive one was there.
    assert!(order.iter().position(|sku| sku == "I").unwrap() <= 2, "{order:?}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_updates_in_progress_only_the_newest_of_a_product_is_paid_for() {
    let setup = Setup {
        behaviour: Behaviour { latency_ms: 500, ..Behaviour::default() },
        change: Box::new(|config| {
            "json_schema".clone_into(&mut config.model.structured);
            config.announce.outcomes = ["published", "stale", "unchanged"].map(ToOwned::to_owned).to_vec();
        }),
        ..Setup::default()
    };
    let mut world = World::build(setup).await;
    world.consuming(true).await;
    for version in 1..=10 {
        let body = mug(&format!("m{version}"), "A1", version, &format!("material {version}")).to_string();
        world.publish(body.as_bytes(), FieldTable::default()).await;
    }
    world.settled().await;
    let document = world.document("A1", "en-US").await.unwrap();
    assert_eq!((document.state, document.product_version), (State::Published, 10));
    // The one that was first, at most the one that was in between, and the newest.
    assert!(world.sandbox.counters().answers() <= 3, "{} calls", world.sandbox.counters().answers());
    let events = world.events().await;
    let of = |outcome| events.iter().filter(|event| event.outcome == outcome).count();
    assert_eq!(of(Outcome::Published) + of(Outcome::Stale), 10, "{events:?}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_forces_is_written_however_much_newer_facts_wait() {
    let mut world = one_at_a_time(300).await;
    let mut forced = mug("m1", "A1", 1, "clay");
    forced["force"] = json!(true);
    world.publish(forced.to_string().as_bytes(), FieldTable::default()).await;
    world.publish(mug("m2", "A1", 2, "glass").to_string().as_bytes(), FieldTable::default()).await;
    world.settled().await;
    assert_eq!(world.document("A1", "en-US").await.unwrap().revision, 2);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_that_share_a_redis_pay_once_for_one_text() {
    let sandbox =
        Sandbox::start(([127, 0, 0, 1], 0).into(), Behaviour { latency_ms: 1_500, ..Behaviour::default() })
            .await
            .unwrap();
    let mut config = config(&sandbox, None);
    skuscribe::cli::install_tls();
    let folder = std::env::temp_dir().join(unique("skuscribe-claims"));
    config.store.url = folder.to_str().unwrap().to_owned();
    let publisher = Publisher::new(Link::from_config(&config.broker), "test");
    publisher.declare().await.unwrap();
    let more = [
        ("SKUSCRIBE_REDIS_URL", redis_url()),
        // One delivery each: the second one goes to the other worker.
        ("SKUSCRIBE_WORKER_DELIVERY_SLOTS", "1".to_owned()),
    ];
    let mut workers = [(); 2].map(|()| WorkerProcess::start(&config, &more));
    let send = async |id: &str| {
        let body = mug(id, "A1", 1, "clay").to_string();
        publisher
            .work(Lane::Updates, OutgoingMessage { body: body.as_bytes(), ..OutgoingMessage::default() })
            .await
            .unwrap();
    };
    send("m1").await;
    until("the first call is in flight", || async {
        sandbox.counters().in_flight.load(Ordering::Relaxed) == 1
    })
    .await;
    send("m2").await;
    let connection = Connection::connect(&amqp_url(), ConnectionProperties::default()).await.unwrap();
    let waiting = async |queue: String| ready(&connection, &queue).await;
    let topology = publisher.topology();
    until("the second message is sent away for a second", || async {
        waiting(topology.retry(1_000)).await == 1
    })
    .await;
    let document = folder.join("content/en-US/A1.json");
    until("the text is there and the second message came back", || async {
        document.exists()
            && waiting(topology.retry(1_000)).await == 0
            && waiting(topology.lane(Lane::Updates)).await == 0
    })
    .await;
    // It finds nothing left to do; what is in progress is settled before a worker ends.
    for worker in &mut workers {
        worker.signal("-TERM");
        assert_eq!(worker.exit_code().await, 0);
    }
    assert_eq!(sandbox.counters().answers(), 1);
    forget(&config.broker.prefix);
    publisher.remove().await.unwrap();
    let _ = std::fs::remove_dir_all(&folder);
}

#[tokio::test(flavor = "multi_thread")]
async fn slots_change_while_the_worker_works() {
    let sandbox =
        Sandbox::start(([127, 0, 0, 1], 0).into(), Behaviour { latency_ms: 200, ..Behaviour::default() })
            .await
            .unwrap();
    let mut config = config(&sandbox, None);
    skuscribe::cli::install_tls();
    let folder = std::env::temp_dir().join(unique("skuscribe-slots"));
    config.store.url = folder.join("out").to_str().unwrap().to_owned();
    let publisher = Publisher::new(Link::from_config(&config.broker), "test");
    publisher.declare().await.unwrap();
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("skuscribe.toml");
    let write = |slots: u32| {
        std::fs::write(&file, format!("[worker]\ndelivery_slots = {slots}\n[model]\nslots = {slots}\n"))
            .unwrap();
    };
    write(2);
    let more = [("SKUSCRIBE_CONFIG", file.to_str().unwrap().to_owned())];
    let mut worker = WorkerProcess::start(&config, &more);
    for number in 0..200 {
        let body = mug(&format!("m{number}"), &format!("A{number}"), 1, "clay").to_string();
        publisher
            .work(Lane::Updates, OutgoingMessage { body: body.as_bytes(), ..OutgoingMessage::default() })
            .await
            .unwrap();
    }
    let most = || sandbox.counters().in_flight_max.load(Ordering::Relaxed);
    until("work is in flight", || async { sandbox.counters().answers() >= 6 }).await;
    assert_eq!(most(), 2);
    std::fs::write(&file, "[worker]\ndelivery_slots = 0\n").unwrap();
    worker.signal("-HUP");
    until("work goes on under the old settings", || async { sandbox.counters().answers() >= 12 }).await;
    assert_eq!(most(), 2);
    write(12);
    worker.signal("-HUP");
    until("the new slots are used", || async { most() == 12 }).await;
    let documents = || std::fs::read_dir(folder.join("out/content/en-US")).map_or(0, Iterator::count);
    until("every product is written", || async { documents() == 200 }).await;
    worker.signal("-TERM");
    assert_eq!(worker.exit_code().await, 0);
    assert_eq!(sandbox.counters().answers(), 200, "nobody paid twice");
    publisher.remove().await.unwrap();
    let _ = std::fs::remove_dir_all(&folder);
}
