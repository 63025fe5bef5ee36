//! Features that a product has or has not: a text must not claim what an attribute denies, nor deny what one affirms.
//!
//! An attribute's name is the feature: `NFC: No`, `waterproof: false`, `Bluetooth: 5.2`.

use foldhash::HashMap;

use super::attribute::begins_with_no;
use super::lemma::{ByLemma, Lemma, lemma};
use super::lexicon::{Class, ConceptId, Hit, Languages, Role, lexicon};
use super::reader::Reader;
use super::sheet::ReadAttribute;
use super::statement::Decision;
use super::tokens::{Clause, Tokens, Word};
use super::vocabulary::{Vocabulary, is_compound, parts};
use crate::content::StatementKind;

/// A denial so many words after a feature is about it.
const DENIED_WITHIN: usize = 4;

/// A feature by name, and what its attribute says of it.
#[derive(Debug)]
struct NamedFeature {
    attribute: usize,
    words: Vec<Lemma>,
    affirmed: bool,
}

/// What the facts say about features.
#[derive(Debug, Default)]
pub(super) struct StatedFeatures {
    named: Vec<NamedFeature>,
    by_first: ByLemma<Vec<usize>>,
    /// Features of the lexicon, each with what attributes say of it.
    known: HashMap<ConceptId, Vec<(usize, bool)>>,
    /// Of what attributes say how many there are: the core of "octa-core".
    multiples: Vec<(Lemma, usize)>,
}

impl StatedFeatures {
    /// Takes note of one attribute.
    pub(super) fn add(&mut self, fact: &ReadAttribute<'_>) {
        for word in fact.name.words.iter().chain(&fact.value.words) {
            if let Some((many, of)) = word.text.split_once('-')
                && lexicon().has_role(many, Role::Multiple)
            {
                self.multiples.push((lemma(of), fact.place));
            }
        }
        let denied = fact.attribute.denied;
        let tail = affirmed_tail(fact);
        let name = name(fact);
        if let Some(first) = name.first() {
            self.by_first.entry(*first).or_default().push(self.named.len());
            let in_tail = tail
                .windows(name.len())
                .any(|run| run.iter().map(|word| word.lemma).eq(name.iter().copied()));
            // "familyFriendly" is "family-friendly" in a text.
            let joined = (name.len() > 1).then(|| joined(fact)).flatten();
            self.named.push(NamedFeature {
                attribute: fact.place,
                words: name,
                affirmed: !denied || in_tail,
            });
            if let Some(joined) = joined {
                self.by_first.entry(joined).or_default().push(self.named.len());
                self.named.push(NamedFeature {
                    attribute: fact.place,
                    words: vec![joined],
                    affirmed: !denied || in_tail,
                });
            }
        }
        let features =
            |hits: &[Hit]| hits.iter().filter(|hit| is_feature(hit.class)).copied().collect::<Vec<_>>();
        for hit in features(fact.name_hits) {
            let in_tail = tail
                .iter()
                .filter_map(|word| word.known)
                .any(|known| known.single().any(|(concept, _)| concept == hit.concept));
            self.known
                .entry(hit.concept)
                .or_default()
                .push((fact.place, (!denied && !hit.denied) || in_tail));
        }
        for concept in value_with_name(fact) {
            self.known.entry(concept).or_default().push((fact.place, !denied));
        }
        for (_, hits) in fact.clauses() {
            for hit in features(hits) {
                self.known.entry(hit.concept).or_default().push((
                    fact.place,
                    !hit.denied && (!denied || tail.iter().any(|word| word.start == hit.start)),
                ));
            }
        }
    }

    /// Takes note of a feature that follows from what an attribute states.
    pub(super) fn imply(&mut self, concept: ConceptId, attribute: usize) {
        self.known.entry(concept).or_default().push((attribute, true));
    }

    /// What the facts say of a feature of the lexicon, denied or not: `None` where they say nothing.
    fn known(&self, concept: ConceptId, denied: bool) -> Option<Decision> {
        let says = |concept: ConceptId, affirmed: bool| {
            self.known
                .get(&concept)?
                .iter()
                .find(|(_, says)| *says == affirmed)
                .map(|(attribute, _)| *attribute)
        };
        let implied = || lexicon().supported_by(concept).iter().find_map(|by| says(*by, true));
        let affirming = says(concept, true).or_else(implied);
        match (affirming, says(concept, false), denied) {
            (Some(attribute), _, false) | (None | Some(_), Some(attribute), true) => {
                Some(Decision::Supported(attribute))
            }
            (Some(attribute), None, true) | (None, Some(attribute), false) => {
                Some(Decision::Refuted(attribute))
            }
            (None, None, _) => None,
        }
    }

