//! Capitals: words that are written as names of technologies and standards are, and texts that are shouted.

use super::lemma::lemma;
use super::tokens::Word;
use super::vocabulary::Vocabulary;
use crate::product::unit::named;

/// Whether the facts have a name, or a longer one that it begins.
pub(super) fn is_known_name(known: &Vocabulary, word: &Word<'_>) -> bool {
    let has = |text: &str| known.has(lemma(text)) || known.begins(text);
    // Of "GSM-based" it is the part in capitals that is a name.
    let mut names = word
        .text
        .split(['-', '.', '/', '+', '&'])
        .filter(|part| part.chars().skip(1).any(char::is_uppercase));
    known.covers(word) || has(word.text) || named(word.text).is_some() || names.all(has)
}

/// Whether a word is written as names of technologies and standards are: two capitals, or one inside, and no digit
/// (those are codes).
pub(super) fn is_name(word: &str) -> bool {
    let capitals = word.chars().filter(|c| c.is_uppercase()).count();
    let inside = word.chars().skip(1).any(char::is_uppercase);
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    (2..=12).contains(&letters) && capitals >= 1 && inside && !word.bytes().any(|byte| byte.is_ascii_digit())
        // "Full-Length", "T-Shirt": compounds of words with a capital each.
        && !word.split(['-', '/', '&']).all(|part| part.chars().skip(1).all(|c| !c.is_uppercase()))
}

/// Whether a text is written in capitals as a whole: they mean nothing then.
pub(super) fn shouts(text: &str) -> bool {
    let words =
        || text.split_whitespace().filter(|word| word.chars().filter(|c| c.is_alphabetic()).count() > 1);
    let loud = |word: &&str| !word.chars().any(char::is_lowercase);
    words().filter(loud).count() * 3 > words().count() * 2
}
