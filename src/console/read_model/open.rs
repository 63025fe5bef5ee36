//! Opening the file: the write-ahead log, the tables, and a file of an older shape made anew.

use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use sqlx::SqlSafeStr as _;
use sqlx::SqlitePool;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use tokio::sync::watch;

use super::{ReadModel, ReadModelError};
use crate::clock::Clock;

/// Stands in the header of the file, so that nobody else's is ever deleted ("skus").
const APPLICATION_ID: u32 = 0x736b_7573;
/// Where it stands there, and where the header's first words end.
const APPLICATION_ID_AT: usize = 68;
const MAGIC: &[u8] = b"SQLite format 3\0";
/// Pages that answer several people at once.
const READERS: u32 = 4;
/// Pages in memory, in KiB, of each connection.
const READER_CACHE: &str = "-16000";
const WRITER_CACHE: &str = "-48000";

impl ReadModel {
    /// Opens the file, or makes it. One of an older shape is made anew, and is empty then: see [`ReadModel::is_complete`].
    ///
    /// # Errors
    /// When the file cannot be made or is somebody else's.
    pub async fn open(path: &Path, clock: Clock) -> Result<Self, ReadModelError> {
        let file = |source| ReadModelError::File { path: path.to_owned(), source };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(file)?;
        }
        if !is_ours(path).map_err(file)? {
            return Err(ReadModelError::Foreign { path: path.to_owned() });
        }
        match Self::open_once(path, clock.clone()).await {
            Err(ReadModelError::Shape {
                source: MigrateError::VersionMismatch(_) | MigrateError::VersionMissing(_),
                ..
            }) => {
                tracing::info!(path = %path.display(), "the read model has an older shape and is made anew");
                remove(path).map_err(file)?;
                Self::open_once(path, clock).await
            }
            result => result,
        }
    }

    async fn open_once(path: &Path, clock: Clock) -> Result<Self, ReadModelError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(Duration::from_secs(10));
        let id = APPLICATION_ID.to_string();
        let writer = options.clone().pragma("cache_size", WRITER_CACHE).pragma("application_id", id);
        let writer = pool(1).connect_with(writer).await?;
        migrate(&writer, path).await?;
        let readers = options.pragma("cache_size", READER_CACHE).pragma("query_only", "1");
        let readers = pool(READERS).connect_with(readers).await?;
        Ok(Self { readers, writer, clock, changes: watch::Sender::default() })
    }

    /// One in memory, gone with its last clone.
    ///
    /// # Errors
    /// When SQLite does not start.
    pub async fn in_memory(clock: Clock) -> Result<Self, ReadModelError> {
        let options = SqliteConnectOptions::new().in_memory(true);
        let writer = pool(1).connect_with(options).await?;
        migrate(&writer, Path::new(":memory:")).await?;
        Ok(Self { readers: writer.clone(), writer, clock, changes: watch::Sender::default() })
    }

    /// Closes the file; what is asked afterwards is an error.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Whether it holds the whole store: false from the start until a rebuild has run through.
    ///
    /// # Errors
    /// When SQLite does not answer.
    pub async fn is_complete(&self) -> Result<bool, ReadModelError> {
        let complete = sqlx::query_scalar::<_, i64>("SELECT value FROM state WHERE name = 'complete'");
        Ok(complete.fetch_one(&self.readers).await? == 1)
    }
}

/// A memory of its own dies with its connection, and a page should not wait for one.
fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new().max_connections(connections).idle_timeout(None).max_lifetime(None)
}

async fn migrate(writer: &SqlitePool, path: &Path) -> Result<(), ReadModelError> {
    let sql = include_str!("migrations/0001_shape.sql").into_sql_str();
    let shape = Migration::new(1, "shape".into(), MigrationType::Simple, sql, false);
    let migrated = Migrator::with_migrations(vec![shape]).run(writer).await;
    migrated.map_err(|source| ReadModelError::Shape { path: path.to_owned(), source })
}

/// Whether nothing of somebody else would be lost with the file.
fn is_ours(path: &Path) -> std::io::Result<bool> {
    let mut file = match std::fs::File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(true),
        file => file?,
    };
    let mut header = Vec::with_capacity(100);
    file.by_ref().take(100).read_to_end(&mut header)?;
    let id = header.get(APPLICATION_ID_AT..APPLICATION_ID_AT + 4);
    let marked = header.starts_with(MAGIC) && id == Some(APPLICATION_ID.to_be_bytes().as_slice());
    Ok(header.is_empty() || marked)
}

fn remove(path: &Path) -> std::io::Result<()> {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        match std::fs::remove_file(&name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
