//! XML of feeds and shops: Google Merchant in RSS and Atom, and catalogs whose repeating element is found by content.

mod events;
mod items;
mod shape;
mod tree;

use std::collections::VecDeque;
use std::io::{self, BufRead, Chain, Cursor, Read as _};
use std::sync::LazyLock;

use anyhow::anyhow;
use serde_json::Value;

use self::items::Items;
use crate::import::json::{Format, Localized, Mapper, Seen, Settings, parsed, recognise};
use crate::import::{Complaint, Entry};

/// How much of a file is looked at to find its items.
const HEAD_BYTES: u64 = 1 << 20;
/// How many items are looked at to find the format.
const SAMPLE_ITEMS: usize = 50;
/// Most bytes of those.
const SAMPLE_BYTES: usize = 4 << 20;

/// The formats that are compiled in; of equals the first is taken.
static FORMATS: LazyLock<Result<Vec<Format>, String>> = LazyLock::new(|| {
    let mut formats = parsed(&[
        include_str!("../../../../../config/formats/xml/google.toml"),
        include_str!("../../../../../config/formats/xml/prestashop.toml"),
        include_str!("../../../../../config/formats/json/generic.toml"),
    ])?;
    // The usual names are the same, whatever they are written in.
    if let Some(usual) = formats.last_mut() {
        "xml".clone_into(&mut usual.name);
        usual.localized =
            Localized::Scoped { locale: "lang".to_owned(), scope: None, value: "#text".to_owned() };
    }
    Ok(formats)
});

fn formats() -> anyhow::Result<&'static [Format]> {
    FORMATS.as_deref().map_err(|error| anyhow!("a format of XML files cannot be read: {error}"))
}

/// The names and titles of the formats, for documentation.
///
/// # Errors
/// When a format that is compiled in cannot be read.
pub fn format_names() -> anyhow::Result<Vec<(&'static str, &'static str)>> {
    Ok(formats()?.iter().map(|format| (format.name.as_str(), format.title.as_str())).collect())
}

/// Whether the beginning of a file is XML; an HTML page is none.
#[must_use]
pub fn is_xml(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf".as_slice()).unwrap_or(head).trim_ascii_start();
    head.starts_with(b"<") && !crate::import::json::is_json(head)
}

/// An item with its line and how many bytes it has, or why it is none.
type Parsed = Result<(u64, Value, usize), Complaint>;

/// The products of an XML file.
#[derive(Debug)]
pub struct XmlReader<R> {
    items: Option<Items<Chain<Cursor<Vec<u8>>, R>>>,
    sample: VecDeque<Result<(u64, Value), Complaint>>,
    mapper: Option<Mapper>,
    format: Option<&'static Format>,
    path: Vec<String>,
}

impl<R: BufRead> XmlReader<R> {
    /// Opens XML in UTF-8 and finds which element is the item and what format it has.
    ///
    /// # Errors
    /// When the beginning cannot be read.
    pub fn open(mut input: R, settings: Settings) -> anyhow::Result<Self> {
        let formats = formats()?;
        let mut head = Vec::new();
        input.by_ref().take(HEAD_BYTES).read_to_end(&mut head)?;
        let path = shape::find(&head, formats);
        let is_empty = head.trim_ascii().is_empty();
        // Without items the file is read all the same: what is wrong with it is said.
        let items = (!is_empty).then(|| Items::new(Cursor::new(head).chain(input), path.clone()));
        let mut reader = Self { items, sample: VecDeque::new(), mapper: None, format: None, path };
        let mut bytes = 0;
        while reader.sample.len() < SAMPLE_ITEMS && bytes < SAMPLE_BYTES {
            let Some(item) = reader.item()? else { break };
            let item = item.map(|(line, value, size)| {
                bytes += size;
                (line, value)
            });
            reader.sample.push_back(item);
        }
        reader.count_crowded();
        let sample: Vec<&Value> =
            reader.sample.iter().filter_map(|item| item.as_ref().ok()).map(|(_, value)| value).collect();
        reader.format = recognise(formats, &sample);
        if reader.sample.is_empty() && !is_empty {
            let rule = "no element of the file is a product, by what it holds";
            let remedy = "a product is an element such as <item> or <product> with a key and a title";
            reader.sample.push_back(Err(Complaint::new(1, rule, remedy)));
        }
        reader.mapper = reader.format.map(|format| Mapper::new(format, settings));
        Ok(reader)
    }

    /// The name and title of the format; `None` for a file without items, or with items of no format.
    #[must_use]
    pub fn format(&self) -> Option<(&'static str, &'static str)> {
        self.format.map(|format| (format.name.as_str(), format.title.as_str()))
    }

    /// The names of the elements that lead to the items, the root's first.
    #[must_use]
    pub fn path(&self) -> &[String] {
        &self.path
    }

    /// Its items as they are, each with its place.
    pub(in crate::import) fn into_items(
        mut self,
    ) -> impl Iterator<Item = io::Result<Result<(u64, Value), Complaint>>> {
        std::iter::from_fn(move || match self.sample.pop_front() {
            Some(item) => Some(Ok(item)),
            None => {
                let item = self.item().transpose()?;
                Some(item.map(|item| item.map(|(row, value, _)| (row, value))))
            }
        })
    }

    /// What was seen so far.
    #[must_use]
    pub fn seen(&self) -> Option<&Seen> {
        self.mapper.as_ref().map(|mapper| &mapper.seen)
    }

    /// Where items share a line their numbers say which one is meant.
    fn count_crowded(&mut self) {
        let place = |item: &Result<(u64, Value), Complaint>| {
            item.as_ref().map_or_else(|complaint| complaint.row, |(row, _)| *row)
        };
        let places: Vec<u64> = self.sample.iter().map(place).collect();
        let is_crowded = places.windows(2).any(|pair| pair.first() == pair.last());
        let Some(items) = self.items.as_mut().filter(|_| is_crowded) else { return };
        items.count_from(places.len() as u64);
        for (item, number) in self.sample.iter_mut().zip(1..) {
            match item {
                Ok((row, _)) => *row = number,
                Err(complaint) => complaint.row = number,
            }
        }
    }

    fn item(&mut self) -> io::Result<Option<Parsed>> {
        let Some(item) = self.items.as_mut().and_then(Iterator::next) else { return Ok(None) };
        Ok(Some(item?.map(|(line, element, bytes)| (line, element.value(), bytes))))
    }
}

impl<R: BufRead> Iterator for XmlReader<R> {
    type Item = io::Result<Result<Entry, Complaint>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let item = match self.sample.pop_front() {
                Some(item) => item,
                None => match self.item() {
                    Ok(Some(item)) => item.map(|(line, value, _)| (line, value)),
                    Ok(None) => return None,
                    Err(error) => return Some(Err(error)),
                },
            };
            let (line, value) = match item {
                Ok(item) => item,
                Err(complaint) => return Some(Ok(Err(complaint))),
            };
            let Some(mapper) = &mut self.mapper else {
                let rule = "it is of no format that is known, and has no key and title under a usual name";
                return Some(Ok(Err(Complaint::new(
                    line,
                    rule,
                    "say which element holds what in a mapping, and give that with --map",
                ))));
            };
            if let Some(entry) = mapper.entry(line, value) {
                return Some(Ok(entry));
            }
        }
    }
}

#[cfg(test)]
mod tests;
