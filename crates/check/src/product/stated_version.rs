//! A version as contracts carry it: a number in every object and event, 0 where the publisher stated none.

use serde::{Deserialize, Deserializer, Serializer};

/// Writes a version.
///
/// # Errors
/// As the serializer's.
pub fn serialize<S: Serializer>(version: &Option<u64>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(version.unwrap_or(0))
}

/// Reads a version.
///
/// # Errors
/// When it is no whole number of 0 or more.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(Option::<u64>::deserialize(deserializer)?.filter(|version| *version > 0))
}
