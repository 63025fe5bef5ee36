//! JSON of shops, feeds and product information systems: lines, lists and wrapped lists, their format found by content.

pub(super) mod draft;
pub(super) mod fact;
mod format;
mod items;
mod join;
mod known;
mod labels;
mod linked_data;
mod map;
mod parse;
mod path;
mod pattern;
mod repeated;
mod scan;
mod shape;
pub(super) mod value;

use std::collections::VecDeque;
use std::io::{self, BufRead, Chain, Cursor, Read as _};

use serde_json::Value;

use self::items::{Item, Items};
use self::join::{Joiner, as_variant};
use self::known::{fitting, formats};
pub(crate) use self::map::Mapper;
use self::parse::parse;
use crate::import::ahead::{self, Ahead, Parsed, ParsedItem};
use crate::import::{Complaint, Entry};

pub(crate) use self::format::{Format, recognise};
pub(crate) use self::items::ITEM_BYTES_MAX;
pub use self::known::format_names;
pub(crate) use self::known::parsed;
pub use self::labels::Labels;
pub use self::map::{Seen, Settings};
pub use self::parse::doubt;
pub use self::repeated::repeated_keys;
pub(crate) use self::value::Localized;

/// How much of a file is looked at to find where its items stand.
const HEAD_BYTES: u64 = (1 << 20) + (1 << 16);

/// What a value counts for that was parsed elsewhere, in bytes.
const VALUE_BYTES: usize = 4096;

/// Whether the beginning of a file is JSON, or an HTML page that may hold JSON-LD.
#[must_use]
pub fn is_json(head: &[u8]) -> bool {
    let head = head.strip_prefix(BOM).unwrap_or(head);
    head.trim_ascii_start().starts_with(b"{")
        || head.trim_ascii_start().starts_with(b"[")
        || linked_data::is_page(head)
}

/// A byte order mark in UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// The products of a JSON file.
#[derive(Debug)]
pub struct JsonReader<R> {
    source: Source<R>,
    /// Items that were read to find the format.
    ahead: Ahead,
    joiner: Joiner,
    joined: join::Out,
    mapper: Option<Mapper>,
    format: Option<&'static Format>,
    path: Vec<String>,
    ended: bool,
    /// What is doubtful about items that were taken.
    doubts: Vec<Complaint>,
}

enum Source<R> {
    Items(Items<Chain<Cursor<Vec<u8>>, R>>),
    Values(Box<dyn Iterator<Item = Result<(u64, Value), Complaint>> + Send>),
    /// An HTML page, whose scripts are read at the start.
    Page,
}

impl<R> std::fmt::Debug for Source<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Items(_) => "Items",
            Self::Values(_) => "Values",
            Self::Page => "Page",
        })
    }
}

impl JsonReader<io::Empty> {
    /// Reads objects that are parsed already, such as the rows of a table with nested columns.
    ///
    /// # Errors
    /// When a format that is compiled in cannot be read.
    pub fn of_values(
        values: impl Iterator<Item = Result<(u64, Value), Complaint>> + Send + 'static,
        settings: Settings,
    ) -> anyhow::Result<Self> {
        let mut reader = Self::new(Source::Values(Box::new(values)));
        reader.recognise(settings)?;
        Ok(reader)
    }
}

impl<R: BufRead> JsonReader<R> {
    /// Opens JSON in UTF-8 and finds where its items stand and what format they have.
    ///
    /// # Errors
    /// When the beginning cannot be read.
    pub fn open(mut input: R, settings: Settings) -> anyhow::Result<Self> {
        let formats = formats()?;
        let mut head = Vec::new();
        input.by_ref().take(HEAD_BYTES).read_to_end(&mut head)?;
        if head.starts_with(BOM) {
            head.drain(..BOM.len());
        }
        let mut reader = Self::new(Source::Page);
        if linked_data::is_page(&head) {
            reader.page(head, input)?;
        } else {
            let shape = shape::find(&head, formats);
            reader.path.clone_from(&shape.path);
            reader.source = Source::Items(Items::new(Cursor::new(head).chain(input), shape));
        }
        reader.recognise(settings)?;
        Ok(reader)
    }

    /// The name and title of the format; `None` for a file without items, or with items of no format.
    #[must_use]
    pub fn format(&self) -> Option<(&'static str, &'static str)> {
        self.format.map(|format| (format.name.as_str(), format.title.as_str()))
    }

    /// The keys that lead to the items.
    #[must_use]
    pub fn path(&self) -> &[String] {
        &self.path
    }

    /// Its items as they are, each with its place.
    pub(in crate::import) fn into_items(
        mut self,
    ) -> impl Iterator<Item = io::Result<Result<(u64, Value), Complaint>>> {
        ahead::items(move || self.next_item())
    }

