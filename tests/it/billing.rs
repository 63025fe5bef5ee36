//! The caps on the bill under attack: callers that hang up, time-outs, workers without a Redis, and workers that are killed.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties};
use skuscribe::announce::Announcer;
use skuscribe::broker::{Link, OutgoingMessage, Publisher};
use skuscribe::clock::{Clock, today};
use skuscribe::config::Config;
use skuscribe::config::model::Price;
use skuscribe::lane::Lane;
use skuscribe::limits::quota::{QuotaRequest, Reservation};
use skuscribe::limits::spend::{Billing, DaySpend};
use skuscribe::limits::{budget, ledger};
use skuscribe::pipeline::Pipeline;
use skuscribe::plan::{Due, Shoppers};
use skuscribe::store::SetAside;
use skuscribe::store::{FolderStore, snapshots};
use skuscribe_check::content::Usage;
use skuscribe_check::content::money::{amount, nanos};
use skuscribe_sandbox::{Behaviour, Sandbox};

use crate::harness::{World, amqp_url, config, forget, mug, redis_url, run, until};
use crate::process::{WorkerProcess, command};
use crate::quota::workers;

fn price(input: f64, output: f64) -> Vec<Price> {
    vec![Price { from: "2020-01-01".parse().unwrap(), input, cached: None, output, batch: 1.0 }]
}

/// A pipeline over the world's store, whose calls can cost a little more than one each, under a cap of ten.
fn capped(world: &World, server: &Sandbox, timeout_ms: u64) -> Arc<Pipeline> {
    let mut config = world.config.clone();
    config.model.url = server.url();
    "json_schema".clone_into(&mut config.model.structured);
    config.model.prices = price(100.0, 1_000.0);
    config.model.output_tokens_max = 1_000;
    (config.model.timeout_ms, config.model.attempts_max) = (timeout_ms, 1);
    (config.quota.spend_per_day, config.quota.wait_max_ms) = (10.0, 200);
    let store = Arc::clone(&world.store);
    Arc::new(Pipeline::new(&config, store, Announcer::Nowhere, Clock::System).unwrap())
}

async fn question(world: &World, pipeline: &Pipeline) -> Due {
    let snapshot = snapshots::stored(&*world.store, &"A1".parse().unwrap()).await.unwrap().unwrap();
    let asks = Shoppers::Waits { question: "Is it heavy?".to_owned(), earlier: Vec::new() };
    pipeline.answer_due(&snapshot, &"en-US".parse().unwrap(), asks).unwrap()
}

