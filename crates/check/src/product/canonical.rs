//! Canonical JSON and digests: equal content gives equal bytes, whatever the order of its keys.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::hex;

/// The first 128 bits of a BLAKE3 hash, as 32 hexadecimal characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 16]);

impl Digest {
    /// The digest of several byte strings; their borders count.
    #[must_use]
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        Self::from_hash(&hasher.finalize())
    }

    fn from_hash(hash: &blake3::Hash) -> Self {
        let mut bytes = [0; 16];
        for (to, from) in bytes.iter_mut().zip(hash.as_bytes()) {
            *to = *from;
        }
        Self(bytes)
    }

    /// The digest as bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(hex::text(&hex::digits::<32>(&self.0)))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        hex::text(&hex::digits::<32>(&digest.0)).to_owned()
    }
}

impl TryFrom<String> for Digest {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        hex::bytes(&text)
            .map(Self)
            .ok_or_else(|| format!("{text:?} is no digest of 32 hexadecimal characters"))
    }
}

/// Serialises a value with the keys of every object sorted and no white space.
///
/// # Errors
/// When the value cannot be serialised.
pub fn canonical_json(value: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let mut value = serde_json::to_value(value)?;
    value.sort_all_objects();
    serde_json::to_vec(&value)
}

/// The digest of a value's canonical JSON; a value that cannot be serialised digests as `null` would.
#[must_use]
pub fn digest(value: &impl Serialize) -> Digest {
    let bytes = canonical_json(value).unwrap_or_else(|_| Value::Null.to_string().into_bytes());
    Digest::of(&[&bytes])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_order_of_keys_does_not_change_the_digest() {
        let left = json!({ "a": 1, "b": { "c": [1, 2], "d": null } });
        let right = json!({ "b": { "d": null, "c": [1, 2] }, "a": 1 });
        assert_eq!(digest(&left), digest(&right));
        assert_ne!(digest(&left), digest(&json!({ "a": 1, "b": { "c": [2, 1], "d": null } })));
    }

    #[test]
    fn a_digest_survives_its_text_form() {
        let digest = Digest::of(&[b"one", b"two"]);
        assert_eq!(Digest::try_from(digest.to_string()), Ok(digest));
        assert_ne!(digest, Digest::of(&[b"onet", b"wo"]));
        assert!(Digest::try_from("zz".repeat(16)).is_err());
        assert!(Digest::try_from("ä".repeat(16)).is_err());
    }
}
