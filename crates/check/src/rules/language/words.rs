//! The words that tell languages apart, and how many of each language a text has.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde::Deserialize;

/// The lists of `config/languages.toml`.
pub(super) static LANGUAGES: LazyLock<Languages> = LazyLock::new(Languages::built_in);

/// Longest abbreviation, in letters: "USB", "LED" and "ON" are in no language.
const ABBREVIATION_MAX: usize = 4;

/// From this share of words with a capital on (in percent) a text is written as a title, and a capital makes no name.
const TITLE_PERCENT: usize = 60;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LanguagesFile {
    words: BTreeMap<String, String>,
    loans: Loans,
    letters: BTreeMap<String, String>,
    chinese: Chinese,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Loans {
    phrases: Vec<String>,
}

/// What Chinese without kana is told from Japanese by.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Chinese {
    /// Characters that Japanese lacks.
    pub(super) only: String,
    /// Words of both that Chinese has in every sentence.
    pub(super) often: String,
}

/// Words and letters by language, each language a bit.
pub(super) struct Languages {
    names: Vec<String>,
    words: HashMap<String, u16>,
    letters: HashMap<char, u16>,
    loans: Vec<String>,
    /// Chinese beside Japanese.
    pub(super) chinese: Chinese,
}

impl Languages {
    fn built_in() -> Self {
        let file: LanguagesFile = toml::from_str(crate::rulebook::LANGUAGES).unwrap_or_default();
        let names: Vec<String> = file.words.keys().cloned().collect();
        let (mut words, mut letters): (HashMap<String, u16>, HashMap<char, u16>) = Default::default();
        for (place, name) in names.iter().enumerate() {
            let bit = 1 << place.min(15);
            let listed = file.words.get(name).into_iter().flat_map(|list| list.split_whitespace());
            listed.for_each(|word| *words.entry(word.to_owned()).or_default() |= bit);
            let own = file.letters.get(name).into_iter().flat_map(|list| list.chars());
            own.for_each(|letter| *letters.entry(letter).or_default() |= bit);
        }
        Self { names, words, letters, loans: file.loans.phrases, chinese: file.chinese }
    }

    /// The place of a language that has a list.
    pub(super) fn place(&self, language: &str) -> Option<usize> {
        self.names.iter().position(|name| name == language)
    }

    /// The language at a place.
    pub(super) fn name(&'static self, place: usize) -> &'static str {
        self.names.get(place).map_or("", String::as_str)
    }

    /// A text without phrases that every language borrows.
    pub(super) fn without_loans(&self, text: &str) -> String {
        // Only ASCII letters change, so that places in both are the same.
        let lower = text.to_ascii_lowercase();
        let mut kept = text.to_owned();
        for loan in &self.loans {
            let blanks = " ".repeat(loan.len());
            for (at, _) in lower.match_indices(loan.as_str()) {
                kept.replace_range(at..at + loan.len(), &blanks);
            }
        }
        kept
    }

    /// Whether a word holds sentences together in any language.
    pub(super) fn is_function_word(&self, word: &str) -> bool {
        self.words.contains_key(word)
    }
}

/// The words of a text that speak for a language.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// All its words of letters alone.
    pub(super) words: usize,
    /// Those that begin with a small letter.
    pub(super) small: usize,
    /// Words of the expected language that the strongest other one lacks.
    pub(super) own: usize,
    /// Words of the strongest other language that the expected one lacks.
    pub(super) other: usize,
    /// Whether it has a letter that the expected language lacks and the strongest other one has.
    pub(super) letter: bool,
    /// The place of the strongest other language.
    pub(super) language: Option<usize>,
}

impl Tally {
    /// Counts the words of a text; without an expected language all count for others.
    pub(super) fn of(text: &str, expected: Option<usize>) -> Self {
        let languages = &*LANGUAGES;
        let words: Vec<&str> = words(text).collect();
        let capital = |word: &str| word.chars().next().is_some_and(char::is_uppercase);
        let capitals = words.iter().filter(|word| capital(word)).count();
        let is_title = capitals * 100 > words.len() * TITLE_PERCENT;
        let (mut masks, mut letters): (Vec<u16>, u16) = (Vec::new(), 0);
        let own = expected.map_or(0, |place| 1 << place.min(15));
        for (place, word) in words.iter().enumerate() {
            let length = word.chars().count();
            let all_capital = word.chars().all(|c| !c.is_lowercase());
            let is_abbreviation = all_capital && length <= ABBREVIATION_MAX && (length > 1 || place > 0);
            let lower = word.to_lowercase().replace('’', "'");
            for part in parts(&lower).filter(|_| !is_abbreviation) {
                let mut mask = languages.words.get(part).copied().unwrap_or_default();
                // Within a sentence a capital makes a name, which says nothing against the language.
                if place > 0 && capital(word) && !is_title {
                    mask = if mask & own == 0 { 0 } else { mask };
                }
                if mask != 0 {
                    masks.push(mask);
                }
            }
            if !capital(word) {
                for letter in lower.chars() {
                    let mask = languages.letters.get(&letter).copied().unwrap_or_default();
                    letters |= if mask & own == 0 { mask } else { 0 };
                }
            }
        }
        let count = |with: u16, without: u16| {
            masks.iter().filter(|mask| **mask & with != 0 && **mask & without == 0).count()
        };
        let others = (0..languages.names.len()).filter(|place| Some(*place) != expected);
        let strongest = others
            .map(|place| (place, 1_u16 << place.min(15)))
            .map(|(place, bit)| {
                let lead = count(bit, own) * 2 + usize::from(letters & bit != 0);
                (lead, count(bit, 0), std::cmp::Reverse(place), bit)
            })
            .max();
        let Some((_, _, std::cmp::Reverse(place), bit)) = strongest else { return Self::default() };
        Self {
            words: words.len(),
            small: words.len() - capitals,
            own: count(own, bit),
            other: count(bit, own),
            letter: letters & bit != 0,
            language: Some(place),
        }
    }
}

/// The words of a text that have letters of the Latin script alone; those with digits are codes and quantities.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || is_apostrophe(c)))
        .map(|word| word.trim_matches(is_apostrophe))
        .filter(|word| !word.is_empty() && word.chars().all(|c| is_latin(c) || is_apostrophe(c)))
}

/// The parts of a word before and behind apostrophes, the apostrophe with what is before it.
fn parts(word: &str) -> impl Iterator<Item = &str> {
    word.split_inclusive('\'')
}

pub(super) fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’')
}

/// Whether a letter is one of the Latin script.
pub(super) fn is_latin(c: char) -> bool {
    c.is_alphabetic()
        && matches!(c, 'A'..='Z' | 'a'..='z' | '\u{aa}' | '\u{ba}' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}')
}
