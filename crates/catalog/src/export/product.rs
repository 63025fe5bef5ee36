//! A product as an export sees it.

use skuscribe_check::product::{Product, Value, Variant};

use super::clean::clean;

/// A product with what shoppers may know of it.
#[derive(Clone, Copy, Debug)]
pub struct ExportProduct<'a> {
    /// The product as its publisher states it: a column that names an attribute takes it from here.
    pub stated: &'a Product,
    /// The same without internal attributes: variants and categories come from here.
    pub public: &'a Product,
}

impl<'a> ExportProduct<'a> {
    /// Its key.
    pub(super) fn sku(&self) -> &'a str {
        self.stated.sku.as_str()
    }

    /// The first of these attributes that it has, as text.
    pub(super) fn attribute(&self, names: &[String], variant: Option<&Variant>) -> Option<String> {
        let own = variant.map(|variant| &variant.attributes);
        own.into_iter().chain([&self.stated.attributes]).find_map(|attributes| {
            names.iter().find_map(|name| {
                let (_, value) = attributes.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
                Some(clean(&value.to_string())).filter(|text| !text.is_empty())
            })
        })
    }

    /// The attributes in which its variants differ, with this variant's values; nothing internal.
    pub(super) fn options(&self, variant: &Variant) -> Vec<(&'a str, String)> {
        let Some(public) = self.public.variants.iter().find(|known| known.sku == variant.sku) else {
            return Vec::new();
        };
        let differs = |name: &str, value: &Value| {
            self.public.variants.iter().any(|other| {
                other.attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
                    != Some(value)
            })
        };
        let options = public.attributes.iter().filter(|(name, value)| differs(name, value));
        options
            .map(|(name, value)| (name, clean(&value.to_string())))
            .filter(|(_, value)| !value.is_empty())
            .collect()
    }
}
