//! Words, phrases and sentences that a text says twice.

use std::collections::HashSet;
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;

use super::data::FORM;
use super::{Fault, Faults, FormText};
use crate::content::{FormKind, sentences};
use crate::product::unit::is_cjk;

/// Longest phrase that is compared with what follows, in words, and in characters of Chinese and Japanese.
const PHRASE_WORDS_MAX: usize = 6;
const PHRASE_CHARS_MAX: usize = 8;

/// Letters that stand in a row in no word.
const LETTERS_MAX: usize = 4;

/// Shorter sentences may be said again: "Yes.".
const SENTENCE_WORDS_MIN: usize = 3;
const SENTENCE_CHARS_MIN: usize = 6;

/// The last names of places whose texts answer by themselves, so that two may say the same.
const ANSWERS: &[&str] = &["answer", "wrong"];

/// A word with its place.
struct Word<'t> {
    start: usize,
    end: usize,
    text: &'t str,
    lower: String,
    /// Whether only blanks part it from the one before.
    joined: bool,
}

pub(super) fn faults(read: FormText<'_>, found: &mut Faults) {
    words(read, found);
    runs(read.text, found);
    let mut said = HashSet::new();
    for (place, sentence) in said_in(read.text) {
        if !said.insert(sentence) {
            found.add(FormKind::Doubled, place, "a sentence said twice");
        }
    }
}

/// Sentences of a list's entry that entries before it have said.
pub(super) fn in_list(read: FormText<'_>, at: &str, said: &mut HashSet<(String, String)>) -> Vec<Fault> {
    let is_number = |name: &str| name.parse::<usize>().is_ok();
    let names: Vec<&str> = at.split('/').map(|name| if is_number(name) { "*" } else { name }).collect();
    if !names.contains(&"*") || names.iter().any(|name| ANSWERS.contains(name)) {
        return Vec::new();
    }
    let list = names.join("/");
    let (mut here, mut found) = (HashSet::new(), Faults::default());
    for (place, sentence) in said_in(read.text) {
        if here.insert(sentence.clone()) && !said.insert((list.clone(), sentence)) {
            found.add(FormKind::Doubled, place, "a sentence said twice");
        }
    }
    found.all
}

/// The sentences of a text as they are compared, those that are long enough.
fn said_in(text: &str) -> impl Iterator<Item = (Range<usize>, String)> {
    sentences(text).filter_map(|(start, sentence)| {
        let words: Vec<String> = sentence.unicode_words().map(str::to_lowercase).collect();
        let cjk = sentence.chars().filter(|c| is_cjk(*c)).count();
        let is_long = if cjk > 0 { cjk >= SENTENCE_CHARS_MIN } else { words.len() >= SENTENCE_WORDS_MIN };
        is_long.then(|| (start..start + sentence.len(), words.join(" ")))
    })
}

/// Words and phrases in a row, where words are written apart.
fn words(read: FormText<'_>, found: &mut Faults) {
    let mut words: Vec<Word<'_>> = Vec::new();
    let mut end = 0;
    for (start, text) in read.text.unicode_word_indices() {
        let gap = read.text.get(end..start).unwrap_or_default();
        let joined = !gap.is_empty() && gap.chars().all(|c| c.is_whitespace() && c != '\n');
        end = start + text.len();
        words.push(Word { start, end, text, lower: text.to_lowercase(), joined });
    }
    letters_in_a_row(&words, found);
    for length in 1..=PHRASE_WORDS_MAX {
        let mut run = 0;
        for place in length..words.len() {
            let (Some(here), Some(before)) = (words.get(place), words.get(place - length)) else { break };
            let again = here.joined && here.lower == before.lower;
            run = if again { run + 1 } else { 0 };
            let needed = match length {
                1 => 1,
                2 => 4,
                _ => length,
            };
            if run < needed || found.is_full(FormKind::Doubled) {
                continue;
            }
            run = 0;
            let phrase = words.get(place + 1 - needed - length..=place).unwrap_or_default();
            if let (Some(first), Some(last)) = (phrase.first(), phrase.last())
                && is_fault(phrase, length, read)
            {
                found.add(FormKind::Doubled, first.start..last.end, "the same words in a row");
            }
        }
    }
}

/// Whether words that stand in a row twice are no way of speaking, no number and no name that the facts hold.
fn is_fault(phrase: &[Word<'_>], length: usize, read: FormText<'_>) -> bool {
    let is_plain =
        |word: &Word<'_>| word.text.chars().all(char::is_alphabetic) && !word.text.chars().any(is_cjk);
    let may = |word: &Word<'_>| FORM.may_double.contains(&word.lower);
    let is_speech = if length == 1 { phrase.iter().any(may) } else { phrase.iter().all(may) };
    let (Some(first), Some(last)) = (phrase.first(), phrase.last()) else { return false };
    let said = read.text.get(first.start..last.end).unwrap_or_default();
    // Between names ("Bora Bora" as "Bora-Bora") only the facts decide.
    phrase.iter().any(is_plain) && !is_speech && !read.held.says(said)
}

fn letters_in_a_row(words: &[Word<'_>], found: &mut Faults) {
    for word in words.iter().filter(|word| word.text.len() > LETTERS_MAX) {
        let (mut last, mut run) = (None, 0);
        for c in word.lower.chars().filter(|c| c.is_alphabetic() && !is_cjk(*c)) {
            run = if Some(c) == last { run + 1 } else { 1 };
            last = Some(c);
            if run > LETTERS_MAX && c != 'x' {
                found.add(FormKind::Doubled, word.start..word.end, "the same letter in a row");
                break;
            }
        }
    }
}

/// Characters in a row, where words are written without blanks.
fn runs(text: &str, found: &mut Faults) {
    let mut run: Vec<(usize, char)> = Vec::new();
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        if is_cjk(c) && c != 'ー' && c != '・' {
            run.push((at, c));
        } else {
            in_run(&run, found);
            run.clear();
        }
    }
}

fn in_run(run: &[(usize, char)], found: &mut Faults) {
    for length in 1..=PHRASE_CHARS_MAX.min(run.len() / 2) {
        let mut again = 0;
        for place in length..run.len() {
            let (Some((_, here)), Some((_, before))) = (run.get(place), run.get(place - length)) else {
                break;
            };
            again = if here == before { again + 1 } else { 0 };
            let Some((end, last)) = run.get(place) else { break };
            // Reduplication is grammar: 常常, いろいろ, 研究研究, もっともっと.
            let kana = || {
                let unit = run.get(place + 1 - length..=place).unwrap_or_default();
                unit.iter().any(|(_, c)| matches!(c, '\u{3040}'..='\u{30ff}'))
            };
            let needed = match length {
                1 => 3,
                2 => 4,
                _ if kana() => length * 2,
                _ => length,
            };
            if again >= needed
                && let Some((start, _)) = run.get(place + 1 - needed - length)
            {
                found.add(FormKind::Doubled, *start..end + last.len_utf8(), "the same words in a row");
                return;
            }
        }
    }
}
