//! Columns of figures: no lines, no colours, and no cell that commands the terminal.

use comfy_table::{CellAlignment, Table, presets};

/// Rows as text, two spaces between columns and `indent` before the first; the columns `left`, counted from 0, are words,
/// the rest are numbers and stand to the right.
pub(crate) fn table<Row>(indent: u16, left: &[usize], rows: impl IntoIterator<Item = Row>) -> String
where
    Row: IntoIterator<Item: AsRef<str>>,
{
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    for row in rows {
        table.add_row(row.into_iter().map(|cell| printable(cell.as_ref())).collect::<Vec<_>>());
    }
    for (place, column) in table.column_iter_mut().enumerate() {
        column.set_padding((if place == 0 { indent } else { 1 }, 1));
        if !left.contains(&place) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut text = String::new();
    for line in table.lines().take(table.row_count()) {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Without what would move the cursor or change colours.
fn printable(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_to_the_left_and_numbers_to_the_right_and_no_cell_commands_the_terminal() {
        let rows = [["kind", "texts"], ["a\u{1b}[31mred", "7"]];
        assert_eq!(table(2, &[0], rows), "  kind       texts\n  a [31mred      7\n");
    }
}
