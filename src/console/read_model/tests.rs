//! Whatever comes in whichever order, and whatever is typed: the read model says what the store says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::date;
use serde_json::{Value, json};
use sqlx::Row as _;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::announce::ContentEvent;
use crate::console::filter::{Filter, Scope};
use crate::store::{Condition, ContentStore, FolderStore, Key, Put, save};
use skuscribe_check::content::{Document, HeldEntry, HistoryEntry};
use skuscribe_check::product::{Digest, Product, Snapshot};

const NOW: &str = "2026-11-27T12:00:00Z";

fn clock() -> Clock {
    Clock::fixed(NOW.parse().unwrap())
}

/// What a test says of a document; everything else follows.
#[derive(Clone)]
struct Told {
    sku: String,
    locale: &'static str,
    revision: u64,
    state: &'static str,
    /// Rules and severities of the draft that waits.
    held: Option<Vec<(&'static str, &'static str)>>,
    category: Vec<&'static str>,
    brand: &'static str,
    title: String,
    text: String,
    job: &'static str,
    quality: f64,
    at: Timestamp,
}

impl Told {
    fn new(sku: &str) -> Self {
        Self {
            sku: sku.to_owned(),
            locale: "en-US",
            revision: 1,
            state: "published",
            held: None,
            category: vec!["Kitchen", "Mugs"],
            brand: "Acme",
            title: format!("Mug {sku}"),
            text: "A blue mug that holds three hundred millilitres. It is made of clay.".to_owned(),
            job: "",
            quality: 0.8,
            at: "2026-11-26T10:00:00Z".parse().unwrap(),
        }
    }

    fn held(self, rule: &'static str, severity: &'static str) -> Self {
        Self { state: "held", held: Some(vec![(rule, severity)]), ..self }
    }

    fn operation(&self) -> Digest {
        Digest::of(&[self.sku.as_bytes(), self.locale.as_bytes(), &self.revision.to_le_bytes()])
    }

    fn message(&self) -> String {
        let Self { job, sku, revision, .. } = self;
        if job.is_empty() { format!("m-{sku}-{revision}") } else { format!("{job}/{revision}/{sku}") }
    }

    fn recipes(&self) -> Value {
        let digest = Digest::of(&[b"any"]);
        json!({ "description": { "fingerprint": digest, "facts": digest, "policy": digest, "provenance": {
            "model": "model-a", "provider": "http://model", "recipe_version": "1",
            "usage": { "input_tokens": 100, "cached_tokens": 0, "output_tokens": 20 }, "calls": 1, "cost": 0.001,
            "generated_at": self.at, "worker_version": "0", "message_id": self.message(),
            "operation": self.operation(), "digital_source_type": "trained_algorithmic_media" } } })
    }

    fn findings(&self) -> Vec<Value> {
        let finding = |(rule, severity): &(&str, &str)| json!({ "rule": rule, "severity": severity, "recipe": "description", "at": "/body", "message": "seen" });
        self.held.iter().flatten().map(finding).collect()
    }

    fn content(&self) -> Value {
        json!({ "title": "A title", "body": self.text })
    }

    fn document(&self) -> Document {
        let waits = self.held.is_some();
        let held = json!({ "operation": self.operation(), "product_version": 1, "recipes": self.recipes() });
        let published = self.state == "published";
        serde_json::from_value(json!({
            "schema": "content.v1", "sku": self.sku, "locale": self.locale, "state": self.state,
            "revision": self.revision, "product_version": 1, "updated_at": self.at,
            "content": if published { json!({ "description": self.content() }) } else { json!({}) },
            "recipes": if published { self.recipes() } else { json!({}) },
            "quality": if published { json!({ "description": { "score": self.quality, "parts": {} } }) } else { json!({}) },
            "held": if waits { held } else { Value::Null },
        }))
        .unwrap()
    }

