//! Hexadecimal digits by table: digests are written and read many times for each product.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The two digits of each byte, as text; `D` is twice the number of bytes.
pub(crate) fn digits<const D: usize>(bytes: &[u8]) -> [u8; D] {
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble & 15)).copied().unwrap_or_default();
    let mut text = [0; D];
    for (pair, byte) in text.as_chunks_mut::<2>().0.iter_mut().zip(bytes) {
        *pair = [digit(byte >> 4), digit(*byte)];
    }
    text
}

/// Digits as text.
pub(crate) fn text(digits: &[u8]) -> &str {
    std::str::from_utf8(digits).unwrap_or_default()
}

/// The bytes that digits stand for; `None` where there are not exactly twice as many, or others.
pub(crate) fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    if pairs.len() != N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = value(*high)? << 4 | value(*low)?;
    }
    Some(bytes)
}
