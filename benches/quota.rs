//! The quota: how much of it is used and how much is refused, beside what others do; and what the limiter costs.
//!
//! The sandbox enforces a sliding minute and counts its own refusals. `BENCH_SECONDS` changes how long each part is
//! measured, `BENCH_ONLY=abcde` which parts; `PEERS_PYTHON` names an interpreter that has the packages of the peers.
#![allow(clippy::all, clippy::pedantic, clippy::restriction, reason = "a bench may fail loudly")]

mod bench;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use bench::{BINARY, Process, Queue, counters, number, s3_process, sandbox};
use serde_json::{Value, json};
use skuscribe::clock::Clock;
use skuscribe::config::Config;
use skuscribe::lane::Lane;
use skuscribe::limits::quota::{AttemptResult, Quota, QuotaRequest};
use skuscribe::limits::spend::{Billing, Spend};
use skuscribe::redis::Redis;
use skuscribe_check::content::Usage;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const REQUESTS: u64 = 3_000;
const TOKENS: u64 = 3_000_000;
const IN_FLIGHT: u64 = 40;
const LATENCY_MS: u64 = 500;
/// Calls in flight of a peer.
const PEER_SLOTS: usize = 64;

fn redis_url() -> String {
    std::env::var("SKUSCRIBE_TEST_REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned())
}

fn seconds() -> u64 {
    number("BENCH_SECONDS", 180) as u64
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    skuscribe::cli::install_tls();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    match arguments.get(1).map(String::as_str) {
        Some("--serve-s3") => runtime.block_on(bench::memory_s3::serve()),
        Some("--limiter") => runtime.block_on(limiter(arguments[2] == "shared")),
        Some("--async-openai") => {
            runtime.block_on(async_openai_default(&arguments[2], arguments[3].parse().unwrap()))
        }
        _ => runtime.block_on(async {
            let only = std::env::var("BENCH_ONLY").unwrap_or_else(|_| "abcde".to_owned());
            if only.contains('a') {
                requests().await;
            }
            if only.contains('b') {
                tokens().await;
            }
            if only.contains('c') {
                in_flight().await;
            }
            if only.contains('d') {
                peers().await;
            }
            if only.contains('e') {
                cost_of_the_limiter();
            }
        }),
    }
}

/// What the sandbox counted.
struct Counted {
    answers: u64,
    refused: u64,
    requests: u64,
    tokens: u64,
    sent_in_a_minute: u64,
    tokens_in_a_minute: u64,
}

async fn counted(client: &reqwest::Client, url: &str) -> Counted {
    let counters = counters(client, url).await;
    let of = |name: &str| counters[name].as_u64().unwrap();
    Counted {
        answers: of("answers"),
        refused: of("refused"),
        requests: of("requests"),
        tokens: of("tokens"),
        sent_in_a_minute: of("sent_in_a_minute"),
        tokens_in_a_minute: of("tokens_in_a_minute"),
    }
}

/// Waits for the first request, then for the time of measuring.
async fn measure(url: &str, seconds: u64) -> Counted {
    let client = reqwest::Client::new();
    let deadline = Instant::now() + Duration::from_secs(60);
    while counted(&client, url).await.requests == 0 {
        assert!(Instant::now() < deadline, "nothing is sent");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    counted(&client, url).await
}

fn worker(queue: &Queue, model: &str, endpoint: &str, more: &[(&str, String)]) -> Process {
    let mut command = Command::new(BINARY);
    command
        .env_clear()
        .env("SKUSCRIBE_BROKER_URL", queue.url())
        .env("SKUSCRIBE_BROKER_PREFIX", &queue.config.broker.prefix)
        .env("SKUSCRIBE_MODEL_URL", model)
        .env("SKUSCRIBE_MODEL_STRUCTURED", "json_schema")
        .env("SKUSCRIBE_STORE_URL", format!("s3://{}/bench", bench::BUCKET))
        .env("SKUSCRIBE_STORE_ENDPOINT", endpoint)
        .env("AWS_ACCESS_KEY_ID", "bench")
        .env("AWS_SECRET_ACCESS_KEY", "bench")
        .envs(more.iter().map(|(name, value)| (*name, value)))
        .args(["worker", "--log", "warn"]);
    Process::start("worker", &mut command)
}

/// Messages for so long at so many calls per second, and some more.
fn messages_for(seconds: u64, per_minute: u64) -> usize {
    (seconds * per_minute / 60 + per_minute / 2) as usize
}

/// Runs workers on a sandbox; gives what it counted.
async fn run(
    workers: usize,
    model: &[&str],
    settings: &[(&str, String)],
    calls: usize,
    seconds: u64,
) -> Counted {
    let queue = Queue::filled(calls).await;
    let (_model, url) = sandbox(model, None);
    let (_s3, endpoint) = s3_process();
    let mut settings = settings.to_vec();
    if workers > 1 {
        settings.push(("SKUSCRIBE_REDIS_URL", redis_url()));
    }
    let running: Vec<Process> = (0..workers).map(|_| worker(&queue, &url, &endpoint, &settings)).collect();
    let counted = measure(&url, seconds).await;
    drop(running);
    queue.remove().await;
    counted
}

fn table_head() {
    println!("{:<34} {:>10} {:>10} {:>14} {:>12}", "", "used", "refused", "most/minute", "calls");
}

fn row(what: &str, counted: &Counted, used: f64, most: f64) {
    let refused = counted.refused as f64 / counted.requests as f64 * 100.0;
    println!("{what:<34} {used:>9.1}% {refused:>9.2}% {most:>13.2}% {:>12}", counted.requests);
}

fn used_requests(counted: &Counted, seconds: u64) -> (f64, f64) {
    let used = counted.answers as f64 / (REQUESTS * seconds) as f64 * 6000.0;
    (used, counted.sent_in_a_minute as f64 / REQUESTS as f64 * 100.0)
}

/// (a) Requests per minute.
async fn requests() {
    let seconds = seconds();
    println!(
        "(a) {REQUESTS} requests/min for {seconds} s, calls of {LATENCY_MS} ms (aim: >= 97 % used, <= 0.5 % refused, <= 101 % sent in any minute)"
    );
    table_head();
    for workers in [1, 4] {
        let model = ["--requests-per-minute", &REQUESTS.to_string(), "--latency-ms", &LATENCY_MS.to_string()];
        let settings = [("SKUSCRIBE_MODEL_REQUESTS_PER_MINUTE", REQUESTS.to_string())];
        let counted = run(workers, &model, &settings, messages_for(seconds, REQUESTS), seconds).await;
        let (used, most) = used_requests(&counted, seconds);
        row(&name(workers), &counted, used, most);
    }
    println!();
}

fn name(workers: usize) -> String {
    if workers == 1 { "1 worker".to_owned() } else { format!("{workers} workers through Redis") }
}

/// (b) Tokens per minute, with answers whose length varies tenfold.
async fn tokens() {
    let seconds = seconds();
    println!("(b) {TOKENS} tokens/min for {seconds} s, answers of about 350 to 3,500 tokens (aim: the same)");
    table_head();
    for workers in [1, 4] {
        let model = [
            "--tokens-per-minute",
            &TOKENS.to_string(),
            "--thinking-tokens-max",
            "3150",
            "--latency-ms",
            &LATENCY_MS.to_string(),
        ];
        let settings = [("SKUSCRIBE_MODEL_TOKENS_PER_MINUTE", TOKENS.to_string())];
        let counted = run(workers, &model, &settings, messages_for(seconds, 1_500), seconds).await;
        let used = counted.tokens as f64 / (TOKENS * seconds) as f64 * 6000.0;
        row(&name(workers), &counted, used, counted.tokens_in_a_minute as f64 / TOKENS as f64 * 100.0);
    }
    println!();
}

/// (c) A server that states no limit and refuses above 40 in flight.
async fn in_flight() {
    let seconds = seconds() / 2;
    println!(
        "(c) a server that refuses above {IN_FLIGHT} in flight and says nothing, {seconds} s, calls of {LATENCY_MS} ms (aim: >= 90 % of the best, < 2 % refused)"
    );
    println!("{:<34} {:>12} {:>10} {:>10}", "", "answers/s", "of best", "refused");
    let model = ["--in-flight-max", &IN_FLIGHT.to_string(), "--latency-ms", &LATENCY_MS.to_string()];
    let mut best = 0.0;
    for (what, slots) in [("best: told to keep to 40", IN_FLIGHT), ("200 slots, found by itself", 200)] {
        let settings = [
            ("SKUSCRIBE_MODEL_SLOTS", slots.to_string()),
            ("SKUSCRIBE_WORKER_DELIVERY_SLOTS", (slots + slots / 10).to_string()),
        ];
        let calls = messages_for(seconds, 60_000 / LATENCY_MS * IN_FLIGHT);
        let counted = run(1, &model, &settings, calls, seconds).await;
        let rate = counted.answers as f64 / seconds as f64;
        if best == 0.0 {
            best = rate;
        }
        let refused = counted.refused as f64 / counted.requests as f64 * 100.0;
        println!("{what:<34} {rate:>12.1} {:>9.1}% {refused:>9.2}%", rate / best * 100.0);
    }
    println!();
}

/// (d) What others do with (a).
async fn peers() {
    let seconds = seconds();
    println!(
        "(d) the same {REQUESTS} requests/min with {PEER_SLOTS} calls in flight, what others do, {seconds} s"
    );
    table_head();
    let executable = std::env::current_exe().unwrap();
    let python = std::env::var("PEERS_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers");
    for (what, script) in [
        ("async-openai 0.43, its default", None),
        ("openai (Python), its default", Some("openai_default.py")),
        ("LiteLLM Router, usage-based-v2", Some("litellm_router.py")),
        ("OpenAI cookbook's scheme", Some("cookbook.py")),
    ] {
        let model = ["--requests-per-minute", &REQUESTS.to_string(), "--latency-ms", &LATENCY_MS.to_string()];
        let (_model, url) = sandbox(&model, None);
        let mut command = match script {
            None => {
                let mut command = Command::new(&executable);
                command.arg("--async-openai");
                command
            }
            Some(script) => {
                let package = if script.starts_with("litellm") {
                    "litellm"
                } else if script.starts_with("openai") {
                    "openai"
                } else {
                    "aiohttp"
                };
                let there = Command::new(&python).args(["-c", &format!("import {package}")]).output();
                if !there.is_ok_and(|output| output.status.success()) {
                    println!(
                        "{what:<34} skipped: {python} has no package {package}; name one that has by PEERS_PYTHON"
                    );
                    continue;
                }
                let mut command = Command::new(&python);
                command.arg(scripts.join(script));
                command
            }
        };
        command.arg(&url).arg(PEER_SLOTS.to_string()).env("PEER_REQUESTS_PER_MINUTE", REQUESTS.to_string());
        let peer = Process::start(what, &mut command);
        let counted = measure(&url, seconds).await;
        let cpu = peer.cpu_ms();
        drop(peer);
        let (used, most) = used_requests(&counted, seconds);
        row(&format!("{what} ({:.1} ms CPU)", cpu / counted.requests as f64), &counted, used, most);
    }
    println!();
}

/// A request as small as it gets.
fn small(number: usize) -> Value {
    json!({
        "model": "any",
        "messages": [{ "role": "user", "content": format!("<facts>{{\"title\":\"Mug {number}\"}}</facts> Write one sentence.") }]
    })
}

async fn async_openai_default(url: &str, slots: usize) {
    let client = Client::with_config(OpenAIConfig::new().with_api_base(url).with_api_key("none"));
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..slots {
        let client = client.clone();
        tasks.spawn(async move {
            loop {
                let _: Result<Value, _> = client.chat().create_byot(small(number)).await;
            }
        });
    }
    while tasks.join_next().await.is_some() {}
}

/// (e) CPU and memory of the limiter.
fn cost_of_the_limiter() {
    println!(
        "(e) the limiter alone: 10,000 reservations/s with requests and tokens limited, each settled, 64 at a time, 10 s"
    );
    for what in ["local", "shared"] {
        let executable = std::env::current_exe().unwrap();
        let output = Command::new(executable).args(["--limiter", what]).output().unwrap();
        print!("{}", String::from_utf8_lossy(&output.stdout));
    }
}

async fn limiter(shared: bool) {
    const RATE: u64 = 10_000;
    let config = Config::defaults().unwrap();
    let mut model = config.model.clone();
    // Room enough that it is the limiter's own work which is measured.
    (model.requests_per_minute, model.tokens_per_minute) = (RATE * 120, RATE * 120 * 2_000);
    let prefix = format!("skuscribe-bench-{}", std::process::id());
    let redis = shared.then(|| {
        let mut redis = config.redis.clone();
        redis.url = redis_url().into();
        Redis::from_config(&redis, &prefix).unwrap().unwrap()
    });
    let spend = Arc::new(Spend::apart(&config.quota, &Clock::System, None));
    let quota = Arc::new(Quota::new(&model, &config.quota, &config.worker.lane_floors, redis, spend));
    let spent = AttemptResult::Answered {
        usage: Usage { input_tokens: 1_200, output_tokens: 400, ..Usage::default() },
        cost: 0,
        model: "m".to_owned(),
    };
    let (cpu, memory, started) = (own_cpu_ms(), own_memory_mb(), Instant::now());
    let made = Arc::new(std::sync::atomic::AtomicU64::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..64_u64 {
        let (quota, spent, made) = (Arc::clone(&quota), spent.clone(), Arc::clone(&made));
        tasks.spawn(async move {
            let mut next = 0_u64;
            while started.elapsed() < Duration::from_secs(10) {
                // Each task has its share of the rate; what is late is made up for.
                let due = Duration::from_secs_f64((next * 64 + task) as f64 / RATE as f64);
                tokio::time::sleep(due.saturating_sub(started.elapsed())).await;
                let ask = QuotaRequest {
                    billing: Billing::new(Lane::Updates, None),
                    tokens: 2_000,
                    usage: Usage::default(),
                    cost: 0,
                    most: 0,
                };
                quota.reserve(&ask).await.unwrap().settle(&spent).await;
                made.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                next += 1;
            }
        });
    }
    while tasks.join_next().await.is_some() {}
    let (elapsed, spent) = (started.elapsed().as_secs_f64(), own_cpu_ms() - cpu);
    let made = made.load(std::sync::atomic::Ordering::Relaxed) as f64;
    println!(
        "{:<34} {:>7.0} reservations/s  {:>5.1} µs CPU each ({:.0} % of a core)  {:+.1} MB",
        if shared { "through Redis" } else { "in process" },
        made / elapsed,
        spent * 1000.0 / made,
        spent / elapsed / 10.0,
        own_memory_mb() - memory
    );
}

fn own_cpu_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    [11, 12].iter().map(|index| fields[*index].parse::<f64>().unwrap() * 10.0).sum()
}

fn own_memory_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}
