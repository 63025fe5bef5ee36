//! What the variants of a product share, and what they differ in.

use serde_json::Value;

use super::Complaint;
use super::json::draft::{Draft, VariantDraft};
use super::json::value::Said;

/// Most attributes that variants of a product have together: a message has at most 500, those of the product included.
const VARIANT_ATTRIBUTES_MAX: usize = 400;
/// Most variants, as a message may have.
const VARIANTS_MAX: usize = 500;
/// Of a group without a title the words that all titles begin with name the product, where they are half of the
/// shortest.
const COMMON_TITLE_SHARE: usize = 2;

/// Lifts what variants share to the product, and lists there what they differ in.
pub(super) fn hand_over(
    row: u64,
    is_group: bool,
    stated: &[(String, Said)],
    variants: Vec<VariantDraft>,
    draft: &mut Draft,
) -> Option<Complaint> {
    let mut names: Vec<String> = Vec::new();
    for (name, _) in variants.iter().flat_map(|variant| &variant.attributes) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    let mut shared: Vec<String> = Vec::new();
    for name in &names {
        let said: Vec<Option<&Said>> = variants
            .iter()
            .map(|variant| variant.attributes.iter().find(|(known, _)| known == name).map(|(_, said)| said))
            .collect();
        let of_product = stated.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        let first = said.first().copied().flatten();
        if first.is_some() && said.iter().all(|said| *said == first) && (is_group || variants.len() > 1) {
            shared.push(name.clone());
            if let (None, Some(first)) = (of_product, first) {
                draft.attribute(name, first.clone());
            }
            continue;
        }
        if of_product.is_some() {
            continue;
        }
        let mut values: Vec<Value> = Vec::new();
        for (_, value) in said.into_iter().flatten().flatten() {
            if value.is_string() && !values.contains(value) {
                values.push(value.clone());
            }
        }
        let list = match values.len() {
            0 => continue,
            1 => values.pop().unwrap_or_default(),
            _ => Value::Array(values),
        };
        draft.attribute(name, vec![(None, list)]);
    }
    let (count, mut used, mut told) = (variants.len(), 0, 0);
    for mut variant in variants {
        variant.attributes.retain(|(name, said)| {
            !shared.contains(name) && !stated.iter().any(|(known, other)| known == name && other == said)
        });
        used += variant.attributes.len();
        if used > VARIANT_ATTRIBUTES_MAX || told >= VARIANTS_MAX {
            let rule = format!("of {count} variants {told} are told apart; the options of all are listed");
            return Some(Complaint::new(row, rule, ""));
        }
        told += 1;
        draft.variant(variant);
    }
    None
}

/// The words that all titles begin with, where they are enough of the shortest; else the first title.
pub(super) fn common_title(titles: &[&str]) -> String {
    let Some((first, others)) = titles.split_first() else { return String::new() };
    let mut common: Vec<&str> = first.split_whitespace().collect();
    for other in others {
        let same =
            common.iter().zip(other.split_whitespace()).take_while(|(left, right)| **left == *right).count();
        common.truncate(same);
    }
    let shortest = titles.iter().map(|title| title.split_whitespace().count()).min().unwrap_or_default();
    if common.len() * COMMON_TITLE_SHARE >= shortest.max(1) && !common.is_empty() {
        return common.join(" ").trim_end_matches([',', '-', '–', '|', '/', ' ']).to_owned();
    }
    (*first).to_owned()
}
