//! Words and phrases that state something, by kind, as a file of the configuration lists them, and where a text has one.

use std::collections::BTreeMap;

use foldhash::HashMap;

use serde::Deserialize;

use super::clauses::Clause;
use super::words::{Word, folded};
use crate::content::StatementKind;
use crate::product::unit::is_cjk;

/// A term's place in its lexicon.
pub(super) type TermId = usize;

/// A term as a file writes it.
#[derive(Deserialize)]
#[serde(untagged)]
enum LexiconEntry {
    Words(String),
    Broader {
        words: String,
        #[serde(default)]
        of: Vec<String>,
    },
}

/// A spelling: the words after its first, as folded, and what it means.
#[derive(Debug)]
struct Spelling {
    rest: Vec<String>,
    terms: Vec<TermId>,
}

/// The terms of a file, ready to be found in texts.
#[derive(Debug, Default)]
pub(super) struct Lexicon {
    names: Vec<String>,
    kinds: Vec<StatementKind>,
    /// Spellings by their first word as folded, of languages that put spaces between words; longest first.
    spaced: HashMap<String, Vec<Spelling>>,
    /// Spellings by their first character, of languages that do not; longest first.
    unspaced: HashMap<char, Vec<(String, Vec<TermId>)>>,
    /// The narrower terms that support a broader one.
    narrower: HashMap<TermId, Vec<TermId>>,
}

/// A term in a text.
#[derive(Clone, Debug)]
pub(super) struct Hit<'a> {
    /// What it may mean: more than one where terms share a spelling.
    pub(super) terms: &'a [TermId],
    /// Where it begins, in bytes.
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether the clause denies it.
    pub(super) denied: bool,
    /// Places of its first word and of the one after its last, in the clause.
    pub(super) first: usize,
    pub(super) after: usize,
}

impl Lexicon {
    /// Reads a file of classes, which are kinds of statements; words of a term are separated by `|`.
    pub(super) fn read(text: &str) -> Self {
        // The files are compiled in and tests read them: were one broken, no term of it would be found.
        let classes: BTreeMap<String, BTreeMap<String, LexiconEntry>> =
            toml::from_str(text).unwrap_or_default();
        let mut lexicon = Self::default();
        let mut broader = Vec::new();
        for (class, entries) in classes {
            let Some(kind) = StatementKind::named(&class) else { continue };
            for (name, entry) in entries {
                let term = lexicon.names.len();
                let words = match entry {
                    LexiconEntry::Words(words) => words,
                    LexiconEntry::Broader { words, of } => {
                        broader.push((term, of));
                        words
                    }
                };
                for spelling in words.split('|') {
                    lexicon.add(spelling.trim(), term);
                }
                lexicon.names.push(name);
                lexicon.kinds.push(kind);
            }
        }
        for (term, of) in broader {
            let terms =
                of.iter().filter_map(|name| lexicon.names.iter().position(|known| known == name)).collect();
            lexicon.narrower.insert(term, terms);
        }
        lexicon
            .spaced
            .values_mut()
            .for_each(|spellings| spellings.sort_by_key(|spelling| std::cmp::Reverse(spelling.rest.len())));
        lexicon
            .unspaced
            .values_mut()
            .for_each(|spellings| spellings.sort_by_key(|spelling| std::cmp::Reverse(spelling.0.len())));
        lexicon
    }

    fn add(&mut self, spelling: &str, term: TermId) {
        if let Some(first) = spelling.chars().next().filter(|first| is_cjk(*first)) {
            let of_first = self.unspaced.entry(first).or_default();
            match of_first.iter_mut().find(|entry| entry.0 == spelling) {
                Some(entry) => entry.1.push(term),
                None => of_first.push((spelling.to_owned(), vec![term])),
            }
            return;
        }
        // "Dishwasher-safe" is "dishwasher safe" as well.
        if spelling.contains('-') {
            self.add(&spelling.replace('-', " "), term);
        }
        let mut words = spelling.split(' ').filter(|word| !word.is_empty()).map(folded);
        let Some(first) = words.next() else { return };
        let rest: Vec<String> = words.collect();
        let of_first = self.spaced.entry(first).or_default();
        match of_first.iter_mut().find(|entry| entry.rest == rest) {
            Some(entry) => entry.terms.push(term),
            None => of_first.push(Spelling { rest, terms: vec![term] }),
        }
    }

    /// A term's name, as the file writes it.
    pub(super) fn name(&self, term: TermId) -> &str {
        self.names.get(term).map_or("", String::as_str)
    }

    /// The kind of statement that a term makes.
    pub(super) fn kind(&self, term: TermId) -> Option<StatementKind> {
        self.kinds.get(term).copied()
    }

    /// The narrower terms of a broader one.
    pub(super) fn narrower(&self, term: TermId) -> &[TermId] {
        self.narrower.get(&term).map_or(&[], Vec::as_slice)
    }

    /// What a word means on its own, as folded.
    pub(super) fn single(&self, folded: &str) -> Option<TermId> {
        let spellings = self.spaced.get(folded)?;
        spellings.iter().find(|spelling| spelling.rest.is_empty())?.terms.first().copied()
    }

    /// How many terms there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// The terms of a clause, in order; of those that overlap the longest.
    pub(super) fn of<'a>(&'a self, text: &str, clause: &Clause<'_>) -> Vec<Hit<'a>> {
        let mut found = Vec::new();
        let mut next = 0;
        for (first, word) in clause.words.iter().enumerate() {
            if first < next {
                continue;
            }
            let Some((terms, after)) = self.at(text, &clause.words, first, word) else { continue };
            next = after;
            let last = clause.words.get(after.saturating_sub(1)).unwrap_or(word);
            found.push(Hit { terms, start: word.start, end: last.end, denied: word.denied, first, after });
        }
        found
    }

    /// What begins at a word, and the place of the word after it.
    fn at<'a>(
        &'a self,
        text: &str,
        words: &[Word<'_>],
        first: usize,
        word: &Word<'_>,
    ) -> Option<(&'a [TermId], usize)> {
        if let Some(spellings) = self.spaced.get(word.folded.as_str()) {
            let rest = words.get(first + 1..).unwrap_or_default();
            let matching = |spelling: &&Spelling| {
                spelling.rest.len() <= rest.len()
                    && spelling.rest.iter().zip(rest).all(|(expected, word)| *expected == word.folded)
            };
            if let Some(spelling) = spellings.iter().find(matching) {
                return Some((&spelling.terms, first + 1 + spelling.rest.len()));
            }
        }
        let initial = word.text.chars().next().filter(|initial| is_cjk(*initial))?;
        let rest = text.get(word.start..)?;
        self.unspaced.get(&initial)?.iter().filter(|spelling| rest.starts_with(spelling.0.as_str())).find_map(
            |spelling| {
                // The term ends where a word ends: 木 is no part of 木曜日.
                let end = word.start + spelling.0.len();
                let last = words.iter().skip(first).position(|word| word.end >= end)?;
                (words.get(first + last)?.end == end).then_some((spelling.1.as_slice(), first + last + 1))
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_of_a_file_is_a_kind_of_statement() {
        let files =
            [include_str!("../../../../config/terms.toml"), include_str!("../../../../config/phrases.toml")];
        for class in
            files.iter().flat_map(|text| text.parse::<toml::Table>().unwrap()).map(|(class, _)| class)
        {
            assert!(StatementKind::named(&class).is_some(), "{class}");
        }
    }
}