    fn product(&self) -> Product {
        let Self { sku, title, brand, category, .. } = self;
        serde_json::from_value(json!({ "sku": sku, "title": title, "brand": brand, "category": category }))
            .unwrap()
    }

    fn history(&self) -> Option<HistoryEntry> {
        self.held.as_ref()?;
        let entry = json!({
            "sku": self.sku, "locale": self.locale, "operation": self.operation(), "product_version": 1, "state": "held",
            "drafts": [{ "recipe": "description", "content": self.content() }], "findings": self.findings(),
            "quality": { "description": { "score": self.quality, "parts": {} } }, "recipes": self.recipes(),
        });
        Some(serde_json::from_value(entry).unwrap())
    }

    fn entry(&self) -> Entry {
        let (document, product, history) = (self.document(), self.product(), self.history());
        Entry::of(&entry::Holding {
            document: &document,
            product: Some(&product),
            waiting: history.as_ref(),
            held_at: Some(self.at),
        })
    }

    fn event(&self) -> ContentEvent {
        let outcome = if self.held.is_some() { "held" } else { self.state };
        let id = Digest::of(&[self.sku.as_bytes(), self.locale.as_bytes(), &self.revision.to_le_bytes()]);
        serde_json::from_value(json!({
            "id": id, "schema": "content_event.v1", "outcome": outcome, "sku": self.sku, "locale": self.locale,
            "revision": self.revision, "message_id": self.message(), "announced_at": self.at,
        }))
        .unwrap()
    }

    /// Puts it into a store, whatever was there.
    async fn store(&self, store: &dyn ContentStore) {
        let (document, sku, locale) = (self.document(), self.document().sku, self.document().locale);
        let snapshot = Snapshot {
            version: Some(1),
            occurred_at: self.at,
            message_id: "m".to_owned(),
            locales: vec![locale.clone()],
            deleted: false,
            product: Arc::new(self.product()),
        };
        replace(store, &Key::Product { sku: sku.clone() }, &snapshot).await;
        if let Some(history) = self.history() {
            let operation = history.operation;
            replace(store, &Key::History { locale: locale.clone(), sku: sku.clone(), operation }, &history)
                .await;
            let queued = HeldEntry {
                sku: sku.clone(),
                locale: locale.clone(),
                operation,
                product_version: Some(1),
                job: None,
                held_at: self.at,
                findings: history.findings,
            };
            replace(store, &Key::Held { locale: locale.clone(), sku: sku.clone() }, &queued).await;
        }
        replace(store, &Key::Content { locale, sku }, &document).await;
    }
}

async fn replace(store: &dyn ContentStore, key: &Key, value: &impl serde::Serialize) {
    store.delete(key).await.unwrap();
    assert!(matches!(save(store, key, value, Condition::Absent).await.unwrap(), Put::Stored(_)));
}

fn folder() -> (TempDir, Arc<dyn ContentStore>) {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(FolderStore::open(folder.path()).unwrap());
    (folder, store)
}

async fn fed(told: &[Told]) -> ReadModel {
    let model = ReadModel::in_memory(clock()).await.unwrap();
    let entries: Vec<Entry> = told.iter().map(Told::entry).collect();
    let events: Vec<ContentEvent> = told.iter().map(Told::event).collect();
    model.apply(&entries, &events).await.unwrap();
    model
}

