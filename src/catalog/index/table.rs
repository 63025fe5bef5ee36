//! The index as Parquet: columns by name, so that any reader of tables understands it.

use std::sync::Arc;

use arrow_array::Array as _;
use arrow_array::builder::{MapBuilder, StringBuilder};
use arrow_array::cast::AsArray as _;
use arrow_array::types::{Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{
    ArrayRef, Float64Array, Int64Array, MapArray, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use super::IndexRow;
use skuscribe_check::content::State;

/// Rows of one batch.
const BATCH: usize = 8_192;

/// A table that cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// Parquet.
    #[error("the index is no readable Parquet")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// Arrow.
    #[error("the index does not have the columns that it should")]
    Arrow(#[from] arrow_schema::ArrowError),
    /// A column is missing or of another type.
    #[error("the index has no column {0} of the right type; remove it, and `skuscribe index` makes it anew")]
    Column(&'static str),
    /// A value is none of those that may stand there.
    #[error("the index holds {value:?} as {column}")]
    Value {
        /// The column.
        column: &'static str,
        /// The value.
        value: String,
    },
}

/// Rows as Parquet; `key` says under which path the document of a SKU lies.
///
/// # Errors
/// When the table cannot be written.
pub fn write(rows: &[IndexRow], key: impl Fn(&IndexRow) -> String) -> Result<Vec<u8>, TableError> {
    // An empty table has its columns, too.
    let mut chunks = if rows.is_empty() { vec![rows] } else { rows.chunks(BATCH).collect() }.into_iter();
    let first = batch(chunks.next().unwrap_or_default(), &key)?;
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), first.schema(), Some(properties))?;
    writer.write(&first)?;
    for chunk in chunks {
        writer.write(&batch(chunk, &key)?)?;
    }
    Ok(writer.into_inner()?)
}

fn batch(rows: &[IndexRow], key: &impl Fn(&IndexRow) -> String) -> Result<RecordBatch, TableError> {
    let number = |of: fn(&IndexRow) -> u64| -> ArrayRef {
        // Tables know signed numbers alone; no counter here comes near their end.
        Arc::new(Int64Array::from_iter_values(
            rows.iter().map(|row| i64::try_from(of(row)).unwrap_or(i64::MAX)),
        ))
    };
    let mut maps = [0, 1].map(|_| MapBuilder::new(None, StringBuilder::new(), StringBuilder::new()));
    let [fingerprints, facts] = &mut maps;
    for row in rows {
        for (name, fingerprint, digest) in &row.recipes {
            for (map, value) in [(&mut *fingerprints, fingerprint), (&mut *facts, digest)] {
                map.keys().append_value(name);
                map.values().append_value(format!("{value:016x}"));
            }
        }
        fingerprints.append(true)?;
        facts.append(true)?;
    }
    let text = |of: &dyn Fn(&IndexRow) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.iter().map(of)))
    };
    let times = TimestampMicrosecondArray::from_iter_values(rows.iter().map(|row| row.updated_at_us))
        .with_timezone("UTC");
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("sku", text(&|row| row.sku.to_string())),
        ("revision", number(|row| row.revision)),
        ("product_version", number(|row| row.product_version)),
        ("state", text(&|row| state_word(row.state).to_owned())),
        ("key", text(&|row| key(row))),
        ("updated_at", Arc::new(times)),
        ("input_tokens", number(|row| row.input_tokens)),
        ("output_tokens", number(|row| row.output_tokens)),
        ("cost", Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| row.cost)))),
        ("fingerprints", Arc::new(fingerprints.finish())),
        ("facts", Arc::new(facts.finish())),
    ];
    Ok(RecordBatch::try_from_iter(columns)?)
}

/// Calls `each` with every row of a table, in order.
///
/// # Errors
/// When it is no table of the index.
pub fn read(table: Vec<u8>, mut each: impl FnMut(IndexRow)) -> Result<(), TableError> {
    let reader =
        ParquetRecordBatchReaderBuilder::try_new(Bytes::from(table))?.with_batch_size(BATCH).build()?;
    for batch in reader {
        let batch = batch?;
        let columns = TableColumns::of(&batch)?;
        for place in 0..batch.num_rows() {
            let row = columns.row(place)?;
            // Indexed by an earlier version.
            if row.sku.guide().is_none() {
                each(row);
            }
        }
    }
    Ok(())
}

/// The columns of a batch.
struct TableColumns<'a> {
    skus: &'a StringArray,
    revisions: &'a Int64Array,
    versions: &'a Int64Array,
    states: &'a StringArray,
    times: &'a TimestampMicrosecondArray,
    inputs: &'a Int64Array,
    outputs: &'a Int64Array,
    costs: &'a Float64Array,
    fingerprints: &'a MapArray,
    facts: &'a MapArray,
}

