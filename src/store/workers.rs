//! What workers say of themselves in the store: that they live, which lanes are paused, and why messages of jobs wait.
//!
//! Each worker has an object of its own and writes it every few seconds. One that ends takes it away; that of one that was
//! killed grows old, and counts no more.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Condition, ContentStore, Key, SetAside, StoreError, StoredObject, keys, load, save};
use crate::lane::Lane;

/// A report that is older is of a worker that is gone.
pub const FRESH: Duration = Duration::from_mins(1);
/// Most workers that are read.
const WORKERS_MAX: usize = 10_000;
/// Reads in flight.
const READS: usize = 32;

/// `worker.v1`: what a worker says of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WorkerReport {
    /// Always `worker.v1`.
    pub schema: String,
    /// Its name: no other worker has it.
    pub process: String,
    /// When it said so.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// The lanes that it consumes.
    pub lanes: Vec<Lane>,
    /// Deliveries that it works on.
    pub in_flight: u64,
    /// The lanes that are paused, with the reason.
    #[serde(default)]
    pub paused: BTreeMap<Lane, String>,
    /// Why messages of jobs were sent away lately, by job.
    #[serde(default)]
    pub waits: BTreeMap<String, JobWait>,
}

/// Why messages of a job were sent away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobWait {
    /// What happened last.
    pub reason: String,
    /// When.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// How often messages were sent away since the worker started.
    pub messages: u64,
}

impl StoredObject for WorkerReport {
    const NAME: &'static str = "worker.v1";

    fn schema(&self) -> Option<&str> {
        Some(&self.schema)
    }

    fn belongs_to(&self, key: &Key) -> bool {
        matches!(key, Key::Worker { process } if *process == self.process)
    }
}

impl WorkerReport {
    /// Whether its worker lives, as far as that can be known.
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        let age = now.duration_since(self.at);
        Duration::try_from(age).map_or(true, |age| age <= FRESH)
    }
}

/// Writes a worker's report over its last one. Nobody else writes that object: a lost race is the answer of an earlier write.
///
/// # Errors
/// When the store does not answer.
pub async fn report(store: &dyn ContentStore, report: &WorkerReport) -> Result<(), StoreError> {
    let key = Key::Worker { process: report.process.clone() };
    let condition = match store.get(&key).await? {
        Some(object) => Condition::Matches(object.etag),
        None => Condition::Absent,
    };
    save(store, &key, report, condition).await.map(|_| ())
}

/// The reports of the workers that live. Objects that cannot be read are set aside.
///
/// # Errors
/// When the store does not answer.
pub async fn living(
    store: &dyn ContentStore,
    now: Timestamp,
    aside: &SetAside,
) -> Result<Vec<WorkerReport>, StoreError> {
    let all = all(store, aside).await?;
    Ok(all.into_iter().filter(|report| report.is_fresh(now)).collect())
}

/// Takes away the reports of workers that are gone for an hour.
///
/// # Errors
/// When the store does not answer.
pub async fn forget_gone(store: &dyn ContentStore, now: Timestamp) -> Result<(), StoreError> {
    let aside = SetAside::default();
    let all = all(store, &aside).await?;
    aside.log();
    for gone in all.iter().filter(|report| now.duration_since(report.at).as_hours() >= 1) {
        store.delete(&Key::Worker { process: gone.process.clone() }).await?;
    }
    Ok(())
}

async fn all(store: &dyn ContentStore, aside: &SetAside) -> Result<Vec<WorkerReport>, StoreError> {
    let reads = futures_util::stream::iter(keys(store, "workers/", WORKERS_MAX, aside).await?)
        .map(|key| async move { aside.skip(load::<WorkerReport>(store, &key).await) })
        .buffer_unordered(READS);
    let found: Vec<_> = reads.try_collect().await?;
    Ok(found.into_iter().flatten().map(|(report, _)| report).collect())
}
