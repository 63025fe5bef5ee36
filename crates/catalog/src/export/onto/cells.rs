//! Rows of a table as raw bytes, with the place of every cell in them: quotes, encoding and line ends as the file has them.

use std::io::Read;

use anyhow::{bail, ensure};
use encoding_rs::{Encoding, UTF_16BE};

use super::RECORD_BYTES_MAX;
use super::encoding::{decode, encode, is_lead, width};

/// Where a cell stands in its row, quotes included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RawCell {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// A row: its bytes with the line's end, and its cells.
#[derive(Debug, Default)]
pub(super) struct RawRow {
    pub(super) bytes: Vec<u8>,
    pub(super) cells: Vec<RawCell>,
}

/// How a table is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct TableDialect {
    pub(super) encoding: &'static Encoding,
    pub(super) separator: char,
    pub(super) carriage_returns: bool,
    /// Whether a backslash before a quote stands for doubling it.
    pub(super) backslash: bool,
}

impl TableDialect {
    /// A cell's text, quotes taken off.
    pub(super) fn text(&self, bytes: &[u8]) -> String {
        let text = decode(self.encoding, bytes);
        match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
            Some(inner) if self.backslash => inner.replace("\\\"", "\""),
            Some(inner) => inner.replace("\"\"", "\""),
            None => text,
        }
    }

    /// A text as a cell: quoted where the cell was, or has to be.
    pub(super) fn cell(&self, text: &str, before: &[u8]) -> Result<Vec<u8>, char> {
        let was = decode(self.encoding, before);
        let special = |c: char| c == self.separator || matches!(c, '"' | '\n' | '\r');
        let edge = text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace);
        let is_quoted = was.len() >= 2 && was.starts_with('"') && was.ends_with('"');
        if is_quoted || edge || text.contains(special) {
            let escaped = if self.backslash { "\\\"" } else { "\"\"" };
            encode(self.encoding, &format!("\"{}\"", text.replace('"', escaped)))
        } else {
            encode(self.encoding, text)
        }
    }
}

/// Reads rows from a file.
#[derive(Debug)]
pub(super) struct RowReader<R> {
    input: R,
    dialect: TableDialect,
    buffer: Vec<u8>,
    at: usize,
    rows: u64,
}

impl<R: Read> RowReader<R> {
    pub(super) fn new(input: R, dialect: TableDialect) -> Self {
        Self { input, dialect, buffer: Vec::new(), at: 0, rows: 0 }
    }

    /// The same from here on with another separator.
    pub(super) fn with_separator(mut self, separator: char) -> Self {
        self.dialect.separator = separator;
        self
    }

    /// Rows read so far.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// Bytes that are read as they are, such as a byte order mark.
    pub(super) fn skip(&mut self, count: usize) -> anyhow::Result<Vec<u8>> {
        let mut skipped = Vec::with_capacity(count);
        while skipped.len() < count
            && let Some(byte) = self.byte()?
        {
            skipped.push(byte);
        }
        Ok(skipped)
    }

    fn fill(&mut self) -> anyhow::Result<bool> {
        if self.at >= self.buffer.len() {
            self.buffer.resize(1 << 16, 0);
            let read = self.input.read(&mut self.buffer)?;
            self.buffer.truncate(read);
            self.at = 0;
        }
        Ok(!self.buffer.is_empty())
    }

    fn byte(&mut self) -> anyhow::Result<Option<u8>> {
        if !self.fill()? {
            return Ok(None);
        }
        let byte = self.buffer.get(self.at).copied();
        self.at += 1;
        Ok(byte)
    }

    /// The next code unit, appended to the row; what is no ASCII character is 0.
    fn unit(&mut self, row: &mut Vec<u8>) -> anyhow::Result<Option<char>> {
        let Some(first) = self.byte()? else { return Ok(None) };
        row.push(first);
        if width(self.dialect.encoding) == 2 {
            let Some(second) = self.byte()? else { return Ok(Some('\0')) };
            row.push(second);
            let pair = [first, second];
            let unit = if self.dialect.encoding == UTF_16BE {
                u16::from_be_bytes(pair)
            } else {
                u16::from_le_bytes(pair)
            };
            return Ok(Some(u8::try_from(unit).map_or('\0', char::from)));
        }
        if is_lead(self.dialect.encoding, first) {
            row.extend(self.byte()?);
            return Ok(Some('\0'));
        }
        Ok(Some(char::from(first)))
    }

