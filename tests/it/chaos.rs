//! Everything goes wrong at once, for a while; then the ledger is compared. `make chaos` runs the long version.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use lapin::options::{
    BasicAckOptions, BasicGetOptions, QueueBindOptions, QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Connection, ConnectionProperties};
use serde_json::json;
use skuscribe::announce::ContentEvent;
use skuscribe::broker::{DeadLetters, LetterInfo, Link, OutgoingMessage, Publisher};
use skuscribe::config::Config;
use skuscribe::lane::Lane;
use skuscribe::store::{ContentStore, Key, load};
use skuscribe_check::content::Document;
use skuscribe_check::product::Locale;
use skuscribe_sandbox::{Behaviour, Expected, QUIRKS, Quirk, Sandbox};

use crate::harness::{config, mug, until_within};
use crate::ledger::{Accepted, AcceptedKind, Findings, compare};
use crate::node::Node;
use crate::process::WorkerProcess;
use crate::s3::S3Server;

const WORKERS: usize = 4;

/// What goes wrong, and for how long.
#[derive(Clone, Copy)]
struct Phase {
    name: &'static str,
    seconds: u64,
    kill_workers: bool,
    kill_broker: bool,
    /// One call in five of the store fails: 503 or 500 before, an answer lost after, or no answer at all.
    store: bool,
    /// One call in five of the model: 500, 429, no answer, or a cut one.
    model: bool,
    /// The model server has another quirk each time that this long has passed, in milliseconds; 0 for none.
    quirk_every_ms: u64,
    /// Between two messages.
    pace_ms: u64,
    latency_ms: u64,
}

const CALM: Phase = Phase {
    name: "nothing",
    seconds: 10,
    kill_workers: false,
    kill_broker: false,
    store: false,
    model: false,
    quirk_every_ms: 0,
    pace_ms: 15,
    latency_ms: 80,
};

/// What a phase was like.
struct Result {
    findings: Findings,
    faults: u64,
    /// Model calls for each text that was written.
    calls: f64,
    /// Share of calls that a kill interrupted.
    interrupted: f64,
    drained_s: f64,
}

/// The quirks after which every message is worked in the end, in any order.
fn quirks(seed: u64) -> Vec<&'static Quirk> {
    use Expected::{Cut, GivenUp, Refused, Wild};
    let all = QUIRKS.iter().flat_map(|group| group.quirks);
    let mut quirks: Vec<&'static Quirk> =
        all.filter(|quirk| !matches!(quirk.expected, Cut | GivenUp | Refused | Wild)).collect();
    fastrand::Rng::with_seed(seed).shuffle(&mut quirks);
    quirks
}

/// Everything a phase runs on.
struct Arena {
    node: Node,
    sandbox: Sandbox,
    s3: S3Server,
    config: Config,
    store: Arc<dyn ContentStore>,
    publisher: Publisher,
    more: Vec<(&'static str, String)>,
}

impl Arena {
    async fn build(phase: Phase, seed: u64) -> Self {
        skuscribe::cli::install_tls();
        let node = Node::start().await;
        let rate = if phase.model { 0.05 } else { 0.0 };
        let behaviour = Behaviour {
            latency_ms: phase.latency_ms,
            fail_rate: rate,
            refuse_rate: rate,
            hang_rate: rate,
            truncate_rate: rate,
            quirks: if phase.quirk_every_ms > 0 { quirks(seed) } else { Vec::new() },
            quirk_every_ms: phase.quirk_every_ms,
            ..Behaviour::default()
        };
        let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into(), behaviour).await.unwrap();
        let s3 = S3Server::start().await;
        let mut config = config(&sandbox, Some(&s3));
        config.broker.url = node.url().into();
        let store = skuscribe::store::open(&config.store).await.unwrap();
        let publisher = Publisher::new(Link::from_config(&config.broker), "chaos");
        publisher.declare().await.unwrap();
        let text = |text: &str| text.to_owned();
        let more = vec![
            ("SKUSCRIBE_WORKER_DELIVERY_SLOTS", text("8")),
            ("SKUSCRIBE_MODEL_TIMEOUT_MS", text("1500")),
            ("SKUSCRIBE_STORE_ATTEMPT_TIMEOUT_MS", text("800")),
            ("SKUSCRIBE_STORE_TIMEOUT_MS", text("5000")),
            ("SKUSCRIBE_BROKER_TIMEOUT_MS", text("3000")),
            ("SKUSCRIBE_ANNOUNCE_OUTCOMES", text("published,held,unchanged,stale,deleted,failed")),
        ];
        Self { node, sandbox, s3, config, store, publisher, more }
    }