/// Everything in a read model but the numbers of rows and rebuilds, each line a row.
async fn dump(model: &ReadModel) -> BTreeMap<&'static str, Vec<String>> {
    let mut dump = BTreeMap::new();
    for (table, select) in [
        ("documents", "SELECT json_array(sku, locale, title, brand, category, state, revision, draft, held_at, rank, held_rules,
            published_rules, recipes, quality, model, job, cost, tokens, updated_at, sentence, digest) FROM documents"),
        ("totals", "SELECT json_array(locale, state, waiting, documents) FROM totals WHERE documents > 0"),
        ("waiting", "SELECT json_array(part, value, drafts) FROM waiting WHERE drafts > 0"),
        ("spend", "SELECT json_array(part, day, value, cost, input_tokens, output_tokens, texts) FROM spend"),
        ("minutes", "SELECT json_array(minute, cost, tokens) FROM spend_minutes"),
        ("outcomes", "SELECT json_array(minute, outcome, events) FROM outcomes"),
        ("words", "SELECT json_array(sku, locale) FROM documents WHERE id IN
            (SELECT rowid FROM documents_text WHERE documents_text MATCH 'texts : clay AND tags : xall')"),
        ("indexed", "SELECT json_array(count(*)) FROM documents_text WHERE documents_text MATCH 'tags : xall'"),
    ] {
        let rows = sqlx::query(select).fetch_all(&model.readers).await.unwrap();
        let mut rows: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        rows.sort_unstable();
        dump.insert(table, rows);
    }
    dump
}

/// A history of 20 products in two locales: held, approved, written anew, deleted.
fn history(random: &mut fastrand::Rng) -> Vec<Told> {
    let mut told = Vec::new();
    for number in 0..20 {
        for locale in ["en-US", "de-DE"] {
            for revision in 1..=random.u64(1..6) {
                let at = Timestamp::from_second(1_795_000_000 + random.i64(0..90_000)).unwrap();
                let new = Told { locale, revision, at, ..Told::new(&format!("SKU-{number}")) };
                told.push(match random.u8(0..4) {
                    0 => new.held("facts.contradicted", "hold"),
                    1 => new.held("policy.claim", "block"),
                    2 => Told { state: "deleted", ..new },
                    _ => Told { job: "spring", text: format!("Made of clay, revision {revision}."), ..new },
                });
            }
        }
    }
    told
}

fn filter(text: &str) -> Filter {
    text.parse().unwrap()
}

async fn waiting(model: &ReadModel, text: &str) -> Vec<String> {
    let page =
        model.review_queue(&filter(text), ReviewOrder::Severity, &PageRequest::first(200)).await.unwrap();
    page.rows.into_iter().map(|row| row.sku).collect()
}

async fn searched(model: &ReadModel, text: &str) -> BTreeSet<String> {
    let page = model.search(&filter(text), &PageRequest::first(200)).await.unwrap();
    page.rows.into_iter().map(|row| row.sku).collect()
}

#[tokio::test]
async fn duplicates_and_other_orders_make_the_same_tables() {
    let mut random = fastrand::Rng::with_seed(7);
    let told = history(&mut random);
    let in_order = dump(&fed(&told).await).await;
    assert!(in_order["documents"].len() == 40 && in_order["spend"].len() > 10, "{in_order:?}");
    for _ in 0..3 {
        let mut shuffled = [told.clone(), told.clone()].concat();
        random.shuffle(&mut shuffled);
        let model = ReadModel::in_memory(clock()).await.unwrap();
        for batch in shuffled.chunks(7) {
            let entries: Vec<Entry> = batch.iter().map(Told::entry).collect();
            let events: Vec<ContentEvent> = batch.iter().map(Told::event).collect();
            model.apply(&entries, &events).await.unwrap();
        }
        assert_eq!(dump(&model).await, in_order);
    }
}

