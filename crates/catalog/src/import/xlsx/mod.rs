//! XLSX: the rows of the first sheet that has a header, cell by cell, within limits on what the archive unpacks to.

mod limits;

use std::io::{Read, Seek};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use anyhow::{Context as _, bail, ensure};
use calamine::{DataRef, Reader as _, SheetType, SheetVisible, Xlsx, XlsxCellReader};

use self::limits::verify;

use super::Complaint;

/// Most columns.
const COLUMNS_MAX: usize = 4096;
/// In how many rows of a sheet the header is looked for.
const HEADER_ROWS: usize = 20;
/// How many rows wait to be taken.
const WAITING_ROWS: usize = 256;

/// A row: its number in the sheet, from 1, and the texts of its cells.
pub type Row = (u64, Vec<String>);

/// The rows of a sheet, its header first; rows without a value are left out.
#[derive(Debug)]
pub struct Rows {
    /// The sheet's name.
    pub sheet: String,
    received: Receiver<Message>,
    ended: bool,
}

#[derive(Debug)]
enum Message {
    Sheet(String),
    Row(Row),
    Failed(String),
    End,
}

/// The rows of the first sheet with a header: numbers as they are shown without a format, dates in ISO 8601, `true` and
/// `false`, the results of formulas; cells with an error are empty.
///
/// # Errors
/// When the file is no XLSX, unpacks to more than it may, or has no sheet with a header.
pub fn rows<R: Read + Seek + Send + 'static>(mut input: R) -> anyhow::Result<Rows> {
    verify(&mut input)?;
    input.rewind()?;
    // A reader of cells borrows from the workbook; and should it panic, only its thread ends.
    let (sender, received) = sync_channel(WAITING_ROWS);
    thread::Builder::new().name("xlsx".to_owned()).spawn(move || {
        let end = match read(input, &sender) {
            Ok(()) => Message::End,
            Err(error) => Message::Failed(format!("{error:#}")),
        };
        // Nobody waits for what nobody reads on.
        drop(sender.send(end));
    })?;
    match received.recv() {
        Ok(Message::Sheet(sheet)) => Ok(Rows { sheet, received, ended: false }),
        Ok(Message::Failed(error)) => bail!("the XLSX cannot be read: {error}"),
        Ok(_) | Err(_) => bail!("the XLSX cannot be read"),
    }
}

impl Iterator for Rows {
    type Item = Result<Row, Complaint>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        match self.received.recv() {
            Ok(Message::Row(row)) => Some(Ok(row)),
            Ok(Message::Failed(error)) => {
                self.ended = true;
                let rule = format!("the sheet {:?} cannot be read on: {error}", self.sheet);
                Some(Err(Complaint::new(0, rule, "save the file again, or as CSV")))
            }
            Ok(Message::End | Message::Sheet(_)) => {
                self.ended = true;
                None
            }
            Err(_) => {
                self.ended = true;
                let rule = format!("the sheet {:?} cannot be read on", self.sheet);
                Some(Err(Complaint::new(0, rule, "save the file again, or as CSV")))
            }
        }
    }
}

fn read<R: Read + Seek>(input: R, sender: &SyncSender<Message>) -> anyhow::Result<()> {
    let mut workbook = Xlsx::new(input).context("its workbook cannot be read")?;
    let sheets = workbook.sheets_metadata().iter();
    let names: Vec<String> = sheets
        .filter(|sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible)
        .map(|sheet| sheet.name.clone())
        .collect();
    // A sheet with one column is taken where no other has more.
    for (name, columns_min) in names.iter().map(|name| (name, 2)).chain(names.iter().map(|name| (name, 1))) {
        let mut cells = SheetRows::new(workbook.worksheet_cells_reader(name)?);
        let mut head = Vec::new();
        while head.len() < HEADER_ROWS {
            let Some(row) = cells.next()? else { break };
            head.push(row);
        }
        let Some(header) = header(&head, columns_min) else { continue };
        if sender.send(Message::Sheet(name.clone())).is_err() {
            return Ok(());
        }
        for row in head.into_iter().skip(header) {
            if sender.send(Message::Row(row)).is_err() {
                return Ok(());
            }
        }
        while let Some(row) = cells.next()? {
            if sender.send(Message::Row(row)).is_err() {
                return Ok(());
            }
        }
        return Ok(());
    }
    bail!("none of its {} visible sheets has a row of column names", names.len())
}

