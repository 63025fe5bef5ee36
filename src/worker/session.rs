//! One connection to the broker, from its opening to its end: consumers and deliveries.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use lapin::message::Delivery;
use lapin::options::{BasicCancelOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Connection, Consumer};

use super::Worker;
use super::patrol::patrol;
use super::stops::{until_free, until_stopped};
use super::traffic::Session;
use crate::broker::{BrokerError, Link};
use crate::failure::chain;
use crate::lane::Lane;
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

/// A consumer of one lane, with the channel that it lives on.
struct Consuming {
    lane: Lane,
    channel: Channel,
    consumer: Consumer,
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
    let mut lanes = Vec::new();
    for lane in &config.lanes {
        lanes.push(consume(worker, &connection, *lane, config.prefetch()).await?);
    }
    let session = Session::new();
    let mut consuming = Box::pin(futures_util::future::try_join_all(
        lanes.into_iter().map(|lane| consume_lane(worker, &connection, &session, lane, config.prefetch())),
    ));
    let ended = {
        let _consuming = worker.vitals.consuming(&config.lanes);
        tracing::info!(
            broker.address = link.shown(),
            worker.lanes = %config.lanes.iter().map(|lane| lane.as_str()).collect::<Vec<_>>().join(","),
            worker.delivery_slots = config.delivery_slots,
            "consuming"
        );
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
            // What is in flight goes on, so that nothing that is paid for is lost; it is recognised when the
            // broker delivers it again.
            session.gone.cancel();
            drop(consuming);
            // In good order where it still can be: a consumer whose connection just vanishes may live on at the
            // broker for a while, and keep what it is sent.
            if connection.status().connected() {
                let closed =
                    tokio::time::timeout(PARTING, connection.close(320, "consuming anew".into())).await;
                tracing::debug!(
                    in_good_order = closed.is_ok_and(|closed| closed.is_ok()),
                    "the connection is closed"
                );
            }
            return Err(error);
        }
    };
    // The channels live until their deliveries are settled.
    let channels = match consuming.await {
        Ok(channels) => channels,
        Err(error) => {
            session.gone.cancel();
            return Err(error);
        }
    };
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

/// Hands out the deliveries of a lane until the session leaves; gives the channels that they came by.
///
/// A consumer that has been idle for a while is replaced by a new one: after a queue is deleted and declared
/// again within milliseconds, RabbitMQ 3.10.8 counts messages as delivered to a consumer that never gets them,
/// and nothing but their absence shows it. Closing its channel gives them back.
async fn consume_lane(
    worker: &Arc<Worker>,
    connection: &Connection,
    session: &Arc<Session>,
    mut consuming: Consuming,
    prefetch: u16,
) -> Result<Vec<Channel>, BrokerError> {
    let lane = consuming.lane;
    let traffic = session.traffic(lane);
    let renew_ms = worker.link.config().renew_idle_ms;
    let mut channels = Vec::new();
    loop {
        let received = traffic.received();
        let idle = async {
            match renew_ms {
                0 => std::future::pending().await,
                _ => tokio::time::sleep(Duration::from_millis(renew_ms)).await,
            }
        };
        tokio::pin!(idle);
        let models = worker.pipeline.models();
        let stopped = until_stopped(models, lane);
        tokio::pin!(stopped);
        let (leaving, stop) = loop {
            tokio::select! {
                biased;
                () = session.leaving.cancelled() => break (true, None),
                stop = &mut stopped => break (false, Some(stop)),
                next = consuming.consumer.next() => take(worker, session, lane, next)?,
                () = &mut idle => break (false, None),
            }
        };
        if !leaving && stop.is_none() && (traffic.received() > received || traffic.in_hand() > 0) {
            continue;
        }
        let cancel = consuming.channel.basic_cancel(consuming.consumer.tag(), BasicCancelOptions::default());
        if let Err(error) = worker.link.within("cancelling a consumer", cancel).await {
            if leaving {
                tracing::warn!(error = %chain(&error), "a consumer was not cancelled in good order");
                channels.push(consuming.channel);
                return Ok(channels);
            }
            return Err(error);
        }
        // What came before the cancel was confirmed is still handed out.
        while let Some(next) = consuming.consumer.next().await {
            take(worker, session, lane, Some(next))?;
        }
        if leaving {
            channels.push(consuming.channel);
            return Ok(channels);
        }
        if let Some(stop) = stop {
            traffic.stop(true);
            tracing::warn!(
                worker.lane = %lane, reason = stop.reason, for_s = stop.after.as_secs(),
                "the lane stops; its messages wait in their queue"
            );
            tokio::select! {
                () = until_free(models, lane) => {}
                () = session.leaving.cancelled() => {
                    channels.push(consuming.channel);
                    return Ok(channels);
                }
            }
            traffic.stop(false);
            tracing::info!(worker.lane = %lane, "the lane goes on");
        }
        if traffic.in_hand() == 0 {
            let closing = consuming.channel.close(200, "idle".into());
            worker.link.within("closing a channel", closing).await?;
        } else {
            channels.push(consuming.channel);
        }
        consuming = consume(worker, connection, lane, prefetch).await?;
    }
}

/// Hands a delivery out; an end of the stream is an error.
fn take(
    worker: &Arc<Worker>,
    session: &Arc<Session>,
    lane: Lane,
    next: Option<Result<Delivery, lapin::Error>>,
) -> Result<(), BrokerError> {
    match next {
        Some(Ok(delivery)) => {
            let counted = session.count(lane);
            worker.tracker.spawn(Arc::clone(worker).deliver(Arc::clone(session), counted, lane, delivery));
            Ok(())
        }
        Some(Err(source)) => {
            let broker = worker.link.shown().to_owned();
            Err(BrokerError::Failed { broker, doing: "consuming", source })
        }
        // A cancel by the broker ends the stream without an error.
        None => {
            let (broker, queue) = (worker.link.shown().to_owned(), worker.topology.lane(lane));
            Err(BrokerError::ConsumerEnded { broker, queue })
        }
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

async fn consume(
    worker: &Worker,
    connection: &Connection,
    lane: Lane,
    prefetch: u16,
) -> Result<Consuming, BrokerError> {
    let link = &worker.link;
    let channel = link.channel(connection).await?;
    link.within("setting the prefetch", channel.basic_qos(prefetch, BasicQosOptions::default())).await?;
    let tag = format!("{}-{lane}", worker.name);
    let consume = channel.basic_consume(
        worker.topology.lane(lane).into(),
        tag.into(),
        BasicConsumeOptions::default(),
        FieldTable::default(),
    );
    let consumer = link.within("starting a consumer", consume).await?;
    Ok(Consuming { lane, channel, consumer })
}
