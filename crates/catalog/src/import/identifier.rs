//! What makes a row belong to a product: its key, its group, the product that it names or that names it.

use std::hash::{BuildHasher as _, Hasher as _};

use super::columns::Columns;
use super::format::{Holds, Layout, RowRules};
use super::pairs::{linked_skus, trimmed_key};
use super::row::Row;

/// What makes a row belong to a product.
pub(super) struct Identifier<'a> {
    pub(super) rules: &'a RowRules,
    pub(super) columns: &'a Columns,
    pub(super) hash: foldhash::fast::FixedState,
    pub(super) previous: u64,
    /// From a key to the key of what it belongs to.
    pub(super) links: Vec<(u64, u64)>,
}

impl Identifier<'_> {
    fn of(&self, space: u8, key: &str) -> u64 {
        let mut hasher = self.hash.build_hasher();
        hasher.write_u8(space);
        if self.rules.ignore_case {
            hasher.write(key.to_lowercase().as_bytes());
        } else {
            hasher.write(key.as_bytes());
        }
        hasher.finish()
    }

    fn cell<'r>(&self, row: &'r Row, field: Holds) -> &'r str {
        self.columns.of(field).map_or("", |index| trimmed_key(row.cell(index)))
    }

    /// The node that a row stands at: its product, once links are followed.
    pub(super) fn node(&mut self, row: &Row) -> u64 {
        let key = self.cell(row, Holds::Sku);
        match self.columns.layout(self.rules) {
            Layout::Flat => {
                let group = self.cell(row, Holds::Group);
                if !group.is_empty() {
                    return self.of(1, group);
                }
                // A row without a key is a product of its own: its complaint names it.
                if key.is_empty() { self.of(2, &row.number.to_string()) } else { self.of(0, key) }
            }
            Layout::Grouped => {
                if !key.is_empty() {
                    self.previous = self.of(0, key);
                }
                self.previous
            }
            Layout::Sectioned => {
                if !self.is_variant(row) && !self.is_skipped(row) {
                    let key = if key.is_empty() { self.cell(row, Holds::Id) } else { key };
                    self.previous = self.of(0, if key.is_empty() { row.cell(0) } else { key });
                }
                self.previous
            }
            Layout::Linked => self.linked(row, key),
        }
    }

    fn linked(&mut self, row: &Row, key: &str) -> u64 {
        let id = self.cell(row, Holds::Id);
        let own = match (key.is_empty(), id.is_empty()) {
            (false, _) => self.of(0, key),
            (true, false) => self.of(3, id),
            (true, true) => self.of(2, &row.number.to_string()),
        };
        if !id.is_empty() && !key.is_empty() {
            let by_id = self.of(3, id);
            self.links.push((by_id, own));
        }
        let parent = self.cell(row, Holds::Parent);
        if !parent.is_empty() {
            let by_id = parent
                .strip_prefix(self.rules.id_prefix.as_str())
                .filter(|_| !self.rules.id_prefix.is_empty());
            let parent = by_id.map_or_else(|| self.of(0, parent), |id| self.of(3, id.trim()));
            self.links.push((own, parent));
        }
        if let Some(index) = self.columns.of(Holds::Links) {
            for sku in linked_skus(row.cell(index)) {
                let child = self.of(0, sku);
                if child != own {
                    self.links.push((child, own));
                }
            }
        }
        own
    }

    fn is_variant(&self, row: &Row) -> bool {
        let kind = self.cell(row, Holds::Kind).to_lowercase();
        self.rules.variant.contains(&kind)
    }

    fn is_skipped(&self, row: &Row) -> bool {
        let kind = self.cell(row, Holds::Kind).to_lowercase();
        self.rules.skip.contains(&kind)
    }
}
