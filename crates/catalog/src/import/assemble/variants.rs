//! The variants of a product: their keys, their options, what they differ in.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::parts::Parts;
use super::{Assembler, clean};
use crate::import::Complaint;
use crate::import::format::{Holds, Layout};
use crate::import::json::draft::{Draft, VariantDraft};
use crate::import::json::value::Said;
use crate::import::pairs::{linked_variants, pairs, value};
use crate::import::row::Row;
use crate::import::variants::hand_over;

impl Assembler<'_> {
    #[expect(clippy::too_many_arguments, reason = "what a product and its variants share")]
    pub(super) fn variants(
        &self,
        sku: &str,
        base: &Row,
        is_group: bool,
        parts: &Parts<'_>,
        draft: &mut Draft,
        extra: &mut Map<String, Value>,
        warnings: &mut Vec<Complaint>,
    ) {
        let links =
            self.columns.of(Holds::Links).map(|index| linked_variants(base.cell(index))).unwrap_or_default();
        let mut internal: Vec<String> = Vec::new();
        for (name, _, visible) in self.row_attributes(base) {
            if !visible && !internal.contains(&name) {
                internal.push(name);
            }
        }
        let mut variants: Vec<(VariantDraft, String)> = Vec::new();
        let mut skus: HashSet<String> = HashSet::new();
        for row in &parts.variants {
            let options = self.options(base, row, &links);
            let own = match self.layout() {
                Layout::Grouped => self.cell(row, Holds::VariantSku),
                _ if self.cell(row, Holds::Sku).is_empty() => self.cell(row, Holds::Id),
                _ => self.cell(row, Holds::Sku),
            };
            let sku = if own.is_empty() { slug(sku, &options, variants.len()) } else { clean(own) };
            if !skus.insert(sku.clone()) {
                let rule = "another row of the product has the same variant; the first one counts";
                let complaint = Complaint::new(row.number, rule, "give each variant a key of its own");
                warnings.push(complaint.at(self.columns.name_of(Holds::VariantSku)).seeing(&sku));
                continue;
            }
            let mut variant = VariantDraft { sku, attributes: Vec::new() };
            for (name, value) in options {
                variant.attributes.push((name, vec![(None, value)]));
            }
            if self.layout() == Layout::Grouped {
                self.variant_attributes(row, &mut variant);
            } else {
                for (name, said, _) in self.row_attributes(row) {
                    if !variant.attributes.iter().any(|(known, _)| known.eq_ignore_ascii_case(&name)) {
                        variant.attributes.push((name, said));
                    }
                }
            }
            let gtin = match self.layout() {
                Layout::Grouped => self.columns.of(Holds::VariantGtin),
                _ => self.columns.of(Holds::Gtin),
            };
            let gtin = gtin.map(|index| (index, clean(row.cell(index)))).filter(|(_, text)| !text.is_empty());
            let mut own = Map::new();
            if let Some((index, text)) = gtin {
                self.gtin(row, index, &text, &mut own, warnings);
            }
            let gtin = own.get("gtin").and_then(Value::as_str).unwrap_or_default().to_owned();
            variants.push((variant, gtin));
        }
        // A product without options is one variant to platforms, and none to shoppers.
        if let [(variant, gtin)] = variants.as_mut_slice()
            && (variant.attributes.is_empty() || self.layout() == Layout::Grouped)
            && !self.has_options(base, parts.variants.first().copied().unwrap_or(base))
        {
            for (name, said) in std::mem::take(&mut variant.attributes) {
                draft.attribute(&name, said);
            }
            if !gtin.is_empty() {
                extra.entry("gtin").or_insert_with(|| json!(gtin));
            }
            variants.clear();
        }
        // Of a group of one the GTIN is the product's.
        if let ([(_, gtin)], true) = (variants.as_slice(), is_group)
            && !gtin.is_empty()
        {
            extra.entry("gtin").or_insert_with(|| json!(gtin));
        }
        let stated: Vec<(String, Said)> = if is_group {
            Vec::new()
        } else {
            self.row_attributes(base).into_iter().map(|(name, said, _)| (name, said)).collect()
        };
        let variants = variants.into_iter().map(|(variant, _)| variant).collect();
        warnings.extend(hand_over(base.number, is_group, &stated, variants, draft));
        if !internal.is_empty() {
            extra.insert("internal".to_owned(), json!(internal));
        }
    }

    fn has_options(&self, base: &Row, row: &Row) -> bool {
        !self.options(base, row, &[]).is_empty()
    }

    /// The options of a variant; their names stand in its product's row where its own has none.
    fn options(
        &self,
        base: &Row,
        row: &Row,
        links: &[(String, Vec<(String, String)>)],
    ) -> Vec<(String, Value)> {
        let mut options: Vec<(String, Value)> = Vec::new();
        for ((is_option, _), columns) in &self.columns.numbered {
            let (true, Some(name), Some(index)) = (is_option, columns.name, columns.value) else { continue };
            let value = clean(row.cell(index));
            let name = Some(clean(row.cell(name)))
                .filter(|name| !name.is_empty())
                .unwrap_or_else(|| clean(base.cell(name)));
            if value.is_empty() || self.format.rows.no_option.contains(&value.to_lowercase()) {
                continue;
            }
            options.push((if name.is_empty() { "option".to_owned() } else { name }, json!(value)));
        }
        let paired = self.columns.held.iter().enumerate().filter(|(_, held)| held.is == Holds::OptionPairs);
        for (index, held) in paired {
            options.extend(option_pairs(row.cell(index), &held.pairs.0, &held.pairs.1));
        }
        if options.is_empty() && self.columns.of(Holds::Kind).is_some() && self.layout() == Layout::Sectioned
        {
            // The old export names a variant's options in its name: "[S]Size=L,[RB]Color=Red".
            let name = self.cell(row, Holds::Title);
            options.extend(pairs(name, ",", "=").into_iter().map(|(name, value)| {
                let name = name.rsplit(']').next().unwrap_or(&name).trim().to_owned();
                (name, json!(value))
            }));
        }
        let sku = self.cell(row, Holds::Sku);
        if let Some((_, linked)) = links.iter().find(|(known, _)| known.eq_ignore_ascii_case(sku)) {
            options.extend(linked.iter().map(|(name, value)| (name.clone(), json!(value))));
        }
        options
    }

    fn variant_attributes(&self, row: &Row, variant: &mut VariantDraft) {
        for (index, held) in self.columns.held.iter().enumerate() {
            if held.is == Holds::VariantAttribute
                && let Some(value) = value(&clean(row.cell(index)), held, held.unit.as_deref())
            {
                variant.attributes.push((held.name.clone(), vec![(held.locale.clone(), value)]));
            }
        }
    }
}

/// Options of the new `BigCommerce` export: `Type=Rectangle|Name=Size|Value=Small`.
fn option_pairs(cell: &str, between: &str, equals: &str) -> Vec<(String, Value)> {
    let mut options: Vec<(String, Value)> = Vec::new();
    let mut name = None;
    for (key, text) in pairs(cell, between, equals) {
        match key.to_lowercase().as_str() {
            "name" => name = Some(text),
            "value" => {
                if let Some(name) = name.take() {
                    options.push((name, json!(text)));
                }
            }
            "type" => {}
            _ => options.push((key, json!(text))),
        }
    }
    options
}

/// A key for a variant that has none.
fn slug(sku: &str, options: &[(String, Value)], count: usize) -> String {
    let values = options.iter().filter_map(|(_, value)| value.as_str());
    let words: Vec<String> = values
        .flat_map(|value| value.split(|c: char| !c.is_alphanumeric()))
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    if words.is_empty() { format!("{sku}-{}", count + 1) } else { format!("{sku}-{}", words.join("-")) }
}
