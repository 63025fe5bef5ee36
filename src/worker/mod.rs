//! The worker: delivery → pipeline → settle. The one place that logs a result.

mod consumer;
mod ending;
pub mod health;
mod patrol;
mod session;
mod settle;
mod stops;
mod traffic;
mod vitals;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use lapin::message::Delivery;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::announce::Announcer;
use crate::broker::{Headers, Link, Publisher, Topology};
use crate::clock::Clock;
use crate::config::Config;
use crate::config::health::HealthConfig;
use crate::config::worker::WorkerConfig;
use crate::delays::Delays;
use crate::failure::chain;
use crate::intake::inbox::Inbox;
use crate::intake::{BinaryAttributes, Origin, decode};
use crate::lane::Lane;
use crate::limits::slots::LaneSlots;
use crate::pipeline::Pipeline;
use crate::shutdown::Shutdown;
use crate::store::ContentStore;
use ending::Ending;
use session::End;
use settle::Settling;
use traffic::{Counted, Session};
pub use vitals::Vitals;

/// What a worker did, to be printed when it ends.
#[derive(Debug, Default)]
pub struct Tally {
    /// Deliveries acknowledged.
    pub settled: AtomicU64,
    /// Messages sent through a delay queue after a failure.
    pub retried: AtomicU64,
    /// Messages sent through a delay queue because it was not their turn.
    pub snoozed: AtomicU64,
    /// Messages that became dead letters.
    pub dead: AtomicU64,
    /// Times that the broker would not take what settles a delivery, so that it was tried again.
    pub unsettled: AtomicU64,
}

impl Tally {
    /// Deliveries acknowledged whose message does not come back through a delay queue.
    #[must_use]
    pub fn finished(&self) -> u64 {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        of(&self.settled).saturating_sub(of(&self.retried) + of(&self.snoozed))
    }
}

/// How a worker's life ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It was told to end, and everything in flight was settled.
    Drained,
    /// It was told to end, and the grace period or a second signal cut tasks off; the broker delivers them
    /// again.
    CutOff,
    /// It did not consume for longer than `health.exit_after_ms`, or made no progress for longer than
    /// `health.progress_max_ms`.
    Lost,
}

