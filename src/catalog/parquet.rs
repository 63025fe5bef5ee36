//! Parquet: the rows of a table as JSON, row group by row group; nested columns as lists and objects.

use std::fs::File;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use jiff::Timestamp;
use jiff::civil::Date;
use parquet::basic::Compression;
use parquet::data_type::Decimal;
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, FileReader as _, SerializedFileReader};
use parquet::record::reader::RowIter;
use parquet::record::{Field, Row};
use serde_json::{Map, Value, json};
use skuscribe_catalog::import::Complaint;
use skuscribe_catalog::import::input::{InputFile, Packing};
use skuscribe_catalog::import::json::JsonReader;
use skuscribe_catalog::import::reader::{Entries, Import, ImportOptions, Items, OpenEntries, Shape};
use skuscribe_catalog::import::row::{OpenRows, Row as TableRow, Rows};

/// Most columns, nested ones counted one by one.
const COLUMNS_MAX: usize = 4096;
/// Most bytes that a column of a row group unpacks to.
const CHUNK_BYTES_MAX: i64 = 1 << 30;
/// Deepest nesting.
const DEPTH_MAX: usize = 16;

/// A Parquet file, open for reading.
pub struct ParquetRows {
    /// The names of its columns, those of nested values not told apart.
    pub columns: Vec<String>,
    /// Whether a column holds lists or objects, as feeds in JSON have them, and not one value a row.
    pub is_nested: bool,
    /// How many rows it says that it has.
    pub expected: Option<u64>,
    rows: RowIter<'static>,
    row: u64,
    ended: bool,
}

impl std::fmt::Debug for ParquetRows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ParquetRows").field("columns", &self.columns).finish_non_exhaustive()
    }
}

/// Opens a file.
///
/// # Errors
/// When it is no Parquet, is packed in a way that is not read, or breaks a limit.
pub fn open(file: File) -> anyhow::Result<ParquetRows> {
    read(file)
}

fn read<R: ChunkReader + 'static>(source: R) -> anyhow::Result<ParquetRows> {
    // A reader of foreign bytes may panic.
    let open = catch_unwind(AssertUnwindSafe(|| SerializedFileReader::new(source)));
    let broken = || ParquetError::General("its reader broke down".to_owned());
    let reader = open.unwrap_or_else(|_| Err(broken())).context("the file is no Parquet that can be read")?;
    let metadata = reader.metadata();
    let schema = metadata.file_metadata().schema_descr();
    let count = schema.num_columns();
    ensure!(count <= COLUMNS_MAX, "a table has at most {COLUMNS_MAX} columns, this one has {count}");
    for group in metadata.row_groups() {
        for column in group.columns() {
            let name = column.column_path().string();
            let bytes = column.uncompressed_size();
            ensure!(
                bytes <= CHUNK_BYTES_MAX,
                "column {name} unpacks to more than {CHUNK_BYTES_MAX} bytes in one row group; write smaller row groups"
            );
            ensure!(
                matches!(
                    column.compression(),
                    Compression::UNCOMPRESSED | Compression::SNAPPY | Compression::ZSTD(_)
                ),
                "column {name} is compressed with {}; write the file with snappy, zstd, or without compression",
                column.compression()
            );
        }
    }
    let fields = schema.root_schema().get_fields();
    let columns = fields.iter().map(|field| field.name().to_owned()).collect();
    let is_nested = fields.iter().any(|field| field.is_group());
    let expected = u64::try_from(metadata.file_metadata().num_rows()).ok();
    Ok(ParquetRows {
        columns,
        is_nested,
        expected,
        rows: RowIter::from_file_into(Box::new(reader)),
        row: 0,
        ended: false,
    })
}

