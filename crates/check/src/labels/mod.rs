//! What a shop says of its attributes for all products: what shoppers call them, the units of bare numbers, and values in other
//! languages.

mod file;
mod local_product;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use foldhash::HashMap;

pub use file::LabelsError;
pub use local_product::LocalProduct;

use crate::product::{Attributes, Digest, Locale, Product, Value, closest};

type ByLocale = BTreeMap<Locale, String>;

/// Signs between the entries of a list that is written as one text.
const SEPARATORS: [char; 5] = [',', ';', '|', '、', '，'];

/// The shop's labels, units and translations; by default none.
#[derive(Clone, Debug)]
pub struct ShopLabels {
    attributes: HashMap<String, ByLocale>,
    /// Name → value as it is compared → what it is in a locale.
    values: HashMap<String, HashMap<String, ByLocale>>,
    units: HashMap<String, String>,
    digest: Digest,
}

impl Default for ShopLabels {
    fn default() -> Self {
        Self {
            attributes: HashMap::default(),
            values: HashMap::default(),
            units: HashMap::default(),
            digest: Digest::of(&[]),
        }
    }
}

/// A value as it is compared: case and blanks at the ends do not count.
fn folded(value: &str) -> String {
    value.trim().to_lowercase()
}

impl ShopLabels {
    /// Reads labels from TOML; `origin` names the file in errors.
    ///
    /// # Errors
    /// When something in it is not as it should be; the message names file, line and key.
    pub fn parse(text: &str, origin: &str) -> Result<Self, LabelsError> {
        file::parse(text, origin)
    }

    /// Reads the file of the setting `facts.labels`; an empty path is no file.
    ///
    /// # Errors
    /// When the file cannot be read, or something in it is not as it should be.
    #[expect(clippy::disallowed_methods, reason = "the shop's labels are read once, at the start")]
    pub fn load(path: &str) -> anyhow::Result<Self> {
        if path.is_empty() {
            return Ok(Self::default());
        }
        let text = std::fs::read_to_string(Path::new(path))
            .with_context(|| format!("facts.labels: {path} cannot be read"))?;
        Self::parse(&text, path).context("facts.labels")
    }

