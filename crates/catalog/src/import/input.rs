//! The bytes of a file: what packs them is found by content, and what unpacks to far more than a catalog is refused.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::archive::{Archive, Packed};
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// A packed file may unpack to this much whatever its own size.
const UNPACKED_FREE: u64 = 64 << 20;
/// Beyond that, to so many times its size: real catalogs pack to a tenth or a thirtieth.
const RATIO_MAX: u64 = 200;
/// Largest window that a zstd frame may ask for, in bytes: what `zstd --long` needs at most without a flag for reading.
const ZSTD_WINDOW_MAX: u64 = 128 << 20;
/// How much of the beginning says what a file is, in bytes.
const HEAD_BYTES: usize = 64;

/// How a file is packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Packing {
    /// Not at all.
    #[default]
    None,
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
    /// As the only file of a ZIP archive.
    Zip(Packed),
}

/// What kind of file it is, unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// Text in some encoding.
    Text,
    /// A workbook: XLSX.
    Workbook,
    /// Parquet.
    Parquet,
}

/// A file whose bytes can be read several times.
#[derive(Clone, Debug)]
pub struct InputFile {
    path: PathBuf,
    /// How it is packed.
    pub packing: Packing,
    /// What it is, unpacked.
    pub kind: FileKind,
}

impl InputFile {
    /// Looks at the beginning of a file.
    ///
    /// # Errors
    /// When it cannot be read, or is of a kind that is not read.
    pub fn open(path: &Path) -> io::Result<Self> {
        let head = head(File::open(path)?)?;
        let packing = match head.as_slice() {
            [0x1f, 0x8b, ..] => Packing::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Packing::Zstd,
            [b'P', b'K', 3, 4, ..] => match Archive::open(path)? {
                Archive::Workbook => Packing::None,
                Archive::Single(packed) => Packing::Zip(packed),
            },
            [b'P', b'K', 5, 6, ..] => return Err(refused("the ZIP archive is empty")),
            _ => Packing::None,
        };
        let mut file = Self { path: path.to_owned(), packing, kind: FileKind::Text };
        let head = if packing == Packing::None { head } else { self::head(file.bytes()?)? };
        file.kind = match head.as_slice() {
            [b'P', b'A', b'R', b'1', ..] => FileKind::Parquet,
            [0xd0, 0xcf, 0x11, 0xe0, ..] => {
                return Err(refused("this is an old Excel file (.xls); save it as .xlsx or CSV"));
            }
            [b'%', b'P', b'D', b'F', ..] => return Err(refused("this is a PDF, not a catalog")),
            [b'P', b'K', 3, 4, ..] if packing != Packing::None => {
                return Err(refused("a workbook or archive is packed once more; unpack it once"));
            }
            [b'P', b'K', 3, 4, ..] => FileKind::Workbook,
            [0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..] => {
                return Err(refused("the file is packed twice; unpack it once"));
            }
            _ => FileKind::Text,
        };
        Ok(file)
    }

    /// Its unpacked bytes, from the beginning.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn bytes(&self) -> io::Result<Box<dyn Read + Send>> {
        let file = File::open(&self.path)?;
        let packed = file.metadata().map_or(0, |metadata| metadata.len());
        let most = UNPACKED_FREE.max(packed.saturating_mul(RATIO_MAX));
        Ok(match self.packing {
            Packing::None => Box::new(file),
            Packing::Gzip => Box::new(Guarded {
                left: most,
                inner: flate2::read::MultiGzDecoder::new(io::BufReader::with_capacity(1 << 16, file)),
            }),
            Packing::Zip(part) => Box::new(Guarded { left: most, inner: part.bytes(file)? }),
            Packing::Zstd => {
                let packed = io::BufReader::with_capacity(1 << 16, file);
                Box::new(Guarded { left: most, inner: ZstdFrames::new(packed)? })
            }
        })
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn head(input: impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(HEAD_BYTES);
    input.take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    Ok(head)
}

pub(super) fn refused(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.to_owned())
}

/// The frames of a zstd file, one after the other.
struct ZstdFrames<R> {
    source: R,
    frame: FrameDecoder,
}

impl<R: io::BufRead> ZstdFrames<R> {
    fn new(source: R) -> io::Result<Self> {
        let mut frame = FrameDecoder::new();
        frame.set_max_window_size(ZSTD_WINDOW_MAX);
        let mut frames = Self { source, frame };
        frames.next_frame()?;
        Ok(frames)
    }

    fn next_frame(&mut self) -> io::Result<()> {
        loop {
            match self.frame.init(&mut self.source) {
                Ok(()) => return Ok(()),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    io::copy(&mut self.source.by_ref().take(u64::from(length)), &mut io::sink())?;
                    if self.source.fill_buf()?.is_empty() {
                        return Ok(());
                    }
                }
                Err(error) => return Err(refused(&format!("the file is no whole zstd: {error}"))),
            }
        }
    }
}

impl<R: io::BufRead> Read for ZstdFrames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let broken = |error| refused(&format!("the file is no whole zstd: {error}"));
            while self.frame.can_collect() < buffer.len() && !self.frame.is_finished() {
                let strategy = BlockDecodingStrategy::UptoBytes(buffer.len());
                self.frame.decode_blocks(&mut self.source, strategy).map_err(broken)?;
            }
            let read = self.frame.read(buffer)?;
            if read > 0 || buffer.is_empty() || self.source.fill_buf()?.is_empty() {
                return Ok(read);
            }
            self.next_frame()?;
        }
    }
}

/// Reads no more than a packed file may hold.
struct Guarded<R> {
    left: u64,
    inner: R,
}

impl<R: Read> Read for Guarded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| {
            refused(&format!(
                "the file unpacks to more than {RATIO_MAX} times its size, as no catalog does; unpack it yourself if it is one"
            ))
        })?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn file(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("catalog");
        std::fs::write(&path, bytes).unwrap();
        (folder, path)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn read(path: &Path) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        InputFile::open(path)?.bytes()?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    #[test]
    fn a_packed_file_is_known_by_its_content() {
        let text = b"sku,title\nA,Mug\n";
        let zstd = |text: &[u8]| {
            ruzstd::encoding::compress_to_vec(text, ruzstd::encoding::CompressionLevel::Fastest)
        };
        let twice = [zstd(b"sku,title\n"), zstd(b"A,Mug\n")].concat();
        for packed in
            [text.to_vec(), gzip(text), [gzip(b"sku,title\n"), gzip(b"A,Mug\n")].concat(), zstd(text), twice]
        {
            let (_folder, path) = file(&packed);
            assert_eq!(read(&path).unwrap(), text);
        }
    }

    #[test]
    fn a_file_that_unpacks_to_far_more_than_a_catalog_is_refused() {
        let packed = gzip(&vec![b'a'; 1 << 16]);
        let mut unpacked =
            Guarded { left: 1000, inner: flate2::read::MultiGzDecoder::new(packed.as_slice()) };
        let error = io::copy(&mut unpacked, &mut io::sink()).unwrap_err();
        assert!(error.to_string().contains("200 times"));
    }

    #[test]
    fn what_is_no_catalog_is_named() {
        for (bytes, word) in [(&b"%PDF-1.7"[..], "PDF"), (&[0xd0, 0xcf, 0x11, 0xe0, 0][..], ".xlsx")] {
            let (_folder, path) = file(bytes);
            assert!(InputFile::open(&path).unwrap_err().to_string().contains(word));
        }
    }
}