impl Iterator for ParquetRows {
    type Item = Result<(u64, Map<String, Value>), Complaint>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = catch_unwind(AssertUnwindSafe(|| self.rows.next()));
        self.row += 1;
        let why = match next {
            Ok(None) => {
                self.ended = true;
                return None;
            }
            Ok(Some(Ok(row))) => return Some(Ok((self.row, object(row, 0)))),
            Ok(Some(Err(error))) => error.to_string(),
            Err(_) => "its reader broke down".to_owned(),
        };
        self.ended = true;
        let rule = format!("the table cannot be read on: {why}");
        Some(Err(Complaint::new(self.row, rule, "write the file again")))
    }
}

/// Opens a file as a catalog: flat ones by the formats of tables, nested ones by those of JSON.
///
/// # Errors
/// When it cannot be read, or holds no products.
pub(super) fn import(input: &InputFile, options: &ImportOptions, aside: &Path) -> anyhow::Result<Import> {
    anyhow::ensure!(input.packing == Packing::None, "the Parquet file is packed once more; unpack it");
    let path = input.path().to_owned();
    let first = open(File::open(&path)?)?;
    let mut shape = Shape { rows: first.expected, format: "nested columns".to_owned(), ..Shape::default() };
    let mut import = if first.is_nested {
        if options.reads_keys() {
            let open = move || {
                let rows = open(File::open(&path)?).map_err(io::Error::other)?;
                let items = rows.map(|row| Ok(row.map(|(number, row)| (number, Value::Object(row)))));
                Ok(Box::new(items) as Items)
            };
            return Import::keyed(open, "Parquet", shape, options, aside);
        }
        let settings = options.settings();
        let reader = move || {
            let rows = open(File::open(&path)?).map_err(io::Error::other)?;
            let values = rows.map(|row| row.map(|(number, row)| (number, Value::Object(row))));
            JsonReader::of_values(values, settings.clone()).map_err(io::Error::other)
        };
        if let Some((_, title)) = reader()?.format() {
            title.clone_into(&mut shape.format);
        }
        let entries: OpenEntries = Arc::new(move || Ok(Box::new(reader()?) as Entries));
        Import::of_entries(&entries, shape, None, aside)?
    } else {
        let raw: OpenRows = Arc::new(move || {
            let rows = open(File::open(&path)?).map_err(io::Error::other)?;
            let columns = rows.columns.clone();
            let header: TableRow = columns.iter().collect();
            let rows = rows.map(move |row| {
                Ok(row.map(|(number, row)| {
                    let cells = columns.iter().map(|name| row.get(name).map(cell).unwrap_or_default());
                    let mut table_row: TableRow = cells.collect();
                    table_row.number = number;
                    table_row
                }))
            });
            Ok(Box::new(std::iter::once(Ok(Ok(header))).chain(rows)) as Rows)
        });
        Import::table(&raw, shape, options, aside)?
    };
    import.shape.format = format!("{} in Parquet", import.shape.format);
    Ok(import)
}

/// A value as the cell of a table: lists with commas, times in ISO 8601, nothing for null.
#[must_use]
pub fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            items.iter().map(cell).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

fn object(row: Row, depth: usize) -> Map<String, Value> {
    row.into_columns().into_iter().map(|(name, field)| (name, value(field, depth + 1))).collect()
}

