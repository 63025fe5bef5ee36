//! The rows of one product, put together: its fields, its attributes, its variants, its texts by locale.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::columns::{Columns, Held, Numbered, bcp47};
use super::format::{Holds, Layout, TableFormat, folded};
use super::json::Labels;
use super::json::draft::{Draft, VariantDraft};
use super::json::value::{Said, unit_name};
use super::pairs::{
    category, details, gtin_fault, is_unseen, linked_variants, pairs, trimmed_key, value, written,
};
use super::row::Row;
use super::variants::{common_title, hand_over};
use super::{Complaint, Entry};

/// Puts the rows of products together.
pub(super) struct Assembler<'a> {
    pub(super) format: &'a TableFormat,
    pub(super) columns: &'a Columns,
    pub(super) labels: &'a Labels,
}

/// The rows of a product by what they are.
#[derive(Default)]
struct Parts<'r> {
    base: Option<&'r Row>,
    variants: Vec<&'r Row>,
    views: Vec<(String, &'r Row)>,
    warnings: Vec<Complaint>,
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

    fn parts<'r>(&self, rows: &'r [Row]) -> Parts<'r> {
        let rules = &self.format.rows;
        let mut parts = Parts::default();
        let is_kind = |row: &Row, kinds: &[String]| {
            let kind = self.cell(row, Holds::Kind).to_lowercase();
            kinds.contains(&kind)
        };
        let is_listed =
            |row: &Row| self.columns.of(Holds::Links).is_some_and(|index| !row.cell(index).is_empty());
        for row in rows.iter().filter(|row| !is_kind(row, &rules.skip)) {
            let view = self.cell(row, Holds::StoreView);
            if !view.is_empty() && !rules.default_views.contains(&view.to_lowercase()) {
                self.add_view(view, row, &mut parts);
                continue;
            }
            let is_variant = is_kind(row, &rules.variant);
            match self.layout() {
                Layout::Flat if self.cell(row, Holds::Group).is_empty() => self.win(row, &mut parts),
                Layout::Flat => parts.variants.push(row),
                Layout::Grouped => {
                    let has_title =
                        |row: &Row| !self.cell(row, Holds::Title).is_empty() || self.has_local_title(row);
                    match parts.base {
                        Some(base) if has_title(row) && has_title(base) && self.same_first(base, row) => {
                            self.win(row, &mut parts);
                        }
                        None => parts.base = Some(row),
                        Some(base) if has_title(row) && !has_title(base) => parts.base = Some(row),
                        Some(_) => {}
                    }
                    if self.has_variant(row) {
                        parts.variants.push(row);
                    }
                }
                Layout::Sectioned if is_variant => parts.variants.push(row),
                Layout::Linked if is_variant || !self.cell(row, Holds::Parent).is_empty() => {
                    parts.variants.push(row);
                }
                Layout::Sectioned => self.win(row, &mut parts),
                Layout::Linked => match parts.base {
                    // A row that lists others is their product; before and behind it stand those.
                    Some(base) if is_listed(row) && !is_listed(base) => {
                        parts.variants.push(base);
                        parts.base = Some(row);
                    }
                    Some(base) if is_listed(base) && !self.same_key(base, row) => parts.variants.push(row),
                    Some(base) if !self.same_key(base, row) => parts.variants.push(row),
                    _ => self.win(row, &mut parts),
                },
            }
        }
        if self.layout() == Layout::Linked && parts.base.is_some_and(|base| !is_listed(base)) {
            // Rows before the one that lists them were taken for products.
            if let Some(at) = parts.variants.iter().position(|row| is_listed(row)) {
                let product = parts.variants.remove(at);
                parts.variants.extend(parts.base.replace(product));
            }
        }
        parts.variants.sort_by_key(|row| row.number);
        parts
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

    /// Whether two rows with a title are the first rows of the same product, and not two of its variants: platforms that
    /// repeat the title in every row differ in the options.
    fn same_first(&self, left: &Row, right: &Row) -> bool {
        let options = |row: &Row| -> Vec<String> {
            let numbered = self.columns.numbered.iter().filter(|((is_option, _), _)| *is_option);
            numbered.filter_map(|(_, columns)| Some(row.cell(columns.value?).to_owned())).collect()
        };
        options(left) == options(right)
            && self.cell(left, Holds::VariantSku) == self.cell(right, Holds::VariantSku)
    }

    fn has_local_title(&self, row: &Row) -> bool {
        let mut titles = self.columns.held.iter().enumerate().filter(|(_, held)| held.is == Holds::Title);
        titles.any(|(index, _)| !row.cell(index).is_empty())
    }

    /// Of rows with one key the last counts.
    fn win<'r>(&self, row: &'r Row, parts: &mut Parts<'r>) {
        if let Some(before) = parts.base.replace(row) {
            let rule = format!("row {} has the same key, and counts", row.number);
            let complaint = Complaint::new(before.number, rule, "give each product a key of its own");
            let column = self.columns.name_of(Holds::Sku);
            parts.warnings.push(complaint.at(column).seeing(self.cell(row, Holds::Sku)));
        }
    }

    fn add_view<'r>(&self, view: &str, row: &'r Row, parts: &mut Parts<'r>) {
        let mapped = self.format.rows.views.get(&view.to_lowercase());
        let locale = mapped.cloned().unwrap_or_else(|| bcp47(view));
        if locale.parse::<skuscribe_check::product::Locale>().is_ok() {
            parts.views.push((locale, row));
            return;
        }
        let remedy = "name its locale in a mapping: [locales], then the view's name = \"de-DE\"";
        let complaint =
            Complaint::new(row.number, "the store view names no locale; its texts are left out", remedy);
        parts.warnings.push(complaint.at(self.columns.name_of(Holds::StoreView)).seeing(view));
    }

    fn has_variant(&self, row: &Row) -> bool {
        let own = [Holds::VariantSku, Holds::VariantGtin]
            .into_iter()
            .any(|field| !self.cell(row, field).is_empty());
        let mut options = self.columns.numbered.iter().filter(|((is_option, _), _)| *is_option);
        let mut held = self.columns.held.iter().enumerate();
        own || options.any(|(_, columns)| columns.value.is_some_and(|index| !row.cell(index).is_empty()))
            || held.any(|(index, held)| held.is == Holds::VariantAttribute && !row.cell(index).is_empty())
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

    /// The attributes of a row; with a locale, as they are said there.
    fn row_attributes(&self, row: &Row) -> Vec<(String, Said, bool)> {
        let mut found: Vec<(String, Said, bool)> = Vec::new();
        for (index, held) in self.columns.held.iter().enumerate() {
            let cell = row.cell(index);
            if cell.is_empty() {
                continue;
            }
            match held.is {
                Holds::Attribute => {
                    let unit =
                        self.columns.units.get(&folded(&held.name)).map(|unit| unit_name(row.cell(*unit)));
                    let unit = held.unit.clone().or(unit);
                    if let Some(value) = value(&self.text(cell), held, unit.as_deref()) {
                        found.push((held.name.clone(), vec![(held.locale.clone(), value)], true));
                    }
                }
                Holds::Pairs => {
                    for (name, text) in pairs(&clean(cell), &held.pairs.0, &held.pairs.1) {
                        if self.is_plumbing(&name) {
                            continue;
                        }
                        // PrestaShop's features are name:value:position.
                        let text = match text.rsplit_once(':') {
                            Some((value, position))
                                if held.pairs.1 == ":"
                                    && position.trim().chars().all(|c| c.is_ascii_digit()) =>
                            {
                                value.trim().to_owned()
                            }
                            _ => text,
                        };
                        if let Some(value) = value(&text, held, None) {
                            found.push((name, vec![(None, value)], true));
                        }
                    }
                }
                Holds::Details => {
                    let details = details(&clean(cell)).into_iter();
                    found.extend(details.map(|(name, value)| (name, vec![(None, json!(value))], true)));
                }
                _ => {}
            }
        }
        for ((is_option, _), columns) in &self.columns.numbered {
            if !is_option && let Some((name, value, visible)) = self.numbered(row, columns) {
                found.push((name, vec![(None, value)], visible));
            }
        }
        found
    }

    fn numbered(&self, row: &Row, columns: &Numbered) -> Option<(String, Value, bool)> {
        let (name, index) = (clean(row.cell(columns.name?)), columns.value?);
        let held = self.columns.held.get(index)?;
        // A variant has one value of each, whatever stands in it.
        let one = Held { split: Vec::new(), ..held.clone() };
        let held = if self.is_variant(row) { &one } else { held };
        let value = value(&self.text(row.cell(index)), held, None)?;
        let visible = columns.visible.is_none_or(|index| row.cell(index) != "0");
        (!name.is_empty()).then_some((name, value, visible))
    }

    fn is_plumbing(&self, name: &str) -> bool {
        let name = name.trim();
        self.format.plumbing.iter().any(|known| match known.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => name.eq_ignore_ascii_case(known),
        })
    }

    fn attributes(&self, row: &Row, locale: Option<&str>, draft: &mut Draft, is_group: bool) {
        // What rows of a group say is what their variants say.
        if is_group {
            return;
        }
        for (name, said, _) in self.row_attributes(row) {
            let said = match locale {
                Some(locale) => said.into_iter().map(|(_, value)| (Some(locale.to_owned()), value)).collect(),
                None => said,
            };
            draft.attribute(&name, said);
        }
    }

    /// The texts of a store view are those of its locale.
    fn view(&self, locale: &str, row: &Row, draft: &mut Draft) {
        for (field, holds) in [("title", Holds::Title), ("description", Holds::Description)] {
            let text = self.text(self.cell(row, holds));
            if !text.is_empty() {
                draft.localize(field, locale, json!(text));
            }
        }
        self.attributes(row, Some(locale), draft, false);
    }

    #[expect(clippy::too_many_arguments, reason = "what a product and its variants share")]
    fn variants(
        &self,
        sku: &str,
        base: &Row,
        is_group: bool,
        parts: &Parts<'_>,
        draft: &mut Draft,
        extra: &mut Map<String, Value>,
        warnings: &mut Vec<Complaint>,
    ) {
        let links =
            self.columns.of(Holds::Links).map(|index| linked_variants(base.cell(index))).unwrap_or_default();
        let mut internal: Vec<String> = Vec::new();
        for (name, _, visible) in self.row_attributes(base) {
            if !visible && !internal.contains(&name) {
                internal.push(name);
            }
        }
        let mut variants: Vec<(VariantDraft, String)> = Vec::new();
        let mut skus: HashSet<String> = HashSet::new();
        for row in &parts.variants {
            let options = self.options(base, row, &links);
            let own = match self.layout() {
                Layout::Grouped => self.cell(row, Holds::VariantSku),
                _ if self.cell(row, Holds::Sku).is_empty() => self.cell(row, Holds::Id),
                _ => self.cell(row, Holds::Sku),
            };
            let sku = if own.is_empty() { slug(sku, &options, variants.len()) } else { clean(own) };
            if !skus.insert(sku.clone()) {
                let rule = "another row of the product has the same variant; the first one counts";
                let complaint = Complaint::new(row.number, rule, "give each variant a key of its own");
                warnings.push(complaint.at(self.columns.name_of(Holds::VariantSku)).seeing(&sku));
                continue;
            }
            let mut variant = VariantDraft { sku, attributes: Vec::new() };
            for (name, value) in options {
                variant.attributes.push((name, vec![(None, value)]));
            }
            if self.layout() == Layout::Grouped {
                self.variant_attributes(row, &mut variant);
            } else {
                for (name, said, _) in self.row_attributes(row) {
                    if !variant.attributes.iter().any(|(known, _)| known.eq_ignore_ascii_case(&name)) {
                        variant.attributes.push((name, said));
                    }
                }
            }
            let gtin = match self.layout() {
                Layout::Grouped => self.columns.of(Holds::VariantGtin),
                _ => self.columns.of(Holds::Gtin),
            };
            let gtin = gtin.map(|index| (index, clean(row.cell(index)))).filter(|(_, text)| !text.is_empty());
            let mut own = Map::new();
            if let Some((index, text)) = gtin {
                self.gtin(row, index, &text, &mut own, warnings);
            }
            let gtin = own.get("gtin").and_then(Value::as_str).unwrap_or_default().to_owned();
            variants.push((variant, gtin));
        }
        // A product without options is one variant to platforms, and none to shoppers.
        if let [(variant, gtin)] = variants.as_mut_slice()
            && (variant.attributes.is_empty() || self.layout() == Layout::Grouped)
            && !self.has_options(base, parts.variants.first().copied().unwrap_or(base))
        {
            for (name, said) in std::mem::take(&mut variant.attributes) {
                draft.attribute(&name, said);
            }
            if !gtin.is_empty() {
                extra.entry("gtin").or_insert_with(|| json!(gtin));
            }
            variants.clear();
        }
        // Of a group of one the GTIN is the product's.
        if let ([(_, gtin)], true) = (variants.as_slice(), is_group)
            && !gtin.is_empty()
        {
            extra.entry("gtin").or_insert_with(|| json!(gtin));
        }
        let stated: Vec<(String, Said)> = if is_group {
            Vec::new()
        } else {
            self.row_attributes(base).into_iter().map(|(name, said, _)| (name, said)).collect()
        };
        let variants = variants.into_iter().map(|(variant, _)| variant).collect();
        warnings.extend(hand_over(base.number, is_group, &stated, variants, draft));
        if !internal.is_empty() {
            extra.insert("internal".to_owned(), json!(internal));
        }
    }

    fn has_options(&self, base: &Row, row: &Row) -> bool {
        !self.options(base, row, &[]).is_empty()
    }

    /// The options of a variant; their names stand in its product's row where its own has none.
    fn options(
        &self,
        base: &Row,
        row: &Row,
        links: &[(String, Vec<(String, String)>)],
    ) -> Vec<(String, Value)> {
        let mut options: Vec<(String, Value)> = Vec::new();
        for ((is_option, _), columns) in &self.columns.numbered {
            let (true, Some(name), Some(index)) = (is_option, columns.name, columns.value) else { continue };
            let value = clean(row.cell(index));
            let name = Some(clean(row.cell(name)))
                .filter(|name| !name.is_empty())
                .unwrap_or_else(|| clean(base.cell(name)));
            if value.is_empty() || self.format.rows.no_option.contains(&value.to_lowercase()) {
                continue;
            }
            options.push((if name.is_empty() { "option".to_owned() } else { name }, json!(value)));
        }
        let paired = self.columns.held.iter().enumerate().filter(|(_, held)| held.is == Holds::OptionPairs);
        for (index, held) in paired {
            options.extend(option_pairs(row.cell(index), &held.pairs.0, &held.pairs.1));
        }
        if options.is_empty() && self.columns.of(Holds::Kind).is_some() && self.layout() == Layout::Sectioned
        {
            // The old export names a variant's options in its name: "[S]Size=L,[RB]Color=Red".
            let name = self.cell(row, Holds::Title);
            options.extend(pairs(name, ",", "=").into_iter().map(|(name, value)| {
                let name = name.rsplit(']').next().unwrap_or(&name).trim().to_owned();
                (name, json!(value))
            }));
        }
        let sku = self.cell(row, Holds::Sku);
        if let Some((_, linked)) = links.iter().find(|(known, _)| known.eq_ignore_ascii_case(sku)) {
            options.extend(linked.iter().map(|(name, value)| (name.clone(), json!(value))));
        }
        options
    }

    fn variant_attributes(&self, row: &Row, variant: &mut VariantDraft) {
        for (index, held) in self.columns.held.iter().enumerate() {
            if held.is == Holds::VariantAttribute
                && let Some(value) = value(&clean(row.cell(index)), held, held.unit.as_deref())
            {
                variant.attributes.push((held.name.clone(), vec![(held.locale.clone(), value)]));
            }
        }
    }
}

