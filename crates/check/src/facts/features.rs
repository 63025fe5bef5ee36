//! Features that a product has or has not: a text must not claim what an attribute denies, nor deny what one affirms.
//!
//! An attribute's name is the feature: `NFC: No`, `waterproof: false`, `Bluetooth: 5.2`. Also found: names in capital
//! letters that no fact holds, such as a standard or a technology ("comes with LDAC").

use foldhash::HashMap;

use super::attribute_text::{ParsedAttribute, begins_with_no};
use super::capitals::{is_known_name, is_name};
use super::clauses::Clause;
use super::vocabulary::{Vocabulary, parts};
use super::words::{Word, folded};

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

/// A denial so many words after a feature is about it.
const DENIED_WITHIN: usize = 4;

/// A feature by name, and what its attribute says of it.
#[derive(Debug)]
struct Feature {
    attribute: usize,
    words: Vec<String>,
    affirmed: bool,
}

/// What the facts say about features.
#[derive(Debug, Default)]
pub(super) struct StatedFeatures {
    features: Vec<Feature>,
    by_first: HashMap<String, Vec<usize>>,
    /// Of what there are how many: "octa-core".
    multiples: Vec<(String, String, usize)>,
}

/// A statement about a feature that the facts do not support.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FeatureMismatch {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) fault: FeatureFault,
}

/// Why the facts do not support a statement about a feature.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FeatureFault {
    /// The text claims what this attribute denies.
    Denied(usize),
    /// The text denies what this attribute affirms.
    Affirmed(usize),
    /// The text says how many of something there are, this attribute otherwise.
    Otherwise(usize),
    /// No fact holds this name.
    Unknown,
    /// No fact says that there are so many of something.
    Uncounted,
}

