//! ZIP archives: workbooks are such, and a catalog may be packed in one, as the only file of it.

use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::Path;

use flate2::read::DeflateDecoder;
use zip::{CompressionMethod, ZipArchive};

use super::input::refused;

/// Files that an error lists.
const LISTED_MAX: usize = 8;

/// What an archive holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Archive {
    /// The parts of a workbook.
    Workbook,
    /// One file.
    Single(Packed),
}

/// A file of an archive: where its bytes stand, and whether they are deflated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packed {
    start: u64,
    length: u64,
    is_deflated: bool,
}

impl Archive {
    /// Looks into an archive.
    ///
    /// # Errors
    /// When it is none, or holds no file, several, or one that is packed in a way that is not read.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let broken = |error| refused(&format!("the ZIP archive cannot be read: {error}; pack it again"));
        let mut archive = ZipArchive::new(File::open(path)?).map_err(broken)?;
        let is = |name: &str| archive.index_for_name(name).is_some();
        if is("xl/workbook.xml") || is("[Content_Types].xml") {
            return Ok(Self::Workbook);
        }
        if is("content.xml") && is("mimetype") {
            return Err(refused("this is an OpenDocument file (.ods); save it as .xlsx or CSV"));
        }
        // What macOS and file managers put beside the files is none of them.
        let is_file = |name: &&str| {
            !name.ends_with('/')
                && !name.starts_with("__MACOSX/")
                && !name.rsplit('/').next().unwrap_or_default().starts_with('.')
        };
        let names: Vec<String> = archive.file_names().filter(is_file).map(str::to_owned).collect();
        let [name] = names.as_slice() else {
            let listed = names.iter().take(LISTED_MAX).cloned().collect::<Vec<_>>().join(", ");
            return Err(refused(&match names.len() {
                0 => "the ZIP archive holds no file".to_owned(),
                count => {
                    format!("the ZIP archive holds {count} files ({listed}); unpack it, and give one of them")
                }
            }));
        };
        let index = archive.index_for_name(name).unwrap_or_default();
        let file = archive.by_index_raw(index).map_err(broken)?;
        if file.encrypted() {
            return Err(refused(&format!(
                "{name} in the ZIP archive has a password; unpack it, and give the file"
            )));
        }
        let is_deflated = match file.compression() {
            CompressionMethod::Stored => false,
            CompressionMethod::Deflated => true,
            other => {
                let why =
                    format!("{name} in the ZIP archive is packed with {other}; unpack it, and give the file");
                return Err(refused(&why));
            }
        };
        let start =
            file.data_start().ok_or_else(|| refused("the ZIP archive does not say where its file begins"))?;
        Ok(Self::Single(Packed { start, length: file.compressed_size(), is_deflated }))
    }
}

impl Packed {
    /// The file's bytes, unpacked.
    ///
    /// # Errors
    /// When the archive cannot be read.
    pub(super) fn bytes(self, mut archive: File) -> io::Result<Box<dyn Read + Send>> {
        archive.seek(SeekFrom::Start(self.start))?;
        let packed = io::BufReader::with_capacity(1 << 16, archive).take(self.length);
        Ok(if self.is_deflated { Box::new(DeflateDecoder::new(packed)) } else { Box::new(packed) })
    }
}