    /// The next row; nothing at the end.
    pub(super) fn next_row(&mut self) -> anyhow::Result<Option<RawRow>> {
        let mut row = RawRow::default();
        let width = width(self.dialect.encoding);
        let (mut start, mut inside) = (0, false);
        // Whether the unit before closed a quote: a quote behind it is one of the text.
        let mut closed = false;
        self.rows += 1;
        loop {
            let before = row.bytes.len();
            let Some(unit) = self.unit(&mut row.bytes)? else {
                ensure!(!inside, "row {}: a quoted cell is not closed before the file ends", self.rows);
                if before == 0 {
                    self.rows -= 1;
                    return Ok(None);
                }
                row.cells.push(RawCell { start, end: before });
                return Ok(Some(row));
            };
            if row.bytes.len() > RECORD_BYTES_MAX {
                bail!(
                    "row {} has more than {} MiB; is a quote not closed there?",
                    self.rows,
                    RECORD_BYTES_MAX >> 20
                );
            }
            if unit == '\\' && inside && self.dialect.backslash {
                self.unit(&mut row.bytes)?;
                continue;
            }
            if unit == '"' {
                if inside {
                    (inside, closed) = (false, true);
                } else if closed || before == start {
                    inside = true;
                }
                continue;
            }
            closed = false;
            if inside {
                continue;
            }
            if unit == '\n' || (unit == '\r' && self.dialect.carriage_returns) {
                let mut end = before;
                if unit == '\n' && end >= start + width && self.ends_in_return(row.bytes.get(start..end)) {
                    end -= width;
                }
                row.cells.push(RawCell { start, end });
                return Ok(Some(row));
            }
            if unit == self.dialect.separator {
                row.cells.push(RawCell { start, end: before });
                start = row.bytes.len();
            }
        }
    }

    fn ends_in_return(&self, cell: Option<&[u8]>) -> bool {
        let unit = |bytes: &[u8]| decode(self.dialect.encoding, bytes) == "\r";
        let width = width(self.dialect.encoding);
        cell.and_then(|cell| cell.get(cell.len().checked_sub(width)?..)).is_some_and(unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{SHIFT_JIS, UTF_8, UTF_16LE};

    fn rows(bytes: &[u8], encoding: &'static Encoding, separator: char) -> Vec<Vec<String>> {
        let dialect = TableDialect { encoding, separator, carriage_returns: false, backslash: false };
        let mut reader = RowReader::new(bytes, dialect);
        let (mut rows, mut all) = (Vec::new(), Vec::new());
        while let Some(row) = reader.next_row().unwrap() {
            all.extend_from_slice(&row.bytes);
            rows.push(row.cells.iter().map(|cell| dialect.text(&row.bytes[cell.start..cell.end])).collect());
        }
        assert_eq!(all, bytes, "every byte belongs to a row");
        rows
    }

    #[test]
    fn cells_are_found_as_an_independent_reader_finds_them() {
        for text in [
            "a,b\r\n\"x, y\",\"say \"\"hi\"\"\"\r\n\"two\nlines\",\r\n",
            "a,b\n1,2",
            "a\n\"\"\n\"\"\"\"\n",
            "a,b,c\n,,\n\"\",x\"y,\"z\"\n",
        ] {
            let mut reader =
                csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
            let expected: Vec<Vec<String>> =
                reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
            assert_eq!(rows(text.as_bytes(), UTF_8, ','), expected, "{text:?}");
        }
    }

    #[test]
    fn separators_of_wide_and_two_byte_encodings_are_not_taken_for_parts_of_characters() {
        let wide = encode(UTF_16LE, "id;名前\r\n1;\"a;b\"\r\n").unwrap();
        assert_eq!(rows(&wide, UTF_16LE, ';'), [["id", "名前"], ["1", "a;b"]]);
        // 0x7c, the separator, is the second byte of ポ's first half.
        let two = encode(SHIFT_JIS, "id|ポット\n1|表示\n").unwrap();
        assert_eq!(rows(&two, SHIFT_JIS, '|'), [["id", "ポット"], ["1", "表示"]]);
    }

    #[test]
    fn backslashes_escape_quotes_where_the_dialect_says_so() {
        let dialect =
            TableDialect { encoding: UTF_8, separator: ',', carriage_returns: false, backslash: true };
        let row = b"1,\"say \\\"hi\\\", you\",x\n";
        let mut reader = RowReader::new(row.as_slice(), dialect);
        let cells = reader.next_row().unwrap().unwrap().cells;
        let texts: Vec<String> = cells.iter().map(|cell| dialect.text(&row[cell.start..cell.end])).collect();
        assert_eq!(texts, ["1", "say \"hi\", you", "x"]);
        let written = dialect.cell("a \"b\"", b"x").unwrap();
        assert_eq!(dialect.text(&written), "a \"b\"");
    }

    #[test]
    fn a_quote_that_is_never_closed_is_an_error_with_its_row() {
        let dialect =
            TableDialect { encoding: UTF_8, separator: ',', carriage_returns: false, backslash: false };
        let mut reader = RowReader::new(b"a\n\"b\n".as_slice(), dialect);
        reader.next_row().unwrap();
        assert!(reader.next_row().unwrap_err().to_string().contains("row 2"));
    }
}