    /// What was seen so far.
    #[must_use]
    pub fn seen(&self) -> Option<&Seen> {
        self.mapper.as_ref().map(|mapper| &mapper.seen)
    }

    fn new(source: Source<R>) -> Self {
        Self {
            source,
            ahead: Ahead::default(),
            joiner: Joiner::default(),
            joined: VecDeque::new(),
            mapper: None,
            format: None,
            path: Vec::new(),
            ended: false,
            doubts: Vec::new(),
        }
    }

    /// Finds the format by the first items.
    fn recognise(&mut self, settings: Settings) -> anyhow::Result<()> {
        let mut ahead = std::mem::take(&mut self.ahead);
        ahead.fill(|| self.item())?;
        self.ahead = ahead;
        if let Source::Items(items) = &mut self.source
            && let Some(count) = self.ahead.count_crowded()
        {
            items.count_from(count);
        }
        let sample = self.ahead.values();
        self.format = recognise(formats()?, &sample).map(|format| fitting(format, &sample)).transpose()?;
        if let Some(format) = self.format {
            self.joiner = Joiner::new(format.join.as_ref());
            self.mapper = Some(Mapper::new(format, settings));
        }
        Ok(())
    }

    /// The scripts of a page.
    fn page(&mut self, mut head: Vec<u8>, input: R) -> anyhow::Result<()> {
        let most = linked_data::PAGE_BYTES_MAX.saturating_sub(head.len()) as u64 + 1;
        input.take(most).read_to_end(&mut head)?;
        anyhow::ensure!(
            head.len() <= linked_data::PAGE_BYTES_MAX,
            "an HTML page has at most {} bytes; give the JSON-LD alone",
            linked_data::PAGE_BYTES_MAX
        );
        for (line, script) in linked_data::scripts(&String::from_utf8_lossy(&head)) {
            let item = Item { row: line, line, bytes: script.as_bytes().to_vec() };
            self.ahead.push(parse(item));
        }
        Ok(())
    }

    /// The next item, whether it was read ahead or not.
    fn next_item(&mut self) -> io::Result<Option<Parsed>> {
        match self.ahead.pop() {
            Some(item) => Ok(Some(item)),
            None => self.item(),
        }
    }

    /// The next item of the file, parsed.
    fn item(&mut self) -> io::Result<Option<Parsed>> {
        Ok(match &mut self.source {
            Source::Items(items) => items.next().transpose()?.map(|item| item.and_then(parse)),
            // What a value takes is not known without writing it.
            Source::Values(values) => {
                let parsed =
                    |(row, value)| ParsedItem { row, value, bytes: VALUE_BYTES, repeated: Vec::new() };
                values.next().map(|item| item.map(parsed))
            }
            Source::Page => None,
        })
    }

    fn take(&mut self, item: Parsed) {
        match item {
            Err(complaint) => self.joined.push_back(Err(complaint)),
            Ok(ParsedItem { row, value, bytes, repeated }) => {
                self.doubts.extend(repeated.into_iter().map(|pointer| doubt(row, pointer)));
                if self.format.is_some_and(|format| format.linked_data) {
                    for product in linked_data::products(value) {
                        self.joiner.push(row, product, bytes, &mut self.joined);
                    }
                } else {
                    self.joiner.push(row, value, bytes, &mut self.joined);
                }
            }
        }
    }

    /// The product of an item and what belongs to it.
    fn entry(&mut self, joined: Result<join::Joined, Complaint>) -> Option<Result<Entry, Complaint>> {
        let joined = match joined {
            Ok(joined) => joined,
            Err(complaint) => return Some(Err(complaint)),
        };
        let Some(mapper) = &mut self.mapper else {
            let rule = "it is of no format that is known, and has no key and title under a usual name";
            let remedy = "say which key holds what in a mapping, and give that with --map";
            return Some(Err(Complaint::new(joined.row, rule, remedy)));
        };
        let entry = mapper.entry(joined.row, joined.value)?;
        Some(entry.map(|mut entry| {
            entry.warnings.append(&mut self.doubts);
            if let Some(group) = joined.group {
                if !joined.is_parent {
                    as_variant(&mut entry);
                }
                (entry.group, entry.is_parent) = (Some(group), joined.is_parent);
            }
            entry
        }))
    }
}

impl<R: BufRead> Iterator for JsonReader<R> {
    type Item = io::Result<Result<Entry, Complaint>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            while let Some(joined) = self.joined.pop_front() {
                if let Some(entry) = self.entry(joined) {
                    return Some(Ok(entry));
                }
            }
            if self.ended {
                return None;
            }
            let next = match self.next_item() {
                Ok(item) => item,
                Err(error) => {
                    self.ended = true;
                    return Some(Err(error));
                }
            };
            if let Some(item) = next {
                self.take(item);
            } else {
                self.ended = true;
                self.joiner.finish(&mut self.joined);
            }
        }
    }
}

#[cfg(test)]
mod tests;
