//! The data of `config/prose/words.toml`: which names mean what, and which words keep a statement from being a fact.

use std::sync::LazyLock;

use foldhash::HashMap;
use serde::Deserialize;

use crate::content::StatementKind;
use crate::facts::{Lemma, lemmas, spaced};

const FILE: &str = include_str!("../../../../config/prose/words.toml");

/// The file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WordsFile {
    reserved: Vec<String>,
    things: Vec<String>,
    qualities: Vec<String>,
    binds: Vec<String>,
    made_of: Vec<String>,
    hedges: Vec<String>,
    comparisons: Vec<String>,
    others: Vec<String>,
    elsewhere: Vec<String>,
    denials: Vec<String>,
    unreal: Vec<String>,
    irony: Vec<String>,
    voices: Vec<String>,
    compared_behind: Vec<String>,
    compared_numbers: Vec<String>,
    as_much: Vec<String>,
    states: Vec<String>,
    conditions: Vec<String>,
    plain_heads: Vec<String>,
    bounds: Vec<String>,
    limits: Vec<String>,
    pronouns: Vec<String>,
    others_measured: Vec<String>,
    measure_verbs: Vec<String>,
    measure_conditions: Vec<String>,
    headings: Vec<String>,
    other_headings: Vec<String>,
    doubtful_heads: HashMap<String, Vec<String>>,
    #[serde(rename = "meaning")]
    meanings: Vec<MeaningEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MeaningEntry {
    name: String,
    by: String,
    names: Vec<String>,
    #[serde(default)]
    words: Vec<String>,
    #[serde(default)]
    joined: Vec<String>,
    #[serde(default)]
    heads: Vec<String>,
    #[serde(default)]
    heads_only: bool,
    #[serde(default)]
    alone: bool,
}

/// A phrase, as its words are compared.
pub(super) type Phrase = Vec<Lemma>;

/// Words that stand apart, and signs, which may stand within others: "❌", "曾经".
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Marks {
    pub(super) words: Vec<Phrase>,
    pub(super) signs: Vec<String>,
}

impl Marks {
    fn of(texts: &[String]) -> Self {
        let is_sign = |text: &&String| text.chars().all(|c| c >= '\u{2000}');
        let (signs, words): (Vec<&String>, Vec<&String>) = texts.iter().partition(is_sign);
        let words: Vec<String> = words.into_iter().cloned().collect();
        Self { words: phrases(&words), signs: signs.into_iter().cloned().collect() }
    }
}

/// What decides about the values of a meaning.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Rule {
    /// Terms of the lexicon.
    Term(StatementKind),
    /// Features of the lexicon.
    Feature,
    /// Words of its own.
    Words(OwnWords),
}

/// The words of a meaning that has its own.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct OwnWords {
    pub(super) words: Vec<Phrase>,
    /// Words that say value and head in one: "sleeveless".
    pub(super) joined: Vec<Phrase>,
    pub(super) heads: Vec<Phrase>,
    /// Whether a head has to stand behind a value.
    pub(super) heads_only: bool,
    /// Whether a value has to be all that its clause says.
    pub(super) alone: bool,
}

/// What an attribute's name means.
#[derive(Clone, Debug)]
pub(super) struct Meaning {
    /// The name that the catalog gets where it has none of its own.
    pub(super) name: String,
    pub(super) rule: Rule,
}

/// The words, ready to be compared with.
#[derive(Debug, Default)]
pub(super) struct ProseWords {
    reserved: Vec<Phrase>,
    pub(super) things: Vec<Phrase>,
    pub(super) qualities: Vec<Phrase>,
    pub(super) binds: Vec<Phrase>,
    pub(super) made_of: Vec<Phrase>,
    pub(super) hedges: Vec<Phrase>,
    pub(super) comparisons: Vec<Phrase>,
    pub(super) others: Vec<Phrase>,
    pub(super) elsewhere: Vec<Phrase>,
    pub(super) denials: Marks,
    pub(super) unreal: Marks,
    pub(super) irony: Marks,
    pub(super) voices: Marks,
    pub(super) compared_behind: Vec<Phrase>,
    pub(super) compared_numbers: Vec<Phrase>,
    pub(super) as_much: Vec<Phrase>,
    pub(super) states: Marks,
    pub(super) conditions: Vec<Phrase>,
    pub(super) plain_heads: Vec<Phrase>,
    pub(super) bounds: Vec<Phrase>,
    pub(super) limits: Vec<Phrase>,
    pub(super) pronouns: Vec<Phrase>,
    pub(super) others_measured: Marks,
    pub(super) measure_verbs: Vec<Phrase>,
    pub(super) measure_conditions: Vec<Phrase>,
    pub(super) headings: Vec<Phrase>,
    pub(super) other_headings: Vec<Phrase>,
    pub(super) doubtful_heads: HashMap<String, Vec<Phrase>>,
    pub(super) meanings: Vec<Meaning>,
    by_name: HashMap<Phrase, usize>,
}

