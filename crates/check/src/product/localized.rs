//! What takes the place of a product's general texts in a locale, and which of them serves for a locale that has none of its
//! own.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Attributes, Locale, Product, category};

/// What a product is called and says of itself in a locale; what is left out stays as the product has it in general.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Localized {
    /// The product's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Copy that exists already: something to improve on, never a fact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Category path, outermost first; a single text is a path of one.
    #[serde(default, deserialize_with = "category::path", skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "category::schema")]
    pub category: Vec<String>,
    /// Name → value: takes the place of the value that the attribute of this name has in general.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
    /// Name → what shoppers call the attribute.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

impl Localized {
    /// Whether it has a title or an attribute to write from.
    #[must_use]
    pub fn states_facts(&self) -> bool {
        self.title.is_some() || !self.attributes.is_empty()
    }
}

/// What a locale has of its own, or another one of its language and script: the language alone before its regions, and those
/// in order. Chinese of Taiwan is not Chinese of the mainland.
#[must_use]
pub fn closest<'a, T>(by_locale: &'a BTreeMap<Locale, T>, locale: &Locale) -> Option<&'a T> {
    if by_locale.is_empty() {
        return None;
    }
    let serves = |other: &&Locale| other.language() == locale.language() && other.script() == locale.script();
    let of_language = || {
        let all: Vec<&Locale> = by_locale.keys().filter(serves).collect();
        all.iter().find(|other| other.region().is_none()).or(all.first()).copied()
    };
    by_locale.get(locale).or_else(|| of_language().and_then(|other| by_locale.get(other)))
}

impl Product {
    /// The product as it is described in a locale: with the texts, values and labels of [`closest`], and the general ones where
    /// that has none. Of the other locales the labels are left, which say as well what an attribute is.
    #[must_use]
    pub fn in_locale(&self, locale: &Locale) -> Cow<'_, Self> {
        if self.localized.values().all(|localized| *localized == labels_alone(localized))
            && closest(&self.localized, locale).is_none_or(|localized| self.has_labels(&localized.labels))
        {
            return Cow::Borrowed(self);
        }
        let mut product = self.clone();
        if let Some(localized) = closest(&self.localized, locale) {
            let Localized { title, description, category, attributes, labels } = localized;
            let written = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
            product.title = written(title).or(product.title);
            product.description = written(description).or(product.description);
            if !category.is_empty() {
                product.category.clone_from(category);
            }
            product.attributes = product.attributes.replaced_by(attributes);
            product.labels.extend(labels.iter().map(|(name, label)| (name.clone(), label.clone())));
        }
        for localized in product.localized.values_mut() {
            *localized = labels_alone(localized);
        }
        Cow::Owned(product)
    }

    fn has_labels(&self, labels: &BTreeMap<String, String>) -> bool {
        labels.iter().all(|(name, label)| self.labels.get(name) == Some(label))
    }
}

fn labels_alone(localized: &Localized) -> Localized {
    Localized { labels: localized.labels.clone(), ..Localized::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locale(text: &str) -> Locale {
        text.parse().unwrap()
    }

    fn bag() -> Product {
        serde_json::from_value(serde_json::json!({
            "sku": "B", "title": "Bag", "description": "A bag.", "category": ["Bags"],
            "attributes": { "material": "cotton", "capacity": "20 l" },
            "labels": { "material": "Material", "capacity": "Volume" },
            "localized": {
                "de": { "title": "Tasche", "category": "Taschen", "attributes": { "material": "Baumwolle", "form": "Beutel" },
                        "labels": { "capacity": "Volumen" } },
                "de-CH": { "title": "Täschli" },
                "fr-CA": { "title": "Sac", "description": " " },
                "fr-FR": { "title": "Le sac" },
                "zh-CN": { "title": "包" }
            }
        }))
        .unwrap()
    }

    #[test]
    fn a_locale_takes_its_own_texts_then_those_of_its_language_and_else_the_general_ones() {
        let product = bag();
        for (asked, title) in [
            ("de-CH", "Täschli"),
            ("de", "Tasche"),
            ("de-DE", "Tasche"),
            ("de-AT", "Tasche"),
            ("fr", "Sac"),
            ("fr-FR", "Le sac"),
            ("zh", "包"),
            ("zh-SG", "包"),
            ("zh-TW", "Bag"),
            ("zh-Hant", "Bag"),
            ("en-US", "Bag"),
        ] {
            assert_eq!(product.in_locale(&locale(asked)).title.as_deref(), Some(title), "{asked}");
        }
    }

    #[test]
    fn values_are_replaced_by_name_and_what_a_locale_leaves_out_stays() {
        let german = bag().in_locale(&locale("de-DE")).into_owned();
        let shown: Vec<String> =
            german.attributes.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(shown, ["material=Baumwolle", "capacity=20 l", "form=Beutel"]);
        assert_eq!(
            (german.category.as_slice(), german.description.as_deref()),
            (&["Taschen".to_owned()][..], Some("A bag."))
        );
        let labels: Vec<&str> = german.labels.values().map(String::as_str).collect();
        assert_eq!(labels, ["Volumen", "Material"]);
        assert_eq!(bag().in_locale(&locale("fr-CA")).description.as_deref(), Some("A bag."));
    }

    #[test]
    fn a_product_that_is_in_a_locale_already_stays_as_it_is() {
        for asked in ["de-DE", "en-US"] {
            let once = bag().in_locale(&locale(asked)).into_owned();
            assert!(matches!(once.in_locale(&locale(asked)), Cow::Borrowed(_)), "{asked}");
        }
        let plain = Product { localized: BTreeMap::new(), ..bag() };
        assert!(matches!(plain.in_locale(&locale("de-DE")), Cow::Borrowed(_)));
    }
}
