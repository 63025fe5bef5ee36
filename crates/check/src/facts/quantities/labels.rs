//! What a number is a number of: the words beside it, in a text and in an attribute.
//!
//! "50 MP main camera" is about the main camera, "16 GB of RAM" about RAM: the number has to be that attribute's.

use std::sync::LazyLock;

use foldhash::HashSet;

use super::super::lemma::{ByLemma, Lemma, lemma};
use super::super::lexicon::{Languages, Role};
use super::super::tokens::{Clause, Tokens, words_of};
use super::lexicon_data::{meanings, spellings};
use super::number::{MentionKind, NumberMention};

/// Words that mean the same part of a thing, each with the one that stands for all.
static ALIKE_LEMMAS: LazyLock<ByLemma<Lemma>> =
    LazyLock::new(|| meanings("same_labels").map(|(word, all)| (lemma(word), lemma(all))).collect());

/// Words that join things or begin something else: what follows them is not the number's.
static BORDER_LEMMAS: LazyLock<HashSet<Lemma>> =
    LazyLock::new(|| spellings("labels", "borders").map(lemma).collect());

/// Words that many numbers go by, so that they distinguish none from another.
static GENERAL_LEMMAS: LazyLock<HashSet<Lemma>> =
    LazyLock::new(|| spellings("labels", "general").map(lemma).collect());

/// Words that say how far a number reaches, and not what it is of.
static BOUND_LEMMAS: LazyLock<HashSet<Lemma>> = LazyLock::new(|| {
    let phrases = meanings("bounds").chain(meanings("bounds_behind")).map(|(phrase, _)| phrase);
    let words = phrases.chain(spellings("joins", "range")).flat_map(|phrase| phrase.split(' '));
    words.map(lemma).collect()
});

/// Words between a number and what it is a number of.
const REACH: usize = 4;

/// So much of a text is read before a number, in bytes.
const LOOK_BACK: usize = 64;

/// The words that say what a number is a number of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Labels(Vec<Lemma>);

impl Labels {
    fn add(&mut self, word: Lemma) {
        if GENERAL_LEMMAS.contains(&word) || BOUND_LEMMAS.contains(&word) {
            return;
        }
        let word = ALIKE_LEMMAS.get(&word).copied().unwrap_or(word);
        if !self.0.contains(&word) {
            self.0.push(word);
        }
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Which of them others have as well, a bit for each.
    pub(super) fn shared(&self, other: &Self) -> u32 {
        self.0
            .iter()
            .take(32)
            .enumerate()
            .filter(|(_, word)| other.0.contains(word))
            .fold(0, |bits, (place, _)| bits | 1 << place)
    }
}

/// The labels that an attribute's name gives, and what shoppers call it.
pub(in super::super) fn labels_of_name(names: &[&Tokens<'_>]) -> Labels {
    let mut labels = Labels::default();
    for word in names.iter().flat_map(|name| &name.words).filter(|word| !word.is(Role::Function)) {
        labels.add(word.lemma);
    }
    labels
}

/// The labels that a number has inside of an attribute's value: between the numbers before and after it, up to a sign
/// that separates.
pub(super) fn labels_in_fact(text: &str, last: usize, mention: &NumberMention, next: usize) -> Labels {
    let separates = |c: char| matches!(c, ',' | ';' | '/' | '\n' | '|' | '，' | '；' | '、' | '+' | '&');
    let after = text.get(mention.end..next).unwrap_or_default();
    // "14 h (2G)" is labelled, "8 MP, (wide)" is not.
    let after = after.trim_start().trim_start_matches('(');
    let after = after.split(|c| separates(c) || c == '(' || c == ')').next().unwrap_or_default();
    let before = text.get(last..mention.start).unwrap_or_default();
    let before = before.rsplit(separates).next().unwrap_or_default();
    let mut labels = Labels::default();
    let mut add = |part: &str, count: usize| {
        for word in words_of(part, Languages::ALL).iter().take(count) {
            if !word.is(Role::Function) && !begins_with_digit(word.text) {
                labels.add(word.lemma);
            }
        }
    };
    if after.trim().is_empty() {
        // "RAM: 4 GB", but not what belongs to a number before it.
        if last == 0 || before.contains(':') {
            add(before, REACH);
        }
    } else {
        add(after, REACH);
    }
    labels
}

/// The labels that a number has in a text: the words behind it and those before it, as far as they belong to it.
///
/// One of several numbers that belong together ("1080 x 2400 pixels") has none; a number without a unit has those
/// before it only where they name it.
pub(super) fn labels_in_text(tokens: &Tokens<'_>, mention: &NumberMention) -> Labels {
    let text = tokens.text;
    let mut labels = Labels::default();
    let behind = text.get(mention.end..).unwrap_or_default();
    let behind = behind
        .get(..behind.floor_char_boundary(LOOK_BACK.min(behind.len())))
        .unwrap_or_default()
        .trim_start();
    // So much is read before a number, or a text without blanks would be read again for each.
    let from = text.ceil_char_boundary(mention.start.saturating_sub(LOOK_BACK));
    let before = text.get(from..mention.start).unwrap_or_default().trim_end();
    if is_factor(before, behind) {
        return labels;
    }
    let Some(clause) = tokens.clause_at(mention.end.saturating_sub(1)) else { return labels };
    labels.add_behind(clause, mention);
    // "The nova group is 4" and "pockets: 5" say what a number without a unit is of; "in 2013" does not.
    let bare = matches!(mention.kind, MentionKind::Number { unit: None, .. } | MentionKind::Code(_));
    let named = before.ends_with(':') || before.rsplit(' ').next().is_some_and(is_copula);
    if !bare || (named && labels.is_empty()) {
        labels.add_before(clause, mention);
    }
    labels
}

/// Whether a number is a factor of a product: "1080 x 2400".
fn is_factor(before: &str, behind: &str) -> bool {
    let sign = |c: Option<char>| c.is_some_and(|c| matches!(c, 'x' | 'X' | '×' | '*'));
    let mut rest = behind.chars();
    let multiplies = sign(rest.next()) && begins_with_digit(rest.as_str().trim_start());
    multiplies || sign(before.chars().next_back())
}

fn begins_with_digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

/// Whether a word is a form of "to be".
fn is_copula(word: &str) -> bool {
    matches!(word, "is" | "ist" | "est" | "es")
}

impl Labels {
    /// Adds the words behind a number.
    fn add_behind(&mut self, clause: Clause<'_, '_>, mention: &NumberMention) {
        let first = clause.words.partition_point(|word| word.start < mention.end);
        let mut end = mention.end;
        for word in clause.words.iter().skip(first).take(REACH + 2) {
            let border = BORDER_LEMMAS.contains(&word.lemma) || begins_with_digit(word.text);
            // A comma or bracket between words ends it, as does a word that joins.
            if border || word.start > end + 1 {
                break;
            }
            end = word.end;
            if !word.is(Role::Function) {
                self.add(word.lemma);
            }
        }
    }

    /// Adds the words before a number.
    fn add_before(&mut self, clause: Clause<'_, '_>, mention: &NumberMention) {
        let after = clause.words.partition_point(|word| word.end <= mention.start);
        let mut start = mention.start;
        for word in clause.words.get(..after).unwrap_or_default().iter().rev().take(REACH + 2) {
            if is_copula(word.text) {
                start = word.start;
                continue;
            }
            let joins = word.is(Role::And) || word.is(Role::With) || word.text == "or";
            if joins || start > word.end + 1 || begins_with_digit(word.text) {
                break;
            }
            start = word.start;
            if !word.is(Role::Function) {
                self.add(word.lemma);
            }
        }
    }
}
