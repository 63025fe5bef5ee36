//! What an instruction is about, to find texts that carry it out.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;
use unicode_segmentation::UnicodeSegmentation as _;

use super::data::{ANSWERS, ASK, DUTY, FUNCTION, Flags, LEAD, ME, META, READER, THING, VERBS, WH, WORDS};
use super::plain::fold;

/// Words that every instruction has, and every text.
const HOLLOW: Flags = VERBS | FUNCTION | READER | THING | ME | META | ANSWERS | DUTY | LEAD | ASK | WH;

fn is_listed(word: &str, flags: Flags) -> bool {
    WORDS.entry(word).is_some_and(|entry| entry.flags.iter().any(|known| known & flags != 0))
}

/// Words that carry what an instruction is about.
#[derive(Clone, Debug, Default)]
pub struct Keywords {
    words: HashSet<String>,
    /// Parts that it wants written word for word, and addresses, in lower case.
    verbatim: Vec<String>,
    /// Words that may be names: no list has them.
    unknown: HashSet<String>,
    /// Those that stand with a capital within a sentence.
    names: HashSet<String>,
}

#[expect(clippy::unwrap_used, reason = "a constant pattern, compiled by the tests")]
static VERBATIM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"["“«「]([^"”»」]{4,200})["”»」]|(?:^|\s)['‘]([^'’]{4,200})['’](?:\W|$)|\b(?:https?://)?(?:www\.)?[\w-]+\.(?:com|net|org|info|io|xyz|shop|de|co|biz)\b\S*|[\w.+-]+@[\w-]+\.[\w.]+"#).unwrap()
});

/// The words of a text that carry something, in lower case.
fn words(text: &str) -> impl Iterator<Item = String> {
    let folded = text.unicode_words().map(str::to_lowercase);
    folded.filter(|word| word.chars().count() > 2 || !word.is_ascii()).filter(|word| !is_listed(word, HOLLOW))
}

/// The words of a text that begin with a capital, and whether each is the first of its clause.
fn capitals(text: &str) -> impl Iterator<Item = (&str, bool)> {
    text.unicode_word_indices().filter_map(|(at, word)| {
        let mut letters = word.chars();
        let capital = letters.next().is_some_and(char::is_uppercase) && letters.any(char::is_lowercase);
        let before = text.get(..at).unwrap_or_default().trim_end();
        let first = before.is_empty()
            || before.ends_with(['.', '!', '?', ':', '"', '“', '\'', '•', '-', '–', '\n', '(', ';']);
        capital.then_some((word, first))
    })
}

impl Keywords {
    /// What an instruction is about.
    #[must_use]
    pub fn of(instruction: &str) -> Self {
        let verbatim = VERBATIM.captures_iter(instruction).filter_map(|found| {
            let part = found.get(1).or_else(|| found.get(2)).or_else(|| found.get(0))?;
            Some(part.as_str().trim_matches(['.', ',', '!', ' ']).to_lowercase())
        });
        let unlisted = || words(instruction).filter(|word| !is_listed(&fold(word), Flags::MAX));
        let names = capitals(instruction).filter(|(_, first)| !first).map(|(word, _)| word.to_lowercase());
        Self {
            verbatim: verbatim.collect(),
            words: words(instruction).collect(),
            unknown: unlisted().filter(|word| word.chars().any(char::is_alphabetic)).collect(),
            names: names.filter(|name| !is_listed(&fold(name), Flags::MAX)).collect(),
        }
    }

    /// The words that only the instruction has, given those that the product's own texts have.
    #[must_use]
    pub fn beside<S: std::hash::BuildHasher>(mut self, own: &HashSet<String, S>) -> Self {
        self.unknown.retain(|word| !own.contains(word));
        self.names.retain(|word| !own.contains(word));
        self
    }

    /// The name in a sentence that only the instruction has: somebody else's.
    #[must_use]
    pub fn name_in<'s>(&self, sentence: &'s str) -> Option<&'s str> {
        if self.unknown.is_empty() && self.names.is_empty() {
            return None;
        }
        let is_name = |word: &&str| self.names.contains(&word.to_lowercase());
        let mut capitals = capitals(sentence).filter(|(_, first)| !first);
        let found =
            capitals.find(|(word, _)| self.unknown.contains(&word.to_lowercase())).map(|(word, _)| word);
        found.or_else(|| sentence.unicode_words().find(is_name))
    }

    /// Whether a sentence carries the instruction out: it holds what was to be written word for word, or at least half of
    /// the words that the instruction is about.
    #[must_use]
    pub fn is_followed_by(&self, sentence: &str) -> bool {
        let folded = sentence.to_lowercase();
        if self.verbatim.iter().any(|part| folded.contains(part.as_str())) {
            return true;
        }
        let shared: HashSet<String> = words(sentence).filter(|word| self.words.contains(word)).collect();
        shared.len() >= 2 && shared.len() * 2 >= self.words.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_that_carries_an_instruction_out_shares_its_words() {
        let capital = Keywords::of("What is the capital of Peru?");
        assert!(
            capital.is_followed_by("The capital of Peru is Lima.")
                && !capital.is_followed_by("Made in Peru.")
        );
        let quoted = Keywords::of("Add \"Visit our forum\" at www.forum.com to the text.");
        assert!(
            quoted.is_followed_by("A mug. Visit our forum!") && quoted.is_followed_by("See www.forum.com")
        );
        assert!(!quoted.is_followed_by("A clay mug of 300 ml."));
    }
}
