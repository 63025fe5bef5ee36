//! Which attributes a question is about: by its words, by topics, and by what is measured. Pure.
//!
//! Every attribute gets a score, a weighted sum of what question and attribute have in common. The weights are those of a
//! conditional logit over the attributes of a product and "none of them", fitted to 800 questions that people had marked
//! (`questions_dev.jsonl` of semiPQA); five-fold cross-validation gave the same figures as all of them.

use std::collections::HashSet;
use std::sync::LazyLock;

use serde::Deserialize;

use super::phrase::{Phrase, words};
use crate::product::unit::{Dimension, named};
use crate::product::{Facts, Value};

const TOPICS: &str = include_str!("../../config/questions.toml");

/// The score from which on an attribute answers. Somewhat below where the fit puts "none of them": of the questions that
/// an attribute answers, 7 % are then refused.
pub const ANSWERS_MIN: f64 = 0.35;

const FEATURES: usize = 27;

/// What each feature counts, in their order.
const WEIGHTS: [f64; FEATURES] = [
    0.53, 0.28, 0.56, 1.37, 0.68, 0.35, 1.09, 0.66, 1.27, 0.39, 0.75, 0.18, 0.8, 0.68, 0.0, 0.6, 1.29, 0.46,
    0.47, 0.34, -1.07, -0.96, -1.43, 0.9, -2.0, -0.5, -2.0,
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    vague: Vec<String>,
    plain: Vec<String>,
    lowest: Vec<String>,
    highest: Vec<String>,
    under: Vec<String>,
    over: Vec<String>,
    compares: Vec<String>,
    topic: Vec<FileTopic>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileTopic {
    name: String,
    asks: Vec<String>,
    #[serde(default)]
    asks_alone: Vec<String>,
    attributes: Vec<String>,
    #[serde(default)]
    dimension: Option<String>,
}

/// How many words of a phrase say something.
fn length(phrase: &Phrase) -> usize {
    match phrase {
        Phrase::Words(words) => words.iter().filter(|word| !TABLE.vague.contains(*word)).count().max(1),
        Phrase::Part(_) => 1,
    }
}

/// What shoppers ask about.
#[derive(Debug)]
struct Topic {
    name: String,
    asks: Vec<Phrase>,
    /// Asks for it only where nothing else is asked for.
    asks_alone: Vec<Phrase>,
    attributes: Vec<Phrase>,
    dimension: Option<Dimension>,
}

#[derive(Debug)]
struct Table {
    vague: HashSet<String>,
    plain: HashSet<String>,
    lowest: Vec<Phrase>,
    highest: Vec<Phrase>,
    under: Vec<Phrase>,
    over: Vec<Phrase>,
    compares: Vec<Phrase>,
    topics: Vec<Topic>,
}

#[expect(clippy::unwrap_used, reason = "compiled in, read by the tests")]
static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let file: File = toml::from_str(TOPICS).unwrap();
    let set = |texts: &[String]| texts.iter().flat_map(|text| words(text)).collect();
    let phrases = |texts: &[String]| -> Vec<Phrase> { texts.iter().map(|text| Phrase::of(text)).collect() };
    let topic = |own: &FileTopic| Topic {
        name: own.name.clone(),
        asks: phrases(&own.asks),
        asks_alone: phrases(&own.asks_alone),
        attributes: phrases(&own.attributes),
        dimension: own.dimension.as_deref().and_then(dimension),
    };
    Table {
        vague: set(&file.vague),
        plain: set(&file.plain),
        lowest: phrases(&file.lowest),
        highest: phrases(&file.highest),
        under: phrases(&file.under),
        over: phrases(&file.over),
        compares: phrases(&file.compares),
        topics: file.topic.iter().map(topic).collect(),
    }
});

