//! The ledger in the store: what each process spent on each day, by lane, job and model; written every few seconds.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _};
use jiff::civil::Date;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::spend::{DaySpend, Spend};
use crate::failure::chain;
use crate::store::{
    Condition, ContentStore, ETag, Key, Put, SetAside, StoreError, StoredObject, keys, load, save,
};

/// How often the ledger is written: of a process that is killed it lacks no more than that. The sum is in the day's budget
/// all the same.
const WRITE_EVERY: Duration = Duration::from_secs(10);
/// Longest time for the last write.
const LAST_WRITE_MAX: Duration = Duration::from_secs(5);
/// Most processes of one day that are read; a worker that is restarted every six seconds makes 14,400.
const PROCESSES_MAX: usize = 100_000;
/// Reads in flight.
const READS: usize = 32;

/// The ledger of one process.
#[derive(Debug)]
pub struct Ledger {
    store: Arc<dyn ContentStore>,
    spend: Arc<Spend>,
    process: String,
    versions: Mutex<HashMap<Date, ETag>>,
}

impl Ledger {
    /// The ledger of this process.
    #[must_use]
    pub fn new(store: Arc<dyn ContentStore>, spend: Arc<Spend>) -> Self {
        // In containers every process has the same id.
        let process = format!("{}-{:016x}", std::process::id(), fastrand::u64(..));
        Self { store, spend, process, versions: Mutex::default() }
    }

    /// Writes until `stop`, and closes the ledger then.
    pub async fn keep(&self, stop: &CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(WRITE_EVERY) => {}
            }
            self.round(false).await;
        }
        self.close().await;
    }

    /// Writes what was spent, and gives back what is booked and was not. Called at the end, when no call is in flight.
    pub async fn close(&self) {
        // A store that is gone must not hold up the end for long.
        if tokio::time::timeout(LAST_WRITE_MAX, self.round(true)).await.is_err() {
            tracing::warn!(
                "the last spend could not be written to the ledger; what is booked of the day stays booked"
            );
        }
    }

    /// A store that does not answer is asked again the next time.
    async fn round(&self, last: bool) {
        if let Err(error) = self.write().await {
            tracing::warn!(error = %chain(&error), "the spend could not be written to the ledger; trying again");
        }
        if let Err(error) = self.spend.balance(last).await {
            tracing::warn!(error = %chain(&error), "the budget of the day could not be brought up to date; trying again");
        }
    }

    async fn write(&self) -> Result<(), StoreError> {
        let mut versions = self.versions.lock().await;
        for (day, spend) in self.spend.take_unwritten() {
            let key = Key::Spend { day, process: self.process.clone() };
            let condition =
                versions.get(&day).map_or(Condition::Absent, |etag| Condition::Matches(etag.clone()));
            let stored = match save(&*self.store, &key, &spend, condition).await {
                // An answer got lost: nobody else writes this object.
                Ok(Put::Conflict) => match self.store.get(&key).await? {
                    Some(object) => save(&*self.store, &key, &spend, Condition::Matches(object.etag)).await,
                    None => save(&*self.store, &key, &spend, Condition::Absent).await,
                },
                other => other,
            };
            match stored {
                Ok(Put::Stored(etag)) => drop(versions.insert(day, etag)),
                Ok(Put::Conflict) => self.spend.put_back_unwritten(day),
                Err(error) => {
                    self.spend.put_back_unwritten(day);
                    return Err(error);
                }
            }
        }
        Ok(())
    }
}

impl StoredObject for DaySpend {
    const NAME: &'static str = "spend.v1";
}

/// What all processes spent on a day. Objects that cannot be read are set aside.
///
/// # Errors
/// When the store does not answer.
pub async fn read_day(store: &dyn ContentStore, day: Date, aside: &SetAside) -> Result<DaySpend, StoreError> {
    let read = futures_util::stream::iter(keys(store, &format!("spend/{day}/"), PROCESSES_MAX, aside).await?)
        .map(|key| async move { aside.skip(load::<DaySpend>(store, &key).await) })
        .buffer_unordered(READS);
    read.try_fold(DaySpend::default(), async |mut sum, spend| {
        if let Some((spend, _)) = spend {
            sum.add(&spend);
        }
        Ok(sum)
    })
    .await
}
