//! A store in memory that fails at a chosen call, before or after its effect, and takes its time at random.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use skuscribe::store::{BoxFuture, Condition, ContentStore, ETag, Key, Object, Put, StoreError};

/// When the process "dies": at a call, counted from 1, and everything after it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crash {
    Never,
    /// The call has no effect.
    Before(u64),
    /// The call has its effect, its answer is lost.
    After(u64),
}

#[derive(Debug)]
pub(crate) struct MemoryStore {
    objects: Mutex<BTreeMap<String, (Vec<u8>, ETag)>>,
    calls: AtomicU64,
    versions: AtomicU64,
    crash: Mutex<Crash>,
    /// Longest pause before a call, in microseconds.
    pause_us: u64,
}

impl MemoryStore {
    pub(crate) fn new(pause_us: u64) -> Self {
        Self {
            objects: Mutex::default(),
            calls: AtomicU64::new(0),
            versions: AtomicU64::new(0),
            crash: Mutex::new(Crash::Never),
            pause_us,
        }
    }

    /// Counts calls from here on, and dies at the one that is set.
    pub(crate) fn crash(&self, crash: Crash) {
        self.calls.store(0, Ordering::Relaxed);
        *self.crash.lock().unwrap() = crash;
    }

    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Everything that is stored.
    pub(crate) fn objects(&self) -> BTreeMap<String, (Vec<u8>, ETag)> {
        self.objects.lock().unwrap().clone()
    }

    /// Has everything be as it was.
    pub(crate) fn go_back(&self, objects: BTreeMap<String, (Vec<u8>, ETag)>) {
        *self.objects.lock().unwrap() = objects;
    }

    pub(crate) fn paths(&self, prefix: &str) -> Vec<String> {
        let objects = self.objects.lock().unwrap();
        objects.keys().filter(|path| path.starts_with(prefix)).cloned().collect()
    }

    /// Runs a call, unless the process is dead by then.
    async fn call<T>(
        &self,
        key: &Key,
        act: impl FnOnce(&mut BTreeMap<String, (Vec<u8>, ETag)>) -> T,
    ) -> Result<T, StoreError> {
        if self.pause_us > 0 {
            tokio::time::sleep(Duration::from_micros(fastrand::u64(0..self.pause_us))).await;
        }
        let call = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        let crash = *self.crash.lock().unwrap();
        let dead = || StoreError::Unavailable { operation: "put", path: key.path(), source: "crash".into() };
        match crash {
            Crash::Before(at) if call >= at => return Err(dead()),
            Crash::After(at) if call > at => return Err(dead()),
            _ => {}
        }
        let result = act(&mut self.objects.lock().unwrap());
        if crash == Crash::After(call) { Err(dead()) } else { Ok(result) }
    }
}

impl ContentStore for MemoryStore {
    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Object>, StoreError>> {
        Box::pin(self.call(key, |objects| {
            objects.get(&key.path()).map(|(body, etag)| Object { body: body.clone(), etag: etag.clone() })
        }))
    }

    fn put<'a>(
        &'a self,
        key: &'a Key,
        body: Vec<u8>,
        condition: Condition,
    ) -> BoxFuture<'a, Result<Put, StoreError>> {
        Box::pin(self.call(key, move |objects| {
            let current = objects.get(&key.path()).map(|(_, etag)| etag);
            let holds = match (&condition, current) {
                (Condition::Absent, current) => current.is_none(),
                (Condition::Matches(etag), Some(current)) => etag == current,
                (Condition::Matches(_), None) => false,
            };
            if !holds {
                return Put::Conflict;
            }
            let etag = ETag::new(&self.versions.fetch_add(1, Ordering::Relaxed).to_string());
            objects.insert(key.path(), (body, etag.clone()));
            Put::Stored(etag)
        }))
    }

    fn delete<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(self.call(key, |objects| {
            objects.remove(&key.path());
        }))
    }

    fn list_after<'a>(
        &'a self,
        prefix: &'a str,
        after: &'a str,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<String>, StoreError>> {
        Box::pin(async move {
            let paths = self.paths(prefix).into_iter().filter(|path| path.as_str() > after);
            Ok(paths.take(limit).collect())
        })
    }

    fn location(&self) -> String {
        "memory".to_owned()
    }
}
