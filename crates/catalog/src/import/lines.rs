//! Lines of an input, several of which may be looked at before they are taken.

use std::io::BufRead;

use super::ROW_BYTES_MAX;

/// Lines of an input, several of which may be looked at before they are taken.
pub(super) struct Lines<R> {
    input: R,
    ready: Vec<u8>,
    /// Where the lines that are not taken yet begin in `ready`.
    at: usize,
    /// How many lines are taken.
    pub(super) number: u64,
    ended: bool,
}

/// The first line that is not taken yet.
pub(super) struct Line<'a> {
    pub(super) text: &'a str,
    pub(super) is_cut: bool,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, ready: Vec::new(), at: 0, number: 0, ended: false }
    }

    /// The line that begins at `from` behind those that are taken, without its end.
    pub(super) fn line(&mut self, from: usize) -> std::io::Result<Option<Line<'_>>> {
        loop {
            // Reading on moves what is not taken yet.
            let start = self.at + from;
            let found = self.ready.get(start..).and_then(|bytes| end_of_line(bytes, self.ended));
            if let Some((length, _)) = found {
                if length > ROW_BYTES_MAX {
                    return Ok(Some(Line { text: "", is_cut: true }));
                }
                let text = self.ready.get(start..start + length).unwrap_or_default();
                return Ok(Some(Line { text: text_of(text), is_cut: false }));
            }
            let left = self.ready.len().saturating_sub(start);
            if self.ended {
                let text = self.ready.get(start..).unwrap_or_default();
                return Ok((left > 0).then(|| Line { text: text_of(text), is_cut: false }));
            }
            if left > ROW_BYTES_MAX {
                return Ok(Some(Line { text: "", is_cut: true }));
            }
            self.fill()?;
        }
    }

    /// Where the line ends that stands behind one that ends at `seen`, both without their end and counted from the lines
    /// that are not taken yet; `None` where there is none, or a row would be too long with it.
    pub(super) fn line_behind(&mut self, seen: usize) -> std::io::Result<Option<usize>> {
        loop {
            if self.ready.len().saturating_sub(self.at) > seen || self.ended {
                let rest = self.ready.get(self.at + seen..).unwrap_or_default();
                let begun = end_of_line(rest, self.ended).map(|(_, end)| end);
                let line = begun.and_then(|begun| rest.get(begun..).map(|line| (seen + begun, line)));
                match line {
                    Some((start, line)) => {
                        if let Some((length, _)) = end_of_line(line, self.ended) {
                            return Ok(Some(start + length).filter(|end| *end <= ROW_BYTES_MAX));
                        }
                        if self.ended {
                            let end = start + line.len();
                            return Ok(Some(end).filter(|end| !line.is_empty() && *end <= ROW_BYTES_MAX));
                        }
                    }
                    None if self.ended => return Ok(None),
                    None => {}
                }
            }
            if self.ready.len().saturating_sub(self.at) > 2 * ROW_BYTES_MAX {
                return Ok(None);
            }
            self.fill()?;
        }
    }

    /// A part of the lines that are not taken yet.
    pub(super) fn text(&self, from: usize, to: usize) -> &str {
        self.ready.get(self.at + from..self.at + to).map(text_of).unwrap_or_default()
    }

    pub(super) fn take_lines(&mut self, count: usize) {
        for _ in 0..count {
            let bytes = self.ready.get(self.at..).unwrap_or_default();
            let (length, end) = end_of_line(bytes, self.ended).unwrap_or((bytes.len(), 0));
            self.at += length + end;
            self.number += 1;
        }
    }

    /// Leaves a line out that is longer than a row may be; gives its length.
    pub(super) fn skip_line(&mut self) -> std::io::Result<u64> {
        let mut skipped = 0u64;
        loop {
            let bytes = self.ready.get(self.at..).unwrap_or_default();
            if let Some((length, end)) = end_of_line(bytes, self.ended) {
                self.at += length + end;
                self.number += 1;
                return Ok(skipped + length as u64);
            }
            skipped += bytes.len() as u64;
            self.at = self.ready.len();
            if self.ended {
                self.number += 1;
                return Ok(skipped);
            }
            self.fill()?;
        }
    }

    /// Reads more of the input, and forgets what is taken.
    fn fill(&mut self) -> std::io::Result<()> {
        if self.at > 0 {
            self.ready.drain(..self.at);
            self.at = 0;
        }
        let more = self.input.fill_buf()?;
        let length = more.len();
        self.ended = length == 0;
        self.ready.extend_from_slice(more);
        self.input.consume(length);
        Ok(())
    }
}

/// The length of the line that bytes begin with, and of its end; `None` where its end is not among them.
fn end_of_line(bytes: &[u8], ended: bool) -> Option<(usize, usize)> {
    let at = memchr::memchr2(b'\n', b'\r', bytes)?;
    if bytes.get(at) == Some(&b'\n') {
        return Some((at, 1));
    }
    match bytes.get(at + 1) {
        Some(b'\n') => Some((at, 2)),
        None if !ended => None,
        _ => Some((at, 1)),
    }
}

/// Decoders give UTF-8; what is none is left out.
fn text_of(bytes: &[u8]) -> &str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
            std::str::from_utf8(valid).unwrap_or_default()
        }
    }
}
