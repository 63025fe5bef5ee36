//! The items of a JSON file, one after another in constant memory: lines, a list, lists deeper down, or objects in a row.

use std::io::{self, BufRead};

use super::scan::Scan;
use crate::import::Complaint;

/// Most bytes of an item, as of a message.
pub(crate) const ITEM_BYTES_MAX: usize = 1 << 20;
/// Most levels of nesting of an item.
pub(crate) const DEPTH_MAX: usize = 64;
/// Most levels around the items.
const OUTER_DEPTH_MAX: usize = 32;
/// Longest key around the items, in bytes.
const KEY_BYTES_MAX: usize = 256;

/// One item as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// Its place, as people are told: the line that it begins at, or its number where several stand in one.
    pub(crate) row: u64,
    /// The line that it begins at, from 1.
    pub(crate) line: u64,
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
}

/// Where the items stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    /// One item a line.
    pub(crate) lines: bool,
    /// The keys that lead to the items; lists on the way are passed through.
    pub(crate) path: Vec<String>,
}

/// The items of a reader.
#[derive(Debug)]
pub(crate) struct Items<R> {
    input: R,
    shape: Shape,
    line: u64,
    frames: Vec<Frame>,
    /// How many items there were, where those are counted and not lines.
    counted: Option<u64>,
}

/// What the reader is inside of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frame {
    /// A list whose elements stand at this number of keys of the path.
    List(usize),
    /// An object whose keys are compared with this part of the path.
    Object(usize),
}

/// What became of a value.
#[derive(Debug, Default)]
struct Read {
    bytes: Vec<u8>,
    length: usize,
    deepest: usize,
    broken: Option<(u64, &'static str)>,
}

impl<R: BufRead> Items<R> {
    pub(crate) fn new(input: R, shape: Shape) -> Self {
        Self { input, shape, line: 1, frames: Vec::new(), counted: None }
    }

    /// Counts items from now on, for several stand in one line; so many there were before.
    pub(crate) fn count_from(&mut self, before: u64) {
        self.counted = Some(before);
    }

    fn next_line(&mut self) -> io::Result<Option<Result<Item, Complaint>>> {
        loop {
            let line = self.line;
            let (mut kept, mut length, mut ended) = (Vec::new(), 0, true);
            loop {
                let buffer = self.input.fill_buf()?;
                if buffer.is_empty() {
                    break;
                }
                ended = false;
                let end = buffer.iter().position(|byte| *byte == b'\n');
                let part = buffer.get(..end.unwrap_or(buffer.len())).unwrap_or_default();
                let room = ITEM_BYTES_MAX.saturating_sub(kept.len());
                kept.extend_from_slice(part.get(..part.len().min(room)).unwrap_or_default());
                length += part.len();
                let used = end.map_or(buffer.len(), |end| end + 1);
                self.input.consume(used);
                if end.is_some() {
                    self.line += 1;
                    break;
                }
            }
            if ended {
                return Ok(None);
            }
            if length == kept.len() && kept.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            return Ok(Some(if length > ITEM_BYTES_MAX {
                Err(too_long(line, length))
            } else {
                Ok(Item { row: line, line, bytes: kept })
            }));
        }
    }

    /// The next byte that is no white space, not consumed.
    fn peek(&mut self) -> io::Result<Option<u8>> {
        loop {
            let buffer = self.input.fill_buf()?;
            let Some(first) = buffer.first().copied() else { return Ok(None) };
            // A byte order mark within is that of a file that was appended.
            if !first.is_ascii_whitespace() && !matches!(first, 0xef | 0xbb | 0xbf) {
                return Ok(Some(first));
            }
            self.line += u64::from(first == b'\n');
            self.input.consume(1);
        }
    }

    fn next_nested(&mut self) -> io::Result<Option<Result<Item, Complaint>>> {
        loop {
            let Some(byte) = self.peek()? else { return Ok(None) };
            match (self.frames.last().copied(), byte) {
                (_, b',') | (None, b']' | b'}' | b':') => self.input.consume(1),
                // The wrong bracket closes what is open as well.
                (Some(_), b']' | b'}') => {
                    self.input.consume(1);
                    self.frames.pop();
                }
                (Some(Frame::Object(level)), b'"') => {
                    let key = self.key()?;
                    if self.peek()? != Some(b':') {
                        continue;
                    }
                    self.input.consume(1);
                    let on_the_way =
                        key.is_some() && self.shape.path.get(level).map(String::as_bytes) == key.as_deref();
                    if on_the_way {
                        if let Some(found) = self.value(level + 1)? {
                            return Ok(Some(found));
                        }
                    } else if self.peek()?.is_some() {
                        self.read(false)?;
                    }
                }
                (Some(Frame::Object(_)), _) => {
                    self.read(false)?;
                }
                (Some(Frame::List(level)), _) => {
                    if let Some(found) = self.value(level)? {
                        return Ok(Some(found));
                    }
                }
                (None, _) => {
                    if let Some(found) = self.value(0)? {
                        return Ok(Some(found));
                    }
                }
            }
        }
    }

