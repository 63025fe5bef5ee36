//! Products of each format, as its published fields have them.

use super::*;
use serde_json::json;

pub(super) fn read(text: &str) -> Vec<Result<Entry, Complaint>> {
    read_with(text, Settings::default())
}

fn read_with(text: &str, settings: Settings) -> Vec<Result<Entry, Complaint>> {
    JsonReader::open(text.as_bytes(), settings).unwrap().map(Result::unwrap).collect()
}

fn format(text: &str) -> &'static str {
    JsonReader::open(text.as_bytes(), Settings::default()).unwrap().format().map_or("", |(name, _)| name)
}

fn products(text: &str) -> Vec<Value> {
    read(text).into_iter().map(|entry| Value::Object(entry.unwrap().product)).collect()
}

#[test]
fn every_format_that_is_compiled_in_can_be_read() {
    assert!(formats().unwrap().len() >= 13);
}

#[test]
fn products_of_our_own_are_not_changed() {
    let one = json!({ "sku": "A1", "title": "Mug", "price": 3, "attributes": { "x": { "value": 1, "unit": "cm" } } });
    let update = json!({ "id": "m1", "type": "product.updated", "product": { "sku": "A2", "title": "Cup" } });
    assert_eq!(products(&format!("{one}\n{update}")), [one.clone(), update.clone()]);
    assert_eq!(products(&format!("[{one},{update}]")), [one.clone(), update]);
    assert_eq!(products(&format!("{{\"products\":[{one}]}}")), [one]);
}

#[test]
fn a_shopify_product_has_its_options_by_variant_and_no_prices() {
    let case = r#"{"id":632910392,"title":"Mug","body_html":"<p>x</p>","vendor":"Acme","product_type":"Kitchen","variants":[{"id":1,"sku":"M-1","price":"9.99","option1":"Red"}],"options":[{"name":"Color","values":["Red"]}]}"#;
    assert_eq!(format(case), "shopify-rest");
    assert_eq!(
        products(case),
        [json!({
            "sku": "M-1", "title": "Mug", "brand": "Acme", "description": "<p>x</p>", "category": ["Kitchen"],
            "attributes": { "Color": "Red" },
        })]
    );
    let shirt = json!({ "products": [{
        "id": 1, "title": "Shirt", "handle": "shirt", "vendor": "Acme", "product_type": "Shirts", "tags": "new, sale",
        "published_at": "2026-01-01", "options": [{ "name": "Size", "values": ["S", "M"] }, { "name": "Fabric" }],
        "variants": [
            { "id": 10, "sku": "S-S", "option1": "S", "option2": "Linen", "option3": null, "weight": 0.2, "weight_unit": "kg", "taxable": true },
            { "id": 11, "sku": "", "option1": "M", "option2": "Linen", "weight": 0.2, "weight_unit": "kg" },
        ],
    }, { "id": 2, "title": "Gift", "handle": "gift", "vendor": "Acme", "variants": [{ "id": 3, "title": "Default Title", "option1": "Default Title", "weight": 0, "weight_unit": "kg" }] }] });
    let found = products(&shirt.to_string());
    assert_eq!(
        found[0]["attributes"],
        json!({ "Fabric": "Linen", "weight": { "value": 0.2, "unit": "kg" } })
    );
    assert_eq!(
        found[0]["variants"],
        json!([{ "sku": "S-S", "attributes": { "Size": "S" } }, { "sku": "11", "attributes": { "Size": "M" } }])
    );
    assert_eq!(
        found[1],
        json!({ "sku": "gift", "title": "Gift", "brand": "Acme", "variants": [{ "sku": "3", "attributes": {} }] })
    );
}

