//! Rows that belong to one product, wherever they stand in a table: found in one pass, handed out in a second one.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::Complaint;
use super::aside::Aside;
use super::columns::Columns;
use super::format::TableFormat;
use super::identifier::Identifier;
use super::row::{OpenRows, Row, Rows};

/// Rows that wait for others of their product are held in memory up to this size, and beyond it in a file.
const HELD_BYTES_MAX: usize = 24 << 20;
/// Most rows of one product.
const FAMILY_ROWS_MAX: usize = 5_000;
/// Longest way from a row to the product that it belongs to.
const STEPS_MAX: usize = 64;

/// How the rows of a table belong together.
#[derive(Debug, Default)]
pub struct Families {
    /// The product of each row that can be read, in order.
    groups: Vec<u64>,
    /// Which of them are the last of their product.
    last: Vec<bool>,
    /// Rows that can be read.
    pub rows: u64,
    /// Rows that cannot.
    pub broken: u64,
    /// Products.
    pub products: u64,
    /// Rows whose links go round in a circle.
    pub circular: u64,
}

impl Families {
    /// Reads a table once, to its end.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn find(open: &OpenRows, format: &TableFormat, columns: &Columns) -> std::io::Result<Self> {
        let hash = foldhash::fast::FixedState::default();
        let mut identifier =
            Identifier { rules: &format.rows, columns, hash, previous: 0, links: Vec::new() };
        let mut found = Self::default();
        for row in open()? {
            match row? {
                Ok(row) => found.groups.push(identifier.node(&row)),
                Err(_) => found.broken += 1,
            }
        }
        found.rows = found.groups.len() as u64;
        found.follow(identifier.links);
        found.mark_last();
        Ok(found)
    }

    /// How entries belong together whose products have these keys, in order.
    pub(super) fn of_groups(groups: Vec<u64>, broken: u64) -> Self {
        let mut found = Self { rows: groups.len() as u64, groups, broken, ..Self::default() };
        found.mark_last();
        found
    }

    /// The product of an entry, and whether it is the last of it.
    pub(super) fn place(&self, at: usize) -> Option<(u64, bool)> {
        Some((*self.groups.get(at)?, *self.last.get(at)?))
    }

    /// Replaces the key of every row by that of its product.
    fn follow(&mut self, mut links: Vec<(u64, u64)>) {
        if links.is_empty() {
            return;
        }
        links.sort_unstable();
        links.dedup_by_key(|(child, _)| *child);
        let parent_of = |node: u64| {
            let at = links.binary_search_by_key(&node, |(child, _)| *child).ok()?;
            links.get(at).map(|(_, parent)| *parent)
        };
        for node in &mut self.groups {
            let (mut at, mut way) = (*node, vec![*node]);
            while let Some(parent) = parent_of(at) {
                if way.len() > STEPS_MAX || way.contains(&parent) {
                    // Those that go round in a circle stand together, so that they can be named.
                    self.circular += 1;
                    at = way.iter().copied().min().unwrap_or(at);
                    break;
                }
                way.push(parent);
                at = parent;
            }
            *node = at;
        }
    }

    fn mark_last(&mut self) {
        let mut order: Vec<u32> = (0..u32::try_from(self.groups.len()).unwrap_or(u32::MAX)).collect();
        let group = |at: u32| self.groups.get(at as usize).copied().unwrap_or_default();
        order.sort_unstable_by_key(|at| (group(*at), *at));
        self.last = vec![false; self.groups.len()];
        for (at, place) in order.iter().enumerate() {
            let next = order.get(at + 1).map(|next| group(*next));
            if next != Some(group(*place)) {
                self.products += 1;
                if let Some(last) = self.last.get_mut(*place as usize) {
                    *last = true;
                }
            }
        }
    }

    /// Hands the rows out by product, each once its last row is read. Rows that wait and do not fit into memory wait in
    /// `aside`, a file of their own.
    ///
    /// # Errors
    /// When the table or the file cannot be opened.
    pub fn rows(self: &Arc<Self>, open: &OpenRows, aside: &Path) -> std::io::Result<FamilyRows> {
        let aside = Aside::new(aside);
        Ok(FamilyRows {
            families: Arc::clone(self),
            rows: open()?,
            at: 0,
            waiting: HashMap::new(),
            bytes: 0,
            aside,
        })
    }
}

/// The rows of a table, by product.
pub struct FamilyRows {
    families: Arc<Families>,
    rows: Rows,
    at: usize,
    waiting: HashMap<u64, Vec<Waiting>>,
    bytes: usize,
    aside: Aside,
}

/// A row that waits for others of its product.
enum Waiting {
    Here(Row),
    Aside { at: u64, length: usize },
}

impl FamilyRows {
    fn keep(&mut self, group: u64, row: Row) -> std::io::Result<()> {
        let waiting = if self.bytes + row.bytes() <= HELD_BYTES_MAX {
            self.bytes += row.bytes();
            Waiting::Here(row)
        } else {
            self.write_aside(&row)?
        };
        self.waiting.entry(group).or_default().push(waiting);
        Ok(())
    }

    fn write_aside(&mut self, row: &Row) -> std::io::Result<Waiting> {
        let mut bytes = Vec::new();
        row.encode(&mut bytes);
        let length = bytes.len();
        Ok(Waiting::Aside { at: self.aside.put(&bytes)?, length })
    }

    fn take(&mut self, waiting: Waiting) -> std::io::Result<Row> {
        match waiting {
            Waiting::Here(row) => {
                self.bytes = self.bytes.saturating_sub(row.bytes());
                Ok(row)
            }
            Waiting::Aside { at, length } => {
                let bytes = self.aside.get(at, length)?;
                Row::decode(&bytes).ok_or_else(|| self.aside.lost())
            }
        }
    }

    fn family(&mut self, group: u64, last: Row) -> std::io::Result<Result<Vec<Row>, Complaint>> {
        let waiting = self.waiting.remove(&group).unwrap_or_default();
        let count = waiting.len() + 1;
        let mut rows = Vec::with_capacity(count.min(FAMILY_ROWS_MAX));
        for waiting in waiting {
            let row = self.take(waiting)?;
            if rows.len() < FAMILY_ROWS_MAX {
                rows.push(row);
            }
        }
        rows.push(last);
        if count > FAMILY_ROWS_MAX {
            let first = rows.first().map_or(0, |row| row.number);
            let rule = format!("a product has at most {FAMILY_ROWS_MAX} rows, this one has {count}");
            return Ok(Err(Complaint::new(first, rule, "look at its key: do these rows belong together?")));
        }
        Ok(Ok(rows))
    }
}

impl Iterator for FamilyRows {
    type Item = std::io::Result<Result<Vec<Row>, Complaint>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let row = match self.rows.next()? {
                Ok(Ok(row)) => row,
                Ok(Err(complaint)) => return Some(Ok(Err(complaint))),
                Err(error) => return Some(Err(error)),
            };
            let (group, last) = (self.families.groups.get(self.at), self.families.last.get(self.at));
            self.at += 1;
            let (Some(group), Some(last)) = (group.copied(), last.copied()) else {
                return Some(Err(std::io::Error::other(
                    "the file has grown while it was read; read it again",
                )));
            };
            if last {
                return Some(self.family(group, row));
            }
            if let Err(error) = self.keep(group, row) {
                return Some(Err(error));
            }
        }
    }
}
