//! What `config/form.toml` says: patterns, labels, words that may stand twice or that no sentence ends with, kinds of places.

use std::collections::{BTreeMap, HashSet};
use std::sync::{LazyLock, OnceLock};

use regex::Regex;
use serde::Deserialize;

use crate::content::FormKind;

/// The data of this release.
pub(super) static FORM: LazyLock<Form> = LazyLock::new(Form::built_in);

/// Where a word begins or ends, in a pattern.
const WORD_ENDS: &str = r"\b";

type ByLanguage = BTreeMap<String, Vec<String>>;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FormFile {
    #[serde(rename = "pattern")]
    patterns: Vec<Pattern>,
    labels: ByLanguage,
    doubled: Doubled,
    broken: Broken,
    places: Places,
}

/// What must not stand in a text.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pattern {
    /// The rule that it belongs to.
    pub(super) rule: FormKind,
    /// What it finds, for people.
    pub(super) what: String,
    /// Characters of which a text must have one; empty for any text.
    #[serde(default)]
    needs: String,
    #[serde(default)]
    languages: Vec<String>,
    #[serde(default)]
    not_languages: Vec<String>,
    pattern: String,
    #[serde(skip)]
    compiled: OnceLock<Option<Regex>>,
    /// The same wherever words end: found by an automaton, which cannot tell where words of other letters than ASCII end.
    #[serde(skip)]
    loose: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// The pattern, where a text of a language may hold what it finds; compiled when it is first used.
    pub(super) fn concerning(&self, text: &Characters<'_>, language: &str) -> Option<&Regex> {
        let is = |listed: &String| listed == language;
        let needed = self.needs.is_empty() || self.needs.chars().any(|c| text.has(c));
        let spoken = self.languages.is_empty() || self.languages.iter().any(is);
        if !needed || !spoken || self.not_languages.iter().any(is) {
            return None;
        }
        if text.others && self.pattern.contains(WORD_ENDS) {
            let loose = self.loose.get_or_init(|| Regex::new(&self.pattern.replace(WORD_ENDS, "")).ok());
            if loose.as_ref().is_some_and(|loose| !loose.is_match(text.text)) {
                return None;
            }
        }
        self.compiled.get_or_init(|| Regex::new(&self.pattern).ok()).as_ref()
    }
}

/// The characters of a text, to be asked for.
pub(super) struct Characters<'a> {
    text: &'a str,
    /// A bit for each of ASCII that it has.
    ascii: u128,
    others: bool,
}

impl<'a> Characters<'a> {
    /// Those of a text.
    pub(super) fn of(text: &'a str) -> Self {
        let of_ascii = text.bytes().filter(u8::is_ascii);
        let ascii = of_ascii.fold(0, |all, byte| all | 1 << (byte & 0x7f));
        Self { text, ascii, others: !text.is_ascii() }
    }

    /// Whether a character is among them.
    fn has(&self, c: char) -> bool {
        if c.is_ascii() { self.ascii >> u32::from(c) & 1 == 1 } else { self.others && self.text.contains(c) }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Doubled {
    may: Vec<String>,
}

/// Words that no sentence ends with, by language.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Broken {
    /// Without a final mark.
    pub(super) open: ByLanguage,
    /// With one.
    pub(super) never: ByLanguage,
    /// By which words of one stem differ.
    pub(super) endings: ByLanguage,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Places {
    lines: Vec<String>,
    prose: Vec<String>,
    free: Vec<String>,
    teasers: Vec<String>,
}

/// What a text is by its place in a draft.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    /// One line.
    pub(super) line: bool,
    /// Sentences with final marks.
    pub(super) prose: bool,
    /// Words in a row, no sentence.
    pub(super) free: bool,
    /// May trail off.
    pub(super) teaser: bool,
}

/// The data, ready to be used.
#[derive(Debug, Default)]
pub(super) struct Form {
    /// In the order of the file, labels last.
    pub(super) patterns: Vec<Pattern>,
    /// Words that may stand twice in a row.
    pub(super) may_double: HashSet<String>,
    /// How sentences break off.
    pub(super) broken: Broken,
    places: Places,
}

impl Form {
    fn built_in() -> Self {
        let file = toml::from_str(crate::rulebook::FORM);
        let FormFile { mut patterns, labels, doubled, broken, places } = file.unwrap_or_default();
        patterns.push(label(&labels));
        Self { patterns, may_double: doubled.may.into_iter().collect(), broken, places }
    }

    /// What a text is by the last name in its pointer.
    pub(super) fn place(&self, at: &str) -> Place {
        let mut names = at.rsplit('/').filter(|name| !name.is_empty() && *name != "text");
        let Some(name) = names.find(|name| name.parse::<usize>().is_err()) else { return Place::default() };
        let is_in = |list: &[String]| list.iter().any(|listed| listed == name);
        Place {
            line: is_in(&self.places.lines),
            prose: is_in(&self.places.prose),
            free: is_in(&self.places.free),
            teaser: is_in(&self.places.teasers),
        }
    }
}

/// The pattern that finds labels: at the beginning of a line or sentence, before a colon.
fn label(labels: &ByLanguage) -> Pattern {
    let mut listed: Vec<String> = labels.values().flatten().map(|label| regex::escape(label)).collect();
    listed.sort();
    listed.dedup();
    // Of two that begin at one place the longer one counts.
    listed.sort_by_key(|label| std::cmp::Reverse(label.len()));
    let listed = listed.join("|").replace(' ', "[ _-]").replace('\'', "['’]");
    Pattern {
        rule: FormKind::Label,
        what: "a label of an answer's parts".to_owned(),
        needs: ":：".to_owned(),
        languages: Vec::new(),
        not_languages: Vec::new(),
        pattern: format!(
            r#"(?im)(?:^|[.!?。！？]\s{{0,3}})[ \t*_"“「【\[]{{0,4}}(?P<it>(?:{listed})(?: ?\([^()\n]{{1,20}}\))?[ \t*_\]】]{{0,4}}[:：])"#
        ),
        compiled: OnceLock::new(),
        loose: OnceLock::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_can_be_used_and_is_told_apart() {
        assert!(FORM.patterns.len() > 30 && FORM.may_double.len() > 20);
        for pattern in &FORM.patterns {
            let built = Regex::new(&pattern.pattern);
            assert!(built.is_ok(), "{}: {built:?}", pattern.what);
            let loose = Regex::new(&pattern.pattern.replace(WORD_ENDS, ""));
            assert!(loose.is_ok() && !pattern.pattern.contains(r"\\b"), "{}: {loose:?}", pattern.what);
        }
        for language in ["en", "de", "fr", "es", "zh", "ja"] {
            assert!(FORM.broken.open.contains_key(language) && FORM.broken.never.contains_key(language));
        }
    }

    #[test]
    fn a_place_is_known_by_the_last_name_of_its_pointer() {
        assert!(FORM.place("/bullets/3").line && !FORM.place("/bullets/3").prose);
        assert!(FORM.place("/body/0/text").prose && FORM.place("/entries/2/answer").prose);
        assert!(FORM.place("/hashtags/1").free && FORM.place("/instagram/text").teaser);
        assert!(!FORM.place("").line && !FORM.place("").prose);
    }
}
