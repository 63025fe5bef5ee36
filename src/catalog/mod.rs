//! Catalog files: lines or rows with their number, each to become an update. One file per format.

mod csv;
#[cfg(feature = "tables")]
pub mod index;
mod jsonl;
#[cfg(feature = "tables")]
pub mod parquet;
#[cfg(feature = "search")]
pub mod search;
pub mod selection;

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::Timestamp;
use serde_json::Value;

use crate::intake::{
    BODY_BYTES_MAX, Fallback, IntakeError, Origin, Update, complete_message, complete_value, decode,
    decode_value,
};

/// One line or row of a file.
#[derive(Debug)]
pub struct Record {
    /// Its line, counted from 1.
    pub line: u64,
    /// What it holds, or why it cannot be read.
    pub content: Result<RecordContent, IntakeError>,
}

/// What a line holds.
#[derive(Debug)]
pub enum RecordContent {
    /// JSON, not parsed yet.
    Json(Vec<u8>),
    /// A row that is an object already.
    Row(Value),
}

/// A catalog file, open for reading.
pub struct CatalogReader {
    records: Box<dyn Iterator<Item = std::io::Result<Record>> + Send>,
    /// Lines, to show progress; `None` where it is not known.
    pub expected: Option<u64>,
    decoder: RecordDecoder,
}

/// What turns a record into an update.
#[derive(Clone, Debug)]
pub struct RecordDecoder {
    modified: Timestamp,
    salt: String,
    force: bool,
}

/// The formats that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FileFormat {
    Jsonl,
    Csv,
}

impl CatalogReader {
    /// Opens a file: JSONL (`.jsonl`, `.ndjson`, `.json`) or CSV with a header (`.csv`).
    ///
    /// `salt` tells runs with other recipes apart: equal lines in equal runs get equal ids.
    ///
    /// # Errors
    /// When the file cannot be read, or its format is none of these.
    pub fn open(path: &Path, salt: &str, force: bool) -> anyhow::Result<Self> {
        let format = format_of(path)?;
        let open =
            || File::open(path).with_context(|| format!("{}: the file cannot be read", path.display()));
        let expected = count_lines(open()?, format).ok();
        let file = open()?;
        // The file's own time orders its facts: running it again changes nothing, an edited file is newer.
        let modified = file.metadata().and_then(|metadata| metadata.modified()).ok();
        let now = Timestamp::now();
        // A file from a machine whose clock is ahead is no reason to refuse its lines.
        let modified = modified.and_then(|time| Timestamp::try_from(time).ok()).unwrap_or(now).min(now);
        let decoder = RecordDecoder::new(modified, salt, force);
        Self::read(BufReader::with_capacity(1 << 16, file), format, expected, decoder)
            .with_context(|| path.display().to_string())
    }

    /// Reads JSONL that is in memory.
    ///
    /// # Errors
    /// Never for JSONL; CSV needs it.
    pub fn jsonl(text: &'static str, modified: Timestamp, salt: &str) -> anyhow::Result<Self> {
        let expected = text.lines().filter(|line| !line.trim().is_empty()).count() as u64;
        let decoder = RecordDecoder::new(modified, salt, false);
        Self::read(text.as_bytes(), FileFormat::Jsonl, Some(expected), decoder)
    }

    fn read(
        input: impl BufRead + Send + 'static,
        format: FileFormat,
        expected: Option<u64>,
        decoder: RecordDecoder,
    ) -> anyhow::Result<Self> {
        let records: Box<dyn Iterator<Item = std::io::Result<Record>> + Send> = match format {
            FileFormat::Jsonl => Box::new(jsonl::JsonLines::new(input, BODY_BYTES_MAX)),
            FileFormat::Csv => Box::new(csv::rows(input)?),
        };
        Ok(Self { records, expected, decoder })
    }

    /// What turns a record into an update.
    #[must_use]
    pub fn decoder(&self) -> RecordDecoder {
        self.decoder.clone()
    }
}

impl std::fmt::Debug for CatalogReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CatalogReader").field("expected", &self.expected).finish_non_exhaustive()
    }
}

impl Iterator for CatalogReader {
    type Item = std::io::Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        self.records.next()
    }
}

impl RecordDecoder {
    /// The file's time belongs to the salt: facts that go back to what they once were are news, not a redelivery.
    fn new(modified: Timestamp, salt: &str, force: bool) -> Self {
        Self { modified, salt: format!("{salt}/{}", modified.as_microsecond()), force }
    }

    /// Decodes a record into an update.
    ///
    /// # Errors
    /// With the JSON pointer, the rule and the value seen.
    pub fn update(&self, record: Record) -> Result<Update, IntakeError> {
        let (content, origin) = self.prepare(record)?;
        match content {
            RecordContent::Json(bytes) => decode(&bytes, &origin),
            RecordContent::Row(row) => decode_value(row, &origin),
        }
    }

    /// Turns a record into the id and body of a message, checked as a worker would check it.
    ///
    /// # Errors
    /// As [`RecordDecoder::update`].
    pub fn message(&self, record: Record) -> Result<(String, Vec<u8>), IntakeError> {
        let (content, origin) = self.prepare(record)?;
        let message = match content {
            RecordContent::Json(bytes) => complete_message(&bytes, &origin)?,
            RecordContent::Row(row) => complete_value(row, &origin)?,
        };
        let body = message.to_string().into_bytes();
        let update = decode(&body, &Origin::default())?;
        Ok((update.id().to_owned(), body))
    }

    fn prepare(&self, record: Record) -> Result<(RecordContent, Origin), IntakeError> {
        let content = record.content?;
        let micros = self.modified.as_microsecond();
        // A later line of the same file is newer, should both speak of one SKU.
        let occurred_at =
            Timestamp::from_microsecond(micros.saturating_add_unsigned(record.line)).unwrap_or(self.modified);
        let origin = Origin {
            fallback: Some(Fallback { occurred_at, salt: self.salt.clone(), force: self.force }),
            seen_before: true,
            config_changes: true,
            now: Some(Timestamp::now()),
            ..Origin::default()
        };
        Ok((content, origin))
    }
}

fn format_of(path: &Path) -> anyhow::Result<FileFormat> {
    let extension =
        path.extension().and_then(|extension| extension.to_str()).unwrap_or_default().to_lowercase();
    match extension.as_str() {
        "jsonl" | "ndjson" | "json" => Ok(FileFormat::Jsonl),
        "csv" => Ok(FileFormat::Csv),
        _ => anyhow::bail!("{}: the name's end says the format; use .jsonl, .ndjson or .csv", path.display()),
    }
}

fn count_lines(mut file: File, format: FileFormat) -> std::io::Result<u64> {
    let mut buffer = vec![0; 1 << 16];
    let (mut lines, mut last) = (0u64, b'\n');
    loop {
        let read = file.read(&mut buffer)?;
        let Some(chunk) = buffer.get(..read).filter(|chunk| !chunk.is_empty()) else { break };
        lines += chunk.iter().filter(|byte| **byte == b'\n').count() as u64;
        last = chunk.last().copied().unwrap_or(last);
    }
    if last != b'\n' {
        lines += 1;
    }
    Ok(if format == FileFormat::Csv { lines.saturating_sub(1) } else { lines })
}

/// Where lines that were refused are written, beside the output.
#[must_use]
pub fn rejected_path(out: &Path) -> PathBuf {
    out.join("rejected.jsonl")
}
