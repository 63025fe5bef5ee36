//! The change feed: whatever dies when, a reader with a cursor sees the latest revision of every product.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::Arc;

use skuscribe::announce::ContentEvent;
use skuscribe::broker::{Link, OutgoingMessage, Publisher};
use skuscribe::feed::{Feed, append, head, segment_after};
use skuscribe::store::{ContentStore, SetAside};
use skuscribe_sandbox::{Behaviour, Sandbox};
use tokio_util::sync::CancellationToken;

use crate::harness::{World, broker_address, config, mug, unique, until};
use crate::process::{WorkerProcess, command};
use crate::relay::{Mode, Relay};

async fn all(store: &dyn ContentStore) -> Vec<ContentEvent> {
    let (mut events, mut cursor, aside) = (Vec::new(), 0, SetAside::default());
    while let Some(more) = segment_after(store, cursor, &aside).await.unwrap() {
        assert!(!more.events.is_empty(), "no segment is empty");
        events.extend(more.events);
        cursor = more.number;
    }
    assert_eq!((head(store, 0).await.unwrap(), aside.count()), (cursor, 0));
    events
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_is_killed_at_random_points_loses_no_event() {
    let mut world = World::start(Behaviour::default()).await;
    // From here on the queue gets every event, whether a feed runs or not.
    let feed = Feed::new(Link::from_config(&world.config.broker), Arc::clone(&world.store));
    feed.subscribe().await.unwrap();
    let mut random = fastrand::Rng::with_seed(11);
    let mut running = WorkerProcess::feed(&world.config);
    for version in 1..=6_u64 {
        for product in 0..15 {
            let body = mug(
                &format!("m{version}-{product}"),
                &format!("S{product}"),
                version,
                &format!("clay {version}"),
            );
            world.publish(body.to_string().as_bytes(), lapin::types::FieldTable::default()).await;
        }
        // Killed somewhere in the middle of its work.
        let settled = world.worker.counts().finished() + random.u64(1..12);
        until("the worker goes on", || async {
            world.worker.counts().finished() >= settled.min(version * 15)
        })
        .await;
        // Now and then before it has stored anything of this round.
        if version % 2 == 0 {
            let stored = head(&*world.store, 0).await.unwrap();
            until("the feed goes on", || async { head(&*world.store, stored).await.unwrap() > stored }).await;
        }
        running.kill();
        running = WorkerProcess::feed(&world.config);
    }
    world.settled().await;
    let latest = |events: &[ContentEvent]| {
        let mut latest: BTreeMap<String, u64> = BTreeMap::new();
        for event in events {
            let revision = latest.entry(event.sku.to_string()).or_default();
            *revision = (*revision).max(event.revision.unwrap_or(0));
        }
        latest
    };
    let mut documents = BTreeMap::new();
    for product in 0..15 {
        let sku = format!("S{product}");
        documents.insert(sku.clone(), world.document(&sku, "en-US").await.unwrap().revision);
    }
    until("the feed holds the latest revision of every product", || async {
        latest(&all(&*world.store).await) == documents
    })
    .await;
    // The command goes on from a cursor.
    let output =
        command(&world.config).args(["changes", "--after", "1", "--segments", "1"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let second = segment_after(&*world.store, 1, &SetAside::default()).await.unwrap().unwrap().events;
    assert_eq!(text.lines().count(), second.len() + 1);
    assert!(text.lines().last().unwrap().contains("\"cursor\":2"), "{text}");
    // A cursor that the feed never gave is no reason to wait for ever.
    let output =
        command(&world.config).args(["changes", "--after", "18446744073709551615"]).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && text.contains("no such segment, its last is"), "{text}");
    running.kill();
    until("nothing waits for the feed", || async { world.waiting(&world.topology.feed()).await == 0 }).await;
    world.delete_queue(&world.topology.feed()).await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_whose_queue_is_lost_goes_on_and_its_stop_leaves_nothing_unstored() {
    let mut world = World::start_with(Behaviour::default(), |config| config.broker.patrol_ms = 50).await;
    // As an earlier version declared it.
    world.declare_feed_without_limit().await;
    let feed = Arc::new(Feed::new(Link::from_config(&world.config.broker), Arc::clone(&world.store)));
    feed.subscribe().await.unwrap();
    let stop = CancellationToken::new();
    let running = tokio::spawn({
        let (feed, stop) = (Arc::clone(&feed), stop.clone());
        async move { feed.run(&stop).await }
    });
    world.work(&mug("m1", "A1", 1, "clay")).await;
    until("the first event is stored", || async { feed.counts() == (1, 1) }).await;
    world.delete_queue(&world.topology.feed()).await;
    feed.subscribe().await.unwrap();
    world.work(&mug("m2", "A2", 1, "clay")).await;
    until("the second event is stored", || async { feed.counts() == (2, 2) }).await;
    for number in 3..23 {
        world.work(&mug(&format!("m{number}"), &format!("A{number}"), 1, "clay")).await;
    }
    stop.cancel();
    running.await.unwrap();
    let stored = all(&*world.store).await.len();
    assert_eq!(feed.counts().0, stored as u64, "nothing is stored twice");
    until("the rest waits", || async { world.waiting(&world.topology.feed()).await as usize == 22 - stored })
        .await;
    world.delete_queue(&world.topology.feed()).await;
    world.finish().await;
}

#[tokio::test]
async fn two_feeds_claim_different_numbers_and_one_that_lost_its_answer_claims_no_second_one() {
    let folder = std::env::temp_dir().join(crate::harness::unique("skuscribe-feed"));
    let store = skuscribe::store::FolderStore::open(&folder).unwrap();
    let event = |number: u64| -> ContentEvent {
        serde_json::from_value(serde_json::json!({
            "id": format!("e{number}"), "schema": "content_event.v1", "outcome": "published", "sku": "A1", "locale": "en-US",
            "revision": number, "product_version": 1, "message_id": "m", "announced_at": "2026-01-01T00:00:00Z"
        }))
        .unwrap()
    };
    assert_eq!(head(&store, 0).await.unwrap(), 0);
    let writes = (1..=20).map(|number| {
        let (store, event) = (&store, event(number));
        async move { append(store, 0, &[event]).await.unwrap() }
    });
    let mut numbers = futures_util::future::join_all(writes).await;
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
    let fourth = segment_after(&store, 3, &SetAside::default()).await.unwrap().unwrap();
    assert_eq!(append(&store, 3, &fourth.events).await.unwrap(), 4);
    assert_eq!(
        (head(&store, 0).await.unwrap(), head(&store, 7).await.unwrap(), all(&store).await.len()),
        (20, 20, 20)
    );
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_waits_for_a_broker_and_declares_what_it_needs_on_a_fresh_one() {
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into(), Behaviour::default()).await.unwrap();
    let mut config = config(&sandbox, None);
    let folder = std::env::temp_dir().join(unique("skuscribe-feed"));
    config.store.url = folder.display().to_string();
    let relay = Relay::start(broker_address().await).await;
    relay.set(Mode::Refuse);
    let direct =
        std::mem::replace(&mut config.broker.url, format!("amqp://guest:guest@{}/%2f", relay.address).into());
    let mut feed = WorkerProcess::feed(&config);
    config.broker.url = direct;
    let publisher = Publisher::new(Link::from_config(&config.broker), "test");
    let key = "content.published.en-US";
    let body = br#"{"id":"e","schema":"content_event.v1","outcome":"published","sku":"A1","locale":"en-US","revision":1,
        "product_version":1,"message_id":"m","announced_at":"2026-01-02T03:04:05Z"}"#;
    until("the refused connection is tried again", || async { relay.refused() > 1 }).await;
    assert!(feed.runs(), "it waits");
    relay.set(Mode::Pass);
    let store = skuscribe::store::open(&config.store).await.unwrap();
    until("an event reaches the store", || async {
        // Without the exchange this fails, and before the queue is bound nobody takes it.
        let _ = publisher.event(key, OutgoingMessage { body, ..OutgoingMessage::default() }).await;
        head(&*store, 0).await.unwrap() > 0
    })
    .await;
    feed.kill();
    publisher.remove().await.unwrap();
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_publishes_keeps_trying_a_slow_broker_and_says_so() {
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into(), Behaviour::default()).await.unwrap();
    let mut config = config(&sandbox, None);
    let relay = Relay::start(broker_address().await).await;
    relay.set(Mode::Stall);
    let url = format!("amqp://guest:guest@{}/%2f", relay.address);
    let file = std::env::temp_dir().join(format!("{}.jsonl", unique("skuscribe-slow")));
    std::fs::write(&file, "{\"sku\":\"A1\",\"title\":\"Mug\"}\n").unwrap();
    let direct = std::mem::replace(&mut config.broker.url, url.into());
    let mut publish = command(&config)
        .args(["publish", file.to_str().unwrap()])
        .env("SKUSCRIBE_BROKER_CONNECT_TIMEOUT_MS", "300")
        .env("SKUSCRIBE_LOG_FILTER", "warn")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = std::io::BufRead::lines(std::io::BufReader::new(publish.stderr.as_mut().unwrap()));
    // What the file is comes first.
    let said = lines.map(Result::unwrap).nth(1).unwrap();
    assert!(said.contains("the broker is slow; trying again"), "{said}");
    relay.set(Mode::Pass);
    relay.cut();
    let output = publish.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 messages confirmed"), "{text}");
    config.broker.url = direct;
    Publisher::new(Link::from_config(&config.broker), "test").remove().await.unwrap();
    std::fs::remove_file(file).unwrap();
}