/// Consumes the lanes for as long as nobody asks it to drain.
#[derive(Debug)]
pub struct Worker {
    link: Link,
    topology: Topology,
    publisher: Publisher,
    pipeline: Arc<Pipeline>,
    settings: watch::Sender<WorkerConfig>,
    limits: HealthConfig,
    name: String,
    clock: Clock,
    slots: LaneSlots,
    in_hand: Inbox,
    tracker: TaskTracker,
    tally: Tally,
    vitals: Vitals,
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
        Ok(Self {
            topology: Topology::new(&config.broker.prefix),
            pipeline: Arc::new(Pipeline::new(config, store, announcer, clock.clone())?),
            slots: LaneSlots::new(config.worker.delivery_slots, &config.worker.lane_floors),
            settings: watch::Sender::new(config.worker.clone()),
            limits: config.health.clone(),
            in_hand: Inbox::default(),
            tracker: TaskTracker::new(),
            tally: Tally::default(),
            vitals: Vitals::default(),
            link,
            publisher,
            name,
            clock,
        })
    }

    /// What it did so far.
    #[must_use]
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The lanes that it is to consume.
    #[must_use]
    pub fn lanes(&self) -> Vec<Lane> {
        self.settings.borrow().lanes.clone()
    }

    /// Its signs of life.
    #[must_use]
    pub fn vitals(&self) -> &Vitals {
        &self.vitals
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

    /// Works until `shutdown.drain`: then no new deliveries, tasks in flight finish within the grace period,
    /// all is settled. Connections that break are rebuilt, endlessly.
    pub async fn run(self: Arc<Self>, shutdown: &Shutdown) -> Ended {
        let closing = CancellationToken::new();
        let work = async {
            let ended = tokio::select! {
                biased;
                ended = Self::supervise(&self, shutdown) => ended,
                what = self.vitals.lost(self.limits.exit_after(), self.limits.progress_max()) => {
                    tracing::error!("{what}; giving up, start the worker anew");
                    Ended::Lost
                }
            };
            closing.cancel();
            ended
        };
        let (ended, ()) = tokio::join!(work, self.pipeline.ledger().keep(&closing));
        ended
    }

    async fn supervise(this: &Arc<Self>, shutdown: &Shutdown) -> Ended {
        let max = Duration::from_millis(this.link.config().reconnect_max_ms);
        let mut delays = Delays::new(Duration::from_millis(100), max);
        while !shutdown.drain.is_cancelled() {
            let started = Instant::now();
            let error = match session::run(this, shutdown).await {
                Ok(End::Drained) => return Ended::Drained,
                Ok(End::CutOff) => return Ended::CutOff,
                Ok(End::Reconfigured) => {
                    tracing::info!("the settings changed; consuming anew");
                    continue;
                }
                Err(error) => error,
            };
            if started.elapsed() > Duration::from_secs(10) {
                delays.reset();
            }
            let wait = delays.next_delay();
            tracing::warn!(error = %chain(&error), wait_ms = millis(wait), "the broker is lost; connecting again");
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = shutdown.drain.cancelled() => {}
            }
        }
        // Told to end while there was no connection: what is in flight still gets its time, to be paid once.
        let grace = Duration::from_millis(this.settings.borrow().grace_period_ms);
        if this.wait(shutdown, grace).await { Ended::Drained } else { Ended::CutOff }
    }

    /// Waits for tasks in flight; gives `false` when the grace period or a second signal cut them off.
    async fn wait(&self, shutdown: &Shutdown, grace: Duration) -> bool {
        self.tracker.close();
        tokio::select! {
            () = self.tracker.wait() => true,
            () = shutdown.abort.cancelled() => false,
            () = tokio::time::sleep(grace) => {
                tracing::warn!(tasks.in_flight = self.tracker.len(), "the grace period is over; the broker delivers the rest again");
                false
            }
        }
    }

    async fn deliver(
        self: Arc<Self>,
        session: Arc<Session>,
        _counted: Counted,
        lane: Lane,
        delivery: Delivery,
    ) {
        let started = Instant::now();
        let _in_hand = self.vitals.received();
        let headers = Headers::read(delivery.properties.headers().as_ref());
        let work = AssertUnwindSafe(self.work(&session, lane, &delivery, &headers)).catch_unwind();
        let ending = match work.await {
            Ok(Some(ending)) => ending,
            // Not begun, and the worker leaves: the broker delivers it again.
            Ok(None) => return,
            Err(panic) => Ending::panicked(&*panic),
        };
        let settling = Settling { lane, delivery: &delivery, headers: &headers, ending: &ending };
        if self.settle(&session, settling).await {
            ending.log(lane, &headers, started.elapsed());
        }
    }

    /// Decodes, waits for a slot and for the product's turn, and works. `None` where it was not begun.
    async fn work(
        &self,
        session: &Session,
        lane: Lane,
        delivery: &Delivery,
        headers: &Headers,
    ) -> Option<Ending> {
        let origin = Origin {
            lane: Some(lane),
            cloud_event: BinaryAttributes::from_headers(headers.texts()),
            seen_before: delivery.redelivered || headers.seen_before(),
            unfinished: headers.unfinished.clone(),
            ..Origin::default()
        };
        let entry = match decode(&delivery.data, &origin) {
            Ok(update) => self.in_hand.enter(Arc::new(update)),
            Err(error) => return Some(Ending::refused(&error)),
        };
        let (slot, turn) = loop {
            let slot = tokio::select! {
                biased;
                () = session.leaving.cancelled() => return None,
                slot = self.slots.acquire(lane) => slot,
            };
            if let Some(turn) = entry.turn() {
                break (slot, turn);
            }
            // Another update of the product is worked: neither slot nor turn is held while waiting for it.
            drop(slot);
            tokio::select! {
                () = session.leaving.cancelled() => return None,
                () = entry.free() => {}
            }
        };
        let result = self.pipeline.run(&entry).await;
        Some(Ending::worked(result, entry, slot, turn))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
