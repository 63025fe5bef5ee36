//! Messages of paused jobs wait in a queue of their own, that nobody consumes; they come back once a job goes on.
//!
//! A worker that parks messages watches their jobs. Where one goes on, it rejects what is parked: the broker sends each
//! message back to its lane, and what belongs to another paused job is parked again. What no worker watches, for those that
//! parked it are gone, comes back when a worker starts, at the next look round, and after an hour in any case.

use std::time::Duration;

use lapin::Connection;
use lapin::options::{BasicCancelOptions, BasicRejectOptions};
use tokio::time::{Instant, timeout_at};

use futures_util::StreamExt as _;

use super::Worker;
use crate::broker::BrokerError;

/// How often a worker looks whether there are parked messages that it does not watch.
const LOOK_ROUND: Duration = Duration::from_secs(30);
/// Messages that the broker sends ahead to be rejected.
const SENT_AHEAD: u16 = 500;
/// For how long no message has to come until there are none.
const SILENCE: Duration = Duration::from_millis(500);

/// Lets parked messages come back for as long as the session lasts; gives what is wrong with its connection.
pub(super) async fn let_come_back(worker: &Worker, connection: &Connection, every: Duration) -> BrokerError {
    let mut looked_round: Option<Instant> = None;
    loop {
        let jobs = worker.pipeline.jobs();
        let is_due = looked_round.is_none_or(|at| at.elapsed() >= LOOK_ROUND);
        let first = looked_round.is_none();
        if is_due {
            looked_round = Some(Instant::now());
        }
        if jobs.any_goes_on().await || (is_due && (first || !jobs.knows_paused())) {
            match reject_parked(worker, connection).await {
                Ok(0) => {}
                Ok(messages) => tracing::info!(messages, "parked messages come back to their lanes"),
                Err(error) => return error,
            }
        }
        tokio::time::sleep(every).await;
    }
}

/// Rejects what is parked now; gives how much that was.
#[expect(clippy::disallowed_methods, reason = "what is rejected here goes back to its lane")]
async fn reject_parked(worker: &Worker, connection: &Connection) -> Result<u32, BrokerError> {
    let (link, queue) = (&worker.link, worker.topology.paused());
    let channel = link.channel(connection).await?;
    let ready = link.within("looking at a queue", worker.topology.ready(&channel, &queue)).await?;
    // A passive look at what is not there has closed the channel.
    let Some(ready) = ready else { return Ok(0) };
    let mut rejected = 0;
    if ready > 0 {
        let tag = format!("{}-parked", worker.name);
        let mut consumer = link.consume(&channel, &queue, &tag, SENT_AHEAD).await?;
        // No more than were there: what is parked again meanwhile would go round for ever.
        while rejected < ready {
            let Ok(next) = timeout_at(Instant::now() + SILENCE, consumer.next()).await else { break };
            let delivery = link.delivery(&consumer, next)?;
            let reject = delivery.reject(BasicRejectOptions { requeue: false });
            link.within("letting a message come back", reject).await?;
            rejected += 1;
        }
        let cancel = channel.basic_cancel(consumer.tag(), BasicCancelOptions::default());
        link.within("cancelling a consumer", cancel).await?;
    }
    // What was sent ahead beyond that goes back to the queue.
    link.within("closing a channel", channel.close(200, "done".into())).await?;
    Ok(rejected)
}
