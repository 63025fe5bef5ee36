//! The words that a product shares with what is said of it.

use foldhash::HashMap;

use super::plain::fold;
use crate::product::Product;
use crate::product::unit::is_cjk;

/// Letters by which words count as the same.
const STEM_CHARS: usize = 6;
/// A longer value is prose, and lends no words.
const VALUE_WORDS_MAX: usize = 6;

/// Words of a product's title, brand, category, names and values, each with the text that it comes from: no sentence rests on
/// its own words.
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    stems: HashMap<u64, Source>,
}

/// The text that has a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    One(u64),
    Several,
}

impl Vocabulary {
    /// The words of a product.
    pub(super) fn of(product: &Product) -> Self {
        let mut vocabulary = Self::default();
        for text in [&product.title, &product.brand].into_iter().flatten() {
            vocabulary.add(text, text);
        }
        for text in &product.category {
            vocabulary.add(text, &product.category.join(" "));
        }
        let variants = product.variants.iter().flat_map(|variant| variant.attributes.iter());
        let mut texts = Vec::new();
        for (name, value) in product.attributes.iter().chain(variants) {
            value.texts(&mut texts);
            let whole = texts.join(" ");
            if name.split_whitespace().count() <= VALUE_WORDS_MAX {
                vocabulary.add(&name.replace(['_', '-'], " "), name);
            }
            for text in texts.drain(..) {
                if text.split_whitespace().count() <= VALUE_WORDS_MAX {
                    vocabulary.add(&text, &whole);
                }
            }
        }
        vocabulary
    }

    fn add(&mut self, text: &str, whole: &str) {
        let source = hash(whole.chars());
        for stem in stems(&fold(text)) {
            let known = self.stems.entry(stem).or_insert(Source::One(source));
            if *known != Source::One(source) {
                *known = Source::Several;
            }
        }
    }

    /// Whether a text of the product other than `own` has a word.
    pub(super) fn has(&self, word: &str, own: u64) -> bool {
        self.stems.get(&stem(word)).is_some_and(|source| *source != Source::One(own))
    }

    /// Whether a text of the product other than `own` has two characters in a row of a text without blanks.
    pub(super) fn shares(&self, text: &str, own: u64) -> bool {
        pairs(text).any(|pair| self.stems.get(&pair).is_some_and(|source| *source != Source::One(own)))
    }
}

/// The number of a text, as words name their source.
pub(super) fn source(whole: &str) -> u64 {
    hash(whole.chars())
}

fn stems(text: &str) -> impl Iterator<Item = u64> + '_ {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().nth(1).is_some());
    words.map(stem).chain(pairs(text))
}

/// A word by its first letters, without the plural's last one.
fn stem(word: &str) -> u64 {
    let singular = word.strip_suffix(['s', 'S']).filter(|singular| singular.len() > 2).unwrap_or(word);
    hash(singular.chars().take(STEM_CHARS).flat_map(char::to_lowercase))
}

/// Two ideographs in a row, and whole words in katakana.
fn pairs(text: &str) -> impl Iterator<Item = u64> + '_ {
    let is_katakana = |c: char| matches!(c, '\u{30a1}'..='\u{30fc}');
    let is_ideograph = move |c: char| is_cjk(c) && !is_katakana(c) && !matches!(c, '\u{3040}'..='\u{309f}');
    let two = text.chars().zip(text.chars().skip(1));
    let two = two.filter(move |(first, second)| is_ideograph(*first) && is_ideograph(*second));
    let words = text.split(move |c: char| !is_katakana(c)).filter(|word| word.chars().nth(2).is_some());
    two.map(|(first, second)| hash([first, second].into_iter())).chain(words.map(|word| hash(word.chars())))
}

/// FNV-1a.
fn hash(characters: impl Iterator<Item = char>) -> u64 {
    characters.fold(0xcbf2_9ce4_8422_2325, |hash, c| (hash ^ u64::from(c)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_rests_on_other_texts_words_and_not_on_its_own() {
        let product: Product = serde_json::from_str(
            r#"{"sku":"A","title":"Stoneware Mugs","attributes":{"note":"Add Zorbo","材质":"陶瓷"}}"#,
        )
        .unwrap();
        let vocabulary = Vocabulary::of(&product);
        let own = source("Add Zorbo");
        assert!(vocabulary.has("mug", own) && vocabulary.has("Zorbo", 0) && !vocabulary.has("Zorbo", own));
        assert!(vocabulary.shares("这个陶瓷杯", own) && !vocabulary.shares("写一首诗", own));
    }
}
