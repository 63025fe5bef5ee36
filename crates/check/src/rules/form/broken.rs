//! Sentences that break off: in the middle of a phrase, of a word, or before their mark.

use unicode_segmentation::UnicodeSegmentation as _;

use super::data::FORM;
use super::{Faults, FormText};
use crate::content::{FormKind, sentences};
use crate::product::unit::is_cjk;

/// Marks that end a sentence.
const MARKS: &[char] = &['.', '!', '?', '。', '！', '？', '．', '…', '؟', '।', '‼', '⁉'];

/// What may stand behind a final mark.
const CLOSERS: &[char] = &['"', '”', '“', '»', '«', '’', '\'', ')', '）', '」', '』', ']', '】', '》'];

/// Shorter texts need no mark: "Yes", "300 ml".
const WORDS_MIN: usize = 4;
const CHARS_MIN: usize = 8;

/// Longest fragment of which the last word may be half a word, in words.
const FRAGMENT_WORDS_MAX: usize = 4;

/// Shortest half of a word, in characters.
const HALF_MIN: usize = 3;

pub(super) fn faults(read: FormText<'_>, found: &mut Faults) {
    if read.place.free {
        return;
    }
    let trimmed = read.text.trim_end();
    beginning(read.text, found);
    let mut ends = sentences(trimmed).peekable();
    while let Some((start, sentence)) = ends.next() {
        let fault = if ends.peek().is_some() { within(sentence, read) } else { end(sentence, read) };
        if let Some(what) = fault {
            let from = start + sentence.len()
                - last_word(sentence).map_or(sentence.len(), |(at, _)| sentence.len() - at);
            found.add(FormKind::Broken, from..start + sentence.len(), what);
        }
    }
    let open = |c: char, other: char| read.text.matches(c).count() > read.text.matches(other).count();
    if let Some(at) = trimmed.rfind(['(', '（'])
        && (open('(', ')') || open('（', '）'))
        && !trimmed.ends_with([')', '）'])
        && !trimmed.get(at..).unwrap_or_default().contains([')', '）'])
        && !read.held.holds(read.text, &(at..trimmed.len()), FormKind::Broken)
    {
        found.add(FormKind::Broken, at..trimmed.len(), "a bracket that nothing closes");
    }
}

/// A text that begins with the rest of a sentence.
fn beginning(text: &str, found: &mut Faults) {
    let start = text.trim_start();
    let mut characters = start.chars();
    let is_rest = match (characters.next(), characters.next()) {
        (Some(',' | ';' | ':' | ')' | '，' | '、' | '；' | '：' | '）' | '。'), _) => true,
        (Some('.' | '!' | '?'), Some(next)) => next.is_whitespace(),
        _ => false,
    };
    // An emoticon is no rest of a sentence, and found as one.
    if is_rest && !start.starts_with(":)") && !start.starts_with(":-") {
        let at = text.len() - start.len();
        found.add(
            FormKind::Broken,
            at..at + start.chars().next().map_or(0, char::len_utf8),
            "a beginning without its sentence",
        );
    }
}

/// Whether a text ends with the mark of a sentence.
pub(super) fn ends_with_mark(text: &str) -> bool {
    text.trim_end().trim_end_matches(CLOSERS).ends_with(MARKS)
}

