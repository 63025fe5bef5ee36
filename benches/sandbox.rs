//! The sandbox must not be the bottleneck: answers per second on one core, and per second of its CPU time.
#![allow(clippy::all, clippy::pedantic, clippy::restriction, reason = "a bench may fail loudly")]

mod bench;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bench::{messages, sandbox};

fn main() {
    skuscribe::cli::install_tls();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(run());
}

async fn run() {
    let (process, url) = sandbox(&[], Some("0"));
    let recipes =
        skuscribe_check::recipe::Recipes::load(&skuscribe::config::Config::defaults().unwrap().recipes)
            .unwrap();
    let locale = "en-US".parse().unwrap();
    let brief = recipes.brief(&recipes.requested(&[], &locale).unwrap(), &locale, None).unwrap();
    let bodies: Vec<bytes::Bytes> = messages(60)
        .map(|(_, message)| {
            let message: serde_json::Value = serde_json::from_slice(&message).unwrap();
            let facts = serde_json::json!({ "locale": "en-US", "facts": message["product"]["attributes"] });
            let request = serde_json::json!({
                "model": "any",
                "messages": [{ "role": "system", "content": brief.system }, { "role": "user", "content": format!("<facts>{facts}</facts>") }],
                "response_format": { "type": "json_schema", "json_schema": { "name": "x", "strict": true, "schema": &*brief.schema } }
            });
            request.to_string().into_bytes().into()
        })
        .collect();
    let bodies = Arc::new(bodies);
    let client = reqwest::Client::builder().http1_only().build().unwrap();
    let done = Arc::new(AtomicU64::new(0));
    let stop = Instant::now() + Duration::from_secs(8);
    let mut tasks = tokio::task::JoinSet::new();
    let cpu = process.cpu_ms();
    let started = Instant::now();
    for lane in 0..64 {
        let (client, url, bodies, done) =
            (client.clone(), format!("{url}/chat/completions"), Arc::clone(&bodies), Arc::clone(&done));
        tasks.spawn(async move {
            let mut number = lane;
            while Instant::now() < stop {
                let body = bodies[number % bodies.len()].clone();
                let response = client
                    .post(&url)
                    .header("content-type", "application/json")
                    .body(body)
                    .send()
                    .await
                    .unwrap();
                assert!(response.status().is_success());
                response.bytes().await.unwrap();
                done.fetch_add(1, Ordering::Relaxed);
                number += 1;
            }
        });
    }
    while tasks.join_next().await.is_some() {}
    let (elapsed, spent) = (started.elapsed().as_secs_f64(), process.cpu_ms() - cpu);
    let answers = done.load(Ordering::Relaxed) as f64;
    println!(
        "sandbox on one core, the three built-in recipes: {:.0} answers/s measured, {:.0} answers per second of its CPU",
        answers / elapsed,
        answers / (spent / 1000.0)
    );
}
