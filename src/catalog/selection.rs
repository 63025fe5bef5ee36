//! Selections of stored products: `brand:Acme category:"Shoes > Boots" sku:AB* locale:de-DE`, as people type them.

use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use skuscribe_check::content::{Document, HeldEntry, State};
use skuscribe_check::product::{Locale, Product};

/// The fields that a selection may name, for messages.
const FIELDS: &str = "sku, brand, category, title, locale, finding, state, or updated<DATE, updated>DATE";

/// Terms that all have to hold; several of the same field are alternatives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    terms: Vec<(ProductField, String)>,
    locales: Vec<Locale>,
    findings: Vec<String>,
    states: Vec<State>,
    updated_before: Option<Timestamp>,
    updated_after: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ProductField {
    Sku,
    Brand,
    Category,
    Title,
}

impl Selection {
    /// The locales that it names; empty for those that a product is written in.
    #[must_use]
    pub fn locales(&self) -> &[Locale] {
        &self.locales
    }

    /// Whether the selection depends on what products are, and not on their documents alone.
    #[must_use]
    pub fn names_products(&self) -> bool {
        !self.terms.is_empty()
    }

    /// Whether the selection depends on documents, and not on products alone.
    #[must_use]
    pub fn needs_documents(&self) -> bool {
        !self.findings.is_empty()
            || !self.states.is_empty()
            || self.updated_before.is_some()
            || self.updated_after.is_some()
    }

    /// Whether a document is selected, with the entry of its draft that waits, if one does. A finding is named by its rule
    /// or the beginning of it; a document that has a draft waiting counts as held, whatever is published beside it.
    #[must_use]
    pub fn matches_document(&self, document: &Document, held: Option<&HeldEntry>) -> bool {
        let state = if document.held.is_some() { State::Held } else { document.state };
        let mut rules = document.findings.iter().chain(held.into_iter().flat_map(|held| &held.findings));
        (self.states.is_empty() || self.states.contains(&state))
            && self.updated_before.is_none_or(|before| document.updated_at < before)
            && self.updated_after.is_none_or(|after| document.updated_at >= after)
            && (self.findings.is_empty()
                || rules.any(|finding| self.findings.iter().any(|rule| finding.rule.starts_with(rule))))
    }

    /// Whether a product is selected.
    #[must_use]
    pub fn matches(&self, product: &Product) -> bool {
        [ProductField::Sku, ProductField::Brand, ProductField::Category, ProductField::Title].into_iter().all(
            |field| {
                let mut terms = self.terms.iter().filter(|(named, _)| *named == field).peekable();
                terms.peek().is_none() || terms.any(|(_, pattern)| field.matches(product, pattern))
            },
        )
    }
}

impl ProductField {
    fn matches(self, product: &Product, pattern: &str) -> bool {
        let is = |text: &str| like(&text.to_lowercase(), pattern);
        match self {
            Self::Sku => is(product.sku.as_str()),
            Self::Brand => product.brand.as_deref().is_some_and(is),
            Self::Title => product.title.as_deref().is_some_and(is),
            // A part of the path, or a path of several from its start on.
            Self::Category => {
                let parts: Vec<&str> = pattern.split('>').map(str::trim).collect();
                let path = |part: &String| part.to_lowercase();
                match parts.as_slice() {
                    [one] => product.category.iter().map(path).any(|part| like(&part, one)),
                    several => {
                        several.len() <= product.category.len()
                            && several.iter().zip(&product.category).all(|(one, part)| like(&path(part), one))
                    }
                }
            }
        }
    }
}

/// Whether a text is what a pattern says; `*` stands for anything, at either end.
fn like(text: &str, pattern: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(_), Some(_)) => text.contains(pattern.trim_matches('*')),
        (Some(end), None) => text.ends_with(end),
        (None, Some(start)) => text.starts_with(start),
        (None, None) => text == pattern,
    }
}

impl FromStr for Selection {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut selection = Self::default();
        for term in terms(text)? {
            match term.strip_prefix("updated") {
                Some(rest) => selection.add_time(&term, rest)?,
                None => selection.add_field(&term)?,
            }
        }
        Ok(selection)
    }
}

