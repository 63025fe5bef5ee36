//! Mutants: true copy with one statement made false, at every place that an operator fits; what share the checks catch.
//!
//! The operators know nothing of the checks: their lists of units, words and claims are their own. A mutant that may be
//! true all the same, because the facts hold the new number or word somewhere, is left out and counted.

use std::collections::BTreeMap;

use skuscribe_check::product::{Facts, Product, Value};

/// Longest value that a sentence of true copy repeats, in bytes.
const VALUE_BYTES_MAX: usize = 120;

/// Sentences of one text.
const SENTENCES_MAX: usize = 10;

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

/// Leases that are put behind a text, each with a word that facts which bear it would hold.
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

/// A text with one statement changed.
#[derive(Debug, PartialEq)]
pub(super) struct Mutant {
    pub(super) operator: &'static str,
    pub(super) text: String,
}

/// Copy of a product that is true by its making: its attributes in sentences.
pub(super) fn true_copy(product: &Product) -> String {
    let facts = Facts::select(product, |name| name != "gtin" && name != "title" && name != "brand");
    let mut text = product.title.clone().map_or_else(String::new, |title| format!("This is the {title}."));
    let mut turn = 0;
    for (name, value) in facts.iter() {
        let shown = match value {
            Value::Boolean(_) => None,
            other => Some(other.to_string()).filter(|shown| {
                let plain =
                    !shown.contains(['\n', '"', '<']) && !shown.trim_end_matches('-').trim().is_empty();
                plain && shown.len() <= VALUE_BYTES_MAX
            }),
        };
        let name = name.rsplit(':').next().unwrap_or(name).replace('_', " ").trim().to_owned();
        let denied = shown.as_deref().is_some_and(|shown| shown.eq_ignore_ascii_case("no"));
        let affirmed = shown.as_deref().is_some_and(|shown| shown.eq_ignore_ascii_case("yes"));
        let sentence = match (value, shown) {
            (Value::Boolean(true), _) => format!("The {name} is there."),
            (Value::Boolean(false), _) => format!("It has no {name}."),
            (_, Some(_)) if denied => format!("It has no {name}."),
            (_, Some(_)) if affirmed => format!("It has {name}."),
            (_, Some(shown)) => match turn % 3 {
                0 => format!("The {name} is {shown}."),
                1 => format!("It comes with {shown} as its {name}."),
                _ => format!("{name}: {shown}."),
            },
            _ => continue,
        };
        text.push(' ');
        text.push_str(&sentence);
        turn += 1;
        if turn >= SENTENCES_MAX {
            break;
        }
    }
    text.trim().to_owned()
}

/// Every mutant of a text that is provably false by the facts; those left out are counted by operator.
pub(super) fn mutants(text: &str, facts: &str, left_out: &mut BTreeMap<&'static str, usize>) -> Vec<Mutant> {
    let facts = facts.to_lowercase();
    let mut found = Vec::new();
    let mut put = |operator: &'static str, provable: bool, text: String| {
        if provable {
            found.push(Mutant { operator, text });
        } else {
            *left_out.entry(operator).or_default() += 1;
        }
    };
    let has = |word: &str| tokens(&facts).any(|token| token == word);
    for (start, end) in spans(text) {
        let Some(word) = text.get(start..end) else { continue };
        let changed = |new: &str| {
            format!("{}{new}{}", text.get(..start).unwrap_or_default(), text.get(end..).unwrap_or_default())
        };
        let (number, rest) =
            word.split_at(word.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(word.len()));
        if let Ok(value) = number.trim_end_matches('.').parse::<f64>()
            && !number.starts_with('.')
        {
            let new = more(number, value);
            // The facts may hold the number in another place, for another thing.
            put("number", !digits(&facts).any(|own| own == new), changed(&format!("{new}{rest}")));
            if let Some((_, other)) = UNITS.iter().find(|(unit, _)| *unit == rest) {
                put(
                    "unit",
                    !has(&format!("{number}{}", other.to_lowercase())),
                    changed(&format!("{number}{other}")),
                );
            }
        }
        let last = text.get(..start).unwrap_or_default().trim_end();
        if let Some((_, other)) = UNITS.iter().find(|(unit, _)| *unit == word)
            && last.ends_with(|c: char| c.is_ascii_digit())
        {
            let number = last.rsplit(|c: char| !c.is_ascii_digit() && c != '.').next().unwrap_or_default();
            let other_lower = other.to_lowercase();
            put("unit", !facts.contains(&format!("{number} {other_lower}")), changed(other));
        }
        let lower = word.to_lowercase();
        for line in WORDS {
            let Some(place) = line.iter().position(|own| *own == lower) else { continue };
            let other = line.get((place + 1) % line.len()).copied().unwrap_or_default();
            put("word", !facts.contains(other), changed(other));
        }
    }
    for (from, to) in [
        (" is ", " is not "),
        (" has ", " does not have "),
        (" comes with ", " comes without "),
        (" has no ", " has "),
    ] {
        for (at, _) in text.match_indices(from) {
            let after = text.get(at + from.len()..).unwrap_or_default();
            // "Has no" is denied already, and is undone by the last of these; "is not not" says what "is" says.
            if from != " has no "
                && (after.starts_with("no ") || after.starts_with("not ") || after.starts_with("since "))
            {
                continue;
            }
            let new = format!("{}{to}{after}", text.get(..at).unwrap_or_default());
            put("negation", true, new);
        }
    }
    for (claim, word) in CLAIMS {
        put("claim added", !facts.contains(word), format!("{text} {claim}"));
    }
    found
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
            found.iter().filter(|own| own.operator == operator).map(|own| own.text.as_str()).collect()
        };
        assert_eq!(of("number"), ["It has 451 g of cotton."]);
        assert_eq!(of("unit"), ["It has 300 kg of cotton."]);
        assert_eq!(of("negation"), ["It does not have 300 g of cotton."]);
        assert_eq!(of("claim added").len(), CLAIMS.len());
        // Polyester is a fact as well.
        assert_eq!((of("word").len(), left_out.get("word")), (0, Some(&1)));
    }

    #[test]
    fn true_copy_says_what_the_attributes_say() {
        let product = serde_json::from_value(serde_json::json!({
            "sku": "A", "title": "Mug", "attributes": { "Body: Weight": "300 g", "NFC": "No", "lid": true, "color": ["Red", "Blue"] }
        }));
        assert_eq!(
            true_copy(&product.unwrap()),
            "This is the Mug. The Weight is 300 g. It has no NFC. The lid is there. The color is Red, Blue."
        );
    }
}
