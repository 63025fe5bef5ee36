//! `--onto FEED`: a shop's own feed with only its texts replaced, every other byte the same.
//!
//! A feed is read record by record. Each record keeps its raw bytes and the places of its keys and texts in them; a text that
//! the feed cannot hold (its encoding lacks a character, a rule of the target is broken) stays as it was and is reported.

mod cells;
mod encoding;
mod json;
mod profile;
mod table;
mod tee;
mod text_columns;
mod xml;

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use anyhow::Context as _;

use super::column::Subject;
use super::left_out::LeftOut;
use super::options::ExportOptions;
use super::product::ExportProduct;
use super::texts::Texts;
use encoding::Survey;
use json::JsonFeed;
use table::TableFeed;
use xml::XmlFeed;

/// Longest record, in bytes.
const RECORD_BYTES_MAX: usize = 64 << 20;

/// A record of a feed.
#[derive(Debug)]
pub struct FeedRecord {
    /// The keys under which its product may be stored, the likeliest first; none where its texts are to stay.
    pub keys: Vec<String>,
    /// Its place in the file, counted from 1, for messages.
    pub number: u64,
    /// Its bytes, those since the last record included.
    raw: Vec<u8>,
    places: RecordPlaces,
}

impl FeedRecord {
    /// Its bytes, as they are in the feed.
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }
}

/// Where the texts of a record stand.
#[derive(Debug)]
enum RecordPlaces {
    Cells(Vec<cells::RawCell>),
    Elements(Vec<xml::RawElement>),
    Values(Vec<json::RawText>),
}

/// What became of a record.
#[derive(Debug)]
pub struct Replaced {
    /// Its bytes now.
    pub bytes: Vec<u8>,
    /// How many of its texts are others now.
    pub texts: usize,
    /// Texts that stayed as they were, and why.
    pub left_out: Vec<LeftOut>,
}

/// A feed, open for reading.
#[derive(Debug)]
pub struct Feed {
    reader: FeedReader,
    options: ExportOptions,
}

#[derive(Debug)]
enum FeedReader {
    Table(Box<TableFeed>),
    Xml(Box<XmlFeed>),
    Json(Box<JsonFeed>),
}

impl Feed {
    /// Opens a feed and recognises it; `format` says which it is to be, where the shop says so. `encoding` is its encoding,
    /// where the shop knows it.
    ///
    /// # Errors
    /// When it cannot be read, or is no feed that is known.
    pub fn open(
        path: &Path,
        format: Option<&str>,
        encoding: Option<&str>,
        options: ExportOptions,
    ) -> anyhow::Result<Self> {
        let reader = Self::reader(path, format, encoding, &options)
            .with_context(|| format!("--onto {}", path.display()))?;
        Ok(Self { reader, options })
    }

    fn reader(
        path: &Path,
        format: Option<&str>,
        encoding: Option<&str>,
        options: &ExportOptions,
    ) -> anyhow::Result<FeedReader> {
        let survey = Survey::of(BufReader::new(File::open(path)?), encoding)?;
        let mut input = BufReader::with_capacity(1 << 16, File::open(path)?);
        let first = input.fill_buf()?.iter().skip(survey.bom).find(|byte| !byte.is_ascii_whitespace());
        Ok(match first {
            Some(b'<') => FeedReader::Xml(Box::new(XmlFeed::open(input, &survey)?)),
            Some(b'{') => FeedReader::Json(Box::new(JsonFeed::open(input, &survey, format)?)),
            _ => FeedReader::Table(Box::new(TableFeed::open(input, &survey, format, options)?)),
        })
    }

    /// What was recognised, in words.
    #[must_use]
    pub fn described(&self) -> String {
        match &self.reader {
            FeedReader::Table(table) => table.described(),
            FeedReader::Xml(xml) => xml.described(),
            FeedReader::Json(json) => json.described(),
        }
    }

    /// Whether a variant's key may name a record, and not the product's alone.
    #[must_use]
    pub fn has_variants(&self) -> bool {
        match &self.reader {
            FeedReader::Table(table) => table.has_variants(),
            FeedReader::Xml(_) => true,
            FeedReader::Json(json) => json.has_variants(),
        }
    }

    /// What stands before the first record.
    #[must_use]
    pub fn head(&self) -> &[u8] {
        match &self.reader {
            FeedReader::Table(table) => table.head(),
            FeedReader::Xml(_) | FeedReader::Json(_) => &[],
        }
    }

    /// The next record; nothing at the end.
    ///
    /// # Errors
    /// When the file cannot be read on, with the record's number.
    pub fn next_record(&mut self) -> anyhow::Result<Option<FeedRecord>> {
        match &mut self.reader {
            FeedReader::Table(table) => table.next_record(),
            FeedReader::Xml(xml) => xml.next_record(),
            FeedReader::Json(json) => json.next_record(),
        }
    }

    /// What stands behind the last record.
    #[must_use]
    pub fn tail(&self) -> &[u8] {
        match &self.reader {
            FeedReader::Xml(xml) => xml.tail(),
            FeedReader::Table(_) | FeedReader::Json(_) => &[],
        }
    }

    /// A record whose texts stay as they are.
    #[must_use]
    pub fn kept(&self, record: FeedRecord) -> Vec<u8> {
        match &self.reader {
            FeedReader::Table(table) => table.kept(record),
            FeedReader::Xml(_) | FeedReader::Json(_) => record.raw,
        }
    }

    /// A record with the texts of its product.
    #[must_use]
    pub fn replace(&self, record: FeedRecord, product: ExportProduct<'_>, texts: &Texts) -> Replaced {
        let subject = Subject { product, variant: None, texts };
        let options = &self.options;
        match (&self.reader, &record.places) {
            (FeedReader::Table(table), RecordPlaces::Cells(cells)) => {
                table.replace(&record, cells, &subject, options)
            }
            (FeedReader::Xml(xml), RecordPlaces::Elements(elements)) => {
                xml.replace(&record, elements, &subject, options)
            }
            (FeedReader::Json(json), RecordPlaces::Values(values)) => {
                json.replace(&record, values, &subject, options)
            }
            // A record of another feed stays as it is.
            _ => Replaced { bytes: record.raw, texts: 0, left_out: Vec::new() },
        }
    }
}

/// Bytes with some of their ranges replaced; the ranges are in order and apart.
fn spliced(raw: &[u8], changes: &[(usize, usize, Vec<u8>)]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut at = 0;
    for (start, end, bytes) in changes {
        out.extend_from_slice(raw.get(at..*start).unwrap_or_default());
        out.extend_from_slice(bytes);
        at = *end;
    }
    out.extend_from_slice(raw.get(at..).unwrap_or_default());
    out
}