#[test]
fn lines_of_a_bulk_operation_join_their_product_wherever_they_stand_behind_it() {
    let lines = [
        json!({ "id": "gid://shopify/Product/1", "handle": "mug", "title": "Mug", "vendor": "Acme", "descriptionHtml": "<p>x</p>", "productType": "Kitchen" }),
        json!({ "id": "gid://shopify/Product/2", "title": "Cup", "handle": "cup" }),
        json!({ "id": "gid://shopify/ProductVariant/11", "sku": "M-R", "selectedOptions": [{ "name": "Colour", "value": "red" }], "__parentId": "gid://shopify/Product/1" }),
        json!({ "id": "gid://shopify/ProductVariant/12", "sku": "M-B", "selectedOptions": [{ "name": "Colour", "value": "blue" }], "__parentId": "gid://shopify/Product/1" }),
        json!({ "id": "gid://shopify/Metafield/21", "namespace": "custom", "key": "volume", "type": "volume", "value": "{\"value\":300.0,\"unit\":\"MILLILITERS\"}", "definition": { "name": "Volume" }, "__parentId": "gid://shopify/Product/1" }),
        json!({ "id": "gid://shopify/Metafield/22", "namespace": "custom", "key": "glaze", "type": "single_line_text_field", "value": "matt", "__parentId": "gid://shopify/ProductVariant/12" }),
        json!({ "id": "gid://shopify/Metafield/23", "namespace": "global", "key": "title_tag", "value": "Buy!", "__parentId": "gid://shopify/Product/1" }),
        json!({ "id": "gid://shopify/MediaImage/31", "__parentId": "gid://shopify/Product/1" }),
        json!({ "id": "gid://shopify/Metafield/24", "namespace": "custom", "key": "lost", "value": "x", "__parentId": "gid://shopify/Product/9" }),
    ];
    let text = lines.iter().map(Value::to_string).collect::<Vec<String>>().join("\n");
    assert_eq!(format(&text), "shopify-graphql");
    let found = read(&text);
    let complaint = found.iter().find_map(|entry| entry.as_ref().err()).unwrap();
    assert!(complaint.row == 9 && complaint.remedy.contains("groupObjects"), "{complaint}");
    let products: Vec<Value> =
        found.into_iter().filter_map(Result::ok).map(|entry| Value::Object(entry.product)).collect();
    assert_eq!(
        products[0],
        json!({
            "sku": "mug", "title": "Mug", "brand": "Acme", "description": "<p>x</p>", "category": ["Kitchen"],
            "attributes": { "volume": { "value": 300.0, "unit": "ml" } }, "labels": { "volume": "Volume" },
            "variants": [
                { "sku": "M-R", "attributes": { "Colour": "red" } },
                { "sku": "M-B", "attributes": { "Colour": "blue", "glaze": "matt" } },
            ],
        })
    );
    assert_eq!(products[1]["sku"], "cup");
}

#[test]
fn a_variant_far_behind_its_product_is_an_entry_of_the_same_group() {
    let filler = "x".repeat(900_000);
    let mut text =
        format!("{}\n", json!({ "id": "gid://shopify/Product/1", "title": "Mug", "handle": "mug" }));
    for number in 2..25 {
        text.push_str(&format!("{}\n", json!({ "id": format!("gid://shopify/Product/{number}"), "title": "Cup", "handle": format!("cup-{number}"), "description": filler })));
    }
    let variant = json!({ "id": "gid://shopify/ProductVariant/11", "sku": "M-R", "selectedOptions": [{ "name": "Colour", "value": "red" }], "__parentId": "gid://shopify/Product/1" });
    text.push_str(&variant.to_string());
    let found: Vec<Entry> = read(&text).into_iter().map(Result::unwrap).collect();
    let of_group: Vec<(&str, bool)> = found
        .iter()
        .filter(|entry| entry.group.as_deref() == Some("1"))
        .map(|entry| (entry.product["sku"].as_str().unwrap(), entry.is_parent))
        .collect();
    assert_eq!(of_group, [("mug", true), ("M-R", false)]);
    let variant = found.iter().find(|entry| entry.product["sku"] == "M-R").unwrap();
    assert_eq!(variant.product["attributes"], json!({ "Colour": "red" }));
}

