//! The worker as a process: draining, aborting, and what the broker has afterwards.

use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties};
use skuscribe::broker::{Link, OutgoingMessage, Publisher};
use skuscribe::lane::Lane;
use skuscribe_sandbox::{Behaviour, Sandbox};

use crate::harness::{amqp_url, config, mug, unique, until};
use crate::process::WorkerProcess;

/// A worker process with its own queues and folder.
struct Process {
    worker: WorkerProcess,
    publisher: Publisher,
    folder: std::path::PathBuf,
}

impl Process {
    async fn start(sandbox: &Sandbox, messages: usize) -> Self {
        skuscribe::cli::install_tls();
        let mut config = config(sandbox, None);
        let folder = std::env::temp_dir().join(unique("skuscribe-drain"));
        config.store.url = folder.to_str().unwrap().to_owned();
        let publisher = Publisher::new(Link::from_config(&config.broker), "test");
        publisher.declare().await.unwrap();
        for number in 0..messages {
            let body = mug(&format!("m{number}"), &format!("A{number}"), 1, "clay").to_string();
            publisher
                .work(Lane::Updates, OutgoingMessage { body: body.as_bytes(), ..OutgoingMessage::default() })
                .await
                .unwrap();
        }
        let slots = [("SKUSCRIBE_WORKER_DELIVERY_SLOTS", "10".to_owned())];
        Self { worker: WorkerProcess::start(&config, &slots), publisher, folder }
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
        self.worker.kill();
        self.publisher.remove().await.unwrap();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_gets_a_signal_to_end_finishes_what_it_began_and_leaves_the_rest() {
    let sandbox =
        Sandbox::start(([127, 0, 0, 1], 0).into(), Behaviour { latency_ms: 500, ..Behaviour::default() })
            .await
            .unwrap();
    let mut process = Process::start(&sandbox, 40).await;
    until("calls are in flight", || async {
        sandbox.counters().in_flight.load(std::sync::atomic::Ordering::Relaxed) > 0
    })
    .await;
    process.worker.signal("-TERM");
    assert_eq!(process.worker.exit_code().await, 0);
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
    process.worker.signal("-TERM");
    process.worker.signal("-TERM");
    assert_ne!(process.worker.exit_code().await, 0);
    until("every message is back in the queue", || async { process.waiting().await == 5 }).await;
    assert_eq!(process.documents(), 0);
    process.finish().await;
}
