//! What happens when a model fails: the next one of the chain, the breaker, cut answers, stopped lanes.

use std::sync::atomic::Ordering;

use lapin::types::FieldTable;
use skuscribe::lane::Lane;
use skuscribe_check::content::State;
use skuscribe_sandbox::{Behaviour, Sandbox};

use crate::harness::{World, mug, until};

async fn second(behaviour: Behaviour) -> Sandbox {
    Sandbox::start(([127, 0, 0, 1], 0).into(), behaviour).await.unwrap()
}

/// A world whose model has another one behind it.
async fn chained(first: Behaviour, second: &Sandbox) -> World {
    let url = second.url();
    World::start_with(first, move |config| {
        "json_schema".clone_into(&mut config.model.structured);
        config.model.attempts_max = 1;
        let mut fallback = (*config.model).clone();
        (fallback.url, fallback.name) = (url, "second".to_owned());
        config.fallbacks.push(fallback);
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_model_fails_turns_the_account_away_or_answers_unusably_the_next_one_writes() {
    for first in [
        Behaviour { fail_rate: 1.0, ..Behaviour::default() },
        Behaviour { out_of_money: true, ..Behaviour::default() },
        Behaviour { key: Some("another".to_owned()), ..Behaviour::default() },
        Behaviour { broken_rate: 1.0, ..Behaviour::default() },
        Behaviour { truncate_rate: 1.0, ..Behaviour::default() },
    ] {
        let second = second(Behaviour::default()).await;
        let mut world = chained(first, &second).await;
        world.work(&mug("m1", "A1", 3, "clay")).await;
        let document = world.document("A1", "en-US").await.unwrap();
        assert_eq!(document.state, State::Published);
        let provenance = &document.recipes["description"].provenance;
        assert_eq!(
            (provenance.model.as_str(), provenance.provider.as_str()),
            ("second", second.url().as_str())
        );
        assert!(provenance.attempts >= 1 && provenance.calls >= 1, "{provenance:?}");
        world.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_fails_in_a_row_is_left_alone_while_the_next_one_serves() {
    let second = second(Behaviour::default()).await;
    let mut world = chained(Behaviour { fail_rate: 1.0, ..Behaviour::default() }, &second).await;
    for number in 0..30 {
        world.work(&mug(&format!("m{number}"), &format!("A{number}"), 1, "clay")).await;
    }
    assert_eq!(second.counters().answers(), 30);
    // Five failures open the breaker, and every few seconds one call looks whether the server is back.
    let asked = world.sandbox.counters().requests.load(Ordering::Relaxed);
    assert!((5..=10).contains(&asked), "{asked}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_answer_gets_a_larger_cap_and_then_calls_for_fewer_recipes() {
    let mut world = World::start_with(Behaviour::default(), |config| {
        "json_schema".clone_into(&mut config.model.structured);
        // All three recipes take some 270 tokens here, each alone fewer than 200.
        (config.model.output_tokens_max, config.model.output_tokens_ceiling) = (60, 200);
    })
    .await;
    world.work(&mug("m1", "A1", 3, "clay")).await;
    let document = world.document("A1", "en-US").await.unwrap();
    assert_eq!(document.state, State::Published);
    assert_eq!(document.content.len(), 3);
    let calls = document.recipes["faq"].provenance.calls;
    assert!(calls > 2, "{calls} calls");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_turned_away_stops_the_lanes_and_burns_no_message() {
    for behaviour in [
        Behaviour { key: Some("another".to_owned()), ..Behaviour::default() },
        Behaviour { out_of_money: true, ..Behaviour::default() },
    ] {
        let mut world = World::start_with(behaviour, |config| {
            "json_schema".clone_into(&mut config.model.structured);
            config.worker.delivery_slots = 2;
        })
        .await;
        for number in 0..8 {
            let body = mug(&format!("m{number}"), &format!("A{number}"), 1, "clay").to_string();
            world.publish(body.as_bytes(), FieldTable::default()).await;
        }
        let models = || world.worker.pipeline().models();
        until("the lanes stop", || async { models().paused(Lane::Updates).is_some_and(|stop| stop.alarm) })
            .await;
        let work = world.topology.lane(Lane::Updates);
        // Those in progress stay away for a while; the rest waits in its queue, with no consumer that takes it.
        until("nothing is in progress", || async { world.worker.liveness().without_progress().0 == 0 }).await;
        let snoozed = world.worker.counts().snoozed.load(Ordering::Relaxed);
        assert!(snoozed >= 1, "{snoozed}");
        assert_eq!(u64::from(world.waiting(&work).await) + snoozed, 8);
        assert_eq!(world.worker.counts().dead.load(Ordering::Relaxed), 0);
        let asked = world.sandbox.counters().requests.load(Ordering::Relaxed);
        assert!(asked <= 4, "the queue is not burnt: {asked} requests");
        for queue in world.delay_queues().into_iter().chain([work]) {
            world.delete_queue(&queue).await;
        }
        world.declare().await;
        world.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_refuses_above_some_calls_in_flight_loses_no_message() {
    let behaviour = Behaviour { in_flight_max: 4, latency_ms: 30, ..Behaviour::default() };
    let mut world = World::start_with(behaviour, |config| {
        "json_schema".clone_into(&mut config.model.structured);
    })
    .await;
    for number in 0..80 {
        let body = mug(&format!("m{number}"), &format!("A{number}"), 1, "clay").to_string();
        world.publish(body.as_bytes(), FieldTable::default()).await;
    }
    world.settled().await;
    let limit = world.worker.pipeline().models().all()[0].quota().in_flight_limit();
    assert!(limit <= 8, "it has come down from 64: {limit}");
    assert_eq!(world.worker.counts().dead.load(Ordering::Relaxed), 0);
    for number in 0..80 {
        assert!(world.document(&format!("A{number}"), "en-US").await.is_some(), "A{number}");
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_states_in_its_headers_is_kept_to() {
    let behaviour =
        Behaviour { requests_per_minute: 3_000, tokens_per_minute: 900_000, ..Behaviour::default() };
    let mut world = World::start_with(behaviour, |config| config.model.requests_per_minute = 9_000).await;
    world.work(&mug("m1", "A1", 3, "clay")).await;
    let limits = world.worker.pipeline().models().all()[0].quota().limits();
    assert_eq!(limits, [3_000, 900_000]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_that_leaves_no_room_for_an_answer_is_refused_with_what_to_change() {
    let mut world = World::start_with(Behaviour::default(), |config| config.model.context_tokens = 600).await;
    world.work(&mug("m1", "A1", 3, "clay")).await;
    let (_, headers) = world.dead_letter().await.unwrap();
    assert!(headers["x-skuscribe-error"].contains("model.context_tokens"), "{headers:?}");
    assert_eq!(world.sandbox.counters().answers(), 0);
    world.finish().await;
}
