//! The worker: delivery → pipeline → settle. The one place that logs a result.

mod broker_session;
mod consumer;
mod counts;
mod deliver;
mod delivery_result;
mod header_key;
pub mod health;
mod lane_pause;
mod liveness;
mod parked;
mod report;
mod session;
mod settle;
mod supervise;
mod watchdog;

use std::sync::Arc;

use tokio::sync::watch;
use tokio_util::task::TaskTracker;

pub use counts::WorkerCounts;
pub use liveness::Liveness;

use report::JobWaits;

use crate::announce::Announcer;
use crate::broker::{Link, Publisher, Topology};
use crate::clock::Clock;
use crate::config::Config;
use crate::config::health::HealthConfig;
use crate::config::worker::WorkerConfig;
use crate::intake::inbox::Inbox;
use crate::lane::Lane;
use crate::limits::slots::LaneSlots;
use crate::pipeline::Pipeline;
use crate::store::{ContentStore, WatchedStore};

/// How a worker ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkerExit {
    /// It was asked to drain, and everything in flight was settled.
    Drained,
    /// It was asked to drain, and the grace period or a second signal cut tasks off; the broker delivers them
    /// again.
    CutOff,
    /// It did not consume for longer than `health.exit_after_ms`, or made no progress for longer than
    /// `health.progress_max_ms`.
    Lost,
}

/// Consumes the lanes until it is asked to drain.
#[derive(Debug)]
pub struct Worker {
    link: Link,
    topology: Topology,
    publisher: Publisher,
    pipeline: Arc<Pipeline>,
    store: Arc<WatchedStore>,
    settings: watch::Sender<WorkerConfig>,
    limits: HealthConfig,
    name: String,
    /// Its name in the store, which no other worker has: in containers every process has the same id.
    process: String,
    waits: JobWaits,
    clock: Clock,
    slots: LaneSlots,
    inbox: Inbox,
    tracker: TaskTracker,
    counts: WorkerCounts,
    liveness: Liveness,
}

impl Worker {
    /// Puts a worker together over a store. Nothing is sent yet.
    ///
    /// # Errors
    /// When recipes or voices are not valid, or the model client cannot be set up.
    pub fn from_config(config: &Config, store: Arc<dyn ContentStore>, clock: Clock) -> anyhow::Result<Self> {
        let link = Link::from_config(&config.broker);
        let name = format!("skuscribe-{}", std::process::id());
        let publisher = Publisher::new(link.clone(), &format!("{name}-publish"));
        let announcer = Announcer::Broker { publisher: publisher.clone(), config: config.announce.clone() };
        let store = Arc::new(WatchedStore::new(store));
        let watched: Arc<dyn ContentStore> = Arc::<WatchedStore>::clone(&store);
        Ok(Self {
            topology: Topology::new(&config.broker.prefix),
            pipeline: Arc::new(Pipeline::new(config, watched, announcer, clock.clone())?),
            store,
            slots: LaneSlots::new(config.worker.delivery_slots, &config.worker.lane_floors),
            settings: watch::Sender::new(config.worker.clone()),
            limits: config.health.clone(),
            inbox: Inbox::default(),
            tracker: TaskTracker::new(),
            counts: WorkerCounts::default(),
            liveness: Liveness::default(),
            link,
            publisher,
            process: format!("{}-{:016x}", std::process::id(), fastrand::u64(..)),
            waits: JobWaits::default(),
            name,
            clock,
        })
    }

    /// What it did so far.
    #[must_use]
    pub fn counts(&self) -> &WorkerCounts {
        &self.counts
    }

    /// The lanes that it is to consume.
    #[must_use]
    pub fn lanes(&self) -> Vec<Lane> {
        self.settings.borrow().lanes.clone()
    }

    /// Whether it consumes and makes progress.
    #[must_use]
    pub fn liveness(&self) -> &Liveness {
        &self.liveness
    }

    /// The stages that it runs.
    #[must_use]
    pub fn pipeline(&self) -> &Arc<Pipeline> {
        &self.pipeline
    }

    /// Whether the broker takes no messages at the moment: a memory or disk alarm.
    #[must_use]
    pub fn publishing_blocked(&self) -> bool {
        self.publisher.blocked()
    }

    /// Takes over slots, lanes, floors, attempts and the grace period while it works; the rest of the settings
    /// needs a new start.
    pub fn reconfigure(&self, config: &Config) {
        self.pipeline.reconfigure(config);
        self.slots.resize(config.worker.delivery_slots, &config.worker.lane_floors);
        self.settings.send_replace(config.worker.clone());
    }

    fn attempts_max(&self) -> u32 {
        self.settings.borrow().attempts_max
    }
}
