//! XML event by event within limits: no entities but the five and numbers, no document type, no element without end.

use std::collections::HashMap;
use std::io::{self, BufRead, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::tree::{Element, shapes};
use crate::import::json::ITEM_BYTES_MAX;

/// Most levels of nesting.
pub(crate) const DEPTH_MAX: usize = 64;
/// Most attributes of an element.
const ATTRIBUTES_MAX: usize = 200;
/// Most prefixes of namespaces.
const PREFIXES_MAX: usize = 1000;

/// What comes next in a file.
#[derive(Debug)]
pub(crate) enum Token {
    Start(Element),
    Empty(Element),
    End(String),
    Text(String),
    Eof,
}

/// Why XML cannot be read on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum XmlError {
    #[error(transparent)]
    Read(#[from] io::Error),
    #[error("{0}")]
    Syntax(String),
    #[error("it has a document type declaration (<!DOCTYPE …>), which is refused")]
    DocumentType,
}

/// Counts lines, and ends where one event goes on for too long.
#[derive(Debug)]
struct Limited<R> {
    input: R,
    line: u64,
    since: usize,
}

impl<R: BufRead> Read for Limited<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(out)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Limited<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.since > ITEM_BYTES_MAX {
            let said = format!("a tag or text has at most {ITEM_BYTES_MAX} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, said));
        }
        self.input.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        if let Ok(buffer) = self.input.fill_buf() {
            let part = buffer.get(..amount.min(buffer.len())).unwrap_or_default();
            self.line += part.iter().filter(|byte| **byte == b'\n').count() as u64;
        }
        self.since += amount;
        self.input.consume(amount);
    }
}

/// The tokens of a reader.
pub(crate) struct Tokens<R> {
    reader: Reader<Limited<R>>,
    buffer: Vec<u8>,
    /// Prefix → whether its namespace is a preferred one.
    prefixes: HashMap<String, bool>,
}

impl<R> std::fmt::Debug for Tokens<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("prefixes", &self.prefixes).finish_non_exhaustive()
    }
}

impl<R: BufRead> Tokens<R> {
    pub(crate) fn new(input: R) -> Self {
        let mut reader = Reader::from_reader(Limited { input, line: 1, since: 0 });
        let config = reader.config_mut();
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.allow_dangling_amp = true;
        let prefixes = shapes().preferred_prefixes.iter().map(|prefix| (prefix.clone(), true)).collect();
        Self { reader, buffer: Vec::new(), prefixes }
    }

    /// The line that was read last.
    pub(crate) fn line(&mut self) -> u64 {
        self.reader.get_mut().line
    }

    pub(crate) fn next(&mut self) -> Result<Token, XmlError> {
        loop {
            self.buffer.clear();
            self.reader.get_mut().since = 0;
            let event = match self.reader.read_event_into(&mut self.buffer) {
                Ok(event) => event,
                Err(quick_xml::Error::Io(error)) if error.kind() != io::ErrorKind::InvalidData => {
                    return Err(XmlError::Read(io::Error::new(error.kind(), error.to_string())));
                }
                Err(error) => return Err(XmlError::Syntax(error.to_string())),
            };
            return Ok(match event {
                Event::Start(start) => Token::Start(element(&start, &mut self.prefixes)),
                Event::Empty(start) => Token::Empty(element(&start, &mut self.prefixes)),
                Event::End(end) => Token::End(lossy(end.local_name().as_ref())),
                Event::Text(text) => Token::Text(lossy(&text)),
                Event::CData(text) => Token::Text(lossy(&text)),
                Event::GeneralRef(reference) => Token::Text(resolved(&reference)),
                Event::DocType(_) => return Err(XmlError::DocumentType),
                Event::Eof => Token::Eof,
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => continue,
            });
        }
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The character of a reference; one of no meaning in XML, such as `&eacute;`, stays as it is written.
fn resolved(reference: &BytesRef<'_>) -> String {
    let name = lossy(reference);
    match name.as_str() {
        "amp" => "&".to_owned(),
        "lt" => "<".to_owned(),
        "gt" => ">".to_owned(),
        "quot" => "\"".to_owned(),
        "apos" => "'".to_owned(),
        _ => match reference.resolve_char_ref() {
            Ok(Some(character)) => character.to_string(),
            _ => format!("&{name};"),
        },
    }
}

fn element(start: &BytesStart<'_>, prefixes: &mut HashMap<String, bool>) -> Element {
    let mut element = Element::default();
    for attribute in start.attributes().with_checks(false).take(ATTRIBUTES_MAX).flatten() {
        let key = lossy(attribute.key.as_ref());
        let raw = lossy(&attribute.value);
        let value = quick_xml::escape::unescape(&raw).map_or(raw.clone(), std::borrow::Cow::into_owned);
        match key.split_once(':') {
            Some(("xmlns", prefix)) if prefixes.len() < PREFIXES_MAX => {
                prefixes.insert(prefix.to_owned(), shapes().preferred_namespaces.contains(&value));
            }
            None if key == "xmlns" => {
                prefixes.insert(String::new(), shapes().preferred_namespaces.contains(&value));
            }
            Some((_, local)) => element.attributes.push((local.to_owned(), value)),
            None => element.attributes.push((key, value)),
        }
    }
    let name = lossy(start.name().as_ref());
    let (prefix, local) = name.split_once(':').unwrap_or(("", &name));
    local.clone_into(&mut element.name);
    element.preferred = prefixes.get(prefix).copied().unwrap_or_default();
    element
}
