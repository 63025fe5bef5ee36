//! A catalog file of any format: what it is, and its products.

use std::fs::File;
use std::io::{BufRead as _, Read as _};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;

use super::delimited::DelimitedReader;
use super::dialect::{Dialect, SAMPLE_BYTES};
use super::encoding::TextEncoding;
use super::input::{FileKind, InputFile, Packing};
pub use super::joined::OpenEntries;
use super::joined::join;
use super::json::{self, JsonReader};
use super::keyed;
pub use super::keyed::Items;
pub use super::options::{ImportOptions, Shape};
use super::row::{OpenRows, Row, Rows};
use super::table::Table;
use super::xlsx;
use super::xml::{self, XmlReader};
use super::{Complaint, Entry};

/// Products that are read to tell where a file has what.
const LOOKED_AT: usize = 200;

/// The products of a file, one after the other; a row that is none is a complaint. An error of the second kind is the end.
pub type Entries = Box<dyn Iterator<Item = std::io::Result<Result<Entry, Complaint>>> + Send>;

/// What a file is, and its products.
pub struct Import {
    /// What it is.
    pub shape: Shape,
    /// Its products.
    pub entries: Entries,
    /// Products, where that is known before they are read.
    pub expected: Option<u64>,
    /// The table, where it is one.
    pub table: Option<Table>,
    /// Where the first products have what, where it is JSON or XML of others.
    pub seen: Option<json::Seen>,
}

impl Import {
    /// Opens a file; `aside` is a path for rows that have to wait and do not fit into memory.
    ///
    /// # Errors
    /// When it cannot be read, or is nothing that holds products.
    pub fn open(file: &InputFile, options: &ImportOptions, aside: &Path) -> anyhow::Result<Self> {
        match file.kind {
            FileKind::Text => Self::text(file, options, aside),
            FileKind::Workbook => Self::workbook(file, options, aside),
            FileKind::Parquet => anyhow::bail!(
                "Parquet is read by a binary with the feature tables; build it with: cargo build --release --features tables"
            ),
        }
    }

    fn text(file: &InputFile, options: &ImportOptions, aside: &Path) -> anyhow::Result<Self> {
        let encoding = TextEncoding::find(|| file.bytes())?;
        let shape = Shape { encoding: encoding.to_string(), packing: file.packing, ..Shape::default() };
        let mut text = encoding.decode(file.bytes()?);
        let mut head = Vec::new();
        std::io::Read::by_ref(&mut text).take(SAMPLE_BYTES as u64).read_to_end(&mut head)?;
        let whole = head.len() < SAMPLE_BYTES && text.fill_buf()?.is_empty();
        if json::is_json(&head) {
            // JSON is UTF-8, or one with a mark (RFC 8259): what is neither is broken, and no text in another encoding.
            let encoding = if encoding.is_guessed_legacy() { TextEncoding::UTF_8 } else { encoding };
            let shape = Shape { encoding: encoding.to_string(), ..shape };
            return Self::json(file, encoding, shape, options, aside, &head);
        }
        if xml::is_xml(&head) {
            return Self::xml(file, encoding, shape, options, aside);
        }
        let sample = String::from_utf8_lossy(&head);
        // The last line of a sample may be cut.
        let end = if whole { sample.len() } else { sample.rfind('\n').unwrap_or(sample.len()) };
        let dialect = Dialect::find(sample.get(..end).unwrap_or_default());
        let raw = delimited(file, encoding, dialect);
        Self::table(&raw, Shape { separator: dialect.separator_name(), ..shape }, options, aside)
    }

    fn workbook(file: &InputFile, options: &ImportOptions, aside: &Path) -> anyhow::Result<Self> {
        anyhow::ensure!(file.packing == Packing::None, "the workbook is packed once more; unpack it");
        let sheet = xlsx::rows(File::open(file.path())?)?.sheet;
        let path = file.path().to_owned();
        let raw: OpenRows = Arc::new(move || {
            let rows = xlsx::rows(File::open(&path)?).map_err(std::io::Error::other)?;
            let row = |(number, cells): xlsx::Row| {
                let mut row: Row = cells.iter().collect();
                (row.number, row.is_open_ended) = (number, true);
                row
            };
            Ok(Box::new(rows.map(move |cells| Ok(cells.map(row)))) as Rows)
        });
        let mut import = Self::table(&raw, Shape::default(), options, aside)?;
        import.shape.format = format!("{}, sheet {sheet:?} of a workbook", import.shape.format);
        Ok(import)
    }

    fn xml(
        file: &InputFile,
        encoding: TextEncoding,
        mut shape: Shape,
        options: &ImportOptions,
        aside: &Path,
    ) -> anyhow::Result<Self> {
        if options.reads_keys() {
            let (file, settings) = (file.clone(), options.settings());
            let open = move || {
                let reader = XmlReader::open(encoding.decode(file.bytes()?), settings.clone());
                Ok(Box::new(reader.map_err(std::io::Error::other)?.into_items()) as Items)
            };
            return Self::keyed(open, "XML", shape, options, aside);
        }
        let mut reader = XmlReader::open(encoding.decode(file.bytes()?), options.settings())?;
        shape.format = reader.format().map_or_else(|| "XML".to_owned(), |(_, title)| title.to_owned());
        let seen = looked_at(&mut reader)?.then(|| reader.seen().cloned()).flatten();
        drop(reader);
        let (file, settings) = (file.clone(), options.settings());
        let open: OpenEntries = Arc::new(move || {
            let reader = XmlReader::open(encoding.decode(file.bytes()?), settings.clone());
            Ok(Box::new(reader.map_err(std::io::Error::other)?) as Entries)
        });
        Self::of_entries(&open, shape, seen, aside)
    }

