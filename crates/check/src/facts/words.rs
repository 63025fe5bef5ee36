//! Where the words of a text are; Chinese and Japanese by dictionary.

use std::sync::LazyLock;

use icu_segmenter::WordSegmenter;
use icu_segmenter::options::WordBreakInvariantOptions;

use crate::product::unit::is_cjk;

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
        let inside = matches!(character, '-' | '‑' | '.' | '\'' | '’' | '/' | '+' | '&' | ',')
            && current.is_some()
            && characters.peek().is_some_and(|(_, next)| {
                // A comma belongs to a number only.
                next.is_alphanumeric() && !is_cjk(*next) && (character != ',' || next.is_ascii_digit())
            });
        // Grades keep their signs: "A+".
        // "Green/white" are two words, "802.11a/b" and "b/g/n" are one.
        let long = |start: usize| {
            let word = text.get(start..at).unwrap_or_default();
            word.chars().nth(2).is_some() && word.chars().all(char::is_alphabetic)
        };
        let inside = inside && !(character == '/' && current.is_some_and(|(start, _)| long(start)));
        let inside =
            inside || (character == '+' && current.is_some_and(|(start, _)| is_grade(text, start, at)));
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

/// Whether a grade stands between two bytes, a capital with its signs: the "A" of "A+", the "A+" of "A++".
fn is_grade(text: &str, start: usize, end: usize) -> bool {
    let word = text.get(start..end).unwrap_or_default();
    word.starts_with(|first: char| first.is_ascii_uppercase()) && word.chars().skip(1).all(|sign| sign == '+')
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
