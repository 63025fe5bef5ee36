//! What shoppers ask about: topics, and words that say little, of `config/questions.toml`.

use std::collections::HashSet;
use std::sync::LazyLock;

use serde::Deserialize;

use super::phrase::{Phrase, words};
use skuscribe_check::product::unit::Dimension;

const TOPICS: &str = include_str!("../../../config/questions.toml");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LexiconFile {
    vague: Vec<String>,
    plain: Vec<String>,
    lowest: Vec<String>,
    highest: Vec<String>,
    under: Vec<String>,
    over: Vec<String>,
    including: Vec<String>,
    compares: Vec<String>,
    qualifies: Vec<String>,
    topic: Vec<TopicEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TopicEntry {
    name: String,
    asks: Vec<String>,
    #[serde(default)]
    asks_alone: Vec<String>,
    attributes: Vec<String>,
    #[serde(default)]
    dimension: Option<String>,
}

/// How many words of a phrase say something.
pub(super) fn content_length(phrase: &Phrase) -> usize {
    match phrase {
        Phrase::Words(words) => words.iter().filter(|word| !LEXICON.vague.contains(*word)).count().max(1),
        Phrase::Part(_) => 1,
    }
}

/// A topic that shoppers ask about, with what asks for it and what attributes of it are called.
#[derive(Debug)]
pub(super) struct QuestionTopic {
    pub(super) name: String,
    pub(super) asks: Vec<Phrase>,
    /// Asks for it only where nothing else is asked for.
    pub(super) asks_alone: Vec<Phrase>,
    pub(super) attributes: Vec<Phrase>,
    pub(super) dimension: Option<Dimension>,
}

/// All of `config/questions.toml`.
#[derive(Debug)]
pub(super) struct QuestionLexicon {
    pub(super) vague: HashSet<String>,
    pub(super) plain: HashSet<String>,
    pub(super) lowest: Vec<Phrase>,
    pub(super) highest: Vec<Phrase>,
    pub(super) under: Vec<Phrase>,
    pub(super) over: Vec<Phrase>,
    pub(super) including: Vec<Phrase>,
    pub(super) compares: Vec<Phrase>,
    pub(super) qualifies: Vec<Phrase>,
    pub(super) topics: Vec<QuestionTopic>,
}

/// The file, read once.
#[expect(clippy::unwrap_used, reason = "compiled in, read by the tests")]
pub(super) static LEXICON: LazyLock<QuestionLexicon> = LazyLock::new(|| {
    let file: LexiconFile = toml::from_str(TOPICS).unwrap();
    let set = |texts: &[String]| texts.iter().flat_map(|text| words(text)).collect();
    let phrases = |texts: &[String]| -> Vec<Phrase> { texts.iter().map(|text| Phrase::of(text)).collect() };
    let topic = |entry: &TopicEntry| QuestionTopic {
        name: entry.name.clone(),
        asks: phrases(&entry.asks),
        asks_alone: phrases(&entry.asks_alone),
        attributes: phrases(&entry.attributes),
        dimension: entry.dimension.as_deref().and_then(dimension),
    };
    QuestionLexicon {
        vague: set(&file.vague),
        plain: set(&file.plain),
        lowest: phrases(&file.lowest),
        highest: phrases(&file.highest),
        under: phrases(&file.under),
        over: phrases(&file.over),
        including: phrases(&file.including),
        compares: phrases(&file.compares),
        qualifies: phrases(&file.qualifies),
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