    /// Whether they say nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty() && self.values.is_empty() && self.units.is_empty()
    }

    /// The digest of the file.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Every attribute with a label that it has in some locale.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes
            .iter()
            .flat_map(|(name, by_locale)| by_locale.values().map(|label| (name.as_str(), label.as_str())))
    }

    /// What shoppers call an attribute, in any locale.
    pub fn labels_of(&self, name: &str) -> impl Iterator<Item = &str> {
        self.attributes.get(name).into_iter().flat_map(|by_locale| by_locale.values()).map(String::as_str)
    }

    /// What shoppers of a locale call an attribute.
    #[must_use]
    pub fn label(&self, name: &str, locale: &Locale) -> Option<&str> {
        self.attributes.get(name).and_then(|by_locale| closest(by_locale, locale)).map(String::as_str)
    }

    /// A product as texts of a locale speak of it: with what it has of its own for the locale, and then with the shop's labels,
    /// units and translations. A label that the product has for the very locale stands.
    #[must_use]
    pub fn product<'a>(&self, product: &'a Product, locale: &Locale) -> Cow<'a, Product> {
        let stated = product.in_locale(locale);
        match self.applied(&stated, locale) {
            Some(spoken) => Cow::Owned(spoken),
            None => stated,
        }
    }

    /// A product that is in a locale with what the shop says of its attributes; `None` where that changes nothing.
    fn applied(&self, stated: &Product, locale: &Locale) -> Option<Product> {
        if self.is_empty() {
            return None;
        }
        let mut spoken = Cow::Borrowed(stated);
        let own = closest(&stated.localized, locale).map(|localized| &localized.labels);
        let variants = stated.variants.iter().flat_map(|variant| variant.attributes.iter());
        for (name, _) in stated.attributes.iter().chain(variants) {
            if own.is_some_and(|own| own.contains_key(name)) {
                continue;
            }
            if let Some(label) = self.label(name, locale)
                && stated.labels.get(name).is_none_or(|known| known != label)
            {
                spoken.to_mut().labels.insert(name.to_owned(), label.to_owned());
            }
        }
        if let Some(attributes) = self.attributes_applied(&stated.attributes, locale) {
            spoken.to_mut().attributes = attributes;
        }
        for (place, variant) in stated.variants.iter().enumerate() {
            if let Some(attributes) = self.attributes_applied(&variant.attributes, locale)
                && let Some(variant) = spoken.to_mut().variants.get_mut(place)
            {
                variant.attributes = attributes;
            }
        }
        for (place, part) in stated.category.iter().enumerate() {
            if let Some(translated) = self.translated("category", part, locale)
                && let Some(part) = spoken.to_mut().category.get_mut(place)
            {
                *part = translated;
            }
        }
        match spoken {
            Cow::Owned(spoken) => Some(spoken),
            Cow::Borrowed(_) => None,
        }
    }

    fn attributes_applied(&self, attributes: &Attributes, locale: &Locale) -> Option<Attributes> {
        let touched = |name: &str| self.units.contains_key(name) || self.values.contains_key(name);
        if !attributes.iter().any(|(name, _)| touched(name)) {
            return None;
        }
        let mut changed = false;
        let applied = attributes.iter().map(|(name, value)| {
            let value = match self.value(name, value, locale) {
                Some(applied) => {
                    changed = true;
                    applied
                }
                None => value.clone(),
            };
            (name.to_owned(), value)
        });
        let applied: Attributes = applied.collect();
        changed.then_some(applied)
    }

    /// A value with its unit, or in the locale's language; `None` where neither changes it.
    fn value(&self, name: &str, value: &Value, locale: &Locale) -> Option<Value> {
        match value {
            Value::Text(text) => {
                let in_unit = || {
                    let unit = self.units.get(name)?;
                    let value = serde_json::from_str(text.trim()).ok()?;
                    Some(Value::Quantity { value, unit: unit.clone() })
                };
                self.translated(name, text, locale).map(Value::Text).or_else(in_unit)
            }
            Value::Number(number) => {
                let written = self.translated(name, &number.to_string(), locale).map(Value::Text);
                let in_unit = || {
                    let unit = self.units.get(name)?.clone();
                    Some(Value::Quantity { value: number.clone(), unit })
                };
                written.or_else(in_unit)
            }
            Value::List(items) => {
                let applied: Vec<Option<Value>> =
                    items.iter().map(|item| self.value(name, item, locale)).collect();
                applied.iter().any(Option::is_some).then(|| {
                    let items = applied.into_iter().zip(items);
                    Value::List(
                        items.map(|(applied, item)| applied.unwrap_or_else(|| item.clone())).collect(),
                    )
                })
            }
            Value::Quantity { .. } | Value::Boolean(_) => None,
        }
    }

    /// A text in the locale's language: as a whole, or entry by entry where it is a list.
    fn translated(&self, name: &str, text: &str, locale: &Locale) -> Option<String> {
        let known = self.values.get(name)?;
        let of = |entry: &str| known.get(&folded(entry)).and_then(|by_locale| closest(by_locale, locale));
        if let Some(whole) = of(text) {
            return (whole != text).then(|| whole.clone());
        }
        if !text.contains(SEPARATORS) {
            return None;
        }
        let mut written = String::with_capacity(text.len());
        for part in text.split_inclusive(SEPARATORS) {
            let entry = part.trim_end_matches(SEPARATORS);
            let bare = entry.trim();
            match of(bare) {
                Some(translated) => written.push_str(&part.replacen(bare, translated, 1)),
                None => written.push_str(part),
            }
        }
        (written != text).then_some(written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
[attributes.features_bags]
en = "Features"
de-DE = "Ausstattung"

[attributes.gram]
de = "Gewicht"

[values.material]
"cotton" = { de-DE = "Baumwolle", fr = "coton" }
"wool" = { de-DE = "Wolle" }

[values.category]
"Bags" = { de = "Taschen" }

[units.gram]
unit = "g"
"#;

    fn bag() -> Product {
        serde_json::from_value(serde_json::json!({
            "sku": "B", "title": "Bag", "category": ["Gear", "Bags"],
            "attributes": {
                "features_bags": ["Lockable", "Waterproof"], "material": "Cotton, linen", "lining": "cotton",
                "gram": 900
            },
            "labels": { "features_bags": "Special features" },
            "variants": [{ "sku": "B-1", "attributes": { "material": "wool", "gram": "850" } }]
        }))
        .unwrap()
    }

    fn shown(product: &Product, locale: &str) -> (Vec<String>, Vec<String>) {
        let labels = ShopLabels::parse(FILE, "labels.toml").unwrap();
        let product = labels.product(product, &locale.parse().unwrap());
        let variants = product.variants.iter().flat_map(|variant| variant.attributes.iter());
        let values = product.attributes.iter().chain(variants).map(|(name, value)| format!("{name}={value}"));
        let labels = product.labels.iter().map(|(name, label)| format!("{name}={label}"));
        (values.collect(), labels.collect())
    }

    #[test]
    fn labels_units_and_values_are_those_of_the_locale_and_the_rest_stays() {
        let (values, labels) = shown(&bag(), "de-AT");
        let expected = [
            "features_bags=Lockable, Waterproof",
            "material=Baumwolle, linen",
            "lining=cotton",
            "gram=900 g",
            "material=Wolle",
            "gram=850 g",
        ];
        assert_eq!(values, expected);
        assert_eq!(labels, ["features_bags=Ausstattung", "gram=Gewicht"]);
        let (values, labels) = shown(&bag(), "fr-FR");
        assert_eq!((values[1].as_str(), values[4].as_str()), ("material=coton, linen", "material=wool"));
        assert_eq!(labels, ["features_bags=Special features"]);
        let german =
            ShopLabels::parse(FILE, "f").unwrap().product(&bag(), &"de".parse().unwrap()).into_owned();
        assert_eq!(german.category, ["Gear", "Taschen"]);
    }

    #[test]
    fn a_label_that_the_product_has_for_the_locale_stands() {
        let mut product = bag();
        let own = serde_json::json!({ "de": { "labels": { "features_bags": "Extras" } } });
        product.localized = serde_json::from_value(own).unwrap();
        assert_eq!(shown(&product, "de-DE").1, ["features_bags=Extras", "gram=Gewicht"]);
        assert_eq!(shown(&product, "en-US").1, ["features_bags=Features"]);
    }

    #[test]
    fn a_product_that_no_label_concerns_stays_the_very_same() {
        let labels = ShopLabels::parse(FILE, "f").unwrap();
        let mug: Product =
            serde_json::from_str(r#"{"sku":"A","attributes":{"material":"clay","weight":300}}"#).unwrap();
        assert!(matches!(labels.product(&mug, &"de-DE".parse().unwrap()), Cow::Borrowed(_)));
        assert!(matches!(ShopLabels::default().product(&bag(), &"de-DE".parse().unwrap()), Cow::Borrowed(_)));
        // A value that no number is gets no unit.
        let odd: Product = serde_json::from_str(r#"{"sku":"A","attributes":{"gram":"about 5"}}"#).unwrap();
        assert_eq!(labels.product(&odd, &"fr".parse().unwrap()).attributes, odd.attributes);
    }
}
