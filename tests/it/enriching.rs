//! `skuscribe enrich` as people run it: the binary, a file, a folder or a bucket.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use serde_json::{Value, json};
use skuscribe::intake::inbox::Inbox;
use skuscribe_sandbox::{Behaviour, Sandbox};

use crate::harness::unique;
use crate::s3::{BUCKET, KEY_ID, S3Server, SECRET};

/// A folder of the test's own, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(unique("skuscribe-enrich"));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn file(&self, name: &str, text: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn out(&self) -> PathBuf {
        self.0.join("out")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn enrich(sandbox: &Sandbox, file: &Path, out: &str, more: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skuscribe"));
    command
        .env_clear()
        .env("SKUSCRIBE_MODEL_URL", sandbox.url())
        .arg("enrich")
        .arg(file)
        .args(["--out", out, "--log", "warn"]);
    for (name, value) in more {
        command.env(name, value);
    }
    // The sandbox lives in this process: its runtime must go on while the binary runs.
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

fn shown(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn product(sku: &str, material: &str) -> String {
    json!({ "sku": sku, "title": format!("Mug {sku}"), "attributes": { "material": material, "volume": "300 ml" }, "locale": "en-US", "price": "9" }).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_does_only_what_is_missing_or_changed() {
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into(), Behaviour::default()).await.unwrap();
    let folder = Folder::new();
    let lines: Vec<String> = (0..10).map(|number| product(&format!("A{number}"), "clay")).collect();
    let file = folder.file("shop.jsonl", lines.join("\n").as_bytes());
    let out = folder.out();
    let first = enrich(&sandbox, &file, out.to_str().unwrap(), &[]).await;
    assert!(first.status.success(), "{}", shown(&first));
    let document: Value =
        serde_json::from_slice(&std::fs::read(out.join("content/en-US/A3.json")).unwrap()).unwrap();
    assert_eq!(document["state"], "published");
    let calls = sandbox.counters().answers();
    let second = enrich(&sandbox, &file, out.to_str().unwrap(), &[]).await;
    assert!(
        shown(&second).contains("0 model calls") && shown(&second).contains("unchanged"),
        "{}",
        shown(&second)
    );
    assert!(!shown(&second).contains("published"), "{}", shown(&second));
    assert_eq!(sandbox.counters().answers(), calls);
    let mut edited = lines.clone();
    edited[4] = product("A4", "glass");
    edited.push(product("A10", "steel"));
    let file = folder.file("shop.jsonl", edited.join("\n").as_bytes());
    let third = enrich(&sandbox, &file, out.to_str().unwrap(), &[]).await;
    assert!(shown(&third).contains("2 model calls"), "{}", shown(&third));
    let document: Value =
        serde_json::from_slice(&std::fs::read(out.join("content/en-US/A4.json")).unwrap()).unwrap();
    assert!(document["content"]["description"].to_string().contains("glass"));
    // Back to what it was: news, although this very line was worked before.
    let file = folder.file("shop.jsonl", lines.join("\n").as_bytes());
    let fourth = enrich(&sandbox, &file, out.to_str().unwrap(), &[]).await;
    assert!(shown(&fourth).contains("1 model calls"), "{}", shown(&fourth));
    let document: Value =
        serde_json::from_slice(&std::fs::read(out.join("content/en-US/A4.json")).unwrap()).unwrap();
    assert!(document["content"]["description"].to_string().contains("clay"));
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_lines_are_listed_beside_the_output_and_the_others_are_worked() {
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into(), Behaviour::default()).await.unwrap();
    let folder = Folder::new();
    let mut text = format!("{}\nnot json\n", product("A1", "clay")).into_bytes();
    text.extend_from_slice(b"{\"sku\":\"\xff\"}\n");
    text.extend_from_slice(format!("{}\n", product(&"x".repeat(10_000), "clay")).as_bytes());
    text.extend_from_slice(format!("{}\n{}\n", "y".repeat(2 << 20), product("A2", "clay")).as_bytes());
    let file = folder.file("shop.jsonl", &text);
    let out = folder.out();
    let done = enrich(&sandbox, &file, out.to_str().unwrap(), &[]).await;
    assert!(!done.status.success());
    assert!(shown(&done).contains("rejected") && shown(&done).contains("rejected.jsonl"), "{}", shown(&done));
    let rejected = std::fs::read_to_string(out.join("rejected.jsonl")).unwrap();
    let mut lines: Vec<(u64, String)> = rejected
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|value| (value["line"].as_u64().unwrap(), value["error"].as_str().unwrap().to_owned()))
        .collect();
    lines.sort();
    for ((line, error), (expected, part)) in
        lines.iter().zip([(2, "JSON"), (3, "UTF-8"), (4, "256 bytes"), (5, "bytes")])
    {
        assert!(*line == expected && error.contains(part), "{line}: {error}");
    }
    assert_eq!(lines.len(), 4);
    assert!(out.join("content/en-US/A1.json").exists() && out.join("content/en-US/A2.json").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_goes_into_a_bucket() {
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into(), Behaviour::default()).await.unwrap();
    let server = S3Server::start().await;
    let folder = Folder::new();
    let file =
        folder.file("shop.csv", b"sku,title,material,volume\nA1,Mug,clay,300 ml\nA2,Cup\nA3,Jug,glass,1 l\n");
    let variables = [
        ("SKUSCRIBE_STORE_ENDPOINT", server.endpoint()),
        ("AWS_ACCESS_KEY_ID", KEY_ID.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
    ];
    let variables: Vec<(&str, &str)> =
        variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let out = format!("s3://{BUCKET}/csv");
    // Refused lines of a run into a bucket are listed in the working folder: not in this repository.
    let file_name = file.to_str().unwrap().to_owned();
    let mut command = Command::new(env!("CARGO_BIN_EXE_skuscribe"));
    command.env_clear().envs(variables.iter().copied()).env("SKUSCRIBE_MODEL_URL", sandbox.url());
    command.current_dir(&folder.0).args(["enrich", &file_name, "--out", &out, "--log", "warn"]);
    let done = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let words = shown(&done).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("published 2"), "{words}");
    let rejected = std::fs::read_to_string(folder.0.join("rejected.jsonl")).unwrap();
    assert!(rejected.contains("\"line\":3") && rejected.contains("2 cells"), "{rejected}");
    assert!(server.traffic.puts.load(std::sync::atomic::Ordering::Relaxed) >= 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_in_a_bucket_is_inspected_and_enriched_and_one_that_is_not_there_is_named() {
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into(), Behaviour::default()).await.unwrap();
    let server = S3Server::start().await;
    let folder = Folder::new();
    let table = b"sku,title,material\nA1,Mug,clay\nA2,Jug,glass\n";
    let file = gzip(table);
    server.put("feeds/shop.csv.gz", &file);
    let run = async |arguments: &[&str], keys: bool| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_skuscribe"));
        command.env_clear().env("SKUSCRIBE_MODEL_URL", sandbox.url()).current_dir(&folder.0);
        command.env("SKUSCRIBE_STORE_ENDPOINT", server.endpoint()).env("AWS_EC2_METADATA_DISABLED", "true");
        command.env("TMPDIR", &folder.0).args(arguments);
        if keys {
            command.env("AWS_ACCESS_KEY_ID", KEY_ID).env("AWS_SECRET_ACCESS_KEY", SECRET);
        }
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    };
    let source = format!("s3://{BUCKET}/feeds/shop.csv.gz");
    let seen = run(&["inspect", &source, "--json"], true).await;
    assert!(seen.status.success(), "{}", shown(&seen));
    let seen: Value = serde_json::from_slice(&seen.stdout).unwrap();
    assert_eq!((&seen["products"], &seen["file"]), (&json!(2), &json!(source)), "{seen}");
    let done = run(&["enrich", &source, "--out", "out", "--log", "warn"], true).await;
    let words = shown(&done).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("published 2"), "{words}");
    // The object's own time orders its facts: the same file again is no news.
    let again = run(&["enrich", &source, "--out", "out", "--log", "warn"], true).await;
    let words = shown(&again).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(again.status.success() && !words.contains("published 2"), "{words}");
    let endpoint = server.endpoint();
    for (source, parts) in [
        (
            format!("s3://{BUCKET}/feeds/other.csv"),
            ["no object \"feeds/other.csv\" in the bucket", endpoint.as_str()],
        ),
        ("s3://nowhere/shop.csv".to_owned(), ["bucket \"nowhere\"", endpoint.as_str()]),
        (format!("s3://{BUCKET}"), ["write s3://bucket/key", BUCKET]),
    ] {
        for command in [&["inspect", &source][..], &["enrich", &source, "--out", "out"]] {
            let run = run(command, true).await;
            let said = shown(&run);
            assert!(run.status.code() == Some(1) && parts.iter().all(|part| said.contains(part)), "{said}");
            assert!(said.contains(&source), "{said}");
        }
    }
    let without = shown(&run(&["inspect", &source], false).await);
    assert!(without.contains("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"), "{without}");
    assert!(without.lines().count() <= 3 && !without.contains("WARN"), "{without}");
    let left: Vec<_> =
        std::fs::read_dir(&folder.0).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left, ["out"], "no copy is left behind");
}

