//! How a delimiter-separated text is written: its separator and its quotes, found from its beginning.

use super::delimited::DelimitedReader;
use super::row::Row;

/// How much of a text its dialect is found from, in bytes.
pub(super) const SAMPLE_BYTES: usize = 256 << 10;
/// Rows that are looked at.
const ROWS_MAX: usize = 200;
/// Separators, the likelier first.
const SEPARATORS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// How a delimiter-separated text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// What stands between cells.
    pub separator: u8,
    /// What stands around a cell that holds separators or line ends.
    pub quote: u8,
    /// Whether quotes mean that, or are characters as others are.
    pub quotes: bool,
    /// Whether a backslash before a quote stands for doubling it.
    pub backslash: bool,
    /// Whether the first line is `sep=`, which Excel reads.
    pub sep_line: bool,
}

impl Dialect {
    /// Comma and double quotes.
    pub const CSV: Self =
        Self { separator: b',', quote: b'"', quotes: true, backslash: false, sep_line: false };

    /// The dialect of a text that begins like this.
    #[must_use]
    pub fn find(sample: &str) -> Self {
        let (stated, text) = sep_line(sample);
        let backslash = has_backslashes(text);
        let written = |separator| Self { separator, backslash, sep_line: stated.is_some(), ..Self::CSV };
        if let Some(separator) = stated {
            return written(separator);
        }
        let likely =
            SEPARATORS.into_iter().rev().max_by_key(|separator| likelihood(text, written(*separator)));
        written(likely.unwrap_or(b','))
    }

    /// The separator as people call it.
    #[must_use]
    pub fn separator_name(&self) -> &'static str {
        match self.separator {
            b',' => "comma",
            b'\t' => "tab",
            b';' => "semicolon",
            b'|' => "vertical bar",
            _ => "another",
        }
    }
}

/// The separator of a line `sep=;`, and the text behind it.
fn sep_line(text: &str) -> (Option<u8>, &str) {
    let of = || {
        let behind =
            text.trim_start_matches('"').strip_prefix("sep=").or_else(|| text.strip_prefix("SEP="))?;
        let separator = *behind.as_bytes().first()?;
        let end = behind.find(['\n', '\r'])?;
        (end <= 2 && separator.is_ascii()).then(|| (separator, behind.get(end..).unwrap_or_default()))
    };
    match of() {
        Some((separator, rest)) => (Some(separator), rest.trim_start_matches(['\n', '\r'])),
        None => (None, text),
    }
}

/// Whether quotes inside of cells are escaped by backslashes: some are, and none is doubled.
fn has_backslashes(text: &str) -> bool {
    let ends_cell = |behind: &str| behind.starts_with([',', ';', '\t', '|', '\n', '\r']) || behind.is_empty();
    text.contains("\\\"")
        && text
            .match_indices("\\\"")
            .any(|(at, _)| !ends_cell(text.get(at + 2..).unwrap_or_default()) && !text.contains("\\\"\""))
}

/// How many rows have as many cells as the header, then how many cells that is; a separator that makes one cell is none.
fn likelihood(text: &str, dialect: Dialect) -> (usize, usize) {
    let mut rows = DelimitedReader::new(text.as_bytes(), dialect, None)
        .map_while(Result::ok)
        .filter_map(Result::ok)
        .take(ROWS_MAX);
    let Some(header) = rows.next().filter(|header: &Row| header.len() > 1) else { return (0, 0) };
    let (mut equal, mut count) = (1, 1);
    for row in rows {
        count += 1;
        equal += usize::from(row.len() == header.len());
    }
    // In thousandths, so that many cells decide between separators that fit about as well.
    ((equal * 20) / count, header.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_separator_is_the_one_that_cuts_all_rows_alike() {
        for (text, expected) in [
            ("sku,title\nA,Mug\n", ','),
            ("sku;title;weight\nA;Tüte;1,5 kg\nB;Becher;0,3 kg\n", ';'),
            ("id\ttitle\nA\tMug, small; red\n", '\t'),
            ("sku|title\nA|Mug, red\n", '|'),
            ("sep=;\nsku;title\nA;Mug\n", ';'),
            ("sku\nA\nB\n", ','),
            ("sku,description\nA,\"a;b;c\nd;e;f\"\nB,\"g;h\"\n", ','),
            ("", ','),
        ] {
            assert_eq!(char::from(Dialect::find(text).separator), expected, "{text:?}");
        }
    }

    #[test]
    fn quotes_that_backslashes_escape_are_known() {
        assert!(Dialect::find("sku,title\nA,\"a \\\"big\\\" mug\"\n").backslash);
        assert!(!Dialect::find("sku,title\nA,\"C:\\\"\nB,\"a \"\"big\"\" mug\"\n").backslash);
    }
}
