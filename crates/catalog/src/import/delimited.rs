//! Rows of delimiter-separated text, lenient where files of shops are broken: a quote that nobody closed costs its own
//! row and not the file.

use std::io::BufRead;

use super::dialect::Dialect;
use super::lines::Lines;
use super::row::Row;
use super::{Complaint, ROW_BYTES_MAX};

/// Reads rows of text in UTF-8.
pub struct DelimitedReader<R> {
    input: Lines<R>,
    dialect: Dialect,
    /// Cells that a row has to have, where that is known.
    cells: Option<usize>,
}

impl<R: BufRead> DelimitedReader<R> {
    /// Reads what is left of the input; `cells` is how many the header has, where it is known.
    pub fn new(input: R, dialect: Dialect, cells: Option<usize>) -> Self {
        Self { input: Lines::new(input), dialect, cells }
    }

    /// Says how many cells a row has to have.
    pub(super) fn expect(&mut self, cells: Option<usize>) {
        self.cells = cells;
    }

    /// The next row; `None` at the end.
    ///
    /// # Errors
    /// When the input cannot be read.
    pub fn row(&mut self) -> std::io::Result<Option<Result<Row, Complaint>>> {
        loop {
            let number = self.input.number + 1;
            let Some(first) = self.input.line(0)? else { return Ok(None) };
            if first.is_cut {
                let bytes = self.input.skip_line()?;
                return Ok(Some(Err(Complaint {
                    row: number,
                    column: String::new(),
                    rule: format!("the row is longer than {} KiB", ROW_BYTES_MAX / 1024),
                    seen: format!("{bytes} bytes"),
                    remedy: "split it, or close the quote that it begins with".to_owned(),
                })));
            }
            let mut begun = Row::new(number);
            let row = match split(first.text, self.dialect, &mut begun) {
                Split::Whole => {
                    self.input.take_lines(1);
                    begun
                }
                Split::Open(open) => {
                    let alone = alone(first.text, self.dialect, number);
                    let length = first.text.len();
                    self.longer(begun, open, alone, length)?
                }
            };
            if !row.is_blank() {
                return Ok(Some(Ok(row)));
            }
        }
    }

    /// A row whose last cell goes on in the next line; where its quote is never closed, its first line `alone`.
    fn longer(
        &mut self,
        mut row: Row,
        mut open: String,
        alone: Row,
        mut seen: usize,
    ) -> std::io::Result<Row> {
        let mut lines = 1;
        while let Some(end) = self.input.line_behind(seen)? {
            lines += 1;
            let more = self.input.text(seen, end);
            seen = end;
            match go_on(more, self.dialect, &mut row, open) {
                Split::Open(still) => open = still,
                Split::Whole => {
                    let fits = |row: &Row| self.cells.is_none_or(|cells| row.len() == cells);
                    // A quote that is closed by one of another row makes the wrong number of cells, or is broken.
                    if row.broken_quote.is_some() || (!fits(&row) && fits(&alone)) {
                        break;
                    }
                    self.input.take_lines(lines);
                    return Ok(row);
                }
            }
        }
        self.input.take_lines(1);
        Ok(alone)
    }
}

impl<R: BufRead> Iterator for DelimitedReader<R> {
    type Item = std::io::Result<Result<Row, Complaint>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.row().transpose()
    }
}

/// How far a text is cut into cells.
enum Split {
    Whole,
    /// The last quote is not closed; the text of its cell so far.
    Open(String),
}

/// Cuts a text into the cells of a row.
fn split(text: &str, dialect: Dialect, row: &mut Row) -> Split {
    row.broken_encoding |= text.contains(char::REPLACEMENT_CHARACTER);
    let (separator, quote) = (char::from(dialect.separator), char::from(dialect.quote));
    let mut rest = text;
    loop {
        let trimmed = rest.trim_start_matches(' ');
        let quoted = if dialect.quotes { trimmed.strip_prefix(quote) } else { None };
        let behind = match quoted.map(|inside| unquote(inside, dialect, row, String::new())) {
            Some(Cell::Closed(behind)) => behind,
            Some(Cell::Open(cell)) => return Split::Open(cell),
            Some(Cell::Broken) => {
                row.broken_quote.get_or_insert(row.len());
                plain(trimmed, separator, row)
            }
            None => plain(rest, separator, row),
        };
        match behind {
            Some(next) => rest = next,
            None => return Split::Whole,
        }
    }
}

/// Goes on in a cell whose quote is open.
fn go_on(text: &str, dialect: Dialect, row: &mut Row, open: String) -> Split {
    row.broken_encoding |= text.contains(char::REPLACEMENT_CHARACTER);
    match unquote(text, dialect, row, open) {
        Cell::Closed(None) => Split::Whole,
        Cell::Closed(Some(next)) => split(next, dialect, row),
        Cell::Open(cell) => Split::Open(cell),
        Cell::Broken => {
            row.broken_quote.get_or_insert(row.len());
            Split::Whole
        }
    }
}

/// A line with a quote that nobody closes, cut as if that quote were a character.
fn alone(text: &str, dialect: Dialect, number: u64) -> Row {
    let (separator, quote) = (char::from(dialect.separator), char::from(dialect.quote));
    let mut row = Row::new(number);
    row.broken_encoding = text.contains(char::REPLACEMENT_CHARACTER);
    let mut rest = Some(text);
    while let Some(text) = rest {
        let trimmed = text.trim_start_matches(' ');
        rest =
            match trimmed.strip_prefix(quote).map(|inside| unquote(inside, dialect, &mut row, String::new()))
            {
                Some(Cell::Closed(behind)) => behind,
                Some(Cell::Open(_) | Cell::Broken) => {
                    row.broken_quote.get_or_insert(row.len());
                    plain(trimmed, separator, &mut row)
                }
                None => plain(text, separator, &mut row),
            };
    }
    row
}