fn dimension(name: &str) -> Option<Dimension> {
    Some(match name {
        "mass" => Dimension::Mass,
        "length" => Dimension::Length,
        "volume" => Dimension::Volume,
        "time" => Dimension::Time,
        "data" => Dimension::Data,
        "charge" => Dimension::Charge,
        _ => return None,
    })
}

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
    words: Vec<String>,
    telling: HashSet<String>,
    /// Topics that it asks about.
    topics: Vec<usize>,
    yes_or_no: bool,
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

    /// Whether it asks for a bound, and on which side of it: "under 500 g" is the lower.
    #[must_use]
    pub fn bound(&self) -> Option<Extreme> {
        let asks = |phrases: &[Phrase]| phrases.iter().any(|own| own.stands_in(&self.words, &self.text));
        if asks(&TABLE.under) {
            return Some(Extreme::Lowest);
        }
        asks(&TABLE.over).then_some(Extreme::Highest)
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
    fn unexplained(&self) -> f64 {
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
        let features = Attribute::new(name, value).features(self);
        features.iter().zip(WEIGHTS).map(|(feature, weight)| feature * weight).sum()
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

/// An attribute, taken apart.
struct Attribute {
    name: Vec<String>,
    group: Vec<String>,
    name_text: String,
    /// Words of the value that name what follows them: "Width: 5 in".
    keys: Vec<String>,
    values: Vec<String>,
    value_text: String,
    /// What is measured in it.
    dimensions: Vec<Dimension>,
    is_boolean: bool,
}

/// The number of values that are read of a long text: what it is about stands at its beginning.
const VALUE_BYTES_MAX: usize = 2_000;

impl Attribute {
    fn new(name: &str, value: &Value) -> Self {
        let name_text = spaced(name).to_lowercase();
        // "Body: Weight": the group says little.
        let group = name_text.split_once(':').map(|(group, _)| words(group)).unwrap_or_default();
        let mut value_text = value.to_string().to_lowercase();
        let mut end = value_text.len().min(VALUE_BYTES_MAX);
        while !value_text.is_char_boundary(end) {
            end -= 1;
        }
        value_text.truncate(end);
        let mut keys = Vec::new();
        let mut rest = value_text.as_str();
        while let Some((before, after)) = rest.split_once(':') {
            let key = before.rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default();
            keys.extend(words(&key.replace('_', " ")));
            rest = after;
        }
        let values: Vec<String> =
            words(&value_text.replace('_', " ")).into_iter().filter(|word| !keys.contains(word)).collect();
        keys.retain(|key| {
            !matches!(key.as_str(), "valu" | "unit" | "normaliz" | "str" | "decimal" | "standardiz")
        });
        let units = value_text.split(|c: char| !c.is_alphabetic()).filter_map(named);
        let mut dimensions: Vec<Dimension> = units.map(|unit| unit.dimension).collect();
        dimensions.dedup();
        let is_boolean = matches!(value, Value::Boolean(_))
            || values
                .iter()
                .all(|word| matches!(word.as_str(), "tru" | "fals" | "yes" | "no" | "true" | "false"));
        Self { name: words(&name_text), group, name_text, keys, values, value_text, dimensions, is_boolean }
    }

    /// Whether a word of the value begins with a word: "lock" of "lockable".
    fn begins(&self, word: &str) -> bool {
        word.is_ascii() && word.len() >= 4 && self.values.iter().any(|own| own.starts_with(word))
    }

    /// What question and attribute have in common, in the order of [`WEIGHTS`].
    fn features(&self, question: &Question) -> [f64; FEATURES] {
        let telling = |word: &&String| question.telling.contains(*word);
        let (vague, strong): (Vec<&String>, Vec<&String>) = self
            .name
            .iter()
            .filter(|word| !TABLE.plain.contains(*word) || TABLE.vague.contains(*word))
            .partition(|word| TABLE.vague.contains(*word) || self.group.contains(*word));
        // "chip" of "chipset".
        let begun = |word: &str| {
            question
                .telling
                .iter()
                .any(|own| own.is_ascii() && own.len() >= 4 && word.starts_with(own.as_str()))
        };
        let named = strong.iter().copied().filter(|word| telling(word) || begun(word)).count();
        let grouped = self.group.iter().any(|word| question.telling.contains(word));
        let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
        let asked_vaguely = |word: &&&String| question.words.contains(**word);
        let distinct: HashSet<&String> = self.values.iter().collect();
        let hits = question
            .telling
            .iter()
            .filter(|word| !TABLE.vague.contains(*word) && (distinct.contains(*word) || self.begins(word)))
            .count();
        let keyed = self.keys.iter().any(|key| question.telling.contains(key));
        let (mut by_name, mut by_name_share, mut by_value, mut by_key, mut by_measure) =
            (0.0, 0.0_f64, 0.0, 0.0, 0.0);
        for topic in question.topics.iter().filter_map(|place| TABLE.topics.get(*place)) {
            let of_name = topic
                .attributes
                .iter()
                .filter(|own| own.stands_in(&self.name, &self.name_text))
                .map(length)
                .max();
            if let Some(length) = of_name {
                by_name = 1.0;
                by_name_share = by_name_share.max(share(length, strong.len()).min(1.0));
            }
            if topic.attributes.iter().any(|own| own.stands_in(&self.values, &self.value_text)) {
                by_value = 1.0;
            }
            if topic.attributes.iter().any(|own| own.stands_in(&self.keys, "")) {
                by_key = 1.0;
            }
            if topic.dimension.is_some_and(|own| self.dimensions.contains(&own)) {
                by_measure = 1.0;
            }
        }
        // Words that neither the attribute nor what is asked about explains.
        let unexplained = if hits == 0
            && named == 0
            && !keyed
            && !grouped
            && !vague.iter().any(|word| asked_vaguely(&word))
        {
            question.unexplained()
        } else {
            0.0
        };
        let flag = |holds: bool| f64::from(u8::from(holds));
        let has = |word: &str| question.words.iter().any(|own| own.starts_with(word));
        let package = self.name.iter().any(|word| word.starts_with("packag"))
            && !(has("packag") || has("box") || has("ship"));
        [
            share(named, strong.len()),
            flag(named > 0),
            flag(!strong.is_empty() && named == strong.len()),
            named as f64,
            flag(vague.iter().any(|word| asked_vaguely(&word))),
            flag(!vague.is_empty() && vague.iter().all(|word| asked_vaguely(&word))),
            flag(hits > 0),
            flag(hits > 1),
            share(hits, question.telling.len()),
            share(hits, distinct.len()),
            flag(keyed),
            flag(keyed && named > 0),
            by_name,
            by_name_share,
            by_value,
            by_value * flag(hits == 0 && !keyed),
            by_key,
            by_key * flag(named > 0),
            by_measure,
            by_measure * f64::max(by_name, by_key),
            flag(package),
            flag(self.is_boolean && question.yes_or_no && named == 0),
            unexplained,
            flag(grouped),
            flag(self.is_boolean && !question.yes_or_no),
            // "Dishwasher safe: yes" says nothing of microwaves.
            flag(self.is_boolean && named < strong.len() && by_name == 0.0),
            flag(self.is_boolean && named > 0 && named < strong.len()),
        ]
    }
}

/// A name with spaces between its words: `is_vegan`, `familyFriendly`, `Main Camera: Features`.
#[must_use]
pub fn spaced(name: &str) -> String {
    let mut spaced = String::with_capacity(name.len() + 2);
    let mut before = ' ';
    for character in name.chars() {
        if before.is_lowercase() && character.is_uppercase() {
            spaced.push(' ');
        }
        spaced.push(if character == '_' { ' ' } else { character });
        before = character;
    }
    spaced
}
