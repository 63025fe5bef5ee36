//! One connection to the broker, from its opening to its end.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::try_join_all;
use lapin::{Channel, Connection};

use super::Worker;
use super::consumer::LaneConsumer;
use super::patrol::patrol;
use super::traffic::Session;
use crate::broker::{BrokerError, Link};
use crate::config::worker::WorkerConfig;
use crate::failure::chain;
use crate::shutdown::Shutdown;

/// How long a connection that is given up may take to close.
const PARTING: Duration = Duration::from_millis(500);

/// How a session came to an end that nobody has to mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Everything in flight was settled.
    Drained,
    /// The grace period or a second signal cut tasks off.
    CutOff,
    /// Other settings: the next session consumes with them.
    Reconfigured,
}

/// Opens a connection, consumes the lanes and hands every delivery to the worker, until the worker is to
/// drain, its settings change, or something is wrong with the connection.
pub(super) async fn run(worker: &Arc<Worker>, shutdown: &Shutdown) -> Result<End, BrokerError> {
    let mut settings = worker.settings.subscribe();
    let config = settings.borrow_and_update().clone();
    let link = &worker.link;
    let connection = link.connect(&worker.name).await?;
    let patrolling = link.channel(&connection).await?;
    link.within("declaring exchanges and queues", worker.topology.apply(&patrolling)).await?;
    let session = Session::new();
    let mut lanes = Vec::new();
    for lane in &config.lanes {
        lanes.push(LaneConsumer::start(worker, &connection, &session, *lane, config.prefetch()).await?);
    }
    let mut consuming = Box::pin(try_join_all(lanes.into_iter().map(LaneConsumer::run)));
    let ended = {
        let _consuming = worker.vitals.consuming(&config.lanes);
        log_start(worker, &config);
        let patrol = patrol(link, &worker.topology, &patrolling, &config, &session);
        tokio::select! {
            biased;
            () = shutdown.drain.cancelled() => Ok(None),
            ended = &mut consuming => ended.map(|_| None),
            error = patrol => Err(error),
            changed = settings.changed() => Ok(changed.is_ok().then_some(End::Reconfigured)),
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
    tracing::info!(tasks.in_flight = session.in_hand(), "draining");
    let drained = worker.wait(shutdown, Duration::from_millis(config.grace_period_ms)).await;
    close(link, &connection).await;
    session.gone.cancel();
    worker.publisher.close().await;
    Ok(if drained { End::Drained } else { End::CutOff })
}

fn log_start(worker: &Worker, config: &WorkerConfig) {
    tracing::info!(
        broker.address = worker.link.shown(),
        worker.lanes = %config.lanes.iter().map(|lane| lane.as_str()).collect::<Vec<_>>().join(","),
        worker.delivery_slots = config.delivery_slots,
        "consuming"
    );
}

/// Gives a connection up. What is in flight goes on, so that nothing that is paid for is lost; it is recognised
/// when the broker delivers it again.
async fn abandon(connection: &Connection, session: &Session) {
    session.gone.cancel();
    // In good order where it still can be: a consumer whose connection just vanishes may live on at the broker for
    // a while, and keep what it is sent.
    if connection.status().connected() {
        let closed = tokio::time::timeout(PARTING, connection.close(320, "consuming anew".into())).await;
        let in_good_order = closed.is_ok_and(|closed| closed.is_ok());
        tracing::debug!(in_good_order, "the connection is closed");
    }
}

/// Closes a connection whose deliveries are all settled.
async fn retire(link: Link, connection: Connection, channels: Vec<Vec<Channel>>, session: Arc<Session>) {
    while session.in_hand() > 0 && connection.status().connected() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    close(&link, &connection).await;
    session.gone.cancel();
    drop(channels);
}

async fn close(link: &Link, connection: &Connection) {
    if let Err(error) = link.within("closing", connection.close(200, "done".into())).await {
        tracing::debug!(error = %chain(&error), "the consuming connection was not closed in good order");
    }
}