/// A cell without quotes; gives what is behind its separator.
fn plain<'a>(text: &'a str, separator: char, row: &mut Row) -> Option<&'a str> {
    let (cell, behind) = match text.split_once(separator) {
        Some((cell, behind)) => (cell, Some(behind)),
        None => (text, None),
    };
    row.push(cell);
    behind
}

/// What became of a cell in quotes.
enum Cell<'a> {
    /// It is in the row; what is behind its separator.
    Closed(Option<&'a str>),
    /// Its closing quote is missing; its text so far.
    Open(String),
    /// A quote in it is neither doubled nor its end; nothing of it is in the row.
    Broken,
}

/// Reads a cell behind its opening quote, or goes on in it.
fn unquote<'a>(inside: &'a str, dialect: Dialect, row: &mut Row, mut cell: String) -> Cell<'a> {
    let (separator, quote) = (char::from(dialect.separator), char::from(dialect.quote));
    let mut rest = inside;
    loop {
        let Some(at) = rest.find(quote) else {
            cell.push_str(rest);
            return Cell::Open(cell);
        };
        let (before, from) = rest.split_at(at);
        let behind = from.get(1..).unwrap_or_default();
        if dialect.backslash && before.ends_with('\\') && !before.ends_with("\\\\") {
            cell.push_str(before.get(..before.len() - 1).unwrap_or_default());
            cell.push(quote);
            rest = behind;
            continue;
        }
        cell.push_str(before);
        if let Some(more) = behind.strip_prefix(quote) {
            cell.push(quote);
            rest = more;
            continue;
        }
        let tail = behind.trim_start_matches(' ');
        let next = tail.strip_prefix(separator);
        if next.is_none() && !tail.is_empty() {
            return Cell::Broken;
        }
        row.append(&cell);
        row.end_cell();
        return Cell::Closed(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, dialect: Dialect) -> Vec<(u64, Vec<String>, Option<usize>)> {
        let cells = text.lines().next().map(|line| line.split(char::from(dialect.separator)).count());
        DelimitedReader::new(text.as_bytes(), dialect, cells)
            .map(|row| row.unwrap().unwrap())
            .map(|row| (row.number, row.cells().map(str::to_owned).collect(), row.broken_quote))
            .collect()
    }

    fn check(text: &str, expected: &[(u64, &[&str], Option<usize>)]) {
        let expected: Vec<(u64, Vec<String>, Option<usize>)> = expected
            .iter()
            .map(|(number, cells, broken)| {
                (*number, cells.iter().map(|cell| (*cell).to_owned()).collect(), *broken)
            })
            .collect();
        assert_eq!(read(text, Dialect::CSV), expected, "{text:?}");
    }

    #[test]
    fn rows_are_cut_at_every_kind_of_line_end() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["a,b", "1,\"x, y\"", "", "2,", ",,", "\u{1a}"].join(end);
            check(&text, &[(1, &["a", "b"], None), (2, &["1", "x, y"], None), (4, &["2", ""], None)]);
        }
    }

    #[test]
    fn a_cell_in_quotes_may_go_on_over_lines() {
        check(
            "a,b\n1,\"first\n\nthird \"\"line\"\"\"\n2,x\n",
            &[(1, &["a", "b"], None), (2, &["1", "first\n\nthird \"line\""], None), (5, &["2", "x"], None)],
        );
    }

    #[test]
    fn a_broken_quote_costs_its_own_row_and_not_the_file() {
        check(
            "a,b\n1,\"12\" Plate\n2,3/4\"\n3,\"Jug\n4,Pot\n5,\"Cup\"\n",
            &[
                (1, &["a", "b"], None),
                (2, &["1", "\"12\" Plate"], Some(1)),
                (3, &["2", "3/4\""], None),
                (4, &["3", "\"Jug"], Some(1)),
                (5, &["4", "Pot"], None),
                (6, &["5", "Cup"], None),
            ],
        );
    }

    #[test]
    fn a_row_that_is_too_long_is_named_and_the_next_one_is_read() {
        let text = format!("a,b\n1,{}\n2,x\n", "y".repeat(3 * ROW_BYTES_MAX));
        let rows: Vec<_> =
            DelimitedReader::new(text.as_bytes(), Dialect::CSV, Some(2)).map(Result::unwrap).collect();
        let shown: Vec<(u64, bool)> = rows
            .iter()
            .map(|row| (row.as_ref().map_or_else(|complaint| complaint.row, |row| row.number), row.is_ok()))
            .collect();
        assert_eq!(shown, [(1, true), (2, false), (3, true)]);
    }

    #[test]
    fn a_quote_that_is_never_closed_costs_no_more_than_its_row_however_long_the_file_is() {
        let text = format!("a,b\n1,\"open\n{}", "2,x\n".repeat(600_000));
        assert_eq!(read(&text, Dialect::CSV).len(), 600_002);
    }

    #[test]
    fn backslashes_escape_quotes_where_the_dialect_says_so() {
        let dialect = Dialect { backslash: true, ..Dialect::CSV };
        assert_eq!(read("a,b\n1,\"a \\\"big\\\" mug\"\n", dialect)[1].1, ["1", "a \"big\" mug"]);
    }
}
