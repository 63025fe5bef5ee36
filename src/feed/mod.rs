//! The change feed: outcome events become numbered segments in the store, so that a reader with a cursor misses nothing.
//!
//! A number is claimed by writing its segment with `If-None-Match: *`: numbers have no gaps, and what a reader has seen
//! never changes. Events are acknowledged only after their segment is stored; what is delivered again stands in a later
//! segment again, and a reader drops what it has by id, or by revision.

mod consume;
mod since;

pub use consume::{Feed, FeedError};
pub use since::{TimeError, cursor_before, point_in_time};

use crate::announce::ContentEvent;
use crate::store::{
    Condition, ContentStore, Key, Put, SEGMENT_NUMBER_MAX, SetAside, StoreError, without_values,
};

/// Most events of a segment.
pub const SEGMENT_EVENTS_MAX: usize = 1_000;

/// Stores events as the next segment after `last`; returns its number.
///
/// # Errors
/// When the store does not answer, or holds a segment of the highest number, which no feed ever wrote.
pub async fn append(store: &dyn ContentStore, last: u64, events: &[ContentEvent]) -> Result<u64, StoreError> {
    let mut body = Vec::with_capacity(events.len() * 400);
    for event in events {
        // A plain struct of texts and numbers; what could not be written would be lost, so it is not swallowed.
        serde_json::to_writer(&mut body, event).map_err(|error| StoreError::Rejected {
            operation: "put",
            path: Key::Changes { number: last.saturating_add(1) }.path(),
            source: error.into(),
        })?;
        body.push(b'\n');
    }
    let mut number = last.saturating_add(1);
    loop {
        if number > SEGMENT_NUMBER_MAX {
            let highest = Key::Changes { number: SEGMENT_NUMBER_MAX };
            let cause = "there is no number after it; no feed wrote it, so move it away".to_owned();
            return Err(StoreError::broken(&highest, "a segment of the change feed", cause));
        }
        let key = Key::Changes { number };
        if matches!(store.put(&key, body.clone(), Condition::Absent).await?, Put::Stored(_)) {
            return Ok(number);
        }
        // Taken by another feed, or by this one whose answer got lost.
        match store.get(&key).await {
            Ok(Some(object)) if object.body == body => return Ok(number),
            Ok(_) | Err(StoreError::Broken { .. }) => number += 1,
            Err(error) => return Err(error),
        }
    }
}

/// A segment as a reader finds it.
#[derive(Debug)]
pub struct Segment {
    /// Its number: the cursor of whoever has read it.
    pub number: u64,
    /// Its events; those that can be read.
    pub events: Vec<ContentEvent>,
}

/// The segment after a cursor; `None` where none is written yet. A reader is never stopped: of a segment that is missing
/// though later ones are there, and of lines that are no events, it goes past, and they are set aside.
///
/// # Errors
/// When the store does not answer.
pub async fn segment_after(
    store: &dyn ContentStore,
    cursor: u64,
    aside: &SetAside,
) -> Result<Option<Segment>, StoreError> {
    let mut number = cursor.saturating_add(1);
    loop {
        let key = Key::Changes { number };
        match store.get(&key).await {
            Ok(Some(object)) => {
                return Ok(Some(Segment { number, events: events(&key, &object.body, aside) }));
            }
            Ok(None) => {}
            Err(error @ StoreError::Broken { .. }) => {
                aside.note(&error);
                return Ok(Some(Segment { number, events: Vec::new() }));
            }
            Err(error) => return Err(error),
        }
        // A later number is claimed only once this one is: what is not there any more was taken away.
        let Some(later) = first_after(store, number).await? else { return Ok(None) };
        let cause = if later == number + 1 {
            format!("it is missing, though segment {later} is there")
        } else {
            format!("it and those up to {} are missing, though segment {later} is there", later - 1)
        };
        // Written meanwhile, if it is there now.
        if store.get(&key).await?.is_none() {
            aside.note(&StoreError::broken(&key, "a segment of the change feed", cause));
            number = later;
        }
    }
}

fn events(key: &Key, body: &[u8], aside: &SetAside) -> Vec<ContentEvent> {
    let (mut events, mut first, mut broken) = (Vec::new(), None, 0_u64);
    for (line, text) in body.split(|byte| *byte == b'\n').enumerate().filter(|(_, text)| !text.is_empty()) {
        match serde_json::from_slice(text) {
            Ok(event) => events.push(event),
            Err(error) => {
                broken += 1;
                first.get_or_insert_with(|| {
                    let column = error.column();
                    let error = without_values(&error.to_string());
                    let what = error.split(" at line ").next().unwrap_or_default();
                    format!("line {}, column {column}: {what}", line + 1)
                });
            }
        }
    }
    if let Some(first) = first {
        let cause = format!("{first} ({broken} of its lines are no events)");
        aside.note(&StoreError::broken(key, "content_event.v1", cause));
    }
    events
}

/// The number of the first segment after another one's.
async fn first_after(store: &dyn ContentStore, number: u64) -> Result<Option<u64>, StoreError> {
    let mut after = Key::Changes { number }.path();
    loop {
        let Some(path) = store.list_after("changes/", &after, 1).await?.pop() else { return Ok(None) };
        match Key::of_path(&path) {
            Some(Key::Changes { number: later }) if later > number => return Ok(Some(later)),
            // What somebody else put there is none.
            _ => after = path,
        }
    }
}

/// The number of the last segment from `known` on, `known` where there is none: by doubling, then by halves. Segments that
/// were taken away do not matter.
///
/// # Errors
/// When the store does not answer.
pub async fn head(store: &dyn ContentStore, known: u64) -> Result<u64, StoreError> {
    let (mut low, mut step) = (known, 1_u64);
    let mut high = loop {
        let looked_at = low.saturating_add(step - 1);
        match first_after(store, looked_at).await? {
            Some(later) if later > low => low = later,
            _ => break looked_at,
        }
        step = step.saturating_mul(2);
    };
    while high > low {
        let middle = low.midpoint(high);
        match first_after(store, middle).await? {
            Some(later) => low = later,
            None => high = middle,
        }
    }
    Ok(low)
}
