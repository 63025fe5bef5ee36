//! What words of prose are said of: the product itself, a part of it, or something else.

use super::proposal::Reason;
use super::words::{Phrase, WORDS};
use crate::facts::{Lemma, ProseClass, ProseClause, ProseHit, lemmas};
use crate::product::Product;

/// So many words behind a value may stand before the thing that it qualifies.
const QUALIFIERS_MAX: usize = 5;
/// So many words before a value are read for what it is said of.
const REACH: usize = 12;

/// The words that stand for the product.
#[derive(Debug, Default)]
pub(super) struct ThingWords {
    /// What it is: the noun of its title, and those of its category.
    heads: Vec<Lemma>,
    /// The words of its title before what it comes with: "origami crane" of a necklace.
    named: Vec<Lemma>,
    /// Every word of its title: what it is called.
    called: Vec<Lemma>,
    /// Whether its noun leaves open what stands before it: "glue".
    doubtful: bool,
}

impl ThingWords {
    pub(super) fn of(product: &Product, title: &str, language: &str) -> Self {
        let ends = |c: char| matches!(c, ',' | '(' | '|' | ':' | '–' | '—' | '/');
        let named = title.split(ends).next().unwrap_or_default();
        let named = named.split(" - ").next().unwrap_or_default();
        let called = lemmas(title);
        let beside = |word: &&str| !is_beside(word);
        let named: Vec<&str> = named.split_whitespace().take_while(beside).collect();
        let of_name = lemmas(&named.join(" "));
        // "Camisa azul", "blue shirt".
        let first = matches!(language, "fr" | "es");
        let noun = if first { of_name.first() } else { of_name.last() };
        // "Skirt and top": what is said of one of them is not said of the other.
        let is_set = named
            .iter()
            .any(|word| ["and", "&", "+", "und", "et", "y"].contains(&word.to_lowercase().as_str()));
        let noun = noun.filter(|_| !is_set);
        let of_categories = product.category.iter().flat_map(|category| lemmas(category));
        let heads: Vec<Lemma> = noun.copied().into_iter().chain(of_categories).collect();
        let listed = |word: &Lemma| {
            let lists =
                ["en", language].into_iter().filter_map(|language| WORDS.doubtful_heads.get(language));
            lists.flatten().any(|head| head.as_slice() == [*word])
        };
        let plain = |word: &Lemma| WORDS.plain_heads.iter().any(|head| head.as_slice() == [*word]);
        // "Paper shredder", "orange juicer".
        let last = named.last().map(|word| word.to_lowercase()).unwrap_or_default();
        let last = last.trim_end_matches('s');
        let does = language == "en" && (last.ends_with("er") || last.ends_with("or"));
        let agent = does && !of_name.last().is_some_and(plain);
        let doubtful = agent || of_name.iter().chain(&heads).any(listed);
        Self { heads, named: of_name, called, doubtful }
    }

    /// Whether words are the product's whole title.
    pub(super) fn is_title(&self, words: &[Lemma]) -> bool {
        self.called == words
    }

    /// Whether a word stands in the product's name before what it comes with.
    pub(super) fn is_before_beside(&self, word: Lemma) -> bool {
        self.named.contains(&word)
    }

    /// Whether what stands before the product's noun may be what it is for, or what is in it: "wood glue".
    pub(super) fn is_doubtful(&self) -> bool {
        self.doubtful
    }

    pub(super) fn is_head(&self, word: Lemma) -> bool {
        self.heads.contains(&word)
    }

    /// Whether a word stands for the product.
    pub(super) fn names(&self, word: Lemma) -> bool {
        self.heads.contains(&word) || self.called.contains(&word)
    }

    /// Whether a word says what the product is, and so is no attribute of it.
    pub(super) fn is_thing(&self, word: Lemma) -> bool {
        self.is_head(word) || WORDS.things.iter().any(|thing| thing.as_slice() == [word])
    }
}

/// The longest of several phrases that begins at a word, as its number of words.
pub(super) fn phrase_at(phrases: &[Phrase], clause: &ProseClause<'_>, at: usize) -> Option<usize> {
    let rest = clause.words.get(at..)?;
    let begins = |phrase: &&Phrase| {
        phrase.len() <= rest.len() && phrase.iter().zip(rest).all(|(expected, word)| *expected == word.lemma)
    };
    phrases.iter().filter(begins).map(Vec::len).max()
}

/// A part that a word of a clause names.
pub(super) fn part_at<'c>(clause: &'c ProseClause<'_>, at: usize) -> Option<&'c ProseHit> {
    let names = |hit: &&ProseHit| hit.class == ProseClass::Part && hit.first <= at && at < hit.after;
    clause.hits.iter().find(names)
}