    fn worker(&self) -> WorkerProcess {
        WorkerProcess::start(&self.config, &self.more)
    }

    fn events_queue(&self) -> String {
        format!("{}.ledger", self.config.broker.prefix)
    }

    async fn declare_events(&self) {
        let connection =
            Connection::connect(&self.node.url(), ConnectionProperties::default()).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        let mut table = FieldTable::default();
        table.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
        let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        channel.queue_declare(self.events_queue().into(), options, table).await.unwrap();
        let content = self.publisher.topology().content();
        let bind = channel.queue_bind(
            self.events_queue().into(),
            content.into(),
            "content.#".into(),
            QueueBindOptions::default(),
            FieldTable::default(),
        );
        bind.await.unwrap();
    }

    async fn events(&self) -> Vec<ContentEvent> {
        let connection =
            Connection::connect(&self.node.url(), ConnectionProperties::default()).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        let queue = self.events_queue();
        let mut events = Vec::new();
        while let Some(got) =
            channel.basic_get(queue.as_str().into(), BasicGetOptions::default()).await.unwrap()
        {
            events.push(serde_json::from_slice(&got.delivery.data).unwrap());
            got.delivery.ack(BasicAckOptions::default()).await.unwrap();
        }
        channel.queue_delete(queue.into(), QueueDeleteOptions::default()).await.unwrap();
        events
    }

    async fn dead(&self) -> Vec<LetterInfo> {
        let letters = DeadLetters::open(Link::from_config(&self.config.broker)).await.unwrap();
        let mut dead = Vec::new();
        for queue in self.publisher.topology().dead_lanes() {
            while let Some(letter) = letters.next(&queue).await.unwrap() {
                dead.push(letter.about.clone());
            }
        }
        letters.close().await;
        dead
    }

    /// Messages in lanes and delay queues, those in the hands of workers included.
    async fn waiting(&self) -> u64 {
        let listed = self.node.ctl(&["list_queues", "name", "messages"]).await;
        let of = |line: &str| {
            let (name, count) = line.split_once('\t')?;
            let is_ours = name.contains(".work.") || name.contains(".retry.");
            is_ours.then(|| count.trim().parse::<u64>().ok())?
        };
        listed.lines().filter_map(of).sum()
    }

    async fn documents(&self, accepted: &[Accepted], locale: &Locale) -> BTreeMap<String, Document> {
        let mut documents = BTreeMap::new();
        for message in accepted {
            if documents.contains_key(&message.sku) {
                continue;
            }
            let key = Key::Content { locale: locale.clone(), sku: message.sku.parse().unwrap() };
            if let Some((document, _)) = load(&*self.store, &key).await.unwrap() {
                documents.insert(message.sku.clone(), document);
            }
        }
        documents
    }
}

/// The next message of a random history: mostly updates, some deletes, some that nobody can work.
fn next_message(
    random: &mut fastrand::Rng,
    versions: &mut BTreeMap<String, u64>,
    number: u64,
) -> (Accepted, Vec<u8>) {
    let (id, sku) = (format!("m{number}"), format!("S{}", random.u32(0..300)));
    if random.u8(0..100) == 0 {
        let accepted = Accepted {
            id,
            sku: "poison".to_owned(),
            version: 0,
            kind: AcceptedKind::Poison,
            update: None,
            copies: 0,
        };
        return (accepted, b"{\"no\": \"update\"".to_vec());
    }
    let version = versions.entry(sku.clone()).and_modify(|version| *version += 1).or_insert(1);
    let material = format!("clay {number}");
    let mut body = mug(&id, &sku, *version, &material);
    let mut kind = AcceptedKind::Update(material);
    if random.u8(0..30) == 0 {
        body["type"] = json!("product.deleted");
        kind = AcceptedKind::Delete;
    }
    let body = body.to_string().into_bytes();
    let update = skuscribe::intake::decode(&body, &skuscribe::intake::Origin::default()).ok();
    (Accepted { id, sku, version: *version, kind, update, copies: 0 }, body)
}

