//! Catalog files of every format, each product of one to become an update; selections, the index, and search.

mod decoder;
mod fetch;
#[cfg(feature = "tables")]
pub mod index;
mod jsonl;
mod labels;
mod notes;
#[cfg(feature = "tables")]
pub mod parquet;
mod refusal;
#[cfg(feature = "search")]
pub mod search;
pub mod selection;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Cursor};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use jiff::Timestamp;
use serde_json::Value;

use crate::intake::BODY_BYTES_MAX;
use skuscribe_catalog::import::columns::Columns;
use skuscribe_catalog::import::encoding::TextEncoding;
use skuscribe_catalog::import::format::TableFormat;
#[cfg(feature = "tables")]
use skuscribe_catalog::import::input::FileKind;
use skuscribe_catalog::import::input::InputFile;
use skuscribe_catalog::import::json::{doubt, repeated_keys};
use skuscribe_catalog::import::mapping::Mapping;
use skuscribe_catalog::import::reader::{Entries, Import, ImportOptions, Shape};

pub use decoder::RecordDecoder;
pub use fetch::CatalogFile;
pub use notes::FileNotes;
pub use refusal::Refusal;

/// A product of a file, or why it is none.
#[derive(Debug)]
pub struct Record {
    /// Its line or row, counted from 1.
    pub line: u64,
    /// What it holds, or why it cannot be read.
    pub content: Result<RecordContent, Refusal>,
}

/// What a record holds.
#[derive(Debug)]
pub enum RecordContent {
    /// JSON, not parsed yet.
    Json(Vec<u8>),
    /// An object already.
    Row(Value),
}

/// How a file is to be read.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// Tells runs with other recipes apart: equal lines in equal runs get equal ids.
    pub salt: String,
    /// Whether texts are written again although nothing changed.
    pub force: bool,
    /// The shop's own mapping of columns, or of keys.
    pub map: Option<PathBuf>,
    /// Whether only its columns or keys are wanted, for a mapping to be drafted.
    pub draft: bool,
    /// Akeneo's lists of attributes and their options, by whose labels codes are read.
    pub labels: Option<PathBuf>,
    /// The channel whose values count, where the file has several.
    pub scope: Option<String>,
}

/// A catalog file, open for reading.
pub struct CatalogReader {
    records: Box<dyn Iterator<Item = std::io::Result<Record>> + Send>,
    /// Products, to show progress; `None` where it is not known.
    pub expected: Option<u64>,
    decoder: RecordDecoder,
    shape: Shape,
    inspected: Inspected,
    /// A copy goes with it.
    _file: Option<Arc<CatalogFile>>,
}

/// How the parts of a file are read.
#[derive(Clone, Debug)]
pub enum Inspected {
    /// A table: what its columns hold, by which format.
    Table {
        /// What its columns hold.
        columns: Arc<Columns>,
        /// The format.
        format: Arc<TableFormat>,
    },
    /// JSON or XML: where fields were found, and what is no fact, of the first products.
    Paths {
        /// The path of each field.
        fields: BTreeMap<String, String>,
        /// What is no fact, with how often it had a value.
        plumbing: BTreeMap<String, u64>,
    },
    /// A product or update message of our own form a line.
    Lines,
}

impl CatalogReader {
    /// Opens a file of any format that is known; which one it is its content says.
    ///
    /// # Errors
    /// When the file cannot be read, or holds no products in any known format.
    pub fn open(file: impl Into<Arc<CatalogFile>>, options: &ReadOptions) -> anyhow::Result<Self> {
        let file = file.into();
        let name = file.name().to_owned();
        Self::of_file(file, options).with_context(|| name)
    }

    fn of_file(file: Arc<CatalogFile>, options: &ReadOptions) -> anyhow::Result<Self> {
        let input = InputFile::open(file.path()).context("the file cannot be read")?;
        let mapping = options.map.as_deref().map(Mapping::load).transpose()?.map(Arc::new);
        let labels = options.labels.as_deref().map(labels::labels).transpose()?.unwrap_or_default();
        let (labels, scope, draft) = (Arc::new(labels), options.scope.clone(), options.draft);
        let import = ImportOptions { mapping, draft, labels, scope };
        let import = opened(&input, &import, file.aside())?;
        let mut decoder = RecordDecoder::new(file.modified(), &options.salt, options.force);
        let inspected = match &import.table {
            Some(table) => {
                decoder.places = Arc::new(decoder::places(&table.columns));
                Inspected::Table { columns: Arc::clone(&table.columns), format: Arc::clone(&table.format) }
            }
            None => match &import.seen {
                Some(seen) => {
                    Inspected::Paths { fields: seen.fields.clone(), plumbing: seen.kept_back.clone() }
                }
                None => Inspected::Lines,
            },
        };
        for warning in &import.shape.warnings {
            decoder.notes.warn(warning);
        }
        let records: Box<dyn Iterator<Item = std::io::Result<Record>> + Send> = if import.shape.lines {
            // Our own form needs no reading but its own.
            let lines = jsonl::JsonLines::new(lines_of(&input)?, BODY_BYTES_MAX);
            let notes = decoder.notes.clone();
            Box::new(lines.inspect(move |record| note_repeated_keys(record, &notes)))
        } else {
            Box::new(records(import.entries, decoder.notes.clone()))
        };
        let expected = if import.shape.lines { Some(lines(&input)?) } else { import.expected };
        Ok(Self { records, expected, decoder, shape: import.shape, inspected, _file: Some(file) })
    }

