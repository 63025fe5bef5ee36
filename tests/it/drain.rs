//! The worker as a process: draining, aborting, and what the broker has afterwards.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties};
use skuscribe::broker::{Link, Message, Publisher};
use skuscribe::lane::Lane;
use skuscribe::sandbox::{Behaviour, Sandbox};

use crate::harness::{DEADLINE, amqp_url, config, mug, unique, until};

/// A worker process with its own queues and folder.
struct Process {
    child: Child,
    publisher: Publisher,
    folder: std::path::PathBuf,
}

impl Process {
    async fn start(sandbox: &Sandbox, messages: usize) -> Self {
        skuscribe::cli::install_tls();
        let config = config(sandbox, None);
        let folder = std::env::temp_dir().join(unique("skuscribe-drain"));
        let publisher = Publisher::new(Link::from_config(&config.broker), "test");
        publisher.declare().await.unwrap();
        for number in 0..messages {
            let body = mug(&format!("m{number}"), &format!("A{number}"), 1, "clay").to_string();
            publisher
                .work(Lane::Updates, Message { body: body.as_bytes(), ..Message::default() })
                .await
                .unwrap();
        }
        let child = Command::new(env!("CARGO_BIN_EXE_skuscribe"))
            .env_clear()
            .env("SKUSCRIBE_BROKER_URL", amqp_url())
            .env("SKUSCRIBE_BROKER_PREFIX", &config.broker.prefix)
            .env("SKUSCRIBE_MODEL_URL", sandbox.url())
            .env("SKUSCRIBE_MODEL_STRUCTURED", "json_schema")
            .env("SKUSCRIBE_WORKER_DELIVERY_SLOTS", "10")
            .env("SKUSCRIBE_STORE_URL", &folder)
            .arg("worker")
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, publisher, folder }
    }

    fn signal(&self, signal: &str) {
        assert!(
            Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap().success()
        );
    }

    async fn exit_code(&mut self) -> i32 {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().unwrap_or(-1);
            }
            assert!(started.elapsed() < DEADLINE, "the worker ends");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Messages that wait in the lane.
    async fn waiting(&self) -> usize {
        let connection = Connection::connect(&amqp_url(), ConnectionProperties::default()).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        let queue = self.publisher.topology().lane(Lane::Updates);
        let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let queue = channel.queue_declare(queue.into(), options, FieldTable::default()).await.unwrap();
        queue.message_count() as usize
    }

    fn documents(&self) -> usize {
        std::fs::read_dir(self.folder.join("content/en-US")).map_or(0, Iterator::count)
    }

    async fn finish(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.publisher.remove().await.unwrap();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_told_to_end_finishes_what_it_began_and_leaves_the_rest() {
    let sandbox =
        Sandbox::start(([127, 0, 0, 1], 0).into(), Behaviour { latency_ms: 500, ..Behaviour::default() })
            .await
            .unwrap();
    let mut process = Process::start(&sandbox, 40).await;
    until("calls are in flight", || async {
        sandbox.counters().in_flight.load(std::sync::atomic::Ordering::Relaxed) > 0
    })
    .await;
    process.signal("-TERM");
    assert_eq!(process.exit_code().await, 0);
    let done = process.documents();
    assert!(done > 0 && done < 40, "{done}");
    until("the rest is back in the queue", || async { process.waiting().await == 40 - process.documents() })
        .await;
    assert_eq!(sandbox.counters().answers(), done as u64, "nothing that was paid for is lost");
    process.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_aborts_and_the_broker_delivers_again() {
    let sandbox =
        Sandbox::start(([127, 0, 0, 1], 0).into(), Behaviour { hang_rate: 1.0, ..Behaviour::default() })
            .await
            .unwrap();
    let mut process = Process::start(&sandbox, 5).await;
    until("calls are in flight", || async {
        sandbox.counters().in_flight.load(std::sync::atomic::Ordering::Relaxed) > 0
    })
    .await;
    process.signal("-TERM");
    process.signal("-TERM");
    assert_ne!(process.exit_code().await, 0);
    until("every message is back in the queue", || async { process.waiting().await == 5 }).await;
    assert_eq!(process.documents(), 0);
    process.finish().await;
}
