//! Rows with separators: CSV and TSV, quoted as RFC 4180 has it.

use super::clean::clean;
use super::column::{Cell, Column, Subject};
use super::format::{Format, Formulas, Quoting};
use super::google;
use super::left_out::{LeftOut, LeftOutReason};
use super::options::ExportOptions;

/// The first row.
pub(super) fn head(format: &Format, columns: &[Column]) -> Vec<u8> {
    row(format, columns.iter().map(|column| column.name.clone()))
}

/// A record's row: every cell has a value, for an empty one would blank what the target has.
pub(super) fn record(
    format: &Format,
    columns: &[Column],
    subject: &Subject<'_>,
    options: &ExportOptions,
) -> Result<Vec<u8>, LeftOut> {
    let mut cells = Vec::with_capacity(columns.len());
    for column in columns {
        let Some(cell) = column.cell(subject, options)? else {
            let detail = "a row has to have every cell".to_owned();
            return Err(subject.left_out(LeftOutReason::Missing, &column.name, detail));
        };
        cells.push(text(format.formulas, format.separator, cell, &column.name, subject)?);
    }
    Ok(row(format, cells.into_iter()))
}

/// A cell's text, safe for spreadsheets as the format has it.
pub(super) fn text(
    formulas: Formulas,
    separator: char,
    cell: Cell,
    column: &str,
    subject: &Subject<'_>,
) -> Result<String, LeftOut> {
    let text = match cell {
        Cell::Text(text) => text,
        Cell::Made(text, source) => google::made(&text, source),
        Cell::List(texts) if separator == '\t' => google::list(&texts),
        Cell::List(texts) => texts.join("\n"),
        Cell::Questions(pairs) => google::questions(&pairs),
    };
    match formulas {
        Formulas::Apostrophe if is_formula(&text) => Ok(format!("'{text}")),
        Formulas::Refuse if is_run(&text) => {
            let start: String = clean(&text).chars().take(20).collect();
            let detail =
                format!("{start:?} would be run by a spreadsheet; write it without that first character");
            Err(subject.left_out(LeftOutReason::Formula, column, detail))
        }
        _ => Ok(text),
    }
}

fn row(format: &Format, cells: impl Iterator<Item = String>) -> Vec<u8> {
    let mut out = String::new();
    for (place, cell) in cells.enumerate() {
        if place > 0 {
            out.push(format.separator);
        }
        let special = |c: char| c == format.separator || matches!(c, '"' | '\n' | '\r');
        // An empty first cell alone would be an empty line, and white space at the ends is taken off by some readers.
        let edge =
            cell.is_empty() || cell.starts_with(char::is_whitespace) || cell.ends_with(char::is_whitespace);
        if format.quote == Quoting::Always || edge || cell.contains(special) {
            out.push('"');
            out.push_str(&cell.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(&cell);
        }
    }
    out.push('\n');
    out.into_bytes()
}

/// Whether spreadsheets may take a cell for a formula.
pub(super) fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// The same, but for a quantity with its sign, such as "-20 °C freezer bag", which is text to every spreadsheet.
fn is_run(text: &str) -> bool {
    if !is_formula(text) {
        return false;
    }
    let rest = text.strip_prefix(['+', '-']).unwrap_or_default();
    let behind = rest.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ','));
    let is_number = behind.len() < rest.len();
    let unit = behind.trim_start_matches([' ', '\u{a0}', '\u{202f}']);
    !(is_number
        && unit.starts_with(|c: char| c.is_alphabetic() || matches!(c, '°' | '%'))
        && !unit.contains(['=', '+', '*', '/', '|', '!', '(', '@', '^', '&']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::find;

    #[test]
    fn a_row_is_quoted_where_a_reader_needs_it() {
        let cells = ["a,b", "say \"x\"", "two\nlines", " edge", "plain"].map(str::to_owned);
        let made = row(find("shopify").unwrap(), cells.into_iter());
        assert_eq!(
            String::from_utf8(made.clone()).unwrap(),
            "\"a,b\",\"say \"\"x\"\"\",\"two\nlines\",\" edge\",plain\n"
        );
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(made.as_slice());
        let read = reader.records().next().unwrap().unwrap();
        assert_eq!(read.iter().collect::<Vec<_>>(), ["a,b", "say \"x\"", "two\nlines", " edge", "plain"]);
    }

    #[test]
    fn what_a_spreadsheet_would_run_is_seen() {
        for run in
            ["=1+1", "@SUM(A1)", "+1+1", "-2+3+cmd|' /C calc'!A0", "\t=1", "-", "+49", "-5", "-x", "+1 (a)"]
        {
            assert!(is_run(run), "{run:?}");
        }
        for text in ["-20 °C freezer bag", "+5 dioptres, clear", "-30% humidity pack", "plain", "'=1", ""] {
            assert!(!is_run(text), "{text:?}");
        }
        assert!(is_formula("-20 °C freezer bag"));
    }
}
