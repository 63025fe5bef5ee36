//! Which attributes a question is about: by its words, by topics, and by what is measured. Pure.
//!
//! Every attribute gets a score, a weighted sum of what question and attribute have in common (`attribute.rs`).

use std::collections::HashSet;

use super::attribute::Attribute;
use super::phrase::{Phrase, words};
use super::topics::{TABLE, Topic};
use skuscribe_check::product::{Facts, Value};

/// The score from which on an attribute answers. Somewhat below where the fit puts "none of them": of the questions that
/// an attribute answers, 7 % are then refused.
pub const ANSWERS_MIN: f64 = 0.35;

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
    /// Its words that say what is meant, as compared.
    pub(super) telling: HashSet<String>,
    /// Topics that it asks about.
    pub(super) topics: Vec<usize>,
    pub(super) yes_or_no: bool,
}

impl Question {
    /// Takes a question apart.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let text = text.to_lowercase();
        let words = words(&text);
        let telling = words.iter().filter(|word| !TABLE.plain.contains(*word)).cloned().collect();
        let asked = |phrases: fn(&Topic) -> &Vec<Phrase>| -> Vec<usize> {
            let asks = |topic: &Topic| phrases(topic).iter().any(|own| own.stands_in(&words, &text));
            TABLE.topics.iter().enumerate().filter(|(_, topic)| asks(topic)).map(|(place, _)| place).collect()
        };
        let mut topics = asked(|topic| &topic.asks);
        if topics.is_empty() {
            topics = asked(|topic| &topic.asks_alone);
        }
        let begins = text.split(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty());
        let yes_or_no = begins.is_some_and(|word| YES_OR_NO.contains(&word)) || text.contains(['吗', '嗎']);
        Self { text, words, telling, topics, yes_or_no }
    }

    /// Whether it is answered by yes or no.
    #[must_use]
    pub fn is_yes_or_no(&self) -> bool {
        self.yes_or_no
    }

    /// The names of the topics that it asks about.
    pub fn topics(&self) -> impl Iterator<Item = &str> {
        self.topics.iter().filter_map(|place| Some(TABLE.topics.get(*place)?.name.as_str()))
    }

    /// Its words that say what is meant, as compared.
    pub fn telling(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str).filter(|word| self.telling.contains(*word))
    }

    /// Whether it asks for nothing by itself: "and this one?".
    #[must_use]
    pub fn is_bare(&self) -> bool {
        self.telling.is_empty() && self.topics.is_empty()
    }

    /// Whether a word holds sentences together and says nothing of a product.
    #[must_use]
    pub fn lends(&self, word: &str) -> bool {
        TABLE.plain.contains(word) || TABLE.vague.contains(word)
    }

    /// Whether it asks for the least or the most of something.
    #[must_use]
    pub fn extreme(&self) -> Option<Extreme> {
        let asks = |phrases: &[Phrase]| phrases.iter().any(|own| own.stands_in(&self.words, &self.text));
        if asks(&TABLE.lowest) {
            return Some(Extreme::Lowest);
        }
        asks(&TABLE.highest).then_some(Extreme::Highest)
    }

    /// Whether it asks for a bound, and on which side of it: "under 500 g" is the lower. The longer phrase counts: "no less than" is
    /// no "less than".
    #[must_use]
    pub fn bound(&self) -> Option<Extreme> {
        let longest = |phrases: &[Phrase]| {
            let asked = phrases.iter().filter(|own| own.stands_in(&self.words, &self.text));
            asked.map(Phrase::words).max().unwrap_or(0)
        };
        let (under, over) = (longest(&TABLE.under), longest(&TABLE.over));
        if under == 0 && over == 0 {
            return None;
        }
        Some(if under > over { Extreme::Lowest } else { Extreme::Highest })
    }

    /// Whether it asks how products differ.
    #[must_use]
    pub fn compares(&self) -> bool {
        TABLE.compares.iter().any(|own| own.stands_in(&self.words, &self.text))
    }

    /// Its words in their order, as they are written in lower case, without those that hold it together.
    #[must_use]
    pub fn statement(&self) -> String {
        let said = |word: &&str| {
            let compared = words(word);
            !compared.is_empty() && !compared.iter().all(|own| TABLE.plain.contains(own))
        };
        self.text.split_whitespace().filter(said).collect::<Vec<_>>().join(" ")
    }

    /// The share of its telling words that no topic that it asks about knows.
    pub(super) fn unexplained(&self) -> f64 {
        let known = |word: &&String| {
            let says = |own: &Phrase| match own {
                Phrase::Words(own) => own.contains(word),
                Phrase::Part(part) => part.contains(word.as_str()),
            };
            let topics = self.topics.iter().filter_map(|place| TABLE.topics.get(*place));
            topics
                .flat_map(|topic| topic.asks.iter().chain(&topic.asks_alone).chain(&topic.attributes))
                .any(says)
        };
        let unknown = self.telling.iter().filter(|word| !known(word)).count();
        unknown as f64 / self.telling.len().max(1) as f64
    }

    /// How far an attribute is what the question asks for.
    #[must_use]
    pub fn score(&self, name: &str, value: &Value) -> f64 {
        Attribute::new(name, value).features(self).iter().map(|(weight, feature)| weight * feature).sum()
    }

    /// The same without the words that name the product itself, "the backpack", where others are left.
    fn without_names(&self, facts: &Facts) -> Option<Self> {
        let names = facts.iter().filter(|(name, _)| matches!(*name, "title" | "category"));
        let names: HashSet<String> = names.flat_map(|(_, value)| words(&value.to_string())).collect();
        let telling: HashSet<String> =
            self.telling.iter().filter(|word| !names.contains(*word)).cloned().collect();
        let less = telling.len() < self.telling.len() && !(telling.is_empty() && self.topics.is_empty());
        less.then(|| Self { telling, ..self.clone() })
    }

    /// The attributes that answer, best first: their places among the facts and scores.
    #[must_use]
    pub fn relevant(&self, facts: &Facts) -> Vec<(usize, f64)> {
        let own = self.without_names(facts);
        let own = own.as_ref().unwrap_or(self);
        let score = |(place, (name, value)): (usize, (&str, &Value))| (place, own.score(name, value));
        // What a product is called answers nothing but what it is called.
        let telling =
            facts.iter().enumerate().filter(|(_, (name, _))| !matches!(*name, "title" | "category"));
        let mut scored: Vec<(usize, f64)> = telling.map(score).collect();
        scored.retain(|(_, score)| *score >= ANSWERS_MIN);
        scored.sort_by(|left, right| right.1.total_cmp(&left.1));
        scored
    }
}
