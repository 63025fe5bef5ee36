//! Feeds and catalogs in XML, well-formed and not.

use super::*;
use serde_json::json;

fn read(text: &str) -> Vec<Result<Entry, Complaint>> {
    XmlReader::open(text.as_bytes(), Settings::default()).unwrap().map(Result::unwrap).collect()
}

fn format(text: &str) -> &'static str {
    XmlReader::open(text.as_bytes(), Settings::default()).unwrap().format().map_or("", |(name, _)| name)
}

fn products(text: &str) -> Vec<Value> {
    read(text).into_iter().map(|entry| Value::Object(entry.unwrap().product)).collect()
}

const RSS: &str = r#"<?xml version="1.0"?>
<rss xmlns:goo="http://base.google.com/ns/1.0" version="2.0"><channel>
<title>Shop</title><link>https://shop.example</link>
<item>
  <title>wrong</title>
  <goo:id>T-1</goo:id><goo:title>Tote &amp; bag</goo:title><description><![CDATA[<p>Strong &amp; light.</p>]]></description>
  <link>https://shop.example/1</link><goo:image_link>https://shop.example/1.jpg</goo:image_link><goo:price>9.00 EUR</goo:price><goo:availability>in stock</goo:availability>
  <goo:brand>Acme</goo:brand><goo:gtin>4006381333931</goo:gtin><goo:product_type>Bags &gt; Totes</goo:product_type><goo:color>red</goo:color><goo:item_group_id>T</goo:item_group_id>
  <goo:shipping><goo:country>DE</goo:country><goo:price>4 EUR</goo:price></goo:shipping>
  <goo:product_highlight>Light</goo:product_highlight><goo:product_highlight>Washable</goo:product_highlight>
  <goo:product_detail><goo:section_name>Size</goo:section_name><goo:attribute_name>Height</goo:attribute_name><goo:attribute_value>30 cm</goo:attribute_value></goo:product_detail>
  <goo:product_detail><goo:attribute_name>Straps</goo:attribute_name><goo:attribute_value>2</goo:attribute_value></goo:product_detail>
</item>
<item><goo:id>T-2</goo:id><goo:structured_title><goo:digital_source_type>trained_algorithmic_media</goo:digital_source_type><goo:content>Caf&#233; cup</goo:content></goo:structured_title><goo:price>9.00 EUR</goo:price></item>
</channel></rss>"#;

#[test]
fn every_format_that_is_compiled_in_can_be_read() {
    assert_eq!(formats().unwrap().len(), 3);
    toml::from_str::<tree::Shapes>(include_str!("../../../../../config/formats/xml/shapes.toml")).unwrap();
}

#[test]
fn a_google_feed_is_read_whatever_its_prefix() {
    assert_eq!(format(RSS), "google-xml");
    let found = read(RSS);
    let first = found[0].as_ref().unwrap();
    assert_eq!((first.row, first.group.as_deref()), (4, Some("T")));
    assert_eq!(
        Value::Object(first.product.clone()),
        json!({
            "sku": "T-1", "title": "Tote & bag", "brand": "Acme", "gtin": "4006381333931", "description": "<p>Strong &amp; light.</p>", "category": ["Bags", "Totes"],
            "attributes": { "Size Height": "30 cm", "Straps": "2", "color": "red", "product_highlight": ["Light", "Washable"] },
            "labels": { "Size Height": "Height" },
        })
    );
    assert_eq!(found[1].as_ref().unwrap().product["title"], "Café cup");
    let atom = RSS
        .replace(
            "<rss xmlns:goo=\"http://base.google.com/ns/1.0\" version=\"2.0\"><channel>",
            "<feed xmlns=\"http://www.w3.org/2005/Atom\" xmlns:g=\"http://base.google.com/ns/1.0\">",
        )
        .replace("</channel></rss>", "</feed>")
        .replace("goo:", "g:")
        .replace("<item>", "<entry>")
        .replace("</item>", "</entry>");
    assert_eq!(format(&atom), "google-xml");
    assert_eq!(products(&atom), products(RSS));
}

