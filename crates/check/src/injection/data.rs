//! The words of instructions, from `config/injection.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use foldhash::HashMap;
use regex::{Regex, RegexBuilder};
use serde::Deserialize;

use super::plain::fold;

/// Languages whose words are cut by blanks: English, German, French, Spanish, in this order.
pub(super) const LANGUAGES: usize = 4;

/// What lists a word is in, as bits.
pub(super) type Flags = u32;

pub(super) const STRONG: Flags = 1;
pub(super) const SOFT: Flags = 1 << 1;
pub(super) const NAMED: Flags = 1 << 2;
pub(super) const SHARED: Flags = 1 << 3;
pub(super) const OVERRIDE: Flags = 1 << 4;
pub(super) const INSTRUCTIONS: Flags = 1 << 5;
pub(super) const TEXTS: Flags = 1 << 6;
pub(super) const META: Flags = 1 << 7;
pub(super) const INSERT: Flags = 1 << 8;
pub(super) const JOINS: Flags = 1 << 9;
pub(super) const ME: Flags = 1 << 10;
pub(super) const ANSWERS: Flags = 1 << 11;
pub(super) const DUTY: Flags = 1 << 12;
pub(super) const ADDRESSEES: Flags = 1 << 13;
pub(super) const ADDRESS: Flags = 1 << 14;
pub(super) const LURE: Flags = 1 << 15;
pub(super) const PRODUCT: Flags = 1 << 16;
pub(super) const READER: Flags = 1 << 17;
pub(super) const THING: Flags = 1 << 18;
pub(super) const FUNCTION: Flags = 1 << 19;
pub(super) const WH: Flags = 1 << 20;
pub(super) const ASK: Flags = 1 << 21;
pub(super) const IDIOMS: Flags = 1 << 22;
pub(super) const LEAD: Flags = 1 << 23;
/// Verbs in the imperative.
pub(super) const VERBS: Flags = STRONG | SOFT | NAMED | SHARED | OVERRIDE;

const NAMES: [(&str, Flags); 24] = [
    ("strong", STRONG),
    ("soft", SOFT),
    ("named", NAMED),
    ("shared", SHARED),
    ("override", OVERRIDE),
    ("instructions", INSTRUCTIONS),
    ("texts", TEXTS),
    ("meta", META | TEXTS),
    ("insert", INSERT),
    ("joins", JOINS),
    ("me", ME),
    ("answers", ANSWERS),
    ("duty", DUTY),
    ("addressees", ADDRESSEES),
    ("address", ADDRESS),
    ("lure", LURE),
    ("product", PRODUCT),
    ("reader", READER),
    ("thing", THING),
    ("function", FUNCTION),
    ("wh", WH),
    ("ask", ASK),
    ("idioms", IDIOMS),
    ("lead", LEAD),
];

/// What is known of a word: alone, and as the beginning of a phrase, by language.
#[derive(Debug, Default)]
pub(super) struct Entry {
    pub(super) flags: [Flags; LANGUAGES],
    pub(super) phrases: Vec<Phrase>,
}

/// Words that follow a phrase's first one.
#[derive(Debug)]
pub(super) struct Phrase {
    pub(super) rest: Vec<String>,
    pub(super) language: usize,
    pub(super) flags: Flags,
}

/// Parts of sentences in a script without blanks.
pub(super) type Parts = Vec<(String, Flags)>;

/// All of it.
pub(super) struct Words {
    entries: HashMap<String, Entry>,
    /// Of Chinese and Japanese, whose words stand anywhere in a sentence.
    pub(super) unspaced: Vec<Parts>,
    pub(super) override_stems: Vec<String>,
    /// Any of them, in one pass.
    pub(super) overrides: Option<Regex>,
    pub(super) instruction_stems: Vec<String>,
    pub(super) alike: HashMap<char, char>,
    pub(super) digits: HashMap<char, char>,
    pub(super) roles: Option<Regex>,
    orders: Option<Regex>,
    parts: Option<regex::bytes::Regex>,
}

/// The file; the tests parse it as well.
pub(super) static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let file = toml::from_str(crate::rulebook::INJECTION).unwrap_or_default();
    Words::of(&file)
});