impl<'a> TableColumns<'a> {
    fn of(batch: &'a RecordBatch) -> Result<Self, TableError> {
        let column = |name: &'static str| batch.column_by_name(name).ok_or(TableError::Column(name));
        let number = |name| column(name)?.as_primitive_opt::<Int64Type>().ok_or(TableError::Column(name));
        let text = |name| column(name)?.as_string_opt::<i32>().ok_or(TableError::Column(name));
        let map = |name| column(name)?.as_map_opt().ok_or(TableError::Column(name));
        let times = column("updated_at")?.as_primitive_opt::<TimestampMicrosecondType>();
        let costs = column("cost")?.as_primitive_opt::<Float64Type>();
        Ok(Self {
            skus: text("sku")?,
            revisions: number("revision")?,
            versions: number("product_version")?,
            states: text("state")?,
            times: times.ok_or(TableError::Column("updated_at"))?,
            inputs: number("input_tokens")?,
            outputs: number("output_tokens")?,
            costs: costs.ok_or(TableError::Column("cost"))?,
            fingerprints: map("fingerprints")?,
            facts: map("facts")?,
        })
    }

    fn row(&self, place: usize) -> Result<IndexRow, TableError> {
        let unsigned = |numbers: &Int64Array| u64::try_from(numbers.value(place)).unwrap_or(0);
        let (sku, state) = (self.skus.value(place), self.states.value(place));
        let fingerprints = digests(self.fingerprints, place, "fingerprints")?.into_iter();
        let recipes = fingerprints.zip(digests(self.facts, place, "facts")?);
        Ok(IndexRow {
            sku: sku.parse().map_err(|_| wrong("sku", sku))?,
            revision: unsigned(self.revisions),
            product_version: unsigned(self.versions),
            state: state_of(state).ok_or_else(|| wrong("state", state))?,
            updated_at_us: self.times.value(place),
            input_tokens: unsigned(self.inputs),
            output_tokens: unsigned(self.outputs),
            cost: self.costs.value(place),
            recipes: recipes.map(|((name, fingerprint), (_, facts))| (name, fingerprint, facts)).collect(),
        })
    }
}

/// The entries of a map of recipes to digests.
fn digests(map: &MapArray, place: usize, column: &'static str) -> Result<Vec<(String, u64)>, TableError> {
    let entries = map.value(place);
    let (keys, values) = (entries.column(0).as_string_opt::<i32>(), entries.column(1).as_string_opt::<i32>());
    let (Some(keys), Some(values)) = (keys, values) else { return Err(TableError::Column(column)) };
    let digest = |entry: usize| {
        let value = values.value(entry);
        let number = u64::from_str_radix(value, 16).map_err(|_| wrong(column, value))?;
        Ok((keys.value(entry).to_owned(), number))
    };
    (0..entries.len()).map(digest).collect()
}

fn wrong(column: &'static str, value: &str) -> TableError {
    TableError::Value { column, value: value.to_owned() }
}

fn state_word(state: State) -> &'static str {
    match state {
        State::Published => "published",
        State::Held => "held",
        State::Deleted => "deleted",
    }
}

fn state_of(word: &str) -> Option<State> {
    [State::Published, State::Held, State::Deleted].into_iter().find(|state| state_word(*state) == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let row = |number: u64| IndexRow {
            sku: format!("A-{number}").parse().unwrap(),
            revision: number,
            product_version: number * 2,
            state: if number.is_multiple_of(7) { State::Deleted } else { State::Published },
            updated_at_us: 1_700_000_000_000_000 + i64::try_from(number).unwrap(),
            input_tokens: 10,
            output_tokens: 3,
            cost: 0.5,
            recipes: vec![("faq".into(), number, 3), ("seo".into(), u64::MAX, 4)],
        };
        for count in [0, 1, 20_000] {
            let rows: Vec<IndexRow> = (0..count).map(row).collect();
            let table = write(&rows, |row| format!("content/en/{}.json", row.sku)).unwrap();
            let mut back = Vec::new();
            read(table, |row| back.push(row)).unwrap();
            assert!(back == rows, "{count}");
        }
        assert!(matches!(read(b"no table".to_vec(), |_| {}), Err(TableError::Parquet(_))));
    }

    #[test]
    fn a_guide_that_an_earlier_version_indexed_is_left_out() {
        let row = |sku: &str| IndexRow {
            sku: sku.parse().unwrap(),
            revision: 1,
            product_version: 1,
            state: State::Published,
            updated_at_us: 0,
            input_tokens: 0,
            output_tokens: 0,
            cost: 0.0,
            recipes: Vec::new(),
        };
        let table = write(&[row("A1"), row("guide:Mugs")], |row| row.sku.to_string()).unwrap();
        let mut back = Vec::new();
        read(table, |row| back.push(row.sku.to_string())).unwrap();
        assert_eq!(back, ["A1"]);
    }
}
