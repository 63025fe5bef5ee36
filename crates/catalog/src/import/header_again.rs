//! A header in the middle of a table, as where two files were joined: it is no product, and what stands behind one of other
//! columns would be read by the wrong ones.

use std::collections::HashSet;
use std::io;
use std::sync::Arc;

use super::Complaint;
use super::column_name::folded;
use super::columns::Columns;
use super::format::{Holds, TableFormat};
use super::row::{OpenRows, Row};

/// Longest name of a column that is compared, in bytes.
const NAME_BYTES_MAX: usize = 100;

/// Knows the header of a table when it comes again.
struct Header {
    /// The names of the columns as they stand in the file.
    names: Vec<String>,
    /// The same as they are compared.
    known: HashSet<String>,
    key: usize,
    title: Option<usize>,
    /// What columns with keys and titles are called.
    key_names: HashSet<String>,
    title_names: HashSet<String>,
    no_key: Vec<String>,
}

/// What a row is.
enum Kind {
    Row,
    /// A row that explains the columns, before all products.
    Explanation,
    SameHeader,
    OtherHeader,
}

/// The rows of a table; the header again is a complaint, and another one an error. The file has so many columns of its own.
pub(super) fn watched(open: OpenRows, columns: &Columns, format: &TableFormat, own: usize) -> OpenRows {
    let Some(key) = columns.of(Holds::Sku) else { return open };
    let names: Vec<String> = columns.names.iter().take(own).cloned().collect();
    let known = names.iter().map(|name| folded(name)).collect();
    let title = columns.of(Holds::Title);
    let words_of = |field| format.names_of(field).map(str::to_owned).collect();
    let header = Arc::new(Header {
        names,
        known,
        key,
        title,
        key_names: words_of(Holds::Sku),
        title_names: words_of(Holds::Title),
        no_key: format.rows.no_key.clone(),
    });
    Arc::new(move || {
        let (header, mut begun) = (Arc::clone(&header), false);
        let rows = open()?.filter_map(move |row| match row {
            Ok(Ok(row)) => match header.kind(&row, begun) {
                Kind::SameHeader => Some(Ok(Err(again(row.number)))),
                Kind::OtherHeader => Some(Err(other(&row))),
                Kind::Explanation => None,
                Kind::Row => {
                    begun = true;
                    Some(Ok(Ok(row)))
                }
            },
            unread => Some(unread),
        });
        Ok(Box::new(rows))
    })
}

impl Header {
    fn kind(&self, row: &Row, begun: bool) -> Kind {
        let key = row.cell(self.key);
        if key.is_empty() || key.len() > NAME_BYTES_MAX {
            return Kind::Row;
        }
        let key = folded(key);
        if !begun && self.no_key.contains(&key) {
            return Kind::Explanation;
        }
        let names_key = self.key_names.contains(&key);
        if !names_key && !self.known.contains(&key) {
            return Kind::Row;
        }
        let cells = || row.cells().take(self.names.len());
        if cells().eq(self.names.iter().map(String::as_str)) {
            return Kind::SameHeader;
        }
        let names_title = self.title.is_some_and(|title| self.title_names.contains(&folded(row.cell(title))));
        let is_shuffled = cells().all(|cell| self.known.contains(&folded(cell)));
        if is_shuffled || (names_key && names_title) { Kind::OtherHeader } else { Kind::Row }
    }
}

fn again(row: u64) -> Complaint {
    let rule = "the header stands here again, as where files were joined";
    Complaint::new(row, rule, "take the row out; what stands behind it is read")
}

fn other(row: &Row) -> io::Error {
    let cells: Vec<&str> = row.cells().take(12).collect();
    let rule = format!(
        "row {} is the header of another table ({}): its rows would be read by the wrong columns; give the two tables one after the other",
        row.number,
        cells.join(", ")
    );
    io::Error::new(io::ErrorKind::InvalidData, rule)
}