    fn json(
        file: &InputFile,
        encoding: TextEncoding,
        mut shape: Shape,
        options: &ImportOptions,
        aside: &Path,
        head: &[u8],
    ) -> anyhow::Result<Self> {
        if options.reads_keys() {
            let (file, settings) = (file.clone(), options.settings());
            let open = move || {
                let reader = JsonReader::open(encoding.decode(file.bytes()?), settings.clone());
                Ok(Box::new(reader.map_err(std::io::Error::other)?.into_items()) as Items)
            };
            return Self::keyed(open, "JSON", shape, options, aside);
        }
        let mut reader = JsonReader::open(encoding.decode(file.bytes()?), options.settings())?;
        let format = reader.format();
        shape.format = format.map_or_else(|| "JSON".to_owned(), |(_, title)| title.to_owned());
        shape.lines = format.is_some_and(|(name, _)| name == "native") && is_one_a_line(head);
        if shape.lines {
            return Ok(Self { shape, entries: Box::new(reader), expected: None, table: None, seen: None });
        }
        let seen = looked_at(&mut reader)?.then(|| reader.seen().cloned()).flatten();
        drop(reader);
        let (file, settings) = (file.clone(), options.settings());
        let open: OpenEntries = Arc::new(move || {
            let reader = JsonReader::open(encoding.decode(file.bytes()?), settings.clone());
            Ok(Box::new(reader.map_err(std::io::Error::other)?) as Entries)
        });
        Self::of_entries(&open, shape, seen, aside)
    }

    /// Reads items as the rows of a table whose columns are their keys, for a mapping to say what they hold.
    ///
    /// # Errors
    /// When they cannot be read, or no key holds a SKU.
    pub fn keyed(
        open: impl Fn() -> std::io::Result<Items> + Send + Sync + 'static,
        kind: &str,
        shape: Shape,
        options: &ImportOptions,
        aside: &Path,
    ) -> anyhow::Result<Self> {
        let mut import = Self::table(&keyed::rows(open)?, shape, options, aside)?;
        import.shape.format = format!("{} in {kind}", import.shape.format);
        Ok(import)
    }

    /// Joins the entries of a file that somebody else reads.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of_entries(
        open: &OpenEntries,
        shape: Shape,
        seen: Option<json::Seen>,
        aside: &Path,
    ) -> anyhow::Result<Self> {
        let (entries, products) = join(open, aside)?;
        Ok(Self { shape, entries: Box::new(entries), expected: Some(products), table: None, seen })
    }

    /// Opens a table whose rows somebody else reads.
    ///
    /// # Errors
    /// When it cannot be read, or no column holds a SKU.
    pub fn table(
        raw: &OpenRows,
        shape: Shape,
        options: &ImportOptions,
        aside: &Path,
    ) -> anyhow::Result<Self> {
        let Some(table) = Table::open(raw, options, aside)? else {
            let shape = Shape { format: "an empty file".to_owned(), separator: "", rows: Some(0), ..shape };
            return Ok(Self {
                shape,
                entries: Box::new(std::iter::empty()),
                expected: Some(0),
                table: None,
                seen: None,
            });
        };
        let families = &table.families;
        let mut shape = Shape {
            format: table.format.title.clone(),
            rows: Some(families.rows + families.broken),
            ..shape
        };
        shape.warnings.extend(table.warnings.iter().cloned());
        let entries = table.entries().context("the table cannot be opened again")?;
        Ok(Self {
            shape,
            expected: Some(families.products + families.broken),
            entries: Box::new(entries),
            table: Some(table),
            seen: None,
        })
    }
}

/// Reads the first products, so that what was seen of them can be told; whether there was any.
fn looked_at(
    entries: &mut impl Iterator<Item = std::io::Result<Result<Entry, Complaint>>>,
) -> std::io::Result<bool> {
    let mut any = false;
    for entry in entries.take(LOOKED_AT) {
        any |= entry?.is_ok();
    }
    Ok(any)
}

/// Whether a text is one JSON object a line.
fn is_one_a_line(head: &[u8]) -> bool {
    let mut lines = head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    lines.next().is_some_and(|line| {
        serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(line).is_ok()
    })
}

/// The rows of delimiter-separated text.
fn delimited(file: &InputFile, encoding: TextEncoding, dialect: Dialect) -> OpenRows {
    let file = file.clone();
    Arc::new(move || -> std::io::Result<Rows> {
        let mut text = encoding.decode(file.bytes()?);
        if dialect.sep_line {
            let mut line = Vec::new();
            std::io::Read::by_ref(&mut text).take(16).read_until(b'\n', &mut line)?;
        }
        let mut reader = DelimitedReader::new(text, dialect, None);
        let header = reader.row()?;
        reader.expect(header.as_ref().and_then(|row| row.as_ref().ok()).map(Row::len));
        Ok(Box::new(header.map(Ok).into_iter().chain(reader)))
    })
}
