//! A folder as content store: for the demo, for files, and for tests.
//!
//! Conditional writes hold between the tasks of a process and between processes: a lock file per stripe of
//! keys is held while the condition is checked and the new object renamed into place. An object is on the disk before it is
//! renamed, and its name before the write is answered: a crash or a power cut leaves the old object or the new one.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::disk::{Content, hashed, is_other_name, read, remove_left_over, sync_folder, write_through};
use super::{Condition, ContentStore, ETag, Key, Object, Put, StoreError, StoreFuture};
use skuscribe_check::product::Digest;

/// How many lock files there are; more means fewer writers that wait for one another.
const STRIPES: usize = 64;
/// Longest path segment that common file systems take is 255 bytes; longer ones are hashed.
const SEGMENT_BYTES_MAX: usize = 200;
/// Holds the lock files, half-written objects and the long names.
const PRIVATE: &str = ".skuscribe";
/// Below [`PRIVATE`]: the segments that were hashed, by their digests.
const NAMES: &str = "names";

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
    /// Whether the file system takes `a` and `A` for one name.
    folds_case: bool,
}

impl FolderStore {
    /// Opens a folder, which is made where it is missing.
    ///
    /// # Errors
    /// When the folder cannot be made or written to.
    pub fn open(root: &Path) -> anyhow::Result<Self> {
        use anyhow::Context as _;
        let private = root.join(PRIVATE);
        std::fs::create_dir_all(private.join(NAMES))
            .with_context(|| format!("{}: the folder cannot be made", root.display()))?;
        remove_left_over(&private);
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
        let folds_case = private.join("LOCK-0").exists();
        Ok(Self {
            inner: Arc::new(FolderInner {
                root: root.to_owned(),
                stripes,
                next_temporary: AtomicU64::new(0),
                folds_case,
            }),
        })
    }

    async fn blocking<T: Send + 'static>(
        &self,
        operation: &'static str,
        path: String,
        work: impl FnOnce(&FolderInner, &str) -> io::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (inner, of) = (Arc::clone(&self.inner), path.clone());
        let done = tokio::task::spawn_blocking(move || work(&inner, &of)).await;
        let result = match done {
            Ok(result) => result,
            Err(error) => Err(io::Error::other(error)),
        };
        result.map_err(|source| match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => StoreError::Refused {
                operation,
                path,
                remedy: format!(
                    "this user may not write to {}; change its owner or its rights, or mount it writable",
                    self.inner.root.display()
                ),
                source: source.into(),
            },
            io::ErrorKind::InvalidFilename => StoreError::Rejected { operation, path, source: source.into() },
            _ => StoreError::Unavailable { operation, path, source: source.into() },
        })
    }
}

impl FolderInner {
    /// The file of a path. Long segments are hashed; so is a name that a case-folding file system takes for another one.
    fn file_of(&self, path: &str) -> PathBuf {
        let mut file = self.root.clone();
        for segment in path.split('/') {
            file.push(if segment.len() > SEGMENT_BYTES_MAX { hashed(segment) } else { segment.to_owned() });
        }
        let Some(name) = path.rsplit('/').next().filter(|_| self.folds_case) else { return file };
        // The name as it stands on the disk.
        let real = std::fs::canonicalize(&file).ok();
        let real = real.as_ref().and_then(|real| real.file_name()?.to_str());
        let other = file.with_file_name(hashed(name));
        if is_other_name(name, real, || other.exists()) { other } else { file }
    }

    /// Notes the segments of a path that its file does not spell, so that a listing can.
    fn note_names(&self, path: &str, file: &Path) -> io::Result<()> {
        let on_disk: Vec<_> = file.strip_prefix(&self.root).into_iter().flatten().collect();
        for (segment, on_disk) in path.split('/').zip(on_disk) {
            if on_disk == segment {
                continue;
            }
            let names =
                self.root.join(PRIVATE).join(NAMES).join(Digest::of(&[segment.as_bytes()]).to_string());
            if !names.exists() {
                self.write(&names, segment.as_bytes())?;
            }
        }
        Ok(())
    }

    /// The segment that a file name stands for.
    fn segment_of(&self, name: &str) -> String {
        let stem = name.strip_suffix(".json").and_then(|stem| stem.rsplit_once('~'));
        let digest: Option<Digest> = stem.and_then(|(_, digest)| digest.to_owned().try_into().ok());
        let noted = digest.map(|digest| self.root.join(PRIVATE).join(NAMES).join(digest.to_string()));
        let segment = noted.and_then(|noted| std::fs::read_to_string(noted).ok());
        segment.filter(|segment| hashed(segment) == name).unwrap_or_else(|| name.to_owned())
    }

