//! Headers that fit a frame: AMQP sends all properties of a message in one, and RabbitMQ closes the connection of a
//! publisher whose frame is too large.

use std::collections::BTreeSet;

use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};

/// Says which headers were left out of a message because they did not fit.
pub(super) const TRIMMED: &str = "x-skuscribe-headers-trimmed";

/// Most that is left free for what the broker adds on the way: a delivery count, and why a message was dead-lettered.
const BROKER_BYTES: usize = 8 << 10;
/// Of the frame itself: type, channel and size, its end; class, weight, body size and flags; the delivery mode; the
/// length of the table.
const FRAME_BYTES: usize = 8 + 14 + 1 + 4;
/// Longest note on what was left out, and its entry in the table.
const NOTE_BYTES: usize = 500;

/// Leaves out the largest headers that are not ours until the rest fits a frame of `frame_max` bytes, beside the
/// broker's own and `strings` (the other properties); what was left out is named in a header.
pub(super) fn fit(headers: FieldTable, frame_max: u32, strings: &[&str]) -> FieldTable {
    let frame_max = usize::try_from(frame_max).unwrap_or(usize::MAX);
    let beside: usize = strings.iter().map(|text| 1 + text.len()).sum();
    let room = frame_max.saturating_sub(FRAME_BYTES + beside + BROKER_BYTES.min(frame_max / 8));
    let mut size: usize = headers.inner().iter().map(|(name, value)| entry_bytes(name, value)).sum();
    if size <= room {
        return headers;
    }
    let mut entries: Vec<(&ShortString, usize)> = headers
        .inner()
        .iter()
        .filter(|(name, _)| !is_ours(name.as_str()))
        .map(|(name, value)| (name, entry_bytes(name, value)))
        .collect();
    entries.sort_unstable_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    let room = room.saturating_sub(NOTE_BYTES + TRIMMED.len() + 6);
    let left_out: Vec<&str> = entries
        .iter()
        .take_while(|(_, bytes)| {
            let too_large = size > room;
            size -= if too_large { *bytes } else { 0 };
            too_large
        })
        .map(|(name, _)| name.as_str())
        .collect();
    let gone: BTreeSet<&str> = left_out.iter().copied().collect();
    let mut kept = FieldTable::default();
    for (name, value) in headers.inner().iter().filter(|(name, _)| !gone.contains(name.as_str())) {
        kept.insert(name.clone(), value.clone());
    }
    if !left_out.is_empty() {
        kept.insert(TRIMMED.into(), AMQPValue::LongString(LongString::from(note(&left_out))));
    }
    kept
}

/// Whether a header is written by workers alone.
pub(super) fn is_ours(name: &str) -> bool {
    name.starts_with("x-skuscribe-") || name == super::headers::ATTEMPT
}

fn note(left_out: &[&str]) -> String {
    let mut note = String::new();
    for (place, name) in left_out.iter().enumerate() {
        let more = format!(" and {} more", left_out.len() - place);
        if note.len() + name.len() + 2 + more.len() > NOTE_BYTES {
            return note + &more;
        }
        if place > 0 {
            note.push_str(", ");
        }
        note.push_str(name);
    }
    note
}

fn entry_bytes(name: &ShortString, value: &AMQPValue) -> usize {
    1 + name.as_str().len() + value_bytes(value)
}

/// Bytes of a value with its type. The depth of what came over the network is limited where it is parsed.
fn value_bytes(value: &AMQPValue) -> usize {
    1 + match value {
        AMQPValue::Void => 0,
        AMQPValue::Boolean(_) | AMQPValue::ShortShortInt(_) | AMQPValue::ShortShortUInt(_) => 1,
        AMQPValue::ShortInt(_) | AMQPValue::ShortUInt(_) => 2,
        AMQPValue::LongInt(_) | AMQPValue::LongUInt(_) | AMQPValue::Float(_) => 4,
        AMQPValue::DecimalValue(_) => 5,
        AMQPValue::LongLongInt(_) | AMQPValue::Double(_) | AMQPValue::Timestamp(_) => 8,
        AMQPValue::ShortString(text) => 1 + text.as_str().len(),
        AMQPValue::LongString(text) => 4 + text.len(),
        AMQPValue::ByteArray(bytes) => 4 + bytes.len(),
        AMQPValue::FieldArray(array) => 4 + array.as_slice().iter().map(value_bytes).sum::<usize>(),
        AMQPValue::FieldTable(table) => {
            4 + table.inner().iter().map(|(name, value)| entry_bytes(name, value)).sum::<usize>()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: usize) -> AMQPValue {
        AMQPValue::LongString("x".repeat(bytes).into())
    }

    fn table(entries: &[(&str, usize)]) -> FieldTable {
        let mut table = FieldTable::default();
        for (name, bytes) in entries {
            table.insert((*name).into(), text(*bytes));
        }
        table
    }

    fn names(table: &FieldTable) -> Vec<&str> {
        table.inner().keys().map(ShortString::as_str).collect()
    }

    #[test]
    fn headers_are_trimmed_from_the_first_byte_over_the_limit_on() {
        // Room of a frame of 4,096 bytes beside "id": 4,096 - 512 - 27 - 3.
        let room = 3_554;
        let overhead = 1 + 3 + 5;
        let fitting = table(&[("big", room - overhead)]);
        assert_eq!(fit(fitting.clone(), 4_096, &["id"]), fitting);
        let trimmed = fit(table(&[("big", room - overhead + 1)]), 4_096, &["id"]);
        assert_eq!(names(&trimmed), [TRIMMED]);
        assert_eq!(trimmed.inner()[TRIMMED], AMQPValue::LongString("big".into()));
    }

    #[test]
    fn the_largest_foreign_headers_go_and_ours_stay() {
        let trimmed = fit(
            table(&[
                ("cloudEvents:id", 20),
                ("large", 2_000),
                ("larger", 3_000),
                ("x-skuscribe-error", 1_500),
            ]),
            4_096,
            &[],
        );
        assert_eq!(names(&trimmed), ["cloudEvents:id", "x-skuscribe-error", TRIMMED]);
        assert_eq!(trimmed.inner()[TRIMMED], AMQPValue::LongString("larger, large".into()));
    }

    #[test]
    fn the_note_on_many_headers_is_short() {
        let many: Vec<String> = (0..5_000).map(|number| format!("header-{number:04}")).collect();
        let many: Vec<(&str, usize)> = many.iter().map(|name| (name.as_str(), 10)).collect();
        let trimmed = fit(table(&many), 8_192, &[]);
        let AMQPValue::LongString(note) = &trimmed.inner()[TRIMMED] else { panic!("no note") };
        let size: usize = trimmed.inner().iter().map(|(name, value)| entry_bytes(name, value)).sum();
        assert!(note.len() <= NOTE_BYTES && note.to_string().ends_with(" more"), "{note}");
        assert!(size <= 8_192 - 1_024 - FRAME_BYTES, "{size}");
    }

    #[test]
    fn sizes_of_nested_values_are_those_of_the_wire() {
        let nested = AMQPValue::FieldTable(table(&[("a", 3)]));
        let array = AMQPValue::FieldArray(vec![nested, AMQPValue::Void, AMQPValue::LongLongInt(1)].into());
        assert_eq!(value_bytes(&array), 1 + 4 + (1 + 4 + (1 + 1) + (1 + 4 + 3)) + 1 + 9);
    }
}
