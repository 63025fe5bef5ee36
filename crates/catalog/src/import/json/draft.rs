//! A product as it is put together: every value with its locale, until it is known which locale is the catalog's own.

use serde_json::{Map, Value, json};

use super::value::{Said, add};

/// Longest name of an attribute, in characters, as of a message.
const NAME_CHARS_MAX: usize = 200;
/// Most attributes that are collected; a message has fewer, and says so.
const ATTRIBUTES_MAX: usize = 2000;

/// A product in the making.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    fields: Vec<(&'static str, Said)>,
    attributes: Vec<(String, Said)>,
    labels: Vec<(String, Said)>,
    variants: Vec<VariantDraft>,
}

/// A variant in the making.
#[derive(Debug, Default)]
pub(crate) struct VariantDraft {
    /// Its key.
    pub(crate) sku: String,
    /// What it differs in.
    pub(crate) attributes: Vec<(String, Said)>,
}

impl Draft {
    /// Sets a field of the product.
    pub(crate) fn set(&mut self, field: &'static str, said: Said) {
        match self.fields.iter_mut().find(|(known, _)| *known == field) {
            Some((_, known)) => known.extend(said),
            None if !said.is_empty() => self.fields.push((field, said)),
            None => {}
        }
    }

    /// Adds what a field is in a locale.
    pub(crate) fn localize(&mut self, field: &'static str, locale: &str, value: Value) {
        let said = (Some(locale.to_owned()), value);
        match self.fields.iter_mut().find(|(known, _)| *known == field) {
            Some((_, known)) => known.push(said),
            None => self.fields.push((field, vec![said])),
        }
    }

    /// Adds an attribute; values of one name become a list.
    pub(crate) fn attribute(&mut self, name: &str, said: Said) {
        put(&mut self.attributes, name, said);
    }

    /// Sets what shoppers call an attribute, where that is another word than its name.
    pub(crate) fn label(&mut self, name: &str, said: Said) {
        let Some(name) = clean(name) else { return };
        let said: Said = said.into_iter().filter(|(_, label)| *label != json!(name)).collect();
        if !said.is_empty() && !self.labels.iter().any(|(known, _)| *known == name) {
            self.labels.push((name, said));
        }
    }

    /// The attributes, those of the variants included.
    pub(crate) fn attributes_mut(&mut self) -> impl Iterator<Item = (&String, &mut Said)> {
        let variants = self.variants.iter_mut().flat_map(|variant| &mut variant.attributes);
        self.attributes.iter_mut().chain(variants).map(|(name, said)| (&*name, said))
    }

    /// Adds a variant.
    pub(crate) fn variant(&mut self, variant: VariantDraft) {
        self.variants.push(variant);
    }

    /// The variants so far.
    pub(crate) fn variants(&self) -> &[VariantDraft] {
        &self.variants
    }

    /// Moves what all variants say alike to the product.
    pub(crate) fn hoist(&mut self) {
        let Some(first) = self.variants.first() else { return };
        let shared: Vec<(String, Said)> = first
            .attributes
            .iter()
            .filter(|entry| self.variants.iter().all(|variant| variant.attributes.contains(entry)))
            .cloned()
            .collect();
        for variant in &mut self.variants {
            variant.attributes.retain(|entry| !shared.contains(entry));
        }
        for (name, said) in shared {
            put(&mut self.attributes, &name, said);
        }
    }

    /// The locales that something is said in, in order of appearance.
    pub(crate) fn locales(&self) -> Vec<String> {
        let mut locales: Vec<String> = Vec::new();
        let all =
            self.fields.iter().map(|(_, said)| said).chain(self.attributes.iter().map(|(_, said)| said));
        for locale in all.flatten().filter_map(|(locale, _)| locale.as_ref()) {
            if !locales.contains(locale) {
                locales.push(locale.clone());
            }
        }
        locales
    }

