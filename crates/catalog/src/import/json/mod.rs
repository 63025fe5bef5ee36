//! JSON of shops, feeds and product information systems: lines, lists and wrapped lists, their format found by content.

pub(super) mod draft;
mod format;
mod items;
mod join;
mod labels;
mod linked_data;
mod map;
mod path;
mod repeated;
mod shape;
pub(super) mod value;

use std::collections::VecDeque;
use std::io::{self, BufRead, Chain, Cursor, Read as _};
use std::sync::LazyLock;

use anyhow::anyhow;
use serde_json::Value;

use self::items::{Item, Items};
use self::join::Joiner;
pub(crate) use self::map::Mapper;
use crate::import::{Complaint, Entry};

pub(crate) use self::format::{Format, recognise};
pub(crate) use self::items::ITEM_BYTES_MAX;
pub use self::labels::Labels;
pub use self::map::{Seen, Settings};
pub use self::repeated::repeated_keys;
pub(crate) use self::value::Localized;

/// How much of a file is looked at to find where its items stand.
const HEAD_BYTES: u64 = (1 << 20) + (1 << 16);
/// How many items are looked at to find the format.
const SAMPLE_ITEMS: usize = 50;
/// Most bytes of those.
const SAMPLE_BYTES: usize = 4 << 20;

/// What a value counts for that was parsed elsewhere, in bytes.
const VALUE_BYTES: usize = 4096;

/// The formats that are compiled in; of equals the first is taken.
static FORMATS: LazyLock<Result<Vec<Format>, String>> = LazyLock::new(|| {
    parsed(&[
        include_str!("../../../../../config/formats/json/shopify_graphql.toml"),
        include_str!("../../../../../config/formats/json/shopify_rest.toml"),
        include_str!("../../../../../config/formats/json/woocommerce.toml"),
        include_str!("../../../../../config/formats/json/acp.toml"),
        include_str!("../../../../../config/formats/json/openai.toml"),
        include_str!("../../../../../config/formats/json/magento.toml"),
        include_str!("../../../../../config/formats/json/akeneo.toml"),
        include_str!("../../../../../config/formats/json/amazon.toml"),
        include_str!("../../../../../config/formats/json/bigcommerce.toml"),
        include_str!("../../../../../config/formats/json/commercetools.toml"),
        include_str!("../../../../../config/formats/json/schema_org.toml"),
        include_str!("../../../../../config/formats/json/shopify_bulk.toml"),
        include_str!("../../../../../config/formats/json/content.toml"),
        include_str!("../../../../../config/formats/json/content_table.toml"),
        include_str!("../../../../../config/formats/json/commercetools_actions.toml"),
        include_str!("../../../../../config/formats/json/native.toml"),
        include_str!("../../../../../config/formats/json/generic.toml"),
    ])
});

/// The formats of these files.
pub(crate) fn parsed(files: &[&str]) -> Result<Vec<Format>, String> {
    files.iter().map(|file| toml::from_str(file).map_err(|error| error.to_string())).collect()
}

/// The formats that are compiled in.
pub(crate) fn formats() -> anyhow::Result<&'static [Format]> {
    FORMATS.as_deref().map_err(|error| anyhow!("a format of JSON files cannot be read: {error}"))
}

/// The names and titles of the formats, for documentation.
///
/// # Errors
/// When a format that is compiled in cannot be read.
pub fn format_names() -> anyhow::Result<Vec<(&'static str, &'static str)>> {
    Ok(formats()?.iter().map(|format| (format.name.as_str(), format.title.as_str())).collect())
}

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

/// An item that is JSON.
#[derive(Debug)]
struct ParsedItem {
    row: u64,
    value: Value,
    bytes: usize,
    /// Pointers to keys that stand twice.
    repeated: Vec<String>,
}

/// An item, or why it is none.
type Parsed = Result<ParsedItem, Complaint>;

