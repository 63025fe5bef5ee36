//! What the archive of a workbook unpacks to, measured before anything of it is kept.

use std::io::{Read, Seek};

use anyhow::{Context as _, ensure};
use zip::ZipArchive;

/// Most files of an archive.
const FILES_MAX: usize = 10_000;
/// Most bytes that a sheet unpacks to.
pub(super) const SHEET_BYTES_MAX: u64 = 4 << 30;
/// Most bytes that the shared texts unpack to: they are kept in memory.
const SHARED_BYTES_MAX: u64 = 64 << 20;
/// Most shared texts.
const SHARED_MAX: u64 = 1_000_000;
/// Most bytes that any other part unpacks to.
const PART_BYTES_MAX: u64 = 16 << 20;
/// How many times larger a part may be unpacked, beyond a size that harms nobody.
const RATIO_MAX: u64 = 200;
/// That size.
pub(super) const HARMLESS_BYTES: u64 = 32 << 20;
/// Longest tag or text, in bytes.
const RUN_BYTES_MAX: u64 = 1 << 20;

/// Unpacks every part once, keeping nothing: no size that an archive states is believed.
pub(super) fn verify(input: &mut (impl Read + Seek)) -> anyhow::Result<()> {
    input.rewind()?;
    let mut archive = ZipArchive::new(input).context("the file is no XLSX: its archive cannot be read")?;
    ensure!(
        archive.len() <= FILES_MAX,
        "an XLSX has at most {FILES_MAX} files, this one has {}",
        archive.len()
    );
    for index in 0..archive.len() {
        let part = archive.by_index(index).context("a part of the XLSX cannot be read")?;
        let name = part.name().to_lowercase();
        let is_xml = [".xml", ".rels"].iter().any(|end| name.ends_with(end));
        if !is_xml {
            continue;
        }
        let packed = part.compressed_size();
        let is_shared = name.ends_with("sharedstrings.xml");
        let most = match () {
            () if is_shared => SHARED_BYTES_MAX,
            () if name.contains("worksheets/") => SHEET_BYTES_MAX,
            () => PART_BYTES_MAX,
        };
        let seen = measure(part, most, packed).with_context(|| format!("{name} in the XLSX"))?;
        if is_shared {
            let texts = seen.texts.max(seen.stated);
            ensure!(texts <= SHARED_MAX, "an XLSX has at most {SHARED_MAX} different texts; save it as CSV");
        }
    }
    Ok(())
}

/// What a part holds.
#[derive(Debug, Default)]
pub(super) struct Measured {
    /// Elements that begin with `<si`.
    pub(super) texts: u64,
    /// How many texts it says that there are.
    stated: u64,
}

pub(super) fn measure(part: impl Read, most: u64, packed: u64) -> anyhow::Result<Measured> {
    let mut part = part.take(most + 1);
    let (mut buffer, mut seen) = (vec![0; 1 << 16], Measured::default());
    let (mut bytes, mut run, mut last, mut first) = (0u64, 0u64, [0u8; 2], true);
    loop {
        let length = part.read(&mut buffer)?;
        let Some(chunk) = buffer.get(..length).filter(|chunk| !chunk.is_empty()) else { return Ok(seen) };
        if first {
            seen.stated = stated(chunk);
            first = false;
        }
        bytes += length as u64;
        ensure!(bytes <= most, "it unpacks to more than {most} bytes; save the sheet as CSV");
        ensure!(
            bytes <= HARMLESS_BYTES || bytes / RATIO_MAX <= packed,
            "it unpacks to more than {RATIO_MAX} times its size; save the sheet as CSV"
        );
        for byte in chunk.iter().copied() {
            run = if byte == b'<' { 0 } else { run + 1 };
            ensure!(run <= RUN_BYTES_MAX, "it has a text of more than {RUN_BYTES_MAX} bytes");
            seen.texts += u64::from(last == *b"<s" && byte == b'i');
            last = [last[1], byte];
        }
    }
}

/// The number of texts that the shared texts say that they have; memory is reserved for so many.
fn stated(head: &[u8]) -> u64 {
    let head = String::from_utf8_lossy(head);
    let counts = head.split("uniqueCount").skip(1).filter_map(|rest| {
        let digits = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '=' | '"' | '\''));
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        digits.get(..end).filter(|digits| !digits.is_empty()).map(|digits| digits.parse().unwrap_or(u64::MAX))
    });
    counts.max().unwrap_or_default()
}
