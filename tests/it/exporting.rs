//! `skuscribe export` as people run it, its files read back by readers that are not ours.
#![expect(clippy::print_stderr, reason = "says what was left out, and why")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use skuscribe_check::product::Digest;

use crate::harness::unique;

/// A folder with a store of a few products, removed at its end.
struct Shop(PathBuf);

/// What a run printed.
struct Run {
    code: Option<i32>,
    text: String,
}

impl Shop {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(unique("skuscribe-export"));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    /// One product with all texts, whose title and body hold what formats stumble over.
    fn with_a_top() -> Self {
        let shop = Self::new();
        let product = json!({
            "sku": "varsity-top", "title": "Top", "brand": "Acme & Co", "category": ["Tops", "Shirts"],
            "attributes": { "material": "cotton", "cost_price": "3.10", "product_type": "SHIRT" },
            "variants": [
                { "sku": "VT-S", "attributes": { "size": "S", "color": "red", "cost_price": "1" } },
                { "sku": "VT-M", "attributes": { "size": "M", "color": "red", "cost_price": "2" } }
            ]
        });
        shop.product(&product, &["en-US"]);
        shop.document(
            "varsity-top",
            "en-US",
            &texts("Varsity Top & Co"),
            "published",
            "2026-11-20T00:00:00Z",
        );
        shop
    }

