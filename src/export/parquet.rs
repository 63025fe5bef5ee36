//! Published texts as columns of a Parquet file, in row groups: memory does not grow with the catalog.

use std::path::PathBuf;
use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::Compression;
use ::parquet::file::properties::WriterProperties;
use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use skuscribe_catalog::export::{TextField, Texts};
use skuscribe_check::product::Product;

use super::files::PendingFile;

/// Rows of one batch.
const BATCH: usize = 4_096;

/// A table that is being written.
#[derive(Debug)]
pub(super) struct TableFile {
    place: PathBuf,
    writer: Option<ArrowWriter<PendingFile>>,
    rows: Vec<Row>,
    written: u64,
}

/// A row: a product in one locale.
#[derive(Debug)]
struct Row {
    sku: String,
    texts: Texts,
}

impl TableFile {
    pub(super) const fn new(place: PathBuf) -> Self {
        Self { place, writer: None, rows: Vec::new(), written: 0 }
    }

    /// Rows so far.
    pub(super) fn rows(&self) -> u64 {
        self.written + self.rows.len() as u64
    }

    pub(super) fn push(&mut self, product: &Product, texts: &Texts) -> anyhow::Result<()> {
        self.rows.push(Row { sku: product.sku.to_string(), texts: texts.clone() });
        if self.rows.len() >= BATCH { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> anyhow::Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let batch = batch(&self.rows)?;
        self.written += self.rows.len() as u64;
        self.rows.clear();
        let mut writer = if let Some(writer) = self.writer.take() {
            writer
        } else {
            let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
            ArrowWriter::try_new(PendingFile::create(&self.place, "0")?, batch.schema(), Some(properties))?
        };
        writer.write(&batch)?;
        writer.flush()?;
        self.writer = Some(writer);
        Ok(())
    }

    /// Ends the table; gives its file with its place, where it has rows.
    pub(super) fn end(mut self) -> anyhow::Result<Option<(PendingFile, PathBuf)>> {
        self.write()?;
        let Some(writer) = self.writer else { return Ok(None) };
        let mut file = writer.into_inner()?;
        file.end()?;
        Ok(Some((file, self.place)))
    }
}

fn batch(rows: &[Row]) -> anyhow::Result<RecordBatch> {
    let text = |of: &dyn Fn(&Row) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.iter().map(of)))
    };
    // A product without a text has none here, and no empty one.
    let maybe = |of: &dyn Fn(&Row) -> Option<String>| -> ArrayRef {
        Arc::new(rows.iter().map(of).collect::<StringArray>())
    };
    let single = |field: TextField| maybe(&move |row: &Row| row.texts.single(field).map(str::to_owned));
    let list = |field: TextField| -> ArrayRef {
        let mut lists = ListBuilder::new(StringBuilder::new());
        for row in rows {
            let texts = row.texts.list(field);
            for text in texts {
                lists.values().append_value(text);
            }
            lists.append(!texts.is_empty());
        }
        Arc::new(lists.finish())
    };
    let questions = maybe(&|row| {
        let pairs = row.texts.questions().iter();
        let pairs: Vec<serde_json::Value> = pairs
            .map(|pair| serde_json::json!({ "question": pair.question, "answer": pair.answer }))
            .collect();
        (!pairs.is_empty()).then(|| serde_json::Value::Array(pairs).to_string())
    });
    let revisions = rows.iter().map(|row| i64::try_from(row.texts.revision).unwrap_or(i64::MAX));
    let times = TimestampMicrosecondArray::from_iter_values(
        rows.iter().map(|row| row.texts.updated_at.as_microsecond()),
    );
    let source = maybe(&|row| row.texts.source(TextField::Body).map(|source| source.name().to_owned()));
    // Whether a column may lack values is said of all batches alike, for they share a schema.
    let columns: Vec<(&str, ArrayRef, bool)> = vec![
        ("sku", text(&|row| row.sku.clone()), false),
        ("locale", text(&|row| row.texts.locale.to_string()), false),
        ("revision", Arc::new(Int64Array::from_iter_values(revisions)), false),
        ("updated_at", Arc::new(times.with_timezone("UTC")), false),
        ("title", single(TextField::Title), true),
        ("description_html", maybe(&|row| row.texts.html()), true),
        ("description", maybe(&|row| row.texts.plain(true)), true),
        ("bullets", list(TextField::Bullets), true),
        ("seo_title", single(TextField::SeoTitle), true),
        ("seo_description", single(TextField::SeoDescription), true),
        ("keywords", list(TextField::Keywords), true),
        ("questions", questions, true),
        ("digital_source_type", source, true),
    ];
    Ok(RecordBatch::try_from_iter_with_nullable(columns)?)
}
