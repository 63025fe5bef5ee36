//! Full-text search: the terms that a document is tagged with, and what a person typed as a query that FTS5 cannot misread.

use skuscribe_check::content::State;
use skuscribe_check::product::Digest;
use skuscribe_check::product::unit::is_cjk;

use super::entry::{CATEGORY_SEPARATOR, Entry, category_key, short, state_word};
use crate::console::filter::Filter;

/// Steps of the quality, in hundredths.
const QUALITY_STEP: u8 = 5;
/// Every document has it.
const ALL: &str = "xall";
/// Every document has it of which a draft waits.
const WAITING: &str = "xwaiting";
/// `mug*` finds words that begin like this, from so many characters on.
const BEGINNING_MIN: usize = 3;

/// A term that stands for a value, and that no text has: of letters and digits, as the tokenizer wants them.
fn tag(kind: char, value: &str) -> String {
    let value = short(Digest::of(&[value.to_lowercase().as_bytes()]));
    format!("x{kind}{value:016x}")
}

/// The terms for everything that a filter may name of a document.
pub(super) fn tags(entry: &Entry) -> String {
    // A document that has a draft waiting counts as held, whatever is published beside it.
    let state = if entry.draft.is_some() { state_word(State::Held) } else { entry.state };
    let mut tags = vec![ALL.to_owned(), tag('l', &entry.locale), tag('s', state), tag('b', &entry.brand)];
    if entry.draft.is_some() {
        tags.push(WAITING.to_owned());
    }
    if !entry.job.is_empty() {
        tags.push(tag('j', &entry.job));
    }
    let category = &entry.category_key;
    let ends = category.match_indices(CATEGORY_SEPARATOR).map(|(at, _)| at).chain([category.len()]);
    tags.extend(ends.filter_map(|end| category.get(..end)).map(|path| tag('c', path)));
    let rules = [&entry.held_rules, &entry.published_rules];
    let mut rules: Vec<&str> =
        rules.iter().flat_map(|rules| rules.split('|')).filter(|rule| !rule.is_empty()).collect();
    rules.sort_unstable();
    rules.dedup();
    tags.extend(rules.into_iter().map(|rule| tag('r', rule)));
    if entry.draft.is_some() {
        tags.push(tag('v', &entry.rank.to_string()));
    }
    if let Some(quality) = entry.quality {
        let above = (1..=100 / QUALITY_STEP).map(|step| step * QUALITY_STEP);
        tags.extend(
            above.filter(|step| quality < f64::from(*step) / 100.0).map(|step| tag('q', &step.to_string())),
        );
    }
    tags.join(" ")
}

/// A text with each character of scripts without spaces as a word of its own, so that parts of it are found.
pub(super) fn spaced(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len());
    for character in text.chars() {
        if is_cjk(character) {
            spaced.extend([' ', character, ' ']);
        } else {
            spaced.push(character);
        }
    }
    spaced
}

/// A phrase that holds nothing but words: whatever was typed, FTS5 sees no operator in it. `None` where there are no words.
fn phrase(text: &str) -> Option<String> {
    let words: String = spaced(text)
        .chars()
        .map(|character| if character.is_alphanumeric() { character } else { ' ' })
        .collect();
    let words: Vec<&str> = words.split_whitespace().collect();
    (!words.is_empty()).then(|| format!("\"{}\"", words.join(" ")))
}

fn any_of(kind: char, values: &[String]) -> Option<String> {
    let key = |value: &String| if kind == 'c' { category_key(value) } else { value.clone() };
    let tags: Vec<String> = values.iter().map(|value| tag(kind, &key(value))).collect();
    (!tags.is_empty()).then(|| format!("tags : ({})", tags.join(" OR ")))
}

/// The query of a filter, with every part of it that tags can answer; what remains is asked of the rows: ages, the exact
/// quality, and the SKU. `waiting`: among drafts that wait alone.
pub(super) fn query(filter: &Filter, waiting: bool) -> String {
    let mut parts: Vec<String> = Vec::new();
    if waiting {
        parts.push(format!("tags : {WAITING}"));
    }
    if let Some(state) = filter.state.filter(|_| !waiting) {
        parts.push(format!("tags : {}", tag('s', state_word(state))));
    }
    if let Some(severity) = filter.severity {
        parts.push(format!("tags : {}", tag('v', &super::entry::rank(severity).to_string())));
    }
    if let Some(below) = filter.quality_below {
        let step = below.div_ceil(QUALITY_STEP).clamp(1, 100 / QUALITY_STEP) * QUALITY_STEP;
        parts.push(format!("tags : {}", tag('q', &step.to_string())));
    }
    let lists = [
        ('r', &filter.rules),
        ('c', &filter.categories),
        ('l', &filter.locales),
        ('b', &filter.brands),
        ('j', &filter.jobs),
        ('l', &filter.scope.locales),
        ('c', &filter.scope.categories),
    ];
    parts.extend(lists.iter().filter_map(|(kind, values)| any_of(*kind, values)));
    for words in &filter.text {
        let Some(phrase) = phrase(words) else { continue };
        // A beginning has to be asked for: how many words have it, nobody knows before.
        let long = words.chars().filter(|character| character.is_alphanumeric()).count() >= BEGINNING_MIN;
        let beginning = if words.ends_with('*') && long { " *" } else { "" };
        parts.push(format!("{{sku title brand category texts}} : {phrase}{beginning}"));
    }
    if parts.is_empty() {
        parts.push(format!("tags : {ALL}"));
    }
    parts.join(" AND ")
}
