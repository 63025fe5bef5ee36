//! The encoding of a text: by its byte order mark, by what it declares, by being UTF-8, else guessed.

use std::io::{self, BufRead, Read};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// How much text beyond ASCII a guess looks at, in bytes.
const SAMPLE_BYTES_MAX: usize = 4 << 20;
/// Of so many sequences beyond ASCII one may be broken in a text that is UTF-8 nonetheless.
const BROKEN_SHARE: u64 = 10;
const CHUNK: usize = 1 << 16;

/// The encoding of a text, and how it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextEncoding {
    encoding: &'static Encoding,
    /// How it is known.
    pub known: Known,
}

/// How an encoding is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// By a byte order mark.
    Mark,
    /// The text declares it.
    Declared,
    /// All of it is valid.
    Valid,
    /// Guessed from the letters: wrong now and then.
    Guessed,
}

impl TextEncoding {
    /// UTF-8, as everything valid in it is.
    pub const UTF_8: Self = Self { encoding: UTF_8, known: Known::Valid };

    /// Finds the encoding of a text that `open` gives from its beginning, each time anew.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn find<R: Read>(open: impl Fn() -> io::Result<R>) -> io::Result<Self> {
        let mut input = open()?;
        let mut chunk = vec![0; CHUNK];
        let read = fill(&mut input, &mut chunk)?;
        let head = chunk.get(..read).unwrap_or_default();
        if let Some((encoding, _)) = Encoding::for_bom(head) {
            return Ok(Self { encoding, known: Known::Mark });
        }
        if let Some(encoding) = wide(head) {
            return Ok(Self { encoding, known: Known::Guessed });
        }
        if let Some(encoding) = declared(head) {
            return Ok(Self { encoding, known: Known::Declared });
        }
        if is_utf8(head, input)? {
            return Ok(Self::UTF_8);
        }
        guess(open()?)
    }

    /// Its name, as the web knows it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.encoding.name()
    }

    /// Whether it is guessed, and none of Unicode's.
    #[must_use]
    pub fn is_guessed_legacy(self) -> bool {
        self.known == Known::Guessed && self.encoding != UTF_16LE && self.encoding != UTF_16BE
    }

    /// Whether it is UTF-8.
    #[must_use]
    pub fn is_utf8(self) -> bool {
        self.encoding == UTF_8
    }

    /// Whether every character of a text can be written in it.
    #[must_use]
    pub fn can_write(self, text: &str) -> bool {
        let (_, _, lacks) = self.encoding.encode(text);
        !lacks
    }

    /// A text in it.
    #[must_use]
    pub fn encode(self, text: &str) -> Vec<u8> {
        // encoding_rs writes UTF-8 where UTF-16 is asked for, as the web's forms do.
        if self.encoding == UTF_16LE {
            return text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        }
        if self.encoding == UTF_16BE {
            return text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        }
        self.encoding.encode(text).0.into_owned()
    }

    /// Reads bytes in it as UTF-8, without a byte order mark; what is broken becomes U+FFFD.
    pub fn decode<R: Read>(self, input: R) -> DecodedText<R> {
        DecodedText {
            input,
            decoder: self.encoding.new_decoder_with_bom_removal(),
            bytes: vec![0; CHUNK],
            filled: 0,
            used: 0,
            ended: false,
            finished: false,
            text: vec![0; CHUNK * 3],
            ready: 0,
            given: 0,
        }
    }
}

impl std::fmt::Display for TextEncoding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let how = match self.known {
            Known::Valid => return f.write_str(self.name()),
            Known::Mark => "by its byte order mark",
            Known::Declared => "declared",
            Known::Guessed => "guessed",
        };
        write!(f, "{} ({how})", self.name())
    }
}

/// Text in UTF-8 of bytes in some encoding, decoded as it is read.
pub struct DecodedText<R> {
    input: R,
    decoder: Decoder,
    bytes: Vec<u8>,
    filled: usize,
    used: usize,
    ended: bool,
    finished: bool,
    text: Vec<u8>,
    ready: usize,
    given: usize,
}

impl<R: Read> BufRead for DecodedText<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.given == self.ready && !self.finished {
            if self.used == self.filled && !self.ended {
                self.filled = self.input.read(&mut self.bytes)?;
                self.used = 0;
                self.ended = self.filled == 0;
            }
            let source = self.bytes.get(self.used..self.filled).unwrap_or_default();
            let (result, read, written, _) = self.decoder.decode_to_utf8(source, &mut self.text, self.ended);
            self.used += read;
            (self.given, self.ready) = (0, written);
            // A decoder must not be used behind the end of its input.
            self.finished = self.ended && matches!(result, CoderResult::InputEmpty);
        }
        Ok(self.text.get(self.given..self.ready).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.given = (self.given + amount).min(self.ready);
    }
}

impl<R: Read> Read for DecodedText<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut ready = self.fill_buf()?;
        let read = ready.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

fn fill(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match input.read(rest)? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}

