//! `skuscribe dead` and `skuscribe unrouted`: looking, replaying, dropping.

use std::process::Command;

use lapin::types::FieldTable;
use serde_json::Value;
use skuscribe::lane::Lane;
use skuscribe_check::content::State;
use skuscribe_sandbox::Behaviour;

use crate::harness::{World, amqp_url, mug, until};

/// Runs the binary against a world's queues.
pub(crate) async fn run(world: &World, arguments: &[&str]) -> (bool, String) {
    let prefix = world.topology.work().trim_end_matches(".work").to_owned();
    let mut command = Command::new(env!("CARGO_BIN_EXE_skuscribe"));
    command
        .env_clear()
        .env("SKUSCRIBE_BROKER_URL", amqp_url())
        .env("SKUSCRIBE_BROKER_PREFIX", prefix)
        .args(arguments);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    (output.status.success(), text)
}

pub(crate) async fn until_waiting(world: &World, queue: &str, count: u32) {
    until(&format!("{count} messages wait in {queue}"), || async { world.waiting(queue).await == count })
        .await;
}

/// A world with two dead letters: a message that is no JSON, and one of SKU A1 whose model calls fail.
async fn with_dead_letters() -> World {
    let mut world = World::start_with(Behaviour { fail_rate: 1.0, ..Behaviour::default() }, |config| {
        "json_schema".clone_into(&mut config.model.structured);
        config.model.attempts_max = 1;
        config.worker.attempts_max = 1;
    })
    .await;
    world.work(&mug("m1", "A1", 3, "clay")).await;
    world.work_bytes(b"no json \x1b[31m", FieldTable::default()).await;
    until_waiting(&world, &world.topology.dead_lane(Lane::Updates), 2).await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_listed_and_filtered_as_often_as_one_likes_and_stay() {
    let world = with_dead_letters().await;
    let dead = world.topology.dead_lane(Lane::Updates);
    for _ in 0..25 {
        let (ok, text) = run(&world, &["dead", "list"]).await;
        assert!(ok && text.contains("2 of 2 dead letters"), "{text}");
        until_waiting(&world, &dead, 2).await;
    }
    for (filter, expected) in [
        (["--stage", "generate"], "1 of 2"),
        (["--sku", "A1"], "1 of 2"),
        (["--error", "JSON"], "1 of 2"),
        (["--since", "1h"], "2 of 2"),
        (["--until", "1h"], "0 of 2"),
        (["--lane", "backfill"], "0 of 2"),
    ] {
        let (ok, text) = run(&world, &[&["dead", "list"], &filter[..]].concat()).await;
        assert!(ok && text.contains(expected), "{filter:?}: {text}");
        until_waiting(&world, &dead, 2).await;
    }
    for condition in ["--stage", "--sku", "--error", "--lane", "--id-prefix"] {
        let (ok, text) = run(&world, &["dead", "drop", "--yes", condition, ""]).await;
        assert!(!ok && text.contains(condition), "an empty condition drops nothing: {text}");
    }
    until_waiting(&world, &dead, 2).await;
    let (_, json) = run(&world, &["dead", "list", "--json"]).await;
    let times: Vec<Value> =
        json.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["last_at"].clone()).collect();
    assert!(times.len() == 2 && times.is_sorted_by_key(Value::as_str), "oldest first: {json}");
    until_waiting(&world, &dead, 2).await;
    let (_, json) = run(&world, &["dead", "list", "--json", "--sku", "A1"]).await;
    let about: Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&about["id"], &about["lane"], &about["attempts"]),
        (&"m1".into(), &"updates".into(), &1.into())
    );
    until_waiting(&world, &dead, 2).await;
    let (ok, text) = run(&world, &["dead", "list", "--lane", "nope"]).await;
    assert!(!ok && text.contains("there is no lane \"nope\""), "{text}");
    let (ok, text) = run(&world, &["dead", "show", "m1"]).await;
    assert!(
        ok && text.contains("Stoneware Mug") && text.contains("generate") && text.contains("500"),
        "{text}"
    );
    until_waiting(&world, &dead, 2).await;
    let (ok, text) = run(&world, &["dead", "drop", "--all", "--yes"]).await;
    assert!(ok && text.contains("2 dead letters dropped"), "{text}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_of_others_cannot_paint_the_terminal() {
    let world = with_dead_letters().await;
    let (_, text) = run(&world, &["dead", "show", "body-"]).await;
    assert!(text.contains("no json") && !text.contains('\x1b'), "{text:?}");
    let (ok, _) = run(&world, &["dead", "drop", "--all", "--yes"]).await;
    assert!(ok);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_replayed_or_dropped_without_a_condition_or_without_being_sure() {
    let world = with_dead_letters().await;
    for (arguments, expected) in [
        (vec!["dead", "replay"], "--all"),
        (vec!["dead", "drop", "--yes"], "--all"),
        (vec!["dead", "drop", "--sku", "A1"], "--yes"),
    ] {
        let (ok, text) = run(&world, &arguments).await;
        assert!(!ok && text.contains(expected), "{arguments:?}: {text}");
    }
    let (ok, _) = run(&world, &["dead", "drop", "--all", "--yes"]).await;
    assert!(ok);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_the_broker_gave_up_on_is_diagnosed_replayed_retried_and_done() {
    // Every second call fails: the replayed message needs a retry and gets one.
    let behaviour = Behaviour { fail_rate: 0.5, seed: 7, ..Behaviour::default() };
    let mut world = World::start_with(behaviour, |config| {
        "json_schema".clone_into(&mut config.model.structured);
        config.model.attempts_max = 1;
        config.worker.lanes = vec![Lane::Updates];
    })
    .await;
    // Nobody consumes the lane of backfill: the test plays workers that die with the message unacknowledged.
    world
        .publish_to("backfill", mug("m1", "A1", 3, "clay").to_string().as_bytes(), FieldTable::default())
        .await;
    let dead = world.topology.dead_lane(Lane::Backfill);
    let backfill = world.topology.lane(Lane::Backfill);
    for delivery in 1..=21 {
        world.take_and_return(&backfill).await;
        if delivery < 21 {
            until_waiting(&world, &backfill, 1).await;
        }
    }
    until_waiting(&world, &dead, 1).await;
    let (_, text) = run(&world, &["dead", "list"]).await;
    assert!(text.contains("broker") && text.contains("delivery limit"), "{text}");
    until_waiting(&world, &dead, 1).await;
    let (ok, text) = run(&world, &["dead", "replay", "--stage", "broker", "--yes", "--to", "updates"]).await;
    assert!(ok && text.contains("1 dead letter replayed"), "{text}");
    until("the product is written", || async { world.document("A1", "en-US").await.is_some() }).await;
    assert_eq!(world.document("A1", "en-US").await.unwrap().state, State::Published);
    world.settled().await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_no_lane_takes_is_found_and_sent_to_the_right_one() {
    let mut world = World::start(Behaviour::default()).await;
    world
        .publish_to("urgent", mug("m1", "A1", 3, "clay").to_string().as_bytes(), FieldTable::default())
        .await;
    let unrouted = world.topology.unrouted();
    until_waiting(&world, &unrouted, 1).await;
    let (ok, text) = run(&world, &["unrouted", "list"]).await;
    assert!(ok && text.contains("urgent") && text.contains("A1"), "{text}");
    until_waiting(&world, &unrouted, 1).await;
    let (ok, text) = run(&world, &["unrouted", "replay", "--all", "--yes"]).await;
    assert!(!ok && text.contains("--to"), "{text}");
    until_waiting(&world, &unrouted, 1).await;
    let (ok, text) = run(&world, &["unrouted", "replay", "--all", "--yes", "--to", "updates"]).await;
    assert!(ok, "{text}");
    world.settled().await;
    assert_eq!(world.document("A1", "en-US").await.unwrap().revision, 1);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_somebody_declared_otherwise_is_named_with_what_to_do() {
    let world = World::start(Behaviour::default()).await;
    let prefix = world.topology.work().trim_end_matches(".work").to_owned();
    world.declare_classic(&format!("{prefix}.retry.1000")).await;
    let (ok, text) = run(&world, &["topology", "--apply"]).await;
    for part in
        ["other arguments", &format!("{prefix}.retry.1000"), "delete it once it is empty", "broker.prefix"]
    {
        assert!(!ok && text.contains(part), "{part}: {text}");
    }
    world.delete_queue(&format!("{prefix}.retry.1000")).await;
    world.finish().await;
}
