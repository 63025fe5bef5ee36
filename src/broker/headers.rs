//! Headers of ours on messages: attempts, locales left, and the diagnosis of a dead letter.
//!
//! Whoever may publish can write any header, so a worker believes ours only where a worker signed them. Their names stay as
//! they were before there was a signature: during an upgrade both versions read them.

use jiff::Timestamp;
use lapin::message::Delivery;
use lapin::types::{AMQPValue, FieldTable, LongString};

use super::frame::{TRIMMED, is_ours};
use super::returns::times_returned;
use super::signature::HeaderKey;
use crate::failure::Failure;
use crate::lane::Lane;
use skuscribe_check::product::Locale;

/// Longest text in one header of ours, so that all of them stay below 8 KiB.
const TEXT_BYTES_MAX: usize = 3_000;

pub(super) const ATTEMPT: &str = "x-attempt";
const SNOOZES: &str = "x-skuscribe-snoozes";
const REPLAYS: &str = "x-skuscribe-replays";
const LOCALES: &str = "x-skuscribe-locales";
const FIRST_AT: &str = "x-skuscribe-first-at";
const SIGNATURE: &str = "x-skuscribe-signature";
const RETURNS: &str = "x-skuscribe-returns";

/// Headers that a republished message must not keep: the broker's cycle detection would drop it.
const STRIPPED: &[&str] = &["x-death", "x-first-death-", "x-last-death-", "x-delivery-count"];

/// Headers by which a publisher has the broker copy a message to further queues: each hop through a delay queue or to the
/// dead letters would copy every copy again.
const COPIES: [&str; 2] = ["CC", "BCC"];

/// The headers of a delivery, as far as we read them.
#[derive(Clone, Debug)]
pub struct Headers {
    table: FieldTable,
    /// Which attempt this is; the first is 1.
    pub attempt: u32,
    /// How often it was delayed without an attempt.
    pub snoozes: u32,
    /// How often it was put back after it had become a dead letter. Not signed, for the command that puts letters back has
    /// no key: a false one costs its message a look at history, no more.
    pub replays: u32,
    /// How often it came back to its queue unsettled since it last got through an attempt.
    pub returns: u32,
    /// Locales that are not finished yet; `None` for all that the message asks for.
    pub unfinished: Option<Vec<Locale>>,
    /// When the first attempt failed.
    pub first_at: Option<Timestamp>,
}

/// What headers of ours are written with.
#[derive(Clone, Copy, Debug)]
pub struct Stamp<'a> {
    /// The key of the installation.
    pub key: &'a HeaderKey,
    /// The body of the message.
    pub body: &'a [u8],
    /// Now.
    pub now: Timestamp,
}

impl Headers {
    /// Reads headers as they stand, whoever wrote them: to show them.
    #[must_use]
    pub fn read(table: Option<&FieldTable>) -> Self {
        let table = table.cloned().unwrap_or_default();
        let text = |name: &str| table.inner().get(name).and_then(text_of);
        let number = |name: &str| number_of(&table, name);
        let attempt = number(ATTEMPT).unwrap_or(1).max(1);
        let snoozes = number(SNOOZES).unwrap_or(0);
        let replays = number(REPLAYS).unwrap_or(0);
        let returns = number(RETURNS).unwrap_or(0);
        let unfinished: Vec<Locale> = text(LOCALES)
            .iter()
            .flat_map(|list| list.split(','))
            .filter_map(|locale| locale.parse().ok())
            .collect();
        let unfinished = (!unfinished.is_empty()).then_some(unfinished);
        let first_at = text(FIRST_AT).and_then(|time| time.parse().ok());
        Self { table, attempt, snoozes, replays, returns, unfinished, first_at }
    }

    /// Reads the headers of a delivery to work on: ours count only where a worker signed them for this body.
    #[must_use]
    pub fn of(delivery: &Delivery, key: &HeaderKey) -> Self {
        let mut headers = Self::signed(delivery.properties.headers().as_ref(), key, &delivery.data);
        headers.returns = headers.returns.saturating_add(times_returned(delivery));
        headers
    }