    /// Reads JSONL that is in memory.
    #[must_use]
    pub fn jsonl(text: &str, modified: Timestamp, salt: &str) -> Self {
        let expected = text.lines().filter(|line| !line.trim().is_empty()).count() as u64;
        Self {
            records: Box::new(jsonl::JsonLines::new(Cursor::new(text.to_owned()), BODY_BYTES_MAX)),
            expected: Some(expected),
            decoder: RecordDecoder::new(modified, salt, false),
            shape: Shape::default(),
            inspected: Inspected::Lines,
            _file: None,
        }
    }

    /// What turns a record into an update.
    #[must_use]
    pub fn decoder(&self) -> RecordDecoder {
        self.decoder.clone()
    }

    /// What the file is.
    #[must_use]
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// How its parts are read.
    #[must_use]
    pub fn inspected(&self) -> &Inspected {
        &self.inspected
    }

    /// What is noticed while it is read.
    #[must_use]
    pub fn notes(&self) -> FileNotes {
        self.decoder.notes.clone()
    }

    /// What the file is, as a line for people.
    #[must_use]
    pub fn shape_line(&self) -> String {
        let mut parts = vec![self.shape.format.clone()];
        parts.extend((!self.shape.encoding.is_empty()).then(|| self.shape.encoding.clone()));
        parts.extend(
            (!self.shape.separator.is_empty()).then(|| format!("{}-separated", self.shape.separator)),
        );
        match (self.shape.rows, self.expected) {
            (Some(rows), Some(products)) if rows != products => {
                parts.push(format!("{rows} rows, {products} products"));
            }
            (_, Some(products)) => parts.push(format!("{products} products")),
            _ => {}
        }
        parts.join(", ")
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
        if let Some(wrong) = self.decoder.notes.wrong_file() {
            return Some(Err(std::io::Error::new(std::io::ErrorKind::InvalidData, wrong)));
        }
        self.records.next()
    }
}

#[cfg(feature = "tables")]
fn opened(input: &InputFile, options: &ImportOptions, aside: &Path) -> anyhow::Result<Import> {
    match input.kind {
        FileKind::Parquet => parquet::import(input, options, aside),
        FileKind::Text | FileKind::Workbook => Import::open(input, options, aside),
    }
}

#[cfg(not(feature = "tables"))]
fn opened(input: &InputFile, options: &ImportOptions, aside: &Path) -> anyhow::Result<Import> {
    Import::open(input, options, aside)
}

/// Notes keys that stand twice in an object of a line.
fn note_repeated_keys(record: &std::io::Result<Record>, notes: &FileNotes) {
    if let Ok(Record { line, content: Ok(RecordContent::Json(bytes)) }) = record {
        for pointer in repeated_keys(bytes) {
            notes.warn(&doubt(*line, pointer));
        }
    }
}

fn records(entries: Entries, notes: FileNotes) -> impl Iterator<Item = std::io::Result<Record>> + Send {
    entries.map(move |entry| {
        Ok(match entry? {
            Ok(entry) => {
                for warning in &entry.warnings {
                    notes.warn(warning);
                }
                Record { line: entry.row, content: Ok(RecordContent::Row(Value::Object(entry.product))) }
            }
            Err(complaint) => Record { line: complaint.row, content: Err(complaint.into()) },
        })
    })
}

/// The lines of JSON: bytes as they are, so that one that is no UTF-8 is refused and not mended.
fn lines_of(input: &InputFile) -> std::io::Result<Box<dyn BufRead + Send>> {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    let encoding = TextEncoding::find(|| input.bytes())?;
    if !encoding.is_utf8() && !encoding.is_guessed_legacy() {
        return Ok(Box::new(BufReader::with_capacity(1 << 16, encoding.decode(input.bytes()?))));
    }
    let mut text = BufReader::with_capacity(1 << 16, input.bytes()?);
    if text.fill_buf()?.starts_with(MARK) {
        text.consume(MARK.len());
    }
    Ok(Box::new(text))
}

fn lines(input: &InputFile) -> std::io::Result<u64> {
    let mut text = BufReader::with_capacity(1 << 16, input.bytes()?);
    let (mut lines, mut filled) = (0u64, false);
    loop {
        let chunk = text.fill_buf()?;
        if chunk.is_empty() {
            return Ok(lines + u64::from(filled));
        }
        for byte in chunk {
            if *byte == b'\n' {
                lines += u64::from(filled);
                filled = false;
            } else {
                filled |= !byte.is_ascii_whitespace();
            }
        }
        let length = chunk.len();
        text.consume(length);
    }
}

/// Where lines that were refused are written, beside the output.
#[must_use]
pub fn rejected_path(out: &Path) -> PathBuf {
    out.join("rejected.jsonl")
}
