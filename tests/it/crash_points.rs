//! A crash at every point between two calls to the store, and writers in any interleaving: the newest facts
//! win, nothing is revised twice, and what was paid for and stored is not paid for again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use skuscribe::announce::Announcer;
use skuscribe::clock::Clock;
use skuscribe::config::Config;
use skuscribe::failure::Failure;
use skuscribe::intake::inbox::Inbox;
use skuscribe::intake::{Origin, Update, decode};
use skuscribe::pipeline::{Pipeline, TaskReport};
use skuscribe::store::{ContentStore, Key, load};
use skuscribe_check::content::{Document, Outcome, State};
use skuscribe_check::provenance::{PublicDocument, PublicState, RegistryEntry, text_digest, whole};
use skuscribe_sandbox::{Behaviour, Sandbox};

use crate::harness::{mug, unique};
use crate::memory::{Crash, MemoryStore};

/// Two models over one store: one that is honest, and one that always invents, so that its texts are held.
struct Shop {
    honest: Pipeline,
    lying: Pipeline,
    store: Arc<MemoryStore>,
}

/// The model servers, which all shops of a test share, and how often they answered.
struct Models {
    honest: Sandbox,
    lying: Sandbox,
    /// The key that published texts are signed with.
    key: std::path::PathBuf,
}

impl Drop for Models {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.key);
    }
}

impl Models {
    async fn start() -> Self {
        skuscribe::cli::install_tls();
        let at = || ([127, 0, 0, 1], 0).into();
        let key = std::env::temp_dir().join(unique("skuscribe-crash-key"));
        skuscribe::provenance::new_key(&key).unwrap();
        let lies = Behaviour { invent_rate: 1.0, stubborn: true, ..Behaviour::default() };
        Self {
            honest: Sandbox::start(at(), Behaviour::default()).await.unwrap(),
            lying: Sandbox::start(at(), lies).await.unwrap(),
            key,
        }
    }

    fn answers(&self) -> u64 {
        self.honest.counters().answers() + self.lying.counters().answers()
    }

    /// A shop with an empty store.
    fn shop(&self, pause_us: u64) -> Shop {
        let mut config = Config::defaults().unwrap();
        "json_schema".clone_into(&mut config.model.structured);
        config.provenance.key_file = self.key.display().to_string();
        // One record a recipe, or there would be many more calls to die at.
        config.provenance.part_bytes_min = 1 << 20;
        let store = Arc::new(MemoryStore::new(pause_us));
        let pipeline = |sandbox: &Sandbox| {
            let mut config = config.clone();
            config.model.url = sandbox.url();
            let store: Arc<dyn ContentStore> = Arc::<MemoryStore>::clone(&store);
            Pipeline::new(&config, store, Announcer::Nowhere, Clock::System).unwrap()
        };
        Shop { honest: pipeline(&self.honest), lying: pipeline(&self.lying), store }
    }
}

/// A message, and whether the model lies about it.
#[derive(Clone, Debug)]
struct Step {
    message: Value,
    lies: bool,
}

fn update(id: &str, version: u64, material: &str) -> Step {
    Step { message: mug(id, "A1", version, material), lies: false }
}

fn forced(id: &str, version: u64, material: &str) -> Step {
    let mut step = update(id, version, material);
    step.message["force"] = json!(true);
    step
}

fn lie(id: &str, version: u64, material: &str) -> Step {
    Step { lies: true, ..update(id, version, material) }
}

fn deleted(id: &str, version: u64) -> Step {
    let mut step = update(id, version, "");
    step.message["type"] = json!("product.deleted");
    step
}

fn at(mut step: Step, second: u32) -> Step {
    step.message["occurred_at"] = json!(format!("2026-01-02T03:04:{second:02}Z"));
    step
}

impl Step {
    fn update(&self) -> Update {
        decode(self.message.to_string().as_bytes(), &Origin::default()).unwrap()
    }
}

