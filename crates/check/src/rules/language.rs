//! language: texts must be in the language of their locale.

use std::collections::HashSet;
use std::sync::LazyLock;

use whatlang::{Detector, Lang};

use super::Subject;
use crate::content::{Finding, Severity, texts};
use crate::product::Facts;
use crate::product::unit::is_cjk;

/// Fewer letters than this say too little about a language.
const LETTERS_MIN: usize = 60;

/// Enough text to detect a language, in bytes.
const BYTES_READ: usize = 280;

/// How sure the detector must be (0 to 1): below, it guesses between close languages.
const CONFIDENCE_MIN: f64 = 0.7;

/// Longest value that is a name as a whole, in words: a colour or a material, and no sentence.
const NAME_WORDS_MAX: usize = 3;

/// Fewer letters around names say nothing about a language.
const AROUND_LETTERS_MIN: usize = 15;

/// Longer than this no value is a name: it is a text in a language of its own.
const PHRASE_BYTES_MAX: usize = 80;

/// Languages that are distinguished: those of the recipes and their close neighbours.
const LANGUAGES: &[(&str, Lang)] = &[
    ("en", Lang::Eng),
    ("de", Lang::Deu),
    ("fr", Lang::Fra),
    ("es", Lang::Spa),
    ("it", Lang::Ita),
    ("nl", Lang::Nld),
    ("pt", Lang::Por),
    ("pl", Lang::Pol),
    ("zh", Lang::Cmn),
    ("ja", Lang::Jpn),
];

static DETECTOR: LazyLock<Detector> =
    LazyLock::new(|| Detector::with_allowlist(LANGUAGES.iter().map(|(_, lang)| *lang).collect()));

/// At most one finding: the draft as a whole is in another language.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let mut all = String::new();
    for text in texts(&subject.draft.content) {
        all.push_str(text.text);
        all.push('\n');
        // More text makes the detector slower, not surer.
        if all.len() > BYTES_READ {
            break;
        }
    }
    let expected = subject.locale.language();
    let seen = detect(&all).filter(|seen| *seen == expected || !is_by_names(subject, &all, expected, seen));
    match seen {
        Some(seen) if seen != expected && LANGUAGES.iter().any(|(language, _)| *language == expected) => {
            let message = format!("the text reads as {seen}, the locale is {}", subject.locale);
            vec![subject.finding("language.other", subject.policy.language, "", message)]
        }
        Some(seen) if seen != expected => {
            let message = format!("whether a text is in {} cannot be detected", subject.locale);
            vec![subject.finding("language.unverified", Severity::Note, "", message)]
        }
        _ => Vec::new(),
    }
}

/// Whether a text reads as another language only for the names of its product ("Château Margaux"): the words around them are
/// of the expected one.
fn is_by_names(subject: &Subject<'_>, text: &str, expected: &str, seen: &str) -> bool {
    let lang = |language: &str| LANGUAGES.iter().find(|(name, _)| *name == language).map(|(_, lang)| *lang);
    let (Some(expected), Some(seen)) = (lang(expected), lang(seen)) else { return false };
    let names = Names::of(subject.facts);
    let text = names.phrases.iter().fold(text.to_owned(), |text, phrase| text.replace(phrase, " "));
    let around: String = text
        .split_inclusive(|c: char| !is_of_word(c))
        .filter(|word| !names.has(word.trim_end_matches(|c: char| !is_of_word(c))))
        .collect();
    // Names alone are in no language, and a text of nothing else is one for a person.
    if around.chars().filter(|c| c.is_alphabetic()).count() < AROUND_LETTERS_MIN {
        return false;
    }
    match DETECTOR.detect(&around) {
        Some(info) if info.lang() == expected => true,
        Some(info) if info.confidence() >= CONFIDENCE_MIN => false,
        // Of few words the guess between two is the surer one.
        _ => Detector::with_allowlist(vec![expected, seen]).detect_lang(&around) == Some(expected),
    }
}

/// The words of a product's names.
struct Names {
    /// Of title, brand and short values, which are names as a whole.
    all: HashSet<String>,
    /// Of longer values: there only words with a capital are names.
    capital: HashSet<String>,
    /// Names of several words, longest first: "de" and "la" are names only within one.
    phrases: Vec<String>,
}

impl Names {
    fn of(facts: &Facts) -> Self {
        let (mut all, mut capital, mut phrases) = (HashSet::new(), HashSet::new(), Vec::new());
        for (attribute, value) in facts.iter() {
            let value = value.to_string();
            let parts = value.split(", ").filter(|part| part.contains(' ') && part.len() <= PHRASE_BYTES_MAX);
            phrases.extend(parts.map(str::to_owned));
            let words = value.split(|c: char| !is_of_word(c)).filter(|word| word.chars().count() > 2);
            let words: Vec<String> = words.map(str::to_lowercase).collect();
            let is_name = matches!(attribute, "title" | "brand") || words.len() <= NAME_WORDS_MAX;
            if is_name { all.extend(words) } else { capital.extend(words) }
        }
        phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.len()));
        Self { all, capital, phrases }
    }

    fn has(&self, word: &str) -> bool {
        let lower = word.to_lowercase();
        self.all.contains(&lower)
            || (word.chars().next().is_some_and(char::is_uppercase) && self.capital.contains(&lower))
    }
}

fn is_of_word(c: char) -> bool {
    c.is_alphabetic() || matches!(c, '\'' | '’' | '-')
}

/// The language of a text, where that is sure enough.
fn detect(text: &str) -> Option<&'static str> {
    let (mut letters, mut kana, mut han) = (0usize, 0usize, 0usize);
    for character in text.chars().filter(|character| character.is_alphabetic()) {
        letters += 1;
        if matches!(character, '\u{3040}'..='\u{30ff}') {
            kana += 1;
        } else if is_cjk(character) {
            han += 1;
        }
    }
    // A CJK character carries about as much as three letters, and Latin names are mixed in.
    if (kana + han) * 3 >= letters && kana + han >= LETTERS_MIN / 6 {
        return Some(if kana * 10 >= kana + han { "ja" } else { "zh" });
    }
    if letters < LETTERS_MIN {
        return None;
    }
    let info = DETECTOR.detect(text)?;
    if info.confidence() < CONFIDENCE_MIN {
        return None;
    }
    LANGUAGES.iter().find(|(_, lang)| *lang == info.lang()).map(|(language, _)| *language)
}

#[cfg(test)]
mod tests {
    use super::detect;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(detect(text), expected, "{text}");
    }

    #[test]
    fn languages_are_distinguished_and_short_texts_are_left_alone() {
        check(
            "This mug holds 300 ml and is made of stoneware. It is safe for the dishwasher and the microwave.",
            Some("en"),
        );
        check(
            "Diese Tasse fasst 300 ml und ist aus Steinzeug. Sie ist für die Spülmaschine und die Mikrowelle geeignet.",
            Some("de"),
        );
        check(
            "Cette tasse contient 300 ml et elle est en grès. Elle passe au lave-vaisselle et au four à micro-ondes.",
            Some("fr"),
        );
        check(
            "Esta taza tiene una capacidad de 300 ml y está hecha de gres. Es apta para el lavavajillas y el microondas.",
            Some("es"),
        );
        check("这款马克杯容量为300毫升，采用粗陶制成，可放入洗碗机和微波炉。", Some("zh"));
        check(
            "このマグカップの容量は300mlで、せっ器製です。食器洗い機と電子レンジに対応しています。",
            Some("ja"),
        );
        check("Mug 300 ml", None);
    }
}
