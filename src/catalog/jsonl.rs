//! JSONL: one product or update message a line; empty lines are skipped, and of a line at most the limit is kept.

use std::io::BufRead;

use super::{Record, RecordContent, Refusal};

/// The lines of a reader.
pub(super) struct JsonLines<R> {
    input: R,
    number: u64,
    bytes_max: usize,
}

impl<R: BufRead> JsonLines<R> {
    pub(super) fn new(input: R, bytes_max: usize) -> Self {
        Self { input, number: 0, bytes_max }
    }

    /// Reads to the line's end, keeping at most `bytes_max` bytes of it. `None` at the end of the input.
    fn line(&mut self) -> std::io::Result<Option<(Vec<u8>, usize)>> {
        let (mut kept, mut length, mut any) = (Vec::new(), 0, false);
        loop {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                return Ok(any.then_some((kept, length)));
            }
            any = true;
            let end = line_end(buffer);
            let part = buffer.get(..end.unwrap_or(buffer.len())).unwrap_or_default();
            let room = self.bytes_max.saturating_sub(kept.len());
            kept.extend_from_slice(part.get(..part.len().min(room)).unwrap_or_default());
            length += part.len();
            let used = end.map_or(buffer.len(), |end| end + 1);
            self.input.consume(used);
            if end.is_some() {
                return Ok(Some((kept, length)));
            }
        }
    }
}

fn line_end(buffer: &[u8]) -> Option<usize> {
    buffer.iter().position(|byte| *byte == b'\n')
}

impl<R: BufRead> Iterator for JsonLines<R> {
    type Item = std::io::Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (line, length) = match self.line() {
                Ok(Some(line)) => line,
                Ok(None) => return None,
                Err(error) => return Some(Err(error)),
            };
            self.number += 1;
            if length == line.len() && line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let content = if length > self.bytes_max {
                let rule = format!("a line has at most {} bytes", self.bytes_max);
                Err(Refusal::of_line(rule, format!("{length} bytes")))
            } else {
                Ok(RecordContent::Json(line))
            };
            return Some(Ok(Record { line: self.number, content }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_too_long_is_refused_and_the_next_one_is_read() {
        let text = format!("{{}}\n\n{}\n{{}}", "x".repeat(100));
        let records: Vec<Record> = JsonLines::new(text.as_bytes(), 10).map(Result::unwrap).collect();
        let shown: Vec<(u64, bool)> =
            records.iter().map(|record| (record.line, record.content.is_ok())).collect();
        assert_eq!(shown, [(1, true), (3, false), (4, true)]);
    }
}
