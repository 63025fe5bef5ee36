//! A store over another one, to try something: it reads what is stored, and what is written stays in memory and goes with it.
//!
//! What is spent is no trial: the ledger and the day's budget are those of the store below.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Condition, ContentStore, ETag, Key, Object, Put, StoreFuture};

/// What was written over an object: another body, or nothing where it was deleted.
type Written = Option<Object>;

/// A store over another one.
#[derive(Debug)]
pub struct ScratchStore {
    below: Arc<dyn ContentStore>,
    written: Mutex<BTreeMap<String, Written>>,
    next_version: AtomicU64,
}

impl ScratchStore {
    /// A store over another one, with nothing written yet.
    #[must_use]
    pub fn over(below: Arc<dyn ContentStore>) -> Self {
        Self { below, written: Mutex::default(), next_version: AtomicU64::new(0) }
    }

    /// Whether an object is the store's below.
    fn is_below(key: &Key) -> bool {
        matches!(key, Key::Spend { .. } | Key::Budget { .. })
    }

    fn written(&self) -> MutexGuard<'_, BTreeMap<String, Written>> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes if the object as it is now meets the condition.
    fn write(&self, path: String, body: Vec<u8>, condition: &Condition, below: Option<Object>) -> Put {
        let mut written = self.written();
        let current = written.get(&path).cloned().unwrap_or(below);
        let holds = match (condition, &current) {
            (Condition::Absent, None) => true,
            (Condition::Matches(etag), Some(object)) => object.etag == *etag,
            (Condition::Absent, Some(_)) | (Condition::Matches(_), None) => false,
        };
        if !holds {
            return Put::Conflict;
        }
        let etag = ETag::new(&format!("scratch-{}", self.next_version.fetch_add(1, Ordering::Relaxed)));
        written.insert(path, Some(Object { body, etag: etag.clone() }));
        Put::Stored(etag)
    }
}

impl ContentStore for ScratchStore {
    fn get<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Option<Object>> {
        Box::pin(async move {
            let written = self.written().get(&key.path()).cloned();
            match written {
                Some(written) => Ok(written),
                None => self.below.get(key).await,
            }
        })
    }

    fn put<'a>(&'a self, key: &'a Key, body: Vec<u8>, condition: Condition) -> StoreFuture<'a, Put> {
        Box::pin(async move {
            if Self::is_below(key) {
                return self.below.put(key, body, condition).await;
            }
            let below = self.below.get(key).await?;
            Ok(self.write(key.path(), body, &condition, below))
        })
    }

    fn delete<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            if Self::is_below(key) {
                return self.below.delete(key).await;
            }
            self.written().insert(key.path(), None);
            Ok(())
        })
    }

    fn list_after<'a>(
        &'a self,
        prefix: &'a str,
        after: &'a str,
        limit: usize,
    ) -> StoreFuture<'a, Vec<String>> {
        Box::pin(async move {
            let deleted = self.written().values().filter(|written| written.is_none()).count();
            let mut paths = self.below.list_after(prefix, after, limit.saturating_add(deleted)).await?;
            let written = self.written();
            paths.retain(|path| !written.contains_key(path));
            let own = written.iter().filter(|(path, written)| {
                written.is_some() && path.starts_with(prefix) && path.as_str() > after
            });
            paths.extend(own.map(|(path, _)| path.clone()));
            paths.sort_unstable();
            paths.truncate(limit);
            Ok(paths)
        })
    }

    fn location(&self) -> String {
        self.below.location()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::store::FolderStore;

    #[tokio::test]
    async fn what_is_written_is_read_again_and_the_store_below_has_none_of_it_but_the_spend() {
        let folder = std::env::temp_dir().join(format!("skuscribe-scratch-{:016x}", fastrand::u64(..)));
        let below: Arc<dyn ContentStore> = Arc::new(FolderStore::open(&folder).unwrap());
        let job = |id: &str| Key::Job { id: id.to_owned() };
        below.put(&job("a"), b"a".to_vec(), Condition::Absent).await.unwrap();
        below.put(&job("c"), b"c".to_vec(), Condition::Absent).await.unwrap();
        let scratch = ScratchStore::over(Arc::clone(&below));
        let body = async |id: &str| scratch.get(&job(id)).await.unwrap().map(|object| object.body);
        assert_eq!(body("a").await, Some(b"a".to_vec()));
        assert_eq!(scratch.put(&job("a"), b"x".to_vec(), Condition::Absent).await.unwrap(), Put::Conflict);
        let etag = scratch.get(&job("a")).await.unwrap().unwrap().etag;
        let matches = || Condition::Matches(etag.clone());
        assert!(matches!(scratch.put(&job("a"), b"a2".to_vec(), matches()).await.unwrap(), Put::Stored(_)));
        assert_eq!(scratch.put(&job("a"), b"a3".to_vec(), matches()).await.unwrap(), Put::Conflict);
        assert!(matches!(
            scratch.put(&job("b"), b"b".to_vec(), Condition::Absent).await.unwrap(),
            Put::Stored(_)
        ));
        scratch.delete(&job("c")).await.unwrap();
        assert_eq!((body("a").await, body("c").await), (Some(b"a2".to_vec()), None));
        assert_eq!(scratch.list("jobs/", 10).await.unwrap(), ["jobs/a.json", "jobs/b.json"]);
        assert_eq!(scratch.list_after("jobs/", "jobs/a.json", 1).await.unwrap(), ["jobs/b.json"]);
        let spend = Key::Spend { day: date(2026, 3, 1), process: "p".to_owned() };
        scratch.put(&spend, b"{}".to_vec(), Condition::Absent).await.unwrap();
        assert_eq!(below.list("jobs/", 10).await.unwrap(), ["jobs/a.json", "jobs/c.json"]);
        assert!(below.get(&spend).await.unwrap().is_some());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