    fn write(&self, path: &str, text: &[u8]) -> PathBuf {
        let path = self.0.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    fn product(&self, product: &Value, locales: &[&str]) {
        let snapshot = json!({
            "version": 0, "occurred_at": "2026-11-20T00:00:00Z", "message_id": "m", "locales": locales,
            "deleted": false, "product": product
        });
        let sku = product["sku"].as_str().unwrap();
        self.write(&format!("store/products/{sku}.json"), snapshot.to_string().as_bytes());
    }

    fn document(&self, sku: &str, locale: &str, content: &Value, state: &str, at: &str) {
        let digest = Digest::of(&[b"x"]).to_string();
        let recipe = json!({ "fingerprint": digest, "facts": digest, "policy": digest, "provenance": {
            "model": "m1", "provider": "https://model.example", "recipe_version": "1",
            "usage": { "input_tokens": 1, "cached_tokens": 0, "output_tokens": 1 }, "calls": 1, "cost": 0.5, "generated_at": at,
            "worker_version": "0.1.0", "message_id": "m", "operation": digest,
            "digital_source_type": "trained_algorithmic_media"
        } });
        let recipes: serde_json::Map<String, Value> =
            content.as_object().unwrap().keys().map(|name| (name.clone(), recipe.clone())).collect();
        let document = json!({
            "schema": "content.v1", "sku": sku, "locale": locale, "state": state, "revision": 3,
            "updated_at": at, "content": content, "recipes": recipes
        });
        self.write(&format!("store/content/{locale}/{sku}.json"), document.to_string().as_bytes());
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let output = Command::new(env!("CARGO_BIN_EXE_skuscribe"))
            .env_clear()
            .current_dir(&self.0)
            .args(["export", "--store", "store", "--log", "warn"])
            .args(arguments)
            .output()
            .unwrap();
        let text =
            [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        Run { code: output.status.code(), text }
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.0.join(name)).unwrap()
    }

    fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).unwrap()
    }

    fn lines(&self, name: &str) -> Vec<Value> {
        self.text(name).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn texts(title: &str) -> Value {
    json!({
        "description": {
            "title": title, "body": "Soft \"cotton\" & 5 > 4. It's warm ☕ 👍🏽, cafe\u{301}\u{200b}.",
            "bullets": ["100% cotton", "Sizes S, M"], "verbatim": ["Keep away from fire <!>"]
        },
        "seo": { "meta_title": "Top | Acme", "meta_description": "A top, of cotton.", "keywords": ["top"] },
        "faq": { "entries": [
            { "question": "Is it \"cotton\"?", "answer": "Yes: all of it." },
            { "question": "Sizes?", "answer": "S and M." }
        ] }
    })
}

const HTML: &str = "<p>Soft &quot;cotton&quot; &amp; 5 &gt; 4. It&#39;s warm ☕ 👍🏽, café.</p><ul><li>100% cotton</li><li>Sizes S, M</li></ul><p>Keep away from fire &lt;!&gt;</p>";

/// What a Python script prints as JSON; nothing where Python or one of its packages is not there, which is said.
fn python(script: &str, arguments: &[&Path]) -> Option<Value> {
    let python = std::env::var("SKUSCRIBE_TEST_PYTHON").unwrap_or_else(|_| {
        let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv/bin/python");
        if installed.exists() { installed.display().to_string() } else { "python3".to_owned() }
    });
    let Ok(output) = Command::new(&python).args(["-c", script]).args(arguments).output() else {
        eprintln!("skipped: {python} cannot be started");
        return None;
    };
    let errors = String::from_utf8_lossy(&output.stderr);
    if errors.contains("ModuleNotFoundError") {
        eprintln!("skipped: {python}: {}", errors.lines().last().unwrap_or_default());
        return None;
    }
    assert!(output.status.success(), "{errors}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn a_shopify_update_has_exactly_its_columns_and_no_row_lacks_a_cell() {
    let shop = Shop::with_a_top();
    for (sku, state) in [("held-1", "held"), ("gone-1", "deleted")] {
        shop.product(&json!({ "sku": sku }), &["en-US"]);
        shop.document(sku, "en-US", &json!({}), state, "2026-11-20T00:00:00Z");
    }
    shop.product(&json!({ "sku": "new-1" }), &["en-US"]);
    let mut no_seo = texts("No SEO");
    no_seo.as_object_mut().unwrap().remove("seo");
    let long = "L".repeat(256);
    let others = [("no-seo", no_seo), ("long", texts(&long)), ("formula", texts("=HYPERLINK(\"x\")"))];
    for (sku, content) in &others {
        shop.product(&json!({ "sku": sku }), &["en-US"]);
        shop.document(sku, "en-US", content, "published", "2026-11-20T00:00:00Z");
    }
    let run = shop.run(&["--format", "shopify", "--to", "out.csv"]);
    assert_eq!(run.code, Some(4), "published texts were left out: {}", run.text);
    let bytes = shop.read("out.csv");
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(header, ["URL handle", "Title", "Description", "SEO title", "SEO description"]);
    let rows: Vec<Vec<String>> =
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    assert_eq!(rows, [["varsity-top", "Varsity Top & Co", HTML, "Top | Acme", "A top, of cotton."]]);
    let left_out: BTreeSet<(String, String)> = shop
        .lines("out.csv.left-out.jsonl")
        .iter()
        .map(|line| (line["sku"].as_str().unwrap().to_owned(), line["reason"].as_str().unwrap().to_owned()))
        .collect();
    let expected = [
        ("formula", "formula"),
        ("gone-1", "deleted"),
        ("held-1", "held"),
        ("long", "too_long"),
        ("new-1", "not_written"),
        ("no-seo", "missing"),
    ];
    assert_eq!(left_out, expected.map(|(sku, why)| (sku.to_owned(), why.to_owned())).into_iter().collect());
    // Without the recipe its columns are absent, and what it has not blanks nothing.
    let run =
        shop.run(&["--format", "shopify", "--recipes", "description", "--to", "-", "--select", "sku:no-seo"]);
    assert!(run.text.starts_with("URL handle,Title,Description\nno-seo,No SEO,"), "{}", run.text);
    // Nothing is left lying about.
    let names: BTreeSet<String> = std::fs::read_dir(&shop.0)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let expected = ["out.csv", "out.csv.export.json", "out.csv.left-out.jsonl", "store"];
    assert_eq!(names, expected.map(str::to_owned).into_iter().collect());
}

#[test]
fn every_format_is_read_back_by_a_reader_that_is_not_ours() {
    const SCRIPT: &str = r"
import csv, gzip, json, sys, xml.etree.ElementTree as tree
from os.path import join
folder = sys.argv[1]
def table(name, separator=','):
    with open(join(folder, name), encoding='utf-8', newline='') as file:
        return list(csv.DictReader(file, delimiter=separator, strict=True))
g = '{http://base.google.com/ns/1.0}'
items = []
for item in tree.parse(join(folder, 'google.xml')).getroot().iter('item'):
    items.append([(child.tag.replace(g, ''), child.text or [(part.tag.replace(g, ''), part.text) for part in child]) for child in item])
lines = lambda name: [json.loads(line) for line in open(join(folder, name), encoding='utf-8')]
print(json.dumps({
    'shopify': table('shopify.csv'), 'bulk': lines('bulk.jsonl'), 'woo': table('woo.csv'), 'magento': table('magento.csv'),
    'presta': table('presta.csv', ';'), 'big': table('big.csv'), 'google': table('google.tsv', '\t'), 'items': items,
    'akeneo': [json.loads(line) for line in gzip.open(join(folder, 'akeneo.jsonl.gz'), 'rt', encoding='utf-8')],
    'amazon': json.load(open(join(folder, 'amazon.json'), encoding='utf-8')), 'ld': lines('ld.jsonl')}))";
    let shop = Shop::with_a_top();
    let set = ["--set", "seller_id=A1", "--set", "marketplace_id=ATVPDKIKX0DER"];
    let formats: [(&str, &str, &[&str]); 11] = [
        ("shopify", "shopify.csv", &["--metafield", "questions=custom.faq"]),
        ("shopify-bulk", "bulk.jsonl", &["--metafield", "questions=custom.faq"]),
        ("woocommerce", "woo.csv", &[]),
        ("magento", "magento.csv", &["--set", "store_view_code=en"]),
        ("prestashop", "presta.csv", &[]),
        ("bigcommerce", "big.csv", &[]),
        ("google", "google.tsv", &[]),
        ("google-xml", "google.xml", &[]),
        ("akeneo", "akeneo.jsonl.gz", &["--column", "html=description@ecommerce"]),
        ("amazon", "amazon.json", &set),
        ("schema-org", "ld.jsonl", &[]),
    ];
    for (format, name, more) in formats {
        let run = shop.run(&[&["--format", format, "--to", name], more].concat());
        assert_eq!(run.code, Some(0), "{format}: {}", run.text);
    }
    let Some(read) = python(SCRIPT, &[&shop.0]) else { return };
    let title = "Varsity Top & Co";
    let plain = "Soft \"cotton\" & 5 > 4. It's warm ☕ 👍🏽, café.\n- 100% cotton\n- Sizes S, M\nKeep away from fire <!>";
    let faq = json!([
        { "question": "Is it \"cotton\"?", "answer": "Yes: all of it." }, { "question": "Sizes?", "answer": "S and M." }
    ]);
    let metafield = &read["shopify"][0]["faq (product.metafields.custom.faq)"];
    assert_eq!(serde_json::from_str::<Value>(metafield.as_str().unwrap()).unwrap(), faq);
    let bulk = &read["bulk"][0];
    assert_eq!(bulk["identifier"], json!({ "handle": "varsity-top" }));
    assert_eq!(
        (&bulk["product"]["title"], &bulk["product"]["descriptionHtml"]),
        (&json!(title), &json!(HTML))
    );
    assert_eq!(bulk["product"]["seo"], json!({ "title": "Top | Acme", "description": "A top, of cotton." }));
    assert_eq!(bulk["product"]["metafields"][0]["type"], "json");
    assert_eq!(read["woo"], json!([{ "SKU": "varsity-top", "Name": title, "Description": HTML }]));
    let magento = json!([{
        "sku": "varsity-top", "store_view_code": "en", "name": title, "description": HTML, "meta_title": "Top | Acme",
        "meta_description": "A top, of cotton."
    }]);
    assert_eq!(read["magento"], magento);
    assert_eq!(read["presta"][0]["Name*"], title);
    assert_eq!(read["big"][0]["Item Type"], "Product");
    // Every variant has the product's text under its own id.
    let google = read["google"].as_array().unwrap();
    assert_eq!(google.iter().map(|row| row["id"].as_str().unwrap()).collect::<Vec<_>>(), ["VT-S", "VT-M"]);
    assert_eq!(google[0]["structured_title"], format!("trained_algorithmic_media:\"{title}\""));
    let questions = "\"Is it \"\"cotton\"\"?\":\"Yes: all of it.\", \"Sizes?\":\"S and M.\"";
    assert_eq!(google[0]["question_and_answer"], questions);
    assert!(google[0].get("title").is_none(), "no plain title stands beside a structured one");
    let made =
        |content: &str| json!([["digital_source_type", "trained_algorithmic_media"], ["content", content]]);
    let pair = |question: &str, answer: &str| json!([["question", question], ["answer", answer]]);
    let expected = json!([
        ["id", "VT-S"],
        ["structured_title", made(title)],
        ["structured_description", made(plain)],
        ["question_and_answer", pair("Is it \"cotton\"?", "Yes: all of it.")],
        ["question_and_answer", pair("Sizes?", "S and M.")]
    ]);
    assert_eq!(read["items"][0], expected);
    let akeneo = &read["akeneo"][0];
    assert_eq!(akeneo["identifier"], "varsity-top");
    assert_eq!(akeneo["values"]["name"], json!([{ "locale": "en_US", "scope": null, "data": title }]));
    assert_eq!(
        akeneo["values"]["description"],
        json!([{ "locale": "en_US", "scope": "ecommerce", "data": HTML }])
    );
    let messages = read["amazon"]["messages"].as_array().unwrap();
    assert_eq!(messages.iter().map(|message| &message["messageId"]).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(messages[1]["sku"], "VT-M");
    assert_eq!(messages[0]["productType"], "SHIRT");
    let graph = read["ld"][0]["@graph"].as_array().unwrap();
    assert_eq!(
        graph.iter().map(|node| &node["@type"]).collect::<Vec<_>>(),
        ["Product", "WebPage", "FAQPage"]
    );
    assert!(graph[0].get("digitalSourceType").is_none(), "it is a property of creative works");
    for page in &graph[1..] {
        assert_eq!(page["digitalSourceType"], "https://schema.org/TrainedAlgorithmicMediaDigitalSource");
    }
    assert!(!shop.text("ld.jsonl").contains('<'), "no text ends a script element");
}

#[test]
fn feeds_of_amazon_and_of_agents_are_valid_by_their_published_schemas() {
    const SCRIPT: &str = r"
import json, sys, jsonschema
folder, schemas = sys.argv[1:]
feed = json.load(open(folder + '/a.json'))
errors = [error.message for error in jsonschema.Draft7Validator(json.load(open(schemas + '/amazon-listings-feed-v2.json'))).iter_errors(feed)]
bundle = json.load(open(schemas + '/acp-feed-2026-04-17.json'))
product = {'$schema': bundle['$schema'], '$defs': bundle['$defs'], '$ref': '#/$defs/Product'}
for line in open(folder + '/acp.jsonl'):
    errors += [error.message for error in jsonschema.Draft202012Validator(product).iter_errors(json.loads(line))]
broken = jsonschema.Draft202012Validator(product).is_valid({'id': 'A', 'price': 1, 'variants': []})
print(json.dumps([errors, broken]))";
    let shop = Shop::with_a_top();
    let amazon =
        ["--format", "amazon", "--to", "a.json", "--set", "seller_id=A1", "--set", "marketplace_id=M1"];
    assert_eq!(shop.run(&amazon).code, Some(0));
    assert_eq!(shop.run(&["--format", "acp", "--to", "acp.jsonl"]).code, Some(0));
    let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/schemas");
    let Some(found) = python(SCRIPT, &[&shop.0, &schemas]) else { return };
    assert_eq!(found, json!([[], false]));
    let product = &shop.lines("acp.jsonl")[0];
    let options = &product["variants"][0]["variant_options"];
    assert_eq!(options, &json!([{ "name": "size", "value": "S" }]), "what differs, and nothing internal");
}

#[test]
fn a_product_without_amazon_s_type_is_left_out_and_said() {
    let shop = Shop::new();
    shop.product(&json!({ "sku": "mug-1" }), &["en-US"]);
    shop.document("mug-1", "en-US", &texts("Mug"), "published", "2026-11-20T00:00:00Z");
    let run = shop.run(&[
        "--format",
        "amazon",
        "--to",
        "a.json",
        "--set",
        "seller_id=A",
        "--set",
        "marketplace_id=M",
    ]);
    assert_eq!(run.code, Some(1), "{}", run.text);
    assert!(run.text.contains("product_type") && !shop.0.join("a.json").exists(), "{}", run.text);
}

#[test]
fn openai_s_feed_is_refused_where_prices_are_unknown_and_written_where_the_facts_hold_them() {
    let shop = Shop::with_a_top();
    let flags = [
        "--set",
        "seller_name=Acme",
        "--set",
        "is_eligible_search=true",
        "--set",
        "is_eligible_checkout=false",
    ];
    let run = shop.run(&[&["--format", "openai@2026-06", "--to", "o.jsonl"], flags.as_slice()].concat());
    assert_eq!(run.code, Some(1), "{}", run.text);
    assert!(run.text.contains("--onto FEED") && run.text.contains("url"), "{}", run.text);
    assert!(!shop.0.join("o.jsonl").exists());
    let product = json!({ "sku": "mug-1", "brand": "Acme", "attributes": {
        "url": "https://shop.example/mug", "image_link": "https://shop.example/mug.jpg", "availability": "in_stock",
        "price": 9.5, "currency": "EUR"
    } });
    shop.product(&product, &["en-US"]);
    shop.document("mug-1", "en-US", &texts("Mug"), "published", "2026-11-20T00:00:00Z");
    let run = shop.run(&[&["--format", "openai", "--to", "o.jsonl"], flags.as_slice()].concat());
    assert_eq!(run.code, Some(4), "{}", run.text);
    let lines = shop.lines("o.jsonl");
    assert_eq!(
        (lines.len(), &lines[0]["price"], &lines[0]["item_id"]),
        (1, &json!("9.5 EUR"), &json!("mug-1"))
    );
}

/// Cells of a table by Python's csv, for what is the same.
fn cells(text: &str, separator: u8) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .from_reader(text.as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn an_overlay_changes_texts_and_not_one_other_byte() {
    let shop = Shop::with_a_top();
    // Multi-row, quotes where none are needed, a repeated handle, an image row, a product that is not stored.
    let feed = "Handle,Title,Body (HTML),Vendor,Option1 Value,Variant Price,SEO Title,SEO Description\r\n\
        varsity-top,\"Old top\",<p>Old</p>,demo,\"S\",60,,\r\n\
        varsity-top,,,,M,\"61.00\",,\r\n\
        \"varsity-top\",,,,,,,\r\n\
        other,Other,\"x \"\"y\"\"\",demo,,1,keep,\"\"\r\n";
    shop.write("feed.csv", feed.as_bytes());
    let run = shop.run(&["--onto", "feed.csv", "--to", "out.csv", "--locales", "en-US"]);
    assert_eq!(run.code, Some(0), "{}", run.text);
    let made = shop.text("out.csv");
    let expected = feed
        .replace("\"Old top\"", "\"Varsity Top & Co\"")
        .replace("<p>Old</p>", &format!("\"{HTML}\""))
        .replacen("\"S\",60,,\r\n", "\"S\",60,Top | Acme,\"A top, of cotton.\"\r\n", 1);
    assert_eq!(made, expected);
    let (before, after) = (cells(feed, b','), cells(&made, b','));
    let texts = ["Title", "Body (HTML)", "SEO Title", "SEO Description"];
    for (row, (old, new)) in before.iter().zip(&after).enumerate() {
        for (column, name) in before[0].iter().enumerate() {
            assert!(
                old[column] == new[column] || (row == 1 && texts.contains(&name.as_str())),
                "{row} {name}"
            );
        }
    }
    // In again: nothing is left to change.
    shop.write("again.csv", made.as_bytes());
    let run = shop.run(&["--onto", "again.csv", "--to", "same.csv", "--locales", "en-US"]);
    assert_eq!((run.code, shop.text("same.csv")), (Some(0), made), "{}", run.text);
}

#[test]
fn an_overlay_keeps_encoding_and_separator_and_says_which_text_the_encoding_lacks() {
    let shop = Shop::with_a_top();
    // Windows-1252: the ☕ of the body has no place, the title has.
    let latin = b"sku;title;description;gr\xf6\xdfe\r\nvarsity-top;alt;alt;\xe4\r\n";
    shop.write("latin.csv", latin);
    let run = shop.run(&[
        "--onto",
        "latin.csv",
        "--to",
        "out.csv",
        "--locales",
        "en-US",
        "--encoding",
        "windows-1252",
    ]);
    assert_eq!(run.code, Some(4), "{}", run.text);
    assert_eq!(
        shop.read("out.csv"),
        b"sku;title;description;gr\xf6\xdfe\r\nvarsity-top;Varsity Top & Co;alt;\xe4\r\n"
    );
    let left_out = &shop.lines("out.csv.left-out.jsonl")[0];
    assert!(left_out["detail"].as_str().unwrap().contains("windows-1252"), "{left_out}");
    // UTF-16 with its mark, separated by tabs.
    let wide =
        |text: &str| [vec![0xff, 0xfe], text.encode_utf16().flat_map(u16::to_le_bytes).collect()].concat();
    shop.write("wide.tsv", &wide("sku\ttitle\tprice\r\nvarsity-top\talt\t9,99 €\r\n"));
    let run = shop.run(&["--onto", "wide.tsv", "--to", "wide-out.tsv", "--locales", "en-US"]);
    assert_eq!(run.code, Some(0), "{}", run.text);
    assert_eq!(
        shop.read("wide-out.tsv"),
        wide("sku\ttitle\tprice\r\nvarsity-top\tVarsity Top & Co\t9,99 €\r\n")
    );
}

#[test]
fn google_s_own_feed_gets_structured_texts_and_no_plain_ones_beside_them() {
    const SCRIPT: &str = "import json, sys, xml.etree.ElementTree as tree\nprint(json.dumps([item[1].tag for item in tree.parse(sys.argv[1]).getroot().iter('item')]))";
    let shop = Shop::with_a_top();
    shop.write(
        "feed.tsv",
        b"id\ttitle\tdescription\tprice\titem_group_id\nVT-S\tOld\tOld text\t9.99 USD\tvarsity-top\nX\tKept\t\t1 USD\t\n",
    );
    let run =
        shop.run(&["--format", "google", "--onto", "feed.tsv", "--to", "out.tsv", "--locales", "en-US"]);
    assert_eq!(run.code, Some(0), "{}", run.text);
    let rows = cells(&shop.text("out.tsv"), b'\t');
    assert_eq!(rows[0], ["id", "structured_title", "structured_description", "price", "item_group_id"]);
    assert_eq!(rows[1][1], "trained_algorithmic_media:\"Varsity Top & Co\"");
    assert_eq!(&rows[1][3..], ["9.99 USD", "varsity-top"]);
    assert_eq!(rows[2], ["X", "default:\"Kept\"", "", "1 USD", ""]);
    let xml = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<!-- ours -->\n<rss version=\"2.0\" xmlns:x=\"http://base.google.com/ns/1.0\"><channel>\n<title>Shop</title>\n<item>\n  <x:id>VT-S</x:id><title>Old &amp; worn</title>\n  <description><![CDATA[Old]]></description>  <x:price>9.99 USD</x:price>\n</item>\n<item><x:id>X</x:id><title>Kept</title></item>\n</channel></rss>\n";
    shop.write("feed.xml", xml.as_bytes());
    let run = shop.run(&["--onto", "feed.xml", "--to", "out.xml", "--locales", "en-US"]);
    assert_eq!(run.code, Some(0), "{}", run.text);
    // Latin-1, as the feed declares.
    let made: String = shop.read("out.xml").into_iter().map(char::from).collect();
    let (start, end) = (made.find("<item>").unwrap(), made.find("</item>").unwrap());
    let (old_start, old_end) = (xml.find("<item>").unwrap(), xml.find("</item>").unwrap());
    assert_eq!(
        (&made[..start], &made[end..]),
        (&xml[..old_start], &xml[old_end..]),
        "all around the item stays"
    );
    let item = &made[start..end];
    assert!(item.contains("<x:structured_title><x:digital_source_type>trained_algorithmic_media</x:digital_source_type><x:content>Varsity Top &amp; Co</x:content></x:structured_title>\n  <x:structured_description>"), "{item}");
    assert!(!item.contains("<title>") && !item.contains("<description>"), "{item}");
    assert!(item.contains("  <x:price>9.99 USD</x:price>") && item.contains("&#9749;"), "{item}");
    if let Some(tags) = python(SCRIPT, &[&shop.0.join("out.xml")]) {
        assert_eq!(tags, json!(["{http://base.google.com/ns/1.0}structured_title", "title"]));
    }
}

#[test]
fn openai_s_feed_keeps_its_prices_and_gets_its_texts() {
    let shop = Shop::with_a_top();
    let feed = "{\"item_id\": \"VT-S\",  \"title\":\"Old\", \"price\":\"9.99 USD\", \"n\": 1.50, \"description\" : \"Old\"}\n\n{\"item_id\":\"X\",\"title\":\"Kept\"}\n";
    shop.write("feed.jsonl", feed.as_bytes());
    let run =
        shop.run(&["--format", "openai", "--onto", "feed.jsonl", "--to", "out.jsonl", "--locales", "en-US"]);
    assert_eq!(run.code, Some(0), "{}", run.text);
    let made = shop.text("out.jsonl");
    assert!(made.starts_with("{\"item_id\": \"VT-S\",  \"title\":\"Varsity Top & Co\", \"price\":\"9.99 USD\", \"n\": 1.50, \"description\" : \"Soft"), "{made}");
    assert!(made.ends_with("}\n\n{\"item_id\":\"X\",\"title\":\"Kept\"}\n"), "{made}");
}

#[test]
fn feeds_that_are_none_are_refused_with_the_place() {
    let shop = Shop::with_a_top();
    let files: [(&str, &[u8], &str); 6] = [
        ("empty.csv", b"", "empty"),
        ("wrong.csv", b"a,b\n1,2\n", "sku and title"),
        ("open.csv", b"sku,title\nx,\"y\n", "row 2"),
        ("plain.xml", b"<rss><channel/></rss>", "namespace"),
        ("cut.xml", b"<rss xmlns:g=\"http://base.google.com/ns/1.0\"><item><g:id>1</g:id>", "item 1"),
        ("bad.jsonl", b"{\"item_id\":\n", "line 1"),
    ];
    for (name, bytes, part) in files {
        shop.write(name, bytes);
        let run = shop.run(&["--onto", name, "--to", "out", "--locales", "en-US"]);
        assert!(
            run.code == Some(1) && run.text.contains(part) && run.text.contains(name),
            "{name}: {}",
            run.text
        );
        assert!(!shop.0.join("out").exists(), "{name}");
    }
    // Entities of its own are nobody's key, and are never expanded.
    let bomb = "<?xml version=\"1.0\"?><!DOCTYPE r [<!ENTITY a \"aaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>\n<rss xmlns:g=\"http://base.google.com/ns/1.0\"><item><g:id>&b;</g:id><title>x</title></item></rss>";
    shop.write("bomb.xml", bomb.as_bytes());
    let run = shop.run(&["--onto", "bomb.xml", "--to", "bomb-out.xml", "--locales", "en-US"]);
    assert_eq!((run.code, shop.text("bomb-out.xml")), (Some(0), bomb.to_owned()), "{}", run.text);
    shop.write("feed.csv", b"sku,title\nvarsity-top,x\n");
    let run = shop.run(&["--onto", "feed.csv", "--to", "feed.csv", "--locales", "en-US"]);
    assert!(run.code == Some(1) && run.text.contains("the feed itself"), "{}", run.text);
}

#[test]
fn an_export_goes_on_from_the_cursor_of_the_last_one() {
    let shop = Shop::with_a_top();
    let run = shop.run(&["--format", "jsonl", "--to", "out.jsonl", "--since", "last"]);
    assert!(run.code == Some(1) && run.text.contains("the first export has no --since"), "{}", run.text);
    assert_eq!(shop.run(&["--format", "jsonl", "--to", "out.jsonl"]).code, Some(0));
    let line = &shop.lines("out.jsonl")[0];
    assert_eq!(line["content"]["description"]["title"], "Varsity Top & Co");
    assert!(line.get("evidence").is_none() && !line.to_string().contains("model.example"), "{line}");
    shop.product(&json!({ "sku": "later-1" }), &["en-US"]);
    shop.document("later-1", "en-US", &texts("Later"), "published", "2999-01-01T00:00:00Z");
    let run = shop.run(&["--format", "jsonl", "--to", "out.jsonl", "--since", "last"]);
    assert!(run.code == Some(0) && run.text.contains("1 documents are older"), "{}", run.text);
    let lines = shop.lines("out.jsonl");
    assert_eq!((lines.len(), &lines[0]["sku"]), (1, &json!("later-1")));
    let run = shop.run(&["--format", "jsonl", "--to", "out.jsonl", "--since", "yesterday"]);
    assert!(run.code == Some(1) && run.text.contains("2026-11-27T00:00:00Z"), "{}", run.text);
}

#[test]
fn several_locales_make_several_files_and_akeneo_has_them_in_one_line() {
    let shop = Shop::with_a_top();
    shop.document("varsity-top", "de-DE", &texts("Oberteil"), "published", "2026-11-20T00:00:00Z");
    shop.product(&json!({ "sku": "varsity-top" }), &["en-US", "de-DE"]);
    let run = shop.run(&["--format", "shopify", "--to", "s.csv", "--locales", "en-US,de-DE"]);
    assert_eq!(run.code, Some(0), "{}", run.text);
    assert!(shop.text("s.de-DE.csv").contains("Oberteil") && shop.text("s.en-US.csv").contains("Varsity"));
    assert!(!shop.0.join("s.csv").exists());
    assert_eq!(shop.run(&["--format", "akeneo", "--to", "a.jsonl"]).code, Some(0));
    let names = &shop.lines("a.jsonl")[0]["values"]["name"];
    let locales: Vec<&str> =
        names.as_array().unwrap().iter().map(|name| name["locale"].as_str().unwrap()).collect();
    assert_eq!(locales, ["de_DE", "en_US"]);
}

#[test]
fn a_product_of_commercetools_keeps_the_languages_that_are_not_ours() {
    let shop = Shop::with_a_top();
    let current = json!({ "id": "p1", "version": 7, "key": "varsity-top", "masterData": { "staged": {
        "name": { "en": "Old", "fr": "Haut" }, "description": { "fr": "Vieux" }, "masterVariant": { "sku": "VT-S" }
    } } });
    shop.write("products.jsonl", format!("{current}\n").as_bytes());
    let run = shop.run(&["--format", "commercetools", "--to", "u.jsonl"]);
    assert!(run.code == Some(1) && run.text.contains("--onto"), "{}", run.text);
    let run = shop.run(&["--format", "commercetools", "--onto", "products.jsonl", "--to", "u.jsonl"]);
    assert_eq!(run.code, Some(0), "{}", run.text);
    let update = &shop.lines("u.jsonl")[0];
    assert_eq!((&update["id"], &update["version"]), (&json!("p1"), &json!(7)));
    let name =
        json!({ "action": "changeName", "name": { "en": "Varsity Top & Co", "fr": "Haut" }, "staged": true });
    assert_eq!(update["actions"][0], name);
    assert_eq!(update["actions"][1]["description"]["fr"], "Vieux");
}

#[cfg(feature = "tables")]
#[test]
fn a_parquet_file_holds_the_texts_and_nothing_where_there_is_none() {
    const SCRIPT: &str = "import json, sys, pyarrow.parquet as p\nprint(json.dumps(p.read_table(sys.argv[1]).to_pylist(), default=str))";
    let shop = Shop::with_a_top();
    let mut short = texts("No FAQ");
    short.as_object_mut().unwrap().remove("faq");
    shop.product(&json!({ "sku": "no-faq" }), &["en-US"]);
    shop.document("no-faq", "en-US", &short, "published", "2026-11-20T00:00:00Z");
    let run = shop.run(&["--format", "parquet", "--to", "t.parquet"]);
    assert_eq!(run.code, Some(0), "{}", run.text);
    // It is read back as what it is.
    let inspect = ["inspect", "--json", "--store", "store", "--log", "warn", "t.parquet"];
    let output =
        Command::new(env!("CARGO_BIN_EXE_skuscribe")).env_clear().current_dir(&shop.0).args(inspect).output();
    let output = output.unwrap();
    let seen: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(
        (&seen["format"], &seen["products"]),
        (&json!("published texts of Skuscribe in Parquet"), &json!(2)),
        "{seen}"
    );
    let facts = seen["shown"][1]["facts"].to_string();
    assert!(facts.contains("Varsity Top & Co") && !facts.contains("S and M.\""), "{facts}");
    let Some(rows) = python(SCRIPT, &[&shop.0.join("t.parquet")]) else { return };
    assert_eq!((&rows[0]["sku"], &rows[0]["questions"]), (&json!("no-faq"), &Value::Null));
    assert_eq!(
        (&rows[1]["description_html"], &rows[1]["bullets"]),
        (&json!(HTML), &json!(["100% cotton", "Sizes S, M"]))
    );
}

/// What a Node script prints last as JSON, run where its packages are installed; nothing where they are not, which is said.
fn node(script: &str, arguments: &[&str]) -> Option<Value> {
    let Ok(folder) = std::env::var("SKUSCRIBE_TEST_NODE") else {
        eprintln!("skipped: SKUSCRIBE_TEST_NODE names no folder with node_modules");
        return None;
    };
    let output = Command::new("node")
        .current_dir(folder)
        .args(["--input-type=module", "-e", script, "--"])
        .args(arguments)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    if errors.contains("ERR_MODULE_NOT_FOUND") || errors.contains("ENOENT") {
        eprintln!("skipped: {}", errors.lines().find(|line| line.contains("rror")).unwrap_or_default());
        return None;
    }
    assert!(output.status.success(), "{errors}");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(serde_json::from_str(printed.lines().last().unwrap()).unwrap())
}

#[test]
fn a_mock_of_commercetools_takes_the_update_actions() {
    const SCRIPT: &str = r"
import { CommercetoolsMock } from '@labdigital/commercetools-mock';
import { setupServer } from 'msw/node';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
const [binary, folder] = process.argv.slice(-2);
const mock = new CommercetoolsMock({ apiHost: 'https://localhost', authHost: 'https://localhost', enableAuthentication: false,
  validateCredentials: false, defaultProjectKey: 'p', silent: true });
const server = setupServer();
mock.registerHandlers(server);
server.listen();
const post = async (path, body) => {
  const answer = await fetch('https://localhost/p/' + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  const json = await answer.json();
  if (!answer.ok) throw new Error(JSON.stringify(json));
  return json;
};
const type = await post('product-types', { name: 't', description: 't', key: 't' });
const made = await post('products', { key: 'varsity-top', productType: { typeId: 'product-type', id: type.id },
  name: { en: 'Old', fr: 'Haut' }, slug: { en: 'varsity-top' }, masterVariant: { sku: 'VT-S' } });
fs.writeFileSync(folder + '/products.jsonl', JSON.stringify(made) + '\n');
execFileSync(binary, ['export', '--store', 'store', '--format', 'commercetools', '--onto', 'products.jsonl', '--to', 'u.jsonl'],
  { cwd: folder, stdio: 'ignore' });
const { id, version, actions } = JSON.parse(fs.readFileSync(folder + '/u.jsonl', 'utf8'));
console.log(JSON.stringify((await post('products/' + id, { version, actions })).masterData.staged));";
    let shop = Shop::with_a_top();
    let folder = shop.0.display().to_string();
    let Some(staged) = node(SCRIPT, &[env!("CARGO_BIN_EXE_skuscribe"), &folder]) else { return };
    assert_eq!(staged["name"], json!({ "en": "Varsity Top & Co", "fr": "Haut" }));
    assert_eq!(staged["metaTitle"]["en"], "Top | Acme");
    assert!(staged["description"]["en"].as_str().unwrap().starts_with("Soft \"cotton\" & 5 > 4."));
}

#[test]
fn a_validator_of_structured_data_misses_nothing_but_the_shop_s_own_offers_and_images() {
    const SCRIPT: &str = r#"
import * as found from '@adobe/structured-data-validator';
import * as extractor from '@marbec/web-auto-extractor';
import fs from 'node:fs';
const Validator = found.Validator ?? found.default, Extractor = extractor.default?.default ?? extractor.default;
const schema = JSON.parse(fs.readFileSync('schemaorg-all-https.jsonld', 'utf8'));
const document = fs.readFileSync(process.argv.at(-1) + '/ld.jsonl', 'utf8').trim();
const html = `<html><body><script type="application/ld+json">${document}</script></body></html>`;
const data = new Extractor({ addLocation: true, embedSource: ['rdfa', 'microdata'] }).parse(html);
const issues = await new Validator(schema).validate(data);
console.log(JSON.stringify([Object.keys(data.jsonld).sort(), issues.filter((issue) => issue.severity === 'ERROR').map((issue) => issue.issueMessage)]));"#;
    let shop = Shop::with_a_top();
    assert_eq!(shop.run(&["--format", "schema-org", "--to", "ld.jsonl"]).code, Some(0));
    let folder = shop.0.display().to_string();
    let Some(found) = node(SCRIPT, &[&folder]) else { return };
    assert_eq!(found[0], json!(["FAQPage", "Product", "WebPage"]));
    for error in found[1].as_array().unwrap() {
        let error = error.as_str().unwrap();
        assert!(error.contains("offers") || error.contains("image"), "{error}");
    }
}

#[test]
fn a_mock_of_akeneo_takes_the_lines() {
    const SCRIPT: &str = r"
import json, os, sys
os.environ['AKENEO_DATABASE_URL'] = sys.argv[2]
from akeneo_mock_server.database import init_db
from akeneo_mock_server.app import app
from fastapi.testclient import TestClient
init_db()
with TestClient(app) as client:
    token = client.post('/api/oauth/v1/token', json={'grant_type': 'password', 'username': 'a', 'password': 'b'}, auth=('x', 'y')).json()
    headers = {'Authorization': 'Bearer ' + token['access_token']}
    for code in ['name', 'description', 'meta_title', 'meta_description']:
        client.post('/api/rest/v1/attributes', json={'code': code, 'type': 'pim_catalog_textarea', 'group': 'g', 'localizable': True, 'scopable': False}, headers=headers)
    lines = open(sys.argv[1] + '/a.jsonl', 'rb').read()
    answer = client.patch('/api/rest/v1/products', content=lines, headers=headers | {'Content-Type': 'application/vnd.akeneo.collection+json'})
    statuses = [json.loads(line)['status_code'] for line in answer.text.splitlines() if line]
    print(json.dumps([statuses, client.get('/api/rest/v1/products/varsity-top', headers=headers).json()['values']]))";
    let Ok(database) = std::env::var("SKUSCRIBE_TEST_AKENEO_DATABASE") else {
        println!(
            "SKIPPED: SKUSCRIBE_TEST_AKENEO_DATABASE names no PostgreSQL database for akeneo-mock-server"
        );
        return;
    };
    let shop = Shop::with_a_top();
    assert_eq!(shop.run(&["--format", "akeneo", "--to", "a.jsonl"]).code, Some(0));
    let Some(found) = python(SCRIPT, &[&shop.0, Path::new(&database)]) else { return };
    let statuses = found[0].as_array().unwrap();
    assert!(statuses.len() == 1 && [201, 204].map(Value::from).contains(&statuses[0]), "{found}");
    assert_eq!(found[1]["name"][0]["data"], "Varsity Top & Co");
}
