//! The sandbox as a reader of prose: it proposes attributes where it sees a word that it knows, whatever the sentence says of
//! it. Clumsy, on purpose: it takes a lining for the bag, and a denial for a feature. Set to invent, it misquotes as well.

use serde_json::{Value, json};

/// Words that it knows, each with the attribute that it takes them for.
const KNOWN: &[(&str, &[&str])] = &[
    (
        "material",
        &[
            "organic cotton",
            "cotton",
            "wool blend",
            "wool",
            "leather",
            "silk",
            "linen",
            "polyester",
            "nylon",
            "fleece",
            "spandex",
            "denim",
            "suede",
            "stainless steel",
            "steel",
            "clay",
            "bamboo",
            "mesh",
            "rubber",
            "titanium",
            "canvas",
            "velvet",
        ],
    ),
    (
        "color",
        &[
            "black", "white", "grey", "gray", "red", "blue", "green", "yellow", "orange", "purple", "pink",
            "brown", "beige", "navy",
        ],
    ),
    ("pattern", &["striped", "floral", "checked", "plaid", "heather", "polka dot"]),
    ("care", &["machine washable", "machine wash/dry", "machine wash", "hand wash"]),
    ("fit", &["relaxed", "slim", "loose", "semi-fitted", "comfortable"]),
    ("neckline", &["crew", "v-neck", "scoop", "narrow"]),
    ("sleeves", &["long", "short", "wide"]),
    (
        "features",
        &[
            "moisture-wicking",
            "breathable",
            "water-repellent",
            "reflective",
            "removable",
            "adjustable",
            "waterproof",
        ],
    ),
];

/// Features that it proposes with a yes.
const FEATURES: &[&str] = &["waterproof", "breathable", "reversible", "foldable"];

/// Words behind a quantity that say what it measures, with the attribute.
const MEASURED: &[(&str, &str)] = &[
    ("wide", "width"),
    ("width", "width"),
    ("high", "height"),
    ("tall", "height"),
    ("height", "height"),
    ("long", "length"),
    ("deep", "depth"),
    ("weighs", "weight"),
    ("weight", "weight"),
    ("diameter", "diameter"),
];

/// Most proposals of an answer.
const PROPOSALS_MAX: usize = 30;
/// Longest quote, in characters.
const QUOTE_CHARS_MAX: usize = 300;

/// Whether an answer's schema asks for attributes with quotes.
pub(super) fn asks(schema: &Value) -> bool {
    schema.pointer("/properties/attributes/items/properties/quote").is_some()
}

/// The attributes that it reads out of the prose of a prompt; with falsehoods among them where it invents.
pub(super) fn propose(texts: &[String], invent: bool) -> Value {
    let block =
        texts.iter().rev().find_map(|text| Some(text.split_once("<prose>")?.1.split_once("</prose>")?.0));
    let prose: Value = block.and_then(|block| serde_json::from_str(block.trim()).ok()).unwrap_or(Value::Null);
    let text = |name: &str| prose.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut found = Vec::new();
    for (from, text) in [("title", text("title")), ("description", text("description"))] {
        read(from, text, &mut found);
    }
    let reviews = prose.get("reviews").and_then(Value::as_array);
    for review in reviews.into_iter().flatten().filter_map(Value::as_str) {
        read("review", review, &mut found);
    }
    if invent {
        falsify(&mut found);
    }
    found.truncate(PROPOSALS_MAX);
    json!({ "attributes": found })
}

fn proposal(name: &str, value: &str, unit: &str, quote: &str, from: &str) -> Value {
    json!({ "name": name, "value": value, "unit": unit, "quote": quote, "from": from })
}

