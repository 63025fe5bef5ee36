//! A row of a table: its cells in one piece of memory.

use std::sync::Arc;

use super::Complaint;

/// A row of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Number of its first line, from 1; of a spreadsheet, its row.
    pub number: u64,
    text: String,
    ends: Vec<u32>,
    /// A quote in it that is not closed or not doubled, by the index of its cell.
    pub broken_quote: Option<usize>,
    /// Whether empty cells at its end are not written, as in workbooks.
    pub is_open_ended: bool,
    /// Whether bytes in it do not belong to the file's encoding.
    pub broken_encoding: bool,
}

impl Row {
    /// An empty row of this number.
    #[must_use]
    pub fn new(number: u64) -> Self {
        Self { number, ..Self::default() }
    }

    /// Adds a cell.
    pub fn push(&mut self, cell: &str) {
        self.text.push_str(cell);
        self.end_cell();
    }

    /// Keeps the first cells only.
    pub(super) fn truncate(&mut self, cells: usize) {
        self.ends.truncate(cells);
        self.text.truncate(self.ends.last().copied().unwrap_or_default() as usize);
    }

    /// Adds text to the cell that is not ended yet.
    pub(super) fn append(&mut self, part: &str) {
        self.text.push_str(part);
    }

    /// Ends the cell.
    pub(super) fn end_cell(&mut self) {
        // A row has at most a mebibyte.
        self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
    }

    /// How many cells it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether it has no cell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// A cell without white space around it; empty where there is none.
    #[must_use]
    pub fn cell(&self, index: usize) -> &str {
        self.raw(index).trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
    }

    fn raw(&self, index: usize) -> &str {
        let end = self.ends.get(index).copied().unwrap_or_default() as usize;
        let start =
            index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        self.text.get(start as usize..end).unwrap_or_default()
    }

    /// The cells, as [`Row::cell`] gives them.
    pub fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|index| self.cell(index))
    }

    /// Whether it says nothing: empty cells, or the mark that some programs end a file with.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.text.chars().all(|c| c.is_whitespace() || matches!(c, '\u{1a}' | '\u{feff}'))
    }

    /// How much memory it takes, about, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.text.len() + self.ends.len() * 4 + size_of::<Self>()
    }

    /// As it is written aside: number, marks, ends, text.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.number.to_le_bytes());
        let broken = self.broken_quote.map_or(0, |cell| u32::try_from(cell + 1).unwrap_or(u32::MAX));
        out.extend_from_slice(&broken.to_le_bytes());
        out.push(u8::from(self.broken_encoding));
        out.extend_from_slice(&u32::try_from(self.ends.len()).unwrap_or_default().to_le_bytes());
        for end in &self.ends {
            out.extend_from_slice(&end.to_le_bytes());
        }
        out.extend_from_slice(self.text.as_bytes());
    }

    /// Reads what [`Row::encode`] wrote; `None` where it is something else.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (number, rest) = bytes.split_first_chunk::<8>()?;
        let (broken, rest) = rest.split_first_chunk::<4>()?;
        let (encoding, rest) = rest.split_first()?;
        let (count, mut rest) = rest.split_first_chunk::<4>()?;
        let mut ends = Vec::new();
        for _ in 0..u32::from_le_bytes(*count) {
            let (end, behind) = rest.split_first_chunk::<4>()?;
            ends.push(u32::from_le_bytes(*end));
            rest = behind;
        }
        Some(Self {
            number: u64::from_le_bytes(*number),
            text: String::from_utf8(rest.to_vec()).ok()?,
            ends,
            broken_quote: (u32::from_le_bytes(*broken) as usize).checked_sub(1),
            is_open_ended: false,
            broken_encoding: *encoding == 1,
        })
    }
}

impl<S: AsRef<str>> FromIterator<S> for Row {
    fn from_iter<I: IntoIterator<Item = S>>(cells: I) -> Self {
        let mut row = Self::default();
        for cell in cells {
            row.push(cell.as_ref());
        }
        row
    }
}

/// Rows one after the other; a row that cannot be read is a complaint, and the next one follows. An error of the second
/// kind is the end.
pub type Rows = Box<dyn Iterator<Item = std::io::Result<Result<Row, Complaint>>> + Send>;

/// Gives the rows of a table from its beginning, as often as they are needed.
pub type OpenRows = Arc<dyn Fn() -> std::io::Result<Rows> + Send + Sync>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_is_written_aside_comes_back_as_it_was() {
        let mut row: Row = ["a", "", " größe "].iter().collect();
        (row.number, row.broken_quote) = (7, Some(1));
        let mut bytes = Vec::new();
        row.encode(&mut bytes);
        assert_eq!(Row::decode(&bytes), Some(row.clone()));
        assert_eq!(Row::decode(bytes.get(..9).unwrap()), None);
        assert_eq!(row.cells().collect::<Vec<_>>(), ["a", "", "größe"]);
        assert_eq!(row.cell(9), "");
    }
}