#[test]
fn a_woocommerce_product_has_its_attributes_and_a_variation_its_parent() {
    let text = json!([
        { "id": 7, "sku": "TEE", "name": "Tee", "slug": "tee", "permalink": "https://shop.example/tee", "type": "variable", "price": "9", "regular_price": "9",
          "parent_id": 0, "description": "<p>Soft.</p>", "categories": [{ "id": 1, "name": "Clothing" }], "weight": ".5", "stock_status": "instock",
          "attributes": [{ "id": 1, "name": "Material", "options": ["Cotton"] }, { "id": 2, "name": "Size", "variation": true, "options": ["S", "M"] }],
          "meta_data": [{ "key": "_x", "value": "y" }], "variations": [8] },
        { "id": 8, "sku": "TEE-S", "name": "Tee - S", "permalink": "https://shop.example/tee?s", "type": "variation", "price": "9", "parent_id": 7,
          "attributes": [{ "id": 2, "name": "Size", "option": "S" }] },
        { "id": 9, "sku": "HAT", "name": "Hat", "permalink": "x", "type": "simple", "price": "9", "parent_id": 0, "attributes": [] },
    ])
    .to_string();
    assert_eq!(format(&text), "woocommerce-rest");
    let found: Vec<Entry> = read(&text).into_iter().map(Result::unwrap).collect();
    assert_eq!(
        Value::Object(found[0].product.clone()),
        json!({ "sku": "TEE", "title": "Tee", "description": "<p>Soft.</p>", "category": ["Clothing"], "attributes": { "Material": "Cotton", "Size": ["S", "M"] } })
    );
    let groups: Vec<(Option<&str>, bool)> =
        found.iter().map(|entry| (entry.group.as_deref(), entry.is_parent)).collect();
    assert_eq!(groups, [(Some("7"), true), (Some("7"), false), (None, false)]);
    assert_eq!(found[1].product["attributes"], json!({ "Size": "S" }));
}

#[test]
fn feeds_for_assistants_give_facts_without_offers() {
    let openai = json!({
        "item_id": "SKU-1", "title": "Trail shoe", "description": "Light.", "url": "https://shop.example/1", "brand": "Acme", "seller_name": "Shop",
        "image_url": "https://shop.example/1.jpg", "availability": "in_stock", "price": "95.00 USD", "is_eligible_search": "true", "gtin": "4006381333931",
        "product_category": "Shoes > Running", "material": "mesh", "color": "red", "size": "42", "group_id": "G1", "variant_dict": { "width": "wide" },
        "star_rating": "4.5", "return_policy": "https://shop.example/r", "weight": "300 g",
    })
    .to_string();
    assert_eq!(format(&openai), "openai");
    let found = read(&openai).remove(0).unwrap();
    assert_eq!((found.group.as_deref(), found.is_parent), (Some("G1"), false));
    assert_eq!(
        Value::Object(found.product),
        json!({
            "sku": "SKU-1", "title": "Trail shoe", "brand": "Acme", "gtin": "4006381333931", "description": "Light.", "category": ["Shoes", "Running"],
            "attributes": { "width": "wide", "material": "mesh", "color": "red", "size": "42", "weight": "300 g" },
        })
    );
    let acp = json!({
        "id": "P1", "title": "Trail shoe", "description": { "plain": "Light.", "html": "<p>Light.</p>" }, "url": "https://shop.example/1", "media": [],
        "variants": [
            { "id": "V1", "title": "Trail shoe 42", "price": { "amount": 9500, "currency": "USD" }, "availability": { "available": true }, "barcodes": [{ "type": "gtin", "value": "4006381333931" }],
              "categories": [{ "value": "Shoes > Running", "taxonomy": "google" }], "variant_options": [{ "name": "Size", "value": "42" }, { "name": "Colour", "value": "red" }] },
            { "id": "V2", "title": "Trail shoe 43", "variant_options": [{ "name": "Size", "value": "43" }, { "name": "Colour", "value": "red" }] },
        ],
    })
    .to_string();
    assert_eq!(format(&acp), "acp");
    assert_eq!(
        products(&acp),
        [json!({
            "sku": "P1", "title": "Trail shoe", "description": "Light.", "category": ["Shoes", "Running"], "attributes": { "Colour": "red" },
            "variants": [{ "sku": "V1", "attributes": { "Size": "42" } }, { "sku": "V2", "attributes": { "Size": "43" } }],
        })]
    );
}

