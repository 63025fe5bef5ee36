//! (k) The console's read model with 1,000,000 documents: a rebuild, events applied, and every query. `BENCH_DOCUMENTS` names
//! another size. The store is made up as it is read, so that no disk and no network is measured but SQLite's.
#![allow(clippy::all, clippy::pedantic, clippy::restriction, reason = "a bench may fail loudly")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use skuscribe::announce::ContentEvent;
use skuscribe::broker::Link;
use skuscribe::clock::Clock;
use skuscribe::config::Config;
use skuscribe::console::filter::Filter;
use skuscribe::console::read_model::{
    BucketWidth, CostPart, Feeder, PageRequest, ReadModel, ReviewOrder, rebuild,
};
use skuscribe::store::{Condition, ContentStore, ETag, Key, Object, Put, StoreFuture};
use skuscribe_check::content::{Document, HeldEntry, HistoryEntry};
use skuscribe_check::product::{Digest, Locale, Snapshot};
use tokio_util::sync::CancellationToken;

const LOCALES: [&str; 4] = ["de-DE", "en-US", "fr-FR", "zh-CN"];
const RULES: [&str; 8] = [
    "facts.contradicted",
    "facts.unsupported",
    "length.max",
    "policy.superlative",
    "policy.health",
    "similarity.near",
    "consistency.overtaken",
    "injection.followed",
];
const NOUNS: [&str; 10] =
    ["mug", "boot", "lamp", "spade", "chair", "kettle", "jacket", "bottle", "tent", "rug"];

fn random(number: usize, what: u64) -> fastrand::Rng {
    fastrand::Rng::with_seed((number as u64) << 8 | what)
}

/// A store in which a document is made up when it is read.
#[derive(Debug)]
struct Synthetic {
    documents: usize,
    revision: AtomicU64,
    now: Timestamp,
}

impl Synthetic {
    fn sku(number: usize) -> String {
        format!("SKU-{number:07}")
    }

    fn per_locale(&self) -> usize {
        self.documents / LOCALES.len()
    }

    fn facts(&self, number: usize) -> Value {
        let mut random = random(number, 1);
        let category = random.usize(0..1_000);
        let noun = NOUNS[random.usize(0..10)];
        json!({ "sku": Self::sku(number), "title": format!("{noun} number {number}"), "brand": format!("Brand {}", random.usize(0..2_000)),
            "category": [format!("Area {}", category / 100), format!("Group {}", category / 10), format!("Kind {category}")] })
    }

    fn at(&self, number: usize, locale: usize) -> Timestamp {
        self.now - SignedDuration::from_secs(random(number, 10 + locale as u64).i64(0..30 * 86_400))
    }

    fn holds(&self, number: usize, locale: usize) -> bool {
        random(number, 20 + locale as u64).u8(0..20) == 0
    }

    fn recipes(&self, number: usize, locale: usize) -> Value {
        let digest = Digest::of(&[b"any"]);
        let mut random = random(number, 30 + locale as u64);
        let job = random.usize(0..50);
        let (sku, revision) = (Self::sku(number), self.revision.load(Ordering::Relaxed));
        json!({ "description": { "fingerprint": digest, "facts": digest, "policy": digest, "provenance": {
            "model": format!("model-{}", random.usize(0..3)), "provider": "http://model", "recipe_version": "1",
            "usage": { "input_tokens": 900, "cached_tokens": 0, "output_tokens": 200 }, "calls": 1, "cost": 0.0012,
            "generated_at": self.at(number, locale), "worker_version": "0", "message_id": format!("job-{job}/{revision}/{sku}"),
            "operation": self.operation(number, locale), "digital_source_type": "trained_algorithmic_media" } } })
    }

    fn operation(&self, number: usize, locale: usize) -> Digest {
        Digest::of(&[
            &number.to_le_bytes(),
            &locale.to_le_bytes(),
            &self.revision.load(Ordering::Relaxed).to_le_bytes(),
        ])
    }

    fn content(&self, number: usize, locale: usize) -> Value {
        let mut random = random(number, 40 + locale as u64);
        // Of 20,000 words some are common and most are rare.
        let mut words = |count| -> String {
            let word = |_| format!("w{}", (20_000.0 * random.f64().powi(3)) as u32);
            (0..count).map(word).collect::<Vec<_>>().join(" ")
        };
        json!({ "title": words(6), "body": format!("{}. {}. {}.", words(14), words(14), words(14)) })
    }

