//! Where in the change feed a point in time lies, and points in time as people write them.

use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};

use super::{head, segment_after};
use crate::clock::today;
use crate::store::{ContentStore, SetAside, StoreError};

/// Events are stored in the order in which the broker had them, but for those that come late, by so much: a worker waits for
/// its broker, and tries again.
const LATE: SignedDuration = SignedDuration::from_hours(1);

/// Why a text is no point in time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is no time; write 2026-03-01T08:00:00Z, 2026-03-01 (its beginning in UTC), today, yesterday, or how long ago, such as 2h or 3d"
)]
pub struct TimeError {
    text: String,
}

/// The point in time that a person means: RFC 3339, a day (UTC), `today`, `yesterday`, or how long ago.
///
/// # Errors
/// When it is none of these, or lies outside what there are dates for.
pub fn point_in_time(text: &str, now: Timestamp) -> Result<Timestamp, TimeError> {
    let error = || TimeError { text: text.chars().take(60).collect() };
    let begin = |day: Date| Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok();
    let day = today(now);
    let found = match text.trim() {
        "now" => Some(now),
        "today" => begin(day),
        "yesterday" => day.yesterday().ok().and_then(begin),
        text => text
            .parse::<Timestamp>()
            .ok()
            .or_else(|| text.parse::<Date>().ok().and_then(begin))
            .or_else(|| text.parse::<Span>().ok().and_then(|span| ago(now, span))),
    };
    found.ok_or_else(error)
}

/// A while before; a day has 24 hours.
fn ago(now: Timestamp, span: Span) -> Option<Timestamp> {
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    now.checked_sub(duration.abs()).ok()
}

/// A cursor of the change feed before every event that was announced at `since` or later, and before no more than that needs:
/// found by halves, so that a year of segments costs some reads. Readers leave out what is earlier.
///
/// # Errors
/// When the store does not answer.
pub async fn cursor_before(
    store: &dyn ContentStore,
    since: Timestamp,
    aside: &SetAside,
) -> Result<u64, StoreError> {
    let since = since.checked_sub(LATE).unwrap_or(since);
    let (mut low, mut high) = (0, head(store, 0).await?);
    // All of segment `low` and before is earlier; something after `high` may not be.
    while low < high {
        let middle = low.midpoint(high);
        let segment = segment_after(store, middle, aside).await?;
        let Some(segment) = segment.filter(|segment| segment.number <= high) else {
            high = middle;
            continue;
        };
        match segment.events.iter().map(|event| event.announced_at).max() {
            Some(newest) if newest < since => low = segment.number,
            // Where none of its lines can be read, it says nothing of what is before it.
            Some(_) | None => high = middle,
        }
    }
    Ok(low)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::announce::ContentEvent;
    use crate::feed::append;
    use crate::store::FolderStore;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn points_in_time_are_read_as_people_write_them() {
        let now = at("2026-03-02T10:30:00Z");
        let check = |text: &str, expected: &str| {
            let found = point_in_time(text, now).map(|time| time.to_string());
            assert_eq!(found.unwrap_or_else(|_| "error".to_owned()), expected, "{text}");
        };
        check("2026-03-01T08:00:00+02:00", "2026-03-01T06:00:00Z");
        check("2026-03-01", "2026-03-01T00:00:00Z");
        check("yesterday", "2026-03-01T00:00:00Z");
        check("today", "2026-03-02T00:00:00Z");
        check("2h", "2026-03-02T08:30:00Z");
        check("90 minutes", "2026-03-02T09:00:00Z");
        check("3d", "2026-02-27T10:30:00Z");
        check("2w", "2026-02-16T10:30:00Z");
        check("soon", "error");
        check("", "error");
        check("99999999999y", "error");
    }

    #[tokio::test]
    async fn the_cursor_lies_before_every_event_of_that_time_and_late_ones() {
        let folder = std::env::temp_dir().join(format!("skuscribe-since-{:016x}", fastrand::u64(..)));
        let store: Arc<dyn ContentStore> = Arc::new(FolderStore::open(&folder).unwrap());
        let event = |hour: u64| -> ContentEvent {
            serde_json::from_value(serde_json::json!({
                "id": format!("e{hour}"), "schema": "content_event.v1", "outcome": "published", "sku": "A1",
                "locale": "en-US", "message_id": "m", "announced_at": format!("2026-03-01T{hour:02}:00:00Z")
            }))
            .unwrap()
        };
        let aside = SetAside::default();
        assert_eq!(cursor_before(&*store, at("2026-03-01T00:00:00Z"), &aside).await.unwrap(), 0);
        for hour in 0..24 {
            append(&*store, hour, &[event(hour)]).await.unwrap();
        }
        // Segment n holds hour n - 1; the hour before is looked through for what came late.
        for (since, cursor) in [
            ("2026-02-01T00:00:00Z", 0),
            ("2026-03-01T10:00:00Z", 9),
            ("2026-03-01T10:30:00Z", 10),
            ("2026-03-01T23:00:00Z", 22),
            ("2026-04-01T00:00:00Z", 24),
        ] {
            assert_eq!(cursor_before(&*store, at(since), &aside).await.unwrap(), cursor, "{since}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