    /// The product, with `base` as the catalog's own locale: the texts of the others stand under `localized`.
    pub(crate) fn finish(mut self, sku: &str, base: Option<&str>) -> Map<String, Value> {
        let mut locales = self.locales();
        // A product that says nothing in the catalog's own locale is written in the first that it has.
        let base = base.filter(|base| locales.iter().any(|locale| locale == base)).map(str::to_owned);
        let is_general = |(locale, _): &(Option<String>, Value)| locale.is_none();
        let general =
            self.fields.iter().any(|(field, said)| *field == "title" && said.iter().any(is_general));
        let base = base.or_else(|| locales.first().filter(|_| !general).cloned());
        locales.sort_by_key(|locale| Some(locale) != base.as_ref());

        let mut product = Map::new();
        product.insert("sku".to_owned(), json!(sku));
        for (field, said) in &self.fields {
            if let Some(value) = of(said, base.as_ref(), false) {
                product.insert((*field).to_owned(), value);
            }
        }
        insert(&mut product, "attributes", values(&self.attributes, base.as_ref(), false));
        insert(&mut product, "labels", values(&self.labels, base.as_ref(), false));
        // A single variant without anything of its own is the product.
        if self.variants.len() == 1 {
            self.variants.retain(|variant| variant.sku != sku || !variant.attributes.is_empty());
        }
        let variants: Vec<Value> = self
            .variants
            .iter()
            .map(|variant| {
                json!({ "sku": variant.sku, "attributes": values(&variant.attributes, base.as_ref(), false) })
            })
            .collect();
        if !variants.is_empty() {
            product.insert("variants".to_owned(), Value::Array(variants));
        }
        let mut localized = Map::new();
        for locale in locales.iter().filter(|locale| Some(*locale) != base.as_ref()) {
            let mut texts = Map::new();
            for field in ["title", "description", "category"] {
                let said = self.fields.iter().find(|(known, _)| *known == field);
                if let Some(value) = said.and_then(|(_, said)| of(said, Some(locale), true)) {
                    texts.insert(field.to_owned(), value);
                }
            }
            insert(&mut texts, "attributes", values(&self.attributes, Some(locale), true));
            insert(&mut texts, "labels", values(&self.labels, Some(locale), true));
            insert(&mut localized, locale, texts);
        }
        insert(&mut product, "localized", localized);
        // Which locale general texts are in is not known: those that are asked for elsewhere are written.
        if !locales.is_empty() && !general {
            product.insert("locales".to_owned(), json!(locales));
        }
        product
    }
}

fn insert(into: &mut Map<String, Value>, key: &str, fields: Map<String, Value>) {
    if !fields.is_empty() {
        into.insert(key.to_owned(), Value::Object(fields));
    }
}

/// What is said in a locale; where it need not be `only` there, what holds in all serves as well.
fn of(said: &Said, locale: Option<&String>, only: bool) -> Option<Value> {
    let own = said.iter().find(|(known, _)| known.is_some() && known.as_ref() == locale);
    let common = || said.iter().find(|(known, _)| known.is_none() && !only);
    own.or_else(common).map(|(_, value)| value.clone())
}

fn values(entries: &[(String, Said)], locale: Option<&String>, only: bool) -> Map<String, Value> {
    entries.iter().filter_map(|(name, said)| Some((name.clone(), of(said, locale, only)?))).collect()
}

/// Adds values to those of a name.
pub(crate) fn put(entries: &mut Vec<(String, Said)>, name: &str, said: Said) {
    let Some(name) = clean(name) else { return };
    if said.is_empty() {
        return;
    }
    let has_room = entries.len() < ATTRIBUTES_MAX;
    match entries.iter_mut().find(|(known, _)| *known == name) {
        Some((_, known)) => {
            for (locale, value) in said {
                if !known.contains(&(locale.clone(), value.clone())) {
                    add(known, locale, value);
                }
            }
        }
        None if has_room => entries.push((name, said)),
        None => {}
    }
}

/// A name without control characters, within limits; `None` for none.
fn clean(name: &str) -> Option<String> {
    let name: String =
        name.trim().trim_end_matches(':').chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect();
    (!name.trim().is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_both(en: &str, de: &str) -> Said {
        vec![(Some("en-US".to_owned()), json!(en)), (Some("de-DE".to_owned()), json!(de))]
    }

    #[test]
    fn one_locale_is_the_catalogs_own_and_the_others_stand_beside_it() {
        let draft = || {
            let mut draft = Draft::default();
            draft.set("title", in_both("Mug", "Becher"));
            draft.set("brand", vec![(None, json!("Acme"))]);
            draft.attribute("colour", in_both("red", "rot"));
            draft.attribute("volume", vec![(None, json!(300))]);
            draft.label("colour", in_both("Colour", "Farbe"));
            draft
        };
        let german = Value::Object(draft().finish("A1", Some("de-DE")));
        assert_eq!(
            german,
            json!({
                "sku": "A1", "title": "Becher", "brand": "Acme",
                "attributes": { "colour": "rot", "volume": 300 }, "labels": { "colour": "Farbe" },
                "localized": { "en-US": { "title": "Mug", "attributes": { "colour": "red" }, "labels": { "colour": "Colour" } } },
                "locales": ["de-DE", "en-US"],
            })
        );
        let first = draft().finish("A1", Some("fr-FR"));
        assert_eq!(first["title"], "Mug");
    }

    #[test]
    fn what_all_variants_say_is_the_products() {
        let mut draft = Draft::default();
        for (sku, size) in [("A", "S"), ("B", "M")] {
            let said = |value: &str| vec![(None, json!(value))];
            let attributes = vec![("size".to_owned(), said(size)), ("fabric".to_owned(), said("wool"))];
            draft.variant(VariantDraft { sku: sku.to_owned(), attributes });
        }
        draft.hoist();
        let product = draft.finish("P", None);
        assert_eq!(product["attributes"], json!({ "fabric": "wool" }));
        assert_eq!(product["variants"][1], json!({ "sku": "B", "attributes": { "size": "M" } }));
    }
}
