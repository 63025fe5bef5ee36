//! Features that a product has or has not: a text must not claim what an attribute denies, nor deny what one affirms.
//!
//! An attribute's name is the feature: `NFC: No`, `waterproof: false`, `Bluetooth: 5.2`. Also found: names in capital
//! letters that no fact holds, such as a standard or a technology ("comes with LDAC").

use std::collections::HashMap;

use super::told::{Told, begins_with_no};
use super::words::{Word, clauses, folded};

/// Names that mean the same feature; each line is one feature.
const SYNONYMS: &[&[&str]] = &[
    &["wlan", "wi-fi", "wifi"],
    &["3.5mm jack", "headphone jack", "audio jack", "kopfhöreranschluss"],
    &["radio", "fm radio", "fm-radio"],
    &["card slot", "memory card slot", "microsd", "microsd card"],
    &["positioning", "gps"],
    &["waterproof", "water-proof", "wasserdicht", "imperméable", "impermeable"],
    &["dishwasher safe", "dishwasher-safe", "spülmaschinenfest"],
    &["washable", "machine washable", "waschbar"],
    &["wireless", "cordless", "kabellos"],
    &["organic", "bio"],
    &[
        "family friendly",
        "kid friendly",
        "kids friendly",
        "child friendly",
        "children friendly",
        "familienfreundlich",
    ],
    &["gluten-free", "gluten free", "glutenfrei"],
];

/// Names that say of which kind a value is, and no feature.
const NO_FEATURES: &[&str] = &[
    "type",
    "size",
    "weight",
    "color",
    "colour",
    "material",
    "feature",
    "speed",
    "status",
    "model",
    "name",
    "title",
    "brand",
    "category",
    "price",
    "dimension",
    "other",
    "single",
    "version",
    "year",
    "style",
    "pattern",
    "gender",
    "dual",
    "triple",
    "quad",
    "video",
    "build",
    "alert",
    "languag",
    "browser",
    "messaging",
    "record",
    "internal",
    "technology",
];

/// Words that say how many of something there are.
const MULTIPLES: &[&str] = &["dual", "triple", "quad", "quadruple", "hexa", "octa", "deca"];

/// Signs that join the parts of a compound.
const SIGNS: [char; 5] = ['-', '.', '/', '+', '&'];

/// A denial so many words after a feature is about it.
const DENIED_WITHIN: usize = 4;

/// A feature by name, and what its attribute says of it.
#[derive(Debug)]
struct Feature {
    name: String,
    shown: String,
    words: Vec<String>,
    affirmed: bool,
}

/// What the facts say about features.
#[derive(Debug, Default)]
pub(super) struct Features {
    features: Vec<Feature>,
    by_first: HashMap<String, Vec<usize>>,
    /// Words of every name and value, as folded, and the parts of compounds; whether any of them is affirmed.
    known: HashMap<String, bool>,
}

/// A statement about a feature that the facts do not bear.
#[derive(Debug, PartialEq)]
pub(super) struct Wrong<'a> {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) kind: Kind<'a>,
}

#[derive(Debug, PartialEq)]
pub(super) enum Kind<'a> {
    /// The text claims what this attribute denies.
    Denied { attribute: &'a str, shown: &'a str },
    /// The text denies what this attribute affirms.
    Affirmed { attribute: &'a str, shown: &'a str },
    /// No fact holds this name.
    Unknown,
}

impl Features {
    /// Takes note of one attribute.
    pub(super) fn add(&mut self, fact: Told<'_>) {
        let Told { name, plain, shown, denied, name_words, value_words } = fact;
        let own = plain.rfind(':').map_or(0, |colon| colon + 1);
        let of_own = name_words.iter().flatten().filter(|word| word.start >= own);
        let words: Vec<String> = of_own.map(|word| word.folded.clone()).collect();
        self.know(name_words, !denied);
        self.know(value_words, !denied);
        if denied {
            // "No; 32-bit audio": what follows is affirmed.
            let rest = shown.split_once([';', ',']).map_or("", |(_, rest)| rest);
            self.know(clauses(rest), true);
        }
        let no_feature = |word: &String| NO_FEATURES.contains(&word.as_str()) || word.chars().count() < 2;
        if words.is_empty() || words.len() > 3 || words.iter().all(no_feature) {
            return;
        }
        let mut names: Vec<Vec<String>> = vec![words];
        for line in SYNONYMS {
            let line = line.iter().map(|name| name.split(' ').map(folded).collect::<Vec<_>>());
            if line.clone().any(|other| names.first() == Some(&other)) {
                names.extend(line.filter(|other| names.first() != Some(other)).collect::<Vec<_>>());
            }
        }
        // "family-friendly" is one word, "family friendly" two.
        let joined: Vec<_> =
            names.iter().filter(|words| words.len() > 1).map(|words| vec![words.join("-")]).collect();
        for words in names.into_iter().chain(joined) {
            if let Some(first) = words.first() {
                self.by_first.entry(first.clone()).or_default().push(self.features.len());
            }
            let (name, shown) = (name.to_owned(), shown.chars().take(60).collect());
            self.features.push(Feature { name, shown, words, affirmed: !denied });
        }
    }