    fn signed(table: Option<&FieldTable>, key: &HeaderKey, body: &[u8]) -> Self {
        let claimed = Self::read(table);
        let signature = claimed.table.inner().get(SIGNATURE).and_then(text_of).unwrap_or_default();
        if key.verify(&signature, &claimed.said(), body) {
            return claimed;
        }
        Self { replays: claimed.replays, ..Self::read(Some(&claimed.of_others())) }
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
    pub fn next_attempt(&self, unfinished: &[Locale], stamp: Stamp<'_>) -> FieldTable {
        let attempt = self.attempt.saturating_add(1);
        Self { attempt, returns: 0, ..self.with(unfinished, stamp) }.written(stamp)
    }

    /// The headers of a message that is delayed: the attempt is not used up.
    #[must_use]
    pub fn snoozed(&self, unfinished: &[Locale], stamp: Stamp<'_>) -> FieldTable {
        let snoozes = self.snoozes.saturating_add(1);
        Self { snoozes, returns: 0, ..self.with(unfinished, stamp) }.written(stamp)
    }

    /// The headers of a message that was not worked, for it came back too often: all stays as it was.
    #[must_use]
    pub fn sent_on(&self, stamp: Stamp<'_>) -> FieldTable {
        self.written(stamp)
    }

    /// The headers of a message that starts over: no attempts, no diagnosis; the locales left stay, with the signature.
    #[must_use]
    pub fn replayed(&self) -> FieldTable {
        let mut table = self.of_others();
        for name in [LOCALES, SIGNATURE] {
            if let Some(value) = self.table.inner().get(name) {
                table.insert(name.into(), value.clone());
            }
        }
        insert_number(&mut table, REPLAYS, self.replays.saturating_add(1));
        table
    }

    /// The headers of a dead letter. Nobody works it before it is put back, so what is signed is what it says then.
    #[must_use]
    pub fn dead(&self, note: &Diagnosis<'_>) -> FieldTable {
        let headers = self.with(note.unfinished, note.stamp);
        let replayed = Self { attempt: 1, snoozes: 0, returns: 0, first_at: None, ..headers.clone() };
        let mut table = headers.written(note.stamp);
        insert_text(&mut table, SIGNATURE, note.stamp.key.sign(&replayed.said(), note.stamp.body));
        for (name, value) in [
            ("x-skuscribe-stage", note.failure.stage),
            ("x-skuscribe-error", &note.failure.message),
            ("x-skuscribe-lane", note.lane.as_str()),
            ("x-skuscribe-worker", note.worker),
            ("x-skuscribe-last-at", &note.stamp.now.to_string()),
        ] {
            insert_text(&mut table, name, cut(value));
        }
        table
    }

    /// The same with the locales that are left, where that is known, and the time of the first failure.
    fn with(&self, unfinished: &[Locale], stamp: Stamp<'_>) -> Self {
        let mut headers = self.clone();
        headers.first_at.get_or_insert(stamp.now);
        if !unfinished.is_empty() {
            headers.unfinished = Some(unfinished.to_vec());
        }
        headers
    }

    /// What the headers say, as it is signed.
    fn said(&self) -> String {
        let first_at = self.first_at.map(|time| time.to_string()).unwrap_or_default();
        let Self { attempt, snoozes, returns, .. } = self;
        format!("{attempt}\n{snoozes}\n{returns}\n{first_at}\n{}", self.locales())
    }

    fn locales(&self) -> String {
        let locales: Vec<&str> = self.unfinished.iter().flatten().map(Locale::as_str).collect();
        locales.join(",")
    }

    fn written(&self, stamp: Stamp<'_>) -> FieldTable {
        let mut table = self.of_others();
        insert_number(&mut table, ATTEMPT, self.attempt);
        for (name, number) in [(SNOOZES, self.snoozes), (REPLAYS, self.replays), (RETURNS, self.returns)] {
            if number > 0 {
                insert_number(&mut table, name, number);
            }
        }
        if let Some(first_at) = self.first_at {
            insert_text(&mut table, FIRST_AT, first_at.to_string());
        }
        if self.unfinished.is_some() {
            insert_text(&mut table, LOCALES, self.locales());
        }
        if let Some(trimmed) = self.table.inner().get(TRIMMED) {
            table.insert(TRIMMED.into(), trimmed.clone());
        }
        insert_text(&mut table, SIGNATURE, stamp.key.sign(&self.said(), stamp.body));
        table
    }

    /// The headers that are neither ours nor the broker's.
    fn of_others(&self) -> FieldTable {
        let mut table = FieldTable::default();
        for (name, value) in self.table.inner() {
            let stripped = STRIPPED.iter().any(|prefix| name.as_str().starts_with(prefix));
            let copies = COPIES.contains(&name.as_str());
            if !stripped && !copies && !is_ours(name.as_str()) {
                table.insert(name.clone(), value.clone());
            }
        }
        table
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
    /// What the headers are written with.
    pub stamp: Stamp<'a>,
}

pub(super) fn number_of(table: &FieldTable, name: &str) -> Option<u32> {
    match table.inner().get(name)? {
        AMQPValue::LongLongInt(number) => u32::try_from(*number).ok(),
        AMQPValue::LongInt(number) => u32::try_from(*number).ok(),
        _ => None,
    }
}

fn insert_number(table: &mut FieldTable, name: &str, number: u32) {
    table.insert(name.into(), AMQPValue::LongLongInt(i64::from(number)));
}

fn insert_text(table: &mut FieldTable, name: &str, text: impl Into<Vec<u8>>) {
    table.insert(name.into(), AMQPValue::LongString(LongString::from(text)));
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
    use lapin::types::ShortString;

    use super::*;
    use crate::failure::FailureKind;

    const BODY: &[u8] = b"{}";

    fn key() -> HeaderKey {
        HeaderKey::of_secret("of the installation")
    }

    fn stamp(key: &HeaderKey) -> Stamp<'_> {
        Stamp { key, body: BODY, now: Timestamp::UNIX_EPOCH }
    }

    fn german() -> Vec<Locale> {
        vec!["de-DE".parse().unwrap()]
    }

    fn names(table: &FieldTable) -> Vec<&str> {
        table.inner().keys().map(ShortString::as_str).collect()
    }

    fn dead(headers: &Headers, key: &HeaderKey, message: &str, unfinished: &[Locale]) -> FieldTable {
        let failure =
            Failure { stage: "generate", kind: FailureKind::Permanent, message: message.to_owned() };
        headers.dead(&Diagnosis {
            failure: &failure,
            lane: Lane::Updates,
            unfinished,
            worker: "w",
            stamp: stamp(key),
        })
    }

    #[test]
    fn a_republished_message_keeps_nothing_of_the_broker_s_cycle_detection() {
        let mut table = FieldTable::default();
        for name in
            ["x-death", "x-first-death-queue", "x-last-death-reason", "x-delivery-count", "cloudEvents:id"]
        {
            table.insert(name.into(), AMQPValue::LongString("v".into()));
        }
        let key = key();
        let headers = Headers::read(Some(&table));
        let next = headers.next_attempt(&german(), stamp(&key));
        assert_eq!(names(&next), ["cloudEvents:id", ATTEMPT, FIRST_AT, LOCALES, SIGNATURE]);
        let again = Headers::signed(Some(&next), &key, BODY);
        assert_eq!(
            (again.attempt, again.unfinished, again.first_at),
            (2, Some(german()), Some(Timestamp::UNIX_EPOCH))
        );
    }

    #[test]
    fn a_republished_message_is_not_copied_to_the_queues_that_its_publisher_named_beside() {
        let mut table = FieldTable::default();
        let lanes = ["backfill", "interactive"].map(|lane| AMQPValue::LongString(lane.into()));
        for name in ["CC", "BCC", "CCustomer"] {
            table.insert(name.into(), AMQPValue::FieldArray(lanes.to_vec().into()));
        }
        let (key, headers) = (key(), Headers::read(Some(&table)));
        for table in [
            headers.next_attempt(&[], stamp(&key)),
            headers.snoozed(&[], stamp(&key)),
            headers.sent_on(stamp(&key)),
            headers.replayed(),
            dead(&headers, &key, "wrong", &[]),
        ] {
            let kept: Vec<&str> = names(&table).into_iter().filter(|name| name.contains("CC")).collect();
            assert_eq!(kept, ["CCustomer"]);
        }
    }

    #[test]
    fn returns_are_counted_until_an_attempt_is_got_through() {
        let key = key();
        let returned = Headers { returns: 9, attempt: 2, ..Headers::read(None) };
        let sent_on = Headers::signed(Some(&returned.sent_on(stamp(&key))), &key, BODY);
        assert_eq!((sent_on.returns, sent_on.attempt, sent_on.first_at), (9, 2, None));
        for table in [sent_on.next_attempt(&[], stamp(&key)), sent_on.snoozed(&[], stamp(&key))] {
            assert_eq!(Headers::signed(Some(&table), &key, BODY).returns, 0);
        }
    }

    #[test]
    fn headers_that_no_worker_signed_for_this_body_are_not_believed() {
        let key = key();
        let next = Headers::read(None).next_attempt(&german(), stamp(&key));
        let mut changed = next.clone();
        insert_text(&mut changed, LOCALES, "de-DE,en-US");
        let mut unsigned = FieldTable::default();
        insert_text(&mut unsigned, LOCALES, "de-DE");
        insert_number(&mut unsigned, ATTEMPT, 5);
        let other = HeaderKey::of_secret("of another installation");
        for (table, key, body) in [
            (&next, &key, &b"{} "[..]),
            (&next, &other, BODY),
            (&changed, &key, BODY),
            (&unsigned, &key, BODY),
        ] {
            let headers = Headers::signed(Some(table), key, body);
            assert_eq!((headers.attempt, headers.unfinished, headers.first_at), (1, None, None));
        }
    }

    #[test]
    fn what_a_publisher_calls_ours_is_not_passed_on() {
        let mut table = FieldTable::default();
        for name in ["x-skuscribe-error", "x-skuscribe-anything", SIGNATURE, TRIMMED] {
            insert_text(&mut table, name, "x".repeat(50_000));
        }
        let key = key();
        let headers = Headers::signed(Some(&table), &key, BODY);
        assert_eq!(names(&headers.next_attempt(&[], stamp(&key))), [ATTEMPT, FIRST_AT, SIGNATURE]);
    }

    #[test]
    fn a_dead_letter_that_is_put_back_keeps_the_locales_that_are_left() {
        let key = key();
        let third = Headers { attempt: 3, snoozes: 2, returns: 4, ..Headers::read(None) };
        let letter = Headers::read(Some(&dead(&third, &key, "wrong", &german())));
        assert_eq!((letter.attempt, letter.snoozes), (3, 2), "shown as it was");
        let replayed = Headers::signed(Some(&letter.replayed()), &key, BODY);
        assert_eq!(
            (replayed.attempt, replayed.snoozes, replayed.returns, replayed.replays, replayed.unfinished),
            (1, 0, 0, 1, Some(german()))
        );
    }

    #[test]
    fn a_long_diagnosis_is_cut_between_characters() {
        let table = dead(&Headers::read(None), &key(), &"ü".repeat(5_000), &[]);
        let Some(AMQPValue::LongString(error)) = table.inner().get("x-skuscribe-error") else { panic!() };
        assert!(error.len() <= TEXT_BYTES_MAX && std::str::from_utf8(error.as_bytes()).is_ok());
    }
}
