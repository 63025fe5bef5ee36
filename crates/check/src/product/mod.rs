//! Product facts: what a publisher says of a product, and the part of it that a recipe may use.

mod attributes;
mod canonical;
mod category;
mod derived;
pub(crate) mod hex;
mod identity;
mod labels;
mod localized;
pub mod markup;
mod memo;
mod order;
mod snapshot;
pub mod stated_version;
pub mod unit;
mod value;

pub use attributes::Attributes;
pub use canonical::{Digest, canonical_json, digest};
pub use derived::{DerivedFact, ProseSource};
pub use identity::{Locale, LocaleError, Sku, SkuError};
pub use localized::{Localized, closest};
pub use order::FactsOrder;
pub(crate) use order::TIMES_IN_MICROS;
pub use snapshot::Snapshot;
pub use value::Value;

use memo::Memo;

use std::any::Any;
use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A product as its publisher describes it. Unknown fields are ignored and never reach a prompt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Product {
    /// The shop's key of the product; at most 256 bytes.
    pub sku: Sku,
    /// Monotonic number of this state of the facts, from 1; where one of two messages states none, or 0, `occurred_at` orders
    /// them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// The product's name as the shop shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Manufacturer or label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// Global Trade Item Number, as text because leading zeros count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gtin: Option<String>,
    /// Category path, outermost first; a single text is a path of one.
    #[serde(default, deserialize_with = "category::path", skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "category::schema")]
    pub category: Vec<String>,
    /// Name → value; an attribute that is `null` is one the publisher does not know.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
    /// Copy that exists already: something to improve on, never a fact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Shoppers' reviews; untrusted text, never a fact.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reviews: Vec<String>,
    /// Texts that content must carry word for word, such as warnings: added as they are, never written by a model.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verbatim: Vec<String>,
    /// What differs between the product's variants.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<Variant>,
    /// Names of attributes that are for the shop alone: kept, and never shown to a model, written about or answered from.
    /// Names that the product does not have change nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub internal: Vec<String>,
    /// Name → what shoppers call the attribute, in the catalog's own language: `{"features_bags": "Features"}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Locale → what takes the place of the general texts in it; a locale that is not there takes the texts of another one of its
    /// language.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub localized: BTreeMap<Locale, Localized>,
    /// Facts that were read out of its prose. They are not the publisher's: no message states them, and no snapshot holds
    /// them; who loads a product adds them, where the settings want it.
    #[serde(skip)]
    pub derived: Vec<DerivedFact>,
}

impl Product {
    /// A product of which nothing but the key is known.
    #[must_use]
    pub fn bare(sku: Sku) -> Self {
        Self {
            sku,
            version: None,
            title: None,
            brand: None,
            gtin: None,
            category: Vec::new(),
            attributes: Attributes::default(),
            description: None,
            reviews: Vec::new(),
            verbatim: Vec::new(),
            variants: Vec::new(),
            internal: Vec::new(),
            labels: BTreeMap::new(),
            localized: BTreeMap::new(),
            derived: Vec::new(),
        }
    }

    /// The fact of a name that its prose states, where no attribute has that name.
    #[must_use]
    pub fn derived_fact(&self, name: &str) -> Option<&DerivedFact> {
        let stated = |name: &str| {
            let of_variants = self.variants.iter().flat_map(|variant| variant.attributes.iter());
            self.attributes.iter().chain(of_variants).any(|(stated, _)| stated == name)
        };
        self.derived.iter().find(|fact| fact.name == name).filter(|_| !stated(name))
    }

    /// Whether the two say the same; the number of a state says nothing of the product.
    #[must_use]
    pub fn same_facts(&self, other: &Self) -> bool {
        let Self {
            sku,
            version: _,
            title,
            brand,
            gtin,
            category,
            attributes,
            description,
            reviews,
            verbatim,
            variants,
            internal,
            labels,
            localized,
            derived: _,
        } = self;
        (sku, title, brand, gtin, category)
            == (&other.sku, &other.title, &other.brand, &other.gtin, &other.category)
            && (attributes, description, reviews) == (&other.attributes, &other.description, &other.reviews)
            && (verbatim, variants, internal) == (&other.verbatim, &other.variants, &other.internal)
            && (labels, localized) == (&other.labels, &other.localized)
    }
}

