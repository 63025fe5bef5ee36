//! Files as the folder store needs them: written whole and to the disk, read within limits, under names that every file
//! system takes.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use skuscribe_check::product::Digest;

/// Half-written objects so old are what a crash left.
pub(super) const LEFT_OVER: Duration = Duration::from_hours(1);

/// What stands at a key.
pub(super) enum Content {
    Whole(Vec<u8>),
    /// Something is there that is no object; why.
    Unreadable(String),
}

/// Reads a file of at most `max` bytes. What is no file, or may not be read, is one broken object, and no broken store.
pub(super) fn read(file: &Path, max: usize) -> io::Result<Option<Content>> {
    let unreadable = |cause: &str| Ok(Some(Content::Unreadable(cause.to_owned())));
    match std::fs::metadata(file) {
        Ok(about) if !about.is_file() => return unreadable("it is no file"),
        Ok(about) if usize::try_from(about.len()).is_ok_and(|bytes| bytes > max) => {
            return Ok(Some(Content::Unreadable(format!("it has more than {max} bytes"))));
        }
        _ => {}
    }
    match std::fs::read(file) {
        Ok(body) => Ok(Some(Content::Whole(body))),
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Ok(None),
            io::ErrorKind::PermissionDenied => unreadable("this user may not read it"),
            _ => Err(error),
        },
    }
}

/// Writes a file and waits until it is on the disk.
pub(super) fn write_through(file: &Path, body: &[u8]) -> io::Result<()> {
    let mut file = File::create(file)?;
    file.write_all(body)?;
    file.sync_all()
}

/// Waits until a folder's names are on the disk, where the system can say so.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(not(unix)) {
        return Ok(());
    }
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        // Some network file systems cannot; others may have removed the folder since.
        Err(error)
            if !matches!(
                error.kind(),
                io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported | io::ErrorKind::NotFound
            ) =>
        {
            Err(error)
        }
        _ => Ok(()),
    }
}

/// Removes half-written objects that a crash left behind.
pub(super) fn remove_left_over(private: &Path) {
    for entry in std::fs::read_dir(private).into_iter().flatten().flatten() {
        let is_new = entry.file_name().to_string_lossy().starts_with("new-");
        let age =
            entry.metadata().and_then(|about| about.modified()).map(|at| at.elapsed().unwrap_or_default());
        if is_new && age.is_ok_and(|age| age >= LEFT_OVER) {
            // Another process may do the same.
            std::fs::remove_file(entry.path()).ok();
        }
    }
}

/// A segment that the file system cannot take as it is.
pub(super) fn hashed(segment: &str) -> String {
    let head: String = segment.chars().take(80).collect();
    format!("{head}~{}.json", Digest::of(&[segment.as_bytes()]))
}

/// Whether the object of a name lies under its hash, for its file would be (`real`) that of another name, or was once.
pub(super) fn is_other_name(name: &str, real: Option<&str>, hash_exists: impl FnOnce() -> bool) -> bool {
    match real {
        Some(real) => real != name && real.eq_ignore_ascii_case(name),
        None => hash_exists(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_case_alone_do_not_share_a_file() {
        for (name, real, hash_exists, other) in [
            ("Ab.json", None, false, false),
            ("Ab.json", Some("Ab.json"), false, false),
            ("Ab.json", Some("AB.json"), false, true),
            // The other one is gone since; this one stays where it was put.
            ("Ab.json", None, true, true),
        ] {
            assert_eq!(is_other_name(name, real, || hash_exists), other, "{name} {real:?}");
        }
    }
}
