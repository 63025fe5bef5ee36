//! language: texts must be in the language of their locale, sentence by sentence, and Chinese in the script of its region.

mod han;
mod names;
mod script;
mod words;

use std::cell::LazyCell;
use std::sync::LazyLock;

use whatlang::{Detector, Lang};

use super::Subject;
use crate::config::check::CheckConfig;
use crate::content::{Finding, Severity, Span, sentences, texts};
use crate::product::{Facts, Locale};
use han::HanScript;
use names::Names;
use script::Letters;
use words::{LANGUAGES, Tally};

/// Fewer letters than this say too little about a language.
const LETTERS_MIN: usize = 60;

/// Enough text to detect a language, in bytes.
const BYTES_READ: usize = 280;

/// How sure the detector must be (0 to 1): below, it guesses between close languages.
const CONFIDENCE_MIN: f64 = 0.7;

/// Fewer letters around names say nothing about a language.
const AROUND_LETTERS_MIN: usize = 15;

/// Confidence that is enough where no word speaks for a language.
const SURE: f64 = 0.8;

/// Fewer words are a name, or too few to say anything.
const SMALL_MIN: usize = 3;

/// From so many words on a sentence without any word that holds its language together is looked at.
const WORDS_WITHOUT_MAX: usize = 5;

/// More words of its own language than this make a text plainly one of it.
const OWN_MIN: usize = 3;

/// Most sentences of a text that are named; one that is foreign as a whole needs no list.
const SENTENCES_MAX: usize = 5;

/// Languages that are distinguished: those of the recipes and their close neighbours.
const DETECTED: &[(&str, Lang)] = &[
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
    LazyLock::new(|| Detector::with_allowlist(DETECTED.iter().map(|(_, lang)| *lang).collect()));

/// One finding where the draft as a whole is in another language; else one for each sentence that is, and for each text in
/// the other script of Chinese.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let names = LazyCell::new(|| Names::of(subject.facts));
    if let Some(whole) = whole(subject, &names) {
        return vec![whole];
    }
    let mut found = Vec::new();
    for text in texts(&subject.draft.content) {
        let of_text =
            read(text.text, subject.locale.language(), Some(subject.locale), &names, subject.policy);
        let of_draft =
            |finding| Finding { recipe: subject.recipe.name.clone(), at: text.at.clone(), ..finding };
        found.extend(of_text.into_iter().map(of_draft));
    }
    found
}

/// What is in another language, or in the other script of Chinese, in a text without a recipe.
pub(crate) fn findings(
    facts: &Facts,
    text: &str,
    language: &str,
    locale: Option<&Locale>,
    policy: &CheckConfig,
) -> Vec<Finding> {
    read(text, language, locale, &LazyCell::new(|| Names::of(facts)), policy)
}

fn read<F: FnOnce() -> Names>(
    text: &str,
    language: &str,
    locale: Option<&Locale>,
    names: &LazyCell<Names, F>,
    policy: &CheckConfig,
) -> Vec<Finding> {
    let of = |rule: &str, place: std::ops::Range<usize>, message: String| {
        let finding = super::finding(rule, policy.language, "", &message);
        Finding { span: Some(Span::of(text, &place)), ..finding }
    };
    let foreign = sentences(text).filter_map(|(start, sentence)| {
        foreign(sentence, language, names).map(|seen| (start..start + sentence.len(), seen))
    });
    let other = foreign.take(SENTENCES_MAX).map(|(place, seen)| {
        of("language.sentence", place, format!("the sentence reads as {seen}, the text is to be {language}"))
    });
    let mut found: Vec<Finding> = other.collect();
    if let Some(script) = locale.filter(|_| found.is_empty()).and_then(HanScript::of)
        && let Some(fault) = script.fault(text)
        && script.fault(&names.without_titles(text)).is_some()
        && let Some(at) = text.find(fault)
    {
        let (is, wanted) = (script.other().name(), script.name());
        let message = format!("{fault} is {is} Chinese, the locale writes {wanted} Chinese");
        found.push(of("language.script", at..at + fault.len_utf8(), message));
    }
    found
}

/// What a sentence reads as, where that is not the expected language.
fn foreign<F: FnOnce() -> Names>(
    sentence: &str,
    expected: &str,
    names: &LazyCell<Names, F>,
) -> Option<&'static str> {
    let place = LANGUAGES.place(expected);
    // Of a language without a list nothing is known, but for those in scripts of their own.
    if place.is_none() && !matches!(expected, "zh" | "ja") {
        return None;
    }
    // Names are looked at only where it matters.
    let first = seen(sentence, expected, place)?;
    let is_by_script = matches!(first, "zh" | "ja");
    let bare = if is_by_script { names.without_titles(sentence) } else { names.without(sentence) };
    let bare = if is_by_script { bare } else { LANGUAGES.without_loans(&bare) };
    seen(&bare, expected, place)
}