/// Bytes as gzip has them.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, bytes).unwrap();
    packed.finish().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_run_loses_nothing_and_goes_on_from_there() {
    let sandbox =
        Sandbox::start(([127, 0, 0, 1], 0).into(), Behaviour { latency_ms: 200, ..Behaviour::default() })
            .await
            .unwrap();
    let folder = Folder::new();
    let lines: Vec<String> = (0..60).map(|number| product(&format!("A{number}"), "clay")).collect();
    let file = folder.file("shop.jsonl", lines.join("\n").as_bytes());
    let out = folder.out();
    let mut command = Command::new(env!("CARGO_BIN_EXE_skuscribe"));
    command.env_clear().env("SKUSCRIBE_MODEL_URL", sandbox.url());
    command.arg("enrich").arg(&file).args(["--slots", "4", "--log", "warn", "--out"]).arg(&out);
    let child =
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    crate::harness::until("some lines are done", || async { sandbox.counters().answers() > 8 }).await;
    let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", shown(&output));
    let stored = std::fs::read_dir(out.join("content/en-US")).unwrap().count();
    assert!(stored > 0 && stored < 60, "{stored}");
    let again = enrich(&sandbox, &file, out.to_str().unwrap(), &[]).await;
    assert!(again.status.success(), "{}", shown(&again));
    assert_eq!(std::fs::read_dir(out.join("content/en-US")).unwrap().count(), 60);
    // Every product was paid for once; the first run probed the server, the second one remembers how.
    assert_eq!(sandbox.counters().answers(), 61);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_check_policy_alone_checks_again_without_a_model_call() {
    let sandbox =
        Sandbox::start(([127, 0, 0, 1], 0).into(), Behaviour { language_rate: 1.0, ..Behaviour::default() })
            .await
            .unwrap();
    let folder = Folder::new();
    let file = folder.file("shop.jsonl", product("A1", "clay").as_bytes());
    let out = folder.out();
    let state = || {
        let document = std::fs::read(out.join("content/en-US/A1.json")).unwrap();
        let document: Value = serde_json::from_slice(&document).unwrap();
        (document["state"].as_str().unwrap().to_owned(), document["held"].is_object())
    };
    // What words of another language assert no fact bears either; that is not what changes here.
    let facts = ("SKUSCRIBE_CHECK_FACTS_UNSUPPORTED", "note");
    let lenient =
        enrich(&sandbox, &file, out.to_str().unwrap(), &[("SKUSCRIBE_CHECK_LANGUAGE", "note"), facts]).await;
    assert!(lenient.status.success(), "{}", shown(&lenient));
    assert_eq!(state(), ("published".to_owned(), false));
    let calls = sandbox.counters().answers();
    let strict =
        enrich(&sandbox, &file, out.to_str().unwrap(), &[("SKUSCRIBE_CHECK_LANGUAGE", "hold"), facts]).await;
    assert!(shown(&strict).contains("0 model calls"), "{}", shown(&strict));
    assert_eq!(state(), ("published".to_owned(), true), "what is out stays out; a person decides");
    let relaxed = [("SKUSCRIBE_CHECK_LANGUAGE", "note"), ("SKUSCRIBE_CHECK_LENGTH", "note"), facts];
    let again = enrich(&sandbox, &file, out.to_str().unwrap(), &relaxed).await;
    assert!(shown(&again).contains("0 model calls"), "{}", shown(&again));
    assert_eq!(sandbox.counters().answers(), calls);
    assert_eq!(
        state(),
        ("published".to_owned(), false),
        "published by the new policy, the held draft cleared"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_carries_the_time_of_the_clock_that_the_pipeline_was_handed() {
    skuscribe::cli::install_tls();
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into(), Behaviour::default()).await.unwrap();
    let folder = Folder::new();
    let mut config = crate::harness::config(&sandbox, None);
    config.store.url = folder.out().display().to_string();
    let store = skuscribe::store::open(&config.store).await.unwrap();
    let now: jiff::Timestamp = "2026-03-04T05:06:07Z".parse().unwrap();
    let clock = skuscribe::clock::Clock::fixed(now);
    let nowhere = skuscribe::announce::Announcer::Nowhere;
    let pipeline = skuscribe::pipeline::Pipeline::new(&config, store.clone(), nowhere, clock).unwrap();
    let message = crate::harness::mug("m1", "A1", 1, "clay").to_string();
    let origin = skuscribe::intake::Origin::default();
    let update = skuscribe::intake::decode(message.as_bytes(), &origin).unwrap();
    let reports = pipeline.run(&Inbox::default().enter(Arc::new(update))).await.unwrap();
    assert!(reports.iter().all(|report| report.result.is_ok()), "{reports:?}");
    let key = skuscribe::store::Key::Content { locale: "en-US".parse().unwrap(), sku: "A1".parse().unwrap() };
    let (document, _) =
        skuscribe::store::load::<skuscribe_check::content::Document>(&*store, &key).await.unwrap().unwrap();
    assert_eq!((document.updated_at, document.recipes["seo"].provenance.generated_at), (now, now));
}