impl Selection {
    /// Adds a term such as `updated<2026-10-01`, with what stands behind the word.
    fn add_time(&mut self, term: &str, rest: &str) -> Result<(), String> {
        let day = |date: &str| -> Result<Timestamp, String> {
            let date: Date =
                date.parse().map_err(|error| format!("{term:?}: {error}; write updated<2026-10-01"))?;
            let midnight = date.to_datetime(jiff::civil::Time::midnight());
            TimeZone::UTC.to_timestamp(midnight).map_err(|error| format!("{term:?}: {error}"))
        };
        match rest.split_at_checked(1) {
            Some(("<", date)) => self.updated_before = Some(day(date)?),
            Some((">", date)) => self.updated_after = Some(day(date)?),
            _ => {
                return Err(format!("{term:?} is no term; write updated<2026-10-01 or updated>2026-10-01"));
            }
        }
        Ok(())
    }

    /// Adds a term such as `brand:Acme`.
    fn add_field(&mut self, term: &str) -> Result<(), String> {
        let (field, value) = term
            .split_once(':')
            .ok_or_else(|| format!("{term:?} is no term; write field:value, with one of {FIELDS}"))?;
        if value.is_empty() {
            return Err(format!("{term:?} has no value; write {field}:value"));
        }
        let field = match field {
            "locale" => {
                self.locales.push(value.parse().map_err(|error| format!("{term:?}: {error}"))?);
                return Ok(());
            }
            "finding" => {
                self.findings.push(value.to_owned());
                return Ok(());
            }
            "state" => {
                self.states.push(match value {
                    "published" => State::Published,
                    "held" => State::Held,
                    _ => return Err(format!("{term:?}: a state is published or held")),
                });
                return Ok(());
            }
            "sku" => ProductField::Sku,
            "brand" => ProductField::Brand,
            "category" => ProductField::Category,
            "title" => ProductField::Title,
            other => {
                return Err(format!("there is no field {other:?} to select by; write one of {FIELDS}"));
            }
        };
        self.terms.push((field, value.to_lowercase()));
        Ok(())
    }
}

/// The terms, separated by spaces outside of quotes; quotes are taken away.
fn terms(text: &str) -> Result<Vec<String>, String> {
    let (mut terms, mut term, mut quoted) = (Vec::new(), String::new(), false);
    for character in text.chars() {
        match character {
            '"' => quoted = !quoted,
            _ if character.is_whitespace() && !quoted => {
                if !term.is_empty() {
                    terms.push(std::mem::take(&mut term));
                }
            }
            _ => term.push(character),
        }
    }
    if quoted {
        return Err(format!("{text:?}: a quote is not closed"));
    }
    if !term.is_empty() {
        terms.push(term);
    }
    Ok(terms)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selects(selection: &str) -> bool {
        let product: Product = serde_json::from_value(serde_json::json!({
            "sku": "AB-17", "brand": "Acme", "title": "Winter boots, brown", "category": ["Shoes", "Boots"]
        }))
        .unwrap();
        selection.parse::<Selection>().unwrap().matches(&product)
    }

    #[test]
    fn terms_of_different_fields_all_have_to_hold_and_those_of_one_are_alternatives() {
        for selection in [
            "",
            "brand:acme",
            "sku:AB*",
            "brand:Other brand:Acme",
            "category:boots",
            "category:\"Shoes > Boots\" brand:Acme",
            "title:*boots*",
            "title:*brown",
            "locale:de-DE",
        ] {
            assert!(selects(selection), "{selection}");
        }
        for selection in
            ["brand:Acm", "sku:B*", "category:\"Boots > Shoes\"", "brand:Acme sku:X", "title:boots"]
        {
            assert!(!selects(selection), "{selection}");
        }
    }

    #[test]
    fn what_is_no_selection_is_refused_with_what_to_write() {
        for (text, part) in [
            ("colour:red", "sku, brand"),
            ("shoes", "field:value"),
            ("brand:", "no value"),
            ("brand:\"Acme", "not closed"),
            ("locale:de_xx_yy_zz_1", "locale"),
            ("updated=2026-10-01", "updated<"),
            ("updated<yesterday", "updated<2026-10-01"),
            ("state:gone", "published or held"),
        ] {
            let error = text.parse::<Selection>().unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