#[tokio::test]
async fn a_rebuild_makes_what_events_made() {
    let (_folder, store) = folder();
    let mut random = fastrand::Rng::with_seed(8);
    let mut latest: BTreeMap<(String, &str), Told> = BTreeMap::new();
    for told in history(&mut random) {
        latest.insert((told.sku.clone(), told.locale), told);
    }
    let latest: Vec<Told> = latest.into_values().collect();
    for told in &latest {
        told.store(&*store).await;
    }
    let (rebuilt, by_events) =
        (ReadModel::in_memory(clock()).await.unwrap(), ReadModel::in_memory(clock()).await.unwrap());
    assert!(!rebuilt.is_complete().await.unwrap());
    let stop = CancellationToken::new();
    let report = rebuild(&rebuilt, &*store, &stop, |_| {}).await.unwrap().unwrap();
    assert_eq!((report.documents, report.changed, report.removed), (40, 40, 0));
    assert!(rebuilt.is_complete().await.unwrap());
    for told in &latest {
        let document = told.document();
        by_events.refresh(&*store, &document.sku, &document.locale).await.unwrap();
    }
    assert_eq!(dump(&rebuilt).await, dump(&by_events).await);
    // Once more: nothing is written again, and what the store has no more goes.
    let gone = latest[3].document();
    store.delete(&Key::Content { locale: gone.locale, sku: gone.sku }).await.unwrap();
    let report = rebuild(&rebuilt, &*store, &stop, |_| {}).await.unwrap().unwrap();
    assert_eq!((report.documents, report.changed, report.removed), (39, 0, 1));
    assert_eq!(dump(&rebuilt).await["indexed"], ["[39]"]);
    // Stopped, it claims nothing.
    stop.cancel();
    assert_eq!(rebuild(&by_events, &*store, &stop, |_| {}).await.unwrap(), None);
    assert!(!by_events.is_complete().await.unwrap());
}

#[tokio::test]
async fn a_rebuild_never_puts_an_older_revision_over_what_an_event_brought() {
    let old = Told::new("A").held("facts.contradicted", "hold");
    let model = fed(&[Told { revision: 2, ..Told::new("A") }]).await;
    model.begin_rebuild().await.unwrap();
    assert_eq!(model.apply(&[old.entry()], &[]).await.unwrap(), 0);
    assert_eq!(model.product("A").await.unwrap()[0].revision, 2);
    assert_eq!(model.sweep(1).await.unwrap(), 0, "the rebuild saw it");
}

#[tokio::test]
async fn a_broken_object_stops_no_rebuild() {
    let (folder, store) = folder();
    Told::new("A").store(&*store).await;
    Told::new("B").held("facts.contradicted", "hold").store(&*store).await;
    std::fs::write(folder.path().join("content/en-US/A.json"), "{").unwrap();
    std::fs::write(folder.path().join("products/B.json"), "[]").unwrap();
    let model = ReadModel::in_memory(clock()).await.unwrap();
    let report = rebuild(&model, &*store, &CancellationToken::new(), |_| {}).await.unwrap().unwrap();
    assert_eq!((report.documents, report.broken), (1, 2));
    let row = model.document("B", "en-US").await.unwrap().unwrap();
    assert_eq!((row.title.as_str(), row.waiting.is_some()), ("", true), "what is known is shown");
}

#[tokio::test]
async fn an_approved_draft_leaves_the_queue_and_a_rejected_one_does_too() {
    let (_folder, store) = folder();
    let told =
        [Told::new("A").held("facts.contradicted", "hold"), Told::new("B").held("policy.claim", "block")];
    for told in &told {
        told.store(&*store).await;
    }
    let model = ReadModel::in_memory(clock()).await.unwrap();
    rebuild(&model, &*store, &CancellationToken::new(), |_| {}).await.unwrap();
    assert_eq!(waiting(&model, "").await, ["B", "A"]);
    let row = model.document("A", "en-US").await.unwrap().unwrap();
    assert_eq!(row.sentence, "A blue mug that holds three hundred millilitres.");
    let draft = row.waiting.unwrap();
    assert_eq!(
        (draft.draft, draft.rules),
        (told[0].operation().to_string(), vec!["facts.contradicted".to_owned()])
    );
    let approved = Told { revision: 2, ..Told::new("A") };
    let rejected = Told { revision: 2, held: None, ..told[1].clone() };
    for told in [approved, rejected] {
        told.store(&*store).await;
        let document = told.document();
        model.refresh(&*store, &document.sku, &document.locale).await.unwrap();
    }
    assert_eq!(waiting(&model, "").await, Vec::<String>::new());
    assert_eq!(model.review_counts(&Filter::default()).await.unwrap(), Counts::default());
    let totals = model.totals().await.unwrap();
    let totals: Vec<_> =
        totals.iter().map(|total| (total.state.as_str(), total.waiting, total.documents)).collect();
    assert_eq!(totals, [("held", false, 1), ("published", false, 1)]);
}

