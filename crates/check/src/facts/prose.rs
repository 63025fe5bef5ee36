//! Prose as it is read: clause by clause, each with its words and with the terms, features and parts that it speaks of.

use super::lemma::{Lemma, lemma};
use super::lexicon::{Class, Hit, Languages, Role, lexicon};
use super::terms::terms;
use super::tokens::{Clause, Tokens, Word};
use crate::content::StatementKind;

/// A word of prose.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProseWord<'a> {
    pub(crate) text: &'a str,
    pub(crate) lemma: Lemma,
    /// Where it begins, in bytes.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Whether its clause denies it, in whatever language of the lexicon it is read.
    pub(crate) denied: bool,
    /// Whether it holds the sentence together and says nothing.
    pub(crate) is_grammar: bool,
    /// Whether it is general phrasing.
    pub(crate) is_general: bool,
    pub(crate) is_preposition: bool,
    /// Whether what follows is beside a thing, and not of it: "with".
    pub(crate) is_with: bool,
    pub(crate) is_copula: bool,
    pub(crate) is_join: bool,
    /// Whether it denies.
    pub(crate) is_denial: bool,
    /// Whether its object is what a thing has: "features", "equipped".
    pub(crate) is_affirming: bool,
}

/// What a word, or several, speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProseClass {
    /// A term of this kind: a material, a colour.
    Term(StatementKind),
    Feature,
    Part,
}

/// A concept of the lexicon in prose.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProseHit {
    pub(crate) class: ProseClass,
    /// Its key in the lexicon.
    pub(crate) concept: &'static str,
    /// Where it begins, in bytes.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The place of its first word in the clause, and of the one behind its last.
    pub(crate) first: usize,
    pub(crate) after: usize,
    /// The part that it is said of; `None` for the whole.
    pub(crate) part: Option<&'static str>,
    /// Whether a thing only looks like it: "faux leather".
    pub(crate) looks: bool,
    /// Whether it is one of several in a mixture: "wool blend".
    pub(crate) mixed: bool,
    /// What happened there: made, designed.
    pub(crate) origin: Option<&'static str>,
}

/// A clause of prose.
#[derive(Clone, Debug)]
pub(crate) struct ProseClause<'a> {
    pub(crate) words: Vec<ProseWord<'a>>,
    pub(crate) hits: Vec<ProseHit>,
    /// Whether it is a question.
    pub(crate) asks: bool,
    /// Which sentence it belongs to.
    pub(crate) sentence: usize,
}

/// The clauses of a text of a language (`en`).
pub(crate) fn prose<'a>(text: &'a str, language: &str) -> Vec<ProseClause<'a>> {
    let languages = Languages::of(language);
    let tokens = Tokens::new(text, languages);
    // A denial counts in every language: nobody vouches for the one that a shop's text is in.
    let anywhere = Tokens::new(text, Languages::ALL);
    let mut denied: Vec<usize> =
        anywhere.words.iter().filter(|word| word.denied).map(|word| word.start).collect();
    denied.sort_unstable();
    let read = |clause: Clause<'_, 'a>| {
        let mut hits = Vec::new();
        lexicon().hits(text, clause, languages, &mut hits);
        ProseClause {
            words: clause.words.iter().map(|word| prose_word(word, &denied)).collect(),
            hits: prose_hits(&tokens, clause, &hits),
            asks: clause.asks,
            sentence: clause.sentence,
        }
    };
    tokens.clauses().map(read).collect()
}

fn prose_word<'a>(word: &Word<'a>, denied: &[usize]) -> ProseWord<'a> {
    ProseWord {
        text: word.text,
        lemma: word.lemma,
        start: word.start,
        end: word.end,
        denied: word.denied || word.is(Role::Deny) || denied.binary_search(&word.start).is_ok(),
        is_grammar: word.is(Role::Function) || word.is(Role::Article),
        is_general: word.is(Role::General),
        is_preposition: word.is(Role::Preposition),
        is_with: word.is(Role::With),
        is_copula: word.is(Role::Copula),
        is_join: word.is(Role::Join),
        is_denial: word.is(Role::Deny),
        is_affirming: word.is(Role::Affirm),
    }
}

fn prose_hits(tokens: &Tokens<'_>, clause: Clause<'_, '_>, hits: &[Hit]) -> Vec<ProseHit> {
    let plain = |hit: &Hit, class: ProseClass| ProseHit {
        class,
        concept: lexicon().name(hit.concept),
        start: hit.start,
        end: hit.end,
        first: hit.first,
        after: hit.after,
        part: None,
        looks: false,
        mixed: false,
        origin: None,
    };
    let mut found: Vec<ProseHit> = Vec::with_capacity(hits.len());
    for hit in hits {
        match hit.class {
            Class::Feature => found.push(plain(hit, ProseClass::Feature)),
            Class::Part if !lexicon().is_whole(hit.concept) && !lexicon().is_side(hit.concept) => {
                found.push(plain(hit, ProseClass::Part));
            }
            _ => {}
        }
    }
    found.extend(terms(tokens, clause, hits).map(|(term, hit)| ProseHit {
        part: term.part.map(|part| lexicon().name(part)),
        looks: term.looks,
        mixed: term.mixed,
        origin: term.origin.map(|origin| lexicon().name(origin)),
        ..plain(hit, ProseClass::Term(term.kind))
    }));
    found.sort_by_key(|hit| (hit.first, hit.after));
    found
}

/// The words of a text as they are compared, in a row.
pub(crate) fn lemmas(text: &str) -> Vec<Lemma> {
    super::words::spans(text).into_iter().filter_map(|(start, end)| text.get(start..end)).map(lemma).collect()
}

/// Whether a value says yes (`true`) or no (`false`).
pub(crate) fn yes_or_no(value: &str) -> Option<bool> {
    lexicon().yes_or_no(value)
}

/// Whether a value is a placeholder, or says nothing.
pub(crate) fn says_nothing(value: &str) -> bool {
    lexicon().says_nothing(value)
}