    /// Writes a file as a whole: under another name, to the disk, then renamed.
    fn write(&self, file: &Path, body: &[u8]) -> io::Result<()> {
        let number = self.next_temporary.fetch_add(1, Ordering::Relaxed);
        let temporary = self.root.join(PRIVATE).join(format!("new-{}-{number}", std::process::id()));
        let written = write_through(&temporary, body).and_then(|()| self.rename(&temporary, file));
        if written.is_err() {
            // What is left is removed an hour later.
            std::fs::remove_file(&temporary).ok();
        }
        written
    }

    fn rename(&self, temporary: &Path, file: &Path) -> io::Result<()> {
        let folder = file.parent().unwrap_or(&self.root);
        if let Err(error) = std::fs::rename(temporary, file) {
            if error.kind() != io::ErrorKind::NotFound {
                return Err(error);
            }
            // The names of new folders must survive as well.
            let is_missing = |folder: &&Path| folder.starts_with(&self.root) && !folder.exists();
            let missing: Vec<&Path> = folder.ancestors().take_while(is_missing).collect();
            std::fs::create_dir_all(folder)?;
            for folder in missing.into_iter().filter_map(Path::parent) {
                sync_folder(folder)?;
            }
            std::fs::rename(temporary, file)?;
        }
        sync_folder(folder)
    }

    fn put(&self, path: &str, body: &[u8], condition: &Condition) -> io::Result<Put> {
        let stripe = stripe_of(path);
        let Some(lock) = self.stripes.get(stripe) else { return Err(io::Error::other("no such stripe")) };
        let guard = lock.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        guard.lock()?;
        let written = self.put_locked(path, body, condition);
        guard.unlock()?;
        written
    }

    fn put_locked(&self, path: &str, body: &[u8], condition: &Condition) -> io::Result<Put> {
        let file = self.file_of(path);
        let current = read(&file, usize::MAX)?;
        let holds = match (condition, &current) {
            (Condition::Absent, None) => true,
            (Condition::Matches(etag), Some(Content::Whole(current))) => etag_of(current) == *etag,
            _ => false,
        };
        if !holds {
            return Ok(Put::Conflict);
        }
        self.note_names(path, &file)?;
        self.write(&file, body)?;
        Ok(Put::Stored(etag_of(body)))
    }

    fn list(&self, prefix: &str, after: &str, limit: usize) -> io::Result<Vec<String>> {
        // A prefix is a text, as with S3: the folder it ends in is walked, and what begins otherwise left out.
        let folder = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut found = Vec::new();
        let mut folders = vec![(folder.to_owned(), self.file_of(folder))];
        while let Some((path, folder)) = folders.pop() {
            let entries = match std::fs::read_dir(folder) {
                Err(error)
                    if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
                {
                    continue;
                }
                entries => entries?,
            };
            for entry in entries {
                let entry = entry?;
                if entry.file_name() == PRIVATE {
                    continue;
                }
                let segment = self.segment_of(&entry.file_name().to_string_lossy());
                let path = if path.is_empty() { segment } else { format!("{path}/{segment}") };
                if entry.file_type()?.is_dir() {
                    folders.push((path, entry.path()));
                } else if path.starts_with(prefix) && path.as_str() > after {
                    found.push(path);
                }
            }
        }
        found.sort_unstable();
        found.truncate(limit);
        Ok(found)
    }
}

impl ContentStore for FolderStore {
    fn get<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Option<Object>> {
        Box::pin(async move {
            let max = key.bytes_max();
            let read = self.blocking("get", key.path(), move |inner, path| read(&inner.file_of(path), max));
            match read.await? {
                None => Ok(None),
                Some(Content::Whole(body)) => Ok(Some(Object { etag: etag_of(&body), body })),
                Some(Content::Unreadable(cause)) => {
                    Err(StoreError::broken(key, "an object of its kind", cause))
                }
            }
        })
    }

    fn put<'a>(&'a self, key: &'a Key, body: Vec<u8>, condition: Condition) -> StoreFuture<'a, Put> {
        Box::pin(self.blocking("put", key.path(), move |inner, path| inner.put(path, &body, &condition)))
    }

