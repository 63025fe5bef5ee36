//! The worker: delivery → pipeline → settle. The one place that logs a result.

mod ending;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::{FutureExt as _, StreamExt as _};
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Consumer};
use tokio_util::task::TaskTracker;

use crate::announce::Announcer;
use crate::broker::{BrokerError, DeathNote, Headers, Link, Message, PublishError, Publisher, Topology};
use crate::clock::Clock;
use crate::config::Config;
use crate::config::intake::IntakeConfig;
use crate::config::worker::WorkerConfig;
use crate::failure::{Failure, Kind};
use crate::generate::Delays;
use crate::intake::{BinaryAttributes, Origin, decode};
use crate::lane::Lane;
use crate::pipeline::Pipeline;
use crate::product::Locale;
use crate::shutdown::Shutdown;
use crate::store::ContentStore;
use ending::Ending;

/// What a worker did, to be printed when it ends.
#[derive(Debug, Default)]
pub struct Tally {
    /// Deliveries acknowledged.
    pub settled: AtomicU64,
    /// Messages sent through a delay queue.
    pub retried: AtomicU64,
    /// Messages that became dead letters.
    pub dead: AtomicU64,
}

/// Consumes the lanes for as long as nobody asks it to drain.
#[derive(Debug)]
pub struct Worker {
    link: Link,
    topology: Topology,
    publisher: Publisher,
    pipeline: Pipeline,
    config: WorkerConfig,
    intake: IntakeConfig,
    name: String,
    clock: Clock,
    tally: Tally,
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
            pipeline: Pipeline::new(config, store, announcer, clock.clone())?,
            config: config.worker.clone(),
            intake: config.intake.clone(),
            tally: Tally::default(),
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

