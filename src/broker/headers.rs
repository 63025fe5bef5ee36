//! Headers of ours on messages: attempts, locales left, and the diagnosis of a dead letter.

use std::time::Duration;

use jiff::Timestamp;
use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};

use crate::failure::{Failure, FailureCause};
use crate::lane::Lane;
use skuscribe_check::product::Locale;

/// The delays there are queues for, in milliseconds.
pub const RETRY_DELAYS_MS: [u64; 6] = [1_000, 5_000, 30_000, 120_000, 600_000, 3_600_000];

/// Longest text in one header, so that all of them stay below 8 KiB and fit a frame.
const TEXT_BYTES_MAX: usize = 3_000;

const ATTEMPT: &str = "x-attempt";
const SNOOZES: &str = "x-skuscribe-snoozes";
const REPLAYS: &str = "x-skuscribe-replays";
const LOCALES: &str = "x-skuscribe-locales";
const FIRST_AT: &str = "x-skuscribe-first-at";

/// Headers that a republished message must not keep: the broker's cycle detection would drop it.
const STRIPPED: &[&str] = &["x-death", "x-first-death-", "x-last-death-", "x-delivery-count"];

/// How long a message waits for its next attempt, in milliseconds: at least what the other side asked for,
/// else by what stood in the way, longer every time.
#[must_use]
pub fn retry_delay_ms(attempt: u32, cause: FailureCause, asked: Option<Duration>) -> u64 {
    if let Some(asked) = asked {
        return snooze_delay_ms(asked);
    }
    // A lost race is over at once; a server that asks for fewer calls needs longer.
    let delays: &[u64] = match cause {
        FailureCause::Conflict => &[1_000, 1_000, 5_000, 5_000, 30_000],
        FailureCause::Store | FailureCause::Broker | FailureCause::Server => {
            &[1_000, 5_000, 30_000, 120_000, 600_000, 3_600_000]
        }
        FailureCause::RateLimit => &[5_000, 30_000, 120_000, 600_000, 600_000, 3_600_000],
    };
    let index = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
    delays.get(index).or(delays.last()).copied().unwrap_or(1_000)
}

/// The shortest delay there is a queue for that is not shorter than what was asked for, in milliseconds.
#[must_use]
pub fn snooze_delay_ms(asked: Duration) -> u64 {
    let asked = u64::try_from(asked.as_millis()).unwrap_or(u64::MAX);
    let last = RETRY_DELAYS_MS.last().copied().unwrap_or(0);
    RETRY_DELAYS_MS.iter().copied().find(|delay| *delay >= asked).unwrap_or(last)
}

/// The headers of a delivery, as far as we read them.
#[derive(Clone, Debug)]
pub struct Headers {
    table: FieldTable,
    /// Which attempt this is; the first is 1.
    pub attempt: u32,
    /// How often it was delayed without an attempt.
    pub snoozes: u32,
    /// How often it was put back after it had become a dead letter.
    pub replays: u32,
    /// Locales that are not finished yet; `None` for all that the message asks for.
    pub unfinished: Option<Vec<Locale>>,
    /// When the first attempt failed.
    pub first_at: Option<Timestamp>,
}

impl Headers {
    /// Reads the headers of a delivery.
    #[must_use]
    pub fn read(table: Option<&FieldTable>) -> Self {
        let table = table.cloned().unwrap_or_default();
        let text = |name: &str| table.inner().get(name).and_then(text_of);
        let number = |name: &str| match table.inner().get(name) {
            Some(AMQPValue::LongLongInt(number)) => u32::try_from(*number).ok(),
            Some(AMQPValue::LongInt(number)) => u32::try_from(*number).ok(),
            _ => None,
        };
        let attempt = number(ATTEMPT).unwrap_or(1);
        let snoozes = number(SNOOZES).unwrap_or(0);
        let replays = number(REPLAYS).unwrap_or(0);
        let unfinished =
            text(LOCALES).map(|list| list.split(',').filter_map(|locale| locale.parse().ok()).collect());
        let first_at = text(FIRST_AT).and_then(|time| time.parse().ok());
        Self { attempt: attempt.max(1), snoozes, replays, unfinished, first_at, table }
    }

    /// Whether an earlier attempt may have left something behind.
    #[must_use]
    pub fn seen_before(&self) -> bool {
        self.attempt > 1 || self.snoozes > 0 || self.replays > 0
    }

    /// Names and texts of all headers, for CloudEvents in binary mode.
    pub fn texts(&self) -> impl Iterator<Item = (&str, String)> {
        self.table.inner().iter().filter_map(|(name, value)| Some((name.as_str(), text_of(value)?)))
    }

    /// The headers of the next attempt.
    #[must_use]
    pub fn next_attempt(&self, unfinished: &[Locale], now: Timestamp) -> FieldTable {
        let mut table = self.carried_over();
        table.insert(ATTEMPT.into(), AMQPValue::LongLongInt(i64::from(self.attempt) + 1));
        self.stamp(&mut table, unfinished, now);
        table
    }

    /// The headers of a message that is delayed: the attempt is not used up.
    #[must_use]
    pub fn snoozed(&self, unfinished: &[Locale], now: Timestamp) -> FieldTable {
        let mut table = self.next_attempt(unfinished, now);
        table.insert(ATTEMPT.into(), AMQPValue::LongLongInt(i64::from(self.attempt)));
        table.insert(SNOOZES.into(), AMQPValue::LongLongInt(i64::from(self.snoozes) + 1));
        table
    }

