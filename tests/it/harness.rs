//! One world per test: its own queues, bucket, model and worker. What is left over fails the test.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use lapin::options::{BasicAckOptions, BasicGetOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use serde_json::{Value, json};
use skuscribe::announce::ContentEvent;
use skuscribe::broker::{Link, Publisher, Topology};
use skuscribe::clock::Clock;
use skuscribe::config::Config;
use skuscribe::lane::Lane;
use skuscribe::shutdown::Shutdown;
use skuscribe::store::{ContentStore, Key, load};
use skuscribe::worker::{Worker, WorkerExit};
use skuscribe_check::content::Document;
use skuscribe_sandbox::{Behaviour, Sandbox};
use tokio::task::JoinHandle;

use crate::s3::{BUCKET, KEY_ID, S3Server, SECRET};

/// Longest wait for anything.
pub(crate) const DEADLINE: Duration = Duration::from_mins(1);

/// Names that no other test has.
pub(crate) fn unique(what: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("{what}-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The broker that tests use.
pub(crate) fn amqp_url() -> String {
    std::env::var("SKUSCRIBE_TEST_AMQP_URL")
        .unwrap_or_else(|_| "amqp://guest:guest@127.0.0.1:5672/%2f".to_owned())
}

/// Where that broker listens, for a relay in front of it.
pub(crate) async fn broker_address() -> std::net::SocketAddr {
    let address = amqp_url().rsplit('@').next().unwrap().split('/').next().unwrap().to_owned();
    tokio::net::lookup_host(address).await.unwrap().next().unwrap()
}

/// The Redis that tests use.
pub(crate) fn redis_url() -> String {
    std::env::var("SKUSCRIBE_TEST_REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned())
}

/// Takes the keys with a prefix out of the Redis that tests use.
pub(crate) fn forget(prefix: &str) {
    let mut connection = redis::Client::open(redis_url()).unwrap().get_connection().unwrap();
    let keys: Vec<String> = redis::cmd("KEYS").arg(format!("*{prefix}:*")).query(&mut connection).unwrap();
    let _: i64 = redis::cmd("DEL").arg("nothing").arg(keys).query(&mut connection).unwrap();
}

/// Waits until a condition holds; fails with what is missing once the deadline is over.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, condition: impl FnMut() -> F) {
    until_within(DEADLINE, what, condition).await;
}

/// As [`until`], with a deadline of its own.
pub(crate) async fn until_within<F: Future<Output = bool>>(
    deadline: Duration,
    what: &str,
    mut condition: impl FnMut() -> F,
) {
    let started = Instant::now();
    while !condition().await {
        assert!(started.elapsed() < deadline, "not within {deadline:?}: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Settings that point at a test's own parts.
pub(crate) fn config(sandbox: &Sandbox, s3: Option<&S3Server>) -> Config {
    let mut config = Config::defaults().unwrap();
    config.broker.url = amqp_url().into();
    config.broker.prefix = unique("skuscribe-test");
    config.model.url = sandbox.url();
    config.worker.grace_period_ms = 20_000;
    if let Some(s3) = s3 {
        config.store.url = format!("s3://{BUCKET}/{}", unique("shop"));
        config.store.endpoint = s3.endpoint();
        config.store.access_key_id = Some(KEY_ID.to_owned());
        config.store.secret_access_key = Some(SECRET.to_owned().into());
    }
    config
}

/// A worker with everything around it.
pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) s3: S3Server,
    broker: String,
    pub(crate) config: Config,
    pub(crate) store: Arc<dyn ContentStore>,
    pub(crate) topology: Topology,
    pub(crate) worker: Arc<Worker>,
    running: Option<JoinHandle<WorkerExit>>,
    shutdown: Shutdown,
    channel: Channel,
    connection: Connection,
    events_queue: String,
    published: u64,
    finished: bool,
}

/// An event as it came.
#[derive(Debug)]
pub(crate) struct RawEvent {
    pub(crate) body: Value,
    pub(crate) headers: std::collections::BTreeMap<String, String>,
    pub(crate) correlation_id: Option<String>,
}

/// Puts something around a store.
type Wrap = Box<dyn FnOnce(Arc<dyn ContentStore>) -> Arc<dyn ContentStore>>;

/// What a world is made of.
pub(crate) struct Setup {
    pub(crate) behaviour: Behaviour,
    /// The broker as the test itself reaches it.
    pub(crate) broker: String,
    /// Changes the worker's settings.
    pub(crate) change: Box<dyn FnOnce(&mut Config)>,
    /// What the worker has for a store.
    pub(crate) store: Wrap,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            behaviour: Behaviour::default(),
            broker: amqp_url(),
            change: Box::new(|_| {}),
            store: Box::new(|store| store),
        }
    }
}

impl World {
    pub(crate) async fn start(behaviour: Behaviour) -> Self {
        Self::build(Setup { behaviour, ..Setup::default() }).await
    }

    pub(crate) async fn start_with(behaviour: Behaviour, change: impl FnOnce(&mut Config) + 'static) -> Self {
        Self::build(Setup { behaviour, change: Box::new(change), ..Setup::default() }).await
    }

    pub(crate) async fn build(setup: Setup) -> Self {
        let Setup { behaviour, broker, change, store: wrap } = setup;
        let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into(), behaviour).await.unwrap();
        let s3 = S3Server::start().await;
        let mut config = config(&sandbox, Some(&s3));
        config.broker.url = broker.clone().into();
        let broker_config = config.broker.clone();
        change(&mut config);
        skuscribe::cli::install_tls();
        if let Ok(filter) = std::env::var("SKUSCRIBE_TEST_LOG") {
            config.log.filter = filter;
            skuscribe::telemetry::install(&config.log).unwrap();
        }
        let store = skuscribe::store::open(&config.store).await.unwrap();
        // Declared here, so that a test may publish before the worker is there.
        let publisher = Publisher::new(Link::from_config(&broker_config), "test");
        publisher.declare().await.unwrap();
        publisher.close().await;
        let topology = Topology::new(&config.broker.prefix);
        let connection = Connection::connect(&broker, ConnectionProperties::default()).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        let events_queue = format!("{}.test-events", config.broker.prefix);
        let options =
            QueueDeclareOptions { exclusive: true, auto_delete: true, ..QueueDeclareOptions::default() };
        channel.queue_declare(events_queue.as_str().into(), options, FieldTable::default()).await.unwrap();
        channel
            .queue_bind(
                events_queue.as_str().into(),
                topology.content().into(),
                "content.#".into(),
                QueueBindOptions::default(),
                FieldTable::default(),
            )
            .await
            .unwrap();
        let worker = Arc::new(Worker::from_config(&config, wrap(Arc::clone(&store)), Clock::System).unwrap());
        let shutdown = Shutdown::default();
        let (run, token) = (Arc::clone(&worker), shutdown.clone());
        let running = Some(tokio::spawn(async move { run.run(&token).await }));
        Self {
            sandbox,
            s3,
            broker,
            config,
            store,
            topology,
            worker,
            running,
            shutdown,
            channel,
            connection,
            events_queue,
            published: 0,
            finished: false,
        }
    }

    /// Publishes a message and waits until the worker has settled everything published so far.
    pub(crate) async fn work(&mut self, message: &Value) {
        self.work_bytes(message.to_string().as_bytes(), FieldTable::default()).await;
    }

    pub(crate) async fn work_bytes(&mut self, body: &[u8], headers: FieldTable) {
        self.publish(body, headers).await;
        self.settled().await;
    }

    pub(crate) async fn publish(&mut self, body: &[u8], headers: FieldTable) {
        self.publish_to(Lane::Updates.as_str(), body, headers).await;
    }

    pub(crate) async fn publish_to(&mut self, lane: &str, body: &[u8], headers: FieldTable) {
        let properties = BasicProperties::default().with_delivery_mode(2).with_headers(headers);
        self.publish_with(lane, body, properties).await;
    }

    /// Publishes under properties of one's own.
    pub(crate) async fn publish_with(&mut self, lane: &str, body: &[u8], properties: BasicProperties) {
        let publish = self.channel.basic_publish(
            self.topology.work().into(),
            lane.into(),
            lapin::options::BasicPublishOptions::default(),
            body,
            properties,
        );
        publish.await.unwrap().await.unwrap();
        self.published += 1;
    }

    /// Counts messages that somebody else published.
    pub(crate) fn expect(&mut self, messages: u64) {
        self.published += messages;
    }

    /// Waits until every message published, and every retry of one, is settled.
    pub(crate) async fn settled(&self) {
        until("every delivery is settled", || async { self.worker.counts().finished() >= self.published })
            .await;
    }

    pub(crate) async fn document(&self, sku: &str, locale: &str) -> Option<Document> {
        let key = Key::Content { locale: locale.parse().unwrap(), sku: sku.parse().unwrap() };
        load(&*self.store, &key).await.unwrap().map(|(document, _)| document)
    }

    /// The events that arrived since the last look.
    pub(crate) async fn events(&self) -> Vec<ContentEvent> {
        let mut events = Vec::new();
        while let Some(got) = self
            .channel
            .basic_get(self.events_queue.as_str().into(), BasicGetOptions { no_ack: true })
            .await
            .unwrap()
        {
            events.push(serde_json::from_slice(&got.delivery.data).unwrap());
        }
        events
    }

    /// The events that arrived since the last look, as they came.
    pub(crate) async fn raw_events(&self) -> Vec<RawEvent> {
        let mut events = Vec::new();
        let queue = || self.events_queue.as_str().into();
        let options = BasicGetOptions { no_ack: true };
        while let Some(got) = self.channel.basic_get(queue(), options).await.unwrap() {
            let properties = &got.delivery.properties;
            let headers = properties.headers().clone().unwrap_or_default();
            let text = |value: &AMQPValue| match value {
                AMQPValue::LongString(text) => text.to_string(),
                other => format!("{other:?}"),
            };
            let headers = headers.inner().iter().map(|(name, value)| (name.to_string(), text(value)));
            events.push(RawEvent {
                body: serde_json::from_slice(&got.delivery.data).unwrap(),
                headers: headers.collect(),
                correlation_id: properties.correlation_id().as_ref().map(ToString::to_string),
            });
        }
        events
    }

    /// The oldest dead letter: its body and its headers as text.
    pub(crate) async fn dead_letter(&self) -> Option<(Vec<u8>, std::collections::BTreeMap<String, String>)> {
        let queue = self.topology.dead_lane(Lane::Updates);
        let got = self.channel.basic_get(queue.into(), BasicGetOptions::default()).await.unwrap()?;
        got.delivery.ack(BasicAckOptions::default()).await.unwrap();
        let headers = got.delivery.properties.headers().clone().unwrap_or_default();
        let text = |value: &AMQPValue| match value {
            AMQPValue::LongString(text) => text.to_string(),
            AMQPValue::LongLongInt(number) => number.to_string(),
            other => format!("{other:?}"),
        };
        let headers = headers.inner().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        Some((got.delivery.data.clone(), headers))
    }

    /// Messages that are ready in a queue; none where it is not there.
    pub(crate) async fn waiting(&self, queue: &str) -> u32 {
        ready(&self.connection, queue).await
    }

    /// The delay queues that there may be: each is declared when it is needed for the first time.
    pub(crate) fn delay_queues(&self) -> Vec<String> {
        skuscribe::broker::RETRY_DELAYS_MS.iter().map(|delay| self.topology.retry(*delay)).collect()
    }

    fn every_queue(&self) -> Vec<String> {
        let queues = self.topology.queues().into_iter().map(|queue| queue.name);
        queues.chain(self.delay_queues()).chain([self.topology.paused()]).collect()
    }

    /// Connects anew, after the broker was gone.
    pub(crate) async fn reconnect(&mut self) {
        self.connection = Connection::connect(&self.broker, ConnectionProperties::default()).await.unwrap();
        self.channel = self.connection.create_channel().await.unwrap();
    }

    /// Waits until the worker has a consumer on every lane, or none at all.
    pub(crate) async fn consuming(&self, wanted: bool) {
        let what = if wanted { "the worker consumes" } else { "the worker notices that it does not consume" };
        until(what, || async { self.worker.liveness().without_consumer().is_none() == wanted }).await;
    }

    /// Waits until calls to the model are in flight.
    pub(crate) async fn in_flight(&self, calls: u64) {
        until("calls are in flight", || async {
            self.sandbox.counters().in_flight.load(Ordering::Relaxed) >= calls
        })
        .await;
    }

    /// Waits until no message waits anywhere and none is in progress, looking three times: messages on their way from a
    /// delay queue to their lane are in neither for a moment.
    pub(crate) async fn quiet(&self) {
        let looks = AtomicU64::new(0);
        until("everything is quiet", || async {
            let mut waiting = 0;
            for queue in self.every_queue() {
                if [".work.", ".retry.", ".paused"].iter().any(|part| queue.contains(part)) {
                    waiting += self.waiting(&queue).await;
                }
            }
            if waiting > 0 || self.worker.liveness().without_progress().0 > 0 {
                looks.store(0, Ordering::Relaxed);
            }
            looks.fetch_add(1, Ordering::Relaxed) >= 3
        })
        .await;
    }

    pub(crate) async fn delete_queue(&self, queue: &str) {
        self.channel.queue_delete(queue.into(), lapin::options::QueueDeleteOptions::default()).await.unwrap();
    }

    /// Declares the feed's queue with no argument but its type.
    pub(crate) async fn declare_feed_without_limit(&self) {
        let mut arguments = FieldTable::default();
        arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
        let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        self.channel.queue_declare(self.topology.feed().into(), options, arguments).await.unwrap();
    }

    /// Declares a queue with none of the arguments that ours have.
    pub(crate) async fn declare_classic(&self, queue: &str) {
        let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        self.channel.queue_declare(queue.into(), options, FieldTable::default()).await.unwrap();
    }

    /// Takes a message and gives it back by closing the channel, as a worker that dies does.
    pub(crate) async fn take_and_return(&self, queue: &str) {
        let channel = self.connection.create_channel().await.unwrap();
        until("the message is there", || async {
            channel.basic_get(queue.into(), BasicGetOptions::default()).await.unwrap().is_some()
        })
        .await;
        channel.close(200, "died".into()).await.unwrap();
    }

    /// Declares every queue again.
    pub(crate) async fn declare(&self) {
        self.topology.apply(&self.channel).await.unwrap();
    }

    /// Deletes the queue of the lane, as an operator might by mistake, and waits until it is consumed again.
    pub(crate) async fn lose_the_queue(&self) {
        let queue = self.topology.lane(Lane::Updates);
        self.channel
            .queue_delete(queue.as_str().into(), lapin::options::QueueDeleteOptions::default())
            .await
            .unwrap();
        until("the queue is there again, with a consumer", || async {
            // A passive declaration of what is not there closes its channel: one for each look.
            let channel = self.connection.create_channel().await.unwrap();
            let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
            let declared = channel.queue_declare(queue.as_str().into(), options, FieldTable::default()).await;
            declared.is_ok_and(|queue| queue.consumer_count() > 0)
        })
        .await;
    }

    /// Drains the worker, checks that nothing is left over, and removes the queues.
    pub(crate) async fn finish(mut self) {
        self.shutdown.drain.cancel();
        let drained =
            tokio::time::timeout(DEADLINE, self.running.take().unwrap()).await.expect("the worker drains");
        assert_eq!(drained.unwrap(), WorkerExit::Drained, "everything in flight was settled");
        for queue in self.every_queue() {
            let left = self.waiting(&queue).await;
            assert_eq!(left, 0, "{queue} still holds messages; every test takes out what it caused");
        }
        self.topology.remove(&self.channel).await.unwrap();
        self.finished = true;
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        // The test failed: only the queues have to go.
        let (topology, broker) = (self.topology.clone(), self.broker.clone());
        let cleaned = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let remove = async {
                let connection = Connection::connect(&broker, ConnectionProperties::default()).await.unwrap();
                let channel = connection.create_channel().await.unwrap();
                topology.remove(&channel).await.unwrap();
            };
            // A broker that does not answer must not keep a test that failed from saying so.
            runtime.block_on(async { tokio::time::timeout(Duration::from_secs(20), remove).await }).unwrap();
        })
        .join();
        assert!(std::thread::panicking() || cleaned.is_err(), "a world must be finished");
    }
}

