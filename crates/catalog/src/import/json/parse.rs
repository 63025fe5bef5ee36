//! The bytes of an item become a value, or a complaint that names the place.

use serde_json::Value;

use super::items::Item;
use super::repeated::repeated_keys;
use crate::import::Complaint;
use crate::import::ahead::{Parsed, ParsedItem};

pub(super) fn parse(item: Item) -> Parsed {
    let Item { row, line, bytes } = item;
    match serde_json::from_slice::<Value>(&bytes) {
        Ok(value) => Ok(ParsedItem { row, value, bytes: bytes.len(), repeated: repeated_keys(&bytes) }),
        Err(error) => {
            let at = line + (error.line() as u64).saturating_sub(1);
            let said = error.to_string();
            let said = said.rsplit_once(" at line ").map_or(said.as_str(), |(said, _)| said);
            let rule = format!("an item is not JSON: {said} (line {at}, column {})", error.column());
            let shown =
                bytes.split(|byte| *byte == b'\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
            let from = error.column().saturating_sub(20).min(shown.len());
            let shown = String::from_utf8_lossy(shown.get(from..).unwrap_or_default());
            let shown: String = shown.chars().take(60).collect();
            Err(Complaint::new(row, rule, "mend it and read the file again").seeing(&shown))
        }
    }
}

/// What is said of a key that stands twice.
#[must_use]
pub fn doubt(row: u64, pointer: String) -> Complaint {
    let rule = "the key stands twice in one object; the last one counts";
    Complaint::new(row, rule, "write it once").at(pointer)
}