/// The name of verbatim texts among the facts.
pub const VERBATIM: &str = "verbatim";

/// One sellable variant of a product.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Variant {
    /// The variant's own key.
    pub sku: Sku,
    /// The attributes in which it differs.
    #[serde(default)]
    pub attributes: Attributes,
}

/// The facts of a product as one flat list of named values: what prompts show and checks match against.
///
/// Title, brand, GTIN and category come first, under those names; price and stock are not facts.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    entries: Vec<(String, Value)>,
    /// The same with the markup that their publisher wrote, where there is some: what digests are made of, for how markup
    /// is read changes with releases, and no text is to be written again for it.
    written: Option<Vec<(String, Value)>>,
    /// What shoppers call the attributes, by the names that these have.
    labels: BTreeMap<String, String>,
    /// Those of them that are read out of prose.
    derived: Vec<DerivedFact>,
    /// What was read from them once, for whoever checks texts against them.
    reading: Memo,
}

impl Facts {
    /// Everything that a publisher says of a product and that passes `keep` (by attribute name), in the publisher's order;
    /// what shoppers may know of it is [`InternalNames::facts`].
    ///
    /// [`InternalNames::facts`]: crate::internal::InternalNames::facts
    pub fn select(product: &Product, keep: impl FnMut(&str) -> bool) -> Self {
        Self::of_attributes(product, |_| true, keep)
    }

    /// The same without attributes that are not `public`, by the name that the publisher gave them.
    pub(crate) fn of_attributes(
        product: &Product,
        public: impl Fn(&str) -> bool,
        mut keep: impl FnMut(&str) -> bool,
    ) -> Self {
        let mut entries = Vec::with_capacity(product.attributes.len() + 4);
        let mut push = |name: &str, value: Value| {
            if keep(name) {
                entries.push((name.to_owned(), value));
            }
        };
        for (name, text) in [("title", &product.title), ("brand", &product.brand), ("gtin", &product.gtin)] {
            if let Some(text) = text.as_deref().filter(|text| !text.trim().is_empty()) {
                push(name, Value::Text(text.to_owned()));
            }
        }
        if !product.category.is_empty() {
            push("category", Value::List(product.category.iter().cloned().map(Value::Text).collect()));
        }
        for (name, value) in product.attributes.iter().filter(|(name, _)| public(name)) {
            push(name, value.clone());
        }
        // What an attribute states is never overruled by what prose says of it.
        let of_prose = product.derived.iter().filter(|fact| product.derived_fact(&fact.name) == Some(*fact));
        let derived: Vec<DerivedFact> = of_prose.filter(|fact| public(&fact.name)).cloned().collect();
        for fact in &derived {
            push(&fact.name, fact.value.clone());
        }
        if !product.verbatim.is_empty() {
            push(VERBATIM, Value::List(product.verbatim.iter().cloned().map(Value::Text).collect()));
        }
        for variant in &product.variants {
            for (name, value) in variant.attributes.iter().filter(|(name, _)| public(name)) {
                push(&format!("variant {}: {name}", variant.sku), value.clone());
            }
        }
        Self { derived, ..Self::of(entries).labelled(&product.labels) }
    }

    /// Facts with these names and values, in this order; markup is read as text, but for what must stand word for word.
    #[must_use]
    pub fn of(mut entries: Vec<(String, Value)>) -> Self {
        let written = entries
            .iter()
            .any(|(name, value)| name != VERBATIM && value.any_text(|text| text.contains(['<', '&'])))
            .then(|| entries.clone());
        if written.is_some() {
            rewrite(&mut entries, &|name, text| match markup::plain(text) {
                Cow::Owned(read) if name != VERBATIM => Some(read),
                _ => None,
            });
        }
        Self { entries, written, derived: Vec::new(), labels: BTreeMap::new(), reading: Memo::default() }
    }