#[test]
fn akeneo_values_stand_by_locale_and_levels_go_down_to_variants() {
    let value = |locale: Option<&str>, scope: Option<&str>, data: Value| json!({ "locale": locale, "scope": scope, "data": data });
    let sub_model = json!({ "code": "tee_red", "family": "shirts", "family_variant": "shirts_by_colour", "parent": "tee", "values": { "color": [value(None, None, json!("red"))] } });
    let model = json!({ "code": "tee", "family": "shirts", "family_variant": "shirts_by_colour", "parent": null, "values": { "name": [value(Some("de_DE"), None, json!("Hemd")), value(Some("en_US"), None, json!("Tee"))] } });
    let product = json!({
        "identifier": "TEE-R-S", "uuid": "0b1", "enabled": true, "family": "shirts", "categories": ["summer_2026"], "parent": "tee_red",
        "values": {
            "size": [value(None, None, json!("s"))],
            "weight": [value(None, None, json!({ "amount": "120.0000", "unit": "GRAM" }))],
            "price": [value(None, None, json!([{ "amount": "9.99", "currency": "EUR" }]))],
            "picture": [value(None, None, json!("a/b/tee.jpg"))],
            "cert": [value(None, None, json!("a/b/tee.pdf"))],
            "care": [value(Some("de_DE"), Some("web"), json!("kalt waschen")), value(Some("en_US"), Some("web"), json!("wash cold")), value(Some("en_US"), Some("print"), json!("COLD"))],
            "collection": [{ "locale": null, "scope": null, "data": "s26", "linked_data": { "attribute": "collection", "code": "s26", "labels": { "en_US": "Summer", "de_DE": "Sommer" } } }],
        },
    });
    let text = json!({ "_links": {}, "_embedded": { "items": [sub_model, model, product] } }).to_string();
    assert_eq!(format(&text), "akeneo");
    let mut labels = Labels::default();
    for item in [
        json!({ "code": "red", "attribute": "color", "labels": { "en_US": "Red", "de_DE": "Rot" } }),
        json!({ "code": "care", "type": "pim_catalog_text", "labels": { "en_US": "Care", "de_DE": "Pflege" } }),
    ] {
        assert!(labels.add(&item));
    }
    let settings = Settings { locale: Some("en_US".to_owned()), labels, ..Settings::default() };
    let found: Vec<Entry> = read_with(&text, settings).into_iter().map(Result::unwrap).collect();
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].group.as_deref(), found[0].is_parent), (Some("tee"), true));
    assert_eq!(found[0].product["title"], "Tee");
    assert_eq!(found[0].product["localized"]["de-DE"]["title"], "Hemd");
    assert_eq!((found[1].group.as_deref(), found[1].is_parent), (Some("tee"), false));
    assert_eq!(
        Value::Object(found[1].product.clone()),
        json!({
            "sku": "TEE-R-S", "category": ["shirts"],
            "attributes": { "size": "s", "weight": { "value": 120, "unit": "g" }, "care": "wash cold", "collection": "Summer", "color": "Red" },
            "labels": { "care": "Care" },
            "localized": { "de-DE": { "attributes": { "care": "kalt waschen", "collection": "Sommer", "color": "Rot" }, "labels": { "care": "Pflege" } } },
            "locales": ["en-US", "de-DE"],
        })
    );
}

#[test]
fn amazon_listings_have_their_language_and_keep_the_type_for_the_shop() {
    let attributes = json!({
        "item_name": [{ "value": "Tote", "language_tag": "en_US", "marketplace_id": "X" }],
        "bullet_point": [{ "value": "Light", "language_tag": "en_US", "marketplace_id": "X" }, { "value": "Strong", "language_tag": "en_US", "marketplace_id": "X" }],
        "brand": [{ "value": "Acme", "language_tag": "en_US", "marketplace_id": "X" }],
        "product_description": [{ "value": "A tote.", "language_tag": "en_US", "marketplace_id": "X" }],
        "item_dimensions": [{ "height": { "value": 30, "unit": "centimeters" }, "width": { "value": 20, "unit": "centimeters" }, "marketplace_id": "X" }],
        "purchasable_offer": [{ "currency": "USD", "our_price": [{ "schedule": [{ "value_with_tax": 10 }] }], "marketplace_id": "X" }],
        "list_price": [{ "currency": "USD", "value": 12 }],
    });
    let feed = json!({
        "header": { "sellerId": "A", "version": "2.0" },
        "messages": [
            { "messageId": 1, "sku": "T-1", "operationType": "UPDATE", "productType": "TOTE_BAG", "requirements": "LISTING", "attributes": attributes },
            { "messageId": 2, "sku": "T-2", "operationType": "DELETE" },
        ],
    })
    .to_string();
    assert_eq!(format(&feed), "amazon");
    assert_eq!(
        products(&feed),
        [json!({
            "sku": "T-1", "title": "Tote", "brand": "Acme", "description": "A tote.",
            "attributes": {
                "bullet_point": ["Light", "Strong"], "item_dimensions height": { "value": 30, "unit": "cm" }, "item_dimensions width": { "value": 20, "unit": "cm" },
                "product_type": "TOTE_BAG",
            },
            "locales": ["en-US"], "internal": ["product_type"],
        })]
    );
}

