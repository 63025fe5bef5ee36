//! A folder as content store: for the demo, for files, and for tests.
//!
//! Conditional writes hold between the tasks of a process and between processes: a lock file per stripe of
//! keys is held while the condition is checked and the new object renamed into place.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Condition, ContentStore, ETag, Key, Object, Put, StoreError, StoreFuture};
use skuscribe_check::product::Digest;

/// How many lock files there are; more means fewer writers that wait for one another.
const STRIPES: usize = 64;
/// Longest path segment that common file systems take is 255 bytes; longer ones are hashed.
const SEGMENT_BYTES_MAX: usize = 200;
/// Holds the lock files and half-written objects.
const PRIVATE: &str = ".skuscribe";

/// Objects as files below one folder.
#[derive(Debug)]
pub struct FolderStore {
    inner: Arc<FolderInner>,
}

#[derive(Debug)]
struct FolderInner {
    root: PathBuf,
    stripes: Vec<std::sync::Mutex<File>>,
    next_temporary: AtomicU64,
}

impl FolderStore {
    /// Opens a folder, which is made where it is missing.
    ///
    /// # Errors
    /// When the folder cannot be made or written to.
    pub fn open(root: &Path) -> anyhow::Result<Self> {
        use anyhow::Context as _;
        let private = root.join(PRIVATE);
        std::fs::create_dir_all(&private)
            .with_context(|| format!("{}: the folder cannot be made", root.display()))?;
        let stripes = (0..STRIPES)
            .map(|stripe| {
                let path = private.join(format!("lock-{stripe}"));
                OpenOptions::new()
                    .create(true)
                    .truncate(false)
                    .write(true)
                    .open(&path)
                    .map(std::sync::Mutex::new)
            })
            .collect::<io::Result<Vec<_>>>()
            .with_context(|| format!("{}: the folder cannot be written to", root.display()))?;
        Ok(Self {
            inner: Arc::new(FolderInner {
                root: root.to_owned(),
                stripes,
                next_temporary: AtomicU64::new(0),
            }),
        })
    }

    async fn blocking<T: Send + 'static>(
        &self,
        operation: &'static str,
        path: String,
        work: impl FnOnce(&FolderInner, &Path) -> io::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = Arc::clone(&self.inner);
        let file = self.inner.file_of(&path);
        let done = tokio::task::spawn_blocking(move || work(&inner, &file)).await;
        let result = match done {
            Ok(result) => result,
            Err(error) => Err(io::Error::other(error)),
        };
        result.map_err(|source| match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                StoreError::Refused { operation, path, source: source.into() }
            }
            _ => StoreError::Unavailable { operation, path, source: source.into() },
        })
    }
}

impl FolderInner {
    fn file_of(&self, path: &str) -> PathBuf {
        let mut file = self.root.clone();
        for segment in path.split('/') {
            if segment.len() > SEGMENT_BYTES_MAX {
                let head: String = segment.chars().take(80).collect();
                file.push(format!("{head}~{}.json", Digest::of(&[segment.as_bytes()])));
            } else {
                file.push(segment);
            }
        }
        file
    }

    fn put(&self, file: &Path, body: &[u8], condition: &Condition) -> io::Result<Put> {
        let stripe = stripe_of(file);
        let Some(lock) = self.stripes.get(stripe) else { return Err(io::Error::other("no such stripe")) };
        let guard = lock.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        guard.lock()?;
        let written = self.put_locked(file, body, condition);
        guard.unlock()?;
        written
    }

    fn put_locked(&self, file: &Path, body: &[u8], condition: &Condition) -> io::Result<Put> {
        let current = read(file)?;
        let holds = match (condition, &current) {
            (Condition::Absent, None) => true,
            (Condition::Matches(etag), Some(current)) => etag_of(current) == *etag,
            _ => false,
        };
        if !holds {
            return Ok(Put::Conflict);
        }
        let number = self.next_temporary.fetch_add(1, Ordering::Relaxed);
        let temporary = self.root.join(PRIVATE).join(format!("new-{}-{number}", std::process::id()));
        File::create(&temporary)?.write_all(body)?;
        if let Err(error) = std::fs::rename(&temporary, file) {
            if error.kind() != io::ErrorKind::NotFound {
                return Err(error);
            }
            if let Some(parent) = file.parent() {
                std::fs::create_dir_all(parent)?;
            }
            std::fs::rename(&temporary, file)?;
        }
        Ok(Put::Stored(etag_of(body)))
    }
}

impl ContentStore for FolderStore {
    fn get<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Option<Object>> {
        Box::pin(async move {
            let body = self.blocking("get", key.path(), |_, file| read(file)).await?;
            Ok(body.map(|body| Object { etag: etag_of(&body), body }))
        })
    }

    fn put<'a>(&'a self, key: &'a Key, body: Vec<u8>, condition: Condition) -> StoreFuture<'a, Put> {
        Box::pin(self.blocking("put", key.path(), move |inner, file| inner.put(file, &body, &condition)))
    }

    fn delete<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, ()> {
        let probe = matches!(key, Key::Probe { .. });
        Box::pin(self.blocking("delete", key.path(), move |_, file| match std::fs::remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => {
                // The probe leaves nothing behind, unless another one is at work in its folder.
                if let Some(folder) = file.parent().filter(|_| probe) {
                    std::fs::remove_dir(folder).ok();
                }
                Ok(())
            }
        }))
    }

    fn list<'a>(&'a self, prefix: &'a str, limit: usize) -> StoreFuture<'a, Vec<String>> {
        let prefix = prefix.to_owned();
        // A prefix is a text, as with S3: the folder it ends in is walked, and what begins otherwise left out.
        let folder = prefix.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        Box::pin(self.blocking("list", folder, move |inner, folder| {
            let mut found = Vec::new();
            collect_files(folder, &inner.root, &mut found)?;
            found.retain(|path| path.starts_with(&prefix));
            found.sort_unstable();
            found.truncate(limit);
            Ok(found)
        }))
    }

    fn location(&self) -> String {
        self.inner.root.display().to_string()
    }
}

fn collect_files(folder: &Path, root: &Path, found: &mut Vec<String>) -> io::Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            if entry.file_name() != PRIVATE {
                collect_files(&entry.path(), root, found)?;
            }
        } else if let Ok(relative) = entry.path().strip_prefix(root) {
            found.push(relative.to_string_lossy().into_owned());
        }
    }
    Ok(())
}

fn read(file: &Path) -> io::Result<Option<Vec<u8>>> {
    match std::fs::read(file) {
        Ok(body) => Ok(Some(body)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn etag_of(body: &[u8]) -> ETag {
    ETag::new(&Digest::of(&[body]).to_string())
}

fn stripe_of(file: &Path) -> usize {
    let digest = Digest::of(&[file.as_os_str().as_encoded_bytes()]);
    let [first, ..] = *digest.as_bytes();
    usize::from(first) % STRIPES
}
