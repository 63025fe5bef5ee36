//! What the benches share: processes with their CPU time and memory, a full queue, an S3 server of its own.
#![allow(dead_code, unreachable_pub, reason = "no bench uses everything")]

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use secrecy::ExposeSecret;
use skuscribe::broker::{Link, OutgoingMessage, Publisher};
use skuscribe::config::Config;
use skuscribe::lane::Lane;

pub mod memory_s3;

/// The bucket of the S3 server, and keys that it does not check.
pub const BUCKET: &str = "catalog";

/// 60 real products to make messages of.
pub const CATALOG: &str = include_str!("../../samples/catalog.jsonl");

/// The binary under test.
pub const BINARY: &str = env!("CARGO_BIN_EXE_skuscribe");

/// A child process that ends with the bench.
pub struct Process {
    child: Child,
    pub name: String,
}

impl Process {
    pub fn start(name: &str, command: &mut Command) -> Self {
        let quiet =
            if std::env::var_os("BENCH_VERBOSE").is_some() { Stdio::inherit() } else { Stdio::null() };
        let child = command.stderr(quiet).stdout(Stdio::piped()).spawn();
        Self { child: child.unwrap_or_else(|error| panic!("{name}: {error}")), name: name.to_owned() }
    }

    /// The first line that the process prints.
    pub fn first_line(&mut self) -> String {
        use std::io::BufRead as _;
        let mut line = String::new();
        let output = self.child.stdout.take().expect("stdout is piped");
        let mut reader = std::io::BufReader::new(output);
        reader.read_line(&mut line).expect("a line");
        // Kept open, or the process would die of what it prints next.
        std::thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()));
        line
    }

    /// CPU time so far, user and system, in milliseconds.
    pub fn cpu_ms(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        let after = stat.rsplit(')').next().unwrap_or_default();
        let fields: Vec<&str> = after.split_whitespace().collect();
        // Fields 14 and 15 of proc(5), counted from the one after the name; a tick is 10 ms on Linux.
        let ticks: f64 = [11, 12].iter().filter_map(|index| fields.get(*index)?.parse::<f64>().ok()).sum();
        ticks * 10.0
    }

    /// The most memory it ever held, in MB.
    pub fn peak_mb(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or(0.0) / 1024.0
    }

    /// Whether it has not ended yet.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_none())
    }

    /// What it printed, once it has ended.
    pub fn output(&mut self) -> String {
        let mut text = String::new();
        if let Some(mut output) = self.child.stdout.take() {
            use std::io::Read as _;
            output.read_to_string(&mut text).expect("its output");
        }
        text
    }

    pub fn wait(mut self) -> bool {
        self.child.wait().is_ok_and(|status| status.success())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A sandbox process; gives its URL.
pub fn sandbox(arguments: &[&str], core: Option<&str>) -> (Process, String) {
    let mut command = match core {
        Some(core) => {
            let mut command = Command::new("taskset");
            command.args(["-c", core, BINARY]);
            command
        }
        None => Command::new(BINARY),
    };
    let mut process =
        Process::start("sandbox", command.args(["sandbox", "--listen", "127.0.0.1:0"]).args(arguments));
    let line = process.first_line();
    let url = line.rsplit("model.url = ").next().unwrap_or_default().trim().to_owned();
    (process, url)
}

/// An S3 server in a process of its own: this bench's binary, started again.
pub fn s3_process() -> (Process, String) {
    let executable = std::env::current_exe().expect("the bench knows itself");
    let mut process = Process::start("s3", Command::new(executable).arg("--serve-s3"));
    let endpoint = process.first_line().trim().to_owned();
    (process, endpoint)
}

/// Messages of real products under SKUs of their own.
pub fn messages(count: usize) -> impl Iterator<Item = (String, Vec<u8>)> {
    let products: Vec<serde_json::Value> =
        CATALOG.lines().map(|line| serde_json::from_str(line).expect("a product")).collect();
    (0..count).map(move |number| {
        let mut product = products[number % products.len()].clone();
        product["sku"] = serde_json::json!(format!("B{number:07}"));
        product["version"] = serde_json::json!(1);
        let id = format!("bench-{number}");
        let message = serde_json::json!({
            "id": id, "type": "product.updated", "occurred_at": "2026-01-02T03:04:05Z", "product": product, "locales": ["en-US"]
        });
        (id, message.to_string().into_bytes())
    })
}

/// Queues of the bench's own, full of messages.
pub struct Queue {
    pub config: Config,
    pub publisher: Publisher,
}

impl Queue {
    pub async fn filled(count: usize) -> Self {
        Self::filled_in(Lane::Updates, count).await
    }

    pub async fn filled_in(lane: Lane, count: usize) -> Self {
        let mut config = Config::defaults().expect("defaults");
        if let Ok(url) = std::env::var("SKUSCRIBE_TEST_AMQP_URL") {
            config.broker.url = url.into();
        }
        config.broker.prefix = format!("skuscribe-bench-{}-{}", std::process::id(), nanos());
        config.broker.publish_channels = 64;
        let publisher = Publisher::new(Link::from_config(&config.broker), "bench");
        publisher.declare().await.expect("the broker takes the topology; `make services` starts one");
        let mut sends = tokio::task::JoinSet::new();
        for (id, body) in messages(count) {
            let publisher = publisher.clone();
            sends.spawn(async move {
                let message = OutgoingMessage { body: &body, id: Some(&id), ..OutgoingMessage::default() };
                publisher.work(lane, message).await.expect("confirmed");
            });
            if sends.len() >= 256 {
                sends.join_next().await;
            }
        }
        while sends.join_next().await.is_some() {}
        Self { config, publisher }
    }

    pub fn url(&self) -> &str {
        self.config.broker.url.expose_secret()
    }

    pub async fn remove(self) {
        self.publisher.remove().await.expect("the queues go");
        self.publisher.close().await;
    }
}

fn nanos() -> u128 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_nanos())
}

/// The sandbox's counters.
pub async fn counters(client: &reqwest::Client, url: &str) -> serde_json::Value {
    let address = url.trim_end_matches("/v1");
    client
        .get(format!("{address}/sandbox/counters"))
        .send()
        .await
        .expect("counters")
        .json()
        .await
        .expect("JSON")
}

/// Waits until the sandbox gave so many answers; gives the time.
pub async fn answers(client: &reqwest::Client, url: &str, count: u64, limit: Duration) -> Option<Duration> {
    let started = Instant::now();
    while counters(client, url).await["answers"].as_u64().unwrap_or(0) < count {
        if started.elapsed() > limit {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Some(started.elapsed())
}

/// A folder of the bench's own.
pub fn folder(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("skuscribe-bench-{name}-{}", std::process::id()))
}

/// A number from the environment.
pub fn number(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}
