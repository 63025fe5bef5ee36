//! One broken object (edited by hand, half written by another tool, somebody else's) stops no command: it is named, left out
//! and left alone, and the exit code says so.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Output;
use std::sync::Arc;

use serde_json::{Value, json};
use skuscribe::announce::{Announcer, ContentEvent};
use skuscribe::clock::Clock;
use skuscribe::config::Config;
use skuscribe::feed::{append, head};
use skuscribe::intake::inbox::Inbox;
use skuscribe::intake::{Origin, decode};
use skuscribe::pipeline::Pipeline;
use skuscribe::store::{ContentStore, FolderStore, Key};
use skuscribe_check::product::{Digest, Locale, Sku};
use skuscribe_sandbox::{Behaviour, Sandbox};

use crate::harness::{config, mug, unique};
use crate::process::command;

/// Ways in which an object is broken.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Break {
    Empty,
    Half,
    NotJson,
    WrongTypes,
    Deep,
    Large,
    CopyOfAnother,
    AFolder,
}

const BREAKS: [Break; 8] = [
    Break::Empty,
    Break::Half,
    Break::NotJson,
    Break::WrongTypes,
    Break::Deep,
    Break::Large,
    Break::CopyOfAnother,
    Break::AFolder,
];

/// A folder with products that were written and held; it goes when it is dropped.
struct Shop {
    _sandbox: Sandbox,
    config: Config,
    folder: PathBuf,
    store: Arc<dyn ContentStore>,
}

impl Drop for Shop {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

fn locale() -> Locale {
    "en-US".parse().unwrap()
}

fn product(sku: &str) -> Key {
    Key::Product { sku: sku.parse().unwrap() }
}

fn content(sku: &str) -> Key {
    Key::Content { locale: locale(), sku: sku.parse().unwrap() }
}

fn held(sku: &str) -> Key {
    Key::Held { locale: locale(), sku: sku.parse().unwrap() }
}

impl Shop {
    /// A shop of the products given, and of `GOOD`; their texts are published, or wait for a person.
    async fn open(skus: &[&str], waits: bool) -> Self {
        skuscribe::cli::install_tls();
        let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into(), Behaviour::default()).await.unwrap();
        let folder = std::env::temp_dir().join(unique("skuscribe-broken"));
        let mut config = config(&sandbox, None);
        config.store.url = folder.display().to_string();
        "json_schema".clone_into(&mut config.model.structured);
        if waits {
            "always".clone_into(&mut config.review.when);
        }
        let store: Arc<dyn ContentStore> = Arc::new(FolderStore::open(&folder).unwrap());
        let pipeline = Pipeline::new(&config, Arc::clone(&store), Announcer::Nowhere, Clock::System).unwrap();
        for sku in skus.iter().chain(&["GOOD"]) {
            let message = mug(&format!("m-{sku}"), sku, 1, "clay");
            let update = decode(message.to_string().as_bytes(), &Origin::default()).unwrap();
            let reports = pipeline.run(&Inbox::default().enter(Arc::new(update))).await.unwrap();
            assert!(reports.iter().all(|report| report.result.is_ok()), "{reports:?}");
        }
        Self { _sandbox: sandbox, config, folder, store }
    }

