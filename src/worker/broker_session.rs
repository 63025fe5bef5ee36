//! A session with the broker as its deliveries see it: whether it ends, and how many are in flight per lane.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, AtomicUsize, Ordering};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::broker::HeaderKey;
use crate::lane::Lane;

/// A connection with its consumers, as their deliveries see it.
#[derive(Debug)]
pub(super) struct BrokerSession {
    /// Cancelled once no more work is begun: what was only prefetched goes back to the broker.
    pub(super) leaving: CancellationToken,
    /// Cancelled once the connection is gone: nothing can be acknowledged any more.
    pub(super) gone: CancellationToken,
    /// What headers are signed with.
    pub(super) key: HeaderKey,
    lanes: [LaneDeliveries; Lane::ALL.len()],
}

/// Deliveries of one lane.
#[derive(Debug, Default)]
pub(super) struct LaneDeliveries {
    received: AtomicU64,
    in_flight: AtomicUsize,
    paused: AtomicBool,
    prefetch: AtomicU16,
    replace: Notify,
}

/// Counts a delivery as in flight until it is dropped.
pub(super) struct DeliveryGuard {
    session: Arc<BrokerSession>,
    lane: Lane,
}

impl BrokerSession {
    pub(super) fn new(key: HeaderKey) -> Arc<Self> {
        Arc::new(Self {
            leaving: CancellationToken::new(),
            gone: CancellationToken::new(),
            key,
            lanes: Default::default(),
        })
    }

    /// Counts a delivery that came in.
    pub(super) fn count(self: &Arc<Self>, lane: Lane) -> DeliveryGuard {
        let deliveries = self.deliveries(lane);
        deliveries.received.fetch_add(1, Ordering::Relaxed);
        deliveries.in_flight.fetch_add(1, Ordering::Relaxed);
        DeliveryGuard { session: Arc::clone(self), lane }
    }

    pub(super) fn deliveries(&self, lane: Lane) -> &LaneDeliveries {
        let [interactive, updates, backfill] = &self.lanes;
        match lane {
            Lane::Interactive => interactive,
            Lane::Updates => updates,
            Lane::Backfill => backfill,
        }
    }

    /// Deliveries of all lanes that are not settled yet.
    pub(super) fn in_flight(&self) -> usize {
        self.lanes.iter().map(LaneDeliveries::in_flight).sum()
    }
}

impl LaneDeliveries {
    /// Deliveries that came in so far.
    pub(super) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// Notes that the lane is paused, or resumes.
    pub(super) fn set_paused(&self, paused: bool) {
        self.paused.store(paused, Ordering::Relaxed);
    }

    /// Whether the lane is paused.
    pub(super) fn is_paused(&self) -> bool {
        self.paused.load(Ordering::Relaxed)
    }

    /// Notes how many messages the consumer is sent ahead of their acknowledgements.
    pub(super) fn set_prefetch(&self, prefetch: u16) {
        self.prefetch.store(prefetch, Ordering::Relaxed);
    }

    /// How many messages the consumer is sent ahead of their acknowledgements.
    pub(super) fn prefetch(&self) -> u16 {
        self.prefetch.load(Ordering::Relaxed)
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
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }
}

impl Drop for DeliveryGuard {
    fn drop(&mut self) {
        self.session.deliveries(self.lane).in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}
