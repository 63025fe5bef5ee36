//! What the stand-in knows of languages: the tables in `languages/`, read once.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// What attributes may be about, in the order in which they are written about.
#[derive(Deserialize)]
pub(super) struct Kinds {
    pub(super) yes: Vec<String>,
    pub(super) no: Vec<String>,
    pub(super) nothing: Vec<String>,
    pub(super) endings: Vec<String>,
    pub(super) groups: Vec<String>,
    pub(super) wholes: Vec<String>,
    pub(super) units: Vec<String>,
    pub(super) entities: HashMap<String, String>,
    pub(super) sizes: Vec<String>,
    pub(super) denials: Vec<String>,
    pub(super) kind: Vec<Kind>,
}

/// One thing that an attribute may be about.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "a row of a table")]
pub(super) struct Kind {
    pub(super) id: String,
    pub(super) names: Vec<String>,
    pub(super) list: bool,
    pub(super) split: bool,
    pub(super) lower: bool,
    pub(super) quote: bool,
    pub(super) partial: bool,
    pub(super) upper: bool,
    pub(super) first: bool,
    pub(super) deepest: bool,
    pub(super) tail: String,
}

/// How a language speaks of one kind; what is missing is taken from `plain`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct SentencePattern {
    pub(super) label: String,
    pub(super) label_many: Option<String>,
    pub(super) is: Option<String>,
    pub(super) sentence: Option<String>,
    pub(super) sentence_many: Option<String>,
    pub(super) opening: Option<String>,
    pub(super) opening_is: Option<String>,
    pub(super) opening_many: Option<String>,
    pub(super) bullet: Option<String>,
    pub(super) bullet_many: Option<String>,
    pub(super) question: Option<String>,
    pub(super) question_many: Option<String>,
    pub(super) question_of: Option<String>,
    pub(super) wrong: Option<String>,
}

/// A language's table.
#[derive(Deserialize)]
pub(super) struct Language {
    pub(super) and: String,
    pub(super) pair: Option<String>,
    #[serde(default)]
    pub(super) and_before: HashMap<String, String>,
    pub(super) comma: String,
    pub(super) decimal: String,
    pub(super) quotes: [String; 2],
    #[serde(default)]
    pub(super) closing: String,
    /// Whether sentences are short and words wide.
    #[serde(default)]
    pub(super) dense: bool,
    pub(super) call_to_action: String,
    pub(super) objective: String,
    pub(super) absent: String,
    pub(super) invention: String,
    pub(super) misstatement: String,
    pub(super) adjectives: String,
    pub(super) nouns: String,
    pub(super) both: String,
    pub(super) adjective_endings: Vec<String>,
    #[serde(default)]
    pub(super) hyphenated: Vec<String>,
    #[serde(default)]
    pub(super) lowered: Vec<String>,
    #[serde(default)]
    pub(super) plurals: bool,
    pub(super) plain: SentencePattern,
    pub(super) kind: HashMap<String, SentencePattern>,
    pub(super) labels: HashMap<String, String>,
    /// What a product has where the attribute of this name says yes; nothing is said where it is empty.
    pub(super) features: HashMap<String, String>,
    pub(super) units: HashMap<String, String>,
    pub(super) values: HashMap<String, String>,
}

#[expect(clippy::expect_used, reason = "constant tables; a test reads them all")]
fn table<T: DeserializeOwned>(text: &str) -> T {
    toml::from_str(text).expect("a table of the sandbox")
}

static KINDS: LazyLock<Kinds> = LazyLock::new(|| table(include_str!("languages/kinds.toml")));
static EN: LazyLock<Language> = LazyLock::new(|| table(include_str!("languages/en.toml")));
static DE: LazyLock<Language> = LazyLock::new(|| table(include_str!("languages/de.toml")));
static FR: LazyLock<Language> = LazyLock::new(|| table(include_str!("languages/fr.toml")));
static ES: LazyLock<Language> = LazyLock::new(|| table(include_str!("languages/es.toml")));
static ZH: LazyLock<Language> = LazyLock::new(|| table(include_str!("languages/zh.toml")));
static JA: LazyLock<Language> = LazyLock::new(|| table(include_str!("languages/ja.toml")));