    fn know(&mut self, words: Vec<Vec<Word<'_>>>, affirmed: bool) {
        for word in words.into_iter().flatten() {
            if word.folded.contains(SIGNS) {
                for part in parts(&word.folded) {
                    *self.known.entry(part).or_default() |= affirmed;
                }
            }
            *self.known.entry(word.folded).or_default() |= affirmed;
        }
    }

    /// Statements of a text that the facts do not bear.
    pub(super) fn wrong(&self, text: &str, clauses: &[Vec<Word<'_>>]) -> Vec<Wrong<'_>> {
        let mut found: Vec<Wrong<'_>> = Vec::new();
        let shouted = shouts(text);
        for clause in clauses {
            // A question states nothing.
            let end = clause.last().map_or(0, |word| word.end);
            if text.get(end..).is_some_and(|rest| rest.trim_start().starts_with(['?', '？'])) {
                continue;
            }
            for (place, word) in clause.iter().enumerate() {
                let rest = clause.get(place..).unwrap_or_default();
                let before = place.checked_sub(1).and_then(|place| clause.get(place));
                // "SIM card slot", not "SIM, card slot".
                let adjoining = before.filter(|before| {
                    text.get(before.end..word.start)
                        .is_some_and(|between| matches!(between, " " | "-" | "\u{a0}"))
                });
                if let Some(wrong) = self.feature(adjoining, rest) {
                    if found.last().is_none_or(|last| last.end <= wrong.start) {
                        found.push(wrong);
                    }
                } else if !word.denied
                    && ((!shouted && is_name(word.text) && !self.knows(word)) || self.multiplies(word))
                {
                    found.push(Wrong { start: word.start, end: word.end, kind: Kind::Unknown });
                }
            }
        }
        found
    }

    /// What is wrong with the feature that begins a run of words, if one does.
    fn feature(&self, adjoining: Option<&Word<'_>>, rest: &[Word<'_>]) -> Option<Wrong<'_>> {
        let first = rest.first()?;
        let candidates = self.by_first.get(&first.folded)?;
        let matching = |feature: &&Feature| {
            feature.words.len() <= rest.len()
                && feature.words.iter().zip(rest).all(|(own, word)| *own == word.folded)
        };
        let named = || candidates.iter().filter_map(|place| self.features.get(*place)).filter(matching);
        let length = named().map(|feature| feature.words.len()).max()?;
        let mut longest = named().filter(|feature| feature.words.len() == length);
        let last = rest.get(length.checked_sub(1)?)?;
        // Where several attributes have the name, one that agrees is enough.
        if named()
            .filter(|feature| feature.words.len() == length)
            .any(|feature| feature.affirmed != first.denied)
        {
            return None;
        }
        let feature = longest.next()?;
        let (attribute, shown) = (feature.name.as_str(), feature.shown.as_str());
        let kind = if feature.affirmed {
            Kind::Affirmed { attribute, shown }
        } else {
            // "a SIM card slot" where "card slot" is denied: another thing, if it is affirmed itself.
            let other = adjoining.is_some_and(|word| {
                parts(&word.folded)
                    .any(|part| part.chars().count() > 2 && self.known.get(&part) == Some(&true))
            });
            // "NFC: no", "the eco collection is no": the denial follows.
            let mut after = rest.iter().skip(length).take(DENIED_WITHIN);
            if other || after.any(|word| begins_with_no(word.text)) {
                return None;
            }
            Kind::Denied { attribute, shown }
        };
        Some(Wrong { start: first.start, end: last.end, kind })
    }

    /// Whether a word says how many of something there are, which no fact does: "a triple camera".
    fn multiplies(&self, word: &Word<'_>) -> bool {
        parts(&word.folded).any(|part| MULTIPLES.contains(&part.as_str()) && !self.known.contains_key(&part))
    }

