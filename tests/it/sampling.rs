//! Samples and their comparison, and what was spent by what: over a folder, without a broker.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use skuscribe_sandbox::{Behaviour, Sandbox};

use crate::harness::unique;

const PRICES: &str = "[{ from = \"2020-01-01\", input = 1.0, cached = 0.1, output = 4.0, batch = 0.5 }]";

/// A folder with written products, and a model.
struct Shop {
    sandbox: Sandbox,
    folder: PathBuf,
}

impl Shop {
    async fn open() -> Self {
        let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into(), Behaviour::default()).await.unwrap();
        let folder = std::env::temp_dir().join(unique("skuscribe-samples"));
        std::fs::create_dir_all(&folder).unwrap();
        let lines: Vec<String> = (0..4)
            .map(|number| {
                json!({
                    "sku": format!("C{number}"), "title": format!("Mug {number}"), "brand": "Acme",
                    "category": ["Kitchen", if number == 0 { "Bowls" } else { "Mugs" }],
                    "attributes": { "material": "stoneware", "capacity": format!("{number}50 ml"), "colour": "blue" }
                })
                .to_string()
            })
            .collect();
        let shop = Self { sandbox, folder };
        let file = shop.folder.join("catalog.jsonl");
        std::fs::write(&file, lines.join("\n")).unwrap();
        let (ok, text) = shop.run(&["enrich", file.to_str().unwrap(), "--log", "error"]);
        assert!(ok, "{text}");
        shop
    }

    fn run(&self, arguments: &[&str]) -> (bool, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_skuscribe"))
            .env_clear()
            .env("SKUSCRIBE_LOG_FILTER", "off")
            .env("SKUSCRIBE_MODEL_URL", self.sandbox.url())
            .env("SKUSCRIBE_MODEL_STRUCTURED", "json_schema")
            .env("SKUSCRIBE_MODEL_PRICES", PRICES)
            .env("SKUSCRIBE_STORE_URL", self.folder.join("out"))
            .args(arguments)
            .output()
            .unwrap();
        let text = if output.status.success() { output.stdout } else { output.stderr };
        (output.status.success(), String::from_utf8(text).unwrap())
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let (ok, text) = self.run(arguments);
        assert!(ok, "{text}");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// Every stored object but the books.
    fn objects(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        collect(&self.folder.join("out"), &mut found);
        found.retain(|path, _| !path.components().any(|part| part.as_os_str() == "spend"));
        found
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

fn collect(folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with(".skuscribe") {
            continue;
        }
        if path.is_dir() {
            collect(&path, found);
        } else {
            let body = std::fs::read(&path).unwrap();
            found.insert(path, body);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_notes_are_compared_on_a_sample_of_which_nothing_stays_but_its_cost() {
    let shop = Shop::open().await;
    let before = shop.objects();
    let answers = shop.sandbox.counters().answers();
    let ask = ["regenerate", "--select", "sku:C*", "--sample", "2", "--note", "Shorter.", "--dry-run"];
    let compared = shop.json(&[&ask[..], &["--against-note", "For beginners.", "--json"]].concat());
    for side in ["first", "second"] {
        let samples = compared[side].as_array().unwrap();
        assert_eq!(samples.len(), 2);
        for sample in samples {
            assert_eq!(sample["outcome"], "published", "{sample}");
            assert!(sample["quality"].as_f64().unwrap() > 0.0 && sample["cost"].as_i64().unwrap() > 0);
            assert!(!sample["drafts"].as_array().unwrap().is_empty());
        }
    }
    assert_eq!(shop.sandbox.counters().answers(), answers + 4, "two products, twice");
    let prompt = shop.sandbox.counters().last_prompt.lock().unwrap().clone();
    assert_eq!(
        ["Shorter.", "For beginners."].iter().filter(|note| prompt.contains(**note)).count(),
        1,
        "each side has its own note: {prompt}"
    );
    assert!(shop.objects() == before, "nothing of a sample is stored");
    let costs = shop.json(&["cost", "--from", "today", "--by", "job", "--json"]);
    let jobs: Vec<&str> =
        costs["report"]["sums"].as_array().unwrap().iter().map(|row| row[0].as_str().unwrap()).collect();
    assert!(jobs.len() == 2 && jobs.iter().all(|job| job.starts_with("sample-")), "{jobs:?}");

    let (ok, text) = shop.run(&[&ask[..], &["--against-note", ""]].concat());
    assert!(ok && text.contains("C0  published | published"), "{text}");
    assert!(text.contains("\n< 2 products: 2 published") && text.contains("\n> 2 products: 2 published"));
    assert!(text.contains("quality") && text.contains("findings that hold"), "{text}");
    let (ok, text) = shop.run(&["regenerate", "--select", "sku:C*", "--against-note", "x"]);
    assert!(!ok && text.contains("--sample"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_spent_is_summed_by_category_locale_and_recipe_without_a_rest() {
    let shop = Shop::open().await;
    let sums = |by: &str| {
        let report = shop.json(&["cost", "--from", "yesterday", "--to", "today", "--by", by, "--json"]);
        let report = report["report"].clone();
        let rows = report["sums"].as_array().unwrap().iter();
        let names: BTreeMap<String, i64> = rows
            .map(|row| (row[0].as_str().unwrap().to_owned(), row[1]["nanos"].as_i64().unwrap()))
            .collect();
        let all = report["total"]["nanos"].as_i64().unwrap();
        assert_eq!(names.values().sum::<i64>() + report["rest"]["nanos"].as_i64().unwrap(), all, "{report}");
        assert!(all > 0);
        names
    };
    let categories = sums("category");
    assert_eq!(categories.keys().collect::<Vec<_>>(), ["Kitchen > Bowls", "Kitchen > Mugs"]);
    assert!(categories["Kitchen > Mugs"] > 2 * categories["Kitchen > Bowls"]);
    assert_eq!(sums("locale").keys().collect::<Vec<_>>(), ["en-US"]);
    assert_eq!(sums("recipe").keys().collect::<Vec<_>>(), ["description", "faq", "seo"]);
    assert_eq!(sums("day").len(), 1);
    assert!(sums("job").is_empty());
    let (ok, text) = shop.run(&["cost", "--from", "today", "--by", "recipe"]);
    assert!(ok && text.contains("shared out evenly") && text.contains("description"), "{text}");
    let (ok, text) = shop.run(&["cost", "--from", "2026-03-02", "--to", "2026-03-01"]);
    assert!(!ok && text.contains("lies after"), "{text}");
    let (ok, text) = shop.run(&["cost", "--from", "2001-01-01"]);
    assert!(!ok && text.contains("400 at most"), "{text}");
    let (ok, text) = shop.run(&["changes", "--since", "soon"]);
    assert!(!ok && text.contains("--since") && text.contains("yesterday"), "{text}");
    let (ok, text) = shop.run(&["changes", "--since", "yesterday"]);
    assert!(ok && text.contains("\"cursor\":0"), "{text}");
}
