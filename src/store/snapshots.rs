//! The newest product snapshot of a SKU, replaced by compare-and-swap and never by an older one.

use super::{Condition, ContentStore, Key, Put, StoreError, load, save};
use skuscribe_check::product::{Sku, Snapshot};

/// How often a lost race is run again before the message goes back to the broker.
const RACES_MAX: u32 = 16;

/// The result of recording a candidate.
#[derive(Debug)]
pub enum RecordOutcome {
    /// It is the newest now (or says the same as the newest).
    Newest {
        /// The snapshot as it is stored now, with the locales of both.
        snapshot: Box<Snapshot>,
        /// Whether another message stated other facts under the same version.
        version_tie: bool,
        /// Whether the SKU was known before.
        known: bool,
    },
    /// A newer one is stored.
    Stale,
}

/// The stored snapshot of a SKU, if there is one.
///
/// # Errors
/// As [`load`].
pub async fn stored(store: &dyn ContentStore, sku: &Sku) -> Result<Option<Snapshot>, StoreError> {
    Ok(load(store, &Key::Product { sku: sku.clone() }).await?.map(|(snapshot, _)| snapshot))
}

/// Records a candidate unless a newer snapshot is stored. `probably_new` spares a read where the SKU is
/// likely unknown.
///
/// # Errors
/// When the store does not answer, or the race is lost too often.
pub async fn record(
    store: &dyn ContentStore,
    candidate: Snapshot,
    probably_new: bool,
) -> Result<RecordOutcome, StoreError> {
    let key = Key::Product { sku: candidate.product.sku.clone() };
    let newest = |snapshot, version_tie, known| {
        Ok(RecordOutcome::Newest { snapshot: Box::new(snapshot), version_tie, known })
    };
    if probably_new && matches!(save(store, &key, &candidate, Condition::Absent).await?, Put::Stored(_)) {
        return newest(candidate, false, false);
    }
    for _ in 0..RACES_MAX {
        let Some((current, etag)) = load::<Snapshot>(store, &key).await? else {
            if matches!(save(store, &key, &candidate, Condition::Absent).await?, Put::Stored(_)) {
                return newest(candidate, false, false);
            }
            continue;
        };
        let (merged, version_tie) = match merge(&candidate, current) {
            Merge::Stale => return Ok(RecordOutcome::Stale),
            Merge::Known(current) => return newest(current, false, true),
            Merge::Changed { snapshot, version_tie } => (snapshot, version_tie),
        };
        if matches!(save(store, &key, &merged, Condition::Matches(etag)).await?, Put::Stored(_)) {
            return newest(merged, version_tie, true);
        }
    }
    Err(StoreError::Unavailable {
        operation: "put",
        path: key.path(),
        source: format!("{RACES_MAX} races for it were lost").into(),
    })
}

/// A candidate beside the stored snapshot.
enum Merge {
    /// The stored one is newer.
    Stale,
    /// The stored one says all that the candidate says.
    Known(Snapshot),
    /// The next snapshot, and whether another message stated other facts under the same version.
    Changed { snapshot: Snapshot, version_tie: bool },
}

fn merge(candidate: &Snapshot, current: Snapshot) -> Merge {
    if candidate.version < current.version {
        return Merge::Stale;
    }
    let same_version = candidate.version == current.version;
    let same_facts =
        candidate.deleted == current.deleted && (candidate.deleted || candidate.product == current.product);
    let version_tie = same_version && !same_facts;
    // Of an update and a delete under one version the delete wins, whichever came first: only a higher
    // version revives.
    let loses = match (candidate.deleted, current.deleted) {
        (true, false) => false,
        (false, true) => true,
        _ => candidate.order() < current.order(),
    };
    if version_tie && loses {
        return Merge::Stale;
    }
    let mut locales = [current.locales.as_slice(), candidate.locales.as_slice()].concat();
    locales.sort_unstable();
    locales.dedup();
    if !same_version || !same_facts {
        return Merge::Changed { snapshot: Snapshot { locales, ..candidate.clone() }, version_tie };
    }
    // Facts that are stated again stay those of the message that stated them first: a night's export that repeats
    // what is known must not cost a write for each product.
    if locales.len() == current.locales.len() {
        return Merge::Known(current);
    }
    Merge::Changed { snapshot: Snapshot { locales, ..current }, version_tie }
}
