//! The texts of `answers.toml`: what shoppers read, which questions a person takes over, and the words of answers.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;

use super::relevance::{Phrase, words};
use crate::config::answers::AnswersConfig;

const BUILT_IN: &str = include_str!("../../config/answers.toml");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TextsFile {
    handover: Vec<HandoverEntry>,
    texts: BTreeMap<String, LanguageTexts>,
    glue: GlueEntry,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HandoverEntry {
    topic: String,
    asks: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GlueEntry {
    words: Vec<String>,
}

/// The texts of one language.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LanguageTexts {
    pub(super) plain: String,
    pub(super) unknown: String,
    pub(super) handed_over: String,
    pub(super) refused: String,
    pub(super) yes: String,
    pub(super) no: String,
    pub(super) proven: String,
    pub(super) is_so: String,
    pub(super) is_not: String,
    pub(super) unstated: String,
    pub(super) best: String,
    pub(super) lowest: String,
    pub(super) highest: String,
    pub(super) compared: String,
    pub(super) nothing_found: String,
    /// What is said of a product of which nothing is published; the built-in text where a file leaves it out.
    #[serde(default)]
    pub(super) unavailable: String,
}

/// Texts, topics that a person takes over, and words that an answer may use.
#[derive(Debug)]
pub struct Texts {
    handover: Vec<(String, Vec<Phrase>)>,
    english: LanguageTexts,
    others: BTreeMap<String, LanguageTexts>,
    glue: HashSet<String>,
}

impl Texts {
    /// The built-in texts, or those of the configured folder.
    ///
    /// # Errors
    /// When the file cannot be read or is not valid; the message names it and what is wrong in it.
    pub fn load(config: &AnswersConfig) -> anyhow::Result<Self> {
        if config.folder.is_empty() {
            return Self::parse(BUILT_IN).context("config/answers.toml");
        }
        let path = Path::new(&config.folder).join("answers.toml");
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("answers.folder: {} cannot be read", path.display()))?;
        let mut own = Self::parse(&text).with_context(|| path.display().to_string())?;
        let built_in = Self::parse(BUILT_IN).context("config/answers.toml")?;
        let known = |language: &str| built_in.of(language).unavailable.clone();
        let languages = own.others.iter_mut().map(|(language, texts)| (language.as_str(), texts));
        for (language, texts) in languages.chain([("en", &mut own.english)]) {
            if texts.unavailable.is_empty() {
                texts.unavailable = known(language);
            }
        }
        Ok(own)
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let mut file: TextsFile =
            toml::from_str(text).map_err(|error| anyhow::anyhow!("{}", error.to_string().trim()))?;
        let english = file.texts.remove("en");
        let english = english.context("[texts.en] is missing; other languages fall back to it")?;
        let topic =
            |entry: HandoverEntry| (entry.topic, entry.asks.iter().map(|asks| Phrase::of(asks)).collect());
        Ok(Self {
            handover: file.handover.into_iter().map(topic).collect(),
            english,
            others: file.texts,
            glue: file.glue.words.iter().flat_map(|text| words(text)).collect(),
        })
    }

    /// The topic on which a person takes a question over.
    #[must_use]
    pub fn handed_over(&self, question: &str) -> Option<&str> {
        let (lower, words) = (question.to_lowercase(), words(question));
        let touched = |phrases: &[Phrase]| phrases.iter().any(|phrase| phrase.stands_in(&words, &lower));
        self.handover.iter().find(|(_, phrases)| touched(phrases)).map(|(topic, _)| topic.as_str())
    }

    /// The texts of a language; English where there are none.
    pub(super) fn of(&self, language: &str) -> &LanguageTexts {
        self.others.get(language).unwrap_or(&self.english)
    }

    /// Whether an answer may use a word that no fact has.
    pub(super) fn is_glue(&self, word: &str) -> bool {
        self.glue.contains(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn what_a_person_must_answer_is_told_from_what_facts_may_answer() {
        let texts = Texts::load(&Config::defaults().unwrap().answers).unwrap();
        for (question, topic) in [
            ("I am allergic to nuts, can I eat it?", Some("medical")),
            ("Is it safe during pregnancy?", Some("medical")),
            ("Kann ich das in der Schwangerschaft essen?", Some("medical")),
            ("My charger caught fire, what now?", Some("safety")),
            ("Where is my order 12345?", Some("order")),
            ("Wann wird geliefert?", Some("order")),
            ("Puis-je annuler ma commande ?", Some("order")),
            ("¿Cuánto tarda el envío?", Some("order")),
            ("可以退款吗？", Some("order")),
            ("返品できますか？", Some("order")),
            ("Does it contain nuts?", None),
            ("Is it waterproof?", None),
            ("What is it made of?", None),
            ("In which order are the layers?", None),
        ] {
            assert_eq!(texts.handed_over(question), topic, "{question}");
        }
    }
}
