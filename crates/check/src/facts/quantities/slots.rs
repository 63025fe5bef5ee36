//! Slots: which dimension, basis or system of sizes a number is said of. A width is no height, storage is no memory.

use std::borrow::Cow;

use super::super::lemma::{Lemma, Lemmatiser, folded, lemma};
use super::number::{MentionKind, NumberMention};
use super::slot_table::{PHRASE_WORDS, TABLE};
use crate::product::unit::{Dimension, is_cjk};

/// So many words beside a number may say which slot it is of.
const REACH: usize = 5;

/// So much of a text is read beside a number, in bytes.
const REACH_BYTES: usize = 72;

/// The slots that a number may be said of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Slots(u128);

impl Slots {
    /// The slots that an attribute's name gives to its numbers.
    pub(super) fn of_name(name: &str) -> Self {
        let mut lemmatiser = Lemmatiser::default();
        let lemmas: Vec<Lemma> = words(name).map(|word| lemmatiser.of(word)).collect();
        let mut found = unspaced_phrases(name).fold(phrases(&lemmas), |found, slots| found | slots);
        // "energy_100g", "energy per serving"
        for ((before, word), lemma) in words(name).zip(words(name).skip(1)).zip(lemmas.iter().skip(1)) {
            if let Some(basis) = TABLE.basis.get(lemma)
                && (folded(word).starts_with("100") || TABLE.per.contains(lower(before).as_ref()))
            {
                found |= basis;
            }
        }
        Self(found)
    }

    /// These slots, and of others those that these leave open.
    pub(super) fn or(self, others: Self) -> Self {
        let open = TABLE.all_groups().filter(|group| group & self.0 == 0);
        Self(open.fold(self.0, |slots, group| slots | (others.0 & group)))
    }

    /// Whether a number of these slots may be one of others; `dimension` is what both measure.
    pub(super) fn agree(self, other: Self, dimension: Option<Dimension>) -> bool {
        TABLE.exclusive(dimension).all(|group| {
            let (own, others) = (self.0 & group, other.0 & group);
            own == 0 || others == 0 || TABLE.widened(own) & others != 0 || own & TABLE.widened(others) != 0
        })
    }

    /// Whether both say the same slot of what they measure.
    pub(super) fn same(self, other: Self, dimension: Option<Dimension>) -> bool {
        self.0 & other.0 & TABLE.group(dimension) != 0 && self.agree(other, dimension)
    }

    /// Whether one of them measures such a thing.
    pub(super) fn measure(self, dimension: Dimension) -> bool {
        self.0 & TABLE.group(Some(dimension)) != 0
    }
}

/// The slots of every mention of a text, or of an attribute's value; `name` may say an order.
pub(super) fn slots_of(text: &str, mentions: &[NumberMention], name: &str) -> Vec<Slots> {
    let mut found: Vec<Slots> =
        (0..mentions.len()).map(|place| Slots(beside(text, mentions, place))).collect();
    let mut last = None;
    for (place, mention) in mentions.iter().enumerate() {
        let Some((at, count)) = mention.factor else { continue };
        if at == 0 {
            // "80 × 120 × 40 cm (W x H x D)"
            let end = mentions.get(place + count - 1).map_or(text.len(), |last| last.end);
            last = order(near(text, end), count).or_else(|| order(name, count));
        }
        if let Some(bit) = last.as_ref().and_then(|order| order.get(at))
            && let Some(slots) = found.get_mut(place)
        {
            *slots = Slots(*bit);
        }
    }
    found
}

/// What follows a byte, as far as it is read.
fn near(text: &str, from: usize) -> &str {
    let rest = text.get(from..).unwrap_or_default();
    rest.get(..rest.floor_char_boundary(REACH_BYTES.min(rest.len()))).unwrap_or_default()
}

/// The order of as many dimensions that a text names: "W x H x D", "B × H × T", "长x宽x高".
fn order(text: &str, count: usize) -> Option<Vec<u128>> {
    let lower = text.to_lowercase();
    let mut parts = lower.split(['x', '×', '*']).map(|part| {
        let part = part.trim_matches(|c: char| !c.is_alphanumeric() && c != 'ø');
        let last = part.rsplit(|c: char| !c.is_alphanumeric() && c != 'ø').next().unwrap_or_default();
        let first = part.split(|c: char| !c.is_alphanumeric() && c != 'ø').next().unwrap_or_default();
        (first, last)
    });
    let known = |word: &str| TABLE.order.get(word).copied();
    let begins = known(parts.next()?.1)?;
    let mut found = vec![begins];
    for (first, _) in parts {
        let bit = known(first)?;
        let twice = found.contains(&bit);
        found.push(if twice { known("w")? } else { bit });
        if found.len() == count {
            return Some(found);
        }
    }
    None
}

