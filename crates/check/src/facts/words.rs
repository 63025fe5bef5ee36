//! The words of a text, in the form in which they are compared; Chinese and Japanese by dictionary.

use std::sync::LazyLock;

use foldhash::HashSet;
use icu_segmenter::WordSegmenter;
use icu_segmenter::options::WordBreakInvariantOptions;

use crate::product::unit::is_cjk;

/// A word with its place.
#[derive(Clone, Debug)]
pub(super) struct Word<'a> {
    /// As it is written.
    pub(super) text: &'a str,
    /// In lower case, with plain apostrophes.
    pub(super) lower: String,
    /// In lower case, without an ending for number or case.
    pub(super) folded: String,
    /// Where it begins, in bytes.
    pub(super) start: usize,
    /// Where it ends.
    pub(super) end: usize,
    /// Whether the clause denies it.
    pub(super) denied: bool,
}

/// Chinese and Japanese have no spaces between words: ICU's dictionary says where they end.
static SEGMENTER: LazyLock<icu_segmenter::WordSegmenterBorrowed<'static>> =
    LazyLock::new(|| WordSegmenter::new_dictionary(WordBreakInvariantOptions::default()));

/// Where the words of a text begin and end. Signs inside a word belong to it ("Wi-Fi", "3.5mm", "802.11a/b").
pub(super) fn spans(text: &str) -> Vec<(usize, usize)> {
    let mut spans = Vec::with_capacity(text.len() / 6);
    let mut current: Option<(usize, usize)> = None;
    let mut unspaced: Option<(usize, usize)> = None;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let end = at + character.len_utf8();
        let inside = matches!(character, '-' | '.' | '\'' | '’' | '/' | '+' | '&' | ',')
            && current.is_some()
            && characters.peek().is_some_and(|(_, next)| {
                // A comma belongs to a number only.
                next.is_alphanumeric() && !is_cjk(*next) && (character != ',' || next.is_ascii_digit())
            });
        if is_cjk(character) || (character == 'ー' && unspaced.is_some()) {
            spans.extend(current.take());
            unspaced = Some((unspaced.map_or(at, |(start, _)| start), end));
            continue;
        }
        segmented(text, unspaced.take(), &mut spans);
        if character.is_alphanumeric() || inside {
            current = Some((current.map_or(at, |(start, _)| start), end));
        } else {
            spans.extend(current.take());
        }
    }
    segmented(text, unspaced, &mut spans);
    spans.extend(current);
    spans
}

/// The words of a run without spaces.
fn segmented(text: &str, run: Option<(usize, usize)>, spans: &mut Vec<(usize, usize)>) {
    let Some((start, end)) = run else { return };
    let Some(run) = text.get(start..end) else { return };
    let mut from = 0;
    for to in SEGMENTER.segment_str(run).filter(|to| *to > 0) {
        spans.push((start + from, start + to));
        from = to;
    }
}

/// A word in lower case without the endings that number and case add, for comparison and nothing else.
pub(super) fn folded(word: &str) -> String {
    stem(lowered(word))
}

/// A word in lower case, with plain apostrophes.
pub(super) fn lowered(word: &str) -> String {
    if word.is_ascii() { word.to_ascii_lowercase() } else { word.to_lowercase().replace('’', "'") }
}

/// Words of a list that `|` separates, as folded, to look others up in.
pub(super) fn folded_set(words: &str) -> HashSet<String> {
    words.split('|').map(folded).collect()
}

/// The same as they are written.
pub(super) fn listed(words: &'static str) -> HashSet<&'static str> {
    words.split('|').collect()
}

/// The same for a word that is in lower case already. What is left need not be a word, only the same for each form.
pub(super) fn stem(mut word: String) -> String {
    if word.ends_with("'s") {
        word.truncate(word.len() - 2);
    }
    // "d'acier", "l'eau"
    let elided = ["d'", "l'", "qu'"].into_iter().find(|elided| word.starts_with(elided));
    if let Some(elided) = elided.filter(|elided| word.len() > elided.len() + 1) {
        word.drain(..elided.len());
    }
    if word.bytes().any(|byte| byte.is_ascii_digit()) {
        return word;
    }
    // So many letters must be left, or "linen" would be a form of "line".
    let stripped = |word: &str, ending: &str| {
        word.strip_suffix(ending).filter(|stem| stem.chars().nth(3).is_some()).map(str::len)
    };
    if let Some(length) = stripped(&word, "ies") {
        word.truncate(length);
        word.push('y');
    } else if let Some(length) = stripped(&word, "es").or_else(|| stripped(&word, "s")) {
        word.truncate(length);
    }
    while let Some(length) = stripped(&word, "en").or_else(|| {
        let whole = word.ends_with("en");
        stripped(&word, "e").or_else(|| stripped(&word, "n").filter(|_| !whole))
    }) {
        word.truncate(length);
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_compared_without_their_endings() {
        for (left, right) in [("batteries", "battery"), ("Speakers", "speaker"), ("Akkus", "akku")] {
            assert_eq!(folded(left), folded(right));
        }
        assert_eq!(folded("USB-C"), "usb-c");
        assert_eq!(folded("it’s"), "it");
    }

    #[test]
    fn chinese_and_japanese_are_cut_into_words() {
        let words = |text: &'static str| -> Vec<&str> {
            spans(text).into_iter().map(|(start, end)| &text[start..end]).collect()
        };
        assert_eq!(words("木曜日に届く"), ["木曜日", "に", "届く"]);
        assert_eq!(words("防水手机，300毫升"), ["防水", "手机", "300", "毫升"]);
    }
}
