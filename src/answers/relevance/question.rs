//! A shopper's question taken apart: its words, its topics, and whether it asks for a yes or no, an extreme, a bound or a
//! comparison. Pure.

use std::collections::HashSet;

use super::lexicon::{LEXICON, QuestionTopic};
use super::phrase::{Phrase, words};
use skuscribe_check::product::Facts;

/// Words with which a question begins that is answered by yes or no.
const YES_OR_NO: &[&str] = &[
    "is", "are", "does", "do", "can", "will", "would", "has", "have", "could", "should", "was", "were",
    "ist", "sind", "hat", "haben", "kann", "gibt", "est", "sont", "a", "ont", "peut", "es", "son", "tiene",
    "tienen", "puede", "hay",
];

/// The least or the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extreme {
    /// The least.
    Lowest,
    /// The most.
    Highest,
}

/// A question, taken apart once.
#[derive(Clone, Debug)]
pub struct Question {
    text: String,
    pub(super) words: Vec<String>,
    /// Its words that are no function words, as compared.
    pub(super) content_words: HashSet<String>,
    /// Places in the lexicon of the topics that it asks about.
    topics: Vec<usize>,
    yes_or_no: bool,
}

impl Question {
    /// Takes a question apart.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let text = text.to_lowercase();
        let words = words(&text);
        let content_words = words.iter().filter(|word| !LEXICON.plain.contains(*word)).cloned().collect();
        let asked = |phrases: fn(&QuestionTopic) -> &Vec<Phrase>| -> Vec<usize> {
            let asks =
                |topic: &QuestionTopic| phrases(topic).iter().any(|phrase| phrase.stands_in(&words, &text));
            LEXICON
                .topics
                .iter()
                .enumerate()
                .filter(|(_, topic)| asks(topic))
                .map(|(place, _)| place)
                .collect()
        };
        let mut topics = asked(|topic| &topic.asks);
        if topics.is_empty() {
            topics = asked(|topic| &topic.asks_alone);
        }
        let begins = text.split(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty());
        let yes_or_no = begins.is_some_and(|word| YES_OR_NO.contains(&word)) || text.contains(['吗', '嗎']);
        Self { text, words, content_words, topics, yes_or_no }
    }

    /// Whether it is answered by yes or no.
    #[must_use]
    pub fn is_yes_or_no(&self) -> bool {
        self.yes_or_no
    }

    /// The names of the topics that it asks about.
    pub fn topics(&self) -> impl Iterator<Item = &str> {
        self.lexicon_topics().map(|topic| topic.name.as_str())
    }

    pub(super) fn lexicon_topics(&self) -> impl Iterator<Item = &'static QuestionTopic> {
        self.topics.iter().filter_map(|place| LEXICON.topics.get(*place))
    }

    /// Its words that are no function words, as compared.
    pub fn content_words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str).filter(|word| self.content_words.contains(*word))
    }

    /// Whether it asks for nothing by itself: "and this one?".
    #[must_use]
    pub fn is_bare(&self) -> bool {
        self.content_words.is_empty() && self.topics.is_empty()
    }

    /// Whether a word holds sentences together and says nothing of a product.
    #[must_use]
    pub fn is_function_word(&self, word: &str) -> bool {
        LEXICON.plain.contains(word) || LEXICON.vague.contains(word)
    }

    /// Whether it asks for the least or the most of something.
    #[must_use]
    pub fn extreme(&self) -> Option<Extreme> {
        // "At most" is a bound.
        let bounds = || LEXICON.under.iter().chain(&LEXICON.over).filter(|bound| self.has(bound));
        let asks = |phrases: &[Phrase]| {
            phrases.iter().any(|phrase| self.has(phrase) && !bounds().any(|bound| bound.holds(phrase)))
        };
        if asks(&LEXICON.lowest) {
            return Some(Extreme::Lowest);
        }
        asks(&LEXICON.highest).then_some(Extreme::Highest)
    }

    /// Whether it asks for a bound, and on which side of it: "under 500 g" is the lower. The longer phrase counts: "no less than" is
    /// no "less than".
    #[must_use]
    pub fn bound(&self) -> Option<Extreme> {
        let longest = |phrases: &[Phrase]| {
            let asked = phrases.iter().filter(|phrase| self.has(phrase));
            asked.map(Phrase::length).max().unwrap_or(0)
        };
        let (under, over) = (longest(&LEXICON.under), longest(&LEXICON.over));
        if under == 0 && over == 0 {
            return None;
        }
        Some(if under > over { Extreme::Lowest } else { Extreme::Highest })
    }

    /// Whether what equals its bound is within it: "at most 1 kg".
    #[must_use]
    pub fn includes_bound(&self) -> bool {
        LEXICON.including.iter().any(|phrase| self.has(phrase))
    }

    /// Whether a phrase stands in it.
    fn has(&self, phrase: &Phrase) -> bool {
        phrase.stands_in(&self.words, &self.text)
    }

    /// Whether it asks how products differ.
    #[must_use]
    pub fn compares(&self) -> bool {
        LEXICON.compares.iter().any(|phrase| self.has(phrase))
    }

    /// Whether it asks for more than whether something is so: "leather or nylon?", "only nylon?", or two questions at once.
    #[must_use]
    pub fn is_qualified(&self) -> bool {
        let end = self.text.trim_end_matches(|c: char| !c.is_alphanumeric()).len();
        let several = self.text.get(..end).is_some_and(|text| text.contains(['?', '？']));
        several || LEXICON.qualifies.iter().any(|phrase| self.has(phrase))
    }

    /// Its words in their order, as they are written in lower case, without those that hold it together.
    #[must_use]
    pub fn statement(&self) -> String {
        let said = |word: &&str| {
            let compared = words(word);
            !compared.is_empty() && !compared.iter().all(|word| LEXICON.plain.contains(word))
        };
        self.text.split_whitespace().filter(said).collect::<Vec<_>>().join(" ")
    }

    /// The share of its content words that no topic that it asks about knows.
    pub(super) fn unexplained(&self) -> f64 {
        let known = |word: &&String| {
            let says = |phrase: &Phrase| match phrase {
                Phrase::Words(words) => words.contains(word),
                Phrase::Part(part) => part.contains(word.as_str()),
            };
            self.lexicon_topics()
                .flat_map(|topic| topic.asks.iter().chain(&topic.asks_alone).chain(&topic.attributes))
                .any(says)
        };
        let unknown = self.content_words.iter().filter(|word| !known(word)).count();
        unknown as f64 / self.content_words.len().max(1) as f64
    }

    /// The question without the words that name the product itself, "the backpack", where others are left.
    pub(super) fn without_names(&self, facts: &Facts) -> Option<Self> {
        let names = facts.iter().filter(|(name, _)| matches!(*name, "title" | "category"));
        let names: HashSet<String> = names.flat_map(|(_, value)| words(&value.to_string())).collect();
        let content_words: HashSet<String> =
            self.content_words.iter().filter(|word| !names.contains(*word)).cloned().collect();
        let less = content_words.len() < self.content_words.len()
            && !(content_words.is_empty() && self.topics.is_empty());
        less.then(|| Self { content_words, ..self.clone() })
    }
}
