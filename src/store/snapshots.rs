//! The newest product snapshot of a SKU, replaced by compare-and-swap and never by an older one.

use std::cmp::Ordering;

use super::{Condition, ContentStore, Key, Put, StoreError, load, save};
use skuscribe_check::product::{Sku, Snapshot};

/// How often a lost race is run again before the message goes back to the broker.
const RACES_MAX: u32 = 16;

/// The result of recording a candidate.
#[derive(Debug)]
pub enum RecordOutcome {
    /// It is the newest now, or says the same as the newest.
    Newest {
        /// The snapshot as it is stored now, with the locales of both.
        snapshot: Box<Snapshot>,
        /// Whether another message stated other facts, and neither is newer by version or time.
        tie: bool,
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
    let newest =
        |snapshot, tie, known| Ok(RecordOutcome::Newest { snapshot: Box::new(snapshot), tie, known });
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
        let (merged, tie) = match merge(&candidate, current) {
            Merge::Stale => return Ok(RecordOutcome::Stale),
            Merge::Known(current) => return newest(current, false, true),
            Merge::Changed { snapshot, tie } => (snapshot, tie),
        };
        if matches!(save(store, &key, &merged, Condition::Matches(etag)).await?, Put::Stored(_)) {
            return newest(merged, tie, true);
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
    /// The next snapshot, and whether another message stated other facts, neither of them newer.
    Changed { snapshot: Snapshot, tie: bool },
}

fn merge(candidate: &Snapshot, current: Snapshot) -> Merge {
    if is_stale(candidate, &current) {
        return Merge::Stale;
    }
    let mut locales = [current.locales.as_slice(), candidate.locales.as_slice()].concat();
    locales.sort_unstable();
    locales.dedup();
    let (order, same_facts) = (candidate.order().compare(&current.order()), candidate.same_facts(&current));
    if order == Ordering::Greater || !same_facts {
        let tie = order == Ordering::Equal && !same_facts;
        return Merge::Changed { snapshot: Snapshot { locales, ..candidate.clone() }, tie };
    }
    // Facts that are stated again stay those of the message that stated them first: a night's export that repeats
    // what is known under the same versions must not cost a write for each product.
    if locales.len() == current.locales.len() {
        return Merge::Known(current);
    }
    Merge::Changed { snapshot: Snapshot { locales, ..current }, tie: false }
}

/// Whether the stored snapshot keeps a candidate out.
///
/// An older message that says the same asks for something: only one whose version went backwards is stale.
#[must_use]
pub fn is_stale(candidate: &Snapshot, current: &Snapshot) -> bool {
    let (order, stored) = (candidate.order(), current.order());
    match order.compare(&stored) {
        Ordering::Greater => false,
        Ordering::Less => order.both_stated(&stored) || !candidate.same_facts(current),
        Ordering::Equal if candidate.same_facts(current) => false,
        // Of an update and a delete that are equal the delete wins, whichever came first: only a newer one revives.
        Ordering::Equal if candidate.deleted != current.deleted => current.deleted,
        Ordering::Equal => order.compare_ties(&stored) == Ordering::Less,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;

    use super::*;

    fn snapshot(version: Option<u64>, second: i64, material: &str) -> Snapshot {
        let product =
            serde_json::json!({ "sku": "A", "version": version, "attributes": { "material": material } });
        Snapshot {
            version,
            occurred_at: Timestamp::from_second(second).unwrap(),
            message_id: format!("m{second}"),
            locales: vec!["en-US".parse().unwrap()],
            deleted: false,
            product: Arc::new(serde_json::from_value(product).unwrap()),
        }
    }

    /// `stored` and then `candidate`: what becomes of the candidate.
    fn check(stored: &Snapshot, candidate: &Snapshot, expected: &str) {
        let became = match merge(candidate, stored.clone()) {
            Merge::Stale => "stale",
            Merge::Known(_) => "known",
            Merge::Changed { snapshot, .. } if snapshot.message_id == stored.message_id => "asked",
            Merge::Changed { tie: true, .. } => "tie",
            Merge::Changed { tie: false, .. } => "newest",
        };
        assert_eq!(became, expected, "{stored:?}\n{candidate:?}");
    }

    #[test]
    fn versions_order_facts_and_where_one_is_missing_times_do() {
        check(&snapshot(Some(5), 10, "clay"), &snapshot(Some(6), 5, "glass"), "newest");
        check(&snapshot(Some(5), 10, "clay"), &snapshot(Some(4), 20, "clay"), "stale");
        check(&snapshot(Some(5), 10, "clay"), &snapshot(Some(5), 20, "glass"), "tie");
        check(&snapshot(Some(5), 10, "clay"), &snapshot(Some(5), 20, "clay"), "known");
        check(&snapshot(Some(5), 10, "clay"), &snapshot(None, 20, "glass"), "newest");
        check(&snapshot(Some(5), 10, "clay"), &snapshot(None, 5, "glass"), "stale");
        check(&snapshot(None, 20, "glass"), &snapshot(Some(1), 30, "steel"), "newest");
        // Or an older message of other facts could slip in.
        check(&snapshot(None, 20, "glass"), &snapshot(None, 30, "glass"), "newest");
    }

    #[test]
    fn what_is_asked_makes_no_other_request_stale() {
        let french = Snapshot { locales: vec!["fr-FR".parse().unwrap()], ..snapshot(None, 10, "clay") };
        check(&snapshot(None, 20, "clay"), &french, "asked");
        check(&snapshot(None, 20, "clay"), &snapshot(None, 10, "clay"), "known");
    }

    #[test]
    fn a_snapshot_with_a_time_for_a_version_gives_way_to_what_comes_later() {
        let second = 1_760_000_000;
        let micros = u64::try_from(second).unwrap() * 1_000_000;
        let stored = snapshot(Some(micros), second, "clay");
        check(&stored, &snapshot(Some(12), second + 1, "glass"), "newest");
        check(&stored, &snapshot(Some(12), second - 1, "glass"), "stale");
    }

    #[test]
    fn of_an_update_and_a_delete_that_are_equal_the_delete_wins() {
        let gone = |snapshot| Snapshot { deleted: true, message_id: "gone".to_owned(), ..snapshot };
        check(&gone(snapshot(None, 10, "clay")), &snapshot(None, 10, "clay"), "stale");
        check(&snapshot(None, 10, "clay"), &gone(snapshot(None, 10, "clay")), "tie");
        check(&gone(snapshot(None, 10, "clay")), &snapshot(None, 11, "clay"), "newest");
    }
}
