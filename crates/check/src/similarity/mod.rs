//! Texts that are nearly the same: `MinHash` signatures, and an index of those that this process has seen.
//!
//! A signature (Broder 1997) is 64 minima of hashed word triples; the share of equal ones estimates the share of equal
//! triples. Eight bits of each minimum are kept (Li and König 2010), eight minima make a band, and texts that share a band
//! are candidates: at 0.9 of equal triples 99 % of pairs share one, at 0.5 three in a hundred.

mod index;
mod kept;

use std::fmt;
use std::hash::BuildHasher as _;
use std::str::FromStr;

use foldhash::fast::FixedState;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation as _;

pub use index::NearDuplicates;

use crate::product::hex;

const BANDS: usize = 8;
const ROWS: usize = 8;
/// Fewer triples say little about a text: two short titles of one kind are alike anyhow.
const TRIPLES_MIN: usize = 12;
/// The signature of a text; as text 128 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Signature([u64; BANDS]);

/// Adds a word in lower case; most have no capitals, and need no text of their own.
fn push_lowercase(buffer: &mut String, word: &str) {
    if word.is_ascii() {
        buffer.extend(word.bytes().map(|byte| char::from(byte.to_ascii_lowercase())));
    } else if word.chars().any(|c| c.is_uppercase() || !c.to_lowercase().eq([c])) {
        buffer.push_str(&word.to_lowercase());
    } else {
        buffer.push_str(word);
    }
}

/// A text that is no signature.
#[derive(Debug, thiserror::Error)]
#[error("no signature: 128 hexadecimal digits are expected")]
pub struct SignatureError;

impl Signature {
    /// The signature of texts that belong together; `None` where they are too short.
    #[must_use]
    pub fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Option<Self> {
        let (mut buffer, mut ends) = (String::new(), Vec::new());
        for word in texts.flat_map(|text| text.unicode_words()) {
            push_lowercase(&mut buffer, word);
            ends.push(buffer.len());
        }
        if ends.len() < TRIPLES_MIN + 2 {
            return None;
        }
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let words: Vec<&str> =
            starts.zip(&ends).map(|(start, end)| buffer.get(start..*end).unwrap_or_default()).collect();
        // The same in every process: signatures are stored.
        let hasher = FixedState::with_seed(0x5eed);
        let mut minima = [u64::MAX; BANDS * ROWS];
        for triple in words.windows(3) {
            let hash = hasher.hash_one(triple);
            let (mut value, step) = (hash, (hash >> 32) | 1);
            for minimum in &mut minima {
                // Double hashing: each place is a hash function of its own (Kirsch and Mitzenmacher 2006), mixed once more.
                value = value.wrapping_add(step).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                *minimum = (*minimum).min(value ^ (value >> 29));
            }
        }
        let mut bands = [0; BANDS];
        for (band, rows) in bands.iter_mut().zip(minima.chunks(ROWS)) {
            *band = rows.iter().fold(0, |packed, minimum| {
                (packed << 8) | (minimum.wrapping_mul(0xff51_afd7_ed55_8ccd) >> 56)
            });
        }
        Some(Self(bands))
    }

    /// The estimated share of equal word triples, 0 to 1.
    #[must_use]
    pub fn likeness(&self, other: &Self) -> f64 {
        let equal = |(left, right): (&u64, &u64)| {
            (left ^ right).to_le_bytes().iter().filter(|byte| **byte == 0).count()
        };
        self.0.iter().zip(&other.0).map(equal).sum::<usize>() as f64 / (BANDS * ROWS) as f64
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|band| f.write_str(hex::text(&hex::digits::<16>(&band.to_be_bytes()))))
    }
}

impl FromStr for Signature {
    type Err = SignatureError;

    fn from_str(text: &str) -> Result<Self, SignatureError> {
        let bytes = hex::bytes::<{ BANDS * 8 }>(text).ok_or(SignatureError)?;
        let mut bands = [0; BANDS];
        for (band, bytes) in bands.iter_mut().zip(bytes.as_chunks::<8>().0) {
            *band = u64::from_be_bytes(*bytes);
        }
        Ok(Self(bands))
    }
}

impl TryFrom<String> for Signature {
    type Error = SignatureError;

    fn try_from(text: String) -> Result<Self, SignatureError> {
        text.parse()
    }
}

impl From<Signature> for String {
    fn from(signature: Signature) -> Self {
        signature.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(words: std::ops::Range<u32>) -> String {
        words.map(|word| format!("word{word}")).collect::<Vec<_>>().join(" ")
    }

    fn signature(text: &str) -> Signature {
        Signature::of(std::iter::once(text)).unwrap()
    }

    #[test]
    fn the_likeness_of_signatures_is_that_of_their_texts() {
        let whole = text(0..400);
        for (other, expected) in
            [(text(0..400), 1.0), (text(20..420), 0.905), (text(100..500), 0.6), (text(800..1200), 0.0)]
        {
            let likeness = signature(&whole).likeness(&signature(&other));
            assert!((likeness - expected).abs() < 0.15, "{likeness} for {expected}");
        }
        assert_eq!(Signature::of(["A short title"].into_iter()), None);
        let signed = signature(&whole);
        assert_eq!(signed.to_string().parse::<Signature>().unwrap(), signed);
        assert!("zz".parse::<Signature>().is_err());
    }

    #[test]
    fn stored_signatures_stay_what_they_are() {
        let text = "Der Straßenrenner aus STAHL für Ὀδυσσεύς hat 21 Gänge, zwei Räder und ein schönes Licht, das hell ist.";
        let stored = "193cd3d2a50c8a499eed329a947b858f1f30dba6e84cbc250a757832dbc6f37a03eb8a840cf635ca5efee75875b8557a931c7ba00d3dcb7919731eebea793c2a";
        assert_eq!(signature(text).to_string(), stored);
    }
}
