//! The names of a product, which are in no language: a text about a "Château Margaux" may be English.

use std::borrow::Cow;
use std::collections::HashSet;

use super::words::{LANGUAGES, is_apostrophe};
use crate::facts::spaced;
use crate::product::Facts;

/// Longest value that is a name as a whole, in words: a colour or a material, and no sentence.
const NAME_WORDS_MAX: usize = 3;

/// Longer than this no value is a name: it is a text in a language of its own.
const PHRASE_BYTES_MAX: usize = 80;

/// The words of a product's names.
pub(super) struct Names {
    /// Of title, brand and short values, which are names as a whole.
    all: HashSet<String>,
    /// Values of one word: quoted as they are, even where a language has that word.
    values: HashSet<String>,
    /// Of longer values: there only words with a capital are names.
    capital: HashSet<String>,
    /// Names of several words, longest first: "de" and "la" are names only within one.
    phrases: Vec<String>,
    /// Title and brand, as they are written.
    titles: Vec<String>,
}

impl Names {
    pub(super) fn of(facts: &Facts) -> Self {
        let (mut all, mut capital) = (HashSet::new(), HashSet::new());
        let (mut phrases, mut titles) = (Vec::new(), Vec::new());
        let (mut values, mut of_one_word) = (Vec::new(), HashSet::new());
        for (attribute, value) in facts.iter() {
            let is_title = matches!(attribute, "title" | "brand");
            // What attributes are called is in no language either: "Food groups en: sweets".
            let name = spaced(attribute);
            if name.contains(' ') && !is_title {
                let mut capital = name.clone();
                capital.get_mut(..1).into_iter().for_each(str::make_ascii_uppercase);
                phrases.extend([name, capital]);
            }
            value.texts(&mut values);
            for value in values.drain(..) {
                let parts =
                    value.split(", ").filter(|part| part.contains(' ') && part.len() <= PHRASE_BYTES_MAX);
                phrases.extend(parts.map(str::to_owned));
                let words = value.split(|c: char| !is_of_word(c)).filter(|word| word.chars().count() > 2);
                let words: Vec<String> = words.map(str::to_lowercase).collect();
                if !is_title && let [word] = words.as_slice() {
                    of_one_word.insert(word.clone());
                }
                let is_name = is_title || words.len() <= NAME_WORDS_MAX;
                if is_name {
                    all.extend(words);
                } else {
                    capital.extend(words);
                }
                if is_title && !value.is_empty() {
                    titles.push(value);
                }
            }
        }
        phrases.extend(titles.iter().filter(|title| title.contains(' ')).cloned());
        phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.len()));
        phrases.dedup();
        Self { all, values: of_one_word, capital, phrases, titles }
    }

    /// A text without the product's names.
    pub(super) fn without(&self, text: &str) -> String {
        let bare = self.phrases.iter().fold(Cow::Borrowed(text), |text, phrase| {
            if text.contains(phrase.as_str()) { Cow::Owned(text.replace(phrase, " ")) } else { text }
        });
        bare.split_inclusive(|c: char| !is_of_word(c))
            .filter(|word| !self.has(word.trim_end_matches(|c: char| !is_of_word(c))))
            .collect()
    }

    /// A text without title and brand, for scripts that have no blanks.
    pub(super) fn without_titles(&self, text: &str) -> String {
        self.titles.iter().fold(text.to_owned(), |text, title| text.replace(title, " "))
    }

    fn has(&self, word: &str) -> bool {
        let lower = word.to_lowercase();
        if LANGUAGES.is_function_word(&lower) {
            return self.values.contains(&lower);
        }
        self.all.contains(&lower)
            || (word.chars().next().is_some_and(char::is_uppercase) && self.capital.contains(&lower))
    }
}

fn is_of_word(c: char) -> bool {
    c.is_alphabetic() || is_apostrophe(c) || c == '-'
}
