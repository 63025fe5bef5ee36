//! States of a model server and its account stop lanes and runs, and no message is given up for them; what a server refuses of
//! one message alone is that message's.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use lapin::types::FieldTable;
use serde_json::json;
use skuscribe::broker::{Link, OutgoingMessage, Publisher};
use skuscribe::lane::Lane;
use skuscribe_check::content::State;
use skuscribe_sandbox::{Behaviour, Sandbox};

use crate::front::{Front, says};
use crate::harness::{World, config, mug, unique, until, until_within};

const NO_MONEY: &str =
    r#"{"error":{"message":"Insufficient Balance","type":"unknown_error","code":"invalid_request_error"}}"#;

/// A world whose model is behind a front.
async fn world(front: &Front) -> World {
    world_with(front, 2).await
}

async fn world_with(front: &Front, delivery_slots: usize) -> World {
    let url = front.url();
    World::start_with(Behaviour::default(), move |config| {
        config.model.url = url;
        config.model.key = Some("sk-test-0123456789abcdef".to_owned().into());
        "json_schema".clone_into(&mut config.model.structured);
        config.worker.delivery_slots = delivery_slots;
        config.worker.attempts_max = 2;
    })
    .await
}

async fn publish(world: &mut World, numbers: std::ops::Range<u32>) {
    for number in numbers {
        let body = mug(&format!("m{number}"), &format!("A{number}"), 1, "clay").to_string();
        world.publish(body.as_bytes(), FieldTable::default()).await;
    }
}

async fn until_paused(world: &World, what: &str) {
    until(what, || async {
        let pause = world.worker.pipeline().models().paused(Lane::Updates);
        pause.is_some_and(|pause| pause.alarm && pause.reason.contains(what))
    })
    .await;
}