/// Publishes until `stop`; late ones, and some twice. Gives what the broker confirmed.
async fn publish(publisher: Publisher, stop: Arc<AtomicBool>, pace: Duration, seed: u64) -> Vec<Accepted> {
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut versions, mut accepted, mut held_back) = (BTreeMap::new(), Vec::new(), Vec::new());
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) || !held_back.is_empty() {
        let next = if stop.load(Ordering::Relaxed) || (held_back.len() > 20 && random.bool()) {
            held_back.swap_remove(random.usize(0..held_back.len()))
        } else {
            number += 1;
            let next = next_message(&mut random, &mut versions, number);
            if random.u8(0..10) == 0 {
                held_back.push(next);
                continue;
            }
            next
        };
        let (mut message, body) = next;
        let times = if random.u8(0..50) == 0 { 2 } else { 1 };
        for _ in 0..times {
            let lane = *random.choice(&Lane::ALL).unwrap();
            loop {
                message.copies += 1;
                let sent =
                    OutgoingMessage { body: &body, id: Some(&message.id), ..OutgoingMessage::default() };
                if publisher.work(lane, sent).await.is_ok() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        accepted.push(message);
        tokio::time::sleep(pace).await;
    }
    accepted
}

async fn run(phase: Phase, seed: u64) -> Result {
    let mut arena = Arena::build(phase, seed).await;
    arena.declare_events().await;
    let mut workers: Vec<WorkerProcess> = (0..WORKERS).map(|_| arena.worker()).collect();
    if phase.store {
        arena.s3.faults.set(80, 80, 40);
    }
    let stop = Arc::new(AtomicBool::new(false));
    let pace = Duration::from_millis(phase.pace_ms);
    let publishing = tokio::spawn(publish(arena.publisher.clone(), Arc::clone(&stop), pace, seed));
    let mut random = fastrand::Rng::with_seed(seed);
    let (started, mut faults, mut interrupted) = (Instant::now(), 0_u64, 0_u64);
    let mut kill_broker_at = Duration::from_secs(6);
    // The pace of the faults: one worker every two seconds, the broker every fifteen.
    let mut beat = tokio::time::interval(Duration::from_secs(2));
    beat.tick().await;
    while started.elapsed() < Duration::from_secs(phase.seconds) {
        beat.tick().await;
        if phase.kill_workers {
            let victim = random.usize(0..WORKERS);
            let in_flight = arena.sandbox.counters().in_flight.load(Ordering::Relaxed);
            interrupted += in_flight.div_ceil(WORKERS as u64);
            workers[victim].kill();
            workers[victim] = arena.worker();
            faults += 1;
        }
        if phase.kill_broker && started.elapsed() > kill_broker_at {
            kill_broker_at += Duration::from_secs(15);
            arena.node.kill();
            arena.node.resume().await;
            faults += 1;
        }
    }
    stop.store(true, Ordering::Relaxed);
    let accepted = publishing.await.unwrap();
    arena.s3.faults.set(0, 0, 0);
    let draining = Instant::now();
    // Counts are as old as the queue's last tick, so one look proves nothing: a message on its way from a delay queue
    // to its lane is in neither.
    let empty_since = std::sync::Mutex::new(None::<Instant>);
    until_within(Duration::from_mins(8), "every queue stays empty", || async {
        let waiting = arena.waiting().await;
        let mut since = empty_since.lock().unwrap();
        if waiting > 0 {
            *since = None;
            return false;
        }
        since.get_or_insert_with(Instant::now).elapsed() > Duration::from_secs(4)
    })
    .await;
    let drained_s = draining.elapsed().as_secs_f64();
    for worker in &mut workers {
        worker.signal("-TERM");
        assert_eq!(worker.exit_code().await, 0, "a worker drains in good order");
    }
    let counters = arena.sandbox.counters();
    faults += arena.s3.faults.injected.load(Ordering::Relaxed)
        + counters.failed.load(Ordering::Relaxed)
        + counters.refused.load(Ordering::Relaxed);
    let locale: Locale = "en-US".parse().unwrap();
    let documents = arena.documents(&accepted, &locale).await;
    let (events, dead) = (arena.events().await, arena.dead().await);
    let findings = compare(&accepted, &documents, &events, &dead, &locale);
    let texts = arena.store.list("history/", 1_000_000).await.unwrap().len();
    let calls = counters.answers();
    Result {
        findings,
        faults,
        calls: calls as f64 / texts.max(1) as f64,
        interrupted: interrupted as f64 / calls.max(1) as f64,
        drained_s,
    }
}

fn row(phase: Phase, result: &Result) -> String {
    let found = &result.findings;
    format!(
        "| {} | {} s | {} | {} | {} | {} | {} | {} | {} | {:.3} |",
        phase.name,
        phase.seconds,
        result.faults,
        found.messages,
        found.lost.len(),
        found.stale.len(),
        found.double.len(),
        found.duplicate_events,
        found.dead,
        result.calls
    )
}

fn judge(phase: Phase, result: &Result) {
    let found = &result.findings;
    let none: Vec<String> = Vec::new();
    assert_eq!(found.lost, none, "{}: lost", phase.name);
    assert_eq!(found.stale, none, "{}: stale", phase.name);
    assert_eq!(found.double, none, "{}: double revisions", phase.name);
    // A worker that dies between sending a message on and its acknowledgement leaves it there twice.
    if !phase.kill_workers && !phase.kill_broker {
        assert_eq!(found.both, none, "{}: worked and given up", phase.name);
    }
    if phase.quirk_every_ms > 0 {
        assert!(result.calls <= 1.1, "{}: {:.3} calls for a text", phase.name, result.calls);
    }
    if result.interrupted <= 0.05 && !phase.model && !phase.store {
        assert!(result.calls <= 1.05, "{}: {:.3} calls for a text", phase.name, result.calls);
    }
}

const HEAD: &str = "| what goes wrong | for | faults | messages | lost | stale | double | duplicate events | dead | calls per text |\n|---|---|---|---|---|---|---|---|---|---|";

#[tokio::test(flavor = "multi_thread")]
async fn workers_are_killed_every_two_seconds_and_hardly_anything_is_paid_twice() {
    let phase = Phase { name: "kill -9 of a worker every 2 s", kill_workers: true, seconds: 16, ..CALM };
    let result = run(phase, 1).await;
    println!("{HEAD}\n{}", row(phase, &result));
    judge(phase, &result);
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_goes_wrong_at_once_and_nothing_is_lost_or_stale_or_double() {
    let phase = Phase {
        name: "all at once",
        seconds: 24,
        kill_workers: true,
        kill_broker: true,
        store: true,
        model: true,
        pace_ms: 25,
        ..CALM
    };
    let result = run(phase, 2).await;
    println!("{HEAD}\n{}", row(phase, &result));
    judge(phase, &result);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_model_server_changes_its_quirk_all_the_time_and_nothing_is_lost_or_double_or_paid_twice() {
    let phase = Phase { name: "a quirk every 2 s", seconds: 20, quirk_every_ms: 2_000, pace_ms: 25, ..CALM };
    let result = run(phase, 3).await;
    println!("{HEAD}\n{}", row(phase, &result));
    judge(phase, &result);
}

/// The long version: ten minutes of faults, and a table.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a quarter of an hour: make chaos"]
async fn the_long_version() {
    let seconds =
        std::env::var("SKUSCRIBE_CHAOS_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(600);
    let part = |share: u64| (seconds * share / 100).max(10);
    let phases = [
        Phase { name: "kill -9 of a worker every 2 s", kill_workers: true, seconds: part(20), ..CALM },
        Phase { name: "kill -9 of the broker every 15 s", kill_broker: true, seconds: part(20), ..CALM },
        Phase { name: "20 % of the store's calls", store: true, seconds: part(15), ..CALM },
        Phase { name: "20 % of the model's calls", model: true, seconds: part(15), pace_ms: 25, ..CALM },
        Phase {
            name: "another quirk of the model server every 10 s",
            quirk_every_ms: 10_000,
            seconds: seconds.max(10),
            pace_ms: 25,
            ..CALM
        },
        Phase {
            name: "all at once",
            kill_workers: true,
            kill_broker: true,
            store: true,
            model: true,
            seconds: part(30),
            pace_ms: 30,
            ..CALM
        },
    ];
    let only = std::env::var("SKUSCRIBE_CHAOS_PHASE").unwrap_or_default();
    let mut results = Vec::new();
    println!("{HEAD}");
    for (seed, phase) in phases.into_iter().enumerate().filter(|(_, phase)| phase.name.contains(&only)) {
        let result = run(phase, seed as u64 + 10).await;
        println!("{}", row(phase, &result));
        eprintln!(
            "  drained after {:.0} s, {:.1} % of calls interrupted",
            result.drained_s,
            result.interrupted * 100.0
        );
        results.push((phase, result));
    }
    for (phase, result) in &results {
        judge(*phase, result);
    }
}
