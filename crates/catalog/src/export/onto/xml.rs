//! Google's feeds in XML: RSS and Atom, whose titles and descriptions give way to structured ones.

use std::fs::File;
use std::io::BufReader;

use anyhow::{bail, ensure};
use encoding_rs::Encoding;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::encoding::{Survey, decode, width};
use super::tee::{Taken, Tee};
use super::{FeedRecord, RECORD_BYTES_MAX, RecordPlaces, Replaced, spliced};
use crate::export::clean::escape;
use crate::export::column::{Cell, Column, Subject};
use crate::export::format::find;
use crate::export::left_out::LeftOut;
use crate::export::options::ExportOptions;

/// Google's namespace.
const NAMESPACE: &[u8] = b"http://base.google.com/ns/1.0";
/// What structured elements take the place of.
const PLAIN: [(&str, &str); 2] = [("structured_title", "title"), ("structured_description", "description")];

/// An element of an item: its name without prefix, and its place in the record.
#[derive(Debug)]
pub(super) struct RawElement {
    name: String,
    start: usize,
    end: usize,
}

/// An XML feed that is read item by item.
#[derive(Debug)]
pub(super) struct XmlFeed {
    reader: Reader<Tee>,
    taken: Taken,
    /// Bytes of the file before what is kept.
    base: u64,
    encoding: &'static Encoding,
    /// The prefix of Google's names, with its colon; empty where they have none.
    prefix: String,
    known_prefix: bool,
    columns: Vec<Column>,
    items: u64,
    tail: Vec<u8>,
}

impl XmlFeed {
    pub(super) fn open(input: BufReader<File>, survey: &Survey) -> anyhow::Result<Self> {
        ensure!(width(survey.encoding) == 1, "it is XML in UTF-16; save it as UTF-8");
        let taken = Taken::default();
        let mut reader = Reader::from_reader(Tee { input, taken: taken.clone() });
        reader.config_mut().check_end_names = true;
        let columns = find("google-xml")?.columns.iter().filter(|column| column.is.text_field().is_some());
        Ok(Self {
            reader,
            taken,
            base: 0,
            encoding: survey.encoding,
            prefix: String::new(),
            known_prefix: false,
            columns: columns.map(|column| column.renamed(&column.name)).collect(),
            items: 0,
            tail: Vec::new(),
        })
    }

    pub(super) fn described(&self) -> String {
        format!("google XML feed, {}", self.encoding.name())
    }

    pub(super) fn tail(&self) -> &[u8] {
        &self.tail
    }

    /// The bytes from the last record to here.
    fn take(&mut self, to: u64) -> Vec<u8> {
        let length = usize::try_from(to.saturating_sub(self.base)).unwrap_or(usize::MAX);
        let mut kept = self.taken.0.borrow_mut();
        let length = length.min(kept.len());
        let rest = kept.split_off(length);
        self.base += length as u64;
        std::mem::replace(&mut *kept, rest)
    }

    pub(super) fn next_record(&mut self) -> anyhow::Result<Option<FeedRecord>> {
        let mut buffer = Vec::new();
        let mut elements: Vec<RawElement> = Vec::new();
        let mut keys: [String; 2] = Default::default();
        // How deep we are in an item: 1 is the item itself, 2 one of its elements.
        let (mut depth, mut begun): (u32, Option<(String, u64)>) = (0, None);
        let mut text = String::new();
        loop {
            buffer.clear();
            let before = self.reader.buffer_position();
            let event = match self.reader.read_event_into(&mut buffer) {
                Ok(event) => event.into_owned(),
                Err(error) => {
                    bail!("item {}, byte {}: {error}", self.items + 1, self.reader.error_position())
                }
            };
            let after = self.reader.buffer_position();
            ensure!(
                after.saturating_sub(self.base) <= RECORD_BYTES_MAX as u64,
                "item {} has more than {} MiB",
                self.items + 1,
                RECORD_BYTES_MAX >> 20
            );
            match event {
                Event::Decl(declared) => self.declare(&declared)?,
                Event::Start(start) => {
                    if !self.known_prefix {
                        self.root(&start)?;
                    }
                    let name = local(start.name().as_ref());
                    if depth > 0 {
                        depth += 1;
                        if depth == 2 {
                            (begun, text) = (Some((name, before)), String::new());
                        }
                    } else if matches!(name.as_str(), "item" | "entry") {
                        depth = 1;
                    }
                }
                Event::Empty(empty) if depth == 1 => {
                    let place = |at: u64| usize::try_from(at.saturating_sub(self.base)).unwrap_or(usize::MAX);
                    elements.push(RawElement {
                        name: local(empty.name().as_ref()),
                        start: place(before),
                        end: place(after),
                    });
                }
                Event::End(_) if depth > 0 => {
                    depth -= 1;
                    if depth == 1
                        && let Some((name, start)) = begun.take()
                    {
                        if let Some(place) = ["id", "item_group_id"].iter().position(|key| *key == name)
                            && let Some(key) = keys.get_mut(place)
                        {
                            text.trim().clone_into(key);
                        }
                        let place =
                            |at: u64| usize::try_from(at.saturating_sub(self.base)).unwrap_or(usize::MAX);
                        elements.push(RawElement { name, start: place(start), end: place(after) });
                    }
                    if depth == 0 {
                        self.items += 1;
                        let raw = self.take(after);
                        return Ok(Some(FeedRecord {
                            keys: keys.into_iter().filter(|key| !key.is_empty()).collect(),
                            number: self.items,
                            raw,
                            places: RecordPlaces::Elements(elements),
                        }));
                    }
                }
                Event::Text(part) if depth == 2 => text.push_str(&decode(self.encoding, &part)),
                Event::CData(part) if depth == 2 => text.push_str(&decode(self.encoding, &part)),
                Event::GeneralRef(name) if depth == 2 => {
                    let entity = format!("&{};", decode(self.encoding, &name));
                    text.push_str(&html_escape::decode_html_entities(&entity));
                }
                Event::Eof => {
                    ensure!(depth == 0, "it ends within item {}", self.items + 1);
                    ensure!(self.known_prefix, "it has no elements");
                    self.tail = std::mem::take(&mut *self.taken.0.borrow_mut());
                    return Ok(None);
                }
                // What is between two items may be of any length: it is handed on with the next one.
                _ => {}
            }
        }
    }