    /// Works until `shutdown.drain`: then no new deliveries, tasks in flight finish within the grace period,
    /// all is settled. Connections that break are rebuilt, endlessly.
    ///
    /// Gives whether everything in flight was settled.
    pub async fn run(self: Arc<Self>, shutdown: &Shutdown) -> bool {
        let mut delays = Delays::new(
            Duration::from_millis(100),
            Duration::from_millis(self.link.config().reconnect_max_ms),
        );
        while !shutdown.drain.is_cancelled() {
            let started = Instant::now();
            match Arc::clone(&self).session(shutdown).await {
                Ok(drained) => return drained,
                Err(error) => {
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
            }
        }
        true
    }

    /// One connection from its opening to its end. `Ok` when drained.
    async fn session(self: Arc<Self>, shutdown: &Shutdown) -> Result<bool, BrokerError> {
        let connection = self.link.connect(&self.name).await?;
        let setup = self.link.channel(&connection).await?;
        self.link.within("declaring exchanges and queues", self.topology.apply(&setup)).await?;
        let mut lanes = Vec::new();
        for lane in &self.config.lanes {
            lanes.push(self.consume(&connection, *lane).await?);
        }
        tracing::info!(
            broker.address = self.link.shown(),
            worker.lanes = %self.config.lanes.iter().map(|lane| lane.as_str()).collect::<Vec<_>>().join(","),
            worker.delivery_slots = self.config.delivery_slots,
            "consuming"
        );
        let tracker = TaskTracker::new();
        let streams = lanes.iter_mut().map(|(lane, _, consumer)| {
            let lane = *lane;
            consumer
                .map(move |delivery| (lane, Some(delivery)))
                .chain(futures_util::stream::once(async move { (lane, None) }))
                .boxed()
        });
        let mut deliveries = futures_util::stream::select_all(streams);
        let ended = loop {
            tokio::select! {
                biased;
                () = shutdown.drain.cancelled() => break Ok(()),
                next = deliveries.next() => match next {
                    Some((lane, Some(Ok(delivery)))) => {
                        tracker.spawn(Arc::clone(&self).deliver(lane, delivery));
                    }
                    Some((_, Some(Err(source)))) => {
                        break Err(BrokerError::Failed { broker: self.link.shown().to_owned(), doing: "consuming", source });
                    }
                    // A cancel by the broker ends the stream without an error: a failure unless draining.
                    Some((lane, None)) => {
                        let (broker, queue) = (self.link.shown().to_owned(), self.topology.lane(lane));
                        break Err(BrokerError::ConsumerEnded { broker, queue });
                    }
                    None => break Ok(()),
                }
            }
        };
        drop(deliveries);
        tracker.close();
        if let Err(error) = ended {
            // The acknowledgements of these tasks are lost with the channel; the broker delivers again.
            self.wait(&tracker, shutdown, Duration::from_millis(self.config.grace_period_ms)).await;
            return Err(error);
        }
        for (_, channel, consumer) in &lanes {
            let cancel = channel.basic_cancel(consumer.tag(), BasicCancelOptions::default());
            if let Err(error) = self.link.within("cancelling a consumer", cancel).await {
                tracing::warn!(error = %chain(&error), "a consumer was not cancelled in good order");
            }
        }
        tracing::info!(tasks.in_flight = tracker.len(), "draining");
        let drained = self.wait(&tracker, shutdown, Duration::from_millis(self.config.grace_period_ms)).await;
        if let Err(error) = self.link.within("closing", connection.close(200, "drained".into())).await {
            tracing::debug!(error = %chain(&error), "the consuming connection was not closed in good order");
        }
        self.publisher.close().await;
        Ok(drained)
    }

    async fn consume(
        &self,
        connection: &lapin::Connection,
        lane: Lane,
    ) -> Result<(Lane, Channel, Consumer), BrokerError> {
        let channel = self.link.channel(connection).await?;
        let prefetch = self.config.prefetch(lane);
        self.link
            .within("setting the prefetch", channel.basic_qos(prefetch, BasicQosOptions::default()))
            .await?;
        let tag = format!("{}-{lane}", self.name);
        let consume = channel.basic_consume(
            self.topology.lane(lane).into(),
            tag.into(),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        );
        let consumer = self.link.within("starting a consumer", consume).await?;
        Ok((lane, channel, consumer))
    }

    /// Waits for tasks in flight; gives `false` when the grace period or a second signal cut them off.
    async fn wait(&self, tracker: &TaskTracker, shutdown: &Shutdown, grace: Duration) -> bool {
        tokio::select! {
            () = tracker.wait() => true,
            () = shutdown.abort.cancelled() => false,
            () = tokio::time::sleep(grace) => {
                tracing::warn!(tasks.in_flight = tracker.len(), "the grace period is over; the broker delivers the rest again");
                false
            }
        }
    }

    async fn deliver(self: Arc<Self>, lane: Lane, delivery: Delivery) {
        let started = Instant::now();
        let headers = Headers::read(delivery.properties.headers().as_ref());
        let work = AssertUnwindSafe(self.work(lane, &delivery, &headers)).catch_unwind();
        let ending = work.await.unwrap_or_else(|panic| Ending::panicked(&*panic));
        if let Err(error) = self.settle(lane, &delivery, &headers, &ending).await {
            tracing::error!(error = %chain(&error), worker.lane = %lane, "a delivery could not be settled; the broker delivers it again");
            return;
        }
        ending.log(lane, &headers, started.elapsed());
    }

    async fn work(&self, lane: Lane, delivery: &Delivery, headers: &Headers) -> Ending {
        let origin = Origin {
            lane: Some(lane),
            cloud_event: BinaryAttributes::from_headers(headers.texts()),
            seen_before: delivery.redelivered || headers.attempt > 1,
            unfinished: headers.unfinished.clone(),
            ..Origin::default()
        };
        let update = match decode(&delivery.data, &origin, &self.intake) {
            Ok(update) => update,
            Err(error) => return Ending::refused(&error),
        };
        match self.pipeline.run(&update).await {
            Ok(reports) => Ending { update: Some(update), reports, failure: None },
            Err(failure) => Ending { update: Some(update), reports: Vec::new(), failure: Some(failure) },
        }
    }

    /// Sends on what failed, then acknowledges: exactly once, last.
    async fn settle(
        &self,
        lane: Lane,
        delivery: &Delivery,
        headers: &Headers,
        ending: &Ending,
    ) -> Result<(), SettleError> {
        let now = self.clock.now();
        let message = |table| Message {
            body: &delivery.data,
            id: delivery
                .properties
                .message_id()
                .as_ref()
                .map(lapin::types::ShortString::as_str)
                .or(ending.message_id()),
            content_type: delivery.properties.content_type().as_ref().map(lapin::types::ShortString::as_str),
            headers: Some(table),
        };
        let last = headers.attempt >= self.config.attempts_max;
        let (retry, dead): (Vec<_>, Vec<_>) =
            ending.failures().into_iter().partition(|(_, failure)| failure.is_retryable() && !last);
        if let Some((_, failure)) = retry.first() {
            let asked = retry.iter().filter_map(|(_, failure)| match failure.kind {
                Kind::Retry { after } => after,
                Kind::Permanent => None,
            });
            let asked = asked.max();
            let unfinished: Vec<Locale> = retry.iter().filter_map(|(locale, _)| locale.cloned()).collect();
            tracing::debug!(error = %failure, "the message goes through a delay queue");
            let table = headers.next_attempt(&unfinished, now);
            self.publisher.retry(lane, headers.attempt, asked, message(table)).await?;
            self.tally.retried.fetch_add(1, Ordering::Relaxed);
        }
        for (locale, failure) in dead {
            let unfinished: Vec<Locale> = locale.cloned().into_iter().collect();
            let note = DeathNote { failure, lane, unfinished: &unfinished, worker: &self.name, now };
            self.publisher.dead(lane, message(headers.dead(&note))).await?;
            self.tally.dead.fetch_add(1, Ordering::Relaxed);
            if let (Some(update), Some(locale)) = (&ending.update, locale) {
                self.pipeline.announce_failed(update, locale).await?;
            }
        }
        let acked = self.link.within("acknowledging", delivery.ack(BasicAckOptions::default())).await?;
        // `false`: the channel died, nothing was sent. What was done is recognised when it comes again.
        if !acked {
            return Err(SettleError::ChannelGone);
        }
        self.tally.settled.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// Why a delivery could not be settled.
#[derive(Debug, thiserror::Error)]
enum SettleError {
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error(transparent)]
    Broker(#[from] BrokerError),
    #[error(transparent)]
    Announce(#[from] Failure),
    #[error("the channel died before the acknowledgement")]
    ChannelGone,
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn chain(error: &dyn std::error::Error) -> String {
    Failure::new("worker", Kind::Permanent, error).message
}
