//! (a) What the worker costs beside bare loops of the same crates; (b) whether waiting for a model is free.
//!
//! Every part runs in a process of its own, so that CPU time is the worker's alone. `BENCH_MESSAGES` and
//! `BENCH_SLOTS` change the sizes.
#![allow(clippy::all, clippy::pedantic, clippy::restriction, reason = "a bench may fail loudly")]

mod bench;

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use aws_sdk_s3::config::{Credentials, Region, RequestChecksumCalculation};
use bench::{BINARY, Process, Queue, answers, counters, number, s3_process, sandbox};
use futures_util::StreamExt as _;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions,
};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Connection, ConnectionProperties};
use tokio::sync::Semaphore;

/// The binary's own allocator, so that the loops differ from it in their work alone.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const IN_FLIGHT: usize = 128;
/// Rounds of calls that are measured in (b).
const ROUNDS: u64 = 8;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    skuscribe::cli::install_tls();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    match arguments.get(1).map(String::as_str) {
        Some("--serve-s3") => runtime.block_on(bench::memory_s3::serve()),
        Some("--loop") => runtime.block_on(bare_loop(&arguments[2..])),
        _ => runtime.block_on(async {
            cost().await;
            waiting().await;
        }),
    }
}

/// (a) CPU per product and products per second, three ways, in turn, twice.
async fn cost() {
    let count = number("BENCH_MESSAGES", 6000);
    println!(
        "(a) {count} new products, model latency 0, RabbitMQ, S3 over HTTP, {IN_FLIGHT} in flight, one process"
    );
    println!("{:<34} {:>12} {:>12} {:>12}", "", "CPU ms each", "products/s", "peak MB");
    let mut figures: Vec<(&str, Vec<f64>)> = Vec::new();
    for _ in 0..number("BENCH_ROUNDS", 3) {
        for what in ["short loop", "equal loop", "worker"] {
            let (cpu, rate, peak) = one(what, count).await;
            println!("{what:<34} {cpu:>12.3} {rate:>12.0} {peak:>12.0}");
            match figures.iter_mut().find(|(name, _)| *name == what) {
                Some((_, cpus)) => cpus.push(cpu),
                None => figures.push((what, vec![cpu])),
            }
        }
    }
    let median = |what: &str| {
        let mut cpus = figures.iter().find(|(name, _)| *name == what).unwrap().1.clone();
        cpus.sort_by(f64::total_cmp);
        cpus[cpus.len() / 2]
    };
    let (short, equal, worker) = (median("short loop"), median("equal loop"), median("worker"));
    println!(
        "medians: short {short:.3}, equal {equal:.3}, worker {worker:.3} ms; worker / equal = {:.2}, worker / short = {:.2}\n",
        worker / equal,
        worker / short
    );
}

async fn one(what: &str, count: usize) -> (f64, f64, f64) {
    let queue = Queue::filled(count).await;
    let (_model, url) = sandbox(&[], None);
    let (_s3, endpoint) = s3_process();
    let client = reqwest::Client::new();
    let process = if what == "worker" {
        Process::start(what, &mut worker(&queue, &url, &endpoint, IN_FLIGHT, IN_FLIGHT))
    } else {
        let executable = std::env::current_exe().unwrap();
        let mut command = Command::new(executable);
        command.arg("--loop").args([
            what,
            queue.url(),
            &queue.publisher.topology().lane(skuscribe::lane::Lane::Updates),
        ]);
        command.args([&queue.publisher.topology().content(), &url, &endpoint]);
        Process::start(what, &mut command)
    };
    // Warm: connections are open and the first answers are through.
    answers(&client, &url, count as u64 / 10, Duration::from_secs(120))
        .await
        .expect("the first tenth is worked");
    let (cpu, started) = (process.cpu_ms(), Instant::now());
    let first = counters(&client, &url).await["answers"].as_u64().unwrap();
    let target = count as u64 * 95 / 100;
    answers(&client, &url, target, Duration::from_secs(300)).await.expect("the rest is worked");
    let last = counters(&client, &url).await["answers"].as_u64().unwrap();
    let (spent, elapsed) = (process.cpu_ms() - cpu, started.elapsed().as_secs_f64());
    let peak = process.peak_mb();
    drop(process);
    queue.remove().await;
    let worked = (last - first) as f64;
    (spent / worked, worked / elapsed, peak)
}

