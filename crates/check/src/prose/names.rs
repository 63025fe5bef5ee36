//! The names that a shop's catalog gives its attributes: what is derived goes by them where they mean the same.

use super::words::{WORDS, key};
use crate::facts::{same_quantity, spaced};
use crate::product::Product;

/// Names that a catalog uses.
#[derive(Clone, Debug, Default)]
pub struct AttributeNames {
    used: Vec<String>,
}

impl AttributeNames {
    /// Names in order: of several that mean the same the first counts.
    #[must_use]
    pub fn new(names: impl IntoIterator<Item = String>) -> Self {
        Self { used: names.into_iter().filter(|name| !key(name).is_empty()).collect() }
    }

    /// All of them.
    #[must_use]
    pub fn as_slice(&self) -> &[String] {
        &self.used
    }

    /// The name that the catalog has for what a name means.
    pub(super) fn canonical(&self, name: &str) -> String {
        if let Some(used) = self.used.iter().find(|used| same(used, name)) {
            return used.clone();
        }
        match WORDS.meaning(name).and_then(|meaning| WORDS.meanings.get(meaning)) {
            Some(meaning) => meaning.name.clone(),
            None => name.trim().to_owned(),
        }
    }
}

/// Whether two names mean the same: they have the same words, a meaning in common, or are of the same quantity.
pub(super) fn same(one: &str, other: &str) -> bool {
    let meaning = WORDS.meaning(one);
    key(one) == key(other)
        || (meaning.is_some() && meaning == WORDS.meaning(other))
        || same_quantity(&spaced(one), &spaced(other))
}

/// The attribute of a product, in any locale, or of its variants that means the same as a name.
pub(super) fn stated<'a>(product: &'a Product, name: &str) -> Option<(&'a str, &'a crate::product::Value)> {
    let of_variants = product.variants.iter().flat_map(|variant| variant.attributes.iter());
    let of_locales = product.localized.values().flat_map(|localized| localized.attributes.iter());
    product.attributes.iter().chain(of_variants).chain(of_locales).find(|(stated, _)| same(stated, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_the_same_gets_the_catalog_s_name() {
        let names = AttributeNames::new(["Fabric".to_owned(), "width_cm".to_owned(), "Sole Type".to_owned()]);
        assert_eq!(names.canonical("material"), "Fabric");
        assert_eq!(names.canonical("sole_type"), "Sole Type");
        assert_eq!(names.canonical("width"), "width_cm");
        assert_eq!(names.canonical("height"), "height");
        assert_eq!(names.canonical("colour"), "color");
    }
}
