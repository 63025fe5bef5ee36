//! The patrol: notices what the client library does not, a frozen broker and a stuck consumer.

use std::time::Duration;

use lapin::Channel;
use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;

use super::traffic::Session;
use crate::broker::{BrokerError, Link, Topology};
use crate::config::worker::WorkerConfig;
use crate::lane::Lane;

/// Looks in a row that find a queue with messages and a consumer with room that gets none. An idle consumer has
/// been replaced by then: this is for one that still has deliveries in hand.
const STUCK_LOOKS: u32 = 3;

/// Looks at the queues again and again: a broker that does not answer is frozen, and a consumer with room that
/// gets nothing of a queue with messages is stuck. Gives what is wrong.
pub(super) async fn patrol(
    link: &Link,
    topology: &Topology,
    channel: &Channel,
    config: &WorkerConfig,
    session: &Session,
) -> BrokerError {
    let mut looks: Vec<(Lane, u64, u32)> = config.lanes.iter().map(|lane| (*lane, 0, 0)).collect();
    loop {
        tokio::time::sleep(Duration::from_millis(link.config().patrol_ms)).await;
        for (lane, seen, in_vain) in &mut looks {
            let queue = topology.lane(*lane);
            let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
            let look = channel.queue_declare(queue.as_str().into(), options, FieldTable::default());
            let ready = match link.within("looking at a queue", look).await {
                Ok(queue) => queue.message_count(),
                Err(error) => return error,
            };
            let traffic = session.traffic(*lane);
            let received = traffic.received();
            let room = traffic.in_hand() < usize::from(config.prefetch());
            let stuck = ready > 0 && room && received == *seen && !traffic.is_stopped();
            (*seen, *in_vain) = (received, if stuck { *in_vain + 1 } else { 0 });
            if *in_vain >= STUCK_LOOKS {
                return BrokerError::ConsumerStuck { broker: link.shown().to_owned(), queue, ready };
            }
        }
    }
}
