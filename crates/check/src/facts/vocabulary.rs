//! The words of the facts: which there are, whether an attribute affirms them, and which attributes' values hold them.

use std::sync::OnceLock;

use super::lemma::{ByLemma, Lemma, folded, lemma};
use super::lexicon::{Languages, Role, languages_of, lexicon};
use super::sheet::ReadAttribute;
use super::tokens::{Tokens, Word};
use crate::product::unit::named;

/// Signs that join the parts of a compound.
pub(super) const SIGNS: [char; 6] = ['-', '.', '/', '+', '&', '‑'];

/// A word that more attributes' values hold is supported by none of them.
const SHARED_MAX: usize = 3;

/// A word of the facts.
#[derive(Debug, Default)]
struct KnownWord {
    affirmed: bool,
    /// Whether a value denies it.
    denied: bool,
    /// Whether it is more than a part of what the product is called.
    common: bool,
    /// Attributes whose values hold it.
    attributes: Vec<usize>,
}

/// The words of the facts.
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    entries: ByLemma<KnownWord>,
    /// How many words of values each language of the lexicon has.
    languages: [usize; 6],
    /// Words that stand side by side in what the product is called.
    names: foldhash::HashSet<(Lemma, Lemma)>,
    /// The texts that they stand in, for questions about their letters.
    texts: Vec<String>,
    sorted: OnceLock<Vec<String>>,
}

impl Vocabulary {
    /// Takes note of one attribute's words.
    pub(super) fn add(&mut self, fact: &ReadAttribute<'_>) {
        let affirmed = !fact.attribute.denied;
        // The name of what is affirmed without more words, "NFC: Yes", is as good as a value.
        let bare = affirmed && fact.value.words.len() <= 1;
        let common = !fact.attribute.names_product();
        self.know(fact.name, affirmed, bare.then_some(fact.place), true);
        self.know(fact.value, affirmed, Some(fact.place), common);
        if !affirmed {
            // "No; 32-bit audio": what follows is affirmed.
            let rest = fact.attribute.value.split_once([';', ',']).map_or("", |(_, rest)| rest);
            self.know(&Tokens::new(rest, Languages::ALL), true, Some(fact.place), true);
        }
        if common {
            for word in &fact.value.words {
                for (place, count) in self.languages.iter_mut().enumerate() {
                    *count += usize::from(languages_of(word).has(place));
                }
            }
        }
        if fact.attribute.names_product() {
            let pairs = fact.value.words.windows(2);
            self.names.extend(pairs.filter_map(|pair| Some((pair.first()?.lemma, pair.last()?.lemma))));
        }
        self.texts.push(fact.called.to_owned());
        self.texts.push(fact.attribute.value.clone());
    }

    fn know(&mut self, tokens: &Tokens<'_>, affirmed: bool, attribute: Option<usize>, common: bool) {
        for (place, word) in tokens.words.iter().enumerate() {
            // "72 g without battery" affirms no battery, "BPA free" no BPA.
            let next = tokens.words.get(place + 1);
            let free = next.is_some_and(|next| next.is(Role::Free) && tokens.between(word, next) == " ");
            let word_denied = word.denied || free;
            let affirmed = affirmed && !word_denied;
            let attribute = attribute.filter(|_| !word_denied);
            if is_compound(word.text) {
                // "Gluten-free" affirms no gluten.
                let free = parts(word.text).any(|part| lexicon().has_role(part, Role::Free));
                let attribute = attribute.filter(|_| !free);
                for part in parts(word.text) {
                    self.enter(lemma(part), affirmed && !free, attribute, common);
                }
            }
            self.enter(word.lemma, affirmed, attribute, common);
            if word_denied && let Some(entry) = self.entries.get_mut(&word.lemma) {
                entry.denied = true;
            }
        }
    }

    fn enter(&mut self, word: Lemma, affirmed: bool, attribute: Option<usize>, common: bool) {
        let entry = self.entries.entry(word).or_default();
        entry.affirmed |= affirmed;
        entry.common |= common;
        if let Some(attribute) = attribute
            && entry.attributes.last() != Some(&attribute)
        {
            entry.attributes.push(attribute);
        }
    }

    /// Whether a word is one of the product's name.
    pub(super) fn is_name(&self, word: Lemma) -> bool {
        self.names.iter().any(|(one, next)| *one == word || *next == word)
            || self.entries.get(&word).is_some_and(|entry| !entry.common)
    }

    /// Whether two words stand side by side in what the product is called.
    pub(super) fn names(&self, pair: (Lemma, Lemma)) -> bool {
        self.names.contains(&pair)
    }

    /// Whether the facts have a word.
    pub(super) fn has(&self, word: Lemma) -> bool {
        self.entries.contains_key(&word)
    }

    /// Whether an attribute affirms a word.
    pub(super) fn affirms(&self, word: Lemma) -> bool {
        self.entries.get(&word).is_some_and(|entry| entry.affirmed)
    }

    /// Whether the facts have a word in denials alone: the airbag of "never use with front airbag".
    pub(super) fn only_denies(&self, word: Lemma) -> bool {
        self.entries.get(&word).is_some_and(|entry| entry.denied && !entry.affirmed)
    }

