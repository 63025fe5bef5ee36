//! 200 sessions at once: how long an answer takes beyond the model's own time, how many there are in a second, and what one
//! costs of CPU time and memory.
#![allow(clippy::all, clippy::pedantic, clippy::restriction, reason = "a bench may fail loudly")]

mod bench;

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bench::{BINARY, CATALOG, Process, folder, number, sandbox};
use serde_json::{Value, json};

/// The questions with their products, one a line.
const QUESTIONS: &str = include_str!("../tests/questions/catalog.jsonl");
/// How long the model takes.
const MODEL_MS: u64 = 400;

fn main() {
    skuscribe::cli::install_tls();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(run());
}

async fn run() {
    let (sessions, rounds) = (number("BENCH_SESSIONS", 200), number("BENCH_ROUNDS", 5));
    let latency = MODEL_MS.to_string();
    let (_model, url) = sandbox(&["--latency-ms", &latency], None);
    let store = folder("answers");
    std::fs::create_dir_all(&store).unwrap();
    let catalog = store.with_extension("jsonl");
    std::fs::write(&catalog, CATALOG).unwrap();
    let written = Command::new(BINARY)
        .args(["enrich", catalog.to_str().unwrap(), "--out", store.to_str().unwrap(), "--model-url", &url])
        .env("SKUSCRIBE_LOG_FILTER", "off")
        .output()
        .unwrap();
    assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let service = Process::start(
        "answers",
        Command::new(BINARY)
            .args(["answers", "--store", store.to_str().unwrap(), "--model-url", &url])
            .env("SKUSCRIBE_ANSWERS_LISTEN", &address)
            .env("SKUSCRIBE_ANSWERS_CLIENT_HEADER", "x-client")
            .env("SKUSCRIBE_ANSWERS_PROXIES", "127.0.0.1")
            .env("SKUSCRIBE_ANSWERS_CLIENT_BURST", "1000")
            .env("SKUSCRIBE_MODEL_SLOTS", "256"),
    );
    let client = reqwest::Client::new();
    let ready = format!("http://{address}/readyz");
    let started = Instant::now();
    while !client.get(&ready).send().await.is_ok_and(|response| response.status() == 200) {
        assert!(started.elapsed() < Duration::from_secs(60), "the service does not start");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let questions: Arc<Vec<Value>> =
        Arc::new(QUESTIONS.lines().map(|line| serde_json::from_str(line).unwrap()).collect());
    println!("{sessions} sessions at once, {rounds} questions each, a model that takes {MODEL_MS} ms");
    // The calls in flight begin at 32 and grow while nothing is refused: the first round shows that as well.
    for (round, word) in [("cold start", ""), ("warm", " please"), ("asked again", " please")] {
        let (cpu, started) = (service.cpu_ms(), Instant::now());
        let mut tasks = tokio::task::JoinSet::new();
        for session in 0..sessions {
            let (client, address, questions) = (client.clone(), address.clone(), Arc::clone(&questions));
            tasks.spawn(async move {
                let mut took = Vec::new();
                for turn in 0..rounds {
                    let line = &questions[(session * rounds + turn) % questions.len()];
                    let question = format!("{}{word}", line["question"].as_str().unwrap());
                    let body = json!({ "sku": line["sku"], "question": question, "locale": line["locale"] });
                    let started = Instant::now();
                    let sent = client
                        .post(format!("http://{address}/v1/answers"))
                        .header("x-client", session.to_string());
                    let response = sent.json(&body).send().await.unwrap();
                    assert_eq!(response.status(), 200);
                    let answer: Value = response.json().await.unwrap();
                    took.push((started.elapsed(), answer["source"].as_str().map(str::to_owned)));
                }
                took
            });
        }
        let mut took: Vec<(Duration, Option<String>)> = Vec::new();
        while let Some(done) = tasks.join_next().await {
            took.extend(done.unwrap());
        }
        let (elapsed, cpu) = (started.elapsed(), service.cpu_ms() - cpu);
        let model = Duration::from_millis(MODEL_MS);
        // An answer that was kept, or is put together without asking the model, has no model's time in it.
        let mut over: Vec<Duration> =
            took.iter().map(|(took, _)| if *took >= model { *took - model } else { *took }).collect();
        over.sort();
        let asked = took.iter().filter(|(took, _)| *took >= model).count();
        let at = |share: usize| over[(over.len() * share / 100).min(over.len() - 1)].as_secs_f64() * 1e3;
        println!(
            "  {round:<12} {:>6} answers, {asked:>5} with a model's call, {:>6.0} a second; over the model's own time p50 {:>6.1} ms, p99 {:>6.1} ms; {:.2} ms CPU each",
            took.len(),
            took.len() as f64 / elapsed.as_secs_f64(),
            at(50),
            at(99),
            cpu / took.len() as f64
        );
    }
    println!("  {:.0} MB at most", service.peak_mb());
    drop(service);
    let _ = std::fs::remove_dir_all(&store);
    let _ = std::fs::remove_file(&catalog);
}