fn worker(queue: &Queue, model: &str, endpoint: &str, slots: usize, deliveries: usize) -> Command {
    let mut command = Command::new(BINARY);
    command
        .env_clear()
        .env("SKUSCRIBE_BROKER_URL", queue.url())
        .env("SKUSCRIBE_BROKER_PREFIX", &queue.config.broker.prefix)
        .env("SKUSCRIBE_MODEL_URL", model)
        .env("SKUSCRIBE_MODEL_STRUCTURED", "json_schema")
        .env("SKUSCRIBE_MODEL_SLOTS", slots.to_string())
        .env("SKUSCRIBE_WORKER_DELIVERY_SLOTS", deliveries.to_string())
        .env("SKUSCRIBE_WORKER_LANES", "updates")
        .env("SKUSCRIBE_STORE_URL", format!("s3://{}/bench", bench::BUCKET))
        .env("SKUSCRIBE_STORE_ENDPOINT", endpoint)
        .env("AWS_ACCESS_KEY_ID", "bench")
        .env("AWS_SECRET_ACCESS_KEY", "bench")
        .args(["worker", "--log", &std::env::var("BENCH_LOG").unwrap_or_else(|_| "warn".to_owned())]);
    command
}

/// (b) The share of the ideal rate at a latency of 2 s, by slots, and the memory that it takes.
async fn waiting() {
    println!(
        "(b) model latency 2 s: share of the ideal rate (slots / latency) over 8 rounds of calls, peak memory of the worker"
    );
    println!(
        "{:<10} {:>12} {:>12} {:>8} {:>10} {:>12}",
        "slots", "ideal /s", "measured /s", "share", "peak MB", "CPU of 2 s"
    );
    for slots in [number("BENCH_SLOTS", 1000), 500, 250, 125] {
        let ideal = slots as f64 / 2.0;
        let queue = Queue::filled((ideal * 32.0) as usize).await;
        let (_model, url) = sandbox(&["--latency-ms", "2000"], None);
        let (_s3, endpoint) = s3_process();
        let client = reqwest::Client::new();
        let worker =
            Process::start("worker", &mut worker(&queue, &url, &endpoint, slots, slots + slots / 10));
        // All calls begin at about one time and end at about one time: whole rounds are measured, or a window's
        // edges would count.
        answers(&client, &url, slots as u64 * 2, Duration::from_secs(60))
            .await
            .expect("the worker is under way");
        let (first, started, cpu) =
            (counters(&client, &url).await["answers"].as_u64().unwrap(), Instant::now(), worker.cpu_ms());
        answers(&client, &url, first + slots as u64 * ROUNDS, Duration::from_secs(120))
            .await
            .expect("the worker goes on");
        let last = counters(&client, &url).await["answers"].as_u64().unwrap();
        let elapsed = started.elapsed().as_secs_f64();
        let rate = (last - first) as f64 / elapsed;
        let busy = (worker.cpu_ms() - cpu) / 1000.0 / elapsed / 2.0;
        println!(
            "{slots:<10} {ideal:>12.0} {rate:>12.1} {:>7.1}% {:>10.0} {:>11.0}%",
            rate / ideal * 100.0,
            worker.peak_mb(),
            busy * 100.0
        );
        drop(worker);
        queue.remove().await;
    }
}

