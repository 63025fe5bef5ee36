//! The record of a published text, `provenance.v1`: what is signed, and the registry's object that holds it.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::text::{parts_of, text_digest, whole};
use crate::content::{
    DigitalSourceType, OperationId, Provenance, RecipeState, ReviewOutcome, Reviewer, TextDigest,
};
use crate::product::{Digest, Locale, Sku, canonical_json};

/// Schema name of a record and of the registry's objects.
pub const SCHEMA: &str = "provenance.v1";

/// Records of one text that the registry keeps: more products than these hardly share a long text.
const RECORDS_MAX: usize = 16;

/// Who made a recipe's published text. What is signed is its canonical JSON (RFC 8785): keys sorted, no white space.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProvenanceRecord {
    /// Always `provenance.v1`.
    pub schema: String,
    /// The whole text: SHA-256 of all texts of the recipe in reading order, in NFC, with one space between words.
    pub text_sha256: TextDigest,
    /// Each of its texts by itself: SHA-256 likewise.
    pub parts: Vec<PartOfText>,
    /// Who made it, in IPTC's terms.
    pub digital_source_type: DigitalSourceType,
    /// The program that had it written and checked.
    pub generator: Generator,
    /// The model, as its server names it; empty where none wrote.
    pub model: String,
    /// The recipe.
    pub recipe: String,
    /// The recipe's version.
    pub recipe_version: String,
    /// Digest of the facts that it was written from.
    pub facts_digest: Digest,
    /// When it was written, or changed by a person.
    #[schemars(with = "String")]
    pub created: Timestamp,
    /// The person who decided on it before it was published, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewer: Option<Reviewer>,
    /// Who changed it, if a person did and another one approved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub editor: Option<String>,
    /// The person or company that holds editorial responsibility for what is published, where one is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responsible: Option<String>,
    /// The product.
    pub sku: Sku,
    /// Language and region of the text.
    pub locale: Locale,
    /// The document's revision that published it.
    pub revision: u64,
    /// The work that published it; names the history object.
    pub operation: OperationId,
}

/// One text of a recipe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PartOfText {
    /// JSON pointer inside the recipe's stored content.
    pub at: String,
    /// Its SHA-256.
    pub text_sha256: TextDigest,
}

/// The program that had a text written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Generator {
    /// Always `skuscribe`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// A record with its signature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SignedRecord {
    /// The record; kept as it was signed, whatever a later version adds to it.
    #[schemars(with = "ProvenanceRecord")]
    pub record: Value,
    /// Detached JWS in compact form (RFC 7515, appendix F) over the record's canonical JSON: `EdDSA` with Ed25519.
    pub signature: String,
}

impl SignedRecord {
    /// The record's fields.
    ///
    /// # Errors
    /// When it is no record.
    pub fn read(&self) -> Result<ProvenanceRecord, serde_json::Error> {
        ProvenanceRecord::deserialize(&self.record)
    }

    /// The bytes that are signed.
    ///
    /// # Errors
    /// When the record is no JSON.
    pub fn payload(&self) -> Result<Vec<u8>, serde_json::Error> {
        canonical_json(&self.record)
    }
}

/// The registry's object of a text: every product that published it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RegistryEntry {
    /// Always `provenance.v1`.
    pub schema: String,
    /// The text.
    pub text_sha256: TextDigest,
    /// The records of those who published it, oldest first; at most 16.
    pub records: Vec<SignedRecord>,
}

impl RegistryEntry {
    /// The entry of a text that nobody published yet.
    #[must_use]
    pub fn new(text: TextDigest) -> Self {
        Self { schema: SCHEMA.to_owned(), text_sha256: text, records: Vec::new() }
    }

    /// Adds a record where there is none of its product, locale and recipe yet: before the text is published, when another
    /// writer may still be first.
    pub fn claim(&mut self, signed: &SignedRecord) -> Claim {
        let Ok(new) = signed.read() else { return Claim::Held };
        if let Some((place, _)) = self.of_same_text(&new) {
            return if self.records.get(place) == Some(signed) { Claim::Held } else { Claim::Other };
        }
        if self.records.len() >= RECORDS_MAX {
            // Who wrote a text is told by the types of its records: each stays among them.
            let of_type = |kept: &SignedRecord| {
                kept.read().is_ok_and(|record| record.digital_source_type == new.digital_source_type)
            };
            if self.records.iter().any(of_type) {
                return Claim::Held;
            }
            self.records.pop();
        }
        self.records.push(signed.clone());
        Claim::Added
    }