/// Words behind which something else than the product stands in its title.
fn is_beside(word: &str) -> bool {
    let (heads, beside) =
        (word.to_lowercase(), ["with", "for", "in", "mit", "für", "avec", "pour", "con", "para"]);
    beside.contains(&heads.as_str())
}

/// Whether a word is a term, or a quality that changes nothing.
pub(super) fn qualifies(clause: &ProseClause<'_>, at: usize) -> bool {
    is_term(clause, at)
        || clause.words.get(at).is_some_and(|word| word.is_general)
        || (0..=at)
            .rev()
            .take(2)
            .any(|from| phrase_at(&WORDS.qualities, clause, from).is_some_and(|length| from + length > at))
}

/// Whether a word is a term, or a feature.
fn is_term(clause: &ProseClause<'_>, at: usize) -> bool {
    clause.hits.iter().any(|hit| hit.class != ProseClass::Part && hit.first <= at && at < hit.after)
}

/// Whether two words stand side by side, with nothing that parts them.
pub(super) fn adjoins(text: &str, clause: &ProseClause<'_>, at: usize) -> bool {
    let (Some(one), Some(next)) =
        (at.checked_sub(1).and_then(|at| clause.words.get(at)), clause.words.get(at))
    else {
        return false;
    };
    matches!(text.get(one.end..next.start), Some(" " | "-" | "\u{a0}" | ""))
}

/// What stands where the words behind a value end.
enum Behind {
    /// The product, or what stands for it in general; whether it is the latter.
    Thing { general: bool },
    /// Nothing that a value could qualify.
    Nothing,
}

/// Fails unless the words from `first` to `after` are said of the product. Words of `heads` may stand for it: "a floral
/// pattern".
pub(super) fn of_product(
    text: &str,
    clause: &ProseClause<'_>,
    things: &ThingWords,
    (first, after): (usize, usize),
    heads: &[Phrase],
) -> Result<(), Reason> {
    let begins = phrase_start(text, clause, first);
    match behind(text, clause, things, after, heads)? {
        Behind::Thing { general: false } => not_beside(clause, begins),
        Behind::Thing { general: true } => belongs(clause, things, begins),
        Behind::Nothing => {
            if is_listing(text, clause, things, (first, after)) {
                return Ok(());
            }
            let before = begins.checked_sub(1);
            // "The bag is not waterproof."
            let copula = before.and_then(|at| clause.words.get(at)).is_some_and(|word| word.is_copula);
            let made = (0..begins).rev().take(QUALIFIERS_MAX).find(|at| {
                phrase_at(&WORDS.made_of, clause, *at).is_some_and(|length| at + length == begins)
            });
            match (copula, made) {
                (true, _) => belongs(clause, things, begins - 1),
                (_, Some(at)) => belongs(clause, things, at),
                _ => Err(Reason::OfWhat),
            }
        }
    }
}

/// Where the phrase begins that a value stands in: before its articles, numbers and other qualities.
fn phrase_start(text: &str, clause: &ProseClause<'_>, first: usize) -> usize {
    let mut at = first;
    while let Some(before) = at.checked_sub(1) {
        let Some(word) = clause.words.get(before) else { break };
        let joined = text.get(word.end..clause.words.get(at).map_or(word.end, |next| next.start));
        let gap = joined.unwrap_or_default();
        let number = word.text.bytes().any(|byte| byte.is_ascii_digit());
        let ends = word.is_copula || word.is_preposition || word.is_with;
        // "Cotton and spandex", "black/white", "60% cotton, 40% polyester".
        let known = qualifies(clause, before) || number || word.is_join || word.is_grammar || word.is_denial;
        let goes_on = known && !ends;
        if !goes_on || gap.contains([';', '(', ':', '|', '\n']) {
            break;
        }
        at = before;
    }
    at
}

/// What a value qualifies, as the words behind it say.
fn behind(
    text: &str,
    clause: &ProseClause<'_>,
    things: &ThingWords,
    after: usize,
    heads: &[Phrase],
) -> Result<Behind, Reason> {
    let mut at = after;
    let mut thing = None;
    while at < clause.words.len() && at < after + QUALIFIERS_MAX && (at == 0 || adjoins(text, clause, at)) {
        let Some(word) = clause.words.get(at) else { break };
        let head = phrase_at(heads, clause, at);
        let general = phrase_at(&WORDS.things, clause, at);
        if phrase_at(&WORDS.binds, clause, at).is_some() {
            return Err(Reason::Looks);
        }
        if things.is_head(word.lemma) {
            (thing, at) = (Some(false), at + 1);
        } else if let Some(length) = head.or(general) {
            (thing, at) = (thing.or(Some(true)), at + length);
        } else if let Some(part) = part_at(clause, at) {
            // "Full zip hoodie" is no zip; "leather strap watch" is a strap.
            if at == after || is_term(clause, at - 1) || !reaches_head(text, clause, things, at + 1) {
                return Err(Reason::OfPart(part.concept.replace('_', " ")));
            }
            at += 1;
        } else if word.is_grammar || word.is_join || word.is_preposition || word.is_copula {
            break;
        } else if qualifies(clause, at) {
            // Behind the noun it begins something else: "a cotton shirt great for …".
            if thing == Some(false) {
                break;
            }
            at += 1;
        } else if things.named.contains(&word.lemma) || is_participle(word.text) {
            if thing.is_some() || !reaches_head(text, clause, things, at + 1) {
                return Err(Reason::OfWhat);
            }
            at += 1;
        } else {
            return Err(Reason::OfWhat);
        }
    }
    Ok(thing.map_or(Behind::Nothing, |general| Behind::Thing { general }))
}

