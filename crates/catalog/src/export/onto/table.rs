//! A table as a feed: its dialect and columns found by content, the cells of texts replaced.

use std::fs::File;
use std::io::BufReader;

use anyhow::{Context as _, bail};
use skuscribe_check::content::DigitalSourceType;

use super::cells::{RawCell, RowReader, TableDialect};
use super::encoding::Survey;
use super::profile::{FeedProfile, Profiles};
use super::text_columns::{TextColumn, has_markup, place, plain_columns, text_columns};
use super::{FeedRecord, RecordPlaces, Replaced, spliced};
use crate::export::column::{Cell, Subject};
use crate::export::content_kind::Content;
use crate::export::format::Formulas;
use crate::export::google;
use crate::export::left_out::LeftOutReason;
use crate::export::options::ExportOptions;
use crate::export::table::text;
use crate::import::format::Holds;

/// Separators that are tried.
const SEPARATORS: [char; 4] = [',', ';', '\t', '|'];

/// A table that is read row by row.
#[derive(Debug)]
pub(super) struct TableFeed {
    rows: RowReader<BufReader<File>>,
    dialect: TableDialect,
    profile: &'static FeedProfile,
    formulas: Formulas,
    /// Everything up to the first row, as it is written.
    head: Vec<u8>,
    keys: Vec<usize>,
    texts: Vec<TextColumn>,
    row_needs: Option<usize>,
    row_of: Option<(usize, String)>,
}

