//! A store that is watched: whether it answers at all, so that lanes are paused instead of messages used up.

use std::sync::Arc;

use tokio::sync::watch;

use super::{Condition, ContentStore, Key, Object, Put, StoreError, StoreFuture};
use crate::failure::chain;

/// So many calls in a row without an answer, each tried several times by the store itself, and it is away.
const FAILURES: u32 = 5;

/// A store, and whether it answers.
#[derive(Debug)]
pub struct WatchedStore {
    inner: Arc<dyn ContentStore>,
    state: watch::Sender<StoreState>,
}

/// Reads and writes apart: a full disk, or a key without the right to write, still answers reads.
#[derive(Clone, Debug, Default)]
struct StoreState {
    reads: CallState,
    writes: CallState,
}

#[derive(Clone, Debug, Default)]
struct CallState {
    failures: u32,
    outage: Option<StoreOutage>,
}

impl StoreState {
    fn outage(&self) -> Option<&StoreOutage> {
        self.writes.outage.as_ref().or(self.reads.outage.as_ref())
    }
}

/// Why nothing can be stored.
#[derive(Clone, Debug)]
pub struct StoreOutage {
    /// The last error and its causes.
    pub reason: String,
    /// Whether a person has to act: it refuses.
    pub refused: bool,
}

impl WatchedStore {
    /// Watches a store.
    #[must_use]
    pub fn new(inner: Arc<dyn ContentStore>) -> Self {
        Self { inner, state: watch::Sender::default() }
    }

    /// Why nothing can be stored; `None` while the store answers.
    #[must_use]
    pub fn outage(&self) -> Option<StoreOutage> {
        self.state.borrow().outage().cloned()
    }

    /// Changes when [`Self::outage`] does.
    pub async fn changed(&self) {
        let before = self.outage().is_some();
        // The sender lives as long as the store.
        let mut state = self.state.subscribe();
        state.wait_for(|state| state.outage().is_some() != before).await.ok();
    }

    /// Finds out whether the store answers again, reads and writes.
    pub async fn look(&self) {
        let key = Key::Probe { nonce: format!("again-{:016x}", fastrand::u64(..)) };
        let (read, written) =
            tokio::join!(self.get(&key), self.put(&key, b"again".to_vec(), Condition::Absent));
        if read.is_ok()
            && written.is_ok()
            && let Err(error) = self.delete(&key).await
        {
            tracing::debug!(error = %chain(&error), "an object of a probe is left");
        }
    }

    fn noted<T>(&self, writes: bool, result: Result<T, StoreError>) -> Result<T, StoreError> {
        let outage = |error, refused| Some(StoreOutage { reason: chain(error), refused });
        let changed = self.state.send_if_modified(|all| {
            let state = if writes { &mut all.writes } else { &mut all.reads };
            let was_away = state.outage.is_some();
            match &result {
                Err(error @ StoreError::Refused { .. }) => state.outage = outage(error, true),
                Err(error @ StoreError::Unavailable { .. }) => {
                    state.failures += 1;
                    if state.failures >= FAILURES && !was_away {
                        state.outage = outage(error, false);
                    }
                }
                Ok(_) | Err(StoreError::Rejected { .. } | StoreError::Broken { .. }) => {
                    *state = CallState::default();
                }
            }
            state.outage.is_some() != was_away
        });
        if let Some(outage) = self.outage().filter(|outage| changed && outage.refused) {
            tracing::error!(
                reason = outage.reason,
                "ALARM: the store refuses; messages wait until it is mended"
            );
        }
        result
    }
}

impl ContentStore for WatchedStore {
    fn get<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Option<Object>> {
        Box::pin(async move { self.noted(false, self.inner.get(key).await) })
    }

    fn put<'a>(&'a self, key: &'a Key, body: Vec<u8>, condition: Condition) -> StoreFuture<'a, Put> {
        Box::pin(async move { self.noted(true, self.inner.put(key, body, condition).await) })
    }

    fn delete<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, ()> {
        Box::pin(async move { self.noted(true, self.inner.delete(key).await) })
    }

    fn list_after<'a>(
        &'a self,
        prefix: &'a str,
        after: &'a str,
        limit: usize,
    ) -> StoreFuture<'a, Vec<String>> {
        Box::pin(async move { self.noted(false, self.inner.list_after(prefix, after, limit).await) })
    }

    fn location(&self) -> String {
        self.inner.location()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched() -> (WatchedStore, Key) {
        let folder = std::env::temp_dir().join(format!("skuscribe-watched-{:016x}", fastrand::u64(..)));
        let store = super::super::FolderStore::open(&folder).unwrap();
        std::fs::remove_dir_all(folder).unwrap();
        (WatchedStore::new(Arc::new(store)), Key::Probe { nonce: "x".to_owned() })
    }

    fn error(refused: bool) -> StoreError {
        let (operation, path, source) = ("put", "x".to_owned(), "gone".into());
        if refused {
            StoreError::Refused { operation, path, remedy: "act".to_owned(), source }
        } else {
            StoreError::Unavailable { operation, path, source }
        }
    }

    #[tokio::test]
    async fn one_refusal_is_an_outage_until_a_call_of_its_kind_succeeds() {
        let (store, key) = watched();
        store.noted::<()>(true, Err(error(true))).unwrap_err();
        store.get(&key).await.unwrap();
        assert!(store.outage().unwrap().refused, "reads are answered, writes are not");
        store.noted(true, Ok(())).unwrap();
        assert!(store.outage().is_none());
    }

    #[tokio::test]
    async fn calls_without_an_answer_are_an_outage_when_several_follow_one_another() {
        let (store, key) = watched();
        for round in 0..2 {
            for _ in 1..FAILURES {
                store.noted::<()>(false, Err(error(false))).unwrap_err();
            }
            assert!(store.outage().is_none(), "round {round}");
            store.get(&key).await.unwrap();
        }
        for _ in 0..FAILURES {
            store.noted::<()>(false, Err(error(false))).unwrap_err();
        }
        let outage = store.outage().unwrap();
        assert!(!outage.refused && outage.reason.contains("gone"), "{outage:?}");
        let (changed, ()) = tokio::join!(store.changed(), async { drop(store.get(&key).await) });
        assert_eq!((changed, store.outage().is_none()), ((), true));
    }
}
