//! The variants of an item.

use serde_json::{Value, json};

use super::attributes::tops;
use super::{Mapper, key_at};
use crate::import::gtin_fault;
use crate::import::json::draft::{Draft, VariantDraft, put};
use crate::import::json::format::{Options, Rest, Variants};
use crate::import::json::path::{Path, elements};
use crate::import::json::value::{Said, as_text};

impl Mapper {
    pub(super) fn variants(&mut self, rule: &Variants, item: &Value, draft: &mut Draft) {
        let found: Vec<&Value> =
            rule.from.iter().flat_map(|path| path.find(item)).flat_map(elements).collect();
        // A variant that is only pointed to is another item, and an object around the variants is none.
        let says = |variant: &&Value| {
            variant.as_object().is_some_and(|fields| {
                fields.iter().any(|(key, value)| {
                    !key.starts_with('@')
                        && !matches!(value, Value::Object(_) | Value::Array(_) | Value::Null)
                })
            })
        };
        let mut gtins: Vec<Option<String>> = Vec::new();
        for variant in found.into_iter().filter(says) {
            let mut attributes: Vec<(String, Said)> = Vec::new();
            if let Some(Options { names, keys }) = &rule.options {
                let names: Vec<String> = names.find(item).into_iter().filter_map(as_text).collect();
                for (place, key) in keys.iter().enumerate() {
                    let value = variant.get(key).filter(|value| !value.is_null());
                    let Some(value) = value else { continue };
                    let name = names.get(place).cloned().unwrap_or_else(|| key.clone());
                    put(&mut attributes, &name, self.format.localized.read(value, &mut self.scope));
                }
            }
            let mut used: Vec<&str> = rule.sku.iter().map(Path::top).collect();
            used.extend(rule.attributes.iter().flat_map(tops));
            for rule in &rule.attributes {
                let mut labels: Vec<(String, Said)> = Vec::new();
                self.attributes(
                    rule,
                    variant,
                    &mut |entries, name, label, said| {
                        labels.push((name.to_owned(), label));
                        put(entries, name, said);
                    },
                    &mut attributes,
                );
                for (name, label) in labels {
                    draft.label(&name, label);
                }
            }
            if rule.rest == Rest::Attributes {
                self.rest(variant, &used, rule.rest, &rule.plumbing, &mut attributes);
            }
            attributes.retain(|(_, said)| {
                !said.iter().any(|(_, value)| {
                    value.as_str().is_some_and(|text| rule.no_option.iter().any(|none| none == text))
                })
            });
            let sku = rule.sku.iter().find_map(|path| key_at(path, variant));
            gtins.push(rule.gtin.iter().find_map(|path| key_at(path, variant)));
            // Without a key of its own it is told from the others by its place.
            let sku = sku.unwrap_or_else(|| format!("{}", draft.variants().len() + 1));
            draft.variant(VariantDraft { sku, attributes });
        }
        if rule.hoist {
            draft.hoist();
        }
        if let [Some(gtin)] = gtins.as_slice()
            && gtin_fault(gtin).is_none()
        {
            draft.set("gtin", vec![(None, json!(gtin))]);
        }
    }
}