    /// Goes into a value, or reads it where it is an item.
    fn value(&mut self, level: usize) -> io::Result<Option<Result<Item, Complaint>>> {
        let Some(byte) = self.peek()? else { return Ok(None) };
        let within = level < self.shape.path.len();
        match byte {
            b'[' | b'{' if self.frames.len() >= OUTER_DEPTH_MAX => {
                let line = self.line;
                self.read(false)?;
                Ok(Some(Err(too_deep(line))))
            }
            b'[' => {
                self.input.consume(1);
                self.frames.push(Frame::List(level));
                Ok(None)
            }
            b'{' if within => {
                self.input.consume(1);
                self.frames.push(Frame::Object(level));
                Ok(None)
            }
            b'{' => {
                let line = self.line;
                let read = self.read(true)?;
                Ok(Some(read.item(line)))
            }
            _ => {
                let line = self.line;
                let read = self.read(true)?;
                let text = String::from_utf8_lossy(&read.bytes);
                // Beside the items, a number or a text is no loss; in their place it is one.
                let lost = !within && text != "null";
                Ok(lost.then(|| {
                    let rule = "an item is a JSON object";
                    Err(Complaint::new(line, rule, "write each product as {…}").seeing(&text))
                }))
            }
        }
    }

    /// The key that begins here; `None` for one too long to be on the path.
    fn key(&mut self) -> io::Result<Option<Vec<u8>>> {
        let read = self.read(true)?;
        let short = read.bytes.len() <= KEY_BYTES_MAX;
        let key = short.then(|| serde_json::from_slice::<String>(&read.bytes).ok()).flatten();
        Ok(key.map(String::into_bytes))
    }

    /// Reads one value to its end, and keeps its bytes within the limit where they are asked for.
    fn read(&mut self, keep: bool) -> io::Result<Read> {
        let mut read = Read::default();
        let mut scan = Scan::default();
        loop {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                if scan.is_open() {
                    read.broken.get_or_insert((self.line, "it is not closed before the file's end"));
                }
                break;
            }
            let (used, ended) = scan.take(buffer, &mut self.line, &mut read.broken);
            read.length += used;
            if keep {
                let room = ITEM_BYTES_MAX.saturating_sub(read.bytes.len());
                read.bytes.extend_from_slice(buffer.get(..used.min(room)).unwrap_or_default());
            }
            self.input.consume(used);
            if ended {
                break;
            }
        }
        read.deepest = scan.deepest;
        Ok(read)
    }
}

impl Read {
    fn item(self, line: u64) -> Result<Item, Complaint> {
        if let Some((at, why)) = self.broken {
            let shown =
                String::from_utf8_lossy(self.bytes.get(..self.bytes.len().min(400)).unwrap_or_default());
            let rule = format!("an item is not JSON: {why} (line {at})");
            return Err(Complaint::new(line, rule, "mend it and read the file again").seeing(&shown));
        }
        if self.length > ITEM_BYTES_MAX {
            return Err(too_long(line, self.length));
        }
        if self.deepest > DEPTH_MAX {
            return Err(too_deep(line));
        }
        Ok(Item { row: line, line, bytes: self.bytes })
    }
}

impl<R: BufRead> Iterator for Items<R> {
    type Item = io::Result<Result<Item, Complaint>>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut next = if self.shape.lines { self.next_line() } else { self.next_nested() }.transpose();
        if let (Some(counted), Some(Ok(item))) = (&mut self.counted, &mut next) {
            *counted += 1;
            match item {
                Ok(item) => item.row = *counted,
                Err(complaint) => complaint.row = *counted,
            }
        }
        next
    }
}

fn too_long(line: u64, length: usize) -> Complaint {
    let rule = format!("an item has at most {ITEM_BYTES_MAX} bytes");
    Complaint::new(line, rule, "leave out what is no product data").seeing(&format!("{length} bytes"))
}

