//! The parts that look at facts and names: coverage, density, front.

use std::collections::HashSet;

use super::copy::{Copy, Sentence};
use super::data::{Head, band};
use crate::facts::{Naming, words};

/// What a part gives: from 0 to 1, and what a writer can do about it.
pub(super) struct Part {
    pub(super) value: f64,
    pub(super) remedy: String,
}

impl Part {
    pub(super) fn new(value: f64, remedy: impl Into<String>) -> Self {
        Self { value: value.clamp(0.0, 1.0), remedy: remedy.into() }
    }
}

/// Most attributes that a remedy names.
const NAMED_MAX: usize = 5;
/// Shortest word of which another one may be a compound, in characters.
const COMPOUND_MIN: usize = 4;
/// Longest answer that need not rest on anything: "Yes.".
const ANSWER_WORDS_MAX: usize = 2;
/// How much of the front its head noun is; the rest are other words of the name, of which so many are enough.
const HEAD_SHARE: f64 = 0.6;
const NAME_WORDS: usize = 2;

/// A share of two counts.
#[expect(clippy::cast_precision_loss, reason = "a text has far fewer than 2^52 words")]
pub(super) fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// How many of the attributes that are enough some sentence rests on. `None` where the product has none.
pub(super) fn coverage(copy: &Copy<'_>) -> Option<Part> {
    if copy.enough == 0 || copy.sentences.is_empty() {
        return None;
    }
    let unused: Vec<&str> = copy.worth.difference(&copy.used).copied().take(NAMED_MAX).collect();
    let (used, enough) = (copy.used.len(), copy.enough);
    let remedy = format!(
        "it uses {used} attributes where {enough} are enough; say something of {}",
        unused.join(", ")
    );
    Some(Part::new(share(used, enough), remedy))
}

/// How many sentences rest on an attribute, of those that can be looked up. `None` where there is nothing to rest on.
pub(super) fn density(copy: &Copy<'_>) -> Option<Part> {
    if copy.worth.is_empty() {
        return None;
    }
    let counted = counted(copy).count();
    let empty = counted - self::counted(copy).filter(|sentence| sentence.rests).count();
    let remedy = format!(
        "{empty} of {counted} sentences rest on no attribute; have each say something of the product, or leave it out"
    );
    (counted > 0).then(|| Part::new(share(counted - empty, counted), remedy))
}

/// The sentences that should rest on an attribute.
pub(super) fn counted<'c>(copy: &'c Copy<'_>) -> impl Iterator<Item = &'c Sentence<'c>> {
    let is_short_answer = |sentence: &Sentence<'_>| {
        sentence.answers && !sentence.rests && sentence.words.len() <= ANSWER_WORDS_MAX
    };
    copy.sentences.iter().filter(move |sentence| !sentence.unsure && !is_short_answer(sentence))
}

/// Whether the title and the first sentence name the product. `None` where its name cannot be compared, or where neither is
/// there: answers stand below their question.
pub(super) fn front(copy: &Copy<'_>) -> Option<Part> {
    let heads = heads(copy);
    if heads.is_empty() {
        return None;
    }
    let named = |text: &str| named(text, &copy.called, &heads);
    let title =
        copy.titles.as_ref().map(|titles| titles.iter().map(|title| named(title)).fold(0.0, f64::max));
    let first =
        copy.sentences.first().filter(|sentence| !sentence.answers).map(|sentence| named(sentence.text));
    let places: Vec<(&str, f64)> = [("the title", title), ("the first sentence", first)]
        .into_iter()
        .filter_map(|(place, value)| Some((place, value?)))
        .collect();
    let poor: Vec<&str> =
        places.iter().filter(|(_, value)| *value < HEAD_SHARE).map(|(place, _)| *place).collect();
    let heads: Vec<&str> = heads.iter().map(|head| head.folded.as_str()).collect();
    let remedy = if poor.is_empty() {
        "name the product in full in title and first sentence".to_owned()
    } else {
        format!("{} should name the product: {:?}", poor.join(" and "), heads.join(" "))
    };
    let sum: f64 = places.iter().map(|(_, value)| value).sum();
    (!places.is_empty()).then(|| Part::new(sum / share(places.len(), 1), remedy))
}

/// The words that say what the thing is: those that its category has as well, else the first or last by its language.
fn heads<'c>(copy: &'c Copy<'_>) -> Vec<&'c Naming> {
    let shared: Vec<&Naming> =
        copy.called.iter().filter(|word| copy.category.contains(&word.lemma)).collect();
    if !shared.is_empty() {
        return shared;
    }
    let mut leading = copy.called.iter().filter(|word| word.leads);
    let head = match band(copy.language).head {
        Head::First => leading.next(),
        Head::Last => leading.next_back(),
    };
    head.into_iter().collect()
}

/// How far a text names the product.
fn named(text: &str, called: &[Naming], heads: &[&Naming]) -> f64 {
    let said: HashSet<String> = words(text).into_iter().collect();
    let has = |word: &Naming| {
        said.contains(&word.folded) || said.iter().any(|other| is_compound(other, &word.folded))
    };
    let head = if heads.iter().any(|head| has(head)) { HEAD_SHARE } else { 0.0 };
    let found = called.iter().filter(|word| has(word)).count();
    let rest = share(found, called.len().min(NAME_WORDS)).min(1.0);
    head + (1.0 - HEAD_SHARE) * rest
}

/// Whether one of two words ends with the other: "Trinkflasche" and "Flasche", 不锈钢水瓶 and 水瓶.
fn is_compound(one: &str, other: &str) -> bool {
    let (long, short) = if one.len() > other.len() { (one, other) } else { (other, one) };
    let is_long = short.len() > short.chars().count() || short.chars().nth(COMPOUND_MIN - 1).is_some();
    is_long && long.ends_with(short)
}
