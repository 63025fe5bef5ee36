//! The rows of a product by what they are: its own, its variants', its store views'.

use super::Assembler;
use crate::import::Complaint;
use crate::import::columns::bcp47;
use crate::import::format::{Holds, Layout};
use crate::import::row::Row;

/// The rows of a product by what they are.
#[derive(Default)]
pub(super) struct Parts<'r> {
    pub(super) base: Option<&'r Row>,
    pub(super) variants: Vec<&'r Row>,
    pub(super) views: Vec<(String, &'r Row)>,
    pub(super) warnings: Vec<Complaint>,
}

impl Assembler<'_> {
    pub(super) fn parts<'r>(&self, rows: &'r [Row]) -> Parts<'r> {
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
}