#[test]
fn products_of_bigcommerce_and_commercetools_are_read() {
    let big = json!({ "data": [{
        "id": 1, "name": "Mug", "sku": "M", "type": "physical", "description": "<p>x</p>", "weight": 0.3, "price": 9, "brand_id": 2, "categories": [3], "inventory_tracking": "none",
        "custom_fields": [{ "id": 1, "name": "Material", "value": "clay" }], "base_variant_id": null,
        "variants": [{ "id": 5, "sku": "M-R", "option_values": [{ "id": 1, "label": "Red", "option_display_name": "Colour" }] }, { "id": 6, "sku": "M-B", "option_values": [{ "label": "Blue", "option_display_name": "Colour" }] }],
    }], "meta": { "pagination": {} } })
    .to_string();
    assert_eq!(format(&big), "bigcommerce");
    assert_eq!(
        products(&big),
        [json!({
            "sku": "M", "title": "Mug", "description": "<p>x</p>", "attributes": { "Material": "clay" },
            "variants": [{ "sku": "M-R", "attributes": { "Colour": "Red" } }, { "sku": "M-B", "attributes": { "Colour": "Blue" } }],
        })]
    );
    let tools = json!({ "limit": 20, "results": [{
        "id": "u1", "key": "mug", "version": 3, "productType": { "typeId": "product-type", "id": "pt" },
        "masterData": { "published": true, "current": {
            "name": { "en": "Mug", "de-DE": "Becher" }, "slug": { "en": "mug" }, "description": { "en": "A mug." },
            "categories": [{ "typeId": "category", "id": "c1", "obj": { "name": { "en": "Kitchen" } } }],
            "masterVariant": { "id": 1, "sku": "M-R", "prices": [], "images": [], "attributes": [
                { "name": "colour", "value": { "key": "red", "label": { "en": "red", "de-DE": "rot" } } }, { "name": "size", "value": { "key": "l", "label": "large" } },
                { "name": "volume", "value": 300 }, { "name": "rrp", "value": { "type": "centPrecision", "currencyCode": "EUR", "centAmount": 999 } },
                { "name": "maker", "value": { "typeId": "key-value-document", "id": "x" } } ] },
            "variants": [{ "id": 2, "sku": "M-B", "attributes": [{ "name": "colour", "value": { "key": "blue", "label": { "en": "blue", "de-DE": "blau" } } }, { "name": "size", "value": { "key": "l", "label": "large" } }, { "name": "volume", "value": 300 }] }],
        } },
    }] })
    .to_string();
    assert_eq!(format(&tools), "commercetools");
    assert_eq!(
        products(&tools),
        [json!({
            "sku": "mug", "title": "Mug", "description": "A mug.", "category": ["Kitchen"], "attributes": { "size": "large", "volume": 300 },
            "variants": [{ "sku": "M-R", "attributes": { "colour": "red" } }, { "sku": "M-B", "attributes": { "colour": "blue" } }],
            "localized": { "de-DE": { "title": "Becher" } }, "locales": ["en", "de-DE"],
        })]
    );
}

