//! The encoding of a feed and how its lines end, found by reading it once; texts into that encoding.

use std::io::BufRead;

use anyhow::ensure;
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::import::dialect::Dialect;

/// How much of a feed's beginning is kept, in bytes.
const SAMPLE_BYTES: usize = 256 << 10;

/// What one reading of a feed says of it.
#[derive(Clone, Debug)]
pub(super) struct Survey {
    /// Its beginning.
    sample: Vec<u8>,
    /// Bytes of the byte order mark.
    pub(super) bom: usize,
    pub(super) encoding: &'static Encoding,
    /// Whether lines end in a carriage return alone.
    pub(super) carriage_returns: bool,
}

impl Survey {
    /// Reads a feed through; `named` is its encoding where the shop says it.
    pub(super) fn of(mut input: impl BufRead, named: Option<&str>) -> anyhow::Result<Self> {
        let start = input.fill_buf()?;
        let (marked, bom) = match Encoding::for_bom(start) {
            Some((encoding, length)) => (Some(encoding), length),
            None => (None, 0),
        };
        let named = match named {
            Some(label) => {
                let known = Encoding::for_label(label.as_bytes());
                ensure!(
                    known.is_some(),
                    "--encoding {label}: there is no such encoding; write one such as windows-1252 or shift_jis"
                );
                known
            }
            None => None,
        };
        let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
        let (mut utf8, mut line_feeds, mut returns) = (Utf8Check::default(), 0u64, 0u64);
        let mut sample = Vec::new();
        loop {
            let chunk = input.fill_buf()?;
            let length = chunk.len();
            detector.feed(chunk, length == 0);
            if length == 0 {
                break;
            }
            utf8.feed(chunk);
            let wanted = SAMPLE_BYTES.saturating_sub(sample.len()).min(length);
            sample.extend_from_slice(chunk.get(..wanted).unwrap_or_default());
            line_feeds += chunk.iter().filter(|byte| **byte == b'\n').count() as u64;
            returns += chunk.iter().filter(|byte| **byte == b'\r').count() as u64;
            input.consume(length);
        }
        let encoding = marked.or(named).unwrap_or_else(|| {
            if utf8.is_valid() { UTF_8 } else { detector.guess(None, Utf8Detection::Deny) }
        });
        ensure!(
            encoding.is_ascii_compatible() || encoding == UTF_16LE || encoding == UTF_16BE,
            "its encoding is {}, which cannot be written back; save it as UTF-8",
            encoding.name()
        );
        Ok(Self { sample, bom, encoding, carriage_returns: line_feeds == 0 && returns > 0 })
    }

    /// Whether backslashes escape quotes within its cells.
    pub(super) fn has_backslashes(&self) -> bool {
        Dialect::find(&decode(self.encoding, self.sample.get(self.bom..).unwrap_or_default())).backslash
    }
}

/// Whether bytes are UTF-8, chunk by chunk.
#[derive(Debug, Default)]
struct Utf8Check {
    /// The beginning of a character that the next chunk ends.
    pending: Vec<u8>,
    broken: bool,
}

impl Utf8Check {
    fn feed(&mut self, chunk: &[u8]) {
        if self.broken {
            return;
        }
        let joined;
        let mut bytes = if self.pending.is_empty() {
            chunk
        } else {
            joined = [self.pending.as_slice(), chunk].concat();
            joined.as_slice()
        };
        if let Err(error) = std::str::from_utf8(bytes) {
            self.broken = error.error_len().is_some();
            bytes = bytes.get(error.valid_up_to()..).unwrap_or_default();
            self.pending = bytes.to_vec();
        } else {
            self.pending = Vec::new();
        }
    }

    fn is_valid(&self) -> bool {
        !self.broken && self.pending.is_empty()
    }
}

/// Bytes as text.
pub(super) fn decode(encoding: &'static Encoding, bytes: &[u8]) -> String {
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

/// A text in an encoding; the first character that the encoding lacks, where it lacks one.
pub(super) fn encode(encoding: &'static Encoding, text: &str) -> Result<Vec<u8>, char> {
    if encoding == UTF_16LE {
        return Ok(text.encode_utf16().flat_map(u16::to_le_bytes).collect());
    }
    if encoding == UTF_16BE {
        return Ok(text.encode_utf16().flat_map(u16::to_be_bytes).collect());
    }
    let (bytes, _, lacking) = encoding.encode(text);
    if !lacking {
        return Ok(bytes.into_owned());
    }
    let lacks = |c: &char| encoding.encode(c.encode_utf8(&mut [0; 4])).2;
    Err(text.chars().find(lacks).unwrap_or(char::REPLACEMENT_CHARACTER))
}

/// Whether a byte begins a character of two bytes whose second may look like ASCII.
pub(super) fn is_lead(encoding: &'static Encoding, byte: u8) -> bool {
    match encoding.name() {
        "Shift_JIS" => matches!(byte, 0x81..=0x9f | 0xe0..=0xfc),
        "GBK" | "gb18030" | "Big5" | "EUC-KR" => matches!(byte, 0x81..=0xfe),
        _ => false,
    }
}

/// Bytes of a code unit.
pub(super) fn width(encoding: &'static Encoding) -> usize {
    if encoding == UTF_16LE || encoding == UTF_16BE { 2 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::WINDOWS_1252;

    #[test]
    fn an_encoding_is_found_by_its_mark_by_being_utf_8_or_by_its_bytes() {
        let check = |bytes: &[u8], expected: &'static Encoding| {
            let small = std::io::BufReader::with_capacity(3, bytes);
            assert_eq!(Survey::of(small, None).unwrap().encoding, expected, "{bytes:?}");
        };
        check("id,title\n1,Größe 🎁\n".as_bytes(), UTF_8);
        check(b"\xef\xbb\xbfid", UTF_8);
        check(b"\xff\xfei\0d\0", UTF_16LE);
        check(b"id,title\n1,Gr\xf6\xdfe der Kaffeekanne f\xfcr B\xfcro\n", WINDOWS_1252);
        assert!(Survey::of(b"x".as_slice(), Some("klingon")).unwrap_err().to_string().contains("klingon"));
        assert!(Survey::of(b"a\rb".as_slice(), None).unwrap().carriage_returns);
    }

    #[test]
    fn a_character_that_an_encoding_lacks_is_named() {
        assert_eq!(encode(WINDOWS_1252, "Größe"), Ok(b"Gr\xf6\xdfe".to_vec()));
        assert_eq!(encode(WINDOWS_1252, "Tasse ☕"), Err('☕'));
        assert_eq!(encode(UTF_16LE, "a🎁").map(|bytes| decode(UTF_16LE, &bytes)), Ok("a🎁".to_owned()));
    }
}