    fn knows(&self, word: &Word<'_>) -> bool {
        let known = |text: &str| {
            self.known.contains_key(text)
                // "SIMs" of "SIM".
                || text.strip_suffix('s').is_some_and(|one| self.known.contains_key(one))
                // "microSD" of "microSDHC", "LTE" of "LTE-A".
                || (text.chars().count() >= 3 && self.known.keys().any(|own| own.starts_with(text)))
        };
        // Of "GSM-based" it is the part in capitals that is a name.
        let names = || {
            word.text
                .split(['-', '.', '/', '+', '&'])
                .filter(|part| part.chars().skip(1).any(char::is_uppercase))
        };
        known(&word.folded)
            || crate::product::unit::named(word.text).is_some()
            || names().all(|part| known(&folded(part)))
    }
}

/// The parts of a compound: `wi-fi` has `wi` and `fi`, `a/b` has `a` and `b`.
fn parts(word: &str) -> impl Iterator<Item = String> + '_ {
    word.split(SIGNS).filter(|part| !part.is_empty()).map(ToOwned::to_owned)
}

/// Whether a word is written as names of technologies and standards are: two capitals, or one inside, and no digit
/// (those are codes, see `number.rs`).
fn is_name(word: &str) -> bool {
    let capitals = word.chars().filter(|c| c.is_uppercase()).count();
    let inside = word.chars().skip(1).any(char::is_uppercase);
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    (2..=12).contains(&letters) && capitals >= 1 && inside && !word.bytes().any(|byte| byte.is_ascii_digit())
        // "Full-Length", "T-Shirt": compounds of words with a capital each.
        && !word.split(['-', '/', '&']).all(|part| part.chars().skip(1).all(|c| !c.is_uppercase()))
}

/// Whether a text is written in capitals as a whole: they say nothing then.
fn shouts(text: &str) -> bool {
    let words =
        || text.split_whitespace().filter(|word| word.chars().filter(|c| c.is_alphabetic()).count() > 1);
    let loud = |word: &&str| !word.chars().any(char::is_lowercase);
    words().filter(loud).count() * 3 > words().count() * 2
}

#[cfg(test)]
mod tests {
    use super::super::told::told;
    use super::*;
    use crate::product::{Facts, Product};

    fn check(text: &str, expected: &[&str]) {
        let product: Product = serde_json::from_value(serde_json::json!({
            "sku": "P1", "title": "Aurora 12",
            "attributes": {
                "Memory: Card slot": "No", "Sound: 3.5mm jack": "No; 32-bit/384kHz audio", "Comms: NFC": "Yes",
                "Comms: WLAN": "Wi-Fi 802.11 a/b/g", "Comms: Radio": "No", "Body: SIM": "Mini-SIM", "waterproof": false,
                "Comms: Bluetooth": "5.2, A2DP", "color": "Black", "familyFriendly": "no", "isFoldable": true
            }
        }))
        .unwrap();
        let mut features = Features::default();
        for (name, value) in Facts::select(&product, |_| true).iter() {
            told(name, value, |fact| features.add(fact));
        }
        let found: Vec<String> = features
            .wrong(text, &clauses(text))
            .iter()
            .map(|wrong| {
                format!(
                    "{}: {}",
                    match wrong.kind {
                        Kind::Denied { .. } => "denied",
                        Kind::Affirmed { .. } => "affirmed",
                        Kind::Unknown => "unknown",
                    },
                    &text[wrong.start..wrong.end]
                )
            })
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn what_an_attribute_denies_must_not_be_claimed() {
        check("It supports Bluetooth and NFC.", &[]);
        check("It has Wi-Fi, SIM, card slot and a jack.", &["denied: card slot"]);
        check("It has a card slot and FM radio.", &["denied: card slot", "denied: FM radio"]);
        check(
            "A family-friendly and kid friendly phone.",
            &["denied: family-friendly", "denied: kid friendly"],
        );
        check("A waterproof phone with a headphone jack.", &["denied: waterproof", "denied: headphone jack"]);
        check("A SIM card slot is there.", &[]);
        check("The card slot is: no. NFC yes. What is the radio?", &[]);
        check("There is no card slot, and the phone is not waterproof.", &[]);
    }

    #[test]
    fn what_an_attribute_affirms_must_not_be_denied() {
        check("It lacks NFC.", &["affirmed: NFC"]);
        check(
            "It does not have Wi-Fi or Bluetooth, but a jack.",
            &["affirmed: Wi-Fi", "affirmed: Bluetooth"],
        );
        check("Not only NFC is on board.", &[]);
    }

    #[test]
    fn a_name_that_no_fact_holds_is_found() {
        check("With LDAC and A2DP.", &["unknown: LDAC"]);
        check("A T-Shirt for every Full-Length day.", &[]);
        check("FREE SHIPPING TODAY", &[]);
    }
}