#[tokio::test]
async fn the_queue_is_filtered_by_everything_that_a_filter_may_name() {
    let at = |text: &str| text.parse().unwrap();
    let model = fed(&[
        Told { at: at("2026-11-20T00:00:00Z"), ..Told::new("OLD").held("facts.contradicted", "hold") },
        Told { locale: "de-DE", ..Told::new("GERMAN").held("length.max", "hold") },
        Told { brand: "Löwe", ..Told::new("BRAND").held("facts.contradicted", "block") },
        Told { category: vec!["Kitchen", "Mugs & more"], ..Told::new("MORE").held("facts.missing", "hold") },
        Told {
            category: vec!["Garden"],
            text: "Ein Spaten aus Stahl.".to_owned(),
            ..Told::new("GARDEN").held("policy.claim", "hold")
        },
        Told { job: "spring", ..Told::new("JOB").held("policy.claim", "hold") },
        Told::new("PUBLISHED"),
    ])
    .await;
    let check =
        async |text: &str, expected: &[&str]| assert_eq!(waiting(&model, text).await, expected, "{text}");
    check("", &["BRAND", "OLD", "GARDEN", "GERMAN", "JOB", "MORE"]).await;
    check("age:>2d", &["OLD"]).await;
    check("age:<2d locale:de-DE", &["GERMAN"]).await;
    check("locale:de-DE locale:fr-FR", &["GERMAN"]).await;
    check("rule:facts.contradicted", &["BRAND", "OLD"]).await;
    check("rule:facts", &["BRAND", "OLD", "MORE"]).await;
    check("rule:fact", &[]).await;
    check("rule:length.max rule:policy", &["GARDEN", "GERMAN", "JOB"]).await;
    check("brand:löwe", &["BRAND"]).await;
    check("category:garden", &["GARDEN"]).await;
    check("category:\"Kitchen > Mugs\"", &["BRAND", "OLD", "GERMAN", "JOB"]).await;
    check("category:Kitch", &[]).await;
    check("severity:block", &["BRAND"]).await;
    check("job:spring", &["JOB"]).await;
    check("sku:G*", &["GARDEN", "GERMAN"]).await;
    check("sku:GERMAN", &["GERMAN"]).await;
    check("spaten", &["GARDEN"]).await;
    check("state:held spaten stahl", &["GARDEN"]).await;
    check("state:published", &[]).await;
    check("spaten tasse", &[]).await;
    let whole = model.review_counts(&Filter::default()).await.unwrap();
    assert_eq!((whole.drafts, whole.blocked, whole.more), (6, 1, false));
    assert_eq!(whole.by_category[0], ("Kitchen > Mugs".to_owned(), 4));
    let counted = model.review_counts(&filter("age:<99w")).await.unwrap();
    assert_eq!(counted, whole, "what is kept is what is counted");
    let scope = Scope { locales: vec!["en-US".to_owned()], categories: vec!["Kitchen".to_owned()] };
    let scoped = Filter { scope, ..filter("category:\"Kitchen > Mugs\"") };
    let page = model.review_queue(&scoped, ReviewOrder::Oldest, &PageRequest::first(9)).await.unwrap();
    assert_eq!(page.rows.iter().map(|row| row.sku.as_str()).collect::<Vec<_>>(), ["OLD", "BRAND", "JOB"]);
    let counts = model.review_counts(&scoped).await.unwrap();
    assert_eq!((counts.drafts, counts.blocked, counts.more), (3, 1, false));
    assert_eq!(counts.by_category, [("Kitchen > Mugs".to_owned(), 3)]);
    assert_eq!(counts.by_rule, [("facts.contradicted".to_owned(), 2), ("policy.claim".to_owned(), 1)]);
}

