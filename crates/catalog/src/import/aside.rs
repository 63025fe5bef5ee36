//! A file for what has to wait and does not fit into memory; it goes with whoever made it.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// A file that is made once it is needed.
pub(super) struct Aside {
    path: PathBuf,
    file: Option<File>,
}

impl Aside {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), file: None }
    }

    /// Keeps bytes; gives where they stand.
    pub(super) fn put(&mut self, bytes: &[u8]) -> io::Result<u64> {
        let file = if let Some(file) = &mut self.file {
            file
        } else {
            // A file that is there already is somebody else's.
            let file = File::options().read(true).write(true).create_new(true).open(&self.path)?;
            self.file.insert(file)
        };
        let at = file.seek(SeekFrom::End(0))?;
        file.write_all(bytes)?;
        Ok(at)
    }

    /// What was kept there.
    pub(super) fn get(&mut self, at: u64, length: usize) -> io::Result<Vec<u8>> {
        let lost = self.lost();
        let Some(file) = &mut self.file else { return Err(lost) };
        let mut bytes = vec![0; length];
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// What was kept is not there any more.
    pub(super) fn lost(&self) -> io::Error {
        io::Error::other(format!("{}: what was put aside is gone", self.path.display()))
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        if self.file.take().is_some() && std::fs::remove_file(&self.path).is_err() {
            // It lies in a folder for temporary files, and says nothing that the catalog does not.
        }
    }
}