fn value(field: Field, depth: usize) -> Value {
    if depth > DEPTH_MAX {
        return Value::Null;
    }
    match field {
        Field::Null => Value::Null,
        Field::Bool(yes) => json!(yes),
        Field::Byte(number) => json!(number),
        Field::Short(number) => json!(number),
        Field::Int(number) => json!(number),
        Field::Long(number) => json!(number),
        Field::UByte(number) => json!(number),
        Field::UShort(number) => json!(number),
        Field::UInt(number) => json!(number),
        Field::ULong(number) => json!(number),
        // By its shortest form: as 64 bits 0.1 would be 0.10000000149.
        Field::Float16(number) => float(&f32::from(number).to_string()),
        Field::Float(number) => float(&number.to_string()),
        Field::Double(number) => json!(number),
        Field::Decimal(number) => float(&decimal(&number)),
        Field::Str(text) => json!(text),
        Field::Bytes(bytes) => std::str::from_utf8(bytes.data()).map_or(Value::Null, |text| json!(text)),
        Field::Date(days) => {
            let epoch = Date::constant(1970, 1, 1);
            let date = epoch.checked_add(jiff::Span::new().try_days(days).unwrap_or_default());
            date.map_or(Value::Null, |date| json!(date.to_string()))
        }
        Field::TimeMillis(time) => time_of_day(i64::from(time) / 1000),
        Field::TimeMicros(time) => time_of_day(time / 1_000_000),
        Field::TimestampMillis(time) => timestamp(Timestamp::from_millisecond(time)),
        Field::TimestampMicros(time) => timestamp(Timestamp::from_microsecond(time)),
        Field::Group(row) => Value::Object(object(row, depth)),
        Field::ListInternal(list) => {
            list.elements().iter().map(|element| value(element.clone(), depth + 1)).collect()
        }
        Field::MapInternal(map) => {
            let entry = |(key, field): &(Field, Field)| {
                (cell(&value(key.clone(), depth + 1)), value(field.clone(), depth + 1))
            };
            Value::Object(map.entries().iter().map(entry).collect())
        }
    }
}

/// A number as it is written; nothing for what is none.
fn float(text: &str) -> Value {
    serde_json::from_str::<serde_json::Number>(text).map_or(Value::Null, Value::Number)
}

fn timestamp(time: Result<Timestamp, jiff::Error>) -> Value {
    time.map_or(Value::Null, |time| json!(time.to_string()))
}

fn time_of_day(seconds: i64) -> Value {
    json!(format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60))
}

/// A decimal number without idle zeros.
fn decimal(number: &Decimal) -> String {
    let negative = number.data().first().is_some_and(|byte| byte & 0x80 != 0);
    let bytes = number.data();
    if bytes.len() > 16 {
        return String::new();
    }
    let filler = if negative { 0xff } else { 0 };
    let mut whole = [filler; 16];
    if let Some(end) = whole.get_mut(16 - bytes.len()..) {
        end.copy_from_slice(bytes);
    }
    let digits = i128::from_be_bytes(whole).unsigned_abs().to_string();
    let scale = usize::try_from(number.scale()).unwrap_or_default().min(64);
    let digits = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let fraction = fraction.trim_end_matches('0');
    let sign = if negative { "-" } else { "" };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[test]
    fn what_is_no_parquet_is_refused_and_no_cut_makes_it_panic() {
        assert!(read(Bytes::from_static(b"PAR1 no PAR1")).is_err());
        let whole = include_bytes!("../../tests/data/products.parquet");
        for end in (0..whole.len()).step_by(11) {
            if let Ok(rows) = read(Bytes::copy_from_slice(&whole[..end])) {
                assert!(rows.count() < 10);
            }
            let mut changed = whole.to_vec();
            changed[end] ^= 0x55;
            if let Ok(rows) = read(Bytes::from(changed)) {
                assert!(rows.take(100).count() <= 100);
            }
        }
    }

    #[test]
    fn rows_are_objects_with_times_and_decimals_as_people_write_them() {
        let rows = read(Bytes::from_static(include_bytes!("../../tests/data/products.parquet"))).unwrap();
        assert_eq!((rows.expected, rows.is_nested), (Some(2), true));
        let rows: Vec<Value> = rows.map(|row| Value::Object(row.unwrap().1)).collect();
        assert_eq!(
            rows[0],
            json!({
                "sku": "A1", "title": "Mug", "weight": 0.3, "volume": 300, "price": 9.5, "since": "2026-11-01", "new": true,
                "attributes": { "material": "clay", "colours": ["red", "blue"] }, "care": { "wash": "cold" },
            })
        );
        assert_eq!(rows[1]["title"], Value::Null);
        assert_eq!(cell(&json!(["a", null, 3])), "a, 3");
    }
}