type Lists = BTreeMap<String, String>;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    en: Lists,
    de: Lists,
    fr: Lists,
    es: Lists,
    zh: Lists,
    ja: Lists,
    others: Lists,
    alike: Lists,
    marks: Marks,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Marks {
    roles: Vec<String>,
    orders: Vec<String>,
    parts: String,
}

impl Words {
    fn of(file: &File) -> Self {
        let mut entries: HashMap<String, Entry> = HashMap::default();
        for (language, lists) in [&file.en, &file.de, &file.fr, &file.es].into_iter().enumerate() {
            for (words, flags) in flagged(lists) {
                let mut words = words.split(' ').map(str::to_owned);
                let Some(first) = words.next() else { continue };
                let entry = entries.entry(first).or_default();
                let rest: Vec<String> = words.collect();
                if !rest.is_empty() {
                    entry.phrases.push(Phrase { rest, language, flags });
                } else if let Some(known) = entry.flags.get_mut(language) {
                    *known |= flags;
                }
            }
        }
        let unspaced = [&file.zh, &file.ja].into_iter().map(|lists| flagged(lists).collect()).collect();
        let stems = |name: &str| {
            let list = file.others.get(name).map(String::as_str).unwrap_or_default();
            list.split('|').map(|stem| fold(stem).to_lowercase()).collect::<Vec<String>>()
        };
        Self {
            entries,
            unspaced,
            overrides: joined(&stems("override").iter().map(|stem| regex::escape(stem)).collect::<Vec<_>>()),
            override_stems: stems("override"),
            instruction_stems: stems("instructions"),
            alike: pairs(&file.alike, "pairs"),
            digits: pairs(&file.alike, "digits"),
            roles: joined(&file.marks.roles),
            orders: joined(&file.marks.orders),
            parts: regex::bytes::RegexBuilder::new(&file.marks.parts)
                .unicode(false)
                .case_insensitive(true)
                .build()
                .ok(),
        }
    }

    /// What is known of a word in lower case; of its singular, where that is all there is.
    pub(super) fn entry(&self, word: &str) -> Option<&Entry> {
        self.entries.get(word).or_else(|| {
            let singular = word.strip_suffix('s').filter(|singular| singular.len() > 3)?;
            self.entries.get(singular)
        })
    }

    /// Whether a text speaks to the model, by the patterns.
    pub(super) fn is_order(&self, text: &str) -> bool {
        self.parts.as_ref().is_none_or(|parts| parts.is_match(text.as_bytes()))
            && self.orders.as_ref().is_some_and(|orders| orders.is_match(text))
    }
}

/// The words of a language's lists with what lists they are in.
fn flagged(lists: &Lists) -> impl Iterator<Item = (String, Flags)> {
    lists.iter().flat_map(|(name, list)| {
        let flags = NAMES.iter().find(|(known, _)| known == name).map_or(0, |(_, flags)| *flags);
        let words = list.split('|').filter(|word| !word.is_empty());
        words.map(move |word| (fold(word).to_lowercase(), flags))
    })
}

fn pairs(lists: &Lists, name: &str) -> HashMap<char, char> {
    let mut characters = lists.get(name).map(String::as_str).unwrap_or_default().chars();
    let mut found = HashMap::default();
    while let (Some(read), Some(like)) = (characters.next(), characters.next()) {
        found.insert(read, like);
    }
    found
}

fn joined(patterns: &[String]) -> Option<Regex> {
    let joined = patterns.iter().map(|pattern| format!("(?:{pattern})")).collect::<Vec<_>>().join("|");
    RegexBuilder::new(&joined).case_insensitive(true).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_holds_every_list_of_every_language_and_patterns_that_compile() {
        let file: File = toml::from_str(crate::rulebook::INJECTION).unwrap();
        for lists in [&file.en, &file.de, &file.fr, &file.es, &file.zh, &file.ja] {
            for name in lists.keys() {
                assert!(NAMES.iter().any(|(known, _)| known == name), "{name} is no list");
            }
            assert!(lists.contains_key("strong") && lists.contains_key("texts"));
        }
        assert!(WORDS.roles.is_some() && WORDS.orders.is_some() && WORDS.parts.is_some());
        assert!(WORDS.alike.len() > 30 && WORDS.alike.values().all(char::is_ascii));
    }
}
