//! The operators that make true copy false, one statement at a time, at every place that they fit.
//!
//! They know nothing of the checks: their lists of units, words and claims are separate. A mutant that may be true all the
//! same, because the facts hold the new number or word somewhere, is left out and counted.

use std::collections::BTreeMap;

/// Units and what they are mistaken for.
const UNITS: &[(&str, &str)] = &[
    ("mm", "cm"),
    ("cm", "mm"),
    ("inches", "cm"),
    ("inch", "mm"),
    ("kg", "g"),
    ("g", "kg"),
    ("mg", "g"),
    ("oz", "kg"),
    ("lbs", "oz"),
    ("GB", "MB"),
    ("MB", "GB"),
    ("TB", "GB"),
    ("MP", "GB"),
    ("mAh", "Ah"),
    ("Hz", "kHz"),
    ("GHz", "MHz"),
    ("W", "kW"),
    ("ml", "l"),
    ("l", "ml"),
    ("hours", "minutes"),
    ("h", "min"),
    ("min", "h"),
    ("kcal", "kJ"),
    ("ppi", "nits"),
    ("nm", "mm"),
];

/// Words that say of what a thing is, of what colour, and from where; each is mistaken for the next one of its line.
const WORDS: &[&[&str]] = &[
    &[
        "cotton",
        "polyester",
        "nylon",
        "wool",
        "leather",
        "silk",
        "linen",
        "rayon",
        "spandex",
        "acrylic",
        "suede",
        "denim",
        "fleece",
    ],
    &[
        "steel", "titanium", "aluminum", "plastic", "glass", "ceramic", "wood", "rubber", "gold", "silver",
        "copper", "silicone",
    ],
    &["black", "white", "red", "blue", "green", "yellow", "purple", "gray", "brown", "orange", "pink"],
    &["germany", "france", "italy", "spain", "japan", "china", "switzerland", "portugal"],
    &["milk", "wheat", "soy", "hazelnut", "almond", "egg", "cocoa", "sugar", "honey", "peanut"],
];

/// Claims that are put behind a text, each with a word that facts which support it would hold.
const CLAIMS: &[(&str, &str)] = &[
    ("It is waterproof.", "water"),
    ("It comes with a five-year warranty.", "warrant"),
    ("It was made in Portugal.", "portug"),
    ("It is OEKO-TEX certified.", "oeko"),
    ("It is clinically proven.", "clinic"),
    ("It is the best of its kind.", "best"),
    ("It is lighter than any other.", "light"),
    ("It is compatible with Zigbee.", "zigbee"),
    ("It is suitable for deep-sea diving.", "div"),
    ("It weighs 4711 g.", "4711"),
    ("It is made of genuine cashmere.", "cashmere"),
    ("It contains hyaluronic acid and retinol.", "retinol"),
    ("It comes with a leather pouch.", "leather"),
    ("It is dermatologist-tested.", "dermato"),
];

/// Phrases and what denies or affirms them.
const NEGATIONS: &[(&str, &str)] = &[
    (" is ", " is not "),
    (" has ", " does not have "),
    (" comes with ", " comes without "),
    (" has no ", " has "),
];

/// A text with one statement changed.
pub(super) struct Mutant {
    pub(super) operator: &'static str,
    pub(super) text: String,
}

/// Mutants, and how many were left out by operator.
struct Collected<'a> {
    facts: &'a str,
    mutants: Vec<Mutant>,
    left_out: &'a mut BTreeMap<&'static str, usize>,
}

/// A word of a text: where it stands.
#[derive(Clone, Copy)]
struct TextWord<'a> {
    before: &'a str,
    word: &'a str,
    after: &'a str,
}

/// Every mutant of a text that is provably false by the facts; those left out are counted by operator.
pub(super) fn mutants(text: &str, facts: &str, left_out: &mut BTreeMap<&'static str, usize>) -> Vec<Mutant> {
    let facts = facts.to_lowercase();
    let mut collected = Collected { facts: &facts, mutants: Vec::new(), left_out };
    for (start, end) in spans(text) {
        if let (Some(before), Some(word), Some(after)) =
            (text.get(..start), text.get(start..end), text.get(end..))
        {
            let word = TextWord { before, word, after };
            collected.change_number(word);
            collected.change_unit(word);
            collected.change_word(word);
        }
    }
    collected.negate(text);
    for (claim, word) in CLAIMS {
        collected.put("claim added", !facts.contains(word), format!("{text} {claim}"));
    }
    collected.mutants
}

impl TextWord<'_> {
    /// The text with another word in its place.
    fn changed(self, word: &str) -> String {
        format!("{}{word}{}", self.before, self.after)
    }
}

impl Collected<'_> {
    fn put(&mut self, operator: &'static str, is_false: bool, text: String) {
        if is_false {
            self.mutants.push(Mutant { operator, text });
        } else {
            *self.left_out.entry(operator).or_default() += 1;
        }
    }

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
        self.put("number", is_false, word.changed(&format!("{new}{rest}")));
        if let Some((_, other)) = UNITS.iter().find(|(unit, _)| *unit == rest) {
            let quantity = format!("{number}{}", other.to_lowercase());
            let is_false = !tokens(self.facts).any(|token| token == quantity);
            self.put("unit", is_false, word.changed(&format!("{number}{other}")));
        }
    }

    /// "g" of "300 g".
    fn change_unit(&mut self, word: TextWord<'_>) {
        let before = word.before.trim_end();
        if let Some((_, other)) = UNITS.iter().find(|(unit, _)| *unit == word.word)
            && before.ends_with(|character: char| character.is_ascii_digit())
        {
            let not_number = |character: char| !character.is_ascii_digit() && character != '.';
            let number = before.rsplit(not_number).next().unwrap_or_default();
            let is_false = !self.facts.contains(&format!("{number} {}", other.to_lowercase()));
            self.put("unit", is_false, word.changed(other));
        }
    }

    fn change_word(&mut self, word: TextWord<'_>) {
        let lower = word.word.to_lowercase();
        for line in WORDS {
            let Some(place) = line.iter().position(|listed| *listed == lower) else { continue };
            let other = line.get((place + 1) % line.len()).copied().unwrap_or_default();
            self.put("word", !self.facts.contains(other), word.changed(other));
        }
    }

    fn negate(&mut self, text: &str) {
        for (from, to) in NEGATIONS {
            for (at, _) in text.match_indices(from) {
                let after = text.get(at + from.len()..).unwrap_or_default();
                // "Has no" is denied already, and is undone by the last of these; "is not not" says what "is" says.
                if *from != " has no "
                    && ["no ", "not ", "since "].iter().any(|start| after.starts_with(start))
                {
                    continue;
                }
                let new = format!("{}{to}{after}", text.get(..at).unwrap_or_default());
                self.put("negation", true, new);
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
        let mut left_out = BTreeMap::new();
        let found = mutants("It has 300 g of cotton.", "weight 300 g cotton polyester", &mut left_out);
        let of = |operator: &str| -> Vec<&str> {
            found
                .iter()
                .filter(|mutant| mutant.operator == operator)
                .map(|mutant| mutant.text.as_str())
                .collect()
        };
        assert_eq!(of("number"), ["It has 451 g of cotton."]);
        assert_eq!(of("unit"), ["It has 300 kg of cotton."]);
        assert_eq!(of("negation"), ["It does not have 300 g of cotton."]);
        assert_eq!(of("claim added").len(), CLAIMS.len());
        // Polyester is a fact as well.
        assert_eq!((of("word").len(), left_out.get("word")), (0, Some(&1)));
    }
}
