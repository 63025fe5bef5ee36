//! The texts of other products that this process has seen, for the comparison with new ones.

use std::sync::{Mutex, PoisonError};

use super::Signature;
use super::kept::{OWNER, SignatureIndex, TextKey};
use crate::product::Sku;

/// The texts that this process has seen: those that it wrote, and those whose documents it loaded.
#[derive(Debug)]
pub struct NearDuplicates {
    index: Mutex<SignatureIndex>,
}

impl NearDuplicates {
    /// An empty index that takes at most about so many bytes.
    #[must_use]
    pub fn within(bytes_max: usize) -> Self {
        Self { index: Mutex::new(SignatureIndex::within(bytes_max)) }
    }

    /// Another product whose text is like this one, the likest first, from `least` on.
    #[must_use]
    pub fn nearest(
        &self,
        (locale, recipe, sku): TextKey<'_>,
        signature: &Signature,
        least: f64,
    ) -> Option<(Sku, f64)> {
        let index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        let group = index.group(locale, recipe)?;
        let mut best: Option<(&Sku, f64)> = None;
        for band in 0..OWNER {
            let others = index.of_band(group, sku, *signature, band).filter(|other| other.sku != *sku);
            for other in others {
                let likeness = other.signature.likeness(signature);
                if likeness >= least && best.is_none_or(|(_, best)| likeness > best) {
                    best = Some((&other.sku, likeness));
                }
            }
        }
        best.map(|(sku, likeness)| (sku.clone(), likeness))
    }

    /// Keeps the text of a product in the place of its last one.
    pub fn learn(&self, key: TextKey<'_>, signature: Signature) {
        self.index.lock().unwrap_or_else(PoisonError::into_inner).learn(key, signature);
    }
}

#[cfg(test)]
mod tests {
    use super::super::kept::CANDIDATES_MAX;
    use super::*;
    use crate::product::Locale;

    fn signature(number: u64) -> Signature {
        let mut random = fastrand::Rng::with_seed(number);
        Signature(std::array::from_fn(|_| random.u64(..)))
    }

    fn sku(number: usize) -> Sku {
        format!("SKU-{number:07}").parse().unwrap()
    }

    fn locale() -> Locale {
        "en-US".parse().unwrap()
    }

    #[test]
    fn a_text_is_found_beside_another_product_s_and_never_beside_its_own() {
        let (catalog, locale) = (NearDuplicates::within(1 << 20), locale());
        let nearest = |recipe: &str, own: usize, text: u64| {
            catalog.nearest((&locale, recipe, &sku(own)), &signature(text), 0.8).map(|(nearest, _)| nearest)
        };
        catalog.learn((&locale, "seo", &sku(1)), signature(1));
        assert_eq!(nearest("seo", 1, 1), None);
        assert_eq!(nearest("seo", 2, 1), Some(sku(1)));
        assert_eq!(nearest("seo", 2, 2), None);
        assert_eq!(nearest("faq", 2, 1), None);
        // Once it is written anew, the old text belongs to no product.
        catalog.learn((&locale, "seo", &sku(1)), signature(2));
        assert_eq!(nearest("seo", 2, 1), None);
        assert_eq!(nearest("seo", 2, 2), Some(sku(1)));
    }

    #[test]
    fn every_text_is_found_again_until_it_is_the_oldest_and_there_is_no_room() {
        let (catalog, locale) = (NearDuplicates::within(1 << 20), locale());
        let found = |number: usize| {
            catalog.nearest((&locale, "seo", &sku(0)), &signature(number as u64), 1.0).map(|(found, _)| found)
        };
        for number in 1..=20_000 {
            catalog.learn((&locale, "seo", &sku(number)), signature(number as u64));
        }
        let kept = catalog.index.lock().unwrap().count;
        assert!((4_000..8_000).contains(&kept), "{kept} in a MB");
        assert_eq!(found(20_000 - kept), None);
        for number in [20_000 - kept + 1, 17_000, 20_000] {
            assert_eq!(found(number), Some(sku(number)));
        }
    }

    #[test]
    fn of_texts_that_are_all_the_same_few_are_compared_and_all_can_be_forgotten() {
        let (catalog, locale) = (NearDuplicates::within(200_000), locale());
        for number in 1..=5_000 {
            catalog.learn((&locale, "seo", &sku(number)), signature(1));
        }
        let index = catalog.index.lock().unwrap();
        let group = index.group(&locale, "seo").unwrap();
        let compared = index.of_band(group, &sku(0), signature(1), 0).count();
        assert_eq!(compared, CANDIDATES_MAX);
        assert!(index.count < 2_000, "{}", index.count);
    }

    #[test]
    fn a_text_takes_at_most_two_hundred_bytes() {
        let (catalog, locale) = (NearDuplicates::within(64 << 20), locale());
        for number in 0..100_000 {
            catalog.learn((&locale, "seo", &sku(number)), signature(number as u64));
        }
        let bytes = catalog.index.lock().unwrap().bytes();
        assert!(bytes / 100_000 <= 200, "{} bytes a text", bytes / 100_000);
    }

    #[test]
    fn an_index_keeps_within_its_bytes_however_long_the_skus_are() {
        let (catalog, locale) = (NearDuplicates::within(2 << 20), locale());
        for number in 0..30_000 {
            let long = format!("SKU-{number}-{}", "x".repeat(number % 200));
            catalog.learn((&locale, "seo", &long.parse().unwrap()), signature(number as u64));
        }
        let bytes = catalog.index.lock().unwrap().bytes();
        assert!((1 << 20..=2 << 20).contains(&bytes), "{bytes} bytes");
    }
}