/// The place of the row with the names of columns: the first that is as wide as most, and all text.
fn header(rows: &[Row], columns_min: usize) -> Option<usize> {
    let filled = |row: &Row| row.1.iter().filter(|cell| !cell.is_empty()).count();
    let widest = rows.iter().map(filled).max()?;
    let is_text = |row: &Row| {
        let mut cells = row.1.iter().filter(|cell| !cell.is_empty());
        cells.all(|cell| cell.parse::<f64>().is_err() && cell.chars().any(char::is_alphabetic))
    };
    rows.iter().position(|row| filled(row) * 2 >= widest && filled(row) >= columns_min && is_text(row))
}

/// The rows of a sheet.
struct SheetRows<'a, R: Read + Seek> {
    cells: XlsxCellReader<'a, R>,
    /// The first cell of the next row.
    ahead: Option<(u32, u32, String)>,
    ended: bool,
}

impl<'a, R: Read + Seek> SheetRows<'a, R> {
    fn new(cells: XlsxCellReader<'a, R>) -> Self {
        Self { cells, ahead: None, ended: false }
    }

    fn next(&mut self) -> anyhow::Result<Option<Row>> {
        let (number, column, text) = match self.ahead.take() {
            Some(cell) => cell,
            None => match self.cell()? {
                Some(cell) => cell,
                None => return Ok(None),
            },
        };
        let mut row = Vec::new();
        put(&mut row, number, column, text)?;
        while let Some((next, column, text)) = self.cell()? {
            if next != number {
                self.ahead = Some((next, column, text));
                break;
            }
            put(&mut row, number, column, text)?;
        }
        Ok(Some((u64::from(number) + 1, row)))
    }

    /// The next cell that is not empty.
    fn cell(&mut self) -> anyhow::Result<Option<(u32, u32, String)>> {
        // Behind its end a sheet must not be read.
        while !self.ended {
            let Some(cell) = self.cells.next_cell()? else {
                self.ended = true;
                break;
            };
            let text = text(cell.get_value());
            if !text.is_empty() {
                let (row, column) = cell.get_position();
                return Ok(Some((row, column, text)));
            }
        }
        Ok(None)
    }
}

fn put(row: &mut Vec<String>, number: u32, column: u32, text: String) -> anyhow::Result<()> {
    let column = usize::try_from(column)?;
    ensure!(column < COLUMNS_MAX, "row {}: a sheet has at most {COLUMNS_MAX} columns", u64::from(number) + 1);
    if row.len() <= column {
        row.resize(column + 1, String::new());
    }
    if let Some(cell) = row.get_mut(column) {
        *cell = text;
    }
    Ok(())
}

fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => decimal(*number),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.trim().to_owned()
        }
        DataRef::SharedString(text) => text.trim().to_owned(),
        DataRef::Bool(yes) => yes.to_string(),
        DataRef::DateTime(time) if time.is_duration() => {
            let (days, hours, minutes) =
                (time.as_f64().trunc(), time.as_f64() * 24.0, time.as_f64() * 1440.0);
            if days.is_finite() {
                format!("{:.0}:{:02.0}", hours.trunc(), minutes.trunc() % 60.0)
            } else {
                String::new()
            }
        }
        DataRef::DateTime(time) => {
            let (year, month, day, hour, minute, second, _) = time.to_ymd_hms_milli();
            let date = format!("{year:04}-{month:02}-{day:02}");
            if (hour, minute, second) == (0, 0, 0) {
                date
            } else if time.as_f64() < 1.0 {
                format!("{hour:02}:{minute:02}:{second:02}")
            } else {
                format!("{date}T{hour:02}:{minute:02}:{second:02}")
            }
        }
        DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}

/// A number with the 15 digits that a sheet keeps.
fn decimal(number: f64) -> String {
    if !number.is_finite() {
        return String::new();
    }
    let rounded: f64 = format!("{number:.14e}").parse().unwrap_or(number);
    rounded.to_string()
}

#[cfg(test)]
mod tests {
    use super::limits::{HARMLESS_BYTES, SHEET_BYTES_MAX, measure};
    use super::*;
    use std::io::{Cursor, Write as _};
    use zip::write::{SimpleFileOptions, ZipWriter};

    const RELS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
    const WORKBOOK: &str = r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Notes" sheetId="1" r:id="s1"/><sheet name="Products" sheetId="2" r:id="s2"/></sheets></workbook>"#;
    const SHEETS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="s1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="s2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet2.xml"/></Relationships>"#;
    const STYLES: &str = r#"<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#;

    fn sheet(rows: &str) -> String {
        format!(
            r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#
        )
    }

