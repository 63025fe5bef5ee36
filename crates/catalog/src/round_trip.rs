//! What exports write is read back as what it is: keys, titles, descriptions, GTINs and variants are those that went out.

use std::collections::BTreeMap;
use std::path::Path;

use crate::export::{ExportOptions, ExportProduct, Exporter, FieldMap, Texts, find, formats};
use crate::import::input::InputFile;
use crate::import::reader::{Import, ImportOptions};
use serde_json::{Map, Value, json};
use skuscribe_check::content::Document;
use skuscribe_check::product::{Digest, Product};

const TITLE: &str = "-20 °C \"Arctic\" Top & Co";
const BODY: &str = "Soft \"cotton\" & 5 > 4: it's warm ☕.";

fn texts(title: &str, locale: &str) -> Texts {
    let digest = Digest::of(&[b"x"]).to_string();
    let recipe = json!({ "fingerprint": digest, "facts": digest, "policy": digest, "provenance": {
        "model": "m", "provider": "https://model.example", "recipe_version": "1",
        "usage": { "input_tokens": 1, "cached_tokens": 0, "output_tokens": 1 }, "calls": 1, "cost": 0.5,
        "generated_at": "2026-11-20T00:00:00Z", "worker_version": "0.1.0", "message_id": "m", "operation": digest,
        "digital_source_type": "trained_algorithmic_media"
    } });
    let document: Document = serde_json::from_value(json!({
        "schema": "content.v1", "sku": "any", "locale": locale, "state": "published", "revision": 3,
        "updated_at": "2026-11-20T00:00:00Z",
        "recipes": { "description": recipe, "seo": recipe, "faq": recipe },
        "content": {
            "description": { "title": title, "body": [BODY, "Made to last."], "bullets": ["100% cotton"] },
            "seo": { "meta_title": "Top | Acme", "meta_description": "A top, of cotton." },
            "faq": { "entries": [{ "question": "Is it \"cotton\"?", "answer": "Yes: all of it." }] }
        }
    }))
    .unwrap();
    Texts::of(&document, &FieldMap::built_in().unwrap(), &[])
}

fn products() -> Vec<Product> {
    let common = json!({
        "url": "https://shop.example/p", "image_link": "https://shop.example/p.jpg", "availability": "in_stock",
        "price": 9.5, "currency": "EUR", "product_type": "SHIRT"
    });
    let of = |value: Value| serde_json::from_value(value).unwrap();
    vec![
        of(json!({
            "sku": "top-1", "brand": "Acme", "category": ["Tops", "Shirts"], "attributes": common,
            "variants": [
                { "sku": "top-1-s", "attributes": { "size": "S" } }, { "sku": "top-1-m", "attributes": { "size": "M" } }
            ]
        })),
        of(json!({ "sku": "mug-1", "brand": "Acme", "gtin": "4006381333931", "attributes": common })),
    ]
}

/// What an export writes of the products, in one locale or two.
fn exported(format: &str, locales: &[&str], title: &str) -> Vec<u8> {
    let mut options = ExportOptions::built_in().unwrap();
    let stated: &[(&str, &str)] = match format {
        "amazon" => &[("seller_id", "A1"), ("marketplace_id", "M1")],
        "openai" | "openai-csv" => {
            &[("seller_name", "Acme"), ("is_eligible_search", "true"), ("is_eligible_checkout", "false")]
        }
        _ => &[],
    };
    options.set = stated.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let mut exporter = Exporter::new(find(format).unwrap(), options).unwrap();
    let framing = exporter.framing();
    let mut bytes = framing.head;
    let mut is_first = true;
    for product in products() {
        let texts: Vec<Texts> = locales.iter().map(|locale| texts(title, locale)).collect();
        let (records, left_out) =
            exporter.records(ExportProduct { stated: &product, public: &product }, &texts);
        assert!(left_out.is_empty(), "{format}: {left_out:?}");
        for record in records {
            if !is_first {
                bytes.extend(framing.between);
            }
            is_first = false;
            bytes.extend(record);
        }
    }
    bytes.extend(framing.tail);
    bytes
}

/// The format that a file is read as, its products by key, and what is said of it.
fn read(bytes: &[u8]) -> (String, BTreeMap<String, Map<String, Value>>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog");
    std::fs::write(&path, bytes).unwrap();
    let file = InputFile::open(&path).unwrap();
    let import = Import::open(&file, &ImportOptions::default(), Path::new("/nonexistent")).unwrap();
    let mut said: Vec<String> = import.shape.warnings.iter().map(ToString::to_string).collect();
    let mut products = BTreeMap::new();
    for entry in import.entries {
        match entry.unwrap() {
            Ok(entry) => {
                said.extend(entry.warnings.iter().map(ToString::to_string));
                products.insert(entry.product["sku"].as_str().unwrap().to_owned(), entry.product);
            }
            Err(complaint) => said.push(complaint.to_string()),
        }
    }
    (import.shape.format, products, said)
}