#[tokio::test]
async fn pages_of_any_size_give_every_draft_once_in_order() {
    let told: Vec<Told> = (0..57)
        .map(|number| {
            let at = Timestamp::from_second(1_795_000_000 + i64::from(number % 5)).unwrap();
            let severity = if number % 3 == 0 { "block" } else { "hold" };
            Told { at, ..Told::new(&format!("S{number}")).held("facts.contradicted", severity) }
        })
        .collect();
    let model = fed(&told).await;
    for order in [ReviewOrder::Severity, ReviewOrder::Oldest, ReviewOrder::Newest] {
        let all = model.review_queue(&Filter::default(), order, &PageRequest::first(200)).await.unwrap();
        assert_eq!((all.rows.len(), &all.next), (57, &None));
        let (mut rows, mut page) = (Vec::new(), PageRequest::first(7));
        loop {
            let found = model.review_queue(&Filter::default(), order, &page).await.unwrap();
            rows.extend(found.rows);
            page.after = found.next;
            if page.after.is_none() {
                break;
            }
        }
        assert_eq!(rows, all.rows);
        let behind = PageRequest { size: 1, after: Some(rows[10].cursor(order)) };
        assert_eq!(model.review_queue(&Filter::default(), order, &behind).await.unwrap().rows[0], rows[11]);
    }
    let of_another = PageRequest { size: 7, after: Some(cursor::write(4, &[1])) };
    let refused = model.review_queue(&Filter::default(), ReviewOrder::Oldest, &of_another).await;
    assert!(matches!(refused, Err(ReadModelError::Cursor)));
}

#[tokio::test]
async fn the_catalog_is_searched_by_words_and_by_everything_that_a_filter_may_name() {
    let model = fed(&[
        Told::new("MUG-001"),
        Told { quality: 0.41, title: "Café crème".to_owned(), ..Told::new("CAFE") },
        Told {
            locale: "zh-CN", text: "蓝色马克杯，容量为300毫升。".to_owned(), ..Told::new("ZH")
        },
        Told { revision: 4, ..Told::new("HELD").held("facts.contradicted", "hold") },
        Told { state: "deleted", ..Told::new("GONE") },
        Told { category: vec!["Garden", "Tools"], brand: "A&B \"Tools\"", ..Told::new("TOOL") },
    ])
    .await;
    let check = async |text: &str, expected: &[&str]| {
        let expected: BTreeSet<String> = expected.iter().map(|sku| (*sku).to_owned()).collect();
        assert_eq!(searched(&model, text).await, expected, "{text}");
        let found = model.found(&filter(text)).await.unwrap();
        assert!(!found.more && found.documents >= expected.len() as u64, "{text}");
    };
    check("", &["MUG-001", "CAFE", "ZH", "HELD", "GONE", "TOOL"]).await;
    check("MUG-001", &["MUG-001"]).await;
    check("cafe creme", &["CAFE"]).await;
    check("马克", &["ZH"]).await;
    check("克马", &[]).await;
    check("mug \"holds three\"", &["MUG-001", "CAFE", "HELD", "TOOL"]).await;
    check("millil", &[]).await;
    check("millil* mug", &["MUG-001", "CAFE", "HELD", "TOOL"]).await;
    check("state:held", &["HELD"]).await;
    check("state:deleted", &["GONE"]).await;
    check("state:published locale:zh-CN", &["ZH"]).await;
    check("rule:facts", &["HELD"]).await;
    check("quality:<0.42", &["CAFE"]).await;
    check("quality:<0.41", &[]).await;
    check("quality:<0.9 category:garden", &["TOOL"]).await;
    check("category:\"Garden > Tools\"", &["TOOL"]).await;
    check("brand:\"a&b \"\"tools\"\"\"", &["TOOL"]).await;
    check("sku:MUG*", &["MUG-001"]).await;
    check("sku:MUG", &[]).await;
    check("sku:MUG* brand:acme clay", &["MUG-001"]).await;
    check("sku:MUG* brand:other", &[]).await;
    check("sku:C* state:published quality:<0.5", &["CAFE"]).await;
    check("age:>1h", &["MUG-001", "CAFE", "ZH", "HELD", "GONE", "TOOL"]).await;
    check("age:<1h", &[]).await;
    let scope = Scope { locales: vec!["zh-CN".to_owned()], categories: Vec::new() };
    let scoped = model.search(&Filter { scope, ..Filter::default() }, &PageRequest::first(9)).await.unwrap();
    assert_eq!(scoped.rows.len(), 1, "what a person may not see is not there");
    assert_eq!(model.product("ZH").await.unwrap()[0].locale, "zh-CN");
    assert!(model.product("nobody").await.unwrap().is_empty());
    assert_eq!(model.categories("gar").await.unwrap(), ["Garden > Tools"]);
    assert_eq!(model.brands("").await.unwrap(), ["A&B \"Tools\"", "Acme"]);
    let first = model.search(&Filter::default(), &PageRequest::first(4)).await.unwrap();
    let rest = PageRequest { size: 4, after: first.next };
    let rest = model.search(&Filter::default(), &rest).await.unwrap();
    assert_eq!((first.rows.len(), rest.rows.len(), rest.next), (4, 2, None));
}