    /// Has the record of a text that is published take the place of one that never was, or of an earlier one. `false` where
    /// nothing changes. `exact`: whether its revision is the one that published it.
    pub fn settle(&mut self, signed: &SignedRecord, exact: bool) -> bool {
        let Ok(new) = signed.read() else { return false };
        let Some((place, there)) = self.of_same_text(&new) else {
            return self.claim(signed) == Claim::Added;
        };
        let stays = if there.operation == new.operation { !exact } else { there.revision > new.revision };
        match self.records.get_mut(place) {
            Some(kept) if !stays && kept != signed => {
                *kept = signed.clone();
                true
            }
            _ => false,
        }
    }

    /// The record of the same product, locale and recipe, with its place.
    fn of_same_text(&self, new: &ProvenanceRecord) -> Option<(usize, ProvenanceRecord)> {
        let read = self.records.iter().map(SignedRecord::read).enumerate();
        let mut records = read.filter_map(|(place, record)| Some((place, record.ok()?)));
        records.find(|(_, record)| {
            (&record.sku, &record.locale, &record.recipe) == (&new.sku, &new.locale, &new.recipe)
        })
    }
}

/// What came of adding a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It was added.
    Added,
    /// It is there already, or as many as are kept.
    Held,
    /// Another one of the same product is there.
    Other,
}

/// What a record tells beside its text.
#[derive(Clone, Copy, Debug)]
pub struct Published<'a> {
    /// The product.
    pub sku: &'a Sku,
    /// The locale.
    pub locale: &'a Locale,
    /// The document's revision that publishes it.
    pub revision: u64,
    /// The recipe.
    pub recipe: &'a str,
    /// The recipe's stored content.
    pub content: &'a Value,
    /// How it came about.
    pub state: &'a RecipeState,
    /// Who holds editorial responsibility; empty for nobody in particular.
    pub responsible: &'a str,
}

/// The record of a recipe's text; `None` where there is no text.
#[must_use]
pub fn record(published: &Published<'_>) -> Option<ProvenanceRecord> {
    let Published { sku, locale, revision, recipe, content, state, responsible } = *published;
    let whole = whole(content);
    if whole.trim().is_empty() {
        return None;
    }
    let text_sha256 = text_digest(&whole);
    let part = |(at, text): (String, &str)| PartOfText { at, text_sha256: text_digest(text) };
    let parts = parts_of(content).into_iter().filter(|(_, text)| !text.trim().is_empty()).map(part).collect();
    let made = &state.provenance;
    let reviewer = reviewer_of(made);
    let decided_by = reviewer.as_ref().map(|reviewer| &reviewer.id);
    Some(ProvenanceRecord {
        schema: SCHEMA.to_owned(),
        text_sha256,
        parts,
        digital_source_type: state.source_type(),
        generator: Generator { name: "skuscribe".to_owned(), version: made.worker_version.clone() },
        model: made.model.clone(),
        recipe: recipe.to_owned(),
        recipe_version: made.recipe_version.clone(),
        facts_digest: state.facts,
        created: made.generated_at,
        editor: made.editor.clone().filter(|editor| Some(editor) != decided_by),
        reviewer,
        responsible: (!responsible.is_empty()).then(|| responsible.to_owned()),
        sku: sku.clone(),
        locale: locale.clone(),
        revision,
        operation: made.operation,
    })
}

/// The digests that a recipe's text is registered under: its whole text, and each text of at least so many bytes.
#[must_use]
pub fn registered_texts(content: &Value, part_bytes_min: usize) -> Vec<TextDigest> {
    let long = parts_of(content).into_iter().filter(|(_, text)| text.len() >= part_bytes_min);
    let mut texts: Vec<TextDigest> = long.map(|(_, text)| text_digest(text)).collect();
    texts.push(text_digest(&whole(content)));
    texts.sort_unstable();
    texts.dedup();
    texts
}