    fn file(shared: &str, products: &str) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in [
            ("_rels/.rels", RELS),
            ("xl/workbook.xml", WORKBOOK),
            ("xl/_rels/workbook.xml.rels", SHEETS),
            ("xl/styles.xml", STYLES),
            ("xl/sharedStrings.xml", shared),
            (
                "xl/worksheets/sheet1.xml",
                &sheet("<row r=\"1\"><c r=\"A1\" t=\"str\"><v>Read me</v></c></row>"),
            ),
            ("xl/worksheets/sheet2.xml", products),
        ] {
            writer.start_file(name, SimpleFileOptions::default()).unwrap();
            writer.write_all(text.as_bytes()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    const SHARED: &str = r#"<sst uniqueCount="3"><si><t>sku</t></si><si><t>name</t></si><si><r><t xml:space="preserve">Mug </t></r><r><t>red</t></r></si></sst>"#;

    fn products() -> String {
        sheet(
            r#"<row r="1"><c r="A1" t="inlineStr"><is><t>Export 2026</t></is></c></row>
            <row r="3"><c r="A3" t="s"><v>0</v></c><c r="B3" t="s"><v>1</v></c><c r="C3" t="inlineStr"><is><t>gtin</t></is></c><c r="E3" t="inlineStr"><is><t>since</t></is></c><c r="F3" t="str"><v>new</v></c></row>
            <row r="4"><c r="A4"><v>1001</v></c><c r="B4" t="s"><v>2</v></c><c r="C4"><v>4006381333931</v></c><c r="D4" t="e"><v>#N/A</v></c><c r="E4" s="1"><v>45943</v></c><c r="F4" t="b"><v>1</v></c></row>
            <row r="5"></row>
            <row r="6"><c r="A6"><v>0.30000000000000004</v></c><c r="B6" t="str"><f>A1</f><v>sum</v></c></row>"#,
        )
    }

    #[test]
    fn cells_are_texts_as_a_sheet_shows_them() {
        let rows = rows(Cursor::new(file(SHARED, &products()))).unwrap();
        assert_eq!(rows.sheet, "Products");
        let rows: Vec<Row> = rows.map(Result::unwrap).collect();
        let row =
            |number: u64, cells: &[&str]| (number, cells.iter().map(|cell| (*cell).to_owned()).collect());
        assert_eq!(
            rows,
            [
                row(3, &["sku", "name", "gtin", "", "since", "new"]),
                row(4, &["1001", "Mug red", "4006381333931", "", "2025-10-13", "true"]),
                row(6, &["0.3", "sum"]),
            ]
        );
    }

    fn refused(shared: &str, products: &str, part: &str) {
        let error = format!("{:#}", rows(Cursor::new(file(shared, products))).unwrap_err());
        assert!(error.contains(part), "{error}");
    }

    #[test]
    fn what_unpacks_to_more_than_it_may_is_refused() {
        let error = measure("<sst><si/></sst>".as_bytes(), 8, 8).unwrap_err().to_string();
        assert!(error.contains("more than 8 bytes"), "{error}");
        assert_eq!(measure("<sst><si/><si></si></sst>".as_bytes(), 80, 80).unwrap().texts, 2);
        refused("<sst uniqueCount=\"99999999999999999999\"></sst>", &products(), "different texts");
        let long = format!("<sst><si><t>{}</t></si></sst>", "x".repeat(2 << 20));
        refused(&long, &products(), "a text of more than");
        let bomb = std::io::repeat(b'<').take(HARMLESS_BYTES + (1 << 20));
        let error = measure(bomb, SHEET_BYTES_MAX, 100_000).unwrap_err().to_string();
        assert!(error.contains("times its size"), "{error}");
        // A sheet of notes is taken where no other has a header.
        assert_eq!(rows(Cursor::new(file(SHARED, &sheet("")))).unwrap().sheet, "Notes");
        let number = (1, vec!["1".to_owned()]);
        assert_eq!(header(&[number], 1), None);
    }

    #[test]
    fn nothing_that_is_cut_or_changed_makes_it_panic_or_hang() {
        let whole = file(SHARED, &products());
        for end in (0..whole.len()).step_by(97) {
            if let Ok(rows) = rows(Cursor::new(whole[..end].to_vec())) {
                assert!(rows.count() < 100);
            }
            let mut changed = whole.clone();
            changed[end] ^= 0x55;
            if let Ok(rows) = rows(Cursor::new(changed)) {
                assert!(rows.count() < 100);
            }
        }
        for (from, to) in [
            ("r=\"A4\"", "r=\"XFD4\""),
            ("r=\"A4\"", "r=\"4\""),
            ("<v>0</v>", "<v>99</v>"),
            ("<v>45943</v>", "<v>1e308</v>"),
        ] {
            if let Ok(rows) = rows(Cursor::new(file(SHARED, &products().replace(from, to)))) {
                assert!(rows.count() < 100);
            }
        }
    }
}
