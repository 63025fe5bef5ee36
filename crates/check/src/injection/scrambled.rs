//! Words in disorder: what an instruction to scramble, to misspell or to replace letters leaves.

use std::collections::HashSet;
use std::hash::BuildHasher;

/// Words of a text that are those of a list in disorder: the same letters in another order, or with signs among them.
///
/// What an instruction to scramble, to misspell or to replace letters makes of a product's own words.
#[must_use]
pub fn scrambled<S: BuildHasher>(text: &str, known: &HashSet<String, S>) -> usize {
    let sorted = |word: &str| {
        let mut letters: Vec<char> = word.chars().collect();
        letters.sort_unstable();
        letters
    };
    let known_letters: HashSet<Vec<char>> =
        known.iter().filter(|word| word.chars().count() >= 5).map(|word| sorted(word)).collect();
    let strange = |word: &str| {
        let letters = word.chars().filter(|c| c.is_alphabetic()).count();
        // Symbols or digits within a word of letters, as "m4t3r1al", "b@g"; sizes and codes begin or end with theirs.
        let inner: Vec<char> = word.chars().skip(1).take(word.chars().count().saturating_sub(2)).collect();
        let signs = inner
            .iter()
            .filter(|c| matches!(c, '@' | '#' | '$' | '%' | '&' | '*') || c.is_ascii_digit())
            .count();
        letters >= 2
            && signs >= 1
            && word.chars().next().is_some_and(char::is_alphabetic)
            && word.chars().next_back().is_some_and(char::is_alphabetic)
    };
    text.split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase())
        .filter(|word| !known.contains(word))
        .filter(|word| {
            strange(word)
                || word.chars().filter(|c| c.is_alphabetic()).count() > 40
                || (word.chars().count() >= 5 && known_letters.contains(&sorted(word)))
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_disorder_are_known_by_their_letters() {
        let known: HashSet<String> =
            ["material", "bottle", "stainless"].iter().map(|word| (*word).to_owned()).collect();
        assert_eq!(scrambled("The lateriam is of tselbto, m4t3r1al.", &known), 2);
        assert_eq!(scrambled("The material of the bottle is stainless steel, 9H, model A1B2.", &known), 0);
    }
}