/// The words, read once.
pub(super) static WORDS: LazyLock<ProseWords> = LazyLock::new(|| {
    // A file that is compiled in and tested to parse.
    ProseWords::new(toml::from_str(FILE).unwrap_or_default())
});

fn phrases(texts: &[String]) -> Vec<Phrase> {
    texts.iter().map(|text| lemmas(text)).filter(|phrase| !phrase.is_empty()).collect()
}

/// A name, as it is compared.
pub(super) fn key(name: &str) -> Phrase {
    lemmas(&spaced(name).replace(['-', '/', '.'], " "))
}

impl ProseWords {
    fn new(file: WordsFile) -> Self {
        let mut words = Self {
            reserved: file.reserved.iter().map(|name| key(name)).collect(),
            things: phrases(&file.things),
            qualities: phrases(&file.qualities),
            binds: phrases(&file.binds),
            made_of: phrases(&file.made_of),
            hedges: phrases(&file.hedges),
            comparisons: phrases(&file.comparisons),
            others: phrases(&file.others),
            elsewhere: phrases(&file.elsewhere),
            denials: Marks::of(&file.denials),
            unreal: Marks::of(&file.unreal),
            irony: Marks::of(&file.irony),
            voices: Marks::of(&file.voices),
            compared_behind: phrases(&file.compared_behind),
            compared_numbers: phrases(&file.compared_numbers),
            as_much: phrases(&file.as_much),
            states: Marks::of(&file.states),
            pronouns: phrases(&file.pronouns),
            limits: phrases(&file.limits),
            bounds: phrases(&file.bounds),
            plain_heads: phrases(&file.plain_heads),
            conditions: phrases(&file.conditions),
            others_measured: Marks::of(&file.others_measured),
            measure_verbs: phrases(&file.measure_verbs),
            measure_conditions: phrases(&file.measure_conditions),
            headings: phrases(&file.headings),
            other_headings: phrases(&file.other_headings),
            doubtful_heads: file
                .doubtful_heads
                .into_iter()
                .map(|(language, heads)| (language, phrases(&heads)))
                .collect(),
            ..Self::default()
        };
        for entry in file.meanings {
            let rule = match entry.by.as_str() {
                "feature" => Rule::Feature,
                kind => match StatementKind::named(kind) {
                    Some(kind) => Rule::Term(kind),
                    None => Rule::Words(OwnWords {
                        words: phrases(&entry.words),
                        joined: phrases(&entry.joined),
                        heads: phrases(&entry.heads),
                        heads_only: entry.heads_only,
                        alone: entry.alone,
                    }),
                },
            };
            let place = words.meanings.len();
            for name in entry.names.iter().chain([&entry.name]) {
                words.by_name.entry(key(name)).or_insert(place);
            }
            words.meanings.push(Meaning { name: entry.name, rule });
        }
        words
    }

    /// The place of what a name means, where it is known.
    pub(super) fn meaning(&self, name: &str) -> Option<usize> {
        self.by_name.get(&key(name)).copied()
    }

    /// Whether a name is never an attribute.
    pub(super) fn is_reserved(&self, name: &str) -> bool {
        let name = key(name);
        name.is_empty() || self.reserved.contains(&name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_valid_and_no_name_has_two_meanings() {
        let file: WordsFile = toml::from_str(FILE).unwrap();
        let mut seen: HashMap<Phrase, &str> = HashMap::default();
        for entry in &file.meanings {
            assert!(
                entry.by == "words" || entry.by == "feature" || StatementKind::named(&entry.by).is_some(),
                "{}",
                entry.by
            );
            assert_eq!(entry.by == "words", !entry.words.is_empty(), "{}", entry.name);
            for name in &entry.names {
                let earlier = seen.insert(key(name), &entry.name);
                assert!(earlier.is_none_or(|earlier| earlier == entry.name), "{name}");
            }
        }
        assert!(file.meanings.len() > 5 && !file.hedges.is_empty());
    }

    #[test]
    fn names_are_compared_by_their_words() {
        let meaning = |name: &str| WORDS.meaning(name).map(|place| WORDS.meanings[place].name.as_str());
        assert_eq!(meaning("Fabric_Type"), Some("material"));
        assert_eq!(meaning("colour"), Some("color"));
        assert_eq!(meaning("countryOfOrigin"), Some("country_of_origin"));
        assert_eq!(meaning("wingspan"), None);
        assert!(WORDS.is_reserved("Price") && WORDS.is_reserved("--") && !WORDS.is_reserved("width"));
    }
}