#[test]
fn a_configurable_magento_product_takes_its_variants_and_codes_without_labels_are_kept_back() {
    let simple = |id: u64, size: &str| {
        json!({ "id": id, "sku": format!("TEE-{size}"), "name": format!("Tee-{size}"), "type_id": "simple", "visibility": 1, "price": 9, "weight": 1,
            "custom_attributes": [{ "attribute_code": "size", "value": size }, { "attribute_code": "material", "value": "Cotton" }, { "attribute_code": "color", "value": "49" }, { "attribute_code": "url_key", "value": "tee" }] })
    };
    let parent = json!({ "id": 9, "sku": "TEE", "name": "Tee", "type_id": "configurable", "visibility": 4, "extension_attributes": { "configurable_product_links": [1, 2, 3] },
        "custom_attributes": [{ "attribute_code": "description", "value": "<p>Soft.</p>" }, { "attribute_code": "tax_class_id", "value": "2" }] });
    let text = json!({ "items": [simple(1, "S"), simple(2, "M"), parent, simple(3, "L")], "search_criteria": {}, "total_count": 4 }).to_string();
    assert_eq!(format(&text), "magento-rest");
    let found: Vec<Entry> = read(&text).into_iter().map(Result::unwrap).collect();
    assert_eq!(found.len(), 2);
    assert_eq!(
        Value::Object(found[0].product.clone()),
        json!({
            "sku": "TEE", "title": "Tee", "description": "<p>Soft.</p>", "attributes": { "material": "Cotton" },
            "variants": [{ "sku": "TEE-S", "attributes": { "size": "S" } }, { "sku": "TEE-M", "attributes": { "size": "M" } }],
        })
    );
    assert_eq!((found[0].group.clone(), found[0].is_parent), (found[1].group.clone(), !found[1].is_parent));
    assert!(found[1].group.is_some());
}

#[test]
fn linked_data_is_read_from_graphs_and_pages() {
    let product = json!({
        "@type": "Product", "sku": "M1", "name": [{ "@value": "Mug", "@language": "en" }, { "@value": "Becher", "@language": "de" }], "brand": { "@type": "Brand", "name": "Acme" }, "gtin13": "4006381333931",
        "category": "Kitchen > Mugs", "color": "red", "weight": { "@type": "QuantitativeValue", "value": "300", "unitCode": "GRM" }, "offers": { "@type": "Offer", "price": "9" },
        "image": "x.jpg", "aggregateRating": { "ratingValue": 4 }, "additionalProperty": [{ "@type": "PropertyValue", "name": "Volume", "value": 300, "unitText": "ml" }],
    });
    let graph = json!({ "@context": "https://schema.org", "@graph": [{ "@type": "Organization", "name": "Shop" }, product] }).to_string();
    let page = format!(
        "<!DOCTYPE html><html><body>\n<script type=\"application/ld+json\">{graph}</script></body></html>"
    );
    let expected = json!({
        "sku": "M1", "title": "Mug", "brand": "Acme", "gtin": "4006381333931", "category": ["Kitchen", "Mugs"],
        "attributes": { "Volume": { "value": 300, "unit": "ml" }, "color": "red", "weight": { "value": 300, "unit": "g" } },
        "localized": { "de": { "title": "Becher" } }, "locales": ["en", "de"],
    });
    for text in [&graph, &page] {
        assert_eq!(format(text), "schema.org", "{text}");
        assert_eq!(products(text), std::slice::from_ref(&expected));
    }
    let group = json!({ "@context": "http://schema.org/", "@type": "ProductGroup", "productGroupID": "G", "name": "Tee", "variesBy": ["https://schema.org/size"], "hasVariant": [
        { "@type": "Product", "sku": "T-S", "name": "Tee S", "size": "S", "material": "cotton" }, { "@type": "Product", "sku": "T-M", "size": "M", "material": "cotton" } ] })
    .to_string();
    let found = products(&group);
    assert_eq!(found[0]["attributes"], json!({ "material": "cotton" }));
    assert_eq!(found[0]["variants"][1], json!({ "sku": "T-M", "attributes": { "size": "M" } }));
}

#[test]
fn usual_names_are_understood_in_any_case() {
    let text = json!([{ "Artikelnummer": "A-1", "Bezeichnung": "Becher", "Hersteller": "Acme", "Farbe": "rot", "Preis": 9.99, "Bestand": 4, "imageUrl": "x",
        "specs": { "height": { "value": 9, "unit": "cm" }, "care": ["hand", "machine"] }, "features": [{ "name": "Glaze", "value": "matt" }], "box": { "size": { "w": 3 } } }])
    .to_string();
    assert_eq!(format(&text), "json");
    assert_eq!(
        products(&text),
        [json!({
            "sku": "A-1", "title": "Becher", "brand": "Acme",
            "attributes": { "Farbe": "rot", "height": { "value": 9, "unit": "cm" }, "care": ["hand", "machine"], "Glaze": "matt", "box size w": 3 },
        })]
    );
}

