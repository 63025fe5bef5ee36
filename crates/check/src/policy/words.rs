//! The words of a rule: its terms and patterns in the order in which they count, and the places in a text where they stand.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use regex::Regex;

use super::file::ByLanguage;
use super::pattern::Pattern;
use super::term::{self, Term};

/// The terms and patterns of a rule, by language.
#[derive(Debug)]
pub struct Words {
    terms: ByLanguage,
    patterns: HashMap<String, Vec<Arc<Pattern>>>,
    /// Those of a language, put together when a market first asks for them.
    parts: HashMap<String, OnceLock<Vec<Part>>>,
}

/// A term or pattern of a rule.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) term: Option<Term>,
    /// Where the term cannot be found without one; the pattern of a term is built when it is asked for.
    pub(super) pattern: Arc<Pattern>,
}

impl Words {
    pub(super) fn new(terms: ByLanguage, patterns: ByLanguage) -> Self {
        let languages: BTreeSet<String> = terms.keys().chain(patterns.keys()).cloned().collect();
        let pattern = |text: String| Arc::new(Pattern::new(text));
        let of_list =
            |(language, list): (String, Vec<String>)| (language, list.into_iter().map(pattern).collect());
        Self {
            terms,
            patterns: patterns.into_iter().map(of_list).collect(),
            parts: languages.into_iter().map(|language| (language, OnceLock::new())).collect(),
        }
    }

    /// The languages that it has words of, in order; `any` among them.
    #[must_use]
    pub fn languages(&self) -> Vec<&str> {
        let mut languages: Vec<&str> = self.parts.keys().map(String::as_str).collect();
        languages.sort_unstable();
        languages
    }

    /// What holds in a language: its own words, and those of every language.
    pub(super) fn of(&self, language: &str) -> Option<&[Part]> {
        let (language, parts) =
            self.parts.get_key_value(language).or_else(|| self.parts.get_key_value(term::ANY))?;
        Some(parts.get_or_init(|| self.put_together(language)))
    }

    fn put_together(&self, language: &str) -> Vec<Part> {
        let mut parts = Vec::new();
        for source in [language, term::ANY] {
            for text in self.terms.get(source).into_iter().flatten() {
                let pattern = Arc::new(Pattern::new(term::pattern(text, source)));
                parts.push(Part { term: Term::new(text, source), pattern });
            }
            let patterns = self.patterns.get(source).into_iter().flatten();
            parts.extend(patterns.map(|pattern| Part { term: None, pattern: Arc::clone(pattern) }));
            if language == term::ANY {
                break;
            }
        }
        // Of two that begin at one place the longer one counts.
        parts.sort_by_key(|part| Reverse(part.pattern.as_str().len()));
        parts
    }

    /// Compiles every pattern.
    ///
    /// # Errors
    /// At the first that cannot be used.
    pub(super) fn validate(&self) -> anyhow::Result<()> {
        self.patterns.values().flatten().try_for_each(|pattern| pattern.validate())
    }
}

/// A part of a rule that stands in a text, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    start: usize,
    /// The place of the part among those of its rule.
    rank: usize,
    end: usize,
}

impl Found {
    pub(super) fn new(place: Range<usize>, rank: usize) -> Self {
        Self { start: place.start, rank, end: place.end }
    }
}

/// The places in a text where words of a rule stand, from left to right and beside each other, as one pattern of all of them
/// would find them.
#[derive(Debug)]
pub struct Places<'a> {
    text: &'a str,
    /// Places of terms, in order.
    terms: std::iter::Peekable<std::vec::IntoIter<Found>>,
    /// Patterns with their next places.
    patterns: Vec<(&'a Regex, usize, Option<Found>)>,
    at: usize,
}

impl<'a> Places<'a> {
    pub(super) fn new(text: &'a str, mut terms: Vec<Found>, patterns: Vec<(usize, &'a Pattern)>) -> Self {
        terms.sort_unstable();
        let next = |(rank, pattern): (usize, &'a Pattern)| {
            let regex = pattern.regex()?;
            Some((regex, rank, regex.find(text).map(|found| Found::new(found.range(), rank))))
        };
        let patterns = patterns.into_iter().filter_map(next).collect();
        Self { text, terms: terms.into_iter().peekable(), patterns, at: 0 }
    }
}

impl Iterator for Places<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        loop {
            let at = self.at;
            while self.terms.next_if(|found| found.start < at).is_some() {}
            for (regex, rank, next) in &mut self.patterns {
                if next.as_ref().is_some_and(|found| found.start < at) {
                    *next = regex.find_at(self.text, at).map(|found| Found::new(found.range(), *rank));
                }
            }
            let of_patterns = self.patterns.iter().filter_map(|(_, _, next)| next.as_ref());
            let Found { start, end, .. } = of_patterns.chain(self.terms.peek()).min()?.clone();
            if start < end {
                self.at = end;
                return Some(start..end);
            }
            // An empty place says nothing.
            let behind = self.text.get(end..).and_then(|rest| rest.chars().next())?;
            self.at = end + behind.len_utf8();
        }
    }
}