impl StatedFeatures {
    /// Takes note of one attribute.
    pub(super) fn add(&mut self, fact: &ParsedAttribute<'_>) {
        let name_start = fact.name.rfind(':').map_or(0, |colon| colon + 1);
        let all = || fact.name_words.iter().chain(&fact.value_words).flat_map(|clause| &clause.words);
        for word in all().filter(|word| word.folded.contains('-')) {
            if let Some((many, of)) = word.folded.split_once('-').filter(|(many, _)| MULTIPLES.contains(many))
            {
                self.multiples.push((of.to_owned(), many.to_owned(), fact.attribute));
            }
        }
        let last_part =
            fact.name_words.iter().flat_map(|clause| &clause.words).filter(|word| word.start >= name_start);
        let words: Vec<String> = last_part.map(|word| word.folded.clone()).collect();
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
        // "No; 2.5 mm audio jack": what follows a denial is affirmed.
        let tail: Vec<&Word<'_>> = if fact.denied {
            let from = fact.value.find([';', ',']).unwrap_or(fact.value.len());
            let words = fact.value_words.iter().flat_map(|clause| &clause.words);
            words.filter(|word| word.start >= from).collect()
        } else {
            Vec::new()
        };
        for words in names.into_iter().chain(joined) {
            let in_tail = tail
                .windows(words.len())
                .any(|run| run.iter().zip(&words).all(|(word, expected)| word.folded == *expected));
            if let Some(first) = words.first() {
                self.by_first.entry(first.clone()).or_default().push(self.features.len());
            }
            let affirmed = !fact.denied || in_tail;
            self.features.push(Feature { attribute: fact.attribute, words, affirmed });
        }
    }

    /// Statements of a clause that the facts do not support. `supports` gets, for each other one, the attribute that supports
    /// it, the bytes where it begins and ends, and whether the text denies it.
    pub(super) fn mismatches(
        &self,
        known: &Vocabulary,
        text: &str,
        shouted: bool,
        clause: &Clause<'_>,
        mut supports: impl FnMut(usize, usize, usize, bool),
    ) -> Vec<FeatureMismatch> {
        let mut found: Vec<FeatureMismatch> = Vec::new();
        for (place, word) in clause.words.iter().enumerate() {
            let following = clause.words.get(place..).unwrap_or_default();
            let before = place.checked_sub(1).and_then(|place| clause.words.get(place));
            // "SIM card slot", not "SIM, card slot".
            let adjoining = before.filter(|before| {
                text.get(before.end..word.start)
                    .is_some_and(|between| matches!(between, " " | "-" | "\u{a0}"))
            });
            match self.feature(known, adjoining, following) {
                Some(Ok((attribute, end))) => {
                    supports(attribute, word.start, end, word.denied);
                    continue;
                }
                Some(Err(mismatch)) => {
                    if found.last().is_none_or(|last| last.end <= mismatch.start) {
                        found.push(mismatch);
                    }
                    continue;
                }
                None => {}
            }
            if word.denied {
                continue;
            }
            let fault = if !shouted && is_name(word.text) && !is_known_name(known, word) {
                Some(FeatureFault::Unknown)
            } else {
                self.multiplies(known, word)
            };
            found.extend(fault.map(|fault| FeatureMismatch { start: word.start, end: word.end, fault }));
        }
        found
    }

    /// What the facts say of the feature that begins a run of words, if one does: the attribute that supports it,
    /// or the mismatch.
    fn feature(
        &self,
        known: &Vocabulary,
        adjoining: Option<&Word<'_>>,
        following: &[Word<'_>],
    ) -> Option<Result<(usize, usize), FeatureMismatch>> {
        let first = following.first()?;
        let candidates = self.by_first.get(first.folded.as_str())?;
        let matching = |feature: &&Feature| {
            feature.words.len() <= following.len()
                && feature.words.iter().zip(following).all(|(expected, word)| *expected == word.folded)
        };
        let named = || candidates.iter().filter_map(|place| self.features.get(*place)).filter(matching);
        let length = named().map(|feature| feature.words.len()).max()?;
        let mut longest = named().filter(|feature| feature.words.len() == length);
        let last = following.get(length.checked_sub(1)?)?;
        // Where several attributes have the name, one that agrees is enough.
        if let Some(agrees) = longest.clone().find(|feature| feature.affirmed != first.denied) {
            return Some(Ok((agrees.attribute, last.end)));
        }
        let feature = longest.next()?;
        let fault = if feature.affirmed {
            FeatureFault::Affirmed(feature.attribute)
        } else {
            // "a SIM card slot" where "card slot" is denied: another thing, if it is affirmed itself.
            let other = adjoining.is_some_and(|word| {
                parts(&word.folded).any(|part| part.chars().count() > 2 && known.affirms(part))
            });
            // "NFC: no", "the eco collection is no": the denial follows.
            let mut after = following.iter().skip(length).take(DENIED_WITHIN);
            // "Cocona performance fabric" is the material's, whatever an attribute of that name says.
            let other = other || known.elsewhere(&feature.words, feature.attribute);
            if other || after.any(|word| begins_with_no(word.text)) {
                return None;
            }
            FeatureFault::Denied(feature.attribute)
        };
        Some(Err(FeatureMismatch { start: first.start, end: last.end, fault }))
    }

    /// Whether a word says how many of something there are, which no fact does: "a triple camera".
    fn multiplies(&self, known: &Vocabulary, word: &Word<'_>) -> Option<FeatureFault> {
        let many = parts(&word.folded).find(|part| MULTIPLES.contains(part))?;
        if known.has(many) || known.has(&folded(many)) {
            return None;
        }
        let of = word.folded.split_once('-').map(|(_, of)| of);
        let otherwise = of.and_then(|of| self.multiples.iter().find(|multiple| multiple.0 == of));
        Some(otherwise.map_or(FeatureFault::Uncounted, |multiple| FeatureFault::Otherwise(multiple.2)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::attribute_text::parse_attribute;
    use super::super::capitals::shouts;
    use super::super::clauses::clauses;
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
        let (mut features, mut known) = (StatedFeatures::default(), Vocabulary::default());
        for (attribute, (name, value)) in Facts::select(&product, |_| true).iter().enumerate() {
            parse_attribute(attribute, name, value, |fact| {
                features.add(&fact);
                known.add(&fact);
            });
        }
        let found: Vec<String> = clauses(text)
            .iter()
            .filter(|clause| !clause.asks)
            .flat_map(|clause| features.mismatches(&known, text, shouts(text), clause, |_, _, _, _| ()))
            .map(|mismatch| {
                format!(
                    "{}: {}",
                    match mismatch.fault {
                        FeatureFault::Denied(_) => "denied",
                        FeatureFault::Affirmed(_) => "affirmed",
                        FeatureFault::Otherwise(_) => "otherwise",
                        FeatureFault::Unknown => "unknown",
                        FeatureFault::Uncounted => "uncounted",
                    },
                    &text[mismatch.start..mismatch.end]
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
