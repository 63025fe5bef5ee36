//! The change feed: outcome events become numbered segments in the store, so that a reader with a cursor misses nothing.
//!
//! A number is claimed by writing its segment with `If-None-Match: *`: numbers have no gaps, and what a reader has seen
//! never changes. Events are acknowledged only after their segment is stored; what is delivered again stands in a later
//! segment again, and a reader drops what it has by id, or by revision.

mod consume;

pub use consume::{Feed, FeedError};

use crate::announce::ContentEvent;
use crate::store::{Condition, ContentStore, Key, Put, StoreError};

/// Most events of a segment.
pub const SEGMENT_EVENTS_MAX: usize = 1_000;

/// Stores events as the next segment after `last`; returns its number.
///
/// # Errors
/// When the store does not answer.
pub async fn append(store: &dyn ContentStore, last: u64, events: &[ContentEvent]) -> Result<u64, StoreError> {
    let mut body = Vec::with_capacity(events.len() * 400);
    for event in events {
        // A plain struct of texts and numbers; what could not be written would be lost, so it is not swallowed.
        serde_json::to_writer(&mut body, event).map_err(|source| StoreError::Corrupt {
            path: Key::Changes { number: last + 1 }.path(),
            expected: "JSON",
            source,
        })?;
        body.push(b'\n');
    }
    let mut number = last + 1;
    loop {
        let key = Key::Changes { number };
        if matches!(store.put(&key, body.clone(), Condition::Absent).await?, Put::Stored(_)) {
            return Ok(number);
        }
        // Taken by another feed, or by this one whose answer got lost.
        if store.get(&key).await?.is_some_and(|object| object.body == body) {
            return Ok(number);
        }
        number += 1;
    }
}

/// The events of a segment; `None` where it is not written yet.
///
/// # Errors
/// When the store does not answer, or the segment is not readable.
pub async fn segment(store: &dyn ContentStore, number: u64) -> Result<Option<Vec<ContentEvent>>, StoreError> {
    let key = Key::Changes { number };
    let Some(object) = store.get(&key).await? else { return Ok(None) };
    let lines = object.body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let events = lines.map(|line| {
        serde_json::from_slice(line).map_err(|source| StoreError::Corrupt {
            path: key.path(),
            expected: "ContentEvent",
            source,
        })
    });
    events.collect::<Result<Vec<_>, _>>().map(Some)
}

/// The number of the last segment, 0 where there is none: by doubling, then by halves, for numbers have no gaps.
///
/// # Errors
/// When the store does not answer.
pub async fn head(store: &dyn ContentStore, known: u64) -> Result<u64, StoreError> {
    let mut low = known;
    let mut step = 1;
    while store.get(&Key::Changes { number: low + step }).await?.is_some() {
        low += step;
        step *= 2;
    }
    let mut high = low + step;
    while high - low > 1 {
        let middle = low.midpoint(high);
        if store.get(&Key::Changes { number: middle }).await?.is_some() {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok(low)
}