/// Who decided on a text. Documents of earlier releases know who approved or changed it, and no more.
fn reviewer_of(made: &Provenance) -> Option<Reviewer> {
    let of = |id: &String, decision| Reviewer { id: id.clone(), role: None, decision, at: made.generated_at };
    let reviewed = made.reviewed.clone();
    let approved = || made.reviewer.as_ref().map(|id| of(id, ReviewOutcome::Approved));
    let edited = || made.editor.as_ref().map(|id| of(id, ReviewOutcome::Edited));
    reviewed.or_else(approved).or_else(edited)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn state() -> RecipeState {
        let digest = Digest::of(&[b"x"]);
        let made = json!({
            "model": "gpt", "provider": "https://model", "recipe_version": "1", "usage": crate::content::Usage::default(),
            "calls": 1, "cost": 0.0, "generated_at": "2026-01-01T00:00:00Z", "worker_version": "0.1.0",
            "message_id": "m", "operation": digest, "digital_source_type": "human_edits", "editor": "ann"
        });
        let state = json!({ "fingerprint": digest, "facts": digest, "policy": digest, "provenance": made });
        serde_json::from_value(state).unwrap()
    }

    fn of(sku: &str, revision: u64) -> ProvenanceRecord {
        let (sku, locale) = (sku.parse().unwrap(), "en-US".parse().unwrap());
        let content = json!({ "title": "Mug", "body": "A mug of clay, made by hand in a small workshop." });
        let (sku, locale): (&Sku, &Locale) = (&sku, &locale);
        let (content, state) = (&content, &state());
        record(&Published { sku, locale, revision, recipe: "description", content, state, responsible: "" })
            .unwrap()
    }

    fn signed(record: &ProvenanceRecord) -> SignedRecord {
        SignedRecord { record: serde_json::to_value(record).unwrap(), signature: String::new() }
    }

    #[test]
    fn a_record_of_an_earlier_release_s_text_names_its_editor_and_a_composite() {
        let record = of("A1", 1);
        assert_eq!(record.digital_source_type, DigitalSourceType::CompositeWithTrainedAlgorithmicMedia);
        let reviewer = record.reviewer.unwrap();
        assert_eq!((reviewer.id.as_str(), reviewer.decision), ("ann", ReviewOutcome::Edited));
        assert_eq!((record.editor, record.responsible, record.parts.len()), (None, None, 2));
    }

    #[test]
    fn long_texts_are_registered_by_themselves_and_short_ones_with_the_whole() {
        let content = json!({ "title": "Mug", "body": "A mug of clay, made by hand." });
        let whole = text_digest("Mug A mug of clay, made by hand.");
        assert_eq!(registered_texts(&content, 500), [whole]);
        let mut both = [whole, text_digest("A mug of clay, made by hand.")];
        both.sort_unstable();
        assert_eq!(registered_texts(&content, 10), both);
    }

    #[test]
    fn a_product_has_one_record_and_what_is_published_takes_the_place_of_what_was_not() {
        let mut entry = RegistryEntry::new(of("A1", 1).text_sha256);
        let other = |revision, operation: &[u8]| {
            signed(&ProvenanceRecord { operation: Digest::of(&[operation]), ..of("A1", revision) })
        };
        let (lost, won) = (other(3, b"lost"), other(3, b"won"));
        assert_eq!((entry.claim(&lost), entry.claim(&lost)), (Claim::Added, Claim::Held));
        assert_eq!((entry.claim(&won), entry.claim(&signed(&of("B2", 1)))), (Claim::Other, Claim::Added));
        assert!(entry.settle(&won, true) && !entry.settle(&won, true));
        assert!(!entry.settle(&other(2, b"late"), true), "an earlier one that is late");
        assert!(!entry.settle(&other(9, b"won"), false), "its revision is not known any more");
        assert!(entry.settle(&other(4, b"won"), true), "published after a lost race");
        assert_eq!(entry.records, [other(4, b"won"), signed(&of("B2", 1))]);
        let nothing = SignedRecord { record: json!({ "schema": 1 }), signature: String::new() };
        assert!(entry.claim(&nothing) == Claim::Held && !entry.settle(&nothing, true));
    }

    #[test]
    fn a_text_that_many_products_share_keeps_few_records_but_one_of_each_type() {
        let mut entry = RegistryEntry::new(of("A1", 1).text_sha256);
        for number in 0..40 {
            entry.claim(&signed(&of(&format!("S{number}"), 1)));
        }
        assert_eq!(entry.records.len(), RECORDS_MAX);
        let other = ProvenanceRecord { digital_source_type: DigitalSourceType::HumanEdits, ..of("X", 1) };
        assert_eq!(entry.claim(&signed(&other)), Claim::Added);
        assert_eq!((entry.records.len(), entry.records.last()), (RECORDS_MAX, Some(&signed(&other))));
    }
}