impl Shop {
    async fn run(&self, update: Update, lies: bool) -> Result<Vec<TaskReport>, Failure> {
        let pipeline = if lies { &self.lying } else { &self.honest };
        pipeline.run(&Inbox::default().enter(Arc::new(update))).await
    }

    /// A step that must succeed.
    async fn work(&self, step: &Step, again: bool) {
        let update = step.update();
        let update = if again { update.seen_again() } else { update };
        let reports = self.run(update, step.lies).await.unwrap();
        assert!(reports.iter().all(|report| report.result.is_ok()), "{step:?}: {reports:?}");
    }

    async fn document(&self) -> Option<Document> {
        let key = Key::Content { locale: "en-US".parse().unwrap(), sku: "A1".parse().unwrap() };
        load(&*self.store, &key).await.unwrap().map(|(document, _)| document)
    }

    /// What storefronts see; it must be what the document publishes.
    async fn shown(&self, document: &Document) -> Value {
        let key = Key::Public { locale: document.locale.clone(), sku: document.sku.clone() };
        let Some(object) = self.store.get(&key).await.unwrap() else {
            assert_eq!(document.state, State::Held, "what is published or deleted is shown");
            return Value::Null;
        };
        let shown: PublicDocument = serde_json::from_slice(&object.body).unwrap();
        assert!(shown.revision <= document.revision, "a revision that there is not");
        let state =
            if document.state == State::Published { PublicState::Published } else { PublicState::Deleted };
        assert_eq!((shown.state, &shown.content), (state, &document.content));
        serde_json::to_value(&shown.content).unwrap()
    }

    /// Every published text has an intact record of this very revision's text.
    async fn registered(&self, document: &Document) {
        for (recipe, content) in &document.content {
            let text = text_digest(&whole(content));
            assert_eq!(document.recipes[recipe].provenance.text_sha256, Some(text));
            let entry: RegistryEntry =
                load(&*self.store, &Key::Provenance { text }).await.unwrap().expect("it is registered").0;
            let records: Vec<_> = entry.records.iter().map(|signed| signed.read().unwrap()).collect();
            let of_recipe: Vec<_> = records.iter().filter(|record| record.recipe == *recipe).collect();
            assert_eq!(of_recipe.len(), 1, "one record a text");
            assert_eq!(of_recipe[0].operation, document.recipes[recipe].provenance.operation);
        }
    }

    /// What must be the same with and without crashes.
    async fn essence(&self) -> Value {
        let Some(document) = self.document().await else { return Value::Null };
        self.registered(&document).await;
        let mut operations = document.operations.clone();
        operations.sort_unstable();
        operations.dedup();
        assert_eq!(operations.len(), document.operations.len(), "an operation made two revisions");
        assert_eq!(operations.len() as u64, document.revision, "a revision without an operation");
        json!({
            "state": document.state, "version": document.product_version, "revision": document.revision,
            "content": document.content, "held": document.held.as_ref().map(|held| held.operation.to_string()),
            "held entries": self.store.paths("held/"), "shown": self.shown(&document).await,
        })
    }
}

