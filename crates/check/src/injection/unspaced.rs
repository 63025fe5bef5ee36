//! Sentences of scripts without blanks, and of languages of which only stems are known.

use super::Level;
use super::data::{
    ADDRESSEES, ANSWERS, ASK, DUTY, Flags, IDIOMS, INSTRUCTIONS, LURE, OVERRIDE, PRODUCT, READER, STRONG,
    TEXTS, WH, WORDS,
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
    if text.is_ascii() {
        return others(text);
    }
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
    if (any(OVERRIDE) && any(INSTRUCTIONS) && !any(PRODUCT)) || any(ANSWERS) {
        return Some(Level::Order);
    }
    let shared = any(PRODUCT) || topic.is_some_and(|topic| topic.vocabulary.shares(text, topic.own));
    let foreign = i32::from(topic.is_some() && !shared);
    let strong = if any(STRONG) { 3 - i32::from(shared && topic.is_some() && !any(TEXTS)) } else { 0 };
    let duty = i32::from(any(DUTY)) + i32::try_from(count(TEXTS).min(2)).unwrap_or(0);
    let named = text.chars().any(|c| c.is_ascii_uppercase());
    let lure = if count(LURE) >= 1 && named && foreign == 1 { 3 } else { 0 };
    let addressed = i32::from(any(ADDRESSEES) && any(TEXTS | DUTY)) * 3;
    let duty = if any(DUTY) { duty - i32::from(any(PRODUCT)) } else { 0 };
    if strong.max(duty).max(lure).max(addressed - i32::from(any(PRODUCT))) >= 3 {
        return Some(Level::Task);
    }
    let asks = text.contains(['?', '？']) && any(WH | ASK) || text.ends_with(['?', '？']);
    (asks && !any(IDIOMS | READER) && !shared && topic.is_some() && (foreign == 1 || any(TEXTS)))
        .then_some(Level::Question)
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
