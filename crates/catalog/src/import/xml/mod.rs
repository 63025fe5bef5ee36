//! XML of feeds and shops: Google Merchant in RSS and Atom, and catalogs whose repeating element is found by content.

mod events;
mod items;
mod shape;
mod tree;

use std::io::{self, BufRead, Chain, Cursor, Read as _};
use std::sync::LazyLock;

use anyhow::anyhow;
use serde_json::Value;

use self::items::Items;
use crate::import::ahead::{self, Ahead, Parsed, ParsedItem};
use crate::import::json::{Format, Localized, Mapper, Seen, Settings, parsed, recognise};
use crate::import::{Complaint, Entry};

/// How much of a file is looked at to find its items.
const HEAD_BYTES: u64 = 1 << 20;

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

/// The products of an XML file.
#[derive(Debug)]
pub struct XmlReader<R> {
    items: Option<Items<Chain<Cursor<Vec<u8>>, R>>>,
    ahead: Ahead,
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
        let mut reader = Self { items, ahead: Ahead::default(), mapper: None, format: None, path };
        let mut ahead = Ahead::default();
        ahead.fill(|| reader.item())?;
        if let Some(items) = &mut reader.items
            && let Some(count) = ahead.count_crowded()
        {
            items.count_from(count);
        }
        reader.format = recognise(formats, &ahead.values());
        reader.ahead = ahead;
        if reader.ahead.is_empty() && !is_empty {
            let rule = "no element of the file is a product, by what it holds";
            let remedy = "a product is an element such as <item> or <product> with a key and a title";
            reader.ahead.push(Err(Complaint::new(1, rule, remedy)));
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
        ahead::items(move || self.next_item())
    }

    /// What was seen so far.
    #[must_use]
    pub fn seen(&self) -> Option<&Seen> {
        self.mapper.as_ref().map(|mapper| &mapper.seen)
    }

    /// The next item, whether it was read ahead or not.
    fn next_item(&mut self) -> io::Result<Option<Parsed>> {
        match self.ahead.pop() {
            Some(item) => Ok(Some(item)),
            None => self.item(),
        }
    }

    fn item(&mut self) -> io::Result<Option<Parsed>> {
        let Some(item) = self.items.as_mut().and_then(Iterator::next) else { return Ok(None) };
        let parsed = |(row, element, bytes): items::Item| {
            let (value, repeated) = (element.value(), Vec::new());
            ParsedItem { row, value, bytes, repeated }
        };
        Ok(Some(item?.map(parsed)))
    }
}

impl<R: BufRead> Iterator for XmlReader<R> {
    type Item = io::Result<Result<Entry, Complaint>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let ParsedItem { row, value, .. } = match self.next_item() {
                Ok(Some(Ok(item))) => item,
                Ok(Some(Err(complaint))) => return Some(Ok(Err(complaint))),
                Ok(None) => return None,
                Err(error) => return Some(Err(error)),
            };
            let Some(mapper) = &mut self.mapper else {
                let rule = "it is of no format that is known, and has no key and title under a usual name";
                return Some(Ok(Err(Complaint::new(
                    row,
                    rule,
                    "say which element holds what in a mapping, and give that with --map",
                ))));
            };
            if let Some(entry) = mapper.entry(row, value) {
                return Some(Ok(entry));
            }
        }
    }
}

#[cfg(test)]
mod tests;
