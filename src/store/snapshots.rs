//! The newest product snapshot of a SKU, replaced by compare-and-swap and never by an older one.

use super::{Condition, ContentStore, Key, Put, StoreError, load, save};
use skuscribe_check::product::{Sku, Snapshot};

/// How often a lost race is run again before the message goes back to the broker.
const RACES_MAX: u32 = 16;

/// How a candidate stands beside what is stored.
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
    mut candidate: Snapshot,
    probably_new: bool,
) -> Result<RecordOutcome, StoreError> {
    let key = Key::Product { sku: candidate.product.sku.clone() };
    if probably_new && matches!(save(store, &key, &candidate, Condition::Absent).await?, Put::Stored(_)) {
        return Ok(RecordOutcome::Newest { snapshot: Box::new(candidate), version_tie: false, known: false });
    }
    for _ in 0..RACES_MAX {
        let Some((current, etag)) = load::<Snapshot>(store, &key).await? else {
            if matches!(save(store, &key, &candidate, Condition::Absent).await?, Put::Stored(_)) {
                return Ok(RecordOutcome::Newest {
                    snapshot: Box::new(candidate),
                    version_tie: false,
                    known: false,
                });
            }
            continue;
        };
        if candidate.version < current.version {
            return Ok(RecordOutcome::Stale);
        }
        let same_facts = candidate.deleted == current.deleted
            && (candidate.deleted || candidate.product == current.product);
        let tied = candidate.version == current.version && !same_facts;
        // Of an update and a delete under one version the delete wins, whichever came first: only a higher
        // version revives.
        let loses = match (candidate.deleted, current.deleted) {
            (true, false) => false,
            (false, true) => true,
            _ => candidate.order() < current.order(),
        };
        if tied && loses {
            return Ok(RecordOutcome::Stale);
        }
        let known = current.locales.len();
        let mut locales = current.locales.clone();
        locales.append(&mut candidate.locales.clone());
        locales.sort_unstable();
        locales.dedup();
        // Facts that are stated again keep the place of who stated them first: a night's export that repeats what
        // is known must not cost a write for each product.
        if candidate.version == current.version && same_facts && locales.len() == known {
            return Ok(RecordOutcome::Newest {
                snapshot: Box::new(current),
                version_tie: false,
                known: true,
            });
        }
        if candidate.version == current.version && same_facts {
            candidate = Snapshot { locales, ..current };
        } else {
            candidate.locales = locales;
        }
        if matches!(save(store, &key, &candidate, Condition::Matches(etag)).await?, Put::Stored(_)) {
            return Ok(RecordOutcome::Newest {
                snapshot: Box::new(candidate),
                version_tie: tied,
                known: true,
            });
        }
    }
    Err(StoreError::Unavailable {
        operation: "put",
        path: key.path(),
        source: format!("{RACES_MAX} races for it were lost").into(),
    })
}