    fn file(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    /// Breaks an object; `good` is another one of its kind.
    fn damage(&self, key: &Key, good: &Key, how: Break) {
        let file = self.file(&key.path());
        let whole = std::fs::read(self.file(&good.path())).unwrap();
        let body = match how {
            Break::Empty => Vec::new(),
            Break::Half => whole[..whole.len() / 2].to_vec(),
            Break::NotJson => b"<html>Service unavailable</html>".to_vec(),
            Break::WrongTypes => {
                let value: Value = serde_json::from_slice(&whole).unwrap();
                let wrong = value.as_object().unwrap().keys().map(|name| (name.clone(), json!([{ "a": 1 }])));
                serde_json::to_vec(&wrong.collect::<BTreeMap<_, _>>()).unwrap()
            }
            Break::Deep => b"[".repeat(200_000),
            Break::Large => vec![b' '; 17 << 20],
            Break::CopyOfAnother => whole,
            Break::AFolder => {
                std::fs::remove_file(&file).unwrap();
                return std::fs::create_dir(&file).unwrap();
            }
        };
        std::fs::write(file, body).unwrap();
    }

    /// Puts a file where none of ours is.
    fn foreign(&self, path: &str) {
        let file = self.file(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, b"{}").unwrap();
    }

    async fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut command = command(&self.config);
        command.env("SKUSCRIBE_LOG_FILTER", "warn").args(arguments);
        let output: Output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    /// Runs a command that has to leave these paths out and do the rest; gives what it prints.
    async fn leaves_out(&self, arguments: &[&str], paths: &[String]) -> String {
        let (code, out, errors) = self.run(arguments).await;
        assert_eq!(code, 4, "{arguments:?}: {out}{errors}");
        for path in paths {
            assert!(
                errors.contains(&format!("left out: {path}: ")),
                "{arguments:?}: {path} is not named: {errors}"
            );
        }
        let count = format!("{} stored objects were left out", paths.len());
        assert!(errors.contains(&count), "{arguments:?}: {count}: {errors}");
        out
    }
}

fn names(prefix: &str) -> Vec<String> {
    BREAKS.iter().map(|how| format!("{prefix}-{how:?}")).collect()
}

/// A shop whose products, or documents, or held entries are each broken in another way; with the broken paths.
async fn damaged(key: fn(&str) -> Key, waits: bool, foreign: &[&str]) -> (Shop, Vec<String>) {
    let skus = names("B");
    let shop = Shop::open(&skus.iter().map(String::as_str).collect::<Vec<_>>(), waits).await;
    let mut paths = Vec::new();
    for (sku, how) in skus.iter().zip(BREAKS) {
        shop.damage(&key(sku), &key("GOOD"), how);
        // A folder is no object of a listing.
        if how != Break::AFolder || key("GOOD") == content("GOOD") {
            paths.push(key(sku).path());
        }
    }
    for path in foreign {
        shop.foreign(path);
        paths.push((*path).to_owned());
    }
    (shop, paths)
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_products_and_foreign_files_stop_no_walk_over_the_products() {
    let foreign = ["products/notes.txt", "products/%ZZ.json", "products/a b.json", "products/%47OOD.json"];
    let (shop, paths) = damaged(product, false, &foreign).await;
    let gaps = shop.leaves_out(&["gaps"], &paths).await;
    assert!(gaps.contains("nothing is missed") || gaps.contains("products"), "{gaps}");
    let cost = shop.leaves_out(&["cost", "--selection", "sku:*", "--force"], &paths).await;
    assert!(cost.contains("1 "), "{cost}");
    let chosen = shop.leaves_out(&["regenerate", "--select", "sku:*", "--dry-run"], &paths).await;
    assert!(chosen.contains("1 "), "{chosen}");
    let (code, _, errors) = shop.run(&["guide", "Mugs", "--select", "sku:*", "--print"]).await;
    assert!(code == 1 && errors.contains("1 products are selected"), "{errors}");
    let question = "Is it dishwasher safe?";
    let (code, answer, errors) =
        shop.run(&["ask", question, "--category", "Kitchen", "--no-model", "--forget"]).await;
    assert!(code == 0 && answer.contains("Mug"), "{answer}{errors}");
    assert!(paths.iter().all(|path| errors.contains(path)), "{errors}");
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_documents_stop_no_walk_that_reads_them() {
    let (shop, paths) = damaged(content, false, &[]).await;
    shop.leaves_out(&["gaps"], &paths).await;
    let chosen = shop.leaves_out(&["regenerate", "--select", "state:published", "--dry-run"], &paths).await;
    assert!(chosen.contains("1 "), "{chosen}");
    // An estimate that is not whole is a failure, and says of what.
    let (code, out, errors) = shop.run(&["cost", "--selection", "sku:*", "--force"]).await;
    assert!(code == 1 && paths.iter().all(|path| errors.contains(path)), "{out}{errors}");
    // Nobody knows whether a page that cannot be read is published.
    let (code, answer, errors) =
        shop.run(&["ask", "B-Half", "What is it made of?", "--no-model", "--forget"]).await;
    assert!(
        code == 0 && answer.contains("(unavailable)") && errors.contains("content/en-US/B-Half.json"),
        "{answer}{errors}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_entries_of_the_review_queue_are_named_and_the_others_are_listed() {
    let foreign = ["held/notes.txt", "held/en-US/notes", "held/not a locale/A.json"];
    let (shop, mut paths) = damaged(held, true, &foreign).await;
    let out = shop.leaves_out(&["review", "list", "--json"], &paths).await;
    assert!(out.lines().count() == 1 && out.contains("\"GOOD\""), "{out}");
    // The document of one whose entry is whole.
    shop.damage(&content("GOOD"), &content("GOOD"), Break::Half);
    paths.push(content("GOOD").path());
    let out = shop.leaves_out(&["review", "list", "--json"], &paths).await;
    assert!(!out.contains("\"GOOD\""), "{out}");
}

fn event(number: u64, sku: &str, job: Option<&str>) -> ContentEvent {
    serde_json::from_value(json!({
        "id": format!("e{number}"), "schema": "content_event.v1", "outcome": "published", "sku": sku, "locale": "en-US",
        "revision": 1, "product_version": 1, "message_id": format!("m{number}"), "job": job,
        "announced_at": "2026-01-01T00:00:00Z"
    }))
    .unwrap()
}

/// A shop with a feed of eight segments: the second and the third are gone, the fifth is no feed, a line of the sixth is
/// broken.
async fn with_broken_feed(job: Option<&str>) -> (Shop, Vec<String>) {
    let shop = Shop::open(&["A1", "A2"], false).await;
    for number in 1..=8 {
        append(&*shop.store, number - 1, &[event(number, "A1", job), event(number + 10, "GOOD", job)])
            .await
            .unwrap();
    }
    let segment = |number| shop.file(&Key::Changes { number }.path());
    std::fs::remove_file(segment(2)).unwrap();
    std::fs::remove_file(segment(3)).unwrap();
    std::fs::write(segment(5), b"\x00\xffPK\x03").unwrap();
    let sixth = std::fs::read_to_string(segment(6)).unwrap();
    std::fs::write(segment(6), sixth.replacen("published", "praised", 1)).unwrap();
    shop.foreign("changes/readme.txt");
    let paths = [2, 5, 6].map(|number| Key::Changes { number }.path());
    (shop, paths.to_vec())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_of_the_feed_goes_past_what_is_missing_or_broken_and_says_so() {
    let (shop, paths) = with_broken_feed(None).await;
    assert_eq!(head(&*shop.store, 0).await.unwrap(), 8);
    let (code, out, errors) = shop.run(&["changes"]).await;
    assert_eq!(code, 4, "{errors}");
    assert!(paths.iter().all(|path| errors.contains(path)), "{errors}");
    assert!(errors.contains("it and those up to 3 are missing, though segment 4 is there"), "{errors}");
    assert!(errors.contains("line 1, column") && errors.contains("1 of its lines"), "{errors}");
    let cursors: Vec<&str> = out.lines().filter(|line| line.starts_with("{\"cursor\"")).collect();
    let expected = [1, 4, 5, 6, 7, 8].map(|number| format!("{{\"cursor\":{number}}}"));
    assert_eq!(cursors, expected);
    assert_eq!(out.lines().filter(|line| line.contains("content_event.v1")).count(), 9);
    // From a segment that was taken away since it was read, a reader goes on.
    let (code, out, errors) = shop.run(&["changes", "--after", "3"]).await;
    assert!(code == 4 && out.contains("\"cursor\":8") && !errors.contains("000000000002"), "{out}{errors}");
    let (code, _, errors) = shop.run(&["changes", "--after", "7"]).await;
    assert_eq!((code, errors.as_str()), (0, ""));
    let (code, _, errors) = shop.run(&["changes", "--after", "9"]).await;
    assert!(code == 1 && errors.contains("its last is 8"), "{errors}");
    // What comes next is no hole's filling.
    assert_eq!(
        append(&*shop.store, head(&*shop.store, 0).await.unwrap(), &[event(9, "A1", None)]).await.unwrap(),
        9
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_job_hides_no_other_and_a_broken_feed_no_job() {
    let (shop, segments) = with_broken_feed(Some("J-good")).await;
    let job = |id: &str| {
        json!({
            "schema": "job.v1", "id": id, "by": "eva", "selection": "sku:*", "recipes": [], "force": true,
            "state": "running", "created_at": "2026-01-01T00:00:00Z", "messages": 2, "tasks": 2, "published": 2,
            "feed_after": 0, "rounds": 0
        })
    };
    let put = |id: &str, job: &Value| shop_file(&shop, &Key::Job { id: id.to_owned() }, job);
    put("J-good", &job("J-good"));
    put("J-copy", &job("J-good"));
    put("J-half", &json!("{"));
    let mut newer = job("J-newer");
    newer["schema"] = json!("job.v9");
    put("J-newer", &newer);
    let mut words = job("J-words");
    words["state"] = json!("asleep");
    put("J-words", &words);
    shop.foreign("jobs/todo.md");
    let jobs = ["J-copy.json", "J-half.json", "J-newer.json", "J-words.json", "todo.md"];
    let paths = [jobs.map(|name| format!("jobs/{name}")).to_vec(), segments.clone()].concat();
    let out = shop.leaves_out(&["jobs", "list", "--json"], &paths).await;
    assert!(out.lines().count() == 1 && out.contains("J-good"), "{out}");
    let (_, _, errors) = shop.run(&["jobs", "list"]).await;
    assert!(errors.contains("job.v9") && errors.contains("upgrade this one"), "{errors}");
    let shown = shop.leaves_out(&["jobs", "show", "J-good", "--json"], &segments).await;
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["done"], 2);
}

fn shop_file(shop: &Shop, key: &Key, value: &Value) {
    let file = shop.file(&key.path());
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, serde_json::to_vec(value).unwrap()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_ledgers_and_questions_are_left_out_of_sums() {
    let shop = Shop::open(&["A1"], false).await;
    let day = jiff::civil::date(2026, 3, 1);
    let ledger = |process: &str| Key::Spend { day, process: process.to_owned() };
    let usage = json!({ "input_tokens": 1, "cached_tokens": 0, "output_tokens": 1 });
    let total = json!({ "calls": 3, "usage": usage, "nanos": 5_000_000_000_i64 });
    let good = json!({ "total": total, "lanes": {}, "jobs": {}, "models": {} });
    shop_file(&shop, &ledger("one"), &good);
    shop_file(&shop, &ledger("two"), &json!({ "total": "much" }));
    shop.foreign("spend/2026-03-01/sum.csv");
    let paths = [ledger("two").path(), "spend/2026-03-01/sum.csv".to_owned()];
    let out = shop.leaves_out(&["cost", "--day", "2026-03-01"], &paths).await;
    assert!(out.contains("5.0000"), "{out}");

    let sku: Sku = "A1".parse().unwrap();
    let questions = [Key::Questions { sku }, Key::CategoryQuestions { category: Digest::of(&[b"x"]) }];
    for key in &questions {
        shop_file(&shop, key, &json!({ "schema": "questions.v1", "open": 7 }));
    }
    shop.foreign("questions/categories/all.json");
    let mut paths: Vec<String> = questions.iter().map(Key::path).collect();
    paths.push("questions/categories/all.json".to_owned());
    shop.leaves_out(&["gaps", "--json"], &paths).await;
    // A question is answered whether or not it can be remembered.
    let (code, answer, errors) =
        shop.run(&["ask", "A1", "Does it come with a lid and a spoon?", "--no-model"]).await;
    assert!(code == 0 && !answer.is_empty(), "{answer}{errors}");
}

#[cfg(feature = "tables")]
#[tokio::test(flavor = "multi_thread")]
async fn a_broken_index_is_made_anew_and_a_broken_document_keeps_its_row() {
    let shop = Shop::open(&["A1", "A2"], false).await;
    append(&*shop.store, 0, &["A1", "A2", "GOOD"].map(|sku| event(1, sku, None))).await.unwrap();
    let (code, _, errors) = shop.run(&["index"]).await;
    assert_eq!(code, 0, "{errors}");
    let (table, reach) = (Key::Index { locale: locale() }, Key::IndexReach);
    let rows = || async {
        let mut rows = Vec::new();
        let table = shop.store.get(&Key::Index { locale: locale() }).await.unwrap().unwrap().body;
        skuscribe::catalog::index::read(table, |row| rows.push(row.sku.to_string())).unwrap();
        rows
    };
    assert_eq!(rows().await, ["A1", "A2", "GOOD"]);
    // A document that cannot be read any more.
    shop.damage(&content("A1"), &content("GOOD"), Break::Half);
    append(&*shop.store, 1, &[event(2, "A1", None)]).await.unwrap();
    shop.leaves_out(&["index"], &[content("A1").path()]).await;
    assert_eq!(rows().await, ["A1", "A2", "GOOD"]);
    // The table alone; then the reach as well.
    let whole = std::fs::read(shop.file(&table.path())).unwrap();
    let mut broken = [b"PAR1".to_vec(), whole[4..whole.len() / 2].to_vec()].concat();
    broken.extend_from_slice(&whole[whole.len() - 8..]);
    std::fs::write(shop.file(&table.path()), &broken).unwrap();
    let mut paths = vec![content("A1").path(), table.path()];
    shop.leaves_out(&["index"], &paths).await;
    assert_eq!(rows().await, ["A2", "GOOD"], "what can be read is in it again");
    std::fs::write(shop.file(&table.path()), &broken).unwrap();
    std::fs::write(shop.file(&reach.path()), b"{\"cursor\": -1}").unwrap();
    paths.push(reach.path());
    shop.leaves_out(&["index"], &paths).await;
    assert_eq!(rows().await, ["A2", "GOOD"]);
    shop.leaves_out(&["index"], &[content("A1").path()]).await;
}
