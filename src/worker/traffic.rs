//! What deliveries know of the session that they came by, and the session of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::lane::Lane;

/// What deliveries know of the connection that they came by.
#[derive(Debug)]
pub(super) struct Session {
    /// Cancelled once no more work is begun: what was only sent ahead goes back to the broker.
    pub(super) leaving: CancellationToken,
    /// Cancelled once the connection is gone: nothing can be acknowledged any more.
    pub(super) gone: CancellationToken,
    traffic: [Traffic; Lane::ALL.len()],
}

/// Deliveries of one lane.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    received: AtomicU64,
    in_hand: AtomicUsize,
    stopped: AtomicBool,
    replace: Notify,
}

/// A delivery that is in hand, until it is dropped.
pub(super) struct Counted {
    session: Arc<Session>,
    lane: Lane,
}

impl Session {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            leaving: CancellationToken::new(),
            gone: CancellationToken::new(),
            traffic: Default::default(),
        })
    }

    /// Counts a delivery that came in.
    pub(super) fn count(self: &Arc<Self>, lane: Lane) -> Counted {
        let traffic = self.traffic(lane);
        traffic.received.fetch_add(1, Ordering::Relaxed);
        traffic.in_hand.fetch_add(1, Ordering::Relaxed);
        Counted { session: Arc::clone(self), lane }
    }

    pub(super) fn traffic(&self, lane: Lane) -> &Traffic {
        let [interactive, updates, backfill] = &self.traffic;
        match lane {
            Lane::Interactive => interactive,
            Lane::Updates => updates,
            Lane::Backfill => backfill,
        }
    }

    /// Deliveries of all lanes that are not settled yet.
    pub(super) fn in_hand(&self) -> usize {
        self.traffic.iter().map(Traffic::in_hand).sum()
    }
}

impl Traffic {
    /// Deliveries that came in so far.
    pub(super) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// Notes that the lane has nothing to do for now, or goes on.
    pub(super) fn stop(&self, stopped: bool) {
        self.stopped.store(stopped, Ordering::Relaxed);
    }

    /// Whether the lane has nothing to do for now.
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Asks for another consumer.
    pub(super) fn replace_consumer(&self) {
        self.replace.notify_one();
    }

    /// Waits until another consumer is asked for.
    pub(super) async fn replacement_wanted(&self) {
        self.replace.notified().await;
    }

    /// Deliveries that are not settled yet.
    pub(super) fn in_hand(&self) -> usize {
        self.in_hand.load(Ordering::Relaxed)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.session.traffic(self.lane).in_hand.fetch_sub(1, Ordering::Relaxed);
    }
}
