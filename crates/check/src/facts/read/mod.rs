//! A text read against the facts, by every rule at once: what no attribute supports, and which attributes support the rest.

mod denied;
mod numbers;
mod reader;
mod reading;
mod statements;

use std::collections::BTreeMap;

use super::capitals::shouts;
use super::clauses::clauses;
use super::index::FactIndex;
use super::names::unknown_names;
use super::parts::unsupported_parts;
use super::phrases::unsupported_phrases;
use super::vocabulary::is_function_word;
use crate::content::StatementKind;
use reader::Reader;
pub(crate) use reading::{Reading, UnsupportedStatement};

/// So many words an English text must have before it is taken for one in another language than the facts.
const FOREIGN_WORDS_MIN: usize = 12;

/// Languages that write names with a capital and other words without.
const NAMES_CAPITAL: &[&str] = &["en", "fr", "es", "it", "nl", "pt", "pl"];

/// Reads a text of a language (`en`) against the facts; without a language as if it were English.
pub(crate) fn read(index: &FactIndex, text: &str, language: Option<&str>) -> Reading {
    let language = language.unwrap_or("en");
    let clauses = clauses(text);
    let mut reader = Reader::new(index, text);
    reader.numbers(&clauses);
    // A question states nothing.
    let stating = || clauses.iter().filter(|clause| !clause.asks);
    let saying = || stating().flat_map(|clause| &clause.words).filter(|word| !is_function_word(&word.folded));
    let (words, novel) =
        (saying().count(), saying().filter(|word| !index.known.covers(&word.folded)).count());
    let (mut telling, mut shared) = (0, 0);
    for shares in stating().flat_map(|clause| &clause.words).filter_map(|word| index.known.shares(word)) {
        telling += 1;
        shared += usize::from(shares);
    }
    let foreign = is_foreign(language, telling, shared);
    let shouted = shouts(text);
    let names_capital = !shouted && !foreign && NAMES_CAPITAL.contains(&language);
    for clause in stating() {
        reader.features(clause, shouted);
        reader.terms(clause);
        reader.levels(clause);
        reader.dates(clause);
        for phrase in unsupported_phrases(&index.known, &index.phrases, text, clause, foreign) {
            reader.unsupported(phrase.start, phrase.end, phrase.kind);
        }
        if !foreign {
            for part in unsupported_parts(&index.known, text, clause) {
                reader.unsupported(part.start, part.end, StatementKind::Part);
            }
        }
        if names_capital {
            for name in unknown_names(&index.known, text, clause) {
                reader.unsupported(name.start, name.end, StatementKind::Name);
            }
        }
        for word in &clause.words {
            let attributes = index.known.supporting(word);
            reader.supports.extend(attributes.iter().map(|attribute| (word.start, *attribute)));
        }
    }
    Reading { unsupported: without_overlaps(reader.found), supports: reader.supports, words, novel }
}

/// Whether a text seems to be in another language than the facts: it shares hardly a word with them. Then what it says
/// a thing has, or is good for, cannot be looked up in them; numbers, terms, levels and features are compared across
/// languages all the same.
///
/// Facts are in English more often than not, and a short English text may be all invented: English needs more words.
fn is_foreign(language: &str, words: usize, shared: usize) -> bool {
    match language {
        "en" => words >= FOREIGN_WORDS_MIN && shared * 25 < words,
        _ => shared * 5 < words,
    }
}

/// The statements that stay where some overlap: what is contradicted goes before what is merely not supported, and what
/// a rule that knows more says before what a more general one says.
fn without_overlaps(mut found: Vec<UnsupportedStatement>) -> Vec<UnsupportedStatement> {
    let rank = |statement: &UnsupportedStatement| match statement.kind {
        _ if statement.contradicted => 0,
        StatementKind::Praise => 4,
        StatementKind::Part | StatementKind::Name => 3,
        StatementKind::Use
        | StatementKind::Purpose
        | StatementKind::Benefit
        | StatementKind::Superlative
        | StatementKind::Comparison
        | StatementKind::Contents
        | StatementKind::Compatibility => 2,
        _ => 1,
    };
    found.sort_by_key(|statement| (rank(statement), statement.start));
    let mut kept: BTreeMap<usize, UnsupportedStatement> = BTreeMap::new();
    for statement in found {
        // What is kept does not overlap: only the last one that begins before this one's end can.
        let last = kept.range(..statement.end).next_back();
        if last.is_none_or(|(_, other)| other.end <= statement.start) {
            kept.insert(statement.start, statement);
        }
    }
    kept.into_values().collect()
}
