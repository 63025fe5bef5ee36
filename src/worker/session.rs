//! One connection to the broker, from its opening to its end.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::try_join_all;
use lapin::{Channel, Connection};

use super::Worker;
use super::broker_session::BrokerSession;
use super::consumer::LaneConsumer;
use super::parked::let_come_back;
use super::watchdog::watch_queues;
use crate::broker::{BrokerError, HeaderKey, Link};
use crate::config::worker::WorkerConfig;
use crate::failure::chain;
use crate::shutdown::Shutdown;

/// How long a connection that is given up may take to close.
const CLOSE_MAX: Duration = Duration::from_millis(500);

/// How a session ended without an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SessionEnd {
    /// Everything in flight was settled.
    Drained,
    /// The grace period or a second signal cut tasks off.
    CutOff,
    /// Other settings: the next session consumes with them.
    Reconfigured,
}

/// Opens a connection, consumes the lanes and hands every delivery to the worker, until the worker is to
/// drain, its settings change, or something is wrong with the connection.
pub(super) async fn run(
    worker: &Arc<Worker>,
    key: &HeaderKey,
    shutdown: &Shutdown,
) -> Result<SessionEnd, BrokerError> {
    let mut settings = worker.settings.subscribe();
    let config = settings.borrow_and_update().clone();
    let link = &worker.link;
    let connection = link.connect(&worker.name).await?;
    let watchdog_channel = link.channel(&connection).await?;
    link.within("declaring exchanges and queues", worker.topology.apply(&watchdog_channel)).await?;
    let session = BrokerSession::new(key.clone());
    let mut lanes = Vec::new();
    for lane in &config.lanes {
        lanes.push(LaneConsumer::start(worker, &connection, &session, *lane, config.prefetch()).await?);
    }
    let mut consuming = Box::pin(try_join_all(lanes.into_iter().map(LaneConsumer::run)));
    let ended = {
        let _consuming = worker.liveness.consuming(&config.lanes);
        log_start(worker, &config);
        let watchdog = watch_queues(link, &worker.topology, &watchdog_channel, &config.lanes, &session);
        let parked = let_come_back(worker, &connection, Duration::from_millis(config.paused_ms));
        tokio::select! {
            biased;
            () = shutdown.drain.cancelled() => Ok(None),
            ended = &mut consuming => ended.map(|_| None),
            error = watchdog => Err(error),
            error = parked => Err(error),
            changed = settings.changed() => Ok(changed.is_ok().then_some(SessionEnd::Reconfigured)),
        }
    };
    session.leaving.cancel();
    let reconfigured = match ended {
        Ok(end) => end,
        Err(error) => {
            drop(consuming);
            abandon(&connection, &session).await;
            return Err(error);
        }
    };
    // The channels live until their deliveries are settled.
    let channels = consuming.await.inspect_err(|_| session.gone.cancel())?;
    if let Some(end) = reconfigured {
        // The old connection lives on beside the new one until its deliveries are settled.
        worker.tracker.spawn(retire(link.clone(), connection, channels, session));
        return Ok(end);
    }
    tracing::info!(tasks.in_flight = session.in_flight(), "draining");
    let drained = worker.wait(shutdown, Duration::from_millis(config.grace_period_ms)).await;
    close(link, &connection).await;
    session.gone.cancel();
    worker.publisher.close().await;
    Ok(if drained { SessionEnd::Drained } else { SessionEnd::CutOff })
}

fn log_start(worker: &Worker, config: &WorkerConfig) {
    tracing::info!(
        broker.address = worker.link.shown(),
        worker.lanes = %config.lanes.iter().map(|lane| lane.as_str()).collect::<Vec<_>>().join(","),
        worker.delivery_slots = config.delivery_slots,
        "consuming"
    );
}

/// Gives a connection up. What is in flight continues, so that nothing that is paid for is lost; it is recognised
/// when the broker delivers it again.
async fn abandon(connection: &Connection, session: &BrokerSession) {
    session.gone.cancel();
    // Cleanly where possible: a consumer whose connection just vanishes may live on at the broker for
    // a while, and keep what it is sent.
    if connection.status().connected() {
        let closed =
            tokio::time::timeout(CLOSE_MAX, connection.close(320, "starting new consumers".into())).await;
        let clean = closed.is_ok_and(|closed| closed.is_ok());
        tracing::debug!(clean, "the connection is closed");
    }
}

/// Closes a connection whose deliveries are all settled.
async fn retire(
    link: Link,
    connection: Connection,
    channels: Vec<Vec<Channel>>,
    session: Arc<BrokerSession>,
) {
    while session.in_flight() > 0 && connection.status().connected() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    close(&link, &connection).await;
    session.gone.cancel();
    drop(channels);
}

async fn close(link: &Link, connection: &Connection) {
    if let Err(error) = link.within("closing", connection.close(200, "done".into())).await {
        tracing::debug!(error = %chain(&error), "the consuming connection was not closed cleanly");
    }
}