static PLAIN: LazyLock<SentencePattern> = LazyLock::new(SentencePattern::default);

/// The kinds of attributes.
pub(super) fn kinds() -> &'static Kinds {
    &KINDS
}

/// A language's table; English where there is none.
pub(super) fn language(code: &str) -> &'static Language {
    match code {
        "de" => &DE,
        "fr" => &FR,
        "es" => &ES,
        "zh" => &ZH,
        "ja" => &JA,
        _ => &EN,
    }
}

/// Another language, for tests of the checks.
pub(super) fn other_language(code: &str) -> &'static str {
    if code == "en" { "de" } else { "en" }
}

impl Kinds {
    /// The place of the kind with this id.
    pub(super) fn place(&self, id: &str) -> usize {
        self.kind.iter().position(|kind| kind.id == id).unwrap_or(self.kind.len())
    }

    /// The place of the kind that goes by one of these names.
    pub(super) fn named(&self, names: &[String]) -> Option<usize> {
        self.kind.iter().position(|kind| kind.names.iter().any(|name| names.contains(name)))
    }
}

impl Language {
    /// How this language speaks of a kind, where not plainly.
    pub(super) fn pattern(&self, kind: &Kind) -> &SentencePattern {
        self.kind.get(&kind.id).unwrap_or(&PLAIN)
    }

    /// Items as a person would list them.
    pub(super) fn list(&self, items: &[String]) -> String {
        let Some((last, first)) = items.split_last() else { return String::new() };
        if first.is_empty() {
            return last.clone();
        }
        let before = self.and_before.iter().find(|(start, _)| last.to_lowercase().starts_with(*start));
        let and = match (before, &self.pair, first.len()) {
            (Some((_, and)), ..) => and,
            (None, Some(pair), 1) => pair,
            _ => &self.and,
        };
        format!("{}{and}{last}", first.join(&self.comma))
    }
}

/// A template with its `{fields}` filled; a field that is written with a capital is filled with one.
pub(super) fn fill(template: &str, fields: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(template.len() + 64);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((field, after)) = after.split_once('}') else { break };
        let value = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(field)).map_or("", |(_, v)| v);
        if field.starts_with(char::is_uppercase) {
            text.push_str(&capitalised(value));
        } else {
            text.push_str(value);
        }
        rest = after;
    }
    text.push_str(rest);
    text
}

/// A text that begins with a capital, unless its first word has one of its own ("iPhone").
pub(super) fn capitalised(text: &str) -> String {
    let first_word = text.split(' ').next().unwrap_or_default();
    let mut letters = text.chars();
    match letters.next() {
        Some(first) if !first_word.contains(char::is_uppercase) => {
            first.to_uppercase().chain(letters).collect()
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_can_be_read_and_speaks_of_known_kinds_alone() {
        for code in ["en", "de", "fr", "es", "zh", "ja"] {
            let language = language(code);
            for id in language.kind.keys() {
                assert!(kinds().place(id) < kinds().kind.len(), "{code} {id}");
            }
            let plain = &language.plain;
            let parts = [&plain.sentence, &plain.opening, &plain.bullet, &plain.question, &plain.question_of];
            assert!(parts.into_iter().all(Option::is_some), "{code}");
        }
    }

    #[test]
    fn lists_are_joined_as_a_person_would() {
        let items = |list: &str| list.split(' ').map(str::to_owned).collect::<Vec<_>>();
        for (code, list, expected) in [
            ("en", "a b c", "a, b and c"),
            ("de", "a b c", "a, b und c"),
            ("fr", "a b", "a et b"),
            ("es", "aguja hilo", "aguja e hilo"),
            ("zh", "a b c", "a、b和c"),
            ("ja", "a b", "aとb"),
            ("ja", "a b c", "a、b、c"),
        ] {
            assert_eq!(language(code).list(&items(list)), expected);
        }
    }
}
