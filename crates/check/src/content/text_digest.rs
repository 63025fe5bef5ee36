//! The digest that a text is known by outside: SHA-256.

use std::fmt;
use std::str::FromStr;

use ring::digest::{SHA256, digest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::product::hex;

/// SHA-256 of a text's bytes; 64 hexadecimal characters in lower case.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct TextDigest([u8; 32]);

impl TextDigest {
    /// The digest of bytes. Of a text, [`crate::provenance::text_digest`] gives it.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Self {
        let mut sha256 = [0; 32];
        for (to, from) in sha256.iter_mut().zip(digest(&SHA256, bytes).as_ref()) {
            *to = *from;
        }
        Self(sha256)
    }
}

impl fmt::Display for TextDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(hex::text(&hex::digits::<64>(&self.0)))
    }
}

impl fmt::Debug for TextDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<TextDigest> for String {
    fn from(digest: TextDigest) -> Self {
        digest.to_string()
    }
}

impl FromStr for TextDigest {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_lower = !text.bytes().any(|byte| byte.is_ascii_uppercase());
        let bytes = hex::bytes(text).filter(|_| is_lower).map(Self);
        bytes.ok_or_else(|| "it is no SHA-256 of 64 hexadecimal characters in lower case".to_owned())
    }
}

impl TryFrom<String> for TextDigest {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_sha_256_survives_its_text_form_and_nothing_else_is_one() {
        let digest = TextDigest::of_bytes(b"abc");
        let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest.to_string(), text);
        assert_eq!(text.parse(), Ok(digest));
        for wrong in ["", "ab", &"g".repeat(64), &"ä".repeat(32), &text.to_uppercase(), &"a".repeat(65)] {
            assert!(wrong.parse::<TextDigest>().is_err(), "{wrong}");
        }
    }
}
