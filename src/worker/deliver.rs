//! One delivery: decoded, worked, settled, logged.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt as _;
use lapin::message::Delivery;
use lapin::types::ShortString;

use super::Worker;
use super::broker_session::{BrokerSession, DeliveryGuard};
use super::delivery_result::DeliveryResult;
use super::settle::Settling;
use crate::broker::{Headers, RETURNS_MAX, RETURNS_SENT_ON, body_of, times_returned};
use crate::intake::{BODY_BYTES_MAX, BinaryAttributes, IntakeError, Origin, decode};
use crate::lane::Lane;

/// What the publisher of a delivery follows it by, where that can be read.
pub(super) fn correlation_id(delivery: &Delivery) -> Option<&str> {
    let id = delivery.properties.correlation_id().as_ref().map(ShortString::as_str);
    id.filter(|id| !id.is_empty() && !id.contains(char::is_control))
}

impl Worker {
    /// Works a delivery and settles it.
    pub(super) async fn deliver(
        self: Arc<Self>,
        session: Arc<BrokerSession>,
        _delivery_guard: DeliveryGuard,
        lane: Lane,
        delivery: Delivery,
        headers: Headers,
    ) {
        let started = Instant::now();
        let _progress_guard = self.liveness.received();
        let work = AssertUnwindSafe(self.work(&session, lane, &delivery, &headers)).catch_unwind();
        let result = match work.await {
            Ok(Some(result)) => result,
            // Not begun, and the worker leaves: the broker delivers it again.
            Ok(None) => return,
            Err(panic) => DeliveryResult::panicked(&*panic),
        };
        let settling =
            Settling { lane, delivery: &delivery, headers: &headers, key: &session.key, result: &result };
        if self.settle(&session, settling).await {
            result.log(lane, &headers, started.elapsed());
        }
    }

    /// Decodes, waits for a slot and the lock on the SKU, and works. `None` where it was not begun.
    async fn work(
        &self,
        session: &BrokerSession,
        lane: Lane,
        delivery: &Delivery,
        headers: &Headers,
    ) -> Option<DeliveryResult> {
        let origin = Origin {
            lane: Some(lane),
            cloud_event: BinaryAttributes::from_headers(headers.texts()),
            seen_before: delivery.redelivered || headers.seen_before(),
            unfinished: headers.unfinished.clone(),
            now: Some(self.clock.now()),
            id: delivery.properties.message_id().as_ref().map(ToString::to_string),
            correlation_id: correlation_id(delivery).map(str::to_owned),
            ..Origin::default()
        };
        if headers.returns >= RETURNS_MAX {
            return Some(DeliveryResult::returned_too_often(headers.returns));
        }
        if times_returned(delivery) >= RETURNS_SENT_ON {
            return Some(DeliveryResult::sent_on(headers.returns));
        }
        let decoded = match body_of(delivery, BODY_BYTES_MAX) {
            Ok(body) => decode(&body, &origin),
            Err(error) => Err(IntakeError::unreadable(&error)),
        };
        let entry = match decoded {
            Ok(update) => self.inbox.enter(Arc::new(update)),
            Err(error) => return Some(DeliveryResult::refused(&error)),
        };
        let (slot, sku_lock) = loop {
            let slot = tokio::select! {
                biased;
                () = session.leaving.cancelled() => return None,
                slot = self.slots.acquire(lane) => slot,
            };
            if let Some(sku_lock) = entry.try_lock_sku() {
                break (slot, sku_lock);
            }
            // Another update of the product is worked: neither slot nor lock is held while waiting for it.
            drop(slot);
            tokio::select! {
                () = session.leaving.cancelled() => return None,
                () = entry.sku_unlocked() => {}
            }
        };
        let result = self.pipeline.run(&entry).await;
        Some(DeliveryResult::worked(result, entry, slot, sku_lock))
    }
}