async fn today_s(world: &World) -> (DaySpend, i64) {
    let day = today(Clock::System.now());
    let spend = ledger::read_day(&*world.store, day, &SetAside::default()).await.unwrap();
    (spend, budget::booked(&*world.store, day).await.unwrap().unwrap_or(0))
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_who_hang_up_and_calls_that_time_out_are_paid_for_and_stop_at_the_cap() {
    let mut world = World::start(Behaviour::default()).await;
    world.work(&mug("m1", "A1", 1, "clay")).await;
    let hangs = Behaviour { hang_rate: 1.0, ..Behaviour::default() };
    let server = Sandbox::start(([127, 0, 0, 1], 0).into(), hangs).await.unwrap();
    let hangs_up = capped(&world, &server, 60_000);
    let due = question(&world, &hangs_up).await;
    for _ in 0..30 {
        let _ = tokio::time::timeout(Duration::from_millis(100), hangs_up.answer(&due)).await;
    }
    let total = hangs_up.models().spend().this_process().total;
    assert_eq!((total.nanos, total.calls), (nanos(10.0), total.estimated_calls), "{total:?}");
    let sent = server.counters().requests.load(Ordering::Relaxed);
    assert_eq!(sent, total.calls, "what was sent is booked, and nothing else");
    assert!((2..=10).contains(&sent), "{sent} calls of more than one each");
    hangs_up.ledger().close().await;
    // Another process knows it, and a higher cap is used up by time-outs alike.
    let times_out = capped(&world, &server, 100);
    let refused = times_out.answer(&due).await.unwrap_err();
    assert!(refused.message.contains("quota.spend_per_day"), "{refused}");
    let mut higher = world.config.clone();
    higher.quota.spend_per_day = 15.0;
    times_out.reconfigure(&higher);
    for _ in 0..10 {
        times_out.answer(&due).await.unwrap_err();
    }
    times_out.ledger().close().await;
    let (day, booked) = today_s(&world).await;
    assert_eq!((day.total.nanos, booked), (nanos(15.0), nanos(15.0)), "{day:?}");
    world.finish().await;
}

/// Four workers as processes without a Redis, over one folder, under a cap of one.
struct Fleet {
    config: Config,
    folder: std::path::PathBuf,
    publisher: Publisher,
    settings: Vec<(&'static str, String)>,
}

impl Fleet {
    async fn new(sandbox: &Sandbox, messages: usize) -> Self {
        skuscribe::cli::install_tls();
        let mut config = config(sandbox, None);
        let folder = std::env::temp_dir().join(crate::harness::unique("skuscribe-fleet"));
        config.store.url = folder.to_str().unwrap().to_owned();
        let publisher = Publisher::new(Link::from_config(&config.broker), "test");
        publisher.declare().await.unwrap();
        for number in 0..messages {
            let body = mug(&format!("m{number}"), &format!("A{number}"), 1, "clay").to_string();
            let message = OutgoingMessage { body: body.as_bytes(), ..OutgoingMessage::default() };
            publisher.work(Lane::Interactive, message).await.unwrap();
        }
        let settings = vec![
            ("SKUSCRIBE_WORKER_DELIVERY_SLOTS", "4".to_owned()),
            ("SKUSCRIBE_MODEL_PRICES", "[{ from = \"2020-01-01\", input = 5.0, output = 20.0 }]".to_owned()),
            ("SKUSCRIBE_MODEL_OUTPUT_TOKENS_MAX", "500".to_owned()),
            ("SKUSCRIBE_QUOTA_SPEND_PER_DAY", "1.0".to_owned()),
            ("SKUSCRIBE_QUOTA_WAIT_MAX_MS", "1000".to_owned()),
        ];
        Self { config, folder, publisher, settings }
    }

    fn worker(&self) -> WorkerProcess {
        WorkerProcess::start(&self.config, &self.settings)
    }

    async fn waiting(&self, queues: impl Fn(&str) -> bool) -> u32 {
        let connection = Connection::connect(&amqp_url(), ConnectionProperties::default()).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        let mut waiting = 0;
        for queue in self.publisher.topology().queues() {
            if queues(&queue.name) {
                let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
                let name = queue.name.as_str().into();
                let queue = channel.queue_declare(name, options, FieldTable::default()).await.unwrap();
                waiting += queue.message_count();
            }
        }
        waiting
    }

    /// What is in the ledger, and what is booked.
    async fn day(&self) -> (DaySpend, i64) {
        let (store, day) = (FolderStore::open(&self.folder).unwrap(), today(Clock::System.now()));
        let spend = ledger::read_day(&store, day, &SetAside::default()).await.unwrap();
        (spend, budget::booked(&store, day).await.unwrap().unwrap_or(0))
    }

    fn cost_today(&self) -> String {
        let mut command = command(&self.config);
        let output = command.args(["cost", "--day", "today"]).output().unwrap();
        assert!(output.status.success());
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    async fn finish(self) {
        self.publisher.remove().await.unwrap();
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn four_workers_without_a_redis_spend_no_more_than_the_cap_and_their_messages_wait_in_their_queue() {
    let behaviour = Behaviour { latency_ms: 200, ..Behaviour::default() };
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into(), behaviour).await.unwrap();
    let fleet = Fleet::new(&sandbox, 150).await;
    let mut workers: Vec<WorkerProcess> = (0..4).map(|_| fleet.worker()).collect();
    until("the cap is reached", || async { fleet.day().await.1 >= nanos(0.98) }).await;
    until("nothing is in flight", || async { sandbox.counters().in_flight.load(Ordering::Relaxed) == 0 })
        .await;
    for worker in &workers {
        worker.signal("-TERM");
    }
    for worker in &mut workers {
        assert_eq!(worker.exit_code().await, 0);
    }
    let (spend, booked) = fleet.day().await;
    assert_eq!(spend.total.nanos, booked, "nothing is booked that is not spent");
    assert_eq!(spend.total.calls, sandbox.counters().answers());
    assert!((nanos(0.9)..=nanos(1.0)).contains(&booked), "{} of 1.0", amount(booked));
    assert_eq!(fleet.waiting(|name| name.contains(".retry.") || name.contains(".dead.")).await, 0);
    let left = fleet.waiting(|name| name.contains(".work.")).await;
    assert_eq!(u64::from(left) + spend.total.calls, 150, "the rest waits in its queue");
    fleet.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_that_are_killed_time_and_again_spend_no_more_than_the_cap_and_the_day_s_cost_shows_it() {
    let behaviour = Behaviour { latency_ms: 300, ..Behaviour::default() };
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into(), behaviour).await.unwrap();
    let fleet = Fleet::new(&sandbox, 300).await;
    let mut workers: Vec<WorkerProcess> = (0..4).map(|_| fleet.worker()).collect();
    let requests = || sandbox.counters().requests.load(Ordering::Relaxed);
    let mut killed = 0;
    while fleet.day().await.1 < nanos(0.98) && killed < 40 {
        let before = requests();
        until("a call is made, or the cap is reached", || async {
            requests() > before + 4 || fleet.day().await.1 >= nanos(0.98)
        })
        .await;
        let place = killed % workers.len();
        workers[place].kill();
        workers[place] = fleet.worker();
        killed += 1;
    }
    for worker in &mut workers {
        worker.kill();
    }
    let (spend, booked) = fleet.day().await;
    assert!(killed >= 4, "{killed} were killed");
    assert!((nanos(0.98)..=nanos(1.0)).contains(&booked), "{} of 1.0", amount(booked));
    // 1,304 tokens of the prompt and the answer's 340: each call takes about 0.0133, whoever was killed meanwhile.
    let paid = requests() as f64 * 0.0125;
    assert!(paid <= 1.0, "{} requests reached the server: {paid} of 1.0", requests());
    let text = fleet.cost_today();
    let all = text.lines().find(|line| line.trim_start().starts_with("all")).unwrap();
    let shown: f64 = all.split_whitespace().last().unwrap().parse().unwrap();
    assert!((shown - amount(booked)).abs() < 1e-3, "{text}");
    assert!(amount(spend.total.nanos) < shown && text.contains("booked"), "{text}");
    fleet.finish().await;
}

async fn reserve(quota: &Arc<skuscribe::limits::quota::Quota>) -> Option<Reservation> {
    let billing = Billing::new(Lane::Updates, None);
    let request = QuotaRequest { billing, tokens: 1, usage: Usage::default(), cost: 0, most: 0 };
    quota.reserve(&request).await.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_place_of_a_killed_worker_s_call_comes_free_within_half_a_minute_and_a_long_call_keeps_its_own() {
    const SECOND: i64 = 1_000_000;
    let workers = workers(2, &redis_url(), |config| {
        config.model.calls_max = 1;
        config.quota.wait_max_ms = 100;
    });
    let calls = format!("{{{}:quota}}:{}:calls", workers.prefix, Config::defaults().unwrap().model.label());
    // Killed: nobody settles it, and nobody renews it.
    std::mem::forget(reserve(&workers[0]).await.unwrap());
    let connection = || redis::Client::open(redis_url()).unwrap().get_connection().unwrap();
    let call = || {
        let mut range = redis::cmd("ZRANGE");
        range.arg(&calls).arg(0).arg(-1).arg("WITHSCORES");
        range.query::<Vec<(String, f64)>>(&mut connection()).unwrap().first().cloned().unwrap_or_default()
    };
    let back = |seconds: i64| {
        let mut back = redis::cmd("ZINCRBY");
        back.arg(&calls).arg(-seconds * SECOND).arg(call().0);
        back.query::<String>(&mut connection()).unwrap();
    };
    back(25);
    assert!(reserve(&workers[1]).await.is_none(), "it may be alive");
    back(6);
    let mut living = reserve(&workers[1]).await.expect("its place is free");
    let name = call().0;
    let long = tokio::spawn(async move { living.send(std::future::pending::<()>()).await });
    back(25);
    let old = call().1;
    until("the call in flight is renewed", || async { call() != (name.clone(), old) }).await;
    assert_eq!(call().0, name);
    assert!(reserve(&workers[0]).await.is_none(), "a call that takes long keeps its place");
    long.abort();
    let _ = long.await;
    until("a call that is given up frees its place", || async { reserve(&workers[1]).await.is_some() }).await;
    forget(&workers.prefix);
}

#[test]
fn doctor_says_what_the_caps_mean() {
    let folder = std::env::temp_dir().join(crate::harness::unique("skuscribe-doctor"));
    let environment = [
        ("SKUSCRIBE_MODEL_URL", "http://127.0.0.1:9"),
        ("SKUSCRIBE_BROKER_URL", "amqp://127.0.0.1:9"),
        ("SKUSCRIBE_STORE_URL", folder.to_str().unwrap()),
        ("SKUSCRIBE_QUOTA_SPEND_PER_DAY", "40"),
        ("SKUSCRIBE_MODEL_PRICES", "[{ from = \"2020-01-01\", input = 5.0, output = 20.0 }]"),
    ];
    let (_, text) = run(&["doctor"], &environment);
    assert!(text.contains("at most 40 USD a day") && text.contains("with a Redis or without one"), "{text}");
    assert!(!folder.exists(), "it only looks");
}