/// Whether a word is what something was made into: "buttoned", "zipped".
fn is_participle(word: &str) -> bool {
    word.is_ascii() && word.len() > 4 && word.ends_with("ed") && !word.contains('-')
}

/// Whether words that stand side by side lead to the noun of the product.
fn reaches_head(text: &str, clause: &ProseClause<'_>, things: &ThingWords, from: usize) -> bool {
    (from..clause.words.len().min(from + QUALIFIERS_MAX))
        .take_while(|at| adjoins(text, clause, *at))
        .filter_map(|at| clause.words.get(at))
        .take_while(|word| !(word.is_grammar || word.is_join || word.is_preposition || word.is_copula))
        .any(|word| things.is_head(word.lemma))
}

/// Fails where a phrase stands beside the product: "over a cotton shirt", "with a leather belt".
fn not_beside(clause: &ProseClause<'_>, begins: usize) -> Result<(), Reason> {
    match begins.checked_sub(1).and_then(|at| clause.words.get(at)) {
        Some(word) if word.is_preposition || word.is_with => {
            let inside = ["in", "of", "from", "as", "aus", "de", "en", "como", "als"];
            if inside.contains(&word.text.to_lowercase().as_str()) {
                Ok(())
            } else {
                Err(Reason::OfOther(word.text.to_owned()))
            }
        }
        _ => Ok(()),
    }
}

/// Fails unless what stands before a word is the product, or nothing.
pub(super) fn belongs(clause: &ProseClause<'_>, things: &ThingWords, before: usize) -> Result<(), Reason> {
    for at in (0..before).rev().take(REACH) {
        let Some(word) = clause.words.get(at) else { break };
        if things.names(word.lemma) {
            return Ok(());
        }
        if let Some(part) = part_at(clause, at) {
            return Err(Reason::OfPart(part.concept.replace('_', " ")));
        }
        let thing = phrase_at(&WORDS.things, clause, at).is_some();
        let carries =
            word.is_grammar || word.is_preposition || word.is_copula || word.is_affirming || word.is_join;
        let says = !(carries || word.is_general || thing);
        if says && !qualifies(clause, at) {
            return Err(Reason::OfWhat);
        }
    }
    if before > REACH { Err(Reason::OfWhat) } else { Ok(()) }
}

/// Whether a clause is a list of qualities and no sentence: "100% cotton", "Cotton/spandex", "Waterproof, seam sealed"; the
/// entry with the value says nothing else.
fn is_listing(
    text: &str,
    clause: &ProseClause<'_>,
    things: &ThingWords,
    (first, after): (usize, usize),
) -> bool {
    let listed = |at: usize| {
        let Some(word) = clause.words.get(at) else { return false };
        let number = word.text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let term = clause.hits.iter().any(|hit| {
            hit.class != ProseClass::Part && hit.first <= at && at < hit.after && hit.part.is_none()
        });
        // General nouns are no qualities: "mesh carry bag included".
        let quality = (0..=at)
            .rev()
            .take(2)
            .any(|from| phrase_at(&WORDS.qualities, clause, from).is_some_and(|length| from + length > at));
        term || number || word.is_join || word.is_denial || things.is_thing(word.lemma) || quality
    };
    let says = |word: &crate::facts::ProseWord<'_>| word.is_copula || word.is_preposition || word.is_with;
    // "Padded, adjustable straps" lists qualities of a part.
    let part = clause.hits.iter().any(|hit| hit.class == ProseClass::Part);
    if part || clause.words.len() > REACH || clause.words.iter().any(says) {
        return false;
    }
    let comma = |at: usize| {
        let (one, next) = (at.checked_sub(1).and_then(|at| clause.words.get(at)), clause.words.get(at));
        one.zip(next)
            .and_then(|(one, next)| text.get(one.end..next.start))
            .is_some_and(|gap| gap.contains(','))
    };
    let begins = (0..=first).rev().find(|at| comma(*at)).unwrap_or(0);
    let ends = (after..clause.words.len()).find(|at| comma(*at)).unwrap_or(clause.words.len());
    (begins..ends).all(listed)
}
