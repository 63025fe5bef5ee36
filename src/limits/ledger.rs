//! The ledger in the store: what each process spent on each day, written every few seconds and read by all.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::spend::{DaySpend, Spend};
use crate::failure::chain;
use crate::store::{
    Condition, ContentStore, ETag, Key, Put, SetAside, StoreError, StoredObject, keys, load, save,
};

/// How often the ledger is written: a process that is killed loses no more than that.
const WRITE_EVERY: Duration = Duration::from_secs(10);
/// Longest time for the last write.
const LAST_WRITE_MAX: Duration = Duration::from_secs(5);
/// The other processes' days are read at every third write, where there is a cap.
const READ_EVERY: u32 = 3;
/// Most processes of one day that are read.
const PROCESSES_MAX: usize = 10_000;

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

    /// Writes and reads until `stop`, and writes the rest then.
    pub async fn keep(&self, stop: &CancellationToken) {
        let mut rounds = 0;
        loop {
            let read = rounds % READ_EVERY == 0 && self.spend.is_capped();
            self.round(read).await;
            rounds += 1;
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(WRITE_EVERY) => {}
            }
        }
        // A store that is gone must not hold up the end for long.
        if tokio::time::timeout(LAST_WRITE_MAX, self.round(false)).await.is_err() {
            tracing::warn!("the last spend could not be written to the ledger");
        }
    }

    /// Writes what was spent, and reads what the others spent; a store that does not answer is asked again the
    /// next time.
    pub async fn round(&self, read: bool) {
        if let Err(error) = self.write().await {
            tracing::warn!(error = %chain(&error), "the spend could not be written to the ledger; trying again");
        }
        if read && let Err(error) = self.read_others().await {
            tracing::warn!(error = %chain(&error), "the spend of other workers could not be read from the ledger");
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
                Ok(Put::Conflict) => self.spend.put_back_unwritten(day, spend),
                Err(error) => {
                    self.spend.put_back_unwritten(day, spend);
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    async fn read_others(&self) -> Result<(), StoreError> {
        let day = self.spend.day();
        let aside = SetAside::default();
        let others = read_day(&*self.store, day, Some(&self.process), &aside).await?;
        aside.log();
        self.spend.set_others(day, others);
        Ok(())
    }
}

impl StoredObject for DaySpend {
    const NAME: &'static str = "spend.v1";
}

/// What all processes spent on a day, but for the one named. Objects that cannot be read are set aside.
///
/// # Errors
/// When the store does not answer.
pub async fn read_day(
    store: &dyn ContentStore,
    day: Date,
    without: Option<&str>,
    aside: &SetAside,
) -> Result<DaySpend, StoreError> {
    let mut sum = DaySpend::default();
    for key in keys(store, &format!("spend/{day}/"), PROCESSES_MAX, aside).await? {
        if matches!(&key, Key::Spend { process, .. } if Some(process.as_str()) == without) {
            continue;
        }
        if let Some((spend, _)) = aside.skip(load::<DaySpend>(store, &key).await)? {
            sum.add(&spend);
        }
    }
    Ok(sum)
}