/// The slots that the words beside a number name: those behind it, or those before it where they are its own.
fn beside(text: &str, mentions: &[NumberMention], place: usize) -> u128 {
    let Some(mention) = mentions.get(place) else { return 0 };
    let opens = place.checked_sub(1).and_then(|before| mentions.get(before)).map_or(0, |before| before.end);
    let next = mentions.get(place + 1);
    let closes = next.map_or(text.len(), |next| next.start);
    let from = text.ceil_char_boundary(mention.start.saturating_sub(REACH_BYTES)).max(opens);
    let before = text.get(from..mention.start).unwrap_or_default();
    let whole = text.get(mention.end..closes.max(mention.end)).unwrap_or_default();
    let after = near(whole, 0);
    let own = weak(text, mention);
    let (behind, reaches_next) = behind(after, next.is_some() && after.len() == whole.len());
    let ahead = ahead(before);
    let named = if behind != 0 && !(reaches_next && ahead != 0) { behind } else { ahead };
    own | named | system(before, after) | basis(text, mention, next) | mode(text, mention, next)
}

/// "A pair of mugs" counts them.
fn weak(text: &str, mention: &NumberMention) -> u128 {
    if !mention.weak {
        return 0;
    }
    let written = text.get(mention.start..mention.end).unwrap_or_default();
    TABLE.of_phrase(lemma(written)).unwrap_or(0)
}

/// A word in lower case.
fn lower(word: &str) -> Cow<'_, str> {
    let plain = word.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    if plain { Cow::Borrowed(word) } else { Cow::Owned(word.to_lowercase()) }
}

fn words(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != 'ø').filter(|word| !word.is_empty())
}

/// The slots that the words behind a number name, and whether they reach up to the next number.
fn behind(after: &str, is_whole: bool) -> (u128, bool) {
    let ends =
        |c: char| matches!(c, ',' | ';' | '!' | '?' | '\n' | '，' | '。' | '；' | '、' | '|' | ')' | ':');
    // "120 cm (W)"; a bracket further on says something else.
    let inner = after.trim_start().trim_start_matches(['(', '（']);
    let cut = inner.split(|c| ends(c) || matches!(c, '(' | '（')).next().unwrap_or_default();
    let cut = cut.split(". ").next().unwrap_or_default();
    let mut lemmatiser = Lemmatiser::default();
    let mut own = Vec::with_capacity(REACH);
    let mut bordered = false;
    for word in words(cut) {
        if own.len() == REACH || TABLE.borders.contains(lower(word).as_ref()) {
            bordered = true;
            break;
        }
        own.push(lemmatiser.of(word));
    }
    let cjk = cut.trim_start().trim_start_matches('的');
    let begins = || TABLE.unspaced.iter().find(|(spelling, _)| cjk.starts_with(spelling));
    let begins = cjk.starts_with(is_cjk).then(begins).flatten().map_or(0, |found| found.1);
    let reaches_next = is_whole && !bordered && cut.len() == inner.len() && (!own.is_empty() || begins != 0);
    (phrases(&own) | begins, reaches_next)
}

/// The slots that the words before a number name.
fn ahead(before: &str) -> u128 {
    let ends =
        |c: char| matches!(c, ',' | ';' | '!' | '?' | '\n' | '，' | '。' | '；' | '、' | '|' | ')' | '）');
    let cut = before.rsplit(ends).next().unwrap_or_default();
    let cut = cut.rsplit(". ").next().unwrap_or_default();
    let mut lemmatiser = Lemmatiser::default();
    let mut own = Vec::with_capacity(REACH + 1);
    for (distance, word) in words(cut).rev().enumerate().take(REACH + 1) {
        let lower = lower(word);
        // "The height is 75 cm": a verb beside the number does not end what it is of.
        if TABLE.borders.contains(lower.as_ref()) && (distance > 1 || TABLE.joins.contains(lower.as_ref())) {
            break;
        }
        own.push(lemmatiser.of(word));
    }
    own.reverse();
    phrases(&own) | unspaced_phrases(cut).filter(|slots| *slots != 0).last().unwrap_or(0)
}

/// The slots that phrases of words name, the longest first.
fn phrases(words: &[Lemma]) -> u128 {
    let mut found = 0;
    let mut rest = words;
    while let Some((first, behind)) = rest.split_first() {
        let (mut phrase, mut longest) = (*first, (1, TABLE.of_phrase(*first).unwrap_or(0)));
        for (count, next) in behind.iter().take(PHRASE_WORDS - 1).enumerate() {
            phrase = phrase.then(*next);
            if let Some(bits) = TABLE.of_phrase(phrase) {
                longest = (count + 2, bits);
            }
        }
        found |= longest.1;
        rest = rest.get(longest.0..).unwrap_or_default();
    }
    found
}

/// The slots that each Chinese and Japanese phrase of a text names, in order.
fn unspaced_phrases(text: &str) -> impl Iterator<Item = u128> + '_ {
    let mut rest = text;
    std::iter::from_fn(move || {
        let character = rest.chars().next()?;
        let phrase = is_cjk(character)
            .then(|| TABLE.unspaced.iter().find(|(spelling, _)| rest.starts_with(spelling)))
            .flatten();
        let length = phrase.map_or(character.len_utf8(), |phrase| phrase.0.len());
        rest = rest.get(length..)?;
        Some(phrase.map_or(0, |phrase| phrase.1))
    })
}