/// Runs the steps once without a crash, then once for every crash at every call of every step: the message is
/// delivered again, the rest follows, and at the end everything is delivered once more.
async fn every_crash_point(steps: Vec<Step>) {
    let models = Models::start().await;
    let shop = models.shop(0);
    let (before, mut calls) = (models.answers(), Vec::new());
    for step in &steps {
        shop.store.crash(Crash::Never);
        shop.work(step, false).await;
        calls.push(shop.store.calls());
    }
    let (expected, paid) = (shop.essence().await, models.answers() - before);
    for (place, calls) in calls.iter().enumerate() {
        for call in 1..=*calls {
            for crash in [Crash::Before(call), Crash::After(call)] {
                let shop = models.shop(0);
                let before = models.answers();
                let mut kept = true;
                for (number, step) in steps.iter().enumerate() {
                    shop.store.crash(if number == place { crash } else { Crash::Never });
                    if number == place {
                        let answers = models.answers();
                        let crashed = shop.run(step.update(), step.lies).await;
                        let failed = match &crashed {
                            Ok(reports) => reports.iter().any(|report| report.result.is_err()),
                            Err(_) => true,
                        };
                        let last = crash == Crash::After(*calls);
                        assert!(failed || last, "{crash:?} of {step:?} was not noticed");
                        shop.store.crash(Crash::Never);
                        // What was paid for is lost only if it was not stored yet.
                        let operation = step.update().operation(&"en-US".parse().unwrap());
                        let history = shop.store.paths("history/");
                        kept = models.answers() == answers
                            || history.iter().any(|path| path.contains(&operation.to_string()));
                    }
                    shop.work(step, number == place).await;
                }
                for step in &steps {
                    shop.work(step, true).await;
                }
                let at = format!("step {place}, {crash:?}");
                assert_eq!(shop.essence().await, expected, "{at}");
                let most = if kept { paid } else { paid + 2 };
                assert!(
                    models.answers() - before <= most,
                    "{at}: paid {} times instead of {paid}",
                    models.answers() - before
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_anywhere_in_an_update_and_its_successor_leaves_no_trace() {
    every_crash_point(vec![update("m1", 1, "clay"), update("m2", 2, "glass")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_anywhere_in_a_delete_and_a_revival_leaves_no_trace() {
    every_crash_point(vec![update("m1", 1, "clay"), deleted("m2", 2), update("m3", 3, "clay")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_anywhere_while_a_text_is_held_and_overtaken_leaves_no_trace() {
    every_crash_point(vec![update("m1", 1, "clay"), lie("m2", 2, "glass"), update("m3", 3, "steel")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_anywhere_while_a_held_text_s_product_is_deleted_leaves_no_trace() {
    every_crash_point(vec![lie("m1", 1, "clay"), deleted("m2", 2)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_anywhere_in_an_unchanged_update_of_a_higher_version_leaves_no_trace() {
    every_crash_point(vec![update("m1", 1, "clay"), update("m2", 5, "clay"), update("m3", 4, "glass")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_anywhere_in_a_forced_request_leaves_no_trace() {
    every_crash_point(vec![update("m1", 1, "clay"), forced("m2", 1, "clay"), forced("m3", 1, "clay")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_anywhere_in_a_tie_of_versions_leaves_no_trace() {
    every_crash_point(vec![
        at(update("m1", 3, "clay"), 10),
        at(update("m2", 3, "glass"), 20),
        at(update("m3", 3, "steel"), 15),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_in_flight_does_not_bring_a_deleted_product_back() {
    let models = Models::start().await;
    let shop = models.shop(0);
    // The update stops after it recorded its facts: before its history object is written.
    shop.store.crash(Crash::Before(3));
    let stopped = shop.run(update("m1", 1, "clay").update(), false).await.unwrap();
    assert!(stopped.iter().all(|report| report.result.is_err()));
    shop.store.crash(Crash::Never);
    shop.work(&deleted("m2", 2), false).await;
    shop.work(&update("m1", 1, "clay"), true).await;
    let document = shop.document().await.unwrap();
    assert_eq!((document.state, document.product_version, document.revision), (State::Deleted, Some(2), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_update_keeps_what_no_newer_one_in_progress_asks_for() {
    let models = Models::start().await;
    let shop = models.shop(0);
    let (mut older, mut newer) = (update("m1", 1, "clay"), update("m2", 2, "glass"));
    older.message["locales"] = json!(["de-DE", "fr-FR"]);
    newer.message["locales"] = json!(["de-DE"]);
    let inbox = Inbox::default();
    let [older, newer] = [&older, &newer].map(|step| inbox.enter(Arc::new(step.update())));
    let reports = shop.honest.run(&older).await.unwrap();
    let outcomes: Vec<Outcome> =
        reports.iter().map(|report| report.result.as_ref().unwrap().outcome).collect();
    assert_eq!(outcomes, [Outcome::Stale, Outcome::Published]);
    let reports = shop.honest.run(&newer).await.unwrap();
    assert_eq!(reports.first().unwrap().result.as_ref().unwrap().outcome, Outcome::Published);
    assert_eq!(models.answers(), 2);
}

/// Writers of one product that know nothing of each other, at random paces.
#[tokio::test(flavor = "multi_thread")]
async fn any_interleaving_of_writers_ends_with_the_newest_facts() {
    let models = Arc::new(Models::start().await);
    for seed in 0..150 {
        let mut random = fastrand::Rng::with_seed(seed);
        let writers = random.u64(2..7);
        let versions: Vec<u64> = (0..writers).map(|_| random.u64(1..5)).collect();
        let steps: Vec<Step> = versions
            .iter()
            .enumerate()
            .map(|(number, &version)| {
                let id = format!("m{number}");
                // Under one version every message states other facts: facts that are only stated again keep the
                // place of who stated them first.
                let tied = versions.iter().filter(|other| **other == version).count() > 1;
                let unique = format!("material {number}");
                let material =
                    if tied { &unique } else { *random.choice(&["clay", "glass", "steel"]).unwrap() };
                let step = match random.u8(0..10) {
                    0 | 1 => deleted(&id, version),
                    2 => forced(&id, version, material),
                    _ => update(&id, version, material),
                };
                at(step, random.u32(0..3))
            })
            .collect();
        let shop = Arc::new(models.shop(2_000));
        let retries = Arc::new(AtomicU64::new(0));
        let tasks: Vec<_> = steps
            .iter()
            .cloned()
            .map(|step| {
                let (shop, retries, delay) =
                    (Arc::clone(&shop), Arc::clone(&retries), Duration::from_micros(random.u64(0..4_000)));
                tokio::spawn(async move {
                    tokio::time::sleep(delay).await;
                    loop {
                        let reports = shop.run(step.update(), false).await;
                        let failed = match &reports {
                            Ok(reports) => reports.iter().any(|report| report.result.is_err()),
                            Err(_) => true,
                        };
                        if !failed {
                            return;
                        }
                        assert!(retries.fetch_add(1, Ordering::Relaxed) < 50, "{reports:?}");
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let document = shop.document().await;
        let version = |step: &Step| step.message["product"]["version"].as_u64().unwrap();
        let newest = steps.iter().map(version).max().unwrap();
        let of_newest: Vec<&Step> = steps.iter().filter(|step| version(step) == newest).collect();
        let gone = of_newest.iter().any(|step| step.message["type"] == "product.deleted");
        let shown = steps.iter().map(|step| {
            let message = &step.message;
            format!(
                "{} {} v{} {} {} force={}",
                message["id"],
                message["type"],
                message["product"]["version"],
                message["occurred_at"],
                message["product"]["attributes"]["material"],
                message["force"]
            )
        });
        let shown: Vec<String> = shown.collect();
        let is = document.as_ref().map(|document| {
            let by = document.operations.iter().map(|operation| {
                let of = |step: &&Step| step.update().operation(&"en-US".parse().unwrap()) == *operation;
                steps.iter().find(of).map(|step| step.message["id"].to_string())
            });
            let by: Vec<_> = by.collect();
            (document.state, document.product_version, document.facts_of.clone(), by)
        });
        let at = format!("seed {seed}: {shown:#?}\n{is:?}");
        let Some(document) = document else {
            assert!(gone, "{at}");
            continue;
        };
        assert_eq!(document.product_version, Some(newest), "{at}");
        shop.essence().await;
        if gone {
            assert_eq!(document.state, State::Deleted, "{at}");
            continue;
        }
        let order = |step: &Step| {
            let text = |key: &str| step.message[key].as_str().unwrap().to_owned();
            (text("occurred_at"), text("id"))
        };
        let winner = of_newest.into_iter().max_by_key(|step| order(step)).unwrap();
        let material = winner.message["product"]["attributes"]["material"].as_str().unwrap();
        assert_eq!(document.state, State::Published, "{at}");
        let body = document.content["description"].to_string();
        assert!(body.contains(material), "{at}");
    }
}