    fn findings(&self, number: usize, locale: usize) -> Vec<Value> {
        let mut random = random(number, 50 + locale as u64);
        let rule = |_| RULES[(8.0 * random.f64().powi(2)) as usize];
        let rules: Vec<&str> = (0..1 + number % 3).map(rule).collect();
        let severity = if number % 10 == 0 { "block" } else { "hold" };
        let finding = |rule| json!({ "rule": rule, "severity": severity, "recipe": "description", "at": "/body", "message": "seen" });
        rules.into_iter().map(finding).collect()
    }

    fn read(&self, key: &Key) -> Option<Vec<u8>> {
        let number = |sku: &str| sku.trim_start_matches("SKU-").parse::<usize>().unwrap();
        let place = |locale: &Locale| LOCALES.iter().position(|known| *known == locale.as_str()).unwrap();
        let value = match key {
            Key::Product { sku } => {
                json!({ "version": 1, "occurred_at": self.now, "message_id": "m", "locales": LOCALES,
                "deleted": false, "product": self.facts(number(sku.as_str())) })
            }
            Key::Content { locale, sku } => {
                let (number, place) = (number(sku.as_str()), place(locale));
                let holds = self.holds(number, place);
                let quality = random(number, 60 + place as u64).f64();
                let held = json!({ "operation": self.operation(number, place), "recipes": self.recipes(number, place) });
                let empty = json!({});
                json!({ "schema": "content.v1", "sku": sku, "locale": locale, "state": if holds { "held" } else { "published" },
                    "revision": self.revision.load(Ordering::Relaxed), "product_version": 1, "updated_at": self.at(number, place),
                    "content": if holds { empty.clone() } else { json!({ "description": self.content(number, place) }) },
                    "recipes": if holds { empty } else { self.recipes(number, place) },
                    "quality": { "description": { "score": quality, "parts": {} } },
                    "held": if holds { held } else { Value::Null } })
            }
            Key::History { locale, sku, operation } => {
                let (number, place) = (number(sku.as_str()), place(locale));
                json!({ "sku": sku, "locale": locale, "operation": operation, "state": "held",
                    "drafts": [{ "recipe": "description", "content": self.content(number, place) }],
                    "findings": self.findings(number, place), "recipes": self.recipes(number, place) })
            }
            Key::Held { locale, sku } => {
                let (number, place) = (number(sku.as_str()), place(locale));
                json!({ "sku": sku, "locale": locale, "operation": self.operation(number, place), "held_at": self.at(number, place),
                    "findings": self.findings(number, place) })
            }
            _ => return None,
        };
        Some(serde_json::to_vec(&value).unwrap())
    }
}

impl ContentStore for Synthetic {
    fn get<'a>(&'a self, key: &'a Key) -> StoreFuture<'a, Option<Object>> {
        let body = self.read(key);
        Box::pin(async move { Ok(body.map(|body| Object { body, etag: ETag::new("1") })) })
    }

    fn put<'a>(&'a self, _: &'a Key, _: Vec<u8>, _: Condition) -> StoreFuture<'a, Put> {
        Box::pin(async { Ok(Put::Conflict) })
    }

    fn delete<'a>(&'a self, _: &'a Key) -> StoreFuture<'a, ()> {
        Box::pin(async { Ok(()) })
    }

    fn list_after<'a>(&'a self, _: &'a str, after: &'a str, limit: usize) -> StoreFuture<'a, Vec<String>> {
        let first = match Key::of_path(after) {
            Some(Key::Content { locale, sku }) => {
                let place = LOCALES.iter().position(|known| *known == locale.as_str()).unwrap();
                place * self.per_locale()
                    + sku.as_str().trim_start_matches("SKU-").parse::<usize>().unwrap()
                    + 1
            }
            _ => 0,
        };
        let end = (first + limit).min(self.per_locale() * LOCALES.len());
        let path = |place: usize| {
            format!(
                "content/{}/{}.json",
                LOCALES[place / self.per_locale()],
                Self::sku(place % self.per_locale())
            )
        };
        let paths = (first..end).map(path).collect();
        Box::pin(async move { Ok(paths) })
    }

    fn location(&self) -> String {
        "made up".to_owned()
    }
}

/// A line of /proc/self/status in MB.
fn memory(name: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}

fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after = stat.rsplit(')').next().unwrap();
    let fields: Vec<&str> = after.split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