    /// The attribute that has this one word as its name, and whether it affirms it.
    pub(super) fn of_name(&self, word: Lemma) -> Option<(usize, bool)> {
        let mut named = self.by_first.get(&word)?.iter().filter_map(|place| self.named.get(*place));
        let feature = named.find(|feature| feature.words == [word])?;
        Some((feature.attribute, feature.affirmed))
    }

    /// What the facts say of the feature whose name begins a run of words, with the place of its last word in the run.
    fn named(
        &self,
        known: &Vocabulary,
        adjoining: Option<&Word<'_>>,
        following: &[Word<'_>],
    ) -> Option<(Decision, usize)> {
        let first = following.first()?;
        let candidates = self.by_first.get(&first.lemma)?;
        let matching = |feature: &&NamedFeature| {
            feature.words.len() <= following.len()
                && feature.words.iter().zip(following).all(|(expected, word)| *expected == word.lemma)
        };
        let named = || candidates.iter().filter_map(|place| self.named.get(*place)).filter(matching);
        let length = named().map(|feature| feature.words.len()).max()?;
        let mut longest = named().filter(|feature| feature.words.len() == length);
        let last = length.checked_sub(1)?;
        // Where several attributes have the name, one that agrees is enough.
        if let Some(agrees) = longest.clone().find(|feature| feature.affirmed != first.denied) {
            return Some((Decision::Supported(agrees.attribute), last));
        }
        let feature = longest.next()?;
        if !feature.affirmed {
            // "a SIM card slot" where "card slot" is denied: another thing, if it is affirmed itself.
            let other = adjoining.is_some_and(|word| {
                parts(word.text).any(|part| part.chars().count() > 2 && known.affirms(lemma(part)))
            });
            // "NFC: no", "the eco collection is no": the denial follows.
            let mut after = following.iter().skip(length).take(DENIED_WITHIN);
            // "Cocona performance fabric" is the material's, whatever an attribute of that name says.
            let other = other || known.elsewhere(&feature.words, feature.attribute);
            if other || after.any(|word| word.text == "0" || begins_with_no(word.text)) {
                return None;
            }
        }
        Some((Decision::Refuted(feature.attribute), last))
    }

    /// The attribute that says how many there are of what a word multiplies: "a triple-camera".
    fn counted(&self, word: &Word<'_>) -> Option<usize> {
        let of = lemma(word.text.split_once('-')?.1);
        self.multiples.iter().find(|(counted, _)| *counted == of).map(|(_, attribute)| *attribute)
    }
}

/// Features that a value of one word says with its attribute's name alone: `pattern: Solid`.
fn value_with_name(fact: &ReadAttribute<'_>) -> Vec<ConceptId> {
    let [value] = fact.value.words.as_slice() else { return Vec::new() };
    let text = format!("{} {}", value.text, fact.called);
    let tokens = Tokens::new(&text, Languages::ALL);
    let mut hits = Vec::new();
    for clause in tokens.clauses().take(1) {
        lexicon().hits(&text, clause, Languages::ALL, &mut hits);
    }
    let said = hits.iter().filter(|hit| is_feature(hit.class) && hit.first == 0 && hit.after > 1);
    said.map(|hit| hit.concept).collect()
}

/// Whether a word says how many of something there are, which no fact does: "a triple camera".
fn multiplies(known: &Vocabulary, word: &Word<'_>) -> bool {
    if !is_compound(word.text) && !word.is(Role::Multiple) {
        return false;
    }
    parts(word.text)
        .find(|part| lexicon().has_role(part, Role::Multiple))
        .is_some_and(|many| !known.has(lemma(many)))
}

/// Whether a class is of features: certificates and properties are some, with a slot of their own.
fn is_feature(class: Class) -> bool {
    matches!(class, Class::Feature | Class::Kind(StatementKind::Certification | StatementKind::Property))
}

/// The name of the feature that an attribute is about; empty where its name is no feature's.
fn name(fact: &ReadAttribute<'_>) -> Vec<Lemma> {
    // Of "Comms: NFC" the last part.
    let start = fact.called.rfind(':').map_or(0, |colon| colon + 1);
    let last_part = || fact.name.words.iter().filter(|word| word.start >= start);
    let no_feature = |word: &Word<'_>| word.is(Role::NoFeature) || !word.is_longer_than(1);
    if last_part().count() > 3 || last_part().all(no_feature) {
        return Vec::new();
    }
    last_part().map(|word| word.lemma).collect()
}

/// Its words as one, which a hyphen joins.
fn joined(fact: &ReadAttribute<'_>) -> Option<Lemma> {
    let words: Vec<&str> = fact.name.words.iter().map(|word| word.text).collect();
    (words.len() > 1).then(|| lemma(&words.join("-")))
}

/// What follows a denial is affirmed: "No; 2.5 mm audio jack".
fn affirmed_tail<'a>(fact: &'a ReadAttribute<'_>) -> Vec<Word<'a>> {
    if !fact.attribute.denied {
        return Vec::new();
    }
    let value = &fact.attribute.value;
    let from = value.find([';', ',']).unwrap_or(value.len());
    fact.value.words.iter().filter(|word| word.start >= from && !word.denied).copied().collect()
}

impl Reader<'_> {
    /// What a clause says of features.
    pub(super) fn features(&mut self, clause: Clause<'_, '_>, hits: &[Hit]) {
        let sheet = self.sheet;
        let mut agreed: Vec<(usize, usize)> = Vec::new();
        let mut next = 0;
        for (place, word) in clause.words.iter().enumerate() {
            let following = clause.words.get(place..).unwrap_or_default();
            let before = place.checked_sub(1).and_then(|place| clause.words.get(place));
            // "SIM card slot", not "SIM, card slot".
            let adjoining =
                before.filter(|before| matches!(self.tokens.between(before, word), " " | "-" | "\u{a0}"));
            let named = sheet.features.named(&sheet.known, adjoining, following);
            if let Some((decision, last)) = named {
                let end = following.get(last).map_or(word.end, |last| last.end);
                self.feature(word, end, decision, &mut agreed);
                next = next.max(place + last + 1);
                continue;
            }
            if place < next || word.denied {
                continue;
            }
            if !multiplies(&sheet.known, word) {
                continue;
            }
            if let Some(attribute) = sheet.features.counted(word) {
                let message = format!("no attribute states \"{}\"; {}", word.text, self.named(attribute));
                self.refuted(word.start, word.end, StatementKind::Count, attribute, message);
            } else {
                self.not_stated(word.start, word.end, StatementKind::Count);
            }
        }
        // "No card slot for memory expansion": of a feature that the clause denies rightly nothing more is claimed.
        let rightly_denied = |hit: &Hit| {
            hit.denied && matches!(sheet.features.known(hit.concept, true), Some(Decision::Supported(_)))
        };
        let denied: Vec<ConceptId> =
            hits.iter().filter(|hit| rightly_denied(hit)).map(|hit| hit.concept).collect();
        for hit in hits.iter().filter(|hit| hit.class == Class::Feature) {
            let words = clause.words.get(hit.first..hit.after).unwrap_or_default();
            let Some(first) = words.first() else { continue };
            if !hit.denied && (denied.contains(&hit.concept) || self.is_another(clause, hit)) {
                continue;
            }
            let refuting = || sheet.terms.first_of(lexicon().refuting(hit.concept));
            match sheet.features.known(hit.concept, hit.denied).map_or_else(|| Err(refuting()), Ok) {
                Ok(decision) => self.feature(first, hit.end, decision, &mut agreed),
                Err(_) if hit.denied => {}
                // "Lactose-free" of what has milk.
                Err(Some(attribute)) => {
                    self.claims_denied(hit.start, hit.end, StatementKind::Feature, attribute);
                }
                // "Sleeveless" of what has no sleeves.
                Err(None) if self.affixed_alone(words) => {}
                // A feature that nobody denies and no word of the facts has.
                Err(None) if !words.iter().all(|word| sheet.known.affirms_word(word)) => {
                    let soft = lexicon().is_soft(hit.concept);
                    self.not_stated(
                        hit.start,
                        hit.end,
                        if soft { StatementKind::Praise } else { StatementKind::Feature },
                    );
                }
                Err(None) => {}
            }
        }
        self.denied_values(clause, &agreed);
    }