#[test]
fn a_catalog_of_any_shop_is_read_by_its_repeating_element() {
    let text = r#"<catalog date="2026-11-01"><info><name>Shop</name></info><products>
        <product id="P1"><name xml:lang="de">Becher</name><name xml:lang="en">Mug</name><brand>Acme</brand><price>9</price>
          <weight unit="kg">0.3</weight><param name="Material">clay</param><param name="Glaze">matt</param>
          <description><p>Good &lt; better.</p><ul><li>one</li></ul></description>
          <variants><variant><sku>P1-R</sku><colour>red</colour></variant><variant><sku>P1-B</sku><colour>blue</colour></variant></variants></product>
        <product id="P2"><name>Cup</name><param name="Material">glass</param></product></products></catalog>"#;
    assert_eq!(format(text), "xml");
    let found = products(text);
    assert_eq!(
        found[0],
        json!({
            "sku": "P1", "title": "Becher", "brand": "Acme", "description": "<p>Good &lt; better.</p><ul><li>one</li></ul>",
            "attributes": { "weight": { "value": 0.3, "unit": "kg" }, "Material": "clay", "Glaze": "matt" },
            "variants": [{ "sku": "P1-R", "attributes": { "colour": "red" } }, { "sku": "P1-B", "attributes": { "colour": "blue" } }],
            "localized": { "en": { "title": "Mug" } }, "locales": ["de", "en"],
        })
    );
    assert_eq!(found[1], json!({ "sku": "P2", "title": "Cup", "attributes": { "Material": "glass" } }));
    let prestashop = r#"<prestashop xmlns:xlink="http://www.w3.org/1999/xlink"><products><product><id>1</id><id_manufacturer>2</id_manufacturer><reference>M-1</reference>
        <manufacturer_name>Acme</manufacturer_name><name><language id="1" xlink:href="x">Mug</language><language id="2">Tasse</language></name><price>9</price>
        <description_short><language id="1">Short.</language></description_short><link_rewrite><language id="1">mug</language></link_rewrite></product></products></prestashop>"#;
    assert_eq!(format(prestashop), "prestashop-xml");
    assert_eq!(
        products(prestashop),
        [json!({ "sku": "M-1", "title": "Mug", "brand": "Acme", "description": "Short." })]
    );
}

#[test]
fn no_entity_is_expanded_and_a_document_type_is_refused() {
    let bomb = r#"<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;">]><products><product><id>1</id><name>&lol2;</name></product></products>"#;
    let found = read(bomb);
    assert!(found.len() == 1 && found[0].as_ref().unwrap_err().rule.contains("document type"), "{found:?}");
    let file = "<products><product><id>1</id><name>A &xxe; b &eacute; & c</name></product><product><id>2</id><name>B</name></product></products>";
    assert_eq!(products(file)[0]["title"], "A &xxe; b &eacute; & c");
}

#[test]
fn a_broken_item_is_a_complaint_and_the_next_one_is_read() {
    let text = "<products>\n<product><id>1</id><name>A</product>\n<product><id>2</id><name>B</name></product>\n<product><id>3</id><name>C</name></product></products>";
    let found = read(text);
    let shown: Vec<Result<&str, u64>> = found
        .iter()
        .map(|entry| {
            entry
                .as_ref()
                .map(|entry| entry.product["sku"].as_str().unwrap())
                .map_err(|complaint| complaint.row)
        })
        .collect();
    assert_eq!(shown, [Err(2), Ok("2"), Ok("3")]);
    let long = format!(
        "<products><product><id>1</id><name>A</name></product><product><id>2</id><name>{}</name></product><product><id>3</id><name>C</name></product></products>",
        "<b>x</b>".repeat(200_000)
    );
    let found = read(&long);
    assert!(found[1].is_err() && found[2].is_ok());
    assert_eq!(read("").len(), 0);
    assert!(read("<products/>")[0].is_err());
    assert!(read("<products><product>")[0].is_err());
    let endless = format!("<products><product><id>1</id><name>A</name></product>{}", "x".repeat(3 << 20));
    assert!(read(&endless).last().unwrap().is_err());
}

#[test]
fn nothing_that_is_cut_or_changed_makes_a_reader_panic() {
    for end in (0..RSS.len()).step_by(13).filter(|end| RSS.is_char_boundary(*end)) {
        read(&RSS[..end]);
        for other in ["<", ">", "&", "</", "<![CDATA[", "<!--", "\"", "\u{fffd}"] {
            if RSS.is_char_boundary(end + 1) {
                read(&format!("{}{other}{}", &RSS[..end], &RSS[end + 1..]));
            }
        }
    }
    read(&"<a>".repeat(100_000));
    read(&format!("<products><product><id>1</id><name>A</name>{}</product></products>", "<a>".repeat(1000)));
}