#[tokio::test]
async fn what_is_typed_is_never_read_as_sql_or_as_a_query_of_the_index() {
    let model = fed(&[Told::new("A").held("facts.contradicted", "hold"), Told::new("B")]).await;
    let before = dump(&model).await;
    for typed in [
        "'; DROP TABLE documents; --",
        "\"' OR 1=1 --\"",
        "mug OR 1",
        "NOT NEAR(mug, 3)",
        "mug* AND (",
        "tags*",
        "\"tags : xall\"",
        "{sku title}",
        "^mug",
        "-mug +blue",
        "\"\"\"\"",
        "()*^\"\"",
        "%_%",
        "\u{0}mug",
        "sku:'*",
        "sku:*",
        "sku:%",
        "category:\"' OR '1'='1\"",
        "brand:\"]},{\"",
        "locale:\\\"] rule:|",
        "rule:%",
        "job:\u{10FFFF}",
    ] {
        let Ok(filter) = typed.parse::<Filter>() else { continue };
        let page = PageRequest::first(200);
        model.search(&filter, &page).await.unwrap_or_else(|error| panic!("{typed}: {error:?}"));
        model.found(&filter).await.unwrap_or_else(|error| panic!("{typed}: {error:?}"));
        model.review_queue(&filter, ReviewOrder::Newest, &page).await.unwrap();
        model.review_counts(&filter).await.unwrap();
        model.product(typed).await.unwrap();
        model.document(typed, typed).await.unwrap();
        model.categories(typed).await.unwrap();
        assert!(
            model.search(&filter, &PageRequest { size: 1, after: Some(typed.to_owned()) }).await.is_err()
        );
    }
    assert_eq!(searched(&model, "\"tags : xall\"").await.len(), 0, "tags are no words");
    assert_eq!(searched(&model, "mug OR nothing").await.len(), 0, "OR is a word");
    assert_eq!(waiting(&model, "rule:%").await.len(), 0);
    assert_eq!(dump(&model).await, before);
}