/// UTF-16 without a mark: every other byte of text in Latin letters is zero.
fn wide(head: &[u8]) -> Option<&'static Encoding> {
    let pairs = head.get(..head.len().min(512))?.chunks_exact(2);
    let count = pairs.len();
    let zeros = |at: usize| pairs.clone().filter(|pair| pair.get(at) == Some(&0)).count();
    let (first, second) = (zeros(0), zeros(1));
    if count < 4 {
        return None;
    }
    match (first * 10 > count * 4, second * 10 > count * 4) {
        (true, false) => Some(UTF_16BE),
        (false, true) => Some(UTF_16LE),
        _ => None,
    }
}

/// The encoding that an XML declaration names.
fn declared(head: &[u8]) -> Option<&'static Encoding> {
    let declaration = head.get(..head.len().min(200))?.strip_prefix(b"<?xml")?;
    let end = declaration.iter().position(|byte| *byte == b'>')?;
    let declaration = std::str::from_utf8(declaration.get(..end)?).ok()?;
    let (_, label) = declaration.split_once("encoding")?;
    let label = label.trim_start_matches([' ', '=', '"', '\'']);
    Encoding::for_label(label.split(['"', '\'', '?']).next()?.as_bytes())
}

fn is_utf8(head: &[u8], mut rest: impl Read) -> io::Result<bool> {
    let mut buffer = vec![0; CHUNK];
    buffer.get_mut(..head.len()).unwrap_or_default().copy_from_slice(head);
    let mut filled = head.len();
    loop {
        let bytes = buffer.get(..filled).unwrap_or_default();
        let carried = match std::str::from_utf8(bytes) {
            Ok(_) => 0,
            // A character is cut by the end of the chunk.
            Err(error) if error.error_len().is_none() => filled - error.valid_up_to(),
            Err(_) => return Ok(false),
        };
        buffer.copy_within(filled - carried..filled, 0);
        let room = buffer.get_mut(carried..).unwrap_or_default();
        match fill(&mut rest, room)? {
            0 => return Ok(carried == 0),
            read => filled = carried + read,
        }
    }
}

/// Guesses from the parts of a text that have more than ASCII in them.
fn guess(mut input: impl Read) -> io::Result<TextEncoding> {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let mut chunk = vec![0; CHUNK];
    let (mut sampled, mut whole, mut broken) = (0, 0u64, 0u64);
    while sampled < SAMPLE_BYTES_MAX {
        let read = fill(&mut input, &mut chunk)?;
        let Some(bytes) = chunk.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
        if bytes.is_ascii() {
            continue;
        }
        sampled += read;
        detector.feed(bytes, false);
        for part in bytes.utf8_chunks() {
            whole += part.valid().chars().filter(|c| !c.is_ascii()).count() as u64;
            broken += u64::from(!part.invalid().is_empty());
        }
    }
    detector.feed(b"", true);
    if whole > broken.saturating_mul(BROKEN_SHARE) {
        return Ok(TextEncoding::UTF_8);
    }
    Ok(TextEncoding { encoding: detector.guess(None, Utf8Detection::Allow), known: Known::Guessed })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> (String, String) {
        let encoding = TextEncoding::find(|| Ok(bytes)).unwrap();
        let mut text = String::new();
        encoding.decode(bytes).read_to_string(&mut text).unwrap();
        (encoding.to_string(), text)
    }

    #[test]
    fn the_encoding_of_a_text_is_found() {
        let german = "sku,title,material\nA1,Tüte,Baumwolle für Größe\nA2,Schüssel,Öl auf Holz\n".repeat(3);
        let japanese = "sku,title\nA1,青い磁器のマグカップ\nA2,耐熱ガラスの水差し\n".repeat(3);
        let latin = encoding_rs::WINDOWS_1252.encode(&german).0.into_owned();
        let sjis = encoding_rs::SHIFT_JIS.encode(&japanese).0.into_owned();
        let le: Vec<u8> = german.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let marked: Vec<u8> = [0xff, 0xfe].into_iter().chain(le.iter().copied()).collect();
        for (bytes, name, text) in [
            (german.clone().into_bytes(), "UTF-8", &german),
            (format!("\u{feff}{german}").into_bytes(), "UTF-8 (by its byte order mark)", &german),
            (latin, "windows-1252 (guessed)", &german),
            (sjis, "Shift_JIS (guessed)", &japanese),
            (marked, "UTF-16LE (by its byte order mark)", &german),
            (le, "UTF-16LE (guessed)", &german),
        ] {
            assert_eq!(read(&bytes), (name.to_owned(), text.clone()));
        }
        let xml = b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xfc</a>";
        assert_eq!(read(xml).0, "windows-1252 (declared)");
    }

    #[test]
    fn a_long_text_in_utf_8_with_one_broken_byte_stays_utf_8() {
        let mut bytes = "größe\n".repeat(20_000).into_bytes();
        bytes.push(0xff);
        let (name, text) = read(&bytes);
        assert_eq!(name, "UTF-8");
        assert!(text.ends_with('\u{fffd}') && text.starts_with("größe\n"));
    }

    #[test]
    fn an_empty_text_is_utf_8() {
        assert_eq!(read(b""), ("UTF-8".to_owned(), String::new()));
    }
}
