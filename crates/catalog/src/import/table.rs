//! A table read into products: its header, its format, and the rows of each product put together.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};

use super::assemble::Assembler;
use super::column_name::folded;
use super::columns::Columns;
use super::families::{Families, FamilyRows};
use super::format::{Holds, TableFormat};
use super::header_again::watched;
use super::json::Labels;
use super::reader::ImportOptions;
use super::row::{OpenRows, Row};
use super::{Complaint, Entry};

/// Rows before the header that are looked through: titles, notes, the date of the export.
const HEADER_ROWS_MAX: usize = 10;
/// Columns that an error lists.
const LISTED_MAX: usize = 12;

/// A table whose rows are known to belong together.
pub struct Table {
    open: OpenRows,
    /// How it is read.
    pub format: Arc<TableFormat>,
    /// What its columns hold.
    pub columns: Arc<Columns>,
    /// How its rows belong together.
    pub families: Arc<Families>,
    /// What is doubtful about its header.
    pub warnings: Vec<Complaint>,
    labels: Arc<Labels>,
    aside: PathBuf,
}

impl Table {
    /// Reads a table once: its header and how its rows belong together; `None` where it has no header. Rows that have to
    /// wait and do not fit into memory are put aside into `aside`, a file that need not be there.
    ///
    /// # Errors
    /// When it cannot be read, or no column holds a SKU.
    pub fn open(raw: &OpenRows, options: &ImportOptions, aside: &Path) -> anyhow::Result<Option<Self>> {
        let Some((place, header)) = header(raw)? else { return Ok(None) };
        let header_row = header.number;
        let mut names: Vec<String> = header.cells().map(str::to_owned).collect();
        while names.last().is_some_and(String::is_empty) {
            names.pop();
        }
        let own = names.len();
        let open = body(raw, place, own);
        let (open, names, format) = if let Some(mapping) = &options.mapping {
            mapping.over(open, names)?
        } else {
            let header: Vec<&str> = names.iter().map(String::as_str).collect();
            let format = TableFormat::of_header(&header)?;
            (open, names, Arc::new(format.clone()))
        };
        let header: Vec<&str> = names.iter().map(String::as_str).collect();
        let columns = Columns::of_header(&header, &format);
        let has_key = columns.of(Holds::Sku).is_some() || columns.of(Holds::Id).is_some();
        if !has_key && !options.draft {
            let found: Vec<&str> = header.iter().take(LISTED_MAX).copied().collect();
            bail!(
                "no column holds a SKU (found: {}); name one of them sku, or say which it is in a mapping (--write-map drafts one)",
                found.join(", ")
            );
        }
        let mut warnings = repeated(&columns, header_row);
        warnings.extend(misspelt(&columns, header_row));
        let open = watched(open, &columns, &format, own);
        let families =
            Families::find(&open, &format, &columns).context("the table cannot be read to its end")?;
        Ok(Some(Self {
            open,
            format,
            columns: Arc::new(columns),
            families: Arc::new(families),
            warnings,
            labels: Arc::clone(&options.labels),
            aside: aside.to_owned(),
        }))
    }

    /// Its products, in the order in which their last rows stand.
    ///
    /// # Errors
    /// When it cannot be opened again.
    pub fn entries(&self) -> std::io::Result<TableEntries> {
        Ok(TableEntries {
            rows: self.families.rows(&self.open, &self.aside)?,
            format: Arc::clone(&self.format),
            columns: Arc::clone(&self.columns),
            labels: Arc::clone(&self.labels),
        })
    }
}

/// The products of a table.
pub struct TableEntries {
    rows: FamilyRows,
    format: Arc<TableFormat>,
    columns: Arc<Columns>,
    labels: Arc<Labels>,
}

impl Iterator for TableEntries {
    type Item = std::io::Result<Result<Entry, Complaint>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let rows = match self.rows.next()? {
                Ok(Ok(rows)) => rows,
                Ok(Err(complaint)) => return Some(Ok(Err(complaint))),
                Err(error) => return Some(Err(error)),
            };
            let assembler = Assembler { format: &self.format, columns: &self.columns, labels: &self.labels };
            if let Some(entry) = assembler.entry(&rows) {
                return Some(Ok(entry));
            }
        }
    }
}

/// The header and where it stands: the first row, or one behind titles and notes.
fn header(raw: &OpenRows) -> anyhow::Result<Option<(usize, Row)>> {
    let mut first: Option<Row> = None;
    for (place, row) in raw()?.take(HEADER_ROWS_MAX).enumerate() {
        let row = match row? {
            Ok(row) => row,
            // A header that cannot be read is none of the rows behind it.
            Err(complaint) if place == 0 => bail!("the header cannot be read: {complaint}"),
            Err(_) => continue,
        };
        let cells: Vec<&str> = row.cells().collect();
        let columns = Columns::of_header(&cells, TableFormat::of_header(&cells)?);
        let is_header = columns.of(Holds::Sku).is_some() && (cells.len() > 1 || first.is_none());
        if is_header {
            return Ok(Some((place, row)));
        }
        first.get_or_insert(row);
    }
    Ok(first.map(|row| (0, row)))
}

/// The rows behind the header; one with another number of cells is a complaint.
fn body(raw: &OpenRows, place: usize, width: usize) -> OpenRows {
    let raw = Arc::clone(raw);
    Arc::new(move || {
        let rows =
            raw()?.skip(place + 1).map(move |row| row.map(|row| row.and_then(|row| fitting(row, width))));
        Ok(Box::new(rows))
    })
}

fn fitting(mut row: Row, width: usize) -> Result<Row, Complaint> {
    while row.is_open_ended && row.len() < width {
        row.push("");
    }
    let over = (width..row.len()).any(|index| !row.cell(index).is_empty());
    if row.len() >= width && !over {
        return Ok(row);
    }
    let rule = format!("the row has {} cells, the header {width}", row.len());
    let remedy = if row.broken_quote.is_some() {
        "close the quote, or double it where it is a character"
    } else if over {
        "put cells that hold the separator into quotes"
    } else {
        "add the cells that it lacks; was the file cut off?"
    };
    Err(Complaint::new(row.number, rule, remedy))
}

/// Columns that have the name of another one, whose cells count.
fn repeated(columns: &Columns, row: u64) -> Vec<Complaint> {
    let complaint = |(first, again): &(usize, usize)| {
        let rule =
            format!("columns {} and {} have the same name; the first one counts", first + 1, again + 1);
        let name = columns.names.get(*again).map_or("", String::as_str);
        Complaint::new(row, rule, "rename one of them, or take it out").at(name)
    };
    columns.repeated.iter().map(complaint).collect()
}

/// Columns that are read as attributes, and whose names are nearly those of fields.
fn misspelt(columns: &Columns, row: u64) -> Vec<Complaint> {
    const FIELDS: [&str; 8] =
        ["sku", "title", "brand", "category", "description", "gtin", "locale", "attributes"];
    let near = |name: &str| {
        let name = folded(name);
        FIELDS.into_iter().find(|field| {
            name != *field && field.len() > 4 && strsim::osa_distance(&name, field) <= 1 + field.len() / 9
        })
    };
    let attributes = columns.iter().filter(|(_, held)| held.is == Holds::Attribute);
    attributes
        .filter_map(|(name, _)| {
            let meant = near(name)?;
            let rule = "the column is read as an attribute".to_owned();
            Some(Complaint::new(row, rule, format!("is {meant} meant? rename it then")).at(name))
        })
        .collect()
}