/// A bare loop of the same crates: `short` (consume, complete, put, ack) or `equal` (the worker's very calls).
async fn bare_loop(arguments: &[String]) {
    let [what, amqp, queue, content, model, endpoint] = arguments else { panic!("six arguments") };
    let equal = what == "equal loop";
    let consuming = Connection::connect(amqp, ConnectionProperties::default()).await.unwrap();
    let publishing = Connection::connect(amqp, ConnectionProperties::default()).await.unwrap();
    let channel = consuming.create_channel().await.unwrap();
    channel.basic_qos(IN_FLIGHT as u16, BasicQosOptions::default()).await.unwrap();
    let events = publishing.create_channel().await.unwrap();
    events.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
    let http = reqwest::Client::builder().http1_only().build().unwrap();
    let openai = OpenAIConfig::new().with_api_base(model.as_str()).with_api_key("none");
    let chat = Client::build(http.clone(), openai)
        .with_http_service(async_openai::middleware::ReqwestService::new(http));
    let tls = aws_smithy_http_client::tls::Provider::Rustls(
        aws_smithy_http_client::tls::rustls_provider::CryptoMode::Ring,
    );
    let shared = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().tls_provider(tls).build_https())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("bench", "bench", None, None, "bench"))
        .endpoint_url(endpoint)
        .load()
        .await;
    let s3 = aws_sdk_s3::Client::from_conf(
        aws_sdk_s3::config::Builder::from(&shared)
            .force_path_style(true)
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(aws_sdk_s3::config::ResponseChecksumValidation::WhenRequired)
            .build(),
    );
    // The worker's own prompt and schema, so that the server has the same work.
    let recipes =
        skuscribe_check::recipe::Recipes::load(&skuscribe::config::Config::defaults().unwrap().recipes)
            .unwrap();
    let locale = "en-US".parse().unwrap();
    let brief = recipes.brief(&recipes.requested(&[], &locale).unwrap(), &locale, None).unwrap();
    let shared = Arc::new((chat, s3, events, brief, content.clone()));
    let slots = Arc::new(Semaphore::new(IN_FLIGHT));
    let mut deliveries = channel
        .basic_consume(
            queue.as_str().into(),
            "bare".into(),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        )
        .await
        .unwrap();
    while let Some(delivery) = deliveries.next().await {
        let delivery = delivery.unwrap();
        let slot = Arc::clone(&slots).acquire_owned().await.unwrap();
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let (chat, s3, events, brief, content) = &*shared;
            let message: serde_json::Value = serde_json::from_slice(&delivery.data).unwrap();
            let sku = message["product"]["sku"].as_str().unwrap();
            let bucket = bench::BUCKET;
            if equal {
                let missing =
                    s3.get_object().bucket(bucket).key(format!("content/en-US/{sku}.json")).send().await;
                assert!(missing.is_err());
                put(s3, format!("products/{sku}.json"), delivery.data.clone()).await;
            }
            let facts = format!(
                "<facts>{}</facts>",
                serde_json::json!({ "locale": "en-US", "facts": message["product"]["attributes"] })
            );
            let request = serde_json::json!({
                "model": "any",
                "messages": [{ "role": "system", "content": brief.system }, { "role": "user", "content": facts }],
                "response_format": { "type": "json_schema", "json_schema": { "name": "x", "strict": true, "schema": &*brief.schema } }
            });
            let answer: serde_json::Value = chat.chat().create_byot(&request).await.unwrap();
            let body = answer["choices"][0]["message"]["content"].as_str().unwrap().as_bytes().to_vec();
            // Bodies of the size that the worker writes: on average 3.4 KB of history, 4.8 KB of document.
            let padded = |size: usize| {
                let mut padded = body.clone();
                padded.resize(size.max(body.len()), b' ');
                padded
            };
            if equal {
                put(s3, format!("history/en-US/{sku}/0.json"), padded(3400)).await;
            }
            let document = if equal { padded(4800) } else { body };
            put(s3, format!("content/en-US/{sku}.json"), document).await;
            if equal {
                let event = serde_json::json!({ "id": sku, "outcome": "published", "sku": sku, "locale": "en-US", "revision": 1 }).to_string();
                let properties = BasicProperties::default().with_delivery_mode(2);
                let publish = events.basic_publish(
                    content.as_str().into(),
                    "content.published.en-US".into(),
                    BasicPublishOptions::default(),
                    event.as_bytes(),
                    properties,
                );
                publish.await.unwrap().await.unwrap();
            }
            delivery.ack(BasicAckOptions::default()).await.unwrap();
            drop(slot);
        });
    }
}

async fn put(s3: &aws_sdk_s3::Client, key: String, body: Vec<u8>) {
    let request = s3.put_object().bucket(bench::BUCKET).key(key).content_type("application/json");
    request.if_none_match("*").body(body.into()).send().await.unwrap();
}
