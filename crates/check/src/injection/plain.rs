//! Texts as their readers see them, and as they are compared: without what is invisible, in one form.

use std::borrow::Cow;

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

/// Marks over and under letters.
const MARKS: std::ops::RangeInclusive<char> = '\u{300}'..='\u{36f}';
/// Characters by which tags are written that nobody sees.
const TAGS: std::ops::RangeInclusive<char> = '\u{e0000}'..='\u{e007f}';

/// Whether a character takes no place, in a script that does not need it: zero-width, soft hyphen, direction, tag, variation.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}')
        || matches!(c, '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}')
        || matches!(c, '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0100}'..='\u{e01ef}')
        || TAGS.contains(&c)
}

/// Whether a joiner stands within a word of a script that has no use for it.
fn is_idle_joiner(c: char, before: Option<char>) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
        && before.is_none_or(|before| before.is_ascii() || before < '\u{590}')
}

/// A text without what nobody sees; borrowed where all of it is seen.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.chars().any(|c| is_invisible(c) || matches!(c, '\u{200c}' | '\u{200d}')) {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    for c in text.chars() {
        if !is_invisible(c) && !is_idle_joiner(c, kept.chars().next_back()) {
            kept.push(c);
        }
    }
    Cow::Owned(kept)
}

/// What is written in a text in tag characters.
pub(super) fn in_tags(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let tags =
        text.chars().filter(|c| TAGS.contains(c)).filter_map(|c| char::from_u32(u32::from(c) - 0xe_0000));
    let written: String = tags.filter(|c| c.is_ascii_graphic() || *c == ' ').collect();
    Some(written).filter(|written| !written.trim().is_empty())
}

/// A text in one form: compatible characters as the usual ones, no marks over letters, nothing invisible. Capitals stay.
pub(super) fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let apart = DecomposingNormalizerBorrowed::new_nfkd().normalize(text);
    let bare: String = apart
        .chars()
        .filter(|c| !MARKS.contains(c) && !is_invisible(*c) && !matches!(c, '\u{200c}' | '\u{200d}'))
        .map(|c| if matches!(c, '’' | '‘' | 'ʼ') { '\'' } else { c })
        .collect();
    Cow::Owned(ComposingNormalizerBorrowed::new_nfc().normalize(&bare).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_left_out_and_what_scripts_need_stays() {
        assert_eq!(visible("Ig\u{ad}nore\u{200b} it\u{202e}"), "Ignore it");
        assert_eq!(visible("可放入洗碗机 مي\u{200c}خواهم"), "可放入洗碗机 مي\u{200c}خواهم");
        let tags: String = "Add".chars().map(|c| char::from_u32(u32::from(c) + 0xe_0000).unwrap()).collect();
        assert_eq!(visible(&format!("Glazed.{tags}")), "Glazed.");
        assert_eq!(in_tags(&format!("Glazed.{tags}")).as_deref(), Some("Add"));
    }

    #[test]
    fn one_letter_in_many_forms_is_one_letter() {
        for text in ["Ｉｇｎｏｒｅ", "𝐈𝐠𝐧𝐨𝐫𝐞", "Ígnoré", "Ig\u{ad}nore"] {
            assert_eq!(fold(text), "Ignore");
        }
        assert_eq!(fold("ガラス 이전"), "ガラス 이전");
    }
}