#[tokio::main(flavor = "multi_thread")]
async fn main() {
    let documents: usize =
        std::env::var("BENCH_DOCUMENTS").ok().map_or(1_000_000, |number| number.parse().unwrap());
    let now: Timestamp = "2026-11-27T12:00:00Z".parse().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let kept = std::env::var_os("BENCH_KEEP").map(std::path::PathBuf::from);
    let path = kept.clone().unwrap_or_else(|| folder.path().join("read-model.sqlite"));
    let there = path.exists();
    let clock = Clock::fixed(now);
    let model = ReadModel::open(&path, clock.clone()).await.unwrap();
    let store = Arc::new(Synthetic { documents, revision: AtomicU64::new(1), now });
    let stop = CancellationToken::new();
    if !there {
        let (started, used) = (Instant::now(), cpu());
        let report = rebuild(&model, &*store, &stop, |_| {}).await.unwrap().unwrap();
        rate("rebuild, empty before", report.documents, started, used);
        let (started, used) = (Instant::now(), cpu());
        let report = rebuild(&model, &*store, &stop, |_| {}).await.unwrap().unwrap();
        assert_eq!((report.changed, report.removed), (0, 0));
        rate("rebuild, nothing changed", report.documents, started, used);
    }
    store.revision.fetch_add(1 + u64::from(there), Ordering::Relaxed);
    events(&model, &store, documents, now).await;
    queries(&model, now).await;
    println!(
        "memory now {:.0} MB, at most {:.0} MB; file {:.0} MB",
        memory("VmRSS:"),
        memory("VmHWM:"),
        std::fs::metadata(&path).unwrap().len() as f64 / 1e6
    );
    model.close().await;
}

fn rate(what: &str, count: u64, started: Instant, used: f64) {
    let (seconds, cpu) = (started.elapsed().as_secs_f64(), cpu() - used);
    println!(
        "{what}: {count} in {seconds:.1} s, {:.0}/s; {cpu:.1} CPU s, {:.0}/s of CPU; {:.0} MB",
        count as f64 / seconds,
        count as f64 / cpu,
        memory("VmRSS:")
    );
}

/// New revisions of random documents: through the feeder, reading included, and the writing alone.
async fn events(model: &ReadModel, store: &Arc<Synthetic>, documents: usize, now: Timestamp) {
    let config = Config::defaults().unwrap();
    let feeder = Feeder::new(Link::from_config(&config.broker), Arc::clone(store) as _, model.clone());
    let batches = 100.min(documents / 500 / 4);
    let mut random = fastrand::Rng::with_seed(3);
    let event = |random: &mut fastrand::Rng, id: usize| -> ContentEvent {
        let sku = Synthetic::sku(random.usize(0..store.per_locale()));
        serde_json::from_value(json!({ "id": format!("e{id}-{}", random.u64(..)), "schema": "content_event.v1", "outcome": "published", "sku": sku,
            "locale": LOCALES[random.usize(0..4)], "revision": 2, "message_id": "m",
            "announced_at": now - SignedDuration::from_secs(random.i64(0..86_400)) }))
        .unwrap()
    };
    let all: Vec<Vec<ContentEvent>> = (0..batches)
        .map(|batch| (0..500).map(|place| event(&mut random, batch * 500 + place)).collect())
        .collect();
    let (started, used) = (Instant::now(), cpu());
    for batch in &all {
        feeder.apply(batch).await.unwrap();
    }
    rate("events, documents read and written", batches as u64 * 500, started, used);
    let (started, used) = (Instant::now(), cpu());
    for batch in &all {
        feeder.apply(batch).await.unwrap();
    }
    rate("the same events again", batches as u64 * 500, started, used);
    let keys: Vec<BTreeMap<String, Key>> = all
        .iter()
        .map(|batch| {
            batch
                .iter()
                .map(|event| {
                    let (locale, sku) = (event.locale.clone(), event.sku.clone());
                    (format!("{sku} {locale}"), Key::Content { locale, sku })
                })
                .collect()
        })
        .collect();
    store.revision.fetch_add(1, Ordering::Relaxed);
    let entries: Vec<Vec<_>> =
        keys.iter().map(|keys| keys.values().map(|key| entry(store, key, now)).collect()).collect();
    let (started, used) = (Instant::now(), cpu());
    let mut count = 0;
    for batch in &entries {
        count += model.apply(batch, &[]).await.unwrap();
    }
    rate("writing alone", count, started, used);
}

fn entry(store: &Synthetic, key: &Key, now: Timestamp) -> skuscribe::console::read_model::Entry {
    let document: Document = serde_json::from_slice(&store.read(key).unwrap()).unwrap();
    let (sku, locale) = (document.sku.clone(), document.locale.clone());
    let snapshot: Snapshot =
        serde_json::from_slice(&store.read(&Key::Product { sku: sku.clone() }).unwrap()).unwrap();
    let history: Option<HistoryEntry> = document.held.as_ref().map(|held| {
        let key = Key::History { locale: locale.clone(), sku: sku.clone(), operation: held.operation };
        serde_json::from_slice(&store.read(&key).unwrap()).unwrap()
    });
    let _: Option<HeldEntry> = None;
    skuscribe::console::read_model::Entry::of(&skuscribe::console::read_model::Holding {
        document: &document,
        product: Some(&snapshot.product),
        waiting: history.as_ref(),
        held_at: Some(now),
    })
}

