//! The bytes of a body as its publisher wrote them: unpacked, and without a byte order mark.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use lapin::message::Delivery;
use lapin::types::ShortString;

/// What a gzip member begins with; some publishers pack without saying so.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// A byte order mark in UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Why a body cannot be unpacked.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// No encoding that is read.
    #[error("content-encoding is {0:?}; write gzip, deflate or identity")]
    Encoding(String),
    /// Not packed as it says.
    #[error("the body is not packed as {name}, which its content-encoding or its first bytes say")]
    Packing {
        /// The encoding.
        name: &'static str,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// It unpacks to more than a message may have.
    #[error("the body has more than {max} bytes once it is unpacked from {name}")]
    TooLarge {
        /// The encoding.
        name: &'static str,
        /// Bytes that it may have.
        max: usize,
    },
}

/// The body of a delivery, unpacked; at most `max` bytes.
///
/// # Errors
/// When it is packed in a way that is not known, not packed as it says, or too large.
pub fn body_of(delivery: &Delivery, max: usize) -> Result<Cow<'_, [u8]>, BodyError> {
    let encoding = delivery.properties.content_encoding().as_ref().map(ShortString::as_str);
    unpacked(&delivery.data, encoding, max)
}

/// Bytes that were packed as `encoding` says, or as their beginning shows, unpacked; at most `max` of them.
///
/// # Errors
/// As those of [`body_of`].
pub(crate) fn unpacked<'a>(
    body: &'a [u8],
    encoding: Option<&str>,
    max: usize,
) -> Result<Cow<'a, [u8]>, BodyError> {
    let encoding = encoding.unwrap_or_default().trim().to_ascii_lowercase();
    let bytes = match encoding.as_str() {
        "gzip" | "x-gzip" => Cow::Owned(read(MultiGzDecoder::new(body), "gzip", max)?),
        // HTTP means zlib by it, and many publishers the bare stream.
        "deflate" if looks_like_zlib(body) => Cow::Owned(read(ZlibDecoder::new(body), "deflate", max)?),
        "deflate" => Cow::Owned(read(DeflateDecoder::new(body), "deflate", max)?),
        // A charset is no packing, and some libraries write it here.
        "" | "identity" | "utf-8" | "utf8" | "binary" | "8bit" if body.starts_with(&GZIP) => {
            Cow::Owned(read(MultiGzDecoder::new(body), "gzip", max)?)
        }
        "" | "identity" | "utf-8" | "utf8" | "binary" | "8bit" => Cow::Borrowed(body),
        _ => return Err(BodyError::Encoding(encoding.chars().take(40).collect())),
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
fn read(packed: impl Read, name: &'static str, max: usize) -> Result<Vec<u8>, BodyError> {
    let mut bytes = Vec::new();
    packed
        .take(u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|source| BodyError::Packing { name, source })?;
    if bytes.len() > max {
        return Err(BodyError::TooLarge { name, max });
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
            // Some tools pack piece by piece.
            ([gzip(&BODY[..4]), gzip(&BODY[4..])].concat(), Some("gzip")),
            (zlib, Some("deflate")),
            (bare, Some("deflate")),
        ] {
            assert_eq!(&*unpacked(&packed, encoding, 1 << 20).unwrap(), BODY, "{encoding:?}");
        }
    }

    #[test]
    fn what_is_not_packed_as_it_says_or_grows_beyond_all_bounds_is_refused() {
        let bomb = gzip(&vec![b' '; 64 << 20]);
        assert!(bomb.len() < 1 << 20);
        for (body, encoding, expected) in [
            (bomb, Some("gzip"), "more than"),
            (BODY.to_vec(), Some("gzip"), "not packed as gzip"),
            (gzip(BODY)[..12].to_vec(), Some("gzip"), "not packed as gzip"),
            (BODY.to_vec(), Some("br"), "gzip, deflate or identity"),
        ] {
            let error = unpacked(&body, encoding, 1 << 20).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
