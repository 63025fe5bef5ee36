//! The inbox of this process: its updates by SKU. One is worked at a time, and each knows the newer ones.
//!
//! Two updates of one product would pay for the same text twice and race for the same document. Between
//! processes the store's compare-and-swap decides, and [`crate::limits::leases`] spares the second payment.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::intake::Update;
use skuscribe_check::product::Sku;

/// All updates that are not settled yet.
#[derive(Clone, Debug, Default)]
pub struct Inbox {
    products: Arc<Mutex<HashMap<Sku, InboxProduct>>>,
}

#[derive(Debug, Default)]
struct InboxProduct {
    updates: Vec<Arc<Update>>,
    busy: bool,
    released: Arc<Notify>,
}

/// An update in the inbox, until it is dropped.
#[derive(Debug)]
pub struct InboxEntry {
    all: Inbox,
    update: Arc<Update>,
}

/// The lock on a SKU, until it is dropped.
#[derive(Debug)]
pub struct SkuLock {
    all: Inbox,
    sku: Sku,
}

impl Inbox {
    /// Takes an update in.
    #[must_use]
    pub fn enter(&self, update: Arc<Update>) -> InboxEntry {
        let mut products = self.lock();
        if let Some(product) = products.get_mut(update.sku()) {
            product.updates.push(Arc::clone(&update));
        } else {
            let product = InboxProduct { updates: vec![Arc::clone(&update)], ..InboxProduct::default() };
            products.insert(update.sku().clone(), product);
        }
        drop(products);
        InboxEntry { all: self.clone(), update }
    }

    #[cfg(test)]
    fn products(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Sku, InboxProduct>> {
        // Nothing that can panic happens under the lock; what is there is whole.
        self.products.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl InboxEntry {
    /// The update.
    #[must_use]
    pub fn update(&self) -> &Arc<Update> {
        &self.update
    }

    /// The lock on the SKU; `None` while another update of it is worked.
    #[must_use]
    pub fn try_lock_sku(&self) -> Option<SkuLock> {
        let mut products = self.all.lock();
        let product = products.get_mut(self.update.sku())?;
        if product.busy {
            return None;
        }
        product.busy = true;
        Some(SkuLock { all: self.all.clone(), sku: self.update.sku().clone() })
    }

    /// Waits until the SKU is unlocked. Another update may take the lock first.
    pub async fn sku_unlocked(&self) {
        let released = {
            let products = self.all.lock();
            let Some(product) = products.get(self.update.sku()).filter(|product| product.busy) else {
                return;
            };
            // Made under the lock: a release from now on wakes it.
            Arc::clone(&product.released).notified_owned()
        };
        released.await;
    }

    /// Waits for the lock on the SKU.
    pub async fn lock_sku(&self) -> SkuLock {
        loop {
            if let Some(turn) = self.try_lock_sku() {
                return turn;
            }
            self.sku_unlocked().await;
        }
    }

    /// Updates in the inbox with newer facts of the same product.
    #[must_use]
    pub fn newer(&self) -> Vec<Arc<Update>> {
        let products = self.all.lock();
        let Some(product) = products.get(self.update.sku()).filter(|product| product.updates.len() > 1)
        else {
            return Vec::new();
        };
        let order = self.update.order();
        let newer =
            |other: &&Arc<Update>| other.states_facts() && other.order().compare(&order) == Ordering::Greater;
        product.updates.iter().filter(newer).cloned().collect()
    }
}

impl Drop for InboxEntry {
    fn drop(&mut self) {
        let mut products = self.all.lock();
        if let Some(product) = products.get_mut(self.update.sku()) {
            product.updates.retain(|update| !Arc::ptr_eq(update, &self.update));
            if product.updates.is_empty() && !product.busy {
                products.remove(self.update.sku());
            }
        }
    }
}

impl Drop for SkuLock {
    fn drop(&mut self) {
        let mut products = self.all.lock();
        if let Some(product) = products.get_mut(&self.sku) {
            product.busy = false;
            product.released.notify_waiters();
            if product.updates.is_empty() {
                products.remove(&self.sku);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;
    use crate::intake::{Origin, decode};

    fn update(id: &str, version: u64) -> Arc<Update> {
        let text = format!(
            r#"{{"id":"{id}","type":"product.updated","occurred_at":"2026-01-02T03:04:05Z",
                "product":{{"sku":"A1","title":"Mug","version":{version}}}}}"#
        );
        Arc::new(decode(text.as_bytes(), &Origin::default()).unwrap())
    }

    #[test]
    fn one_update_of_a_product_is_worked_at_a_time_and_the_others_wait_for_the_lock() {
        let all = Inbox::default();
        let (first, second) = (all.enter(update("a", 1)), all.enter(update("b", 2)));
        let turn = first.try_lock_sku().unwrap();
        assert!(second.try_lock_sku().is_none());
        let mut waiting = Box::pin(second.lock_sku());
        assert!((&mut waiting).now_or_never().is_none());
        drop(turn);
        assert!(waiting.now_or_never().is_some());
    }

    #[test]
    fn an_update_sees_the_newer_ones_and_only_those() {
        let all = Inbox::default();
        let (old, new) = (all.enter(update("a", 1)), all.enter(update("b", 2)));
        assert_eq!((old.newer().len(), new.newer().len()), (1, 0));
        drop(new);
        assert_eq!(old.newer().len(), 0);
    }

    #[test]
    fn nothing_is_remembered_of_what_left_the_inbox() {
        let all = Inbox::default();
        let entry = all.enter(update("a", 1));
        let turn = entry.try_lock_sku().unwrap();
        drop(entry);
        assert_eq!(all.products(), 1);
        drop(turn);
        assert_eq!(all.products(), 0);
    }
}
