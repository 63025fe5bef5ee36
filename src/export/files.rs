//! The files of an export: written beside their place, then moved there together, so that nobody reads half of one.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use flate2::Compression;
use flate2::write::GzEncoder;
use skuscribe_catalog::export::Framing;

/// A file that is being written; what is not moved to its place is removed.
#[derive(Debug)]
pub(super) struct PendingFile {
    /// Where it lies meanwhile.
    temporary: PathBuf,
    writer: Option<PendingWriter>,
}

#[derive(Debug)]
enum PendingWriter {
    Plain(BufWriter<File>),
    Gzip(Box<GzEncoder<BufWriter<File>>>),
}

impl PendingFile {
    /// Opens a file beside its place; one whose name ends in `.gz` is packed.
    pub(super) fn create(place: &Path, mark: &str) -> anyhow::Result<Self> {
        let name = place.file_name().and_then(|name| name.to_str()).unwrap_or("export");
        let temporary = place.with_file_name(format!(".{name}.{}-{mark}.part", std::process::id()));
        let file = File::create(&temporary)
            .with_context(|| format!("{}: no file can be made there", temporary.display()))?;
        let file = BufWriter::with_capacity(1 << 16, file);
        let writer = if is_packed(place) {
            PendingWriter::Gzip(Box::new(GzEncoder::new(file, Compression::default())))
        } else {
            PendingWriter::Plain(file)
        };
        Ok(Self { temporary, writer: Some(writer) })
    }

    /// Ends the file: everything is on the disk, or it is an error.
    pub(super) fn end(&mut self) -> anyhow::Result<()> {
        let file = match self.writer.take() {
            None => return Ok(()),
            Some(PendingWriter::Plain(file)) => file,
            Some(PendingWriter::Gzip(packed)) => packed.finish()?,
        };
        let file = file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        file.sync_all().with_context(|| self.temporary.display().to_string())
    }

    /// Moves the ended file to its place.
    pub(super) fn place(self, place: &Path) -> anyhow::Result<()> {
        std::fs::rename(&self.temporary, place)
            .with_context(|| format!("{}: the file cannot be put there", place.display()))
    }

    /// Copies the ended file to a writer.
    pub(super) fn copy_to(&self, out: &mut impl Write) -> anyhow::Result<()> {
        std::io::copy(&mut File::open(&self.temporary)?, out)?;
        out.flush()?;
        Ok(())
    }
}

impl Write for PendingFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match &mut self.writer {
            Some(PendingWriter::Plain(file)) => file.write(bytes),
            Some(PendingWriter::Gzip(file)) => file.write(bytes),
            None => Err(std::io::Error::other("the file is ended")),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match &mut self.writer {
            Some(PendingWriter::Plain(file)) => file.flush(),
            Some(PendingWriter::Gzip(file)) => file.flush(),
            None => Ok(()),
        }
    }
}

impl Drop for PendingFile {
    fn drop(&mut self) {
        // Gone already, once it is at its place.
        if let Err(error) = std::fs::remove_file(&self.temporary)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(file = %self.temporary.display(), %error, "a file that was begun is left behind");
        }
    }
}

/// Whether a file is packed, by its name.
fn is_packed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gz"))
}

/// A name with something before its endings: `out.csv.gz` and `.de-DE` is `out.de-DE.csv.gz`.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let inner = if is_packed(path) { name.get(..name.len() - 3).unwrap_or(name) } else { name };
    let dot = inner.rfind('.').filter(|at| *at > 0).unwrap_or(inner.len());
    let (stem, endings) = name.split_at(dot);
    path.with_file_name(format!("{stem}{suffix}{endings}"))
}

/// Records on their way into one or several files.
#[derive(Debug)]
pub(super) struct RecordFiles {
    /// Beside which they are written.
    place: PathBuf,
    /// Keeps several of them apart.
    number: usize,
    framing: Framing,
    max_records: usize,
    max_bytes: u64,
    parts: Vec<PendingFile>,
    /// Records and bytes of the last part.
    filled: (usize, u64),
    records: u64,
}

