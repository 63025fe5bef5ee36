//! The read model: what the console lists, counts and searches, in SQLite. The store stays the truth; this is a cache of it
//! that outcome events keep up to date, and that can be rebuilt at any time.

mod apply;
mod catalog;
mod costs;
mod counts;
mod cursor;
mod entry;
mod feeder;
mod full_text;
mod load;
mod open;
mod rebuild;
mod review;
mod row;
#[cfg(test)]
mod tests;
mod timeline;

use std::path::PathBuf;

use sqlx::SqlitePool;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::store::StoreError;

pub use catalog::Found;
pub use costs::{Cost, CostPart};
pub use counts::Counts;
pub use cursor::{PAGE_MAX, Page, PageRequest};
pub use entry::{Entry, Holding};
pub use feeder::{FeedReadError, Feeder};
pub use rebuild::{Rebuilt, rebuild};
pub use review::ReviewOrder;
pub use row::{DocumentRow, WaitingDraft};
pub use timeline::{Bucket, BucketWidth, StateTotal};

/// Why the read model gives no answer.
#[derive(Debug, thiserror::Error)]
pub enum ReadModelError {
    /// SQLite.
    #[error(
        "the console's read model does not answer; delete its file to have it built anew if this goes on"
    )]
    Database(#[from] sqlx::Error),
    /// Its tables could not be made.
    #[error(
        "{path}: the tables of the console's read model cannot be made; is the folder writable, the disk full?"
    )]
    Shape {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: sqlx::migrate::MigrateError,
    },
    /// The file cannot be read or made.
    #[error("{path}: the file of the console's read model cannot be opened")]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The file is somebody else's.
    #[error("{path} is no read model of the console; it is left as it is, name another file")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A cursor of another list, or none of ours.
    #[error("the cursor is none of this list; begin at its first page")]
    Cursor,
    /// A span of time with too many parts.
    #[error("from {from} to {to} are {buckets} parts; ask for at most {max}, or for longer ones")]
    TooMany {
        /// Begin.
        from: jiff::Timestamp,
        /// End.
        to: jiff::Timestamp,
        /// How many it would be.
        buckets: i64,
        /// How many are allowed.
        max: i64,
    },
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A row that cannot be written as JSON.
    #[error("a row of the console's read model cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

/// The console's read model: cheap to clone, one writer, several readers.
#[derive(Clone, Debug)]
pub struct ReadModel {
    readers: SqlitePool,
    writer: SqlitePool,
    clock: Clock,
    changes: watch::Sender<u64>,
}

impl ReadModel {
    /// Counts the changes since it was opened, so that a page may wait for the next one.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}