    /// Whether the word before a feature makes it another one: a "SIM card slot" where there is a SIM.
    fn is_another(&self, clause: Clause<'_, '_>, hit: &Hit) -> bool {
        let word = |place: Option<usize>| place.and_then(|place| clause.words.get(place));
        let (Some(before), Some(first)) = (word(hit.first.checked_sub(1)), word(Some(hit.first))) else {
            return false;
        };
        let refuted = matches!(self.sheet.features.known(hit.concept, false), Some(Decision::Refuted(_)));
        refuted
            && matches!(self.tokens.between(before, first), " " | "-" | "\u{a0}")
            && parts(before.text)
                .any(|part| part.chars().count() > 2 && self.sheet.known.affirms(lemma(part)))
    }

    fn feature(&mut self, word: &Word<'_>, end: usize, decision: Decision, agreed: &mut Vec<(usize, usize)>) {
        let kind = StatementKind::Feature;
        match decision {
            Decision::Refuted(attribute) if word.denied => {
                self.denies_stated(word.start, end, kind, attribute, "affirms");
            }
            Decision::Refuted(attribute) => self.claims_denied(word.start, end, kind, attribute),
            Decision::Supported(attribute) => {
                agreed.push((word.start, end));
                self.supported(word.start, end, kind, word.denied, attribute);
            }
            Decision::NotStated | Decision::NotCheckable => {}
        }
    }
}