async fn until_published(world: &World, numbers: std::ops::Range<u32>) {
    until_within(Duration::from_secs(90), "every product is published", || async {
        for number in numbers.clone() {
            let document = world.document(&format!("A{number}"), "en-US").await;
            if document.is_none_or(|document| document.state != State::Published) {
                return false;
            }
        }
        true
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lanes_without_money_wait_burn_no_attempt_and_go_on_by_themselves() {
    let front = Front::start(|_, _| Some(says(402, NO_MONEY))).await;
    let mut world = world_with(&front, 16).await;
    publish(&mut world, 0..40).await;
    until_paused(&world, "the account has no money").await;
    until("nothing is in progress", || async { world.worker.liveness().without_progress().0 == 0 }).await;
    let counts = world.worker.counts();
    let snoozed = || counts.snoozed.load(Ordering::Relaxed);
    let asked = front.asked().len();
    assert!(asked <= 16, "the queue is not burnt: {asked} calls");
    // One message looks whether the state is mended. Its acknowledgement races with the end of its consumer, so a few more
    // may come and be sent away without a call; with all slots it were sixteen.
    let before = AtomicU64::new(0);
    until("one call looks", || async {
        let looked = front.asked().len() > asked;
        if !looked {
            before.store(snoozed(), Ordering::Relaxed);
        }
        looked && snoozed() > before.load(Ordering::Relaxed)
    })
    .await;
    until("nothing is in progress", || async { world.worker.liveness().without_progress().0 == 0 }).await;
    let sent_away = snoozed() - before.load(Ordering::Relaxed);
    assert!(front.asked().len() == asked + 1 && sent_away <= 6, "{sent_away} messages were sent away");
    assert_eq!((counts.dead.load(Ordering::Relaxed), counts.retried.load(Ordering::Relaxed)), (0, 0));
    front.say(|_, _| None);
    until_published(&world, 0..40).await;
    assert_eq!(front.asked().len() - asked, 1 + 40);
    assert_eq!((counts.dead.load(Ordering::Relaxed), counts.retried.load(Ordering::Relaxed)), (0, 0));
    world.quiet().await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_without_words_that_one_message_alone_meets_is_that_message_s() {
    let refuses_glass = |body: &str, _: &axum::http::HeaderMap| {
        body.contains("glass").then(|| says(403, r#"{"error":{"message":"Forbidden"}}"#))
    };
    let front = Front::start(refuses_glass).await;
    let mut world = world(&front).await;
    world.publish(mug("g", "G1", 1, "glass").to_string().as_bytes(), FieldTable::default()).await;
    until_paused(&world, "the key or the account is refused").await;
    publish(&mut world, 0..3).await;
    until_published(&world, 0..3).await;
    let counts = world.worker.counts();
    until("the message alone is given up", || async { counts.dead.load(Ordering::Relaxed) == 1 }).await;
    let (_, headers) = world.dead_letter().await.unwrap();
    assert!(headers["x-skuscribe-error"].contains("403 Forbidden"), "{headers:?}");
    assert_eq!(world.worker.pipeline().models().stopped(), "");
    world.quiet().await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_a_state_and_no_prompt_is_sent_on() {
    let elsewhere = Sandbox::start(([127, 0, 0, 1], 0).into(), Behaviour::default()).await.unwrap();
    let target = format!("{}/chat/completions", elsewhere.url());
    let front = Front::start(move |_, _| {
        let mut redirect = says(307, "");
        redirect.headers_mut().insert("location", target.parse().unwrap());
        Some(redirect)
    })
    .await;
    let mut world = world(&front).await;
    publish(&mut world, 0..1).await;
    until_paused(&world, "the address redirects").await;
    front.say(|_, _| None);
    until_published(&world, 0..1).await;
    assert_eq!(elsewhere.counters().requests.load(Ordering::Relaxed), 0);
    world.quiet().await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_moderation_refuses_becomes_a_dead_letter_with_its_words_and_without_the_key() {
    let front = Front::start(|_, headers| {
        let key = headers["authorization"].to_str().unwrap();
        let message = format!("Your input was flagged by moderation, header: {key}");
        Some(says(403, &json!({ "error": { "message": message, "code": 403 } }).to_string()))
    })
    .await;
    let mut world = world(&front).await;
    world.work(&mug("m1", "A1", 1, "clay")).await;
    let (_, headers) = world.dead_letter().await.unwrap();
    let error = &headers["x-skuscribe-error"];
    assert!(error.contains("flagged by moderation") && error.contains("Bearer [key]"), "{error}");
    assert!(!error.contains("0123456789"), "{error}");
    assert_eq!((front.asked().len(), world.worker.pipeline().models().stopped()), (1, String::new()));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_a_body_names_is_kept_and_the_message_is_published() {
    let first = AtomicBool::new(true);
    let front = Front::start(move |_, _| {
        let limit = r#"{"error":{"message":"Rate limit reached. Please try again in 1.6s.","code":"rate_limit_exceeded"}}"#;
        first.swap(false, Ordering::Relaxed).then(|| says(429, limit))
    })
    .await;
    let mut world = world(&front).await;
    world.work(&mug("m1", "A1", 1, "clay")).await;
    until_published(&world, 1..2).await;
    let asked = front.asked();
    assert_eq!(asked.len(), 2);
    let waited = asked[1] - asked[0];
    assert!(waited >= Duration::from_millis(1_600) && waited < Duration::from_secs(10), "{waited:?}");
    world.finish().await;
}

/// What stands in JSON lines on standard error.
async fn log_of(mut worker: std::process::Child) -> String {
    let stopped = Command::new("kill").args(["-TERM", &worker.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    let mut stderr = worker.stderr.take().unwrap();
    tokio::task::spawn_blocking(move || {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut stderr, &mut text).unwrap();
        worker.wait().unwrap();
        text
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_alarms_once_for_a_state_and_shows_it_to_monitoring() {
    let front = Front::start(|_, _| {
        Some(says(
            404,
            r#"{"error":{"message":"model \"x\" not found, try pulling it first","type":"api_error"}}"#,
        ))
    })
    .await;
    let mut config = config(&front.sandbox, None);
    let folder = std::env::temp_dir().join(unique("skuscribe-states"));
    (config.store.url, config.model.url) = (folder.display().to_string(), front.url());
    let publisher = Publisher::new(Link::from_config(&config.broker), "test");
    publisher.declare().await.unwrap();
    for number in 0..20 {
        let body = mug(&format!("m{number}"), &format!("A{number}"), 1, "clay").to_string();
        publisher
            .work(Lane::Updates, OutgoingMessage { body: body.as_bytes(), ..OutgoingMessage::default() })
            .await
            .unwrap();
    }
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let worker = crate::process::command(&config)
        .env("SKUSCRIBE_LOG_FILTER", "info")
        .env("SKUSCRIBE_HEALTH_LISTEN", format!("127.0.0.1:{port}"))
        .arg("worker")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let shown = async |path: &str| match reqwest::get(format!("http://127.0.0.1:{port}{path}")).await {
        Ok(answer) => answer.text().await.unwrap_or_default(),
        Err(_) => String::new(),
    };
    until("monitoring shows it", || async {
        let ready = shown("/readyz").await;
        ready.contains("the model is not there") && ready.contains("load or deploy the model")
    })
    .await;
    let metrics = shown("/metrics").await;
    let gauge = metrics.lines().find(|line| line.starts_with("skuscribe_model_stopped{")).unwrap_or_default();
    assert!(gauge.contains("model_missing") && gauge.ends_with(" 1"), "{metrics}");
    let log = log_of(worker).await;
    let alarms: Vec<&str> = log.lines().filter(|line| line.contains("ALARM")).collect();
    assert_eq!(alarms.len(), 1, "{log}");
    assert!(alarms[0].contains("try pulling it") && alarms[0].contains("check model.name"), "{}", alarms[0]);
    publisher.remove().await.unwrap();
    publisher.close().await;
    let _ = std::fs::remove_dir_all(&folder);
}

/// A folder of the test's own with a file of products.
struct Shop(PathBuf);

impl Shop {
    fn new(products: usize) -> Self {
        let folder = std::env::temp_dir().join(unique("skuscribe-states"));
        std::fs::create_dir_all(&folder).unwrap();
        let lines = (0..products).map(|number| {
            let attributes = json!({ "material": "clay", "volume": "300 ml" });
            json!({ "sku": format!("A{number}"), "title": "Mug", "attributes": attributes, "locale": "en-US" }).to_string()
        });
        std::fs::write(folder.join("shop.jsonl"), lines.collect::<Vec<_>>().join("\n")).unwrap();
        Self(folder)
    }

    fn out(&self) -> PathBuf {
        self.0.join("out")
    }

    fn command(&self, url: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_skuscribe"));
        command.env_clear().env("SKUSCRIBE_MODEL_URL", url).env("SKUSCRIBE_MODEL_STRUCTURED", "json_schema");
        command.arg("enrich").arg(self.0.join("shop.jsonl")).arg("--out").arg(self.out());
        command.args(["--log", "warn"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    async fn enrich(&self, url: &str) -> (Option<i32>, String) {
        let child = self.command(url).spawn().unwrap();
        ended(tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap())
    }

    fn published(&self) -> usize {
        let folder = self.out().join("content/en-US");
        if Path::new(&folder).exists() { std::fs::read_dir(folder).unwrap().count() } else { 0 }
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn ended(output: Output) -> (Option<i32>, String) {
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_over_a_file_stops_at_a_state_rejects_nothing_and_goes_on_when_started_again() {
    let answers = AtomicU64::new(0);
    let front =
        Front::start(move |_, _| (answers.fetch_add(1, Ordering::Relaxed) >= 5).then(|| says(402, NO_MONEY)))
            .await;
    let shop = Shop::new(40);
    let (code, text) = shop.enrich(&front.url()).await;
    assert_eq!(code, Some(3), "{text}");
    for part in [
        "stopped:",
        "Insufficient Balance",
        "add money",
        "run the same command again",
        "35 of 40 lines are left",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("failed") && !shop.out().join("rejected.jsonl").exists(), "{text}");
    assert_eq!(shop.published(), 5);
    front.say(|_, _| None);
    let (code, text) = shop.enrich(&front.url()).await;
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(code == Some(0) && words.contains("published 35") && words.contains("unchanged 5"), "{text}");
    assert_eq!(shop.published(), 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_begins_nothing_where_the_model_does_not_answer() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (shop, started) = (Shop::new(3), Instant::now());
    let (code, text) = shop.enrich(&format!("http://127.0.0.1:{port}/v1")).await;
    assert_eq!(code, Some(3), "{text}");
    assert!(
        text.contains("did not answer") && text.contains("model.url") && text.contains("nothing was begun"),
        "{text}"
    );
    assert!(!text.contains("ETA") && started.elapsed() < Duration::from_secs(20), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_model_dies_says_so_and_ends_at_once_after_a_signal() {
    let front = Front::start(|_, _| Some(says(503, r#"{"error":{"message":"gone"}}"#))).await;
    let shop = Shop::new(40);
    let mut child = shop.command(&front.url()).spawn().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stderr.take().unwrap()));
    let (said, child) = tokio::task::spawn_blocking(move || {
        let said = lines.find_map(|line| line.ok().filter(|line| line.contains("waiting for up to 60 s")));
        // The rest is read as well, or the process would wait for its reader.
        std::thread::spawn(move || lines.for_each(drop));
        (said, child)
    })
    .await
    .unwrap();
    assert!(said.is_some_and(|said| said.contains("503") && said.contains("model.url")));
    let (interrupted, id) = (Instant::now(), child.id());
    assert!(Command::new("kill").args(["-INT", &id.to_string()]).status().unwrap().success());
    let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
    let (code, text) = ended(output);
    assert_eq!(code, Some(130), "{text}");
    assert!(text.contains("40 of 40 lines are left"), "{text}");
    assert!(interrupted.elapsed() < Duration::from_secs(10), "{:?}", interrupted.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn held_texts_are_pointed_to_in_the_store_that_was_used() {
    let behaviour = Behaviour { language_rate: 1.0, ..Behaviour::default() };
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into(), behaviour).await.unwrap();
    let shop = Shop::new(1);
    let (_, text) = shop.enrich(&sandbox.url()).await;
    let command = format!("skuscribe review list --store {}", shop.out().display());
    assert!(text.contains("held") && text.contains(&command), "{text}");
}
