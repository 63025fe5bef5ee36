//! The rows of one product, put together: its fields, its attributes, its variants, its texts by locale.

mod attributes;
mod parts;
mod variants;

use serde_json::{Map, Value, json};

use self::parts::Parts;
use super::columns::{Columns, bcp47};
use super::format::{Holds, Layout, TableFormat};
use super::json::Labels;
use super::json::draft::Draft;
use super::json::value::Said;
use super::pairs::{category, gtin_fault, is_unseen, trimmed_key, written};
use super::row::Row;
use super::variants::common_title;
use super::{Complaint, Entry};

/// Puts the rows of products together.
pub(super) struct Assembler<'a> {
    pub(super) format: &'a TableFormat,
    pub(super) columns: &'a Columns,
    pub(super) labels: &'a Labels,
}

impl Assembler<'_> {
    /// The product of some rows; `None` where none of them is of a product.
    pub(super) fn entry(&self, rows: &[Row]) -> Option<Result<Entry, Complaint>> {
        let mut parts = self.parts(rows);
        let own = parts.base.or_else(|| parts.variants.first().copied());
        let Some(first) = own.or_else(|| parts.views.first().map(|(_, row)| *row)) else {
            // Of a product of which there are only views without a locale nothing is left.
            return parts.warnings.pop().map(Err);
        };
        if let Some(complaint) = self.circle(&parts) {
            return Some(Err(complaint));
        }
        for row in rows {
            self.note_faults(row, &mut parts.warnings);
        }
        let is_group = self.layout() == Layout::Flat && !self.cell(first, Holds::Group).is_empty();
        // Where capitals do not count, the key is written as it was first.
        let same = rows.iter().find(|row| self.format.rows.ignore_case && self.same_key(row, first));
        let keyed = same.filter(|_| parts.base.is_some()).unwrap_or(first);
        let sku = if is_group { self.cell(first, Holds::Group) } else { self.key(keyed, &parts) };
        if sku.is_empty() {
            let column = self.columns.name_of(Holds::Sku);
            let complaint =
                Complaint::new(first.number, "the row has no SKU", "give it one, or leave it out");
            return Some(Err(complaint.at(column)));
        }
        if let Some(hidden) = sku.chars().find(|c| c.is_control() || is_unseen(*c)) {
            let complaint = Complaint::new(
                first.number,
                format!("the SKU holds the character U+{:04X}, which nobody sees", u32::from(hidden)),
                "take it out",
            );
            return Some(Err(complaint.at(self.columns.name_of(Holds::Sku)).seeing(sku)));
        }
        let sku = sku.to_owned();
        let mut draft = Draft::default();
        let mut entry = Entry { row: first.number, ..Entry::default() };
        let mut extra = Map::new();
        if own.is_some() {
            self.fields(first, is_group, &parts, &mut draft, &mut extra, &mut entry.warnings);
            self.attributes(first, None, &mut draft, is_group);
        }
        for (locale, row) in &parts.views {
            self.view(locale, row, &mut draft);
        }
        self.variants(&sku, first, is_group, &parts, &mut draft, &mut extra, &mut entry.warnings);
        entry.warnings.append(&mut parts.warnings);
        self.labels.apply(&mut draft);
        let mut product = draft.finish(&sku, None);
        for (field, value) in extra {
            product.entry(field).or_insert(value);
        }
        entry.product = product;
        Some(Ok(entry))
    }

    fn cell<'r>(&self, row: &'r Row, field: Holds) -> &'r str {
        self.columns.of(field).map_or("", |index| trimmed_key(row.cell(index)))
    }

    /// The key of a product; that which its variants name where it has no row.
    fn key<'r>(&self, row: &'r Row, parts: &Parts<'r>) -> &'r str {
        let sku = self.cell(row, Holds::Sku);
        if parts.base.is_none() {
            let parent = self.cell(row, Holds::Parent);
            if !parent.is_empty() {
                return parent;
            }
        }
        if sku.is_empty() { self.cell(row, Holds::Id) } else { sku }
    }

    fn layout(&self) -> Layout {
        self.columns.layout(&self.format.rows)
    }

    /// Rows that name each other as their products.
    fn circle(&self, parts: &Parts<'_>) -> Option<Complaint> {
        let first = parts.variants.first().filter(|_| parts.base.is_none())?;
        let is_named = |row: &&&Row| {
            let parent = self.cell(row, Holds::Parent);
            parts.variants.iter().any(|other| self.cell(other, Holds::Sku) == parent)
        };
        if self.layout() != Layout::Linked || !parts.variants.iter().all(|row| is_named(&row)) {
            return None;
        }
        let rows: Vec<String> = parts.variants.iter().take(8).map(|row| row.number.to_string()).collect();
        let rule = format!("rows {} name each other as their product", rows.join(", "));
        let complaint = Complaint::new(first.number, rule, "leave the parent of one of them empty");
        Some(complaint.at(self.columns.name_of(Holds::Parent)).seeing(self.cell(first, Holds::Parent)))
    }

    fn is_variant(&self, row: &Row) -> bool {
        self.format.rows.variant.contains(&self.cell(row, Holds::Kind).to_lowercase())
    }

    fn same_key(&self, left: &Row, right: &Row) -> bool {
        let (left, right) = (self.cell(left, Holds::Sku), self.cell(right, Holds::Sku));
        left == right || (self.format.rows.ignore_case && left.to_lowercase() == right.to_lowercase())
    }

    fn note_faults(&self, row: &Row, warnings: &mut Vec<Complaint>) {
        let name = |index: usize| self.columns.names.get(index).cloned().unwrap_or_default();
        if let Some(index) = row.broken_quote {
            let rule = "a quote is not closed, or not doubled within a cell; the cell is read as it stands";
            let complaint = Complaint::new(row.number, rule, "double quotes inside of quoted cells");
            warnings.push(complaint.at(name(index)).seeing(row.cell(index)));
        }
        if row.broken_encoding {
            let rule = "bytes of the row do not belong to the file's encoding, and read as U+FFFD";
            let at = (0..row.len()).find(|index| row.cell(*index).contains(char::REPLACEMENT_CHARACTER));
            let complaint = Complaint::new(row.number, rule, "save the file in UTF-8");
            warnings.push(complaint.at(at.map(name).unwrap_or_default()));
        }
        if let Some(index) = (0..row.len()).find(|index| {
            row.cell(*index).contains(|c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
        }) {
            let complaint = Complaint::new(
                row.number,
                "the cell holds control characters, which are left out",
                "take them out",
            );
            warnings.push(complaint.at(name(index)).seeing(row.cell(index)));
        }
    }

    fn fields(
        &self,
        row: &Row,
        is_group: bool,
        parts: &Parts<'_>,
        draft: &mut Draft,
        extra: &mut Map<String, Value>,
        warnings: &mut Vec<Complaint>,
    ) {
        let mut summary = true;
        for (index, held) in self.columns.held.iter().enumerate() {
            let text = self.text(row.cell(index));
            if text.is_empty() {
                continue;
            }
            let said = |value: Value| -> Said { vec![(held.locale.clone(), value)] };
            match held.is {
                Holds::Title if !is_group => draft.set("title", said(json!(text))),
                Holds::Brand => draft.set("brand", said(json!(text))),
                Holds::Description => {
                    summary = false;
                    draft.set("description", said(json!(text)));
                }
                Holds::Category => {
                    let path = category(&text, &self.format.category);
                    if !path.is_empty() {
                        draft.set("category", said(json!(path)));
                    }
                }
                Holds::Gtin if !is_group => self.gtin(row, index, &text, extra, warnings),
                Holds::Version => {
                    if let Ok(version) = text.parse::<u64>() {
                        extra.insert("version".to_owned(), json!(version));
                    } else {
                        let rule = "a version is a whole number of 0 or more; it is left out";
                        let complaint = Complaint::new(row.number, rule, "write such a number, or none");
                        warnings.push(complaint.at(self.columns.name_of(Holds::Version)).seeing(&text));
                    }
                }
                Holds::Locale => {
                    extra.insert("locale".to_owned(), json!(bcp47(&text)));
                }
                _ => {}
            }
        }
        if summary {
            let made = written(self.cell(row, Holds::StructuredDescription));
            let text = if made.is_empty() { self.text(self.cell(row, Holds::Summary)) } else { made };
            if !text.is_empty() {
                draft.set("description", vec![(None, json!(text))]);
            }
        }
        if is_group {
            let own = clean(self.cell(row, Holds::GroupTitle));
            let titles: Vec<String> = parts.variants.iter().map(|row| self.title(row)).collect();
            let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
            let title = if own.is_empty() { clean(&common_title(&titles)) } else { own };
            if !title.is_empty() {
                draft.set("title", vec![(None, json!(title))]);
            }
        } else if self.cell(row, Holds::Title).is_empty() {
            let title = written(self.cell(row, Holds::StructuredTitle));
            if !title.is_empty() {
                draft.set("title", vec![(None, json!(title))]);
            }
        }
    }

    /// The title of a row, whoever made it.
    fn title(&self, row: &Row) -> String {
        let plain = self.text(self.cell(row, Holds::Title));
        if plain.is_empty() { written(self.cell(row, Holds::StructuredTitle)) } else { plain }
    }

    /// A cell as text, without what stands in it for spreadsheets alone.
    fn text(&self, cell: &str) -> String {
        let text = clean(cell);
        let kept = text.strip_prefix('\'').filter(|text| text.starts_with(['=', '+', '-', '@']));
        match kept.filter(|_| self.format.apostrophes) {
            Some(kept) => kept.to_owned(),
            None => text,
        }
    }

    fn gtin(
        &self,
        row: &Row,
        index: usize,
        text: &str,
        extra: &mut Map<String, Value>,
        warnings: &mut Vec<Complaint>,
    ) {
        match gtin_fault(text) {
            None => drop(extra.insert("gtin".to_owned(), json!(text.replace([' ', '-'], "")))),
            Some(rule) => {
                let name = self.columns.names.get(index).map_or("", String::as_str);
                let complaint = Complaint::new(
                    row.number,
                    format!("{rule}; it is left out"),
                    "correct it where the catalog is kept",
                );
                warnings.push(complaint.at(name).seeing(text));
            }
        }
    }
}

/// A text without characters that nobody sees; line ends and tabs stay.
fn clean(text: &str) -> String {
    if !text.contains(|c: char| c.is_control() || is_unseen(c)) {
        return text.trim().to_owned();
    }
    let kept = |c: &char| matches!(c, '\n' | '\r' | '\t' | '\u{200d}') || !(c.is_control() || is_unseen(*c));
    text.chars().filter(kept).collect::<String>().trim().to_owned()
}