    /// The headers of a message that starts over: no attempts, no diagnosis; the locales left stay.
    #[must_use]
    pub fn replayed(&self) -> FieldTable {
        let mut table = FieldTable::default();
        for (name, value) in self.carried_over().inner() {
            let diagnosis = name.as_str().starts_with("x-skuscribe-") && name.as_str() != LOCALES;
            if !diagnosis && name.as_str() != ATTEMPT {
                table.insert(name.clone(), value.clone());
            }
        }
        table.insert(REPLAYS.into(), AMQPValue::LongLongInt(i64::from(self.replays) + 1));
        table
    }

    /// The headers of a dead letter.
    #[must_use]
    pub fn dead(&self, note: &Diagnosis<'_>) -> FieldTable {
        let mut table = self.carried_over();
        table.insert(ATTEMPT.into(), AMQPValue::LongLongInt(i64::from(self.attempt)));
        self.stamp(&mut table, note.unfinished, note.now);
        for (name, value) in [
            ("x-skuscribe-stage", note.failure.stage),
            ("x-skuscribe-error", &note.failure.message),
            ("x-skuscribe-lane", note.lane.as_str()),
            ("x-skuscribe-worker", note.worker),
            ("x-skuscribe-last-at", &note.now.to_string()),
        ] {
            table.insert(name.into(), AMQPValue::LongString(LongString::from(cut(value))));
        }
        table
    }

    fn stamp(&self, table: &mut FieldTable, unfinished: &[Locale], now: Timestamp) {
        let first_at = self.first_at.unwrap_or(now).to_string();
        table.insert(FIRST_AT.into(), AMQPValue::LongString(LongString::from(first_at)));
        if !unfinished.is_empty() {
            let list: Vec<&str> = unfinished.iter().map(Locale::as_str).collect();
            table.insert(LOCALES.into(), AMQPValue::LongString(LongString::from(list.join(","))));
        }
    }

    fn carried_over(&self) -> FieldTable {
        let mut carried_over = FieldTable::default();
        for (name, value) in self.table.inner() {
            let stripped = STRIPPED.iter().any(|prefix| name.as_str().starts_with(prefix));
            if !stripped {
                carried_over.insert(ShortString::from(name.as_str()), value.clone());
            }
        }
        carried_over
    }
}

/// The diagnosis of a dead letter.
#[derive(Debug)]
pub struct Diagnosis<'a> {
    /// Stage and chain of causes.
    pub failure: &'a Failure,
    /// The lane it came by.
    pub lane: Lane,
    /// The locales that it concerns; empty for all.
    pub unfinished: &'a [Locale],
    /// The worker that gave up.
    pub worker: &'a str,
    /// Now.
    pub now: Timestamp,
}

pub(super) fn text_of(value: &AMQPValue) -> Option<String> {
    match value {
        AMQPValue::LongString(text) => Some(String::from_utf8_lossy(text.as_bytes()).into_owned()),
        AMQPValue::ShortString(text) => Some(text.as_str().to_owned()),
        _ => None,
    }
}

fn cut(text: &str) -> &str {
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::FailureKind;

    #[test]
    fn a_delay_is_never_shorter_than_what_was_asked_for() {
        for (attempt, asked, expected) in [
            (1, None, 1_000),
            (3, None, 30_000),
            (99, None, 3_600_000),
            (1, Some(Duration::from_secs(7)), 30_000),
            (1, Some(Duration::from_hours(24)), 3_600_000),
        ] {
            assert_eq!(retry_delay_ms(attempt, FailureCause::Server, asked), expected);
        }
    }

    #[test]
    fn a_republished_message_keeps_nothing_of_the_broker_s_cycle_detection() {
        let mut table = FieldTable::default();
        for name in
            ["x-death", "x-first-death-queue", "x-last-death-reason", "x-delivery-count", "cloudEvents:id"]
        {
            table.insert(name.into(), AMQPValue::LongString("v".into()));
        }
        let headers = Headers::read(Some(&table));
        let next = headers.next_attempt(&["de-DE".parse().unwrap()], Timestamp::UNIX_EPOCH);
        let names: Vec<&str> = next.inner().keys().map(ShortString::as_str).collect();
        assert_eq!(names, ["cloudEvents:id", ATTEMPT, FIRST_AT, LOCALES]);
        let again = Headers::read(Some(&next));
        assert_eq!(
            (again.attempt, again.unfinished.unwrap().len(), again.first_at),
            (2, 1, Some(Timestamp::UNIX_EPOCH))
        );
    }

    #[test]
    fn a_long_diagnosis_is_cut_between_characters() {
        let failure =
            Failure { stage: "generate", kind: FailureKind::Permanent, message: "ü".repeat(5_000) };
        let note = Diagnosis {
            failure: &failure,
            lane: Lane::Updates,
            unfinished: &[],
            worker: "w",
            now: Timestamp::UNIX_EPOCH,
        };
        let table = Headers::read(None).dead(&note);
        let Some(AMQPValue::LongString(error)) = table.inner().get("x-skuscribe-error") else { panic!() };
        assert!(error.len() <= TEXT_BYTES_MAX && std::str::from_utf8(error.as_bytes()).is_ok());
    }
}
