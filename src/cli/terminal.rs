//! Output for people: texts of others without what commands a terminal, and columns.

use std::fmt;

use comfy_table::{CellAlignment, Table, presets};

/// Rows in columns, two spaces apart. They have neither lines nor colours, so that a pipe gets what a terminal shows, and
/// no cell can command the terminal.
pub(super) struct Columns {
    table: Table,
    indent: u16,
    numbers: &'static [usize],
}

impl Columns {
    /// The first column is indented; those of `numbers`, counted from 0, are aligned to the right.
    pub(super) fn new(indent: u16, numbers: &'static [usize]) -> Self {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        Self { table, indent, numbers }
    }

    /// Adds a row; the first one may hold titles.
    pub(super) fn row(&mut self, cells: impl IntoIterator<Item: AsRef<str>>) {
        self.table.add_row(cells.into_iter().map(|cell| printable(cell.as_ref())).collect::<Vec<_>>());
        for (place, column) in self.table.column_iter_mut().enumerate() {
            column.set_padding((if place == 0 { self.indent } else { 1 }, 1));
            if self.numbers.contains(&place) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
    }

    /// One line for each row.
    pub(super) fn lines(&self) -> impl Iterator<Item = String> {
        let rows = self.table.row_count();
        self.table.lines().take(rows).map(|line| line.trim_end().to_owned())
    }
}

impl fmt::Display for Columns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines().try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// Without what would move the cursor or change colours.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || turns(c) { ' ' } else { c }).collect()
}

/// A text as one word of a shell's command.
pub(super) fn shell_word(text: &str) -> String {
    let plain =
        |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '@' | '%' | '+' | ',');
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Whether a character breaks the line, or turns the order in which a terminal shows what follows.
fn turns(c: char) -> bool {
    matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The same in at most so many characters.
pub(super) fn cut(text: &str, chars: usize) -> String {
    let text = printable(text);
    if text.chars().count() <= chars {
        return text;
    }
    let mut cut: String = text.chars().take(chars.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_others_reaches_the_terminal_as_a_command() {
        assert_eq!(cut("a\u{1b}[31mred\nline", 40), "a [31mred line");
        assert_eq!(cut("a\u{202e}b\u{2066}c\u{2028}d", 40), "a b c d");
        assert_eq!(cut("0123456789", 5), "0123…");
        let mut columns = Columns::new(0, &[]);
        columns.row(["a\u{1b}[2J\r\nb", "c\u{9b}31m"]);
        assert_eq!(columns.to_string(), "a [2J  b  c 31m\n");
    }

    #[test]
    fn columns_are_aligned_by_the_width_that_characters_have_and_numbers_to_the_right() {
        let mut columns = Columns::new(2, &[1]);
        assert_eq!(columns.to_string(), "");
        columns.row(["NAME", "COUNT", "NOTE"]);
        columns.row(["马克杯", "7", "wide"]);
        columns.row(["mug", "1,234", ""]);
        assert_eq!(columns.to_string(), "  NAME    COUNT  NOTE\n  马克杯      7  wide\n  mug     1,234\n");
    }
}