async fn queries(model: &ReadModel, now: Timestamp) {
    println!("{:<66} {:>9} {:>9}", "query", "median ms", "worst ms");
    let page = PageRequest::first(50);
    let filters = [
        "",
        "rule:facts.contradicted",
        "rule:injection",
        "locale:de-DE",
        "category:\"Area 3\"",
        "category:\"Area 3 > Group 31 > Kind 311\"",
        "brand:\"Brand 77\"",
        "job:job-7",
        "severity:block age:>20d",
        "w17",
        "w19900",
        "mug w3 w4",
        "sku:SKU-0001*",
        "locale:fr-FR rule:length.max category:\"Area 5\" severity:hold",
        "brand:\"Nobody's\"",
        "locale:de-DE locale:fr-FR rule:facts rule:policy",
    ];
    for text in filters {
        let filter: Filter = text.parse().unwrap();
        for order in [ReviewOrder::Severity, ReviewOrder::Newest] {
            measure(&format!("queue {order:?} {text}"), async || {
                model.review_queue(&filter, order, &page).await.unwrap().rows.len() as u64
            })
            .await;
        }
        measure(&format!("counts {text}"), async || model.review_counts(&filter).await.unwrap().drafts).await;
    }
    let deep = model
        .review_queue(&Filter::default(), ReviewOrder::Severity, &PageRequest::first(200))
        .await
        .unwrap()
        .next;
    measure("queue, further on", async || {
        let page = PageRequest { size: 50, after: deep.clone() };
        model.review_queue(&Filter::default(), ReviewOrder::Severity, &page).await.unwrap().rows.len() as u64
    })
    .await;
    let filters = [
        "",
        "mug",
        "w1",
        "w19900",
        "mug w3",
        "w1 w2 w5",
        "\"mug number\"",
        "number 77",
        "kett",
        "SKU-0123456",
        "sku:SKU-01234*",
        "state:published",
        "state:held",
        "state:held locale:de-DE brand:\"Brand 7\"",
        "state:deleted",
        "locale:fr-FR category:\"Area 3\" mug",
        "category:\"Area 3 > Group 31 > Kind 311\"",
        "rule:length.max",
        "quality:<0.03",
        "quality:<0.5 w1 locale:zh-CN",
        "age:>29d",
        "age:<1h",
        "age:<1h mug",
        "brand:\"Brand 77\" w9",
        "job:job-7 state:published",
    ];
    for text in filters {
        let filter: Filter = text.parse().unwrap();
        measure(&format!("search {text}"), async || {
            model.search(&filter, &page).await.unwrap().rows.len() as u64
        })
        .await;
        measure(&format!("found {text}"), async || model.found(&filter).await.unwrap().documents).await;
    }
    measure("product", async || model.product("SKU-0001234").await.unwrap().len() as u64).await;
    measure("totals", async || model.totals().await.unwrap().len() as u64).await;
    measure("categories", async || model.categories("area 3").await.unwrap().len() as u64).await;
    measure("brands", async || model.brands("brand 1").await.unwrap().len() as u64).await;
    let back = |hours| now - SignedDuration::from_hours(hours);
    for (what, from, width) in [
        ("timeline, a day by minute", back(24), BucketWidth::Minute),
        ("timeline, a week by hour", back(7 * 24), BucketWidth::Hour),
        ("timeline, 30 days by day", back(30 * 24), BucketWidth::Day),
    ] {
        measure(what, async || model.timeline(from, now, width).await.unwrap().len() as u64).await;
    }
    for part in [CostPart::Day, CostPart::Category, CostPart::Model, CostPart::Locale, CostPart::Job] {
        measure(&format!("costs of 30 days by {part:?}"), async || {
            model.costs(part, date(2026, 10, 28), date(2026, 11, 27)).await.unwrap().len() as u64
        })
        .await;
    }
}

async fn measure(what: &str, query: impl AsyncFn() -> u64) {
    let rounds = 21;
    let found = query().await;
    let mut times = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let started = Instant::now();
        query().await;
        times.push(started.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    let mark = if times[rounds / 2] >= 20.0 { " <-- slow" } else { "" };
    println!("{what:<66} {:>9.2} {:>9.2}  {found}{mark}", times[rounds / 2], times[rounds - 1]);
}
