//! The watchdog: notices what the client library does not, a frozen broker and a consumer that gets nothing.

use std::time::Duration;

use lapin::Channel;
use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;

use super::broker_session::BrokerSession;
use crate::broker::{BrokerError, Link, SILENT_POLLS, Topology};
use crate::lane::Lane;

/// Looks in a row that find a queue with messages ready and a consumer with room that gets none.
const STUCK_POLLS: u32 = 3;

/// Polls the queues: a broker that does not answer is frozen, and a consumer with room that
/// gets nothing of a queue with messages ready is stuck. Gives what is wrong.
pub(super) async fn watch_queues(
    link: &Link,
    topology: &Topology,
    channel: &Channel,
    lanes: &[Lane],
    session: &BrokerSession,
) -> BrokerError {
    let mut watches: Vec<(Lane, LaneWatch)> =
        lanes.iter().map(|lane| (*lane, LaneWatch::default())).collect();
    loop {
        tokio::time::sleep(Duration::from_millis(link.config().patrol_ms)).await;
        for (lane, watch) in &mut watches {
            let queue = topology.lane(*lane);
            let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
            let poll = channel.queue_declare(queue.as_str().into(), options, FieldTable::default());
            let ready = match link.within("looking at a queue", poll).await {
                Ok(queue) => queue.message_count(),
                Err(error) => return error,
            };
            let deliveries = session.deliveries(*lane);
            let sample = QueueSample {
                ready,
                received: deliveries.received(),
                in_flight: deliveries.in_flight(),
                prefetch: deliveries.prefetch().into(),
                paused: deliveries.is_paused(),
            };
            match watch.poll(&sample) {
                QueueState::Healthy => {}
                QueueState::Silent => deliveries.replace_consumer(),
                QueueState::Stuck => {
                    return BrokerError::ConsumerStuck { broker: link.shown().to_owned(), queue, ready };
                }
            }
        }
    }
}

/// What a poll sees of a lane.
#[derive(Clone, Copy)]
struct QueueSample {
    ready: u32,
    received: u64,
    in_flight: usize,
    prefetch: usize,
    paused: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum QueueState {
    Healthy,
    /// Messages are ready, the consumer has room, and none arrives.
    Stuck,
    /// Nothing is ready and nothing arrives: idle, or dead.
    Silent,
}

/// What earlier polls saw of a lane.
#[derive(Default)]
struct LaneWatch {
    received: u64,
    stuck: u32,
    silent: u32,
}

impl LaneWatch {
    /// Judges a poll by those before it.
    ///
    /// A consumer that is merely silent is replaced as well, though seldom. Measured on RabbitMQ 3.10.8: after a
    /// quorum queue is deleted and declared again within milliseconds, the channel takes the consumer over to the
    /// new queue and drops what that sends to it. The broker states the consumer as live and its messages, up to the
    /// prefetch, as delivered: none is ready, and nothing that a client can ask for shows it.
    fn poll(&mut self, sample: &QueueSample) -> QueueState {
        let quiet = sample.received == self.received && !sample.paused;
        self.received = sample.received;
        let count = |polls: u32, counts: bool| if counts { polls + 1 } else { 0 };
        self.stuck = count(self.stuck, quiet && sample.ready > 0 && sample.in_flight < sample.prefetch);
        self.silent = count(self.silent, quiet && sample.in_flight == 0);
        if self.stuck >= STUCK_POLLS {
            return QueueState::Stuck;
        }
        if self.silent >= SILENT_POLLS {
            self.silent = 0;
            return QueueState::Silent;
        }
        QueueState::Healthy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: QueueSample = QueueSample { ready: 0, received: 0, in_flight: 0, prefetch: 2, paused: false };
    const WAITING: QueueSample = QueueSample { ready: 5, ..IDLE };

    fn polls(sample: &[QueueSample]) -> Vec<QueueState> {
        let mut watch = LaneWatch::default();
        sample.iter().map(|sample| watch.poll(sample)).collect()
    }

    #[test]
    fn a_consumer_is_stuck_after_three_looks_at_messages_that_do_not_come() {
        assert_eq!(polls(&[WAITING; 3]), [QueueState::Healthy, QueueState::Healthy, QueueState::Stuck]);
        let busy = QueueSample { in_flight: 1, ..WAITING };
        assert_eq!(
            polls(&[busy, WAITING, WAITING]),
            [QueueState::Healthy, QueueState::Healthy, QueueState::Stuck]
        );
    }

    #[test]
    fn a_consumer_that_is_full_or_fed_or_stopped_is_not_stuck() {
        let fed = [1, 2, 3, 4].map(|received| QueueSample { received, ..WAITING });
        let full = [QueueSample { in_flight: 2, ..WAITING }; 4];
        let stopped = [QueueSample { paused: true, ..WAITING }; 4];
        for sample in [fed, full, stopped, [WAITING, WAITING, IDLE, WAITING]] {
            assert!(polls(&sample).iter().all(|finding| *finding == QueueState::Healthy));
        }
    }

    #[test]
    fn a_consumer_that_is_long_silent_is_replaced_and_watched_anew() {
        let silent =
            |sample| polls(&[sample; 65]).iter().filter(|finding| **finding == QueueState::Silent).count();
        assert_eq!(SILENT_POLLS, 30);
        assert_eq!(silent(IDLE), 2);
        assert_eq!(silent(QueueSample { in_flight: 1, ..IDLE }), 0, "its channel holds deliveries");
    }
}
