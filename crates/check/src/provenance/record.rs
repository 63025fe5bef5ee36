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
    /// Its longer texts, each by itself: SHA-256 likewise.
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
    /// Detached JWS in compact form (RFC 7515, appendix F) over the record's canonical JSON: EdDSA with Ed25519.
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

    /// Adds a record, in the place of an earlier one of the same product, locale and recipe. `false` where nothing changes:
    /// it is there, a later one is, or as many as are kept and of its type.
    pub fn add(&mut self, signed: SignedRecord) -> bool {
        let Ok(new) = signed.read() else { return false };
        let same = |record: &ProvenanceRecord| {
            (&record.sku, &record.locale, &record.recipe) == (&new.sku, &new.locale, &new.recipe)
        };
        let found = self.records.iter_mut().find(|kept| kept.read().is_ok_and(|record| same(&record)));
        if let Some(kept) = found {
            let is_later = kept.read().is_ok_and(|record| {
                (record.revision, record.created) > (new.revision, new.created)
                    && record.operation != new.operation
            });
            let changes = !is_later && *kept != signed;
            if changes {
                *kept = signed;
            }
            return changes;
        }
        if self.records.len() < RECORDS_MAX {
            self.records.push(signed);
            return true;
        }
        // Who wrote a text is told by the types of its records: each stays among them.
        let is_of_type = |kept: &SignedRecord| {
            kept.read().is_ok_and(|record| record.digital_source_type == new.digital_source_type)
        };
        if self.records.iter().any(is_of_type) {
            return false;
        }
        self.records.pop();
        self.records.push(signed);
        true
    }
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
    /// Fewest bytes of a text that is registered by itself.
    pub part_bytes_min: usize,
}

/// The record of a recipe's text; `None` where there is no text.
#[must_use]
pub fn record(published: &Published<'_>) -> Option<ProvenanceRecord> {
    let Published { sku, locale, revision, recipe, content, state, responsible, part_bytes_min } = *published;
    let whole = whole(content);
    if whole.trim().is_empty() {
        return None;
    }
    let text_sha256 = text_digest(&whole);
    let long = parts_of(content).into_iter().filter(|(_, text)| text.len() >= part_bytes_min.max(1));
    let mut parts: Vec<PartOfText> =
        long.map(|(at, text)| PartOfText { at, text_sha256: text_digest(text) }).collect();
    parts.retain(|part| part.text_sha256 != text_sha256);
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

/// Who decided on a text. Documents of earlier releases know who approved or changed it, and no more.
fn reviewer_of(made: &Provenance) -> Option<Reviewer> {
    let of = |id: &String, decision| Reviewer { id: id.clone(), role: None, decision, at: made.generated_at };
    let reviewed = made.reviewed.clone();
    let approved = || made.reviewer.as_ref().map(|id| of(id, ReviewOutcome::Approved));
    let edited = || made.editor.as_ref().map(|id| of(id, ReviewOutcome::Edited));
    reviewed.or_else(approved).or_else(edited)
}
