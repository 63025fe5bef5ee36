//! The ledger: what the broker accepted, compared with what is in the store and in the queues afterwards.

use std::collections::{BTreeMap, BTreeSet};

use skuscribe::announce::ContentEvent;
use skuscribe::broker::LetterInfo;
use skuscribe::intake::{Origin, Update, decode};
use skuscribe_check::content::{Document, OperationId, Outcome, State};
use skuscribe_check::product::Locale;

/// A message that the broker confirmed.
#[derive(Clone, Debug)]
pub(crate) struct Accepted {
    pub(crate) id: String,
    pub(crate) sku: String,
    pub(crate) version: u64,
    pub(crate) kind: AcceptedKind,
    /// As a worker reads it; `None` where it cannot.
    pub(crate) update: Option<Update>,
    /// How often it was sent: one that is there twice may be worked once and given up once.
    pub(crate) copies: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AcceptedKind {
    /// States this material.
    Update(String),
    Delete,
    /// Cannot be worked: must become a dead letter.
    Poison,
}

/// What the comparison found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Findings {
    pub(crate) messages: usize,
    /// Messages without outcome and without dead letter.
    pub(crate) lost: Vec<String>,
    /// Products whose document does not hold the newest facts.
    pub(crate) stale: Vec<String>,
    /// Documents with a revision that no accepted message, or one message twice, accounts for.
    pub(crate) double: Vec<String>,
    /// Messages that were there once, and both worked and given up.
    pub(crate) both: Vec<String>,
    pub(crate) dead: usize,
    pub(crate) duplicate_events: usize,
}

/// Compares.
pub(crate) fn compare(
    accepted: &[Accepted],
    documents: &BTreeMap<String, Document>,
    events: &[ContentEvent],
    dead: &[LetterInfo],
    locale: &Locale,
) -> Findings {
    let mut found = Findings { messages: accepted.len(), dead: dead.len(), ..Findings::default() };
    let ids: BTreeSet<&str> = events.iter().map(|event| event.id.as_str()).collect();
    found.duplicate_events = events.len() - ids.len();
    let dead_ids: BTreeSet<&str> = dead.iter().map(|about| about.id.as_str()).collect();
    let worked: BTreeSet<&str> = events
        .iter()
        .filter(|event| event.outcome != Outcome::Failed)
        .map(|event| event.message_id.as_str())
        .collect();
    let mut by_sku: BTreeMap<&str, Vec<&Accepted>> = BTreeMap::new();
    for message in accepted {
        by_sku.entry(&message.sku).or_default().push(message);
        match (worked.contains(message.id.as_str()), dead_ids.contains(message.id.as_str())) {
            (false, false) => found.lost.push(message.id.clone()),
            (true, true) if message.copies == 1 => found.both.push(message.id.clone()),
            _ => {}
        }
    }
    for (sku, messages) in by_sku {
        let document = documents.get(sku);
        if let Some(document) = document {
            let updates = messages.iter().filter_map(|message| message.update.as_ref());
            let known: BTreeSet<OperationId> = updates.map(|update| update.operation(locale)).collect();
            let operations: BTreeSet<OperationId> = document.operations.iter().copied().collect();
            let counted = operations.len() == document.operations.len()
                && (operations.len() as u64 == document.revision || document.operations.len() >= 32);
            if !counted || !operations.is_subset(&known) {
                found.double.push(format!("{sku}: revision {}", document.revision));
            }
        }
        let workable = messages.iter().filter(|message| {
            message.kind != AcceptedKind::Poison && !dead_ids.contains(message.id.as_str())
        });
        let Some(newest) = workable.max_by_key(|message| message.version) else { continue };
        let right = match (&newest.kind, document) {
            (AcceptedKind::Delete, None) => true,
            (AcceptedKind::Delete, Some(document)) => {
                document.state == State::Deleted && document.product_version == Some(newest.version)
            }
            (AcceptedKind::Update(material), Some(document)) => {
                document.state == State::Published
                    && document.product_version == Some(newest.version)
                    && document.content.values().any(|text| text.to_string().contains(material.as_str()))
            }
            _ => false,
        };
        if !right {
            let is = document.map(|document| (document.state, document.product_version));
            let announced = events.iter().filter(|event| event.message_id == newest.id);
            let announced: Vec<_> = announced.map(|event| (event.outcome, event.revision)).collect();
            found.stale.push(format!("{sku}: is {is:?}, newest is {newest:?}, announced {announced:?}"));
        }
    }
    found
}

#[test]
fn the_ledger_finds_what_is_lost_stale_and_double() {
    let locale: Locale = "en-US".parse().unwrap();
    let message = |id: &str, version, kind| {
        let body = crate::harness::mug(id, "A1", version, "clay").to_string();
        let update = decode(body.as_bytes(), &Origin::default()).ok();
        Accepted { id: id.into(), sku: "A1".into(), version, kind, update, copies: 1 }
    };
    let accepted = [
        message("m1", 1, AcceptedKind::Update("clay".into())),
        message("m2", 2, AcceptedKind::Update("glass".into())),
    ];
    let mut document: Document = serde_json::from_value(serde_json::json!({
        "schema": "content.v1", "sku": "A1", "locale": "en-US", "state": "published", "revision": 1,
        "product_version": 1, "updated_at": "2026-01-02T03:04:05Z", "content": { "seo": "a mug of clay" },
        "operations": [accepted[0].update.as_ref().unwrap().operation(&locale)]
    }))
    .unwrap();
    let documents = |document: &Document| BTreeMap::from([("A1".to_owned(), document.clone())]);
    let found = compare(&accepted, &documents(&document), &[], &[], &locale);
    assert_eq!((found.lost.len(), found.stale.len(), found.double.len()), (2, 1, 0));
    document.revision = 2;
    let found = compare(&accepted, &documents(&document), &[], &[], &locale);
    assert_eq!(found.double.len(), 1);
}
