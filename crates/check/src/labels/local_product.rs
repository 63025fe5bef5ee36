//! A product for the texts of one locale, beside what its publisher states of it.

use std::borrow::Cow;
use std::sync::Arc;

use super::ShopLabels;
use crate::product::{Locale, Product};

/// A product as texts of a locale speak of it; the three are one where nothing is said of it by locale.
#[derive(Clone, Debug)]
pub struct LocalProduct {
    /// As the catalog has it, in the catalog's own language: by its brand and category voices are chosen.
    pub catalog: Arc<Product>,
    /// As its publisher states it for the locale: what the digest of facts is made of.
    pub stated: Arc<Product>,
    /// The same with the shop's labels, units and translations: what prompts show and checks match against.
    pub spoken: Arc<Product>,
}

impl LocalProduct {
    /// A product in a locale.
    #[must_use]
    pub fn new(catalog: &Arc<Product>, locale: &Locale, labels: &ShopLabels) -> Self {
        let stated = match catalog.in_locale(locale) {
            Cow::Borrowed(_) => Arc::clone(catalog),
            Cow::Owned(stated) => Arc::new(stated),
        };
        let spoken = labels.applied(&stated, locale).map_or_else(|| Arc::clone(&stated), Arc::new);
        Self { catalog: Arc::clone(catalog), stated, spoken }
    }
}