    /// Whether the facts have a word, or all of its parts.
    pub(super) fn covers(&self, word: &Word<'_>) -> bool {
        self.has(word.lemma) || self.has_parts(word.text)
    }

    /// Whether the facts have the parts of a compound, or all of it as one word: "Nutri-Score" of `nutriscore_grade`.
    fn has_parts(&self, text: &str) -> bool {
        is_compound(text)
            && (parts(text).all(|part| self.has(lemma(part)))
                || self.has(lemma(&parts(text).collect::<String>())))
    }

    /// Whether the facts' values are in other languages than these: their words are, more than twice as often.
    pub(super) fn is_foreign_to(&self, languages: Languages) -> bool {
        /// Fewer words that a language has say nothing about the facts.
        const WORDS_MIN: usize = 3;
        let most = self.languages.iter().copied().max().unwrap_or_default();
        let of = |(place, count): (usize, &usize)| languages.has(place).then_some(*count);
        let own = self.languages.iter().enumerate().filter_map(of).max().unwrap_or_default();
        most >= WORDS_MIN && own * 2 < most
    }

    /// Whether an attribute affirms a word, or all of its parts.
    pub(super) fn affirms_word(&self, word: &Word<'_>) -> bool {
        self.affirms(word.lemma)
            || (word.text.contains(SIGNS) && parts(word.text).all(|part| self.affirms(lemma(part))))
    }

    /// Whether a word shows that text and facts share a language: `None` for names, numbers and units, which every
    /// language has.
    pub(super) fn shares(&self, word: &Word<'_>) -> Option<bool> {
        let universal = word.is(Role::Function)
            || word.has_digit()
            || (!word.is_longer_than(1) && word.text.is_ascii())
            || named(word.text).is_some();
        match self.entries.get(&word.lemma) {
            _ if universal => None,
            Some(entry) if !entry.common => None,
            Some(_) => Some(true),
            None => Some(self.covers(word)),
        }
    }

    /// Whether a word of more than three letters begins one of the facts', or one of theirs begins it: "microSD" of
    /// "microSDHC", "LTE" of "LTE-A".
    pub(super) fn begins(&self, word: &str) -> bool {
        if word.chars().nth(2).is_none() {
            return false;
        }
        let folded = folded(word);
        let words = self.sorted.get_or_init(|| {
            let spans = |text: &String| {
                super::words::spans(text)
                    .into_iter()
                    .filter_map(|(start, end)| text.get(start..end).map(super::lemma::folded))
                    .collect::<Vec<_>>()
            };
            let mut words: Vec<String> = self.texts.iter().flat_map(spans).collect();
            words.sort_unstable();
            words.dedup();
            words
        });
        let from = words.partition_point(|known| known.as_str() < folded.as_str());
        words.get(from).is_some_and(|known| known.starts_with(&folded))
    }

    /// An attribute whose value has a word, where few do.
    pub(super) fn value_of(&self, word: Lemma) -> Option<usize> {
        let entry =
            self.entries.get(&word).filter(|entry| entry.affirmed && entry.attributes.len() <= SHARED_MAX)?;
        entry.attributes.first().copied()
    }

    /// An attribute that affirms a word.
    pub(super) fn affirming(&self, word: Lemma) -> Option<usize> {
        self.entries.get(&word).filter(|entry| entry.affirmed)?.attributes.first().copied()
    }

    /// Whether the value of another attribute has all of these words.
    pub(super) fn elsewhere(&self, words: &[Lemma], than: usize) -> bool {
        let mut lists = words.iter().map(|word| self.entries.get(word).filter(|entry| entry.affirmed));
        let Some(Some(first)) = lists.next() else { return false };
        let lists: Vec<_> = lists.collect();
        first.attributes.iter().filter(|attribute| **attribute != than).any(|attribute| {
            lists.iter().all(|list| list.is_some_and(|entry| entry.attributes.contains(attribute)))
        })
    }

    /// The attributes that support a word: those whose values hold it, where it says anything.
    pub(super) fn supporting(&self, word: &Word<'_>) -> &[usize] {
        // "No" in a sentence is no value of `eco: No`.
        let answers = || [Role::Yes, Role::No, Role::Not].into_iter().any(|role| word.is(role));
        if word.denied || !word.is_longer_than(1) || word.is(Role::Function) || answers() {
            return &[];
        }
        self.entries
            .get(&word.lemma)
            .map(|entry| entry.attributes.as_slice())
            .filter(|attributes| attributes.len() <= SHARED_MAX)
            .unwrap_or(&[])
    }
}

/// Whether a word has parts: the grade "A+" has none.
pub(super) fn is_compound(word: &str) -> bool {
    word.contains(SIGNS) && !word.ends_with('+')
}

/// The parts of a compound: `wi-fi` has `wi` and `fi`, `a/b` has `a` and `b`.
pub(super) fn parts(word: &str) -> impl Iterator<Item = &str> + '_ {
    word.split(SIGNS).filter(|part| !part.is_empty())
}
