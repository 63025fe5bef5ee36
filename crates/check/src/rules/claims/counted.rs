//! Rules that count: characters, repeated words, words in capitals.

use std::collections::HashMap;
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;

use crate::policy::{Rule, Test};

/// The places that break a rule which counts.
pub(super) fn counted(rule: &Rule, text: &str) -> Vec<Range<usize>> {
    match &rule.test {
        Test::Words(_) => Vec::new(),
        Test::CharactersMax(max) => {
            let beyond = text.char_indices().nth(*max).map(|(at, _)| at..text.len());
            beyond.into_iter().collect()
        }
        Test::Characters(set) => {
            let forbidden = text.char_indices().filter(|(_, c)| set.contains(*c));
            forbidden.map(|(at, c)| at..at + c.len_utf8()).collect()
        }
        Test::RepeatsMax(max) => repeated(text, *max),
        Test::CapitalsMax(max) => capitals(text, *max),
    }
}

/// Words that may repeat: articles, conjunctions, prepositions.
const SMALL_WORDS: &[&str] = &[
    "a", "an", "the", "and", "or", "nor", "but", "of", "for", "with", "without", "in", "on", "at", "to",
    "by", "from", "as", "up", "per", "der", "die", "das", "und", "oder", "mit", "ohne", "für", "von", "im",
    "am", "aus", "zu", "zum", "zur", "de", "la", "le", "les", "et", "ou", "avec", "sans", "pour", "en", "du",
    "des", "à", "au", "el", "los", "las", "y", "o", "con", "sin", "para", "del", "al", "x",
];

/// The words that a text repeats more than `max` times, each at the first place too many.
fn repeated(text: &str, max: usize) -> Vec<Range<usize>> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    let mut places = Vec::new();
    for (start, word) in text.unicode_word_indices() {
        let folded = word.to_lowercase();
        if SMALL_WORDS.contains(&folded.as_str()) || folded.chars().all(|c| !c.is_alphabetic()) {
            continue;
        }
        let count = counts.entry(folded).or_default();
        *count += 1;
        if *count == max + 1 {
            places.push(start..start + word.len());
        }
    }
    places
}

/// Rows of more than `max` words that are capitals alone; codes and abbreviations of up to three letters do not count.
fn capitals(text: &str, max: usize) -> Vec<Range<usize>> {
    let (mut places, mut row): (Vec<Range<usize>>, Vec<Range<usize>>) = (Vec::new(), Vec::new());
    let mut close = |row: &mut Vec<Range<usize>>| {
        if let (Some(first), Some(last)) = (row.first(), row.last())
            && row.len() > max
        {
            places.push(first.start..last.end);
        }
        row.clear();
    };
    for (start, word) in text.unicode_word_indices() {
        let letters = word.chars().filter(|c| c.is_alphabetic()).count();
        let shouted =
            letters >= 4 && word.chars().all(|c| !c.is_lowercase()) && word.chars().any(char::is_uppercase);
        if shouted {
            row.push(start..start + word.len());
        } else if letters >= 4 || word.chars().any(char::is_lowercase) {
            close(&mut row);
        }
    }
    close(&mut row);
    places
}