#[tokio::test]
async fn the_timeline_counts_an_event_once_and_money_once() {
    let told = [Told { job: "spring", ..Told::new("A").held("facts.contradicted", "hold") }, Told::new("B")];
    let model = fed(&told).await;
    // Again, and then approved: the model was called before that.
    model.apply(&[], &[told[0].event(), told[1].event()]).await.unwrap();
    let mut approved = Told { revision: 2, job: "spring", ..Told::new("A") };
    approved.at = "2026-11-26T11:30:00Z".parse().unwrap();
    let mut entry = approved.entry();
    entry.generations = told[0].entry().generations;
    model.apply(&[entry], &[approved.event()]).await.unwrap();
    let (from, to) = ("2026-11-26T00:00:00Z".parse().unwrap(), "2026-11-27T00:00:00Z".parse().unwrap());
    let hours = model.timeline(from, to, BucketWidth::Hour).await.unwrap();
    assert_eq!(hours.len(), 2);
    assert_eq!(
        (hours[0].start.to_string(), hours[0].cost, hours[0].tokens),
        ("2026-11-26T10:00:00Z".to_owned(), 2_000_000, 240)
    );
    assert_eq!(hours[0].outcomes, BTreeMap::from([("held".to_owned(), 1), ("published".to_owned(), 1)]));
    assert_eq!((hours[1].outcomes.len(), hours[1].cost), (1, 0));
    assert_eq!(model.timeline(from, to, BucketWidth::Day).await.unwrap()[0].outcomes["published"], 2);
    assert_eq!(model.timeline(to, from, BucketWidth::Minute).await.unwrap(), []);
    let year = model.timeline(from, "2027-11-26T00:00:00Z".parse().unwrap(), BucketWidth::Minute).await;
    assert!(year.unwrap_err().to_string().contains("at most 1500"));
    let day = date(2026, 11, 26);
    let costs = |part| model.costs(part, day, day);
    let lines = |costs: Vec<Cost>| {
        costs.into_iter().map(|line| (line.value, line.cost, line.texts)).collect::<Vec<_>>()
    };
    assert_eq!(lines(costs(CostPart::Day).await.unwrap()), [("2026-11-26".to_owned(), 2_000_000, 2)]);
    assert_eq!(lines(costs(CostPart::Model).await.unwrap()), [("model-a".to_owned(), 2_000_000, 2)]);
    assert_eq!(
        lines(costs(CostPart::Category).await.unwrap()),
        [("Kitchen > Mugs".to_owned(), 2_000_000, 2)]
    );
    let jobs = [(String::new(), 1_000_000, 1), ("spring".to_owned(), 1_000_000, 1)];
    assert_eq!(lines(costs(CostPart::Job).await.unwrap()), jobs);
    assert_eq!(model.costs(CostPart::Locale, date(2026, 11, 27), date(2026, 12, 1)).await.unwrap(), []);
}

#[tokio::test]
async fn a_file_is_found_again_and_one_of_an_older_shape_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("console/read-model.sqlite");
    let model = ReadModel::open(&path, clock()).await.unwrap();
    model.apply(&[Told::new("A").entry()], &[]).await.unwrap();
    model.close().await;
    let model = ReadModel::open(&path, clock()).await.unwrap();
    assert_eq!(model.product("A").await.unwrap().len(), 1);
    sqlx::query("UPDATE _sqlx_migrations SET checksum = x'00'").execute(&model.writer).await.unwrap();
    model.close().await;
    let model = ReadModel::open(&path, clock()).await.unwrap();
    assert!(model.product("A").await.unwrap().is_empty() && !model.is_complete().await.unwrap());
    let written = sqlx::query("DELETE FROM documents").execute(&model.readers).await;
    assert!(written.is_err(), "readers only read");
    model.close().await;
    assert!(model.totals().await.is_err());
}

#[tokio::test]
async fn a_file_of_somebody_else_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.sqlite");
    for foreign in [b"SQLite format 3\0 and their orders".to_vec(), b"notes".to_vec(), vec![0; 200]] {
        std::fs::write(&path, &foreign).unwrap();
        let error = ReadModel::open(&path, clock()).await.unwrap_err();
        assert!(error.to_string().contains("orders.sqlite is no read model"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), foreign);
    }
    let error = ReadModel::open(&path.join("below"), clock()).await.unwrap_err();
    assert!(matches!(error, ReadModelError::File { .. }), "{error:?}");
}
