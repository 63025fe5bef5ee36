//! Texts that are nearly the same: `MinHash` signatures, and an index of those that this process has seen.
//!
//! A signature (Broder 1997) is 64 minima of hashed word triples; the share of equal ones estimates the share of equal
//! triples. Eight bits of each minimum are kept (Li and König 2010), eight minima make a band, and texts that share a band
//! are candidates: at 0.9 of equal triples 99 % of pairs share one, at 0.5 three in a hundred.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::hash::BuildHasher as _;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use foldhash::fast::{FixedState, RandomState};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation as _;

use crate::product::{Locale, Sku};

const BANDS: usize = 8;
const ROWS: usize = 8;
/// Fewer triples say little about a text: two short titles of one kind are alike anyhow.
const TRIPLES_MIN: usize = 12;
/// Texts that are kept; the oldest are dropped first. About 250 bytes each.
const KEPT: usize = 400_000;

/// The signature of a text; as text 128 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Signature([u64; BANDS]);

/// A text that is no signature.
#[derive(Debug, thiserror::Error)]
#[error("no signature: 128 hexadecimal digits are expected")]
pub struct SignatureError;

impl Signature {
    /// The signature of texts that belong together; `None` where they are too short.
    #[must_use]
    pub fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Option<Self> {
        let words: Vec<String> = texts.flat_map(|text| text.unicode_words()).map(str::to_lowercase).collect();
        if words.len() < TRIPLES_MIN + 2 {
            return None;
        }
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
        self.0.iter().try_for_each(|band| write!(f, "{band:016x}"))
    }
}

impl FromStr for Signature {
    type Err = SignatureError;

    fn from_str(text: &str) -> Result<Self, SignatureError> {
        let mut bands = [0; BANDS];
        if text.len() != BANDS * 16 {
            return Err(SignatureError);
        }
        for (place, band) in bands.iter_mut().enumerate() {
            let digits = text.get(place * 16..(place + 1) * 16).ok_or(SignatureError)?;
            *band = u64::from_str_radix(digits, 16).map_err(|_| SignatureError)?;
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

/// Whose text it is.
type TextKey = (Arc<Locale>, Arc<str>, Sku);

/// A band of a locale and recipe: its place and its value.
type BandKey = (Arc<Locale>, Arc<str>, usize, u64);

/// The texts that this process has seen: those that it wrote, and those whose documents it loaded.
#[derive(Debug, Default)]
pub struct NearDuplicates {
    index: Mutex<SignatureIndex>,
}

#[derive(Debug, Default)]
struct SignatureIndex {
    signatures: HashMap<TextKey, Signature, RandomState>,
    bands: HashMap<BandKey, Vec<Sku>, RandomState>,
    order: VecDeque<TextKey>,
}

/// Products of one band that are looked at: identical texts of thousands of products need not all be compared.
const CANDIDATES_MAX: usize = 16;

impl NearDuplicates {
    /// Another product whose text is like this one, the likest first, from `least` on.
    #[must_use]
    pub fn nearest(
        &self,
        (locale, recipe, sku): (&Locale, &str, &Sku),
        signature: &Signature,
        least: f64,
    ) -> Option<(Sku, f64)> {
        let index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        let (locale, recipe): (Arc<Locale>, Arc<str>) = (Arc::new(locale.clone()), recipe.into());
        let mut best: Option<(Sku, f64)> = None;
        for (place, band) in signature.0.iter().enumerate() {
            let Some(others) = index.bands.get(&(Arc::clone(&locale), Arc::clone(&recipe), place, *band))
            else {
                continue;
            };
            for other in others.iter().filter(|other| *other != sku) {
                let key = (Arc::clone(&locale), Arc::clone(&recipe), other.clone());
                let Some(known) = index.signatures.get(&key) else { continue };
                let likeness = known.likeness(signature);
                if likeness >= least && best.as_ref().is_none_or(|(_, best)| likeness > *best) {
                    best = Some((other.clone(), likeness));
                }
            }
        }
        best
    }

    /// Keeps the text of a product in the place of its last one.
    pub fn learn(&self, (locale, recipe, sku): (&Locale, &str, &Sku), signature: Signature) {
        let mut index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        let key: TextKey = (Arc::new(locale.clone()), recipe.into(), sku.clone());
        match index.signatures.get(&key) {
            Some(known) if *known == signature => return,
            Some(_) => index.forget(&key),
            None => index.order.push_back(key.clone()),
        }
        for (place, band) in signature.0.iter().enumerate() {
            let of_band =
                index.bands.entry((Arc::clone(&key.0), Arc::clone(&key.1), place, *band)).or_default();
            if of_band.len() < CANDIDATES_MAX {
                of_band.push(sku.clone());
            }
        }
        index.signatures.insert(key, signature);
        while index.order.len() > KEPT {
            if let Some(oldest) = index.order.pop_front() {
                index.forget(&oldest);
            }
        }
    }
}

impl SignatureIndex {
    fn forget(&mut self, key: &TextKey) {
        let Some(signature) = self.signatures.remove(key) else { return };
        for (place, band) in signature.0.iter().enumerate() {
            let band_key = (Arc::clone(&key.0), Arc::clone(&key.1), place, *band);
            if let Some(skus) = self.bands.get_mut(&band_key) {
                skus.retain(|sku| *sku != key.2);
                if skus.is_empty() {
                    self.bands.remove(&band_key);
                }
            }
        }
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
    fn a_text_is_found_beside_another_product_s_and_never_beside_its_own() {
        let (catalog, locale) = (NearDuplicates::default(), "en-US".parse::<Locale>().unwrap());
        let sku = |name: &str| name.parse::<Sku>().unwrap();
        let near = |sku: &Sku, text: &str| {
            catalog.nearest((&locale, "seo", sku), &signature(text), 0.8).map(|(nearest, _)| nearest)
        };
        let (first, second) = (sku("A"), sku("B"));
        catalog.learn((&locale, "seo", &first), signature(&text(0..400)));
        assert_eq!(near(&first, &text(0..400)), None);
        assert_eq!(near(&second, &text(5..405)), Some(first.clone()));
        assert_eq!(near(&second, &text(500..900)), None);
        assert_eq!(catalog.nearest((&locale, "faq", &second), &signature(&text(0..400)), 0.8), None);
        // Once it is written anew, the old text belongs to no product.
        catalog.learn((&locale, "seo", &first), signature(&text(500..900)));
        assert_eq!(near(&second, &text(0..400)), None);
        assert_eq!(near(&second, &text(500..900)), Some(first));
    }
}
