//! The operators that make true copy false, one statement at a time, at every place that they fit.
//!
//! They know nothing of the checks: their lists are separate. A mutant that may be true all the
//! same, because the facts hold the new number or word somewhere, is left out and counted.

use super::lists::Lists;
use super::mutant::Mutants;

/// Where mutants are collected, and what they are made with.
struct Operators<'a> {
    facts: &'a str,
    lists: &'a Lists,
    mutants: &'a mut Mutants,
}

/// A word of a text: where it stands.
#[derive(Clone, Copy)]
struct TextWord<'a> {
    before: &'a str,
    word: &'a str,
    after: &'a str,
}

/// Every mutant of a text that is provably false by the facts (in small letters).
pub(super) fn change(text: &str, facts: &str, lists: &Lists, mutants: &mut Mutants) {
    let mut operators = Operators { facts, lists, mutants };
    for (start, end) in spans(text) {
        if let (Some(before), Some(word), Some(after)) =
            (text.get(..start), text.get(start..end), text.get(end..))
        {
            let word = TextWord { before, word, after };
            operators.change_number(word);
            operators.change_unit(word);
            operators.change_word(word);
        }
    }
    operators.negate(text);
    for (claim, word) in &lists.claims {
        operators.mutants.put("claim added", !facts.contains(word), format!("{text} {claim}"));
    }
}

impl TextWord<'_> {
    /// The text with another word in its place.
    fn changed(self, word: &str) -> String {
        format!("{}{word}{}", self.before, self.after)
    }
}

impl Operators<'_> {
    /// "300", "300g": another number, and another unit behind it.
    fn change_number(&mut self, word: TextWord<'_>) {
        let unit_at = word.word.find(|character: char| !character.is_ascii_digit() && character != '.');
        let (number, rest) = word.word.split_at(unit_at.unwrap_or(word.word.len()));
        if number.starts_with('.') {
            return;
        }
        let Ok(value) = number.trim_end_matches('.').parse::<f64>() else { return };
        let new = more(number, value);
        // The facts may hold the number in another place, for another thing.
        let is_false = !digits(self.facts).any(|digits| digits == new);
        self.mutants.put("number", is_false, word.changed(&format!("{new}{rest}")));
        if let Some(other) = self.lists.units.get(rest) {
            let quantity = format!("{number}{}", other.to_lowercase());
            let is_false = !tokens(self.facts).any(|token| token == quantity);
            self.mutants.put("unit", is_false, word.changed(&format!("{number}{other}")));
        }
    }

    /// "g" of "300 g".
    fn change_unit(&mut self, word: TextWord<'_>) {
        let before = word.before.trim_end();
        if let Some(other) = self.lists.units.get(word.word)
            && before.ends_with(|character: char| character.is_ascii_digit())
        {
            let not_number = |character: char| !character.is_ascii_digit() && character != '.';
            let number = before.rsplit(not_number).next().unwrap_or_default();
            let is_false = !self.facts.contains(&format!("{number} {}", other.to_lowercase()));
            self.mutants.put("unit", is_false, word.changed(other));
        }
    }

    fn change_word(&mut self, word: TextWord<'_>) {
        let lower = word.word.to_lowercase();
        for line in &self.lists.words {
            let Some(place) = line.iter().position(|listed| *listed == lower) else { continue };
            let Some(other) = line.get((place + 1) % line.len()) else { continue };
            self.mutants.put("word", !self.facts.contains(other), word.changed(other));
        }
    }

    fn negate(&mut self, text: &str) {
        for (from, to) in &self.lists.negations {
            for (at, _) in text.match_indices(from.as_str()) {
                let after = text.get(at + from.len()..).unwrap_or_default();
                // "Has no" is denied already, and is undone by the last of these; "is not not" says what "is" says.
                if from != " has no "
                    && ["no ", "not ", "since "].iter().any(|start| after.starts_with(start))
                {
                    continue;
                }
                let new = format!("{}{to}{after}", text.get(..at).unwrap_or_default());
                self.mutants.put("negation", true, new);
            }
        }
    }
}

/// Half as much again, in the form that it was written in.
fn more(number: &str, value: f64) -> String {
    let decimals = number.trim_end_matches('.').split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let dot = if number.ends_with('.') { "." } else { "" };
    format!("{:.decimals$}{dot}", value * 1.5 + 1.0)
}

/// Where the words of a text stand, numbers with their units among them.
fn spans(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut from: Option<usize> = None;
    for (at, character) in text.char_indices() {
        let inside = character.is_alphanumeric() || (character == '.' && from.is_some());
        match (inside, from) {
            (true, None) => from = Some(at),
            (false, Some(start)) => {
                found.push((start, at));
                from = None;
            }
            _ => {}
        }
    }
    found.extend(from.map(|start| (start, text.len())));
    // A full stop is no part of the word before it.
    found
        .into_iter()
        .map(|(start, end)| {
            (
                start,
                end - text.get(start..end).map_or(0, |word| word.len() - word.trim_end_matches('.').len()),
            )
        })
        .collect()
}

fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '.').map(|token| token.trim_matches('.'))
}

fn digits(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_digit() && c != '.')
        .map(|token| token.trim_matches('.'))
        .filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_that_an_operator_fits_gives_a_mutant() {
        let (lists, mut mutants) = (Lists::load().unwrap(), Mutants::default());
        change("It has 300 g of cotton.", "weight 300 g cotton polyester", &lists, &mut mutants);
        let of = |operator: &str| -> Vec<&str> {
            let of_operator = mutants.made.iter().filter(|mutant| mutant.operator == operator);
            of_operator.map(|mutant| mutant.text.as_str()).collect()
        };
        assert_eq!(of("number"), ["It has 451 g of cotton."]);
        assert_eq!(of("unit"), ["It has 300 kg of cotton."]);
        assert_eq!(of("negation"), ["It does not have 300 g of cotton."]);
        assert_eq!(of("claim added").len(), lists.claims.len());
        // Polyester is a fact as well.
        assert_eq!((of("word").len(), mutants.left_out.get("word")), (0, Some(&1)));
    }
}
