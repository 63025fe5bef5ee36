//! Digits of other scripts and widths made plain, with the way back to where they stand in the text.

use std::borrow::Cow;

/// A text with plain digits, letters and signs.
pub(super) struct PlainDigits<'a> {
    /// The text to read.
    pub(super) text: Cow<'a, str>,
    /// For every byte of the text to read where it comes from; empty where nothing was changed.
    places: Vec<usize>,
}

impl<'a> PlainDigits<'a> {
    /// Makes full-width and Arabic digits plain.
    pub(super) fn new(text: &'a str) -> Self {
        if (text.is_ascii() && !text.contains('_'))
            || text.chars().all(|character| plain(character).is_none())
        {
            return Self { text: Cow::Borrowed(text), places: Vec::new() };
        }
        let mut read = String::with_capacity(text.len());
        let mut places = Vec::with_capacity(text.len() + 1);
        for (at, character) in text.char_indices() {
            read.push(plain(character).unwrap_or(character));
            places.resize(read.len(), at);
        }
        places.push(text.len());
        Self { text: Cow::Owned(read), places }
    }

    /// Where a byte of the text to read stands in the text.
    pub(super) fn place(&self, byte: usize) -> usize {
        self.places.get(byte).copied().unwrap_or(byte)
    }
}

/// The plain character for one of another script or width.
fn plain(character: char) -> Option<char> {
    let of = |first: char, from: char| {
        char::from_u32(u32::from(character).wrapping_sub(u32::from(first)).wrapping_add(u32::from(from)))
    };
    match character {
        '\u{ff01}'..='\u{ff5e}' => of('\u{ff01}', '!'),
        '\u{660}'..='\u{669}' => of('\u{660}', '0'),
        '\u{6f0}'..='\u{6f9}' => of('\u{6f0}', '0'),
        '\u{66b}' => Some('.'),
        '\u{66c}' => Some(','),
        '\u{2044}' => Some('/'),
        // "216_x_356_mm": shops export values as keys.
        '\u{3000}' | '_' => Some(' '),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_width_and_arabic_digits_are_read_where_they_stand() {
        let text = "容量：５００ｍｌ, ٥٠٠";
        let read = PlainDigits::new(text);
        assert_eq!(read.text, "容量:500ml, 500");
        let at = read.text.find("500").unwrap();
        assert_eq!(&text[read.place(at)..read.place(at + 5)], "５００ｍｌ");
        assert_eq!(read.place(read.text.len()), text.len());
        assert_eq!(PlainDigits::new("legal_216_x_356_mm").text, "legal 216 x 356 mm");
    }

    #[test]
    fn a_plain_text_is_read_as_it_is() {
        let read = PlainDigits::new("12 kg für 5 €");
        assert!(matches!(read.text, Cow::Borrowed(_)));
        assert_eq!(read.place(3), 3);
    }
}
