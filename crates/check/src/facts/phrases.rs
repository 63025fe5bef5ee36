//! Claims made in phrases: superlatives, comparisons, warranties, what a thing is good for, works with or comes with.

use super::lexicon::{Class, Group, Hit, Role};
use super::reader::Reader;
use super::tokens::{Clause, Word};
use crate::content::StatementKind;

/// How many words behind a phrase say what it is about.
const REACH: usize = 6;

impl Reader<'_> {
    /// The phrases of a clause. What one is about cannot be looked up in facts of another language (`foreign`).
    pub(super) fn phrases(&mut self, clause: Clause<'_, '_>, hits: &[Hit], foreign: bool) {
        let sheet = self.sheet;
        for hit in hits.iter().filter(|hit| hit.class.group() == Group::Phrase && !hit.denied) {
            let Class::Kind(kind) = hit.class else { continue };
            let of_phrase = clause.words.get(hit.first..hit.after).unwrap_or_default();
            let behind: Vec<&Word<'_>> = self.behind(clause, hit).collect();
            let about = || behind.iter().filter(|word| !word.is(Role::Function));
            let covered = |word: &Word<'_>| sheet.known.covers(word);
            let end = behind.last().map_or(hit.end, |word| word.end);
            match kind {
                StatementKind::Warranty if sheet.warranty => {}
                StatementKind::Superlative
                | StatementKind::Praise
                | StatementKind::Benefit
                | StatementKind::Warranty => {
                    // "Best before 2026": what the facts say in these words they say.
                    let mut saying = of_phrase.iter().filter(|word| !word.is(Role::Function)).peekable();
                    let said = saying.peek().is_some() && saying.all(covered);
                    if !said {
                        self.not_stated(hit.start, hit.end, kind);
                    }
                }
                // What a thing works with has a name, which every language writes the same.
                _ if foreign && kind != StatementKind::Compatibility => {
                    self.not_checkable(hit.start, end, kind);
                }
                StatementKind::Use => {
                    // Whom it is good for is an opinion, what it is good for is a claim.
                    let grounded = about().next().is_none()
                        || about().any(|word| covered(word) || word.is(Role::Person))
                        || about().all(|word| word.is(Role::NoUse));
                    if !grounded {
                        self.not_stated(hit.start, end, kind);
                    }
                }
                _ => {
                    let grounded = about().any(|word| covered(word)) || of_phrase.iter().all(covered);
                    if !grounded {
                        self.not_stated(hit.start, end, kind);
                    }
                }
            }
        }
        if !clause.asks {
            self.comparison(clause);
        }
    }

    /// The words behind a phrase, up to a sign or a word that begins something else.
    fn behind<'c, 'a: 'c>(&'c self, clause: Clause<'c, 'a>, hit: &Hit) -> impl Iterator<Item = &'c Word<'a>> {
        let mut end = hit.end;
        clause.words.iter().skip(hit.after).take(REACH).take_while(move |word| {
            let between = self.tokens.text.get(end..word.start).unwrap_or_default();
            let joined = between.chars().all(|c| matches!(c, ' ' | '\u{a0}' | '-' | '/' | '&' | ':' | '：'));
            end = word.end;
            joined && !word.is(Role::Border)
        })
    }

    /// A comparison with something else: "lighter than any other", "besser als", "plus léger que", "比…更".
    fn comparison(&mut self, clause: Clause<'_, '_>) {
        let words = clause.words;
        for (place, word) in words.iter().enumerate().filter(|(_, word)| word.is(Role::Than)) {
            let before = |back: usize| place.checked_sub(back).and_then(|place| words.get(place));
            let (Some(last), Some(next)) = (before(1), words.get(place + 1)) else { continue };
            // "More than 20" is a number's; "much more than a tote", "more room than it appears" compare with nothing.
            let numeric = next.has_digit() || next.known.is_some_and(|known| known.number().is_some());
            let idiom = next.is(Role::Idiom) || (last.is(Role::Amount) && next.is(Role::Article));
            if numeric || idiom || word.denied || last.is(Role::NoComparison) {
                continue;
            }
            let compares = match word.text {
                "als" => last.is_longer_than(4) && (last.text.ends_with("er") || last.is(Role::Amount)),
                "que" => before(2).is_some_and(|more| more.is(Role::Amount)),
                _ => true,
            };
            if compares {
                self.not_stated(last.start, next.end, StatementKind::Comparison);
                return;
            }
        }
    }
}