/// Reads a text sentence by sentence.
fn read(from: &str, text: &str, found: &mut Vec<Value>) {
    let ends = |c: char| matches!(c, '.' | '!' | '?' | '\n' | '•' | ';');
    let mut start = 0;
    let mut sentences = Vec::new();
    for (at, sign) in text.char_indices().filter(|(_, sign)| ends(*sign)) {
        // "1.5 kg" goes on.
        let next = text.get(at + sign.len_utf8()..).unwrap_or_default();
        if sign == '.' && next.starts_with(|c: char| c.is_ascii_digit()) {
            continue;
        }
        sentences.push(text.get(start..at).unwrap_or_default());
        start = at + sign.len_utf8();
    }
    sentences.push(text.get(start..).unwrap_or_default());
    for sentence in sentences.into_iter().map(str::trim).filter(|sentence| !sentence.is_empty()) {
        let quote: String = sentence.chars().take(QUOTE_CHARS_MAX).collect();
        let lower = quote.to_lowercase();
        for (name, words) in KNOWN {
            // The longest of several that hold one another.
            if let Some(word) = words.iter().find(|word| has(&lower, word)) {
                found.push(proposal(name, word, "", &quote, from));
            }
        }
        for feature in FEATURES.iter().filter(|feature| has(&lower, feature)) {
            found.push(proposal(feature, "yes", "", &quote, from));
        }
        quantities(&quote, from, found);
    }
}

/// Whether a text has a word as one of its own.
fn has(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let apart = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
        let before = text.get(..at).unwrap_or_default().chars().next_back();
        let after = text.get(at + word.len()..).unwrap_or_default().chars().next();
        apart(before) && apart(after)
    })
}

/// Numbers with a unit and a word beside them that says what they measure.
fn quantities(quote: &str, from: &str, found: &mut Vec<Value>) {
    let words: Vec<&str> = quote.split_whitespace().collect();
    for row in words.windows(3).chain(words.windows(2)) {
        let plain = |place: usize| row.get(place).map_or("", |word| word.trim_matches([',', '(', ')', ':']));
        let number = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || c == '.');
        for (word, name) in MEASURED {
            let (value, unit) = if number(plain(0)) && plain(2).eq_ignore_ascii_case(word) {
                (plain(0), plain(1))
            } else if plain(0).eq_ignore_ascii_case(word) && number(plain(1)) {
                (plain(1), plain(2))
            } else {
                continue;
            };
            if unit.len() < 8 && unit.chars().all(char::is_alphabetic) && !unit.is_empty() {
                found.push(proposal(name, value, unit, quote, from));
            }
        }
    }
}

/// Falsehoods beside what it read: words that stand nowhere, another unit, another name, another value.
fn falsify(found: &mut Vec<Value>) {
    let wrong: Vec<Value> = found
        .iter()
        .take(6)
        .flat_map(|proposal| {
            let with = |field: &str, value: &str| {
                let mut wrong = proposal.clone();
                if let Some(place) = wrong.get_mut(field) {
                    *place = json!(value);
                }
                wrong
            };
            [
                with("value", "titanium"),
                with("unit", "kg"),
                with("name", "height"),
                with("quote", "made of pure gold"),
            ]
        })
        .collect();
    found.splice(0..0, wrong);
    found.push(proposal("material", "gold", "", "made of pure gold", "description"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(description: &str) -> Vec<String> {
        let prose =
            json!({ "title": "Red mug", "description": description, "reviews": ["Feels like leather."] });
        vec![format!("<prose>\n{prose}\n</prose>")]
    }

    #[test]
    fn it_proposes_what_it_knows_with_the_sentence_that_it_stands_in() {
        let answer =
            propose(&prompt("A clay mug. It is 12 cm high and weighs 1.5 kg, not waterproof."), false);
        let found = answer["attributes"].as_array().unwrap();
        for expected in [
            proposal("color", "red", "", "Red mug", "title"),
            proposal("material", "clay", "", "A clay mug", "description"),
            proposal(
                "height",
                "12",
                "cm",
                "It is 12 cm high and weighs 1.5 kg, not waterproof",
                "description",
            ),
            proposal(
                "weight",
                "1.5",
                "kg",
                "It is 12 cm high and weighs 1.5 kg, not waterproof",
                "description",
            ),
            proposal(
                "waterproof",
                "yes",
                "",
                "It is 12 cm high and weighs 1.5 kg, not waterproof",
                "description",
            ),
            proposal("material", "leather", "", "Feels like leather", "review"),
        ] {
            assert!(found.contains(&expected), "{expected} in {found:?}");
        }
    }

    #[test]
    fn it_misquotes_where_it_invents() {
        let answer = propose(&prompt("A clay mug."), true);
        let found = answer["attributes"].as_array().unwrap();
        assert!(found.iter().any(|proposal| proposal["value"] == "titanium"));
        assert!(found.iter().any(|proposal| proposal["quote"] == "made of pure gold"));
    }
}
