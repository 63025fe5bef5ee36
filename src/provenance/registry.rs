//! The registry: one object per text digest, which holds the signed records of those who published the text.

use futures_util::future::try_join_all;

use super::author::FoundRecord;
use super::keys::TrustedKeys;
use crate::store::{Condition, ContentStore, Key, Put, StoreError, load, save};
use skuscribe_check::content::TextDigest;
use skuscribe_check::provenance::{Claim, RegistryEntry, SignedRecord};

/// Most races for one object: a text that many products share.
const RACES_MAX: u32 = 32;

/// Puts a signed record under digests of its texts where there is none of its product yet, before the text is published.
/// Gives whether another one is there, which [`settle`] replaces once the text is published.
///
/// # Errors
/// When the store does not answer.
pub async fn register(
    store: &dyn ContentStore,
    texts: &[TextDigest],
    signed: &SignedRecord,
) -> Result<bool, StoreError> {
    let claims = texts.iter().map(|text| {
        change(store, *text, move |entry| {
            let claim = entry.claim(signed);
            (claim == Claim::Added, claim == Claim::Other)
        })
    });
    Ok(try_join_all(claims).await?.contains(&true))
}

/// Has the record of a published text stand under digests of its texts. Doing it again changes nothing. `exact`: whether its
/// revision is the one that published it.
///
/// # Errors
/// When the store does not answer.
pub async fn settle(
    store: &dyn ContentStore,
    texts: &[TextDigest],
    signed: &SignedRecord,
    exact: bool,
) -> Result<(), StoreError> {
    let settled =
        texts.iter().map(|text| change(store, *text, move |entry| (entry.settle(signed, exact), ())));
    try_join_all(settled).await.map(|_| ())
}

/// Has a record that proves who wrote a published text stand under digests of its texts: leaves one that does, and puts the
/// record in the place of one that does not. Gives whether it wrote anything.
///
/// # Errors
/// When the store does not answer.
pub async fn mend(
    store: &dyn ContentStore,
    texts: &[TextDigest],
    signed: &SignedRecord,
    exact: bool,
    trusted: &TrustedKeys,
) -> Result<bool, StoreError> {
    let mended = texts.iter().map(async |text| {
        let work = |entry: &mut RegistryEntry| mend_entry(entry, signed, exact, trusted);
        let is_proven = match lookup(store, *text).await? {
            Some(mut entry) => !work(&mut entry),
            None => false,
        };
        if is_proven {
            return Ok(false);
        }
        change(store, *text, |entry| {
            let is_changed = work(entry);
            (is_changed, is_changed)
        })
        .await
    });
    Ok(try_join_all(mended).await?.contains(&true))
}

fn mend_entry(entry: &mut RegistryEntry, signed: &SignedRecord, exact: bool, trusted: &TrustedKeys) -> bool {
    let Ok(new) = signed.read() else { return false };
    let text = entry.text_sha256;
    let of_same = |found: &FoundRecord| {
        found.record.as_ref().is_some_and(|record| {
            (&record.sku, &record.locale, &record.recipe) == (&new.sku, &new.locale, &new.recipe)
        })
    };
    let proves = |found: &FoundRecord| {
        let same_work = found.record.as_ref().is_some_and(|record| record.operation == new.operation);
        found.is_proven() && same_work
    };
    let found: Vec<FoundRecord> =
        entry.records.iter().map(|kept| FoundRecord::of(text, kept, trusted)).collect();
    if found.iter().any(|found| of_same(found) && proves(found)) {
        return false;
    }
    // What proves nothing gives way, whatever it claims.
    let before = entry.records.len();
    entry.records.retain(|kept| {
        let found = FoundRecord::of(text, kept, trusted);
        found.is_proven() || !of_same(&found)
    });
    let is_removed = entry.records.len() < before;
    entry.settle(signed, exact) || is_removed
}

/// Changes the entry of a text. `work` says whether there is anything to write, and what to give.
async fn change<T>(
    store: &dyn ContentStore,
    text: TextDigest,
    work: impl Fn(&mut RegistryEntry) -> (bool, T),
) -> Result<T, StoreError> {
    let key = Key::Provenance { text };
    // A text is new most of the time.
    let (mut entry, mut condition) = (RegistryEntry::new(text), Condition::Absent);
    for _ in 0..RACES_MAX {
        let (is_changed, given) = work(&mut entry);
        if !is_changed || matches!(save(store, &key, &entry, condition).await?, Put::Stored(_)) {
            return Ok(given);
        }
        (entry, condition) = match load::<RegistryEntry>(store, &key).await? {
            Some((entry, etag)) => (entry, Condition::Matches(etag)),
            None => (RegistryEntry::new(text), Condition::Absent),
        };
    }
    Err(StoreError::Unavailable {
        operation: "put",
        path: key.path(),
        source: format!("{RACES_MAX} races for it were lost").into(),
    })
}

/// The registry's entry of a text.
///
/// # Errors
/// When the store does not answer, or the object is not what it should be.
pub async fn lookup(store: &dyn ContentStore, text: TextDigest) -> Result<Option<RegistryEntry>, StoreError> {
    let entry = load::<RegistryEntry>(store, &Key::Provenance { text }).await?;
    Ok(entry.map(|(entry, _)| entry))
}