impl RecordFiles {
    pub(super) fn new(
        place: PathBuf,
        number: usize,
        framing: Framing,
        max_records: Option<usize>,
        max_bytes: Option<u64>,
    ) -> Self {
        Self {
            place,
            number,
            framing,
            max_records: max_records.unwrap_or(usize::MAX),
            max_bytes: max_bytes.unwrap_or(u64::MAX),
            parts: Vec::new(),
            filled: (0, 0),
            records: 0,
        }
    }

    /// Records so far.
    pub(super) fn records(&self) -> u64 {
        self.records
    }

    /// Adds a record; begins another file where this one is full.
    pub(super) fn push(&mut self, record: &[u8]) -> anyhow::Result<()> {
        let (count, bytes) = self.filled;
        let next =
            bytes + record.len() as u64 + (self.framing.between.len() + self.framing.tail.len()) as u64;
        if self.parts.is_empty() || count >= self.max_records || (count > 0 && next > self.max_bytes) {
            self.end_part()?;
            let mut part =
                PendingFile::create(&self.place, &format!("{}-{}", self.number, self.parts.len()))?;
            part.write_all(&self.framing.head)?;
            self.filled = (0, self.framing.head.len() as u64);
            self.parts.push(part);
        }
        let (count, bytes) = self.filled;
        let Some(part) = self.parts.last_mut() else { return Ok(()) };
        let between = if count > 0 { self.framing.between } else { b"" };
        part.write_all(between)?;
        part.write_all(record)?;
        self.filled = (count + 1, bytes + (between.len() + record.len()) as u64);
        self.records += 1;
        Ok(())
    }

    fn end_part(&mut self) -> anyhow::Result<()> {
        if let Some(part) = self.parts.last_mut() {
            part.write_all(self.framing.tail)?;
            part.end()?;
        }
        Ok(())
    }

    /// Ends the last file; each with its place. One alone has the name that was asked for, several are numbered.
    pub(super) fn end(mut self, place: &Path) -> anyhow::Result<Vec<(PendingFile, PathBuf)>> {
        self.end_part()?;
        let several = self.parts.len() > 1;
        let named = self.parts.into_iter().enumerate().map(|(number, part)| {
            let place =
                if several { with_suffix(place, &format!("-{:04}", number + 1)) } else { place.to_owned() };
            (part, place)
        });
        Ok(named.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suffix_stands_before_the_endings() {
        for (name, expected) in [
            ("out.csv", "out.de.csv"),
            ("a/out.jsonl.gz", "a/out.de.jsonl.gz"),
            ("out", "out.de"),
            (".hidden", ".hidden.de"),
            ("v1.2.csv", "v1.2.de.csv"),
        ] {
            assert_eq!(with_suffix(Path::new(name), ".de"), Path::new(expected), "{name}");
        }
    }

    #[test]
    fn files_are_there_as_a_whole_or_not_at_all() {
        let folder = std::env::temp_dir().join(format!("skuscribe-files-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let framing = Framing { head: b"[".to_vec(), between: b",", tail: b"]" };
        let mut files = RecordFiles::new(folder.join("out.json"), 0, framing.clone(), Some(2), None);
        for record in ["1", "2", "3"] {
            files.push(record.as_bytes()).unwrap();
        }
        assert!(!folder.join("out-0001.json").exists());
        for (file, place) in files.end(&folder.join("out.json")).unwrap() {
            file.place(&place).unwrap();
        }
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        assert_eq!((read("out-0001.json"), read("out-0002.json")), ("[1,2]".to_owned(), "[3]".to_owned()));
        let mut dropped = RecordFiles::new(folder.join("gone.json"), 1, framing, None, Some(4));
        dropped.push(b"1234").unwrap();
        drop(dropped);
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2, "what is not placed leaves nothing");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