    /// The same with every text as `write` leaves it, given the attribute's name; `None` leaves it as it is, and what is
    /// left empty is no fact any more.
    #[must_use]
    pub fn rewritten(mut self, write: impl Fn(&str, &str) -> Option<String>) -> Self {
        rewrite(&mut self.entries, &write);
        self.reading = Memo::default();
        if let Some(written) = &mut self.written {
            rewrite(written, &write);
        }
        self
    }

    /// The same with every attribute as `change` has it; what was written of it with markup goes with it.
    #[must_use]
    pub fn changed(mut self, mut change: impl FnMut(&str, &Value) -> Change) -> Self {
        let mut changes: Vec<(String, Change)> = Vec::new();
        for (name, value) in &self.entries {
            match change(name, value) {
                Change::None => {}
                change => changes.push((name.clone(), change)),
            }
        }
        if !changes.is_empty() {
            apply(&mut self.entries, &changes);
            if let Some(written) = &mut self.written {
                apply(written, &changes);
            }
        }
        self
    }

    /// The digest of the facts: equal for equal names and values, whatever the publisher's order of names.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut sorted: Vec<&(String, Value)> = self.written().iter().collect();
        sorted.sort_by_key(|(name, _)| name.as_str());
        // A value has one form each: lists keep their order, quantities their two fields.
        let bytes = serde_json::to_vec(&sorted).unwrap_or_default();
        if self.labels.is_empty() {
            return Digest::of(&[&bytes]);
        }
        Digest::of(&[&bytes, &serde_json::to_vec(&self.labels).unwrap_or_default()])
    }

    /// What `read` makes of them, made once.
    pub(crate) fn read_once<T: Any + Send + Sync>(&self, read: impl FnOnce() -> T) -> Option<&T> {
        self.reading.get_or_make(read)
    }

    /// How many bytes their texts have, about.
    #[must_use]
    pub fn text_bytes(&self) -> usize {
        self.entries.iter().map(|(name, value)| name.len() + value.text_bytes()).sum()
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.entries.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The digest of an attribute's value; `None` where there is no such attribute.
    #[must_use]
    pub fn value_digest(&self, name: &str) -> Option<Digest> {
        self.written().iter().find(|(known, _)| known == name).map(|(_, value)| digest(value))
    }

    /// The fact of a name, where it is read out of prose.
    #[must_use]
    pub fn derived(&self, name: &str) -> Option<&DerivedFact> {
        self.derived.iter().find(|fact| fact.name == name)
    }

    fn written(&self) -> &[(String, Value)] {
        self.written.as_deref().unwrap_or(&self.entries)
    }

    /// Whether an attribute of this name is among the facts.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.entries.iter().any(|(known, _)| known == name)
    }
}

/// What is to become of an attribute.
#[derive(Clone, Debug)]
pub enum Change {
    /// It stays as it is.
    None,
    /// It has this name and this value instead.
    Replace(String, Value),
    /// It goes.
    Remove,
}

fn apply(entries: &mut Vec<(String, Value)>, changes: &[(String, Change)]) {
    entries.retain_mut(|entry| match changes.iter().find(|(name, _)| *name == entry.0) {
        Some((_, Change::Replace(name, value))) => {
            *entry = (name.clone(), value.clone());
            true
        }
        Some((_, Change::Remove)) => false,
        Some((_, Change::None)) | None => true,
    });
}

/// Has every text written anew, and leaves out what is empty then.
fn rewrite(entries: &mut Vec<(String, Value)>, write: &impl Fn(&str, &str) -> Option<String>) {
    entries.retain_mut(|(name, value)| {
        value.rewrite(&|text| write(name, text));
        !value.is_blank()
    });
}

