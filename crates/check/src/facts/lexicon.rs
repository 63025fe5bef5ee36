//! Words and phrases that mean something, by class, as a file of the configuration lists them, and where a text has one.

use std::collections::BTreeMap;

use foldhash::HashMap;

use serde::Deserialize;

use super::words::{Clause, Word, folded};
use crate::product::unit::is_cjk;

/// A term's place.
pub(super) type Place = usize;

/// A term as a file writes it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
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
    places: Vec<Place>,
}

/// The terms of a file, ready to be found in texts.
#[derive(Debug, Default)]
pub(super) struct Lexicon {
    names: Vec<String>,
    classes: Vec<String>,
    /// Spellings by their first word as folded, of languages that put spaces between words; longest first.
    spaced: HashMap<String, Vec<Spelling>>,
    /// Spellings by their first character, of languages that do not; longest first.
    unspaced: HashMap<char, Vec<(String, Vec<Place>)>>,
    /// The narrower terms that a broader one is borne by.
    narrower: HashMap<Place, Vec<Place>>,
}

/// A term in a text.
#[derive(Clone, Debug)]
pub(super) struct Hit<'a> {
    /// What it may mean: more than one where terms share a spelling.
    pub(super) places: &'a [Place],
    /// Where it stands, in bytes.
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether the clause denies it.
    pub(super) denied: bool,
    /// Places of its first word and of the one after its last, in the clause.
    pub(super) first: usize,
    pub(super) after: usize,
}

impl Lexicon {
    /// Reads a file of classes; words of a term are separated by `|`.
    pub(super) fn read(text: &str) -> Self {
        // The files are compiled in and tests read them: were one broken, no term of it would be found.
        let classes: BTreeMap<String, BTreeMap<String, Entry>> = toml::from_str(text).unwrap_or_default();
        let mut lexicon = Self::default();
        let mut broader = Vec::new();
        for (class, entries) in classes {
            for (name, entry) in entries {
                let place = lexicon.names.len();
                let words = match entry {
                    Entry::Words(words) => words,
                    Entry::Broader { words, of } => {
                        broader.push((place, of));
                        words
                    }
                };
                for spelling in words.split('|') {
                    lexicon.add(spelling.trim(), place);
                }
                lexicon.names.push(name);
                lexicon.classes.push(class.clone());
            }
        }
        for (place, of) in broader {
            let places =
                of.iter().filter_map(|name| lexicon.names.iter().position(|own| own == name)).collect();
            lexicon.narrower.insert(place, places);
        }
        lexicon
            .spaced
            .values_mut()
            .for_each(|spellings| spellings.sort_by_key(|own| std::cmp::Reverse(own.rest.len())));
        lexicon
            .unspaced
            .values_mut()
            .for_each(|spellings| spellings.sort_by_key(|own| std::cmp::Reverse(own.0.len())));
        lexicon
    }

    fn add(&mut self, spelling: &str, place: Place) {
        if let Some(first) = spelling.chars().next().filter(|first| is_cjk(*first)) {
            let of_first = self.unspaced.entry(first).or_default();
            match of_first.iter_mut().find(|own| own.0 == spelling) {
                Some(own) => own.1.push(place),
                None => of_first.push((spelling.to_owned(), vec![place])),
            }
            return;
        }
        // "Dishwasher-safe" is "dishwasher safe" as well.
        if spelling.contains('-') {
            self.add(&spelling.replace('-', " "), place);
        }
        let mut words = spelling.split(' ').filter(|word| !word.is_empty()).map(folded);
        let Some(first) = words.next() else { return };
        let rest: Vec<String> = words.collect();
        let of_first = self.spaced.entry(first).or_default();
        match of_first.iter_mut().find(|own| own.rest == rest) {
            Some(own) => own.places.push(place),
            None => of_first.push(Spelling { rest, places: vec![place] }),
        }
    }

    /// A term's name, as the file writes it.
    pub(super) fn name(&self, place: Place) -> &str {
        self.names.get(place).map_or("", String::as_str)
    }

    /// A term's class, such as `material`.
    pub(super) fn class(&self, place: Place) -> &str {
        self.classes.get(place).map_or("", String::as_str)
    }

    /// The narrower terms of a broader one.
    pub(super) fn narrower(&self, place: Place) -> &[Place] {
        self.narrower.get(&place).map_or(&[], Vec::as_slice)
    }

    /// What a word means on its own, as folded.
    pub(super) fn single(&self, folded: &str) -> Option<Place> {
        let spellings = self.spaced.get(folded)?;
        spellings.iter().find(|own| own.rest.is_empty())?.places.first().copied()
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
            let Some((places, after)) = self.at(text, &clause.words, first, word) else { continue };
            next = after;
            let last = clause.words.get(after.saturating_sub(1)).unwrap_or(word);
            found.push(Hit { places, start: word.start, end: last.end, denied: word.denied, first, after });
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
    ) -> Option<(&'a [Place], usize)> {
        if let Some(spellings) = self.spaced.get(word.folded.as_str()) {
            let rest = words.get(first + 1..).unwrap_or_default();
            let matching = |own: &&Spelling| {
                own.rest.len() <= rest.len()
                    && own.rest.iter().zip(rest).all(|(own, word)| *own == word.folded)
            };
            if let Some(own) = spellings.iter().find(matching) {
                return Some((&own.places, first + 1 + own.rest.len()));
            }
        }
        let initial = word.text.chars().next().filter(|initial| is_cjk(*initial))?;
        let rest = text.get(word.start..)?;
        self.unspaced.get(&initial)?.iter().filter(|own| rest.starts_with(own.0.as_str())).find_map(|own| {
            // The term ends where a word ends: 木 is no part of 木曜日.
            let end = word.start + own.0.len();
            let last = words.iter().skip(first).position(|word| word.end >= end)?;
            (words.get(first + last)?.end == end).then_some((own.1.as_slice(), first + last + 1))
        })
    }
}
