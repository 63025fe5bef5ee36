//! The content store: keys, reads and conditional writes, in S3 or in a folder.

mod aside;
pub mod derived;
mod disk;
mod folder;
mod key;
mod objects;
mod question_form;
pub mod questions;
#[cfg(feature = "s3")]
mod s3;
mod scratch;
pub mod snapshots;
mod watched;
pub mod workers;

use std::pin::Pin;
use std::sync::Arc;

pub use aside::{SetAside, keys, keys_after};
pub use folder::FolderStore;
pub use key::{Key, SEGMENT_NUMBER_MAX};
pub(crate) use objects::without_values;
pub use objects::{StoredObject, load};
#[cfg(feature = "s3")]
pub use s3::S3Store;
pub use scratch::ScratchStore;
pub use watched::WatchedStore;

use std::time::Duration;

use serde::Serialize;

use crate::config::store::StoreConfig;
use crate::failure::{FailureCause, FailureKind};

/// A boxed future, so that the store can be a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a call to the store gives.
pub type StoreFuture<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

/// The version of a stored object, as the store names it; opaque.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ETag(Arc<str>);

impl ETag {
    /// A version by the name that the store gives it.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// The version's name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An object as read.
#[derive(Clone, Debug)]
pub struct Object {
    /// Its bytes.
    pub body: Vec<u8>,
    /// Its version, to be named in [`Condition::Matches`].
    pub etag: ETag,
}

/// When a write may happen.
#[derive(Clone, Debug)]
pub enum Condition {
    /// Only where no object is yet (`If-None-Match: *`).
    Absent,
    /// Only over exactly this version (`If-Match`).
    Matches(ETag),
}

/// The result of a conditional write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Put {
    /// Written; this is the new version.
    Stored(ETag),
    /// The condition did not hold: another writer was first, or this one was and lost the answer.
    Conflict,
}

/// How long a message waits where the store refuses everything. The lanes are paused then, so few do.
const REFUSED_WAIT: Duration = Duration::from_secs(30);

/// Why there is no answer that is of use.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store may answer later: a time-out, a connection error, a 5xx, a full disk.
    #[error("{operation} {path}: the store did not answer; it is tried again")]
    Unavailable {
        /// `get`, `put`, `delete` or `list`.
        operation: &'static str,
        /// The object.
        path: String,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The store refuses everything until a person acts: no rights, no such bucket, another region.
    #[error("{operation} {path}: the store refuses: {remedy}")]
    Refused {
        /// `get`, `put`, `delete` or `list`.
        operation: &'static str,
        /// The object.
        path: String,
        /// What is wrong, and what to do.
        remedy: String,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The store refuses this request, for a reason that says nothing of others.
    #[error("{operation} {path}: the store refuses this request")]
    Rejected {
        /// `get`, `put`, `delete` or `list`.
        operation: &'static str,
        /// The object.
        path: String,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The object is there but is not what its key promises.
    #[error("{path}: the stored object is not readable as {expected}; {remedy}")]
    Broken {
        /// The object.
        path: String,
        /// What was expected.
        expected: &'static str,
        /// What to do.
        remedy: &'static str,
        /// The cause; it repeats nothing of the object.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl StoreError {
    /// Whether the same call may succeed later.
    #[must_use]
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::Unavailable { .. } | Self::Rejected { .. } => FailureKind::retry(FailureCause::Store),
            // The message is not what is wrong: it waits, and uses up no attempt.
            Self::Refused { .. } => FailureKind::Snooze { after: REFUSED_WAIT },
            Self::Broken { .. } => FailureKind::Permanent,
        }
    }

    /// An object that is not what its key promises; counted.
    #[must_use]
    pub fn broken(key: &Key, expected: &'static str, cause: String) -> Self {
        metrics::counter!("skuscribe_broken_objects_total").increment(1);
        Self::Broken { path: key.path(), expected, remedy: key.remedy(), source: cause.into() }
    }

    /// An object under our prefix whose path is no key's; counted.
    fn foreign(path: String) -> Self {
        metrics::counter!("skuscribe_broken_objects_total").increment(1);
        Self::Broken {
            path,
            expected: "an object of Skuscribe",
            remedy: "move it away",
            source: "no key is spelled like this".into(),
        }
    }
}

/// Reads and conditional writes of whole objects. Every implementation passes the same contract suite.
pub trait ContentStore: Send + Sync + std::fmt::Debug {
    /// The object, or `None` where there is none.
    fn get<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Option<Object>>;

    /// Writes the object if the condition holds.
    fn put<'a>(&'a self, key: &'a Key, body: Vec<u8>, condition: Condition) -> StoreFuture<'a, Put>;

    /// Removes the object; removing what is not there is no error.
    fn delete<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, ()>;

    /// The paths of up to `limit` objects below a prefix that come after the path `after` (all where it is empty), in lexical order.
    fn list_after<'a>(
        &'a self,
        prefix: &'a str,
        after: &'a str,
        limit: usize,
    ) -> StoreFuture<'a, Vec<String>>;

    /// The paths of the first `limit` objects below a prefix, likewise.
    fn list<'a>(&'a self, prefix: &'a str, limit: usize) -> StoreFuture<'a, Vec<String>> {
        self.list_after(prefix, "", limit)
    }

    /// Where the objects lie, for messages to people (`s3://bucket/prefix`, a folder).
    fn location(&self) -> String;
}