/// Messages that are ready in a queue; none where it is not there.
pub(crate) async fn ready(connection: &Connection, queue: &str) -> u32 {
    // A passive declaration of what is not there closes its channel: one for each look.
    let channel = connection.create_channel().await.unwrap();
    let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    let Ok(declared) = channel.queue_declare(queue.into(), options, FieldTable::default()).await else {
        return 0;
    };
    channel.close(200, "looked".into()).await.unwrap();
    declared.message_count()
}

/// A message about a mug.
pub(crate) fn mug(id: &str, sku: &str, version: u64, material: &str) -> Value {
    json!({
        "id": id,
        "type": "product.updated",
        "occurred_at": "2026-01-02T03:04:05Z",
        "product": {
            "sku": sku, "title": "Stoneware Mug", "brand": "Acme", "version": version, "category": ["Home", "Kitchen"],
            "attributes": {
                "material": material, "volume": { "value": 300, "unit": "ml" }, "height": "9.5 cm",
                "colors": ["Blue", "White"], "dishwasher_safe": true, "weight_g": 350
            }
        },
        "locales": ["en-US"]
    })
}

/// Runs the command with these settings alone, its log silent; gives whether it went well and what it printed.
pub(crate) fn run(arguments: &[&str], environment: &[(&str, &str)]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_skuscribe"))
        .env_clear()
        .env("SKUSCRIBE_LOG_FILTER", "off")
        .envs(environment.iter().copied())
        .args(arguments)
        .output()
        .unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.success(), text)
}
