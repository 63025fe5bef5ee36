//! Texts as their digests are made: the same words give the same digest, wherever they were copied from.

use icu_normalizer::ComposingNormalizerBorrowed;
use serde_json::Value;

use crate::content::{TextDigest, texts};
use crate::injection::visible;
use crate::product::VERBATIM;

/// The digest of a text, [`normalised`].
#[must_use]
pub fn text_digest(text: &str) -> TextDigest {
    TextDigest::of_bytes(normalised(text).as_bytes())
}

/// A text in Unicode's form NFC, without characters that nobody sees, each run of white space as one space, none at its ends:
/// line breaks and copying change nothing of it.
#[must_use]
pub fn normalised(text: &str) -> String {
    let seen = visible(text);
    let composed = ComposingNormalizerBorrowed::new_nfc().normalize(&seen);
    let mut out = String::with_capacity(composed.len());
    for word in composed.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// The texts of a recipe's stored content in reading order, each with its JSON pointer; without what the shop wrote and is
/// quoted word for word.
#[must_use]
pub fn parts_of(content: &Value) -> Vec<(String, &str)> {
    let verbatim = format!("/{VERBATIM}/");
    let own = |at: &str| !at.starts_with(&verbatim);
    texts(content).into_iter().filter(|text| own(&text.at)).map(|text| (text.at, text.text)).collect()
}

/// The whole text of a recipe's stored content, a line a text.
#[must_use]
pub fn whole(content: &Value) -> String {
    let parts: Vec<&str> = parts_of(content).into_iter().map(|(_, text)| text).collect();
    parts.join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_digest_is_sha_256_of_the_nfc_text() {
        let plain = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(text_digest("abc").to_string(), plain);
        let composed = TextDigest::of_bytes("Caf\u{e9}".as_bytes());
        assert_eq!((text_digest("Caf\u{e9}"), text_digest("Cafe\u{301}")), (composed, composed));
        assert_ne!(text_digest("Cafe"), composed);
    }

    #[test]
    fn copying_changes_no_digest_and_a_changed_word_does() {
        let of = text_digest;
        let text = "A mug of clay. It holds 300 ml.";
        for copied in [
            "  A mug of clay.\r\n  It holds 300\u{a0}ml.\n",
            "A mug of clay.\u{2028}It holds 300 ml.",
            "A mug of cl\u{ad}ay. It\u{200b} holds 300 ml.\u{feff}",
        ] {
            assert_eq!(of(copied), of(text), "{copied:?}");
        }
        assert_ne!(of("A mug of clay. It holds 200 ml."), of(text));
        assert_eq!(normalised(" \n\u{200b} "), "");
    }

    #[test]
    fn the_whole_text_is_read_in_order_without_the_shop_s_own_words() {
        let content =
            json!({ "title": "Mug", "body": "One. Two.", "bullets": ["a", "b"], "verbatim": ["Ours."] });
        assert_eq!(whole(&content), "Mug\nOne. Two.\na\nb");
        assert_eq!(parts_of(&content).get(3).map(|(at, _)| at.as_str()), Some("/bullets/1"));
    }
}