/// Opens the store that the configuration names: `s3://bucket/prefix`, or a folder.
///
/// # Errors
/// When the URL is neither, or the folder cannot be made.
pub async fn open(config: &StoreConfig) -> anyhow::Result<Arc<dyn ContentStore>> {
    if let Some(rest) = config.url.strip_prefix("s3://") {
        return bucket(rest, config).await;
    }
    if config.url.contains("://") {
        anyhow::bail!("store.url = {:?}: write s3://bucket/prefix or the path of a folder", config.url);
    }
    Ok(Arc::new(FolderStore::open(std::path::Path::new(&config.url))?))
}

#[cfg(feature = "s3")]
async fn bucket(path: &str, config: &StoreConfig) -> anyhow::Result<Arc<dyn ContentStore>> {
    Ok(Arc::new(S3Store::connect(path, config).await?))
}

#[cfg(not(feature = "s3"))]
#[expect(clippy::unused_async, reason = "as with S3")]
async fn bucket(_: &str, config: &StoreConfig) -> anyhow::Result<Arc<dyn ContentStore>> {
    anyhow::bail!(
        "store.url = {:?}: this binary was built without S3; build one with `cargo build --release`",
        config.url
    );
}

/// Writes a value as JSON if the condition holds.
///
/// # Errors
/// As [`ContentStore::put`].
pub async fn save(
    store: &dyn ContentStore,
    key: &Key,
    value: &impl Serialize,
    condition: Condition,
) -> Result<Put, StoreError> {
    let body = serde_json::to_vec(value).map_err(|error| StoreError::Rejected {
        operation: "put",
        path: key.path(),
        source: error.into(),
    })?;
    store.put(key, body, condition).await
}

/// How often an inconclusive probe is repeated: an answer that got lost looks like a lost race.
const PROBES_MAX: u32 = 5;

/// Proves that the store honours conditional writes, also when several race.
///
/// # Errors
/// When it does not: a worker must not run on such a store, it would lose updates. Or when it does not answer:
/// then the error is a [`StoreError`].
pub async fn probe(store: &dyn ContentStore, nonce: &str) -> anyhow::Result<()> {
    for attempt in 1..=PROBES_MAX {
        let key = Key::Probe { nonce: format!("{nonce}-{attempt}") };
        let proved = probe_once(store, &key).await;
        let cleaned = store.delete(&key).await;
        if proved? {
            return Ok(cleaned?);
        }
    }
    anyhow::bail!(
        "{}: conditional writes are not honoured, or answers get lost all the time; use a store that honours If-None-Match and If-Match",
        store.location()
    )
}

/// `false` where it proves nothing.
async fn probe_once(store: &dyn ContentStore, key: &Key) -> anyhow::Result<bool> {
    let racers = (0..8).map(|racer: u8| store.put(key, vec![b'0' + racer], Condition::Absent));
    let outcomes = futures_util::future::try_join_all(racers).await?;
    let winners = outcomes.iter().filter(|put| matches!(put, Put::Stored(_))).count();
    anyhow::ensure!(
        winners <= 1,
        "{}: of 8 racing writes with If-None-Match: * {winners} won; the store does not honour conditional writes, use one that does",
        store.location()
    );
    let Some(object) = store.get(key).await? else { return Ok(false) };
    let first = store.put(key, b"first".to_vec(), Condition::Matches(object.etag.clone())).await?;
    let second = store.put(key, b"second".to_vec(), Condition::Matches(object.etag)).await?;
    anyhow::ensure!(
        second == Put::Conflict,
        "{}: If-Match is not honoured; use a store that does",
        store.location()
    );
    let Put::Stored(first) = first else { return Ok(false) };
    store.delete(key).await?;
    let revived = store.put(key, b"third".to_vec(), Condition::Matches(first)).await?;
    anyhow::ensure!(
        revived == Put::Conflict,
        "{}: If-Match is not honoured where there is no object; use a store that does",
        store.location()
    );
    Ok(winners == 1)
}