/// A sentence that others follow.
fn within(sentence: &str, read: FormText<'_>) -> Option<&'static str> {
    let body = sentence.trim_end_matches(CLOSERS);
    if body.ends_with(MARKS) { before_mark(body, read) } else { None }
}

/// The last sentence of a text.
fn end(sentence: &str, read: FormText<'_>) -> Option<&'static str> {
    let body = sentence.trim_end_matches(CLOSERS).trim_end();
    let is_held = || read.held.ends(body);
    if body.ends_with('…') || body.ends_with("...") || body.ends_with("。。") {
        let stub = body.trim_end_matches(MARKS);
        let is_open = ends_with_one(stub, read, Ending::Open);
        return (is_open || !read.place.teaser && !is_held()).then_some("a sentence that trails off");
    }
    if body.ends_with(MARKS) {
        return before_mark(body, read);
    }
    let is_prose = read.place.prose;
    if !read.place.line && body.ends_with([':', '：'])
        || body.ends_with([',', ';', '，', '、', '；', '–', '—'])
    {
        return (!is_held()).then_some("a sentence that breaks off");
    }
    // A bullet or a title may end with a preposition ("The mug you reach for"), never with "and".
    let ending = if read.place.line { Ending::Never } else { Ending::Open };
    if ends_with_one(body, read, ending) && !is_held() {
        return Some("a sentence that breaks off");
    }
    let words = body.unicode_words().count();
    let is_long = if body.contains(is_cjk) { words >= CHARS_MIN } else { words >= WORDS_MIN };
    if is_prose && is_long && !is_held() {
        return Some("a sentence without its final mark");
    }
    (!read.place.line && is_half(body, words, read)).then_some("half a word")
}

/// A final mark behind a word that no sentence ends with.
fn before_mark(body: &str, read: FormText<'_>) -> Option<&'static str> {
    let stub = body.trim_end_matches(MARKS).trim_end();
    // What a name or a value ends with is its own affair.
    let is_fault = ends_with_one(stub, read, Ending::Never)
        && last_word(stub).is_some_and(|(at, word)| {
            let name = word.chars().next().is_some_and(char::is_uppercase);
            let hyphened = stub.get(..at).is_some_and(|before| before.ends_with('-'));
            !name && !hyphened && !read.held.is_value(word)
        });
    is_fault.then_some("a sentence that breaks off")
}

#[derive(Clone, Copy)]
enum Ending {
    Open,
    Never,
}

/// Whether a text ends with a word that no sentence ends with.
fn ends_with_one(text: &str, read: FormText<'_>, ending: Ending) -> bool {
    let lists = match ending {
        Ending::Open => &FORM.broken.open,
        Ending::Never => &FORM.broken.never,
    };
    let Some(list) = lists.get(read.language) else { return false };
    if text.ends_with(is_cjk) {
        return matches!(read.language, "zh" | "ja") && list.iter().any(|word| text.ends_with(word.as_str()));
    }
    let Some((_, word)) = last_word(text) else { return false };
    // "5 V / 2 A", "Vitamin A".
    if word.len() == 1 && word.chars().all(char::is_uppercase) {
        return false;
    }
    let word = word.to_lowercase().replace('’', "'");
    text.ends_with(|c: char| c.is_alphabetic() || matches!(c, '\'' | '’')) && list.contains(&word)
}

/// The last word of a text with its place, an apostrophe behind it as its part.
fn last_word(text: &str) -> Option<(usize, &str)> {
    let is_of_word = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '’');
    let bare = text.trim_end_matches(|c: char| !is_of_word(c));
    let start = bare
        .rfind(|c: char| !is_of_word(c))
        .map_or(0, |at| at + bare.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8));
    bare.get(start..).filter(|word| !word.is_empty()).map(|word| (start, word))
}

/// Whether a short fragment that begins with an article ends with half a word of the facts.
fn is_half(body: &str, words: usize, read: FormText<'_>) -> bool {
    let Some((at, half)) = last_word(body) else { return false };
    let first = body.unicode_words().next().unwrap_or_default().to_lowercase();
    let is_article = FORM.broken.open.get(read.language).is_some_and(|list| list.contains(&first));
    if at == 0 || words > FRAGMENT_WORDS_MAX || half.chars().count() < HALF_MIN || !is_article {
        return false;
    }
    let half = half.to_lowercase();
    let endings = FORM.broken.endings.get("any").map_or(&[][..], Vec::as_slice);
    let mut cut = false;
    for value in read.held.values() {
        for word in value.unicode_words() {
            let word = word.to_lowercase();
            match word.strip_prefix(&half) {
                // The word itself, or another form of it.
                Some(rest) if rest.is_empty() || endings.iter().any(|ending| ending == rest) => return false,
                Some(_) => cut = true,
                None => {}
            }
        }
    }
    cut
}