/// The system of sizes that stands beside a number: "EU 42", "42 EU".
fn system(before: &str, after: &str) -> u128 {
    let last = before.trim_end().rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let first = after.trim_start().split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let known = |word: &str| TABLE.systems.get(word).copied();
    known(last).or_else(|| known(first)).unwrap_or(0)
}

/// What a number is said for: "per 100 g", "per serving".
fn basis(text: &str, mention: &NumberMention, next: Option<&NumberMention>) -> u128 {
    let after = near(text, mention.end).trim_start();
    let word = after.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let sign = after.chars().next().map_or(0, char::len_utf8);
    let per = [word, after.get(..sign).unwrap_or_default()];
    let Some(per) = per.into_iter().find(|word| !word.is_empty() && TABLE.per.contains(lower(word).as_ref()))
    else {
        return 0;
    };
    let rest = after.get(per.len()..).unwrap_or_default().trim_start();
    if let Some(next) = next
        && rest.starts_with(|c: char| c.is_ascii_digit())
        && let MentionKind::Number { readings, unit: Some(unit), .. } = &next.kind
        && matches!(unit.dimension, Dimension::Mass | Dimension::Volume)
    {
        let hundred = readings.first().is_some_and(|reading| (reading.value - 100.0).abs() < 0.5);
        return TABLE.basis.get(&lemma("100")).filter(|_| hundred).copied().unwrap_or(0);
    }
    let word = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    TABLE.basis.get(&lemma(word)).copied().unwrap_or(0)
}

/// The condition that a number is measured under: "on 3G", "(2G)".
fn mode(text: &str, mention: &NumberMention, next: Option<&NumberMention>) -> u128 {
    let Some(next) = next else { return 0 };
    let MentionKind::Code(code) = &next.kind else { return 0 };
    let Some(bit) = TABLE.modes.get(code.as_str()) else { return 0 };
    let between = text.get(mention.end..next.start).unwrap_or_default().trim();
    let joined =
        between == "(" || between.rsplit(' ').next().is_some_and(|word| TABLE.mode_joins.contains(word));
    let near = between.len() <= REACH_BYTES && !between.contains([',', ';', '.', '/', ')']);
    if joined && near { *bit } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::super::number::mentions;
    use super::*;

    fn check(text: &str, names: &[&str]) {
        let mentions = mentions(text);
        let found = slots_of(text, &mentions, "");
        assert_eq!(found.len(), names.len(), "{text}");
        for ((slots, name), mention) in found.iter().zip(names).zip(&mentions) {
            let dimension = match &mention.kind {
                MentionKind::Number { unit, .. } => unit.map(|unit| unit.dimension),
                MentionKind::Code(_) => None,
            };
            let expected = Slots::of_name(name);
            let same = if name.is_empty() { slots.0 == 0 } else { slots.same(expected, dimension) };
            assert!(same, "{name} in {text}");
        }
    }

    #[test]
    fn the_words_beside_a_number_say_what_it_is_of() {
        check("It is 120 cm wide and 75 cm high.", &["width", "height"]);
        check("a width of 120 cm and a height of 75 cm", &["width", "height"]);
        check("Width: 120 cm, height: 75 cm", &["width", "height"]);
        check("Das Regal ist 120 cm hoch und 80 cm breit.", &["height", "width"]);
        check("une largeur de 80 cm", &["width"]);
        check("80 cm de ancho", &["width"]);
        check("宽75厘米，高120厘米", &["width", "height"]);
        check("幅75cm、高さ120cm", &["width", "height"]);
        check("8GB RAM 256GB storage", &["memory", "storage"]);
        check("RAM 8GB storage 256GB", &["memory", "storage"]);
        check("a net weight of 500 g", &["net weight"]);
    }

    #[test]
    fn an_order_says_which_factor_is_which() {
        check("80 × 120 × 40 cm (W x H x D)", &["width", "height", "depth"]);
        check("80 × 120 × 40 cm (B x H x T)", &["width", "height", "depth"]);
        check("80 × 120 × 40 cm", &["", "", ""]);
        let text = "80 × 120 × 40 cm";
        let found = slots_of(text, &mentions(text), "Dimensions (L x l x H)");
        let named: Vec<Slots> =
            ["length", "width", "height"].iter().map(|name| Slots::of_name(name)).collect();
        assert!(found.iter().zip(&named).all(|(found, named)| found.same(*named, Some(Dimension::Length))));
    }

    #[test]
    fn slots_of_one_kind_exclude_each_other() {
        let length = Some(Dimension::Length);
        let mass = Some(Dimension::Mass);
        let agree =
            |one: &str, other: &str, dimension| Slots::of_name(one).agree(Slots::of_name(other), dimension);
        assert!(!agree("width", "height", length));
        assert!(agree("width", "size", length));
        assert!(agree("net weight", "weight", mass));
        assert!(!agree("net weight", "gross weight", mass));
        assert!(!agree("salt", "sodium", mass));
        assert!(!agree("storage", "RAM", Some(Dimension::Data)));
        assert!(agree("cable length", "length", length));
        assert!(!agree("energy per 100g", "energy per serving", Some(Dimension::Energy)));
    }
}
