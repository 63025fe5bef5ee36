//! The publishing connection and its confirm channels: opened on first use, replaced when they break.

use std::sync::Arc;
use std::time::Instant;

use lapin::options::ConfirmSelectOptions;
use lapin::{Channel, Connection};
use tokio::sync::Mutex;

use super::connection::{BrokerError, Link};

/// A connection with its channels.
#[derive(Debug)]
pub(super) struct Pool {
    link: Link,
    name: String,
    state: Mutex<PoolState>,
}

#[derive(Debug, Default)]
struct PoolState {
    connection: Option<Arc<Connection>>,
    /// Counts the connections there were.
    generation: u64,
    free: Vec<ConfirmChannel>,
    events: Option<ConfirmChannel>,
    failed_at: Option<Instant>,
}

/// A confirm channel, and which connection it belongs to.
#[derive(Clone, Debug)]
pub(super) struct ConfirmChannel {
    pub(super) channel: Channel,
    pub(super) generation: u64,
    /// The largest frame that the broker takes, in bytes.
    pub(super) frame_max: u32,
}

impl Pool {
    pub(super) fn new(link: Link, name: &str) -> Self {
        Self { link, name: name.to_owned(), state: Mutex::new(PoolState::default()) }
    }

    /// Whether the broker takes no messages at the moment.
    pub(super) fn blocked(&self) -> bool {
        self.state.try_lock().is_ok_and(|state| {
            state.connection.as_ref().is_some_and(|connection| connection.status().blocked())
        })
    }

    /// Closes the connection, so that the broker does not count it as lost.
    pub(super) async fn close(&self) {
        let connection = self.state.lock().await.connection.take();
        if let Some(connection) = connection {
            let closed = self.link.within("closing", connection.close(200, "done".into())).await;
            if let Err(error) = closed {
                tracing::debug!(%error, "the publishing connection was not closed cleanly");
            }
        }
    }

    /// Takes a channel back whose confirms are all there.
    pub(super) async fn give_back(&self, channel: ConfirmChannel) {
        let mut state = self.state.lock().await;
        if state.generation == channel.generation {
            state.free.push(channel);
        }
    }

    /// A confirm channel that nobody else uses; `fresh` throws away what is there.
    pub(super) async fn open(&self, fresh: bool) -> Result<ConfirmChannel, BrokerError> {
        let asked_at = Instant::now();
        let mut state = self.state.lock().await;
        if fresh {
            state.free.clear();
        }
        while let Some(open) = state.free.pop() {
            if open.channel.status().connected() {
                return Ok(open);
            }
        }
        let (connection, generation) = self.connection(&mut state, asked_at).await?;
        drop(state);
        self.confirming(&connection, generation).await
    }

    /// The channel that events share.
    pub(super) async fn events(&self) -> Result<ConfirmChannel, BrokerError> {
        let asked_at = Instant::now();
        let mut state = self.state.lock().await;
        if let Some(open) = state.events.as_ref().filter(|open| open.channel.status().connected()) {
            return Ok(open.clone());
        }
        let (connection, generation) = self.connection(&mut state, asked_at).await?;
        let open = self.confirming(&connection, generation).await?;
        state.events = Some(open.clone());
        Ok(open)
    }

    /// Drops a broken events channel, unless another task has renewed it already.
    pub(super) async fn forget_events(&self, broken: &ConfirmChannel) {
        let mut state = self.state.lock().await;
        let same = |open: &ConfirmChannel| {
            open.generation == broken.generation && open.channel.id() == broken.channel.id()
        };
        if state.events.as_ref().is_some_and(same) {
            state.events = None;
        }
    }

    /// Drops a connection that does not answer, unless another task has done so already. One that the broker
    /// has blocked (a memory or disk alarm) is kept: a new one would be blocked as well.
    pub(super) async fn forget_frozen(&self, generation: u64) {
        let mut state = self.state.lock().await;
        let blocked = state.connection.as_ref().is_some_and(|connection| connection.status().blocked());
        if state.generation == generation && !blocked {
            *state = PoolState { generation, ..PoolState::default() };
        }
    }

    async fn connection(
        &self,
        state: &mut PoolState,
        asked_at: Instant,
    ) -> Result<(Arc<Connection>, u64), BrokerError> {
        if let Some(connection) =
            state.connection.as_ref().filter(|connection| connection.status().connected())
        {
            return Ok((Arc::clone(connection), state.generation));
        }
        // The tasks that waited for one attempt would each make their own: what failed for one failed for all.
        if state.failed_at.is_some_and(|failed_at| failed_at >= asked_at) {
            return Err(BrokerError::JustFailed { broker: self.link.shown().to_owned() });
        }
        match self.link.connect(&self.name).await {
            Ok(connection) => {
                let connection = Arc::new(connection);
                let generation = state.generation + 1;
                *state = PoolState {
                    connection: Some(Arc::clone(&connection)),
                    generation,
                    ..PoolState::default()
                };
                Ok((connection, generation))
            }
            Err(error) => {
                state.failed_at = Some(Instant::now());
                Err(error)
            }
        }
    }

    async fn confirming(
        &self,
        connection: &Connection,
        generation: u64,
    ) -> Result<ConfirmChannel, BrokerError> {
        let channel = self.link.channel(connection).await?;
        self.link
            .within("opening a channel", channel.confirm_select(ConfirmSelectOptions::default()))
            .await?;
        Ok(ConfirmChannel { channel, generation, frame_max: connection.configuration().frame_max() })
    }
}