fn too_deep(line: u64) -> Complaint {
    Complaint::new(line, format!("nesting has at most {DEPTH_MAX} levels"), "write the product flatter")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    fn shown(text: &str, path: &[&str], lines: bool) -> Vec<String> {
        let shape = Shape { lines, path: path.iter().map(|key| (*key).to_owned()).collect() };
        let whole = read(text.as_bytes(), shape.clone());
        // Whatever the reader's buffer, the items are the same.
        for capacity in [1, 2, 7] {
            assert_eq!(read(BufReader::with_capacity(capacity, text.as_bytes()), shape.clone()), whole);
        }
        whole
    }

    fn read(input: impl BufRead, shape: Shape) -> Vec<String> {
        Items::new(input, shape)
            .map(|item| match item.unwrap() {
                Ok(item) => format!("{}:{}", item.line, String::from_utf8(item.bytes).unwrap()),
                Err(complaint) => format!("{}!{}", complaint.row, complaint.rule),
            })
            .collect()
    }

    #[test]
    fn items_are_found_in_lines_lists_and_deeper_down() {
        let check = |text: &str, path: &[&str], expected: &[&str]| {
            assert_eq!(shown(text, path, false), expected, "{text}");
        };
        check("", &[], &[]);
        check("[]", &[], &[]);
        check("[{\"a\":1},\n{\"a\":2}]", &[], &["1:{\"a\":1}", "2:{\"a\":2}"]);
        check("{\"a\":1}{\"a\":2}\n\n{\n\"a\":3}", &[], &["1:{\"a\":1}", "1:{\"a\":2}", "3:{\n\"a\":3}"]);
        check("[[{\"a\":1}],[{\"a\":2}]]", &[], &["1:{\"a\":1}", "1:{\"a\":2}"]);
        check(
            "{\"total\":2,\"note\":\"[{\\\"\",\"data\":{\"x\":[{}],\"items\":[{\"a\":1},{\"a\":2}]},\"next\":null}",
            &["data", "items"],
            &["1:{\"a\":1}", "1:{\"a\":2}"],
        );
        check(
            "{\"edges\":[{\"cursor\":\"c\",\"node\":{\"a\":1}},{\"node\":{\"a\":2}}]}\n{\"edges\":[{\"node\":{\"a\":3}}]}",
            &["edges", "node"],
            &["1:{\"a\":1}", "1:{\"a\":2}", "2:{\"a\":3}"],
        );
        check("{\"items\":null}", &["items"], &[]);
        check("[1, null, \"x\"]", &[], &["1!an item is a JSON object", "1!an item is a JSON object"]);
    }

    #[test]
    fn after_a_broken_item_the_next_one_is_read() {
        let broken = |text: &str, lines: bool, expected: &[&str]| {
            let shown = shown(text, &[], lines);
            let ok: Vec<&str> = shown.iter().filter(|item| !item.contains('!')).map(String::as_str).collect();
            assert_eq!(ok, expected, "{shown:?}");
            assert!(shown.iter().any(|item| item.contains('!')), "{shown:?}");
        };
        broken("[{\"a\":[1,2},{\"a\":2}]", false, &["1:{\"a\":2}"]);
        broken("[{\"a\":1,{\"a\":2}]", false, &["1:{\"a\":2}"]);
        broken("[{\"a\":\"x},\n{\"a\":2}]", false, &["2:{\"a\":2}"]);
        broken("{\"a\":1,\n{\"a\":2}", false, &["2:{\"a\":2}"]);
        broken("[{\"a\":1},{\"a\":2", false, &["1:{\"a\":1}"]);
        let long = format!("{{\"a\":\"{}\"}}\n{{\"a\":2}}", "x".repeat(ITEM_BYTES_MAX));
        broken(&long, true, &["2:{\"a\":2}"]);
        broken(&long, false, &["2:{\"a\":2}"]);
        let deep = format!("{{\"a\":{}{}}}\n{{\"a\":2}}", "[".repeat(5000), "]".repeat(5000));
        broken(&deep, false, &["2:{\"a\":2}"]);
    }

    #[test]
    fn no_cut_and_no_change_of_a_byte_makes_the_reader_run_on_or_panic() {
        let text =
            "{\"total\":2,\"data\":{\"items\":[{\"a\":\"\\\"x\",\"b\":[1,{\"c\":null}]},\n{\"a\":2}]}}";
        let paths: [&[&str]; 3] = [&[], &["data", "items"], &["data"]];
        for path in paths {
            for end in 0..text.len() {
                shown(&text[..end], path, false);
                for other in ["{", "}", "[", "]", "\"", ",", ":", "\\", "\n", "x"] {
                    let changed = format!("{}{other}{}", &text[..end], &text[end + 1..]);
                    shown(&changed, path, false);
                }
            }
        }
    }
}