/// Options of the new `BigCommerce` export: `Type=Rectangle|Name=Size|Value=Small`.
fn option_pairs(cell: &str, between: &str, equals: &str) -> Vec<(String, Value)> {
    let mut options: Vec<(String, Value)> = Vec::new();
    let mut name = None;
    for (key, text) in pairs(cell, between, equals) {
        match key.to_lowercase().as_str() {
            "name" => name = Some(text),
            "value" => {
                if let Some(name) = name.take() {
                    options.push((name, json!(text)));
                }
            }
            "type" => {}
            _ => options.push((key, json!(text))),
        }
    }
    options
}

/// A text without characters that nobody sees; line ends and tabs stay.
fn clean(text: &str) -> String {
    if !text.contains(|c: char| c.is_control() || is_unseen(c)) {
        return text.trim().to_owned();
    }
    let kept = |c: &char| matches!(c, '\n' | '\r' | '\t' | '\u{200d}') || !(c.is_control() || is_unseen(*c));
    text.chars().filter(kept).collect::<String>().trim().to_owned()
}

/// A key for a variant that has none.
fn slug(sku: &str, options: &[(String, Value)], count: usize) -> String {
    let values = options.iter().filter_map(|(_, value)| value.as_str());
    let words: Vec<String> = values
        .flat_map(|value| value.split(|c: char| !c.is_alphanumeric()))
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    if words.is_empty() { format!("{sku}-{}", count + 1) } else { format!("{sku}-{}", words.join("-")) }
}
