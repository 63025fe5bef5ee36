//! Sentences of scripts without blanks, and of languages of which only stems are known.

use super::Level;
use super::data::{
    ADDRESSEES, ANSWERS, ASK, DUTY, Flags, IDIOMS, INSTRUCTIONS, LURE, OVERRIDE, PRODUCT, READER, SOFT,
    STRONG, TEXTS, WH, WORDS,
};
use super::weigh::Topic;
use crate::product::unit::is_cjk;

/// What follows a Japanese verb where it bids.
const BIDS: &[&str] = &[
    "くださ",
    "下さ",
    "くれ",
    "ほし",
    "欲し",
    "ちょうだい",
    "頂",
    "いただ",
    "もら",
    "。",
    "、",
    "：",
    ":",
    "！",
    "「",
    "ね",
];

/// What kind of instruction a folded sentence is, by parts of it.
pub(super) fn weigh(text: &str, topic: Option<Topic<'_>>) -> Option<Level> {
    if !text.chars().any(is_cjk) {
        return others(text);
    }
    // Japanese has kana.
    let japanese = text.chars().any(|c| matches!(c, '\u{3040}'..='\u{30ff}'));
    let parts = WORDS.unspaced.get(usize::from(japanese))?;
    let lower = text.to_lowercase();
    let found: Vec<(&str, Flags)> = parts
        .iter()
        .filter(|(part, flags)| stands(&lower, part, japanese && flags & STRONG != 0))
        .map(|(part, flags)| (part.as_str(), *flags))
        .collect();
    let count = |flags: Flags| found.iter().filter(|(_, known)| known & flags != 0).count();
    let any = |flags: Flags| count(flags) > 0;
    let named = topic.is_some_and(|topic| has_name(text, topic));
    if (any(OVERRIDE) && any(INSTRUCTIONS) && (named || !any(PRODUCT))) || any(ANSWERS) {
        return Some(Level::Order);
    }
    let shared = any(PRODUCT) || topic.is_some_and(|topic| topic.vocabulary.shares(text, topic.own));
    let foreign = i32::from(topic.is_some() && !shared);
    // Names and addresses in Latin letters stand out.
    let named = i32::from(named);
    let to_shoppers = i32::from(any(READER) && named == 0);
    let texts = i32::try_from(count(TEXTS).min(2)).unwrap_or(0);
    let strong = if any(STRONG) {
        3 - i32::from(shared && topic.is_some() && texts == 0 && named == 0) - to_shoppers
    } else {
        0
    };
    let mood = |(part, flags): &&(&str, Flags)| flags & SOFT != 0 && is_mood(&lower, part, japanese);
    let mood = found.iter().filter(mood).map(|(part, _)| if bids(&lower, part) { 2 } else { 1 }).max();
    let soft = if let Some(mood) = mood.filter(|_| !any(IDIOMS)) {
        mood + foreign + named + texts.min(1) - to_shoppers
    } else {
        0
    };
    let duty = if any(DUTY) { 1 + texts + named - i32::from(any(PRODUCT)) } else { 0 };
    let lure = if any(LURE) && named == 1 { 2 + foreign } else { 0 };
    let addressed = if any(ADDRESSEES) && (mood.is_some() || any(DUTY) || named == 1) {
        1 + texts + named - i32::from(shared)
    } else {
        0
    };
    if strong.max(soft).max(duty).max(lure).max(addressed) >= 3 {
        return Some(Level::Task);
    }
    let asks = text.contains(['?', '？']) && any(WH | ASK) || text.ends_with(['?', '？']);
    let apart = foreign == 1 || (texts > 0 && named == 1);
    (asks && !any(IDIOMS | READER) && apart).then_some(Level::Question)
}

/// Whether a part bids beyond doubt: a Japanese imperative, a Chinese verb behind "please".
fn bids(text: &str, part: &str) -> bool {
    ["ださい", "下さい", "なさい", "せよ", "てくれ"].iter().any(|end| part.ends_with(end))
        || text
            .match_indices(part)
            .any(|(at, _)| text.get(..at).is_some_and(|before| before.ends_with(['请', '請'])))
}

/// Whether a clause of a Chinese text begins with a part, or one of a Japanese text ends with it.
fn is_mood(text: &str, part: &str, japanese: bool) -> bool {
    let mut clauses = text
        .split(['，', '。', '、', '：', '；', '！', '？', ',', '.', ':', ';', '!', '?', '「', '」', '\n']);
    clauses.any(|clause| {
        let clause = clause.trim();
        if japanese {
            clause.ends_with(part)
        } else {
            let clause =
                clause.trim_start_matches(['请', '請', '再', '并', '並', '先', '就', '只', '然', '后', '後']);
            clause.starts_with(part)
        }
    })
}

/// Whether a text has a word in Latin letters that no other text of the product has.
fn has_name(text: &str, topic: Topic<'_>) -> bool {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '.');
    words
        .filter(|word| word.len() > 3 && word.chars().all(|c| c.is_ascii_alphabetic() || c == '.'))
        .any(|word| !topic.vocabulary.has(word, topic.own))
}

/// Whether a part stands in a text; a Japanese verb only where it bids.
fn stands(text: &str, part: &str, verb: bool) -> bool {
    if !(verb && part.ends_with(['て', 'で'])) {
        return text.contains(part);
    }
    text.match_indices(part).any(|(at, _)| {
        let behind = text.get(at + part.len()..).unwrap_or_default();
        behind.is_empty() || BIDS.iter().any(|bid| behind.starts_with(bid))
    })
}

/// Other languages: something puts instructions out of force.
fn others(text: &str) -> Option<Level> {
    if !WORDS.overrides.as_ref().is_some_and(|stems| stems.is_match(text)) {
        return None;
    }
    let lower = text.to_lowercase();
    let begins = |stem: &String| {
        lower.match_indices(stem.as_str()).any(|(at, _)| {
            let before = lower.get(..at).and_then(|before| before.chars().next_back());
            // Arabic and Thai write words on to each other.
            !stem.is_ascii() && !is_european(stem) || before.is_none_or(|before| !before.is_alphanumeric())
        })
    };
    (WORDS.override_stems.iter().any(begins) && WORDS.instruction_stems.iter().any(begins))
        .then_some(Level::Order)
}

fn is_european(stem: &str) -> bool {
    stem.chars().all(|c| c < '\u{530}' || c == ' ' || matches!(c, '\u{1e00}'..='\u{1fff}'))
}
