//! Jobs: bulk re-generations, with who asked for what, how far they are, and whether they may go on.
//!
//! A job is one object in the store and messages that carry its id. The messages' ids are made of the job's and the SKU, so
//! that publishing them again runs nothing twice. Workers look at the job before each of its messages; how far it is stands
//! in the change feed. What a person tells the writer stands in the job alone, and in no message: whoever may publish
//! messages could else instruct the model.

mod error;
mod gate;
mod money;
mod note;
mod progress;
mod select;
mod start;
mod steer;
mod tally;
mod waits;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use error::{JobError, SendError};
pub use gate::{JobGate, JobStanding};
pub use note::{NoteError, checked_note};
pub use progress::{Eta, EtaBy, JobProgress, progress};
pub use select::{Selected, selected, selected_one};
pub use start::{Confirmed, JobRequest, publish, retry_failed, start};
pub use steer::{Steering, steer};
pub use tally::{JobTally, finished, tallies, tally};

use crate::store::{Condition, ContentStore, ETag, Key, Put, StoreError, StoredObject, load, save};
use skuscribe_check::product::{Digest, Locale};

/// How often a lost compare-and-swap of a job is tried again.
const RACES_MAX: u32 = 16;

/// Whether a job goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Its messages are worked.
    Running,
    /// Its messages are sent away and come back until it is resumed.
    Paused,
    /// What was not worked yet never is.
    Cancelled,
    /// Every task has its outcome.
    Done,
}

impl JobState {
    /// The state's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Cancelled => "cancelled",
            Self::Done => "done",
        }
    }
}

/// `job.v1`: a job as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Job {
    /// Always `job.v1`.
    pub schema: String,
    /// Its id.
    pub id: String,
    /// Who asked for it.
    pub by: String,
    /// What was asked for, as it was typed.
    pub selection: String,
    /// The recipes; empty for those of each document.
    pub recipes: Vec<String>,
    /// Whether texts are written again although nothing changed.
    pub force: bool,
    /// What the writer is told, for the texts of this job alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Whether it goes on.
    pub state: JobState,
    /// Who paused, resumed or cancelled it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_by: Option<String>,
    /// When that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub state_at: Option<Timestamp>,
    /// When it was made.
    #[schemars(with = "String")]
    pub created_at: Timestamp,
    /// Its messages, one a product.
    pub messages: u64,
    /// Its tasks, one a product and locale.
    pub tasks: u64,
    /// Messages that the broker has confirmed.
    pub published: u64,
    /// The segment of the change feed after which its outcomes stand.
    pub feed_after: u64,
    /// How often what failed was asked for again.
    #[serde(default)]
    pub rounds: u64,
}

/// Longest id of a message, in bytes: intake takes 200 characters, and a broker 255 bytes.
const MESSAGE_ID_BYTES_MAX: usize = 200;
/// How much of a long SKU stands in an id, in bytes, for people; its digest tells it apart.
const SKU_BYTES_SHOWN: usize = 60;

impl StoredObject for Job {
    const NAME: &'static str = "job.v1";

    fn schema(&self) -> Option<&str> {
        Some(&self.schema)
    }

    fn belongs_to(&self, key: &Key) -> bool {
        matches!(key, Key::Job { id } if *id == self.id)
    }
}

/// The id of a job's message about a product. A later round asks again for what failed.
///
/// The round is always part of it, or a SKU such as `5/blue` would be read as one.
#[must_use]
pub fn message_id(job: &str, round: u64, sku: &str) -> String {
    let id = format!("{job}/{round}/{sku}");
    if id.len() <= MESSAGE_ID_BYTES_MAX {
        return id;
    }
    let shown = sku.get(..sku.floor_char_boundary(SKU_BYTES_SHOWN)).unwrap_or_default();
    format!("{job}/{round}/{shown}…{}", Digest::of(&[sku.as_bytes()]))
}

/// The locales of a task, where a selection names none: those that the product was asked for in.
#[must_use]
pub fn locales_or_default(selected: &[Locale], known: &[Locale]) -> Vec<Locale> {
    if selected.is_empty() { known.to_vec() } else { selected.to_vec() }
}

/// A job, if there is one of that id.
///
/// # Errors
/// When the store does not answer, or the object is no job.
pub async fn read(store: &dyn ContentStore, id: &str) -> Result<Option<(Job, ETag)>, StoreError> {
    load(store, &Key::Job { id: id.to_owned() }).await
}

/// Writes a job down for the first time. `false` where there is one of that id.
///
/// # Errors
/// When the store does not answer.
pub async fn create(store: &dyn ContentStore, job: &Job) -> Result<bool, StoreError> {
    let put = save(store, &Key::Job { id: job.id.clone() }, job, Condition::Absent).await?;
    Ok(matches!(put, Put::Stored(_)))
}

/// Changes a job by compare-and-swap; returns it as it is then, or `None` where there is none.
///
/// # Errors
/// When the store does not answer.
pub async fn change(
    store: &dyn ContentStore,
    id: &str,
    change: impl Fn(&mut Job),
) -> Result<Option<Job>, StoreError> {
    for _ in 0..RACES_MAX {
        let Some((mut job, etag)) = read(store, id).await? else { return Ok(None) };
        change(&mut job);
        let key = Key::Job { id: id.to_owned() };
        if matches!(save(store, &key, &job, Condition::Matches(etag)).await?, Put::Stored(_)) {
            return Ok(Some(job));
        }
    }
    Err(StoreError::Unavailable {
        operation: "put",
        path: Key::Job { id: id.to_owned() }.path(),
        source: format!("{RACES_MAX} races for it were lost").into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::{Origin, decode};

    #[test]
    fn the_id_of_every_sku_s_message_is_within_the_limits_and_its_own() {
        let job = "backfill-20260102-030405-abcdef";
        let long = |end: &str| format!("{}{end}", "長い".repeat(42));
        let ids = [long("a"), long("b"), "x".repeat(256), "5/blue".to_owned(), "A1".to_owned()].map(|sku| {
            let id = message_id(job, 0, &sku);
            let body = serde_json::json!({
                "id": id, "type": "product.updated", "occurred_at": "2026-01-02T03:04:05Z",
                "product": { "sku": sku, "title": "Mug" }
            });
            assert!(id.len() <= MESSAGE_ID_BYTES_MAX, "{id}");
            decode(body.to_string().as_bytes(), &Origin::default()).unwrap();
            id
        });
        let distinct: std::collections::BTreeSet<&String> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len(), "{ids:?}");
    }
}
