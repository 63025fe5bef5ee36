//! (e) How long an interactive message waits for its start while the backfill lane is full.
#![allow(clippy::all, clippy::pedantic, clippy::restriction, reason = "a bench may fail loudly")]

mod bench;

use std::process::Command;
use std::time::{Duration, Instant};

use bench::{BINARY, Process, Queue, folder, messages, number, sandbox};
use futures_util::StreamExt as _;
use lapin::options::{BasicConsumeOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties};
use skuscribe::announce::ContentEvent;
use skuscribe::broker::OutgoingMessage;
use skuscribe::lane::Lane;

fn main() {
    tokio::runtime::Runtime::new().unwrap().block_on(run());
}

async fn run() {
    let (asked, slots) = (number("BENCH_MESSAGES", 200), number("BENCH_SLOTS", 16));
    let latency_ms = number("BENCH_LATENCY_MS", 1_000);
    println!(
        "(e) {asked} interactive messages, one after the other, {slots} model slots, calls of {latency_ms} ms"
    );
    for backfill in [0, asked * slots * 3] {
        let waits = waits(asked, slots, latency_ms, backfill).await;
        let of = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize].as_millis();
        println!(
            "backfill lane of {backfill:>6}: wait for the start p50 {:>5} ms  p99 {:>5} ms  longest {:>5} ms   (aim: p99 <= {} ms)",
            of(0.5),
            of(0.99),
            of(1.0),
            latency_ms + 250
        );
    }
}

/// Time from publishing to the outcome event, without the call itself; sorted.
async fn waits(asked: usize, slots: usize, latency_ms: usize, backfill: usize) -> Vec<Duration> {
    let queue = Queue::filled_in(Lane::Backfill, backfill).await;
    let (_model, url) = sandbox(&["--latency-ms", &latency_ms.to_string()], None);
    let out = folder("lanes");
    let connection = Connection::connect(queue.url(), ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let events = format!("{}.events", queue.config.broker.prefix);
    let options =
        QueueDeclareOptions { exclusive: true, auto_delete: true, ..QueueDeclareOptions::default() };
    channel.queue_declare(events.as_str().into(), options, FieldTable::default()).await.unwrap();
    let bind = channel.queue_bind(
        events.as_str().into(),
        queue.publisher.topology().content().into(),
        "content.#".into(),
        QueueBindOptions::default(),
        FieldTable::default(),
    );
    bind.await.unwrap();
    let options = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
    let mut events = channel
        .basic_consume(events.as_str().into(), "bench".into(), options, FieldTable::default())
        .await
        .unwrap();
    let worker = Process::start(
        "worker",
        Command::new(BINARY)
            .env_clear()
            .env("SKUSCRIBE_BROKER_URL", queue.url())
            .env("SKUSCRIBE_BROKER_PREFIX", &queue.config.broker.prefix)
            .env("SKUSCRIBE_MODEL_URL", &url)
            .env("SKUSCRIBE_MODEL_STRUCTURED", "json_schema")
            .env("SKUSCRIBE_MODEL_SLOTS", slots.to_string())
            .env("SKUSCRIBE_WORKER_DELIVERY_SLOTS", (slots + slots.div_ceil(10)).to_string())
            .env("SKUSCRIBE_STORE_URL", &out)
            .args(["worker", "--log", "error"]),
    );
    let mut waits = Vec::new();
    let bodies: Vec<_> = messages(asked + 1).collect();
    for (number, (_, body)) in bodies.into_iter().enumerate() {
        let mut body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let sku = format!("I{number}");
        (body["id"], body["product"]["sku"]) = (sku.clone().into(), sku.clone().into());
        let body = body.to_string();
        let started = Instant::now();
        let message = OutgoingMessage { body: body.as_bytes(), id: Some(&sku), ..OutgoingMessage::default() };
        queue.publisher.work(Lane::Interactive, message).await.unwrap();
        loop {
            let delivery = events.next().await.unwrap().unwrap();
            let event: ContentEvent = serde_json::from_slice(&delivery.data).unwrap();
            if event.sku.as_str() == sku {
                break;
            }
        }
        // The first one also waits for the worker's start.
        if number > 0 {
            waits.push(started.elapsed().saturating_sub(Duration::from_millis(latency_ms as u64)));
        }
    }
    drop(worker);
    connection.close(200, "done".into()).await.unwrap();
    queue.remove().await;
    std::fs::remove_dir_all(&out).unwrap();
    waits.sort();
    waits
}
