//! Amazon: messages of a `JSON_LISTINGS_FEED` that patch title, description and bullet points of listings.

use serde_json::{Value, json};

use super::column::{Cell, Column, Subject};
use super::content_kind::Content;
use super::left_out::LeftOut;
use super::options::ExportOptions;

/// What a feed begins with.
pub(super) fn head(options: &ExportOptions) -> Vec<u8> {
    let seller = options.set.get("seller_id").map(String::as_str).unwrap_or_default();
    let header = json!({ "sellerId": seller, "version": "2.0" });
    format!("{{\"header\":{header},\"messages\":[\n").into_bytes()
}

/// What a feed ends with.
pub(super) const TAIL: &str = "\n]}\n";

/// What the patches of one locale say, by attribute, in order.
struct LocalePatches {
    sku: String,
    product_type: String,
    values: Vec<(String, Vec<Value>)>,
}

/// A listing's message with the texts of every locale, and the locales whose texts it cannot have.
pub(super) fn message(
    columns: &[Column],
    subjects: &[Subject<'_>],
    options: &ExportOptions,
    id: u32,
) -> (Option<Vec<u8>>, Vec<LeftOut>) {
    let (mut patches, mut left_out): (Vec<LocalePatches>, Vec<LeftOut>) = (Vec::new(), Vec::new());
    for subject in subjects {
        match locale(columns, subject, options) {
            Ok(found) => patches.push(found),
            Err(refused) => left_out.push(refused),
        }
    }
    let Some(first) = patches.first() else { return (None, left_out) };
    let (sku, product_type) = (first.sku.clone(), first.product_type.clone());
    let mut joined: Vec<(String, Vec<Value>)> = Vec::new();
    for (name, values) in patches.into_iter().flat_map(|patch| patch.values) {
        match joined.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => known.extend(values),
            None => joined.push((name, values)),
        }
    }
    let patches = joined.into_iter().map(
        |(name, values)| json!({ "op": "replace", "path": format!("/attributes/{name}"), "value": values }),
    );
    let message = json!({
        "messageId": id, "sku": sku, "operationType": "PATCH", "productType": product_type,
        "patches": patches.collect::<Vec<_>>()
    });
    (Some(message.to_string().into_bytes()), left_out)
}

fn locale(
    columns: &[Column],
    subject: &Subject<'_>,
    options: &ExportOptions,
) -> Result<LocalePatches, LeftOut> {
    let tag = subject.texts.locale.as_str().replace('-', "_");
    let marketplace = options.set.get("marketplace_id").map(String::as_str).unwrap_or_default();
    let mut patches = LocalePatches { sku: String::new(), product_type: String::new(), values: Vec::new() };
    for column in columns {
        let Some(cell) = column.cell(subject, options)? else { continue };
        let texts = match (column.is, cell) {
            (Content::Sku, Cell::Text(sku)) => {
                patches.sku = sku;
                continue;
            }
            (Content::Attribute, Cell::Text(value)) if column.name == "product_type" => {
                patches.product_type = value;
                continue;
            }
            (Content::Set, _) => continue,
            (_, Cell::Text(text) | Cell::Made(text, _)) => vec![text],
            (_, Cell::List(texts)) => texts,
            (_, Cell::Questions(pairs)) => {
                pairs.iter().map(|pair| format!("{} {}", pair.question, pair.answer)).collect()
            }
        };
        let values = texts
            .into_iter()
            .map(|text| json!({ "value": text, "language_tag": tag, "marketplace_id": marketplace }));
        patches.values.push((column.name.clone(), values.collect()));
    }
    Ok(patches)
}