impl TableFeed {
    pub(super) fn open(
        input: BufReader<File>,
        survey: &Survey,
        format: Option<&str>,
        options: &ExportOptions,
    ) -> anyhow::Result<Self> {
        let mut dialect = TableDialect {
            encoding: survey.encoding,
            separator: ',',
            carriage_returns: survey.carriage_returns,
            backslash: survey.has_backslashes(),
        };
        let mut lines = RowReader::new(input, TableDialect { separator: '\n', ..dialect });
        let mut head = lines.skip(survey.bom)?;
        let mut header = lines.next_row()?.context("it is empty")?.bytes;
        // What spreadsheets write before the header to name the separator.
        let first = dialect.text(&header);
        let stated = first.trim_end().strip_prefix("sep=").and_then(|rest| rest.chars().next());
        if stated.is_some() {
            head.extend_from_slice(&header);
            header = lines.next_row()?.context("it has no header")?.bytes;
        }
        let mut found: Option<(char, &'static FeedProfile, Vec<String>, Vec<RawCell>)> = None;
        let separators: Vec<char> = stated.map_or_else(|| SEPARATORS.to_vec(), |separator| vec![separator]);
        for separator in separators {
            dialect.separator = separator;
            let Some(row) = RowReader::new(header.as_slice(), dialect).next_row()? else { continue };
            let name = |cell: &RawCell| {
                dialect.text(header.get(cell.start..cell.end).unwrap_or_default()).trim().to_owned()
            };
            let names: Vec<String> = row.cells.iter().map(name).collect();
            let profiles = Profiles::read()?.table.iter();
            let matching = profiles.filter(|profile| profile.is_of(format)).find(|profile| {
                if profile.is_plain() {
                    return plain_columns(&names).is_some();
                }
                let has = |wanted: &Vec<String>| wanted.iter().any(|name| place(&names, name).is_some());
                // Where the shop says what it is, a key and a text are enough.
                if format.is_some() {
                    has(&profile.keys) && profile.texts.values().any(has)
                } else {
                    profile.anchors.iter().all(has)
                }
            });
            if let Some(profile) = matching
                && found.as_ref().is_none_or(|(_, _, known, _)| known.len() < names.len())
            {
                found = Some((separator, profile, names, row.cells));
            }
        }
        let Some((separator, profile, names, cells)) = found else {
            bail!(
                "its first row names no columns of a known feed ({}); it needs at least one for the SKU and one for a text, such as sku and title",
                dialect.text(&header).chars().take(120).collect::<String>().trim_end()
            );
        };
        dialect.separator = separator;
        let (texts, renames) = text_columns(profile, &names, options)?;
        let mut changes = Vec::new();
        for (at, name) in renames {
            let Some(cell) = cells.get(at) else { continue };
            let was = header.get(cell.start..cell.end).unwrap_or_default();
            let bytes = dialect.cell(&name, was).map_err(|c| anyhow::anyhow!("its encoding lacks {c:?}"))?;
            changes.push((cell.start, cell.end, bytes));
        }
        changes.sort_by_key(|(start, _, _)| *start);
        head.extend(spliced(&header, &changes));
        let row_of = profile.row_of.as_ref().and_then(|name| {
            Some((place(&names, name)?, options.set.get(name).cloned().unwrap_or_default()))
        });
        Ok(Self {
            rows: lines.with_separator(separator),
            dialect,
            profile,
            formulas: profile.format()?.map_or(Formulas::Refuse, |format| format.formulas),
            head,
            keys: match plain_columns(&names).filter(|_| profile.is_plain()) {
                Some(columns) => columns.of(Holds::Sku).into_iter().collect(),
                None => profile.keys.iter().filter_map(|name| place(&names, name)).collect(),
            },
            texts,
            row_needs: profile.row_needs.as_ref().and_then(|name| place(&names, name)),
            row_of,
        })
    }

    pub(super) fn described(&self) -> String {
        let columns: Vec<&str> = self.texts.iter().map(|text| text.column.name.as_str()).collect();
        format!(
            "{} table, {}, separated by {:?}; texts in {}",
            self.profile.name,
            self.dialect.encoding.name(),
            self.dialect.separator,
            columns.join(", ")
        )
    }

    pub(super) fn has_variants(&self) -> bool {
        self.profile.variants
    }

    pub(super) fn head(&self) -> &[u8] {
        &self.head
    }

    pub(super) fn next_record(&mut self) -> anyhow::Result<Option<FeedRecord>> {
        let Some(row) = self.rows.next_row()? else { return Ok(None) };
        let cell = |place: usize| {
            let bytes = row.cells.get(place).and_then(|cell| row.bytes.get(cell.start..cell.end));
            self.dialect.text(bytes.unwrap_or_default()).trim().to_owned()
        };
        let stays = self.row_needs.is_some_and(|place| cell(place).is_empty())
            || self.row_of.as_ref().is_some_and(|(place, value)| cell(*place) != *value);
        let keys = if stays { Vec::new() } else { self.keys.iter().map(|place| cell(*place)).collect() };
        Ok(Some(FeedRecord {
            keys: keys.into_iter().filter(|key: &String| !key.is_empty()).collect(),
            number: self.rows.rows(),
            raw: row.bytes,
            places: RecordPlaces::Cells(row.cells),
        }))
    }

    /// A row that stays; the cells of renamed columns say that no model wrote them.
    pub(super) fn kept(&self, record: FeedRecord) -> Vec<u8> {
        let RecordPlaces::Cells(cells) = &record.places else { return record.raw };
        let changes: Vec<_> =
            self.texts.iter().filter_map(|text| self.marked(text, &record.raw, cells)).collect();
        if changes.is_empty() { record.raw } else { spliced(&record.raw, &sorted(changes)) }
    }

    /// The cell of a renamed column with its own text, marked as no model's.
    fn marked(&self, text: &TextColumn, raw: &[u8], cells: &[RawCell]) -> Option<(usize, usize, Vec<u8>)> {
        let cell = cells.get(text.place).filter(|_| text.renamed)?;
        let was = raw.get(cell.start..cell.end)?;
        let own = self.dialect.text(was);
        if own.trim().is_empty() {
            return None;
        }
        let bytes = self.dialect.cell(&google::made(&own, DigitalSourceType::DigitalCreation), was).ok()?;
        Some((cell.start, cell.end, bytes))
    }

    pub(super) fn replace(
        &self,
        record: &FeedRecord,
        cells: &[RawCell],
        subject: &Subject<'_>,
        options: &ExportOptions,
    ) -> Replaced {
        let (mut changes, mut left_out, mut texts) = (Vec::new(), Vec::new(), 0);
        for text_column in &self.texts {
            let TextColumn { place, column, beside, .. } = text_column;
            let keep = |changes: &mut Vec<_>| changes.extend(self.marked(text_column, &record.raw, cells));
            let raw = |place: usize| {
                cells.get(place).and_then(|cell| Some((*cell, record.raw.get(cell.start..cell.end)?)))
            };
            let Some((cell, was)) = raw(*place) else { continue };
            if beside.and_then(raw).is_some_and(|(_, other)| !self.dialect.text(other).trim().is_empty()) {
                let detail = format!(
                    "row {}: the plain column beside it has a value, and both may not stand",
                    record.number
                );
                left_out.push(subject.left_out(LeftOutReason::Feed, &column.name, detail));
                continue;
            }
            let found = match column.cell(subject, options) {
                Ok(Some(found)) => found,
                Ok(None) => {
                    keep(&mut changes);
                    continue;
                }
                Err(refused) => {
                    left_out.push(refused);
                    keep(&mut changes);
                    continue;
                }
            };
            let own = self.dialect.text(was);
            let found = match (column.is, has_markup(&own), subject.texts.html()) {
                (Content::AsFound, true, Some(html)) => Cell::Text(html),
                _ => found,
            };
            let written = text(self.formulas, self.dialect.separator, found, &column.name, subject);
            let bytes = written.and_then(|text| {
                self.dialect.cell(&text, was).map_err(|c| {
                    let detail = format!(
                        "row {}: the feed's encoding {} lacks {c:?}; save the feed as UTF-8",
                        record.number,
                        self.dialect.encoding.name()
                    );
                    subject.left_out(LeftOutReason::Feed, &column.name, detail)
                })
            });
            match bytes {
                Ok(bytes) if bytes != was => {
                    texts += 1;
                    changes.push((cell.start, cell.end, bytes));
                }
                Ok(_) => {}
                Err(refused) => {
                    left_out.push(refused);
                    keep(&mut changes);
                }
            }
        }
        Replaced { bytes: spliced(&record.raw, &sorted(changes)), texts, left_out }
    }
}

fn sorted(mut changes: Vec<(usize, usize, Vec<u8>)>) -> Vec<(usize, usize, Vec<u8>)> {
    changes.sort_by_key(|(start, _, _)| *start);
    changes
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use skuscribe_check::content::Document;
    use skuscribe_check::product::Product;

    use super::*;
    use crate::export::onto::Feed;
    use crate::export::onto::encoding::decode;
    use crate::export::{ExportProduct, Texts};

    /// Numbers that look like chance, the same in every run.
    struct Chance(u64);

    impl Chance {
        fn below(&mut self, end: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(self.0 >> 33).unwrap() % end
        }
    }

    fn texts(options: &ExportOptions) -> Texts {
        let document: Document = serde_json::from_value(serde_json::json!({
            "schema": "content.v1", "sku": "A", "locale": "en-US", "state": "published", "revision": 1,
            "updated_at": "2026-01-01T00:00:00Z",
            "content": { "description": { "title": "A \"new\" title; of, a\tmug", "body": "Body." } }
        }))
        .unwrap();
        Texts::of(&document, &options.fields, &[])
    }

    #[test]
    fn whatever_a_table_holds_every_cell_but_the_texts_keeps_its_bytes() {
        let options = ExportOptions::built_in().unwrap();
        let texts = texts(&options);
        let product: Product = serde_json::from_str(r#"{"sku":"A"}"#).unwrap();
        let product = ExportProduct { stated: &product, public: &product };
        let parts = [
            "x", " ", "\"", ",", ";", "|", "\t", "\n", "\r\n", "é", "'", "=1", "日本", "<b>", "&amp;", "\\x",
            "",
        ];
        let mut chance = Chance(7);
        for round in 0..300 {
            let separator = SEPARATORS[chance.below(4)];
            let end = ["\n", "\r\n"][chance.below(2)];
            let encoding =
                [encoding_rs::UTF_8, encoding_rs::UTF_16LE, encoding_rs::SHIFT_JIS][chance.below(3)];
            let header = ["sku", "title", "note", "description", "price"];
            let mut rows: Vec<Vec<String>> = vec![header.map(str::to_owned).to_vec()];
            for _ in 0..chance.below(6) {
                let mut row = Vec::new();
                for column in 0..header.len() {
                    let text: String = match column {
                        0 => ["A", "B"][chance.below(2)].to_owned(),
                        _ => (0..chance.below(4)).map(|_| parts[chance.below(parts.len())]).collect(),
                    };
                    let text =
                        if encoding == encoding_rs::SHIFT_JIS { text.replace('é', "e") } else { text };
                    let needed = text.contains([separator, '"', '\n', '\r']);
                    row.push(if needed || chance.below(3) == 0 {
                        format!("\"{}\"", text.replace('"', "\"\""))
                    } else {
                        text
                    });
                }
                rows.push(row);
            }
            let write = |rows: &[Vec<String>]| -> String {
                rows.iter().map(|row| row.join(&separator.to_string()) + end).collect()
            };
            let encoded = |text: &str| {
                let mark: &[u8] = if encoding == encoding_rs::UTF_16LE { &[0xff, 0xfe] } else { &[] };
                [mark, &super::super::encoding::encode(encoding, text).unwrap()].concat()
            };
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(&encoded(&write(&rows))).unwrap();
            let mut feed = Feed::open(file.path(), None, Some(encoding.name()), options.clone()).unwrap();
            let mut made = feed.head().to_vec();
            let mut read = 0;
            while let Some(record) = feed.next_record().unwrap() {
                read += 1;
                made.extend(if record.keys.first().is_some_and(|key| key == "A") {
                    feed.replace(record, product, &texts).bytes
                } else {
                    feed.kept(record)
                });
            }
            assert_eq!(read, rows.len() - 1, "round {round}");
            for row in rows.iter_mut().skip(1).filter(|row| row[0].trim_matches('"') == "A") {
                row[1] = "\"A \"\"new\"\" title; of, a mug\"".to_owned();
                let markup = row[3].contains("<b>");
                let body = if markup { "<p>Body.</p>" } else { "Body." };
                row[3] = if row[3].starts_with('"') { format!("\"{body}\"") } else { body.to_owned() };
            }
            let (made, expected) = (decode(encoding, &made), decode(encoding, &encoded(&write(&rows))));
            assert_eq!(made, expected, "round {round}, {separator:?}, {}", encoding.name());
        }
    }
}