impl Serialize for Facts {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_read_as_text_and_the_digest_stays_that_of_what_was_written() {
        let product: Product = serde_json::from_str(
            r#"{"sku":"A","title":"Cool&trade;","attributes":{"notes":"<ul><li>soft</li></ul>","gap":"<br>"},"verbatim":["&copy; <b>Us</b>"]}"#,
        )
        .unwrap();
        let facts = Facts::select(&product, |_| true);
        let shown: Vec<String> = facts.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(shown, ["title=Cool™", "notes=soft", "verbatim=&copy; <b>Us</b>"]);
        // As releases before computed them.
        let notes = Value::Text("<ul><li>soft</li></ul>".to_owned());
        assert_eq!(facts.value_digest("notes"), Some(digest(&notes)));
        let mut entries: Vec<(String, Value)> =
            product.attributes.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect();
        entries.push(("title".to_owned(), Value::Text("Cool&trade;".to_owned())));
        entries.push((VERBATIM.to_owned(), Value::List(vec![Value::Text("&copy; <b>Us</b>".to_owned())])));
        entries.sort_by(|(left, _), (right, _)| left.cmp(right));
        assert_eq!(facts.digest(), Digest::of(&[&serde_json::to_vec(&entries).unwrap()]));
    }

    #[test]
    fn without_labels_and_locales_digests_and_stored_products_are_those_of_releases_before() {
        let catalog = include_str!("../../../../samples/catalog.jsonl");
        for line in catalog.lines() {
            let product: Product = serde_json::from_str(line).unwrap();
            let facts = Facts::select(&product, |_| true);
            let mut entries: Vec<&(String, Value)> = facts.written().iter().collect();
            entries.sort_by(|(left, _), (right, _)| left.cmp(right));
            assert_eq!(facts.digest(), Digest::of(&[&serde_json::to_vec(&entries).unwrap()]), "{line}");
            assert!(matches!(product.in_locale(&"de-DE".parse().unwrap()), Cow::Borrowed(_)), "{line}");
            let stored = serde_json::to_value(&product).unwrap();
            assert!(stored.get("labels").is_none() && stored.get("localized").is_none(), "{line}");
        }
        assert_eq!(catalog.lines().count(), 60);
    }

    #[test]
    fn a_label_is_a_part_of_the_facts_of_the_attributes_that_it_names() {
        let product: Product = serde_json::from_str(
            r#"{"sku":"A","attributes":{"volume":3,"cost":1},"variants":[{"sku":"A-1","attributes":{"colour":"red"}}],
                "labels":{"volume":"Capacity","cost":"Cost","colour":"Color","none":"Nothing"}}"#,
        )
        .unwrap();
        let bare = Product { labels: BTreeMap::new(), ..product.clone() };
        let select = |product: &Product| Facts::select(product, |name| name != "cost");
        let facts = select(&product);
        assert_eq!(facts.labels().keys().collect::<Vec<_>>(), ["colour", "volume"]);
        assert_eq!(facts.full_label("variant A-1: colour").as_deref(), Some("variant A-1: Color"));
        assert_ne!(facts.digest(), select(&bare).digest());
        assert_eq!(facts.value_digest("volume"), select(&bare).value_digest("volume"));
        assert!(facts.difference(&select(&bare)).is_some() && facts.difference(&facts.clone()).is_none());
        assert!(!product.same_facts(&bare));
    }

    #[test]
    fn the_order_of_attributes_does_not_change_the_facts_digest_and_any_value_does() {
        let digest = |attributes: &str| {
            let text = format!("{{\"sku\":\"A\",\"title\":\"Mug\",\"attributes\":{attributes}}}");
            let product: Product = serde_json::from_str(&text).unwrap();
            Facts::select(&product, |_| true).digest()
        };
        let base = digest(r#"{"material":"clay","volume":{"value":300,"unit":"ml"}}"#);
        assert_eq!(base, digest(r#"{"volume":{"unit":"ml","value":300},"material":"clay"}"#));
        assert_eq!(base, digest(r#"{"volume":{"value":300,"unit":"ml"},"material":"clay","unknown":null}"#));
        for other in [
            r#"{"material":"clay"}"#,
            r#"{"material":"clay","volume":"300 ml"}"#,
            r#"{"material":"glass","volume":{"value":300,"unit":"ml"}}"#,
        ] {
            assert_ne!(base, digest(other), "{other}");
        }
    }
}
