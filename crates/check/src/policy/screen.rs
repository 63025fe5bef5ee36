//! One look at a text that finds the terms of every rule of a market, and which patterns it can hold at all: an automaton of
//! literals (Aho and Corasick 1975), so that cost grows with the text and hardly with the rules.

use std::collections::{BTreeMap, HashMap};

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::fold::Folded;
use super::literals::clauses;
use super::pattern::Pattern;
use super::words::{Found, Part, Places};

/// The literals of a market's rules.
#[derive(Debug, Default)]
pub(super) struct Screen {
    automaton: Option<AhoCorasick>,
    /// What each literal is of.
    uses: Vec<Vec<LiteralUse>>,
    /// Patterns with the clauses that a text must meet, as bits; without one it is always looked for.
    patterns: Vec<(PartKey, u8)>,
}

/// A part of a rule: the place of the rule, and of the part in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PartKey {
    pub(super) rule: usize,
    pub(super) part: usize,
}

/// What a literal is of.
#[derive(Clone, Copy, Debug)]
enum LiteralUse {
    /// The beginning of a term.
    Term(PartKey),
    /// A clause of a pattern.
    Clause { pattern: usize, bit: u8 },
}

/// What stands, or may stand, in a text of a rule.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    terms: Vec<Found>,
    patterns: Vec<usize>,
}

impl Candidates {
    /// Their places in the text.
    pub(super) fn places<'a>(self, text: &'a str, parts: &'a [Part]) -> Places<'a> {
        let of_part = |rank: usize| Some((rank, &*parts.get(rank)?.pattern));
        let patterns: Vec<(usize, &Pattern)> = self.patterns.into_iter().filter_map(of_part).collect();
        Places::new(text, self.terms, patterns)
    }
}

impl Screen {
    /// The literals of rules; each rule's words have the place of the rule.
    pub(super) fn new<'a>(rules: impl Iterator<Item = (usize, &'a [Part])>) -> Self {
        let mut screen = Self::default();
        let mut literals: HashMap<Vec<u8>, Vec<LiteralUse>> = HashMap::new();
        for (rule, parts) in rules {
            for (part, words) in parts.iter().enumerate() {
                let key = PartKey { rule, part };
                if let Some(term) = &words.term {
                    let of_literal = literals.entry(term.beginning().as_bytes().to_vec()).or_default();
                    of_literal.push(LiteralUse::Term(key));
                    continue;
                }
                let (pattern, mut wanted) = (screen.patterns.len(), 0);
                for (place, clause) in clauses(words.pattern.as_str()).into_iter().enumerate() {
                    let bit = 1 << place;
                    wanted |= bit;
                    for literal in clause {
                        literals.entry(literal).or_default().push(LiteralUse::Clause { pattern, bit });
                    }
                }
                screen.patterns.push((key, wanted));
            }
        }
        let (texts, uses): (Vec<Vec<u8>>, Vec<Vec<LiteralUse>>) = literals.into_iter().unzip();
        let mut builder = AhoCorasick::builder();
        if let Ok(automaton) =
            builder.kind(Some(AhoCorasickKind::ContiguousNFA)).prefilter(false).build(&texts)
        {
            (screen.automaton, screen.uses) = (Some(automaton), uses);
            return screen;
        }
        // Too many for an automaton: everything is looked for, terms by their patterns.
        let terms = uses.into_iter().flatten().filter_map(|literal| match literal {
            LiteralUse::Term(key) => Some(key),
            LiteralUse::Clause { .. } => None,
        });
        let patterns = screen.patterns.iter().map(|(key, _)| *key);
        screen.patterns = terms.chain(patterns).map(|key| (key, 0)).collect();
        screen
    }

    /// What a text may hold, by the places of the rules; `parts` gives the words of a rule.
    pub(super) fn candidates<'a>(
        &self,
        text: &str,
        parts: impl Fn(usize) -> &'a [Part],
    ) -> BTreeMap<usize, Candidates> {
        let mut candidates: BTreeMap<usize, Candidates> = BTreeMap::new();
        let mut met = vec![0_u8; self.patterns.len()];
        if let Some(automaton) = &self.automaton {
            let folded = Folded::new(text);
            for hit in automaton.find_overlapping_iter(&folded.text) {
                for of in self.uses.get(hit.pattern().as_usize()).into_iter().flatten() {
                    match *of {
                        LiteralUse::Clause { pattern, bit } => {
                            if let Some(met) = met.get_mut(pattern) {
                                *met |= bit;
                            }
                        }
                        LiteralUse::Term(PartKey { rule, part }) => {
                            let start = folded.origin(hit.start());
                            let term = parts(rule).get(part).and_then(|part| part.term.as_ref());
                            let Some(end) = term.and_then(|term| term.end_at(text, start)) else { continue };
                            candidates.entry(rule).or_default().terms.push(Found::new(start..end, part));
                        }
                    }
                }
            }
        }
        for ((key, wanted), met) in self.patterns.iter().zip(met) {
            if met & wanted == *wanted {
                candidates.entry(key.rule).or_default().patterns.push(key.part);
            }
        }
        candidates
    }
}