    /// Takes over the encoding that the file declares, unless its bytes say another.
    fn declare(&mut self, declared: &quick_xml::events::BytesDecl<'_>) -> anyhow::Result<()> {
        let Some(label) = declared.encoding().and_then(Result::ok) else { return Ok(()) };
        let Some(encoding) = Encoding::for_label(&label) else {
            bail!("it declares the encoding {:?}, which is none", String::from_utf8_lossy(&label))
        };
        if encoding.is_ascii_compatible() {
            self.encoding = encoding;
        }
        Ok(())
    }

    /// Finds the prefix of Google's names.
    fn root(&mut self, start: &BytesStart<'_>) -> anyhow::Result<()> {
        for attribute in start.attributes().with_checks(false).filter_map(Result::ok) {
            if attribute.value.as_ref() == NAMESPACE {
                let key = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
                self.prefix =
                    key.strip_prefix("xmlns:").map(|prefix| format!("{prefix}:")).unwrap_or_default();
                self.known_prefix = true;
                return Ok(());
            }
        }
        bail!("it is XML without Google's namespace ({})", String::from_utf8_lossy(NAMESPACE))
    }

    pub(super) fn replace(
        &self,
        record: &FeedRecord,
        elements: &[RawElement],
        subject: &Subject<'_>,
        options: &ExportOptions,
    ) -> Replaced {
        let mut left_out: Vec<LeftOut> = Vec::new();
        let (mut changes, mut texts) = (Vec::new(), 0);
        for column in &self.columns {
            if column.is.text_field().is_none_or(|field| !options.fields.has(field)) {
                continue;
            }
            let cell = match column.cell(subject, options) {
                Ok(Some(cell)) => cell,
                Ok(None) => continue,
                Err(refused) => {
                    left_out.push(refused);
                    continue;
                }
            };
            let plain =
                PLAIN.iter().find(|(structured, _)| *structured == column.name).map(|(_, plain)| *plain);
            let mut standing = elements
                .iter()
                .filter(|element| element.name == column.name || Some(element.name.as_str()) == plain);
            let written = self.elements(&column.name, cell);
            if let Some(first) = standing.next() {
                changes.push((first.start, first.end, written));
                // A plain one beside a structured one would win over it.
                changes.extend(standing.map(|other| (other.start, other.end, Vec::new())));
            } else {
                // Behind the last element, before the item's end.
                let Some(last) = elements.iter().map(|element| element.end).max() else { continue };
                changes.push((last, last, written));
            }
            texts += 1;
        }
        // Several may be put behind the last element; a replaced one comes before them.
        changes.sort_by_key(|(start, end, _)| (*start, *end));
        Replaced { bytes: spliced(&record.raw, &changes), texts, left_out }
    }

    /// A value as elements with Google's prefix, in the feed's encoding; what that lacks is a reference to its number.
    fn elements(&self, name: &str, cell: Cell) -> Vec<u8> {
        let prefix = &self.prefix;
        let mut out = String::new();
        let mut group = |parts: [(&str, &str); 2]| {
            out.push_str(&format!("<{prefix}{name}>"));
            for (part, text) in parts {
                out.push_str(&format!("<{prefix}{part}>"));
                escape(&mut out, text);
                out.push_str(&format!("</{prefix}{part}>"));
            }
            out.push_str(&format!("</{prefix}{name}>"));
        };
        match cell {
            Cell::Made(text, source) => group([("digital_source_type", source.google()), ("content", &text)]),
            Cell::Questions(pairs) => {
                for pair in &pairs {
                    group([("question", &pair.question), ("answer", &pair.answer)]);
                }
            }
            Cell::Text(text) => {
                out.push_str(&format!("<{prefix}{name}>"));
                escape(&mut out, &text);
                out.push_str(&format!("</{prefix}{name}>"));
            }
            Cell::List(texts) => {
                for text in &texts {
                    out.push_str(&format!("<{prefix}{name}>"));
                    escape(&mut out, text);
                    out.push_str(&format!("</{prefix}{name}>"));
                }
            }
        }
        self.encoding.encode(&out).0.into_owned()
    }
}

/// A name without its prefix.
fn local(name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    name.rsplit(':').next().unwrap_or_default().to_owned()
}
