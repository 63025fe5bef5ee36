//! Who wrote a text, as the registry proves it: anyone's text, however it was copied.

use std::collections::BTreeSet;

use serde::Serialize;

use super::keys::TrustedKeys;
use super::registry::lookup;
use super::signature::verify;
use crate::store::{ContentStore, StoreError};
use skuscribe_check::content::{DigitalSourceType, TextDigest};
use skuscribe_check::product::markup::plain;
use skuscribe_check::provenance::{ProvenanceRecord, SignedRecord, normalised, text_digest};

/// Most lines of a text that are looked up one by one.
const LINES_MAX: usize = 64;

/// What the registry knows of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthorStatus {
    /// All of it is published, and a record proves who wrote it.
    Proven,
    /// Some of its lines are.
    PartlyProven,
    /// A record is there that proves nothing: it was changed, or its key is not trusted.
    NotProven,
    /// No record is there.
    Unknown,
}

/// Who wrote a text.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Author {
    /// What is known.
    pub status: AuthorStatus,
    /// The digest of the text.
    pub text_sha256: TextDigest,
    /// Lines of it that no record proves.
    pub lines_unknown: usize,
    /// What was found: of the whole text, or of its lines.
    pub records: Vec<FoundRecord>,
}

/// A record that was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FoundRecord {
    /// The text that it was found for.
    pub text_sha256: TextDigest,
    /// The text's place in the recipe's content; left out where it is the recipe's whole text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The key that proves it; left out where it is not proven.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Why it is not proven.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// What it says; left out where it is no record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<ProvenanceRecord>,
}

impl FoundRecord {
    /// A record of a text, verified.
    #[must_use]
    pub fn of(text: TextDigest, signed: &SignedRecord, trusted: &TrustedKeys) -> Self {
        let not_proven = |problem: &str, record| Self {
            text_sha256: text,
            at: None,
            key: None,
            problem: Some(problem.to_owned()),
            record,
        };
        let Ok(record) = signed.read() else { return not_proven("it is not a record", None) };
        let part = record.parts.iter().find(|part| part.text_sha256 == text).map(|part| part.at.clone());
        if record.text_sha256 != text && part.is_none() {
            return not_proven("it is the record of another text", Some(record));
        }
        let at = part.filter(|_| record.text_sha256 != text);
        match verify(signed, trusted) {
            Ok(key) => Self { text_sha256: text, at, key: Some(key), problem: None, record: Some(record) },
            Err(problem) => Self { at, ..not_proven(&problem.to_string(), Some(record)) },
        }
    }

    /// Whether it is proven.
    #[must_use]
    pub fn is_proven(&self) -> bool {
        self.key.is_some()
    }
}

impl Author {
    /// The types of what is proven, each once.
    #[must_use]
    pub fn sources(&self) -> BTreeSet<DigitalSourceType> {
        let proven = self.records.iter().filter(|found| found.is_proven());
        proven.filter_map(|found| found.record.as_ref()).map(|record| record.digital_source_type).collect()
    }
}

/// Looks a text up: as a whole, then line by line. HTML is read as the text that is seen of it.
///
/// # Errors
/// When the store does not answer, or holds something else than an entry of the registry.
pub async fn author_of(
    store: &dyn ContentStore,
    trusted: &TrustedKeys,
    text: &str,
) -> Result<Author, StoreError> {
    let seen = plain(text);
    let text_sha256 = text_digest(&seen);
    let whole = found(store, trusted, text_sha256).await?;
    if !whole.is_empty() {
        let is_proven = whole.iter().any(FoundRecord::is_proven);
        let status = if is_proven { AuthorStatus::Proven } else { AuthorStatus::NotProven };
        return Ok(Author { status, text_sha256, lines_unknown: 0, records: whole });
    }
    let lines: BTreeSet<TextDigest> =
        seen.lines().filter(|line| !normalised(line).is_empty()).map(text_digest).collect();
    let mut records: Vec<FoundRecord> = Vec::new();
    if lines.len() > 1 {
        for line in lines.iter().take(LINES_MAX) {
            records.extend(found(store, trusted, *line).await?);
        }
    }
    // Short texts are not registered by themselves: the records of the longer ones beside them tell.
    let proven = records.iter().filter(|found| found.is_proven()).filter_map(|found| found.record.as_ref());
    let parts: BTreeSet<TextDigest> =
        proven.flat_map(|record| &record.parts).map(|part| part.text_sha256).collect();
    let lines_unknown = lines.difference(&parts).count();
    let status = match (records.is_empty(), parts.is_empty()) {
        (true, _) => AuthorStatus::Unknown,
        (false, true) => AuthorStatus::NotProven,
        (false, false) if lines_unknown == 0 => AuthorStatus::Proven,
        (false, false) => AuthorStatus::PartlyProven,
    };
    Ok(Author { status, text_sha256, lines_unknown, records })
}

async fn found(
    store: &dyn ContentStore,
    trusted: &TrustedKeys,
    text: TextDigest,
) -> Result<Vec<FoundRecord>, StoreError> {
    let entry = lookup(store, text).await?;
    let records = entry.map(|entry| entry.records).unwrap_or_default();
    Ok(records.iter().map(|signed| FoundRecord::of(text, signed, trusted)).collect())
}