/// A text without markup, and with single spaces.
fn plain(text: &str) -> String {
    let mut plain = text.replace("</p>", " ").replace("</li>", " ").replace("- 100", "100");
    for tag in ["<p>", "<ul>", "</ul>", "<li>"] {
        plain = plain.replace(tag, " ");
    }
    for (entity, character) in [("&quot;", "\""), ("&gt;", ">"), ("&#39;", "'"), ("&amp;", "&")] {
        plain = plain.replace(entity, character);
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_format_is_read_back_as_itself() {
    let whole = plain(&format!("{BODY} Made to last. 100% cotton"));
    let without_bullets = plain(&format!("{BODY} Made to last."));
    let mut formats: Vec<&str> = formats().unwrap().iter().map(|format| format.name.as_str()).collect();
    // Its texts go onto products of its API; Parquet is written beside this crate.
    formats.retain(|name| !["commercetools", "parquet"].contains(name));
    let known = [
        ("acp", "Agentic Commerce Protocol feed"),
        ("akeneo", "Akeneo (REST)"),
        ("amazon", "Amazon listings (SP-API, JSON listings feed)"),
        ("bigcommerce", "BigCommerce product CSV"),
        ("google", "Google Merchant feed"),
        ("google-xml", "Google Merchant (RSS or Atom)"),
        ("jsonl", "published content of Skuscribe"),
        ("magento", "Magento product CSV"),
        ("openai", "OpenAI product feed"),
        ("openai-csv", "OpenAI product feed"),
        ("prestashop", "PrestaShop product CSV"),
        ("schema-org", "schema.org Product (JSON-LD)"),
        ("shopify", "Shopify product CSV"),
        ("shopify-bulk", "Shopify (bulk mutation)"),
        ("woocommerce", "WooCommerce product CSV"),
    ];
    let mut named: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    formats.sort_unstable();
    named.sort_unstable();
    assert_eq!(formats, named, "each format that is exported is read here");
    for (name, expected) in known {
        // A cell that a spreadsheet would run is refused by most, and kept by a mark in WooCommerce's.
        let title = if name == "woocommerce" { TITLE } else { TITLE.trim_start_matches('-') };
        let (format, products, said) = read(&exported(name, &["en-US"], title));
        assert_eq!(format, expected, "{name}");
        assert!(said.is_empty(), "{name}: {said:?}");
        let by_variant = ["amazon", "google", "google-xml", "openai-csv"].contains(&name);
        let keys: Vec<&str> = products.keys().map(String::as_str).collect();
        let expected: &[&str] =
            if by_variant { &["mug-1", "top-1-m", "top-1-s"] } else { &["mug-1", "top-1"] };
        assert_eq!(keys, expected, "{name}");
        for product in products.values() {
            assert_eq!(product["title"], title, "{name}");
            let description = product.get("description").and_then(Value::as_str).unwrap_or_default();
            let expected = if name == "amazon" { &without_bullets } else { &whole };
            assert_eq!(plain(description), *expected, "{name}");
            let facts = Value::Object(product.clone()).to_string();
            assert!(!facts.contains("Is it") && !facts.contains("Top | Acme"), "{name}: {facts}");
        }
        if ["acp", "openai", "schema-org"].contains(&name) {
            assert_eq!(products["mug-1"]["gtin"], "4006381333931", "{name}");
        }
        if ["acp", "openai"].contains(&name) {
            let mut variants: Vec<&str> = products["top-1"]["variants"]
                .as_array()
                .unwrap()
                .iter()
                .map(|variant| variant["sku"].as_str().unwrap())
                .collect();
            variants.sort_unstable();
            assert_eq!(variants, ["top-1-m", "top-1-s"], "{name}");
        }
    }
}

#[test]
fn the_locales_of_published_content_are_those_of_one_product() {
    let mut both = exported("jsonl", &["en-US", "de-DE"], "Top");
    let text =
        String::from_utf8(both.clone()).unwrap().replacen("\"title\":\"Top\"", "\"title\":\"Oberteil\"", 1);
    both.clone_from(&text.into_bytes());
    let (_, products, said) = read(&both);
    assert!(said.is_empty(), "{said:?}");
    let top = &products["top-1"];
    assert_eq!((&top["title"], &top["localized"]["de-DE"]["title"]), (&json!("Oberteil"), &json!("Top")));
    assert_eq!(top["locales"], json!(["en-US", "de-DE"]));
}

#[test]
fn a_store_view_alone_is_a_product_in_its_locale_and_one_without_a_locale_is_said() {
    let table = "sku,store_view_code,name,description,meta_title,meta_description\n\
                 A1,de,Becher,Aus Ton,x,y\nA2,shop2,Mug,Of clay,x,y\n";
    let (format, products, said) = read(table.as_bytes());
    assert_eq!((format.as_str(), products.len(), said.len()), ("Magento product CSV", 1, 1), "{said:?}");
    assert_eq!((&products["A1"]["title"], &products["A1"]["locales"]), (&json!("Becher"), &json!(["de"])));
    assert!(said[0].contains("row 3, store_view_code") && said[0].contains("[locales]"), "{said:?}");
}

#[test]
fn update_actions_are_refused_with_what_to_give_instead() {
    let line =
        "{\"id\":\"p1\",\"version\":7,\"actions\":[{\"action\":\"changeName\",\"name\":{\"en\":\"Top\"}}]}\n";
    let (format, products, said) = read(line.as_bytes());
    assert_eq!((format.as_str(), products.len()), ("commercetools (update actions)", 0));
    assert!(said[0].contains("name no SKU") && said[0].contains("GET /products"), "{said:?}");
}
