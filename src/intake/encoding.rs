//! The bytes of a body as its publisher wrote them: unpacked, and without a byte order mark.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::{DeflateDecoder, GzDecoder, ZlibDecoder};

use super::{IntakeError, limits};

/// What a gzip member begins with; some publishers pack without saying so.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// A byte order mark in UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Unpacks a body by its `content-encoding`.
///
/// # Errors
/// When the encoding is none of gzip, deflate and identity, the body is not packed so, or is too large unpacked.
pub fn unpacked<'a>(body: &'a [u8], encoding: Option<&str>) -> Result<Cow<'a, [u8]>, IntakeError> {
    let encoding = encoding.unwrap_or_default().trim().to_ascii_lowercase();
    let bytes = match encoding.as_str() {
        "gzip" | "x-gzip" => Cow::Owned(read(GzDecoder::new(body), "gzip")?),
        // HTTP means zlib by it, and many publishers the bare stream.
        "deflate" if looks_like_zlib(body) => Cow::Owned(read(ZlibDecoder::new(body), "deflate")?),
        "deflate" => Cow::Owned(read(DeflateDecoder::new(body), "deflate")?),
        // A charset is no packing, and some libraries write it here.
        "" | "identity" | "utf-8" | "utf8" | "binary" | "8bit" if body.starts_with(&GZIP) => {
            Cow::Owned(read(GzDecoder::new(body), "gzip")?)
        }
        "" | "identity" | "utf-8" | "utf8" | "binary" | "8bit" => Cow::Borrowed(body),
        _ => {
            return Err(IntakeError::new("", "content-encoding is gzip, deflate or identity", encoding));
        }
    };
    Ok(match bytes {
        Cow::Borrowed(bytes) => Cow::Borrowed(bytes.strip_prefix(BOM).unwrap_or(bytes)),
        Cow::Owned(mut bytes) => {
            if bytes.starts_with(BOM) {
                bytes.drain(..BOM.len());
            }
            Cow::Owned(bytes)
        }
    })
}

/// Whether it begins like a zlib stream: method 8, and a check sum over the first two bytes.
fn looks_like_zlib(body: &[u8]) -> bool {
    let [first, second, ..] = body else { return false };
    first & 0x0f == 8 && (u16::from(*first) << 8 | u16::from(*second)).is_multiple_of(31)
}

/// Reads one byte more than is allowed, and no further: a small body may unpack to gigabytes.
fn read(packed: impl Read, name: &str) -> Result<Vec<u8>, IntakeError> {
    let mut bytes = Vec::new();
    let read = packed.take(limits::BODY_BYTES_MAX as u64 + 1).read_to_end(&mut bytes);
    if let Err(error) = read {
        return Err(IntakeError::new("", format!("the body is not packed as {name}"), error.to_string()));
    }
    if bytes.len() > limits::BODY_BYTES_MAX {
        let rule = format!("a message has at most {} bytes, unpacked", limits::BODY_BYTES_MAX);
        return Err(IntakeError::new("", rule, format!("more, packed as {name}")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    const BODY: &[u8] = br#"{"id":"m"}"#;

    fn gzip(body: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_packed_body_is_unpacked_whatever_the_publisher_calls_it() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(BODY).unwrap();
        let mut bare = DeflateEncoder::new(Vec::new(), Compression::fast());
        bare.write_all(BODY).unwrap();
        let (zlib, bare) = (zlib.finish().unwrap(), bare.finish().unwrap());
        let marked = [BOM, BODY].concat();
        for (packed, encoding) in [
            (BODY.to_vec(), None),
            (BODY.to_vec(), Some("identity")),
            (BODY.to_vec(), Some("UTF-8")),
            (marked.clone(), None),
            (gzip(BODY), Some("gzip")),
            (gzip(BODY), Some(" GZIP ")),
            (gzip(BODY), None),
            (gzip(&marked), Some("x-gzip")),
            (zlib, Some("deflate")),
            (bare, Some("deflate")),
        ] {
            assert_eq!(&*unpacked(&packed, encoding).unwrap(), BODY, "{encoding:?}");
        }
    }

    #[test]
    fn what_is_not_packed_as_it_says_or_grows_beyond_all_bounds_is_refused() {
        let bomb = gzip(&vec![b' '; 64 << 20]);
        assert!(bomb.len() < limits::BODY_BYTES_MAX);
        for (body, encoding, expected) in [
            (bomb, Some("gzip"), "at most"),
            (BODY.to_vec(), Some("gzip"), "not packed as gzip"),
            (gzip(BODY)[..12].to_vec(), Some("gzip"), "not packed as gzip"),
            (BODY.to_vec(), Some("br"), "gzip, deflate or identity"),
        ] {
            let error = unpacked(&body, encoding).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