fn seen(sentence: &str, expected: &str, place: Option<usize>) -> Option<&'static str> {
    let letters = Letters::of(sentence);
    if let Some(other) = letters.other_than(sentence, expected) {
        return Some(other);
    }
    if letters.latin == 0 {
        return None;
    }
    let tally = Tally::of(sentence, place);
    let language = || tally.language.map(|place| LANGUAGES.name(place));
    if place.is_none() {
        // Latin words within Chinese and Japanese are names, but for whole sentences.
        let is_sentence = match (letters.cjk(), tally.other) {
            (0, 0) => tally.small >= SMALL_MIN,
            (0, 1) => tally.words >= SMALL_MIN,
            (0, _) => true,
            (_, other) => other > SMALL_MIN - 1,
        };
        return if is_sentence { language() } else { None };
    }
    match (tally.own, tally.other) {
        // Two words that hold a language together, and none of the expected one.
        (own, other) if other >= 2 * own + 2 => language(),
        (0, 1) if tally.letter && tally.words >= SMALL_MIN => language(),
        (0, other) if (other == 1 || tally.letter) && tally.words >= SMALL_MIN => {
            language().filter(|seen| is_rather(sentence, seen, expected))
        }
        (0, 0) if tally.words >= WORDS_WITHOUT_MAX => {
            detected(sentence, SURE).filter(|seen| *seen != expected)
        }
        _ => None,
    }
}

/// Whether a text reads as one of two languages rather than as the other.
fn is_rather(text: &str, seen: &str, expected: &str) -> bool {
    let (Some(seen), Some(expected)) = (lang(seen), lang(expected)) else { return false };
    Detector::with_allowlist(vec![seen, expected]).detect_lang(text) == Some(seen)
}

fn lang(language: &str) -> Option<Lang> {
    DETECTED.iter().find(|(name, _)| *name == language).map(|(_, lang)| *lang)
}

/// The language that a detector sees in Latin letters.
fn detected(text: &str, confidence: f64) -> Option<&'static str> {
    let info = DETECTOR.detect(text).filter(|info| info.confidence() >= confidence)?;
    DETECTED.iter().find(|(_, lang)| *lang == info.lang()).map(|(language, _)| *language)
}

/// The draft as a whole in another language, or in one that nothing is known of.
fn whole<F: FnOnce() -> Names>(subject: &Subject<'_>, names: &LazyCell<Names, F>) -> Option<Finding> {
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
    // What is plainly in its language needs no detector.
    let tally = LANGUAGES.place(expected).map(|place| Tally::of(&all, Some(place)));
    if tally.is_some_and(|tally| tally.own > OWN_MIN && tally.own > 2 * tally.other) {
        return None;
    }
    let seen = whole_seen(&all).filter(|seen| *seen != expected)?;
    if is_by_names(names, &all, expected, seen) {
        return None;
    }
    let is_known = DETECTED.iter().any(|(language, _)| *language == expected);
    Some(if is_known {
        let message = format!("the text reads as {seen}, the locale is {}", subject.locale);
        subject.finding("language.other", subject.policy.language, "", message)
    } else {
        let message = format!("whether a text is in {} cannot be detected", subject.locale);
        subject.finding("language.unverified", Severity::Note, "", message)
    })
}

/// Whether a text reads as another language only for the names of its product ("Château Margaux"): the words around them are
/// of the expected one.
fn is_by_names<F: FnOnce() -> Names>(
    names: &LazyCell<Names, F>,
    text: &str,
    expected: &str,
    seen: &str,
) -> bool {
    let around = names.without(text);
    // Names alone are in no language, and a text of nothing else is one for a person.
    if around.chars().filter(|c| c.is_alphabetic()).count() < AROUND_LETTERS_MIN {
        return false;
    }
    match DETECTOR.detect(&around) {
        Some(info) if Some(info.lang()) == lang(expected) => true,
        Some(info) if info.confidence() >= CONFIDENCE_MIN => false,
        // Of few words the guess between two is the surer one.
        _ => is_rather(&around, expected, seen),
    }
}

/// The language of a whole text, where that is sure enough.
fn whole_seen(text: &str) -> Option<&'static str> {
    let letters = Letters::of(text);
    let all = text.chars().filter(|c| c.is_alphabetic()).count();
    // A CJK character carries about as much as three letters, and Latin names are mixed in.
    if letters.cjk() * 3 >= all && letters.cjk() >= LETTERS_MIN / 6 {
        return Some(if letters.kana * 10 >= letters.cjk() { "ja" } else { "zh" });
    }
    if all < LETTERS_MIN { None } else { detected(text, CONFIDENCE_MIN) }
}

#[cfg(test)]
mod tests;