/// The products of a JSON file.
#[derive(Debug)]
pub struct JsonReader<R> {
    source: Source<R>,
    /// Items that were read to find the format.
    sample: VecDeque<Parsed>,
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
        std::iter::from_fn(move || {
            let next = match self.sample.pop_front() {
                Some(item) => Some(item),
                None => match self.item() {
                    Ok(item) => item,
                    Err(error) => return Some(Err(error)),
                },
            };
            next.map(|item| Ok(item.map(|item| (item.row, item.value))))
        })
    }

    /// What was seen so far.
    #[must_use]
    pub fn seen(&self) -> Option<&Seen> {
        self.mapper.as_ref().map(|mapper| &mapper.seen)
    }

    fn new(source: Source<R>) -> Self {
        Self {
            source,
            sample: VecDeque::new(),
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
        let mut bytes = 0;
        while self.sample.len() < SAMPLE_ITEMS && bytes < SAMPLE_BYTES {
            let Some(item) = self.item()? else { break };
            bytes += item.as_ref().map_or(0, |item| item.bytes);
            self.sample.push_back(item);
        }
        self.count_crowded();
        let read = self.sample.iter().filter_map(|item| item.as_ref().ok());
        let sample: Vec<&Value> = read.map(|item| &item.value).collect();
        self.format = recognise(formats()?, &sample).map(|format| fitting(format, &sample)).transpose()?;
        if let Some(format) = self.format {
            self.joiner = Joiner::new(format.join.as_ref());
            self.mapper = Some(Mapper::new(format, settings));
        }
        Ok(())
    }

    /// Where items share a line their numbers say which one is meant.
    fn count_crowded(&mut self) {
        let Source::Items(items) = &mut self.source else { return };
        let place = |item: &Parsed| item.as_ref().map_or_else(|complaint| complaint.row, |item| item.row);
        let places: Vec<u64> = self.sample.iter().map(place).collect();
        if !places.windows(2).any(|pair| pair.first() == pair.last()) {
            return;
        }
        items.count_from(places.len() as u64);
        for (item, number) in self.sample.iter_mut().zip(1..) {
            match item {
                Ok(item) => item.row = number,
                Err(complaint) => complaint.row = number,
            }
        }
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
            self.sample.push_back(parse(item));
        }
        Ok(())
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

/// The format of flat items: such as have no attributes, and keys that our own form does not know, are no products of it,
/// for it would pass these over.
fn fitting(format: &'static Format, sample: &[&Value]) -> anyhow::Result<&'static Format> {
    let keys = || sample.iter().filter_map(|item| item.as_object()).flat_map(serde_json::Map::keys);
    let is_nested = keys().any(|key| ["attributes", "product", "data", "variants"].contains(&key.as_str()));
    let known = &value::shapes().native_keys;
    if format.name != "native" || is_nested || keys().all(|key| known.contains(key)) {
        return Ok(format);
    }
    formats()?.iter().find(|known| known.name == "json").map_or(Ok(format), Ok)
}

/// A product that stands for one variant is that variant.
fn as_variant(entry: &mut Entry) {
    let Some(Value::Array(mut variants)) = entry.product.remove("variants") else { return };
    if let Some(Value::Object(variant)) = variants.pop().filter(|_| variants.is_empty()) {
        for (key, value) in variant {
            match (entry.product.get_mut(&key), value) {
                (Some(Value::Object(common)), Value::Object(own)) => common.extend(own),
                (_, value) => {
                    entry.product.insert(key, value);
                }
            }
        }
    }
}

/// What is said of a key that stands twice.
#[must_use]
pub fn doubt(row: u64, pointer: String) -> Complaint {
    let rule = "the key stands twice in one object; the last one counts";
    Complaint::new(row, rule, "write it once").at(pointer)
}

fn parse(item: Item) -> Parsed {
    let Item { row, line, bytes } = item;
    match serde_json::from_slice::<Value>(&bytes) {
        Ok(value) => Ok(ParsedItem { row, value, bytes: bytes.len(), repeated: repeated_keys(&bytes) }),
        Err(error) => {
            let at = line + (error.line() as u64).saturating_sub(1);
            let said = error.to_string();
            let said = said.rsplit_once(" at line ").map_or(said.as_str(), |(said, _)| said);
            let rule = format!("an item is not JSON: {said} (line {at}, column {})", error.column());
            let shown =
                bytes.split(|byte| *byte == b'\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
            let from = error.column().saturating_sub(20).min(shown.len());
            let shown = String::from_utf8_lossy(shown.get(from..).unwrap_or_default());
            let shown: String = shown.chars().take(60).collect();
            Err(Complaint::new(row, rule, "mend it and read the file again").seeing(&shown))
        }
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
            let next = match self.sample.pop_front() {
                Some(item) => Some(item),
                None => match self.item() {
                    Ok(item) => item,
                    Err(error) => {
                        self.ended = true;
                        return Some(Err(error));
                    }
                },
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