    fn delete<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, ()> {
        let probe = matches!(key, Key::Probe { .. });
        Box::pin(self.blocking("delete", key.path(), move |inner, path| {
            let file = inner.file_of(path);
            let folder = file.parent().unwrap_or(&inner.root);
            match std::fs::remove_file(&file) {
                Ok(()) => sync_folder(folder)?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
            // The probe leaves nothing behind, unless another one is at work in its folder.
            if probe {
                std::fs::remove_dir(folder).ok();
            }
            Ok(())
        }))
    }

    fn list_after<'a>(
        &'a self,
        prefix: &'a str,
        after: &'a str,
        limit: usize,
    ) -> StoreFuture<'a, Vec<String>> {
        let after = after.to_owned();
        let list = move |inner: &FolderInner, prefix: &str| inner.list(prefix, &after, limit);
        Box::pin(self.blocking("list", prefix.to_owned(), list))
    }

    fn location(&self) -> String {
        self.inner.root.display().to_string()
    }
}

fn etag_of(body: &[u8]) -> ETag {
    ETag::new(&Digest::of(&[body]).to_string())
}

fn stripe_of(path: &str) -> usize {
    // By the lower case: where case is folded, two names are one file.
    let digest = Digest::of(&[path.to_ascii_lowercase().as_bytes()]);
    let [first, ..] = *digest.as_bytes();
    usize::from(first) % STRIPES
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::disk::LEFT_OVER;
    use std::time::Duration;

    /// A folder that goes when it is dropped.
    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            let name = format!("skuscribe-folder-{}-{:016x}", std::process::id(), fastrand::u64(..));
            Self(std::env::temp_dir().join(name))
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            std::fs::remove_dir_all(&self.0).unwrap();
        }
    }

    fn product(sku: &str) -> Key {
        Key::Product { sku: sku.parse().unwrap() }
    }

    #[tokio::test]
    async fn long_names_are_listed_as_they_are_spelled() {
        let folder = Folder::new();
        let store = FolderStore::open(&folder.0).unwrap();
        let keys = [product("A1"), product(&"\u{e4}".repeat(90)), product(&"x".repeat(250))];
        for key in &keys {
            store.put(key, b"1".to_vec(), Condition::Absent).await.unwrap();
        }
        let mut expected: Vec<String> = keys.iter().map(Key::path).collect();
        expected.sort();
        assert_eq!(store.list("products/", 9).await.unwrap(), expected);
        assert_eq!(store.list_after("products/", &expected[0], 1).await.unwrap(), expected[1..2]);
        for path in expected {
            assert!(store.get(&Key::of_path(&path).unwrap()).await.unwrap().is_some(), "{path}");
        }
    }

    #[tokio::test]
    async fn what_a_crash_left_half_written_is_no_object_and_goes_after_an_hour() {
        let folder = Folder::new();
        let store = FolderStore::open(&folder.0).unwrap();
        store.put(&product("A1"), b"old".to_vec(), Condition::Absent).await.unwrap();
        let (fresh, old) = (folder.0.join(PRIVATE).join("new-1-1"), folder.0.join(PRIVATE).join("new-1-2"));
        for (file, age) in [(&fresh, Duration::ZERO), (&old, LEFT_OVER)] {
            let half = File::create(file).unwrap();
            half.set_modified(std::time::SystemTime::now() - age).unwrap();
        }
        let store = FolderStore::open(&folder.0).unwrap();
        assert_eq!(store.list("", 9).await.unwrap(), ["products/A1.json"]);
        assert_eq!(store.get(&product("A1")).await.unwrap().unwrap().body, b"old");
        assert!(fresh.exists() && !old.exists(), "another process may be writing the fresh one");
    }

    #[tokio::test]
    async fn what_is_no_file_or_too_large_is_one_broken_object() {
        let folder = Folder::new();
        let store = FolderStore::open(&folder.0).unwrap();
        std::fs::create_dir_all(folder.0.join("products/A1.json")).unwrap();
        let large = File::create(folder.0.join("products/A2.json")).unwrap();
        large.set_len(17 << 20).unwrap();
        for (sku, part) in [("A1", "no file"), ("A2", "more than 16777216 bytes")] {
            let error = store.get(&product(sku)).await.unwrap_err();
            assert!(
                matches!(&error, StoreError::Broken { source, .. } if source.to_string().contains(part)),
                "{error}"
            );
        }
        let put = store.put(&product("A2"), b"new".to_vec(), Condition::Absent).await.unwrap();
        assert_eq!(put, Put::Conflict, "it is not overwritten");
    }
}
