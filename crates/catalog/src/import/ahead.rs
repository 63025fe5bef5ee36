//! Items that are read ahead, to find the format of a file by what it holds.

use std::collections::VecDeque;
use std::io;

use serde_json::Value;

use super::Complaint;

/// How many items are looked at to find the format.
const ITEMS_MAX: usize = 50;
/// Most bytes of those.
const BYTES_MAX: usize = 4 << 20;

/// An item, parsed.
#[derive(Debug)]
pub(super) struct ParsedItem {
    /// Its place, as people are told.
    pub(super) row: u64,
    pub(super) value: Value,
    /// How many it has.
    pub(super) bytes: usize,
    /// Pointers to keys that stand twice in an object of it.
    pub(super) repeated: Vec<String>,
}

/// An item, or why it is none.
pub(super) type Parsed = Result<ParsedItem, Complaint>;

/// Items that are read ahead.
#[derive(Debug, Default)]
pub(super) struct Ahead(VecDeque<Parsed>);

impl Ahead {
    /// Reads as many items as tell the format.
    pub(super) fn fill(&mut self, mut next: impl FnMut() -> io::Result<Option<Parsed>>) -> io::Result<()> {
        let mut bytes = 0;
        while self.0.len() < ITEMS_MAX && bytes < BYTES_MAX {
            let Some(item) = next()? else { break };
            bytes += item.as_ref().map_or(0, |item| item.bytes);
            self.0.push_back(item);
        }
        Ok(())
    }

    /// Where items share a line, their numbers are their places: gives how many are counted so far.
    pub(super) fn count_crowded(&mut self) -> Option<u64> {
        let place = |item: &Parsed| item.as_ref().map_or_else(|complaint| complaint.row, |item| item.row);
        let places: Vec<u64> = self.0.iter().map(place).collect();
        if !places.windows(2).any(|pair| pair.first() == pair.last()) {
            return None;
        }
        for (item, number) in self.0.iter_mut().zip(1..) {
            match item {
                Ok(item) => item.row = number,
                Err(complaint) => complaint.row = number,
            }
        }
        Some(places.len() as u64)
    }

    /// The items that could be read.
    pub(super) fn values(&self) -> Vec<&Value> {
        self.0.iter().filter_map(|item| item.as_ref().ok()).map(|item| &item.value).collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn push(&mut self, item: Parsed) {
        self.0.push_back(item);
    }

    /// The first item that is left.
    pub(super) fn pop(&mut self) -> Option<Parsed> {
        self.0.pop_front()
    }
}

/// The items that `next` gives, each with its place, as they are.
pub(super) fn items(
    mut next: impl FnMut() -> io::Result<Option<Parsed>>,
) -> impl Iterator<Item = io::Result<Result<(u64, Value), Complaint>>> {
    std::iter::from_fn(move || {
        let item = next().transpose()?;
        Some(item.map(|item| item.map(|item| (item.row, item.value))))
    })
}