#[test]
fn broken_items_are_complaints_with_line_and_column() {
    let found = read(
        "{\"sku\":\"A\",\"title\":\"x\"}\n{\"sku\":\"B\",\"title\":}\n\n{\"sku\":\"C\",\"title\":\"z\"}\n7\n",
    );
    let shown: Vec<String> = found
        .iter()
        .map(|entry| match entry {
            Ok(entry) => format!("{} {}", entry.row, entry.product["sku"]),
            Err(complaint) => complaint.to_string(),
        })
        .collect();
    assert_eq!(shown[0], "1 \"A\"");
    assert!(
        shown[1].starts_with("row 2: an item is not JSON: expected value (line 2, column 20), seen"),
        "{shown:?}"
    );
    assert_eq!(shown[2], "4 \"C\"");
    assert!(shown[3].starts_with("row 5: an item is an object"), "{shown:?}");
    assert_eq!(read(""), []);
    assert_eq!(read("\u{feff}").len(), 0);
    assert_eq!(read("\u{feff}{\"sku\":\"A\",\"title\":\"x\"}").len(), 1);
    assert_eq!(read("[]"), []);
    assert!(read("{\"foo\":1}")[0].is_err());
    assert!(read("<html><p>nothing</p></html>").is_empty());
}

#[test]
fn nothing_that_is_cut_or_changed_makes_a_reader_panic() {
    let text = json!({ "products": [{ "id": 1, "title": "Shirt", "handle": "shirt", "vendor": "A", "options": [{ "name": "Size" }], "variants": [{ "id": 10, "option1": "S" }], "metafields": [{ "key": "k", "value": "[1,{\"a\":[2]}]" }] }] }).to_string();
    for end in (0..=text.len()).step_by(3) {
        read(&text[..end]);
        for other in ["{", "[", "}", "\"", "null", "\u{fffd}"] {
            read(&format!("{}{other}{}", &text[..end], text.get(end + 1..).unwrap_or_default()));
        }
    }
    let deep =
        format!("{{\"sku\":\"A\",\"title\":\"x\",\"a\":{}1{}}}", "{\"b\":".repeat(100), "}".repeat(100));
    read(&deep);
    read(&"[".repeat(100_000));
    read(&"{\"a\":".repeat(100_000));
}

#[test]
fn values_that_are_parsed_already_are_read_by_the_same_formats() {
    let values = vec![
        Ok((1, json!({ "item_id": "A", "title": "Mug", "url": "x", "price": "9 EUR", "material": "clay" }))),
        Err(Complaint::new(2, "broken", "")),
    ];
    let reader = JsonReader::of_values(values.into_iter(), Settings::default()).unwrap();
    assert_eq!(reader.format().unwrap().0, "openai");
    let found: Vec<Result<Entry, Complaint>> = reader.map(Result::unwrap).collect();
    assert_eq!(found[0].as_ref().unwrap().product["attributes"], json!({ "material": "clay" }));
    assert!(found[1].is_err());
}

/// A list of `left` more products, written while it is read.
struct Endless {
    left: u64,
    buffer: Vec<u8>,
    at: usize,
}

impl io::Read for Endless {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at == self.buffer.len() && self.left > 0 {
            self.left -= 1;
            let text = "x".repeat(1000);
            self.buffer = format!("{{\"sku\":\"S{}\",\"title\":\"{text}\"}},\n", self.left).into_bytes();
            self.at = 0;
        }
        let part = self.buffer.get(self.at..).unwrap_or_default();
        let length = part.len().min(out.len());
        out[..length].copy_from_slice(&part[..length]);
        self.at += length;
        Ok(length)
    }
}

#[test]
fn items_of_a_long_list_are_given_out_while_it_is_read() {
    let begin = b"{\"count\":0,\"products\":[".to_vec();
    let source = Endless { left: 20_000, buffer: begin, at: 0 };
    let reader = JsonReader::open(io::BufReader::new(source), Settings::default()).unwrap();
    assert_eq!(reader.path(), ["products"]);
    let found =
        reader.map(|entry| entry.unwrap().unwrap()).filter(|entry| entry.product["sku"] != "").count();
    assert_eq!(found, 20_000);
}
