//! The words of the facts: which there are, whether an attribute affirms them, and which attributes' values hold them.

use std::sync::LazyLock;

use foldhash::{HashMap, HashSet};

use super::attribute_text::ParsedAttribute;
use super::clauses::{Clause, clauses};
use super::words::{Word, folded, folded_set};

/// Signs that join the parts of a compound.
const SIGNS: [char; 5] = ['-', '.', '/', '+', '&'];

/// A word that more attributes' values hold is supported by none of them.
const SHARED_MAX: usize = 3;

/// Words that hold a sentence together and state nothing.
const FUNCTION_WORDS: &str = "\
    the|and|for|with|from|that|this|it|its|are|was|has|have|can|you|your|all|one|not|but|into|over|more|\
    most|any|each|also|yes|no|up|to|of|in|on|at|by|or|as|a|an|is|be|der|die|das|und|mit|für|von|ein|eine|\
    ist|les|des|une|avec|pour|dan|est|et|la|le|de|du|los|las|con|para|el|y|un|una|的|和|了|是|在|は|の|に|を|と|で|\
    が|です|ます";

/// A word of the facts.
#[derive(Debug, Default)]
struct KnownWord {
    affirmed: bool,
    /// Whether it is more than a part of what the product is called.
    common: bool,
    /// Attributes whose values hold it.
    attributes: Vec<usize>,
}

/// The words of the facts.
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    entries: HashMap<String, KnownWord>,
}

impl Vocabulary {
    /// Takes note of one attribute's words.
    pub(super) fn add(&mut self, fact: &ParsedAttribute<'_>) {
        // The name of what is affirmed without more words, "NFC: Yes", is as good as a value.
        let bare =
            !fact.denied && fact.value_words.iter().map(|clause| clause.words.len()).sum::<usize>() == 1;
        let common = !matches!(fact.name, "title" | "brand" | "gtin" | "name");
        self.know(&fact.name_words, !fact.denied, bare.then_some(fact.attribute), true);
        self.know(&fact.value_words, !fact.denied, Some(fact.attribute), common);
        if fact.denied {
            // "No; 32-bit audio": what follows is affirmed.
            let rest = fact.value.split_once([';', ',']).map_or("", |(_, rest)| rest);
            self.know(&clauses(rest), true, Some(fact.attribute), true);
        }
    }

    fn know(&mut self, clauses: &[Clause<'_>], affirmed: bool, attribute: Option<usize>, common: bool) {
        for word in clauses.iter().flat_map(|clause| &clause.words) {
            // "72 g without battery" affirms no battery.
            let affirmed = affirmed && !word.denied;
            let attribute = attribute.filter(|_| !word.denied);
            if word.folded.contains(SIGNS) {
                for part in parts(&word.folded) {
                    self.enter(part, affirmed, attribute, common);
                    self.enter(&folded(part), affirmed, attribute, common);
                }
            }
            self.enter(&word.folded, affirmed, attribute, common);
        }
    }

    fn enter(&mut self, word: &str, affirmed: bool, attribute: Option<usize>, common: bool) {
        let entry = match self.entries.get_mut(word) {
            Some(entry) => entry,
            None => self.entries.entry(word.to_owned()).or_default(),
        };
        entry.affirmed |= affirmed;
        entry.common |= common;
        if let Some(attribute) = attribute
            && entry.attributes.last() != Some(&attribute)
        {
            entry.attributes.push(attribute);
        }
    }

    /// Whether the facts have a word, as folded.
    pub(super) fn has(&self, word: &str) -> bool {
        self.entries.contains_key(word)
    }

    /// Whether an attribute affirms a word.
    pub(super) fn affirms(&self, word: &str) -> bool {
        self.entries.get(word).is_some_and(|entry| entry.affirmed)
    }

    /// Whether the facts have a word, its parts, or one that it is a part of.
    pub(super) fn covers(&self, word: &str) -> bool {
        self.has(word)
            || (word.contains(SIGNS) && parts(word).all(|part| self.has(part) || self.has(&folded(part))))
            // "SIMs" of "SIM".
            || word.strip_suffix('s').is_some_and(|one| self.has(one))
    }

    /// Whether a word shows that text and facts share a language: `None` for names, numbers and units, which every
    /// language has.
    pub(super) fn shares(&self, word: &Word<'_>) -> Option<bool> {
        let universal = word.text.contains(|c: char| c.is_ascii_digit())
            || word.text.chars().nth(1).is_none() && word.text.is_ascii()
            || crate::product::unit::named(word.text).is_some()
            || is_function_word(&word.folded);
        match self.entries.get(word.folded.as_str()) {
            _ if universal => None,
            Some(entry) if !entry.common => None,
            Some(_) => Some(true),
            None => Some(self.covers(&word.folded)),
        }
    }

    /// The same for a word of a few letters that may begin a longer one: "microSD" of "microSDHC", "LTE" of "LTE-A".
    pub(super) fn begins(&self, word: &str) -> bool {
        word.chars().nth(2).is_some() && self.entries.keys().any(|known| known.starts_with(word))
    }

    /// An attribute whose value says a word, where few do.
    pub(super) fn value_of(&self, word: &str) -> Option<usize> {
        let entry =
            self.entries.get(word).filter(|entry| entry.affirmed && entry.attributes.len() <= SHARED_MAX)?;
        entry.attributes.first().copied()
    }

    /// Whether the value of another attribute has all of these words.
    pub(super) fn elsewhere(&self, words: &[String], than: usize) -> bool {
        let mut lists =
            words.iter().map(|word| self.entries.get(word.as_str()).filter(|entry| entry.affirmed));
        let Some(Some(first)) = lists.next() else { return false };
        let lists: Vec<_> = lists.collect();
        first.attributes.iter().filter(|attribute| **attribute != than).any(|attribute| {
            lists.iter().all(|list| list.is_some_and(|entry| entry.attributes.contains(attribute)))
        })
    }

    /// The attributes that support a word: those whose values hold it, where it says anything.
    pub(super) fn supporting(&self, word: &Word<'_>) -> &[usize] {
        if word.denied || word.folded.chars().nth(1).is_none() || is_function_word(&word.folded) {
            return &[];
        }
        self.entries
            .get(word.folded.as_str())
            .map(|entry| entry.attributes.as_slice())
            .filter(|attributes| attributes.len() <= SHARED_MAX)
            .unwrap_or(&[])
    }
}

/// Whether a word holds a sentence together and says nothing.
pub(super) fn is_function_word(folded: &str) -> bool {
    static FOLDED: LazyLock<HashSet<String>> = LazyLock::new(|| folded_set(FUNCTION_WORDS));
    FOLDED.contains(folded)
}

/// The parts of a compound: `wi-fi` has `wi` and `fi`, `a/b` has `a` and `b`.
pub(super) fn parts(word: &str) -> impl Iterator<Item = &str> + '_ {
    word.split(SIGNS).filter(|part| !part.is_empty())
}
