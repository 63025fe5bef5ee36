//! How deep queues are, and who consumes them.

use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;

use super::connection::{BrokerError, Link};
use super::declare::is_there;
use super::topology::Topology;
use crate::lane::Lane;

/// A queue as the broker has it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueDepth {
    /// Its name.
    pub queue: String,
    /// Messages that wait.
    pub messages: u32,
    /// Who consumes it.
    pub consumers: u32,
    /// Whether workers consume it; else it holds dead letters.
    pub is_work: bool,
}

/// The depths of the lanes and of their dead letters. Queues that are not declared yet are left out.
///
/// # Errors
/// When the broker does not answer.
pub async fn depths(link: &Link, topology: &Topology) -> Result<Vec<QueueDepth>, BrokerError> {
    let connection = link.connect("skuscribe-depths").await?;
    let work = Lane::ALL.into_iter().map(|lane| (topology.lane(lane), true));
    let dead = topology.dead_lanes().into_iter().map(|queue| (queue, false));
    let looked = async {
        let mut depths = Vec::new();
        let mut channel = connection.create_channel().await?;
        for (queue, is_work) in work.chain(dead) {
            let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
            let looked = channel.queue_declare(queue.as_str().into(), options, FieldTable::default());
            match is_there(looked.await)? {
                Some(found) => depths.push(QueueDepth {
                    messages: found.message_count(),
                    consumers: found.consumer_count(),
                    queue,
                    is_work,
                }),
                None => channel = connection.create_channel().await?,
            }
        }
        connection.close(200, "done".into()).await?;
        Ok(depths)
    };
    link.within("looking at the lanes", looked).await
}
