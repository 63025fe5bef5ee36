//! The patrol: notices what the client library does not, a frozen broker and a consumer that gets nothing.

use std::time::Duration;

use lapin::Channel;
use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;

use super::traffic::Session;
use crate::broker::{BrokerError, Link, SILENT_LOOKS, Topology};
use crate::config::worker::WorkerConfig;
use crate::lane::Lane;

/// Looks in a row that find a queue with messages ready and a consumer with room that gets none.
const STUCK_LOOKS: u32 = 3;

/// Looks at the queues again and again: a broker that does not answer is frozen, and a consumer with room that
/// gets nothing of a queue with messages ready is stuck. Gives what is wrong.
pub(super) async fn patrol(
    link: &Link,
    topology: &Topology,
    channel: &Channel,
    config: &WorkerConfig,
    session: &Session,
) -> BrokerError {
    let mut watches: Vec<(Lane, Watch)> = config.lanes.iter().map(|lane| (*lane, Watch::default())).collect();
    loop {
        tokio::time::sleep(Duration::from_millis(link.config().patrol_ms)).await;
        for (lane, watch) in &mut watches {
            let queue = topology.lane(*lane);
            let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
            let look = channel.queue_declare(queue.as_str().into(), options, FieldTable::default());
            let ready = match link.within("looking at a queue", look).await {
                Ok(queue) => queue.message_count(),
                Err(error) => return error,
            };
            let traffic = session.traffic(*lane);
            let seen = Seen {
                ready,
                received: traffic.received(),
                in_flight: traffic.in_hand(),
                prefetch: config.prefetch().into(),
                stopped: traffic.is_stopped(),
            };
            match watch.look(&seen) {
                Finding::Fine => {}
                Finding::Silent => traffic.replace_consumer(),
                Finding::Stuck => {
                    return BrokerError::ConsumerStuck { broker: link.shown().to_owned(), queue, ready };
                }
            }
        }
    }
}

/// What a look sees of a lane.
#[derive(Clone, Copy)]
struct Seen {
    ready: u32,
    received: u64,
    in_flight: usize,
    prefetch: usize,
    stopped: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Finding {
    Fine,
    /// Messages are ready, the consumer has room, and none arrives.
    Stuck,
    /// Nothing is ready and nothing arrives: idle, or dead.
    Silent,
}

/// What earlier looks saw of a lane.
#[derive(Default)]
struct Watch {
    received: u64,
    stuck: u32,
    silent: u32,
}

impl Watch {
    /// Judges a look by those before it.
    ///
    /// A consumer that is merely silent is replaced as well, though seldom. Measured on RabbitMQ 3.10.8: after a
    /// quorum queue is deleted and declared again within milliseconds, the channel takes the consumer over to the
    /// new queue and drops what that sends to it. The broker states the consumer as live and its messages, up to the
    /// prefetch, as delivered: none is ready, and nothing that a client can ask for shows it.
    fn look(&mut self, seen: &Seen) -> Finding {
        let quiet = seen.received == self.received && !seen.stopped;
        self.received = seen.received;
        let count = |looks: u32, counts: bool| if counts { looks + 1 } else { 0 };
        self.stuck = count(self.stuck, quiet && seen.ready > 0 && seen.in_flight < seen.prefetch);
        self.silent = count(self.silent, quiet && seen.in_flight == 0);
        if self.stuck >= STUCK_LOOKS {
            return Finding::Stuck;
        }
        if self.silent >= SILENT_LOOKS {
            self.silent = 0;
            return Finding::Silent;
        }
        Finding::Fine
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: Seen = Seen { ready: 0, received: 0, in_flight: 0, prefetch: 2, stopped: false };
    const WAITING: Seen = Seen { ready: 5, ..IDLE };

    fn looks(seen: &[Seen]) -> Vec<Finding> {
        let mut watch = Watch::default();
        seen.iter().map(|seen| watch.look(seen)).collect()
    }

    #[test]
    fn a_consumer_is_stuck_after_three_looks_at_messages_that_do_not_come() {
        assert_eq!(looks(&[WAITING; 3]), [Finding::Fine, Finding::Fine, Finding::Stuck]);
        let busy = Seen { in_flight: 1, ..WAITING };
        assert_eq!(looks(&[busy, WAITING, WAITING]), [Finding::Fine, Finding::Fine, Finding::Stuck]);
    }

    #[test]
    fn a_consumer_that_is_full_or_fed_or_stopped_is_not_stuck() {
        let fed = [1, 2, 3, 4].map(|received| Seen { received, ..WAITING });
        let full = [Seen { in_flight: 2, ..WAITING }; 4];
        let stopped = [Seen { stopped: true, ..WAITING }; 4];
        for seen in [fed, full, stopped, [WAITING, WAITING, IDLE, WAITING]] {
            assert!(looks(&seen).iter().all(|finding| *finding == Finding::Fine));
        }
    }

    #[test]
    fn a_consumer_that_is_long_silent_is_replaced_and_watched_anew() {
        let silent = |seen| looks(&[seen; 65]).iter().filter(|finding| **finding == Finding::Silent).count();
        assert_eq!(SILENT_LOOKS, 30);
        assert_eq!(silent(IDLE), 2);
        assert_eq!(silent(Seen { in_flight: 1, ..IDLE }), 0, "its channel holds deliveries");
    }
}
