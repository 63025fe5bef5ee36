//! Internal attributes: kept, and in no prompt, text, evidence, event or answer; and products of which nothing is published.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use serde_json::{Value, json};
use skuscribe::answers::{AnswerOutcome, AnswerRequest};
use skuscribe::clock::Clock;
use skuscribe::store::{Condition, Key, save};
use skuscribe_sandbox::{Behaviour, Sandbox};

use crate::answering::{about, asker};
use crate::harness::{World, mug, run, unique};

/// What nobody outside may read.
const SECRETS: &[&str] = &[
    "4.17",
    "Hinterhuber",
    "Rietberg",
    "Kolumbus",
    "cost_price",
    "supplier",
    "internal_note",
    "dealer_hint",
    "stock_qty",
];

/// A mug with attributes that are for the shop alone.
fn guarded(id: &str, sku: &str, version: u64, cost: &str) -> Value {
    let mut message = mug(id, sku, version, "clay");
    let attributes = message["product"]["attributes"].as_object_mut().unwrap();
    attributes.insert("cost_price".into(), json!(cost));
    attributes.insert("supplier".into(), json!("Hinterhuber Keramik"));
    attributes.insert("internal_note".into(), json!("ask Rietberg before the reorder"));
    attributes.insert("dealer_hint".into(), json!("Kolumbus pays less"));
    message["product"]["internal"] = json!(["Dealer Hint"]);
    message["product"]["variants"] =
        json!([{ "sku": format!("{sku}-1"), "attributes": { "stock_qty": 417 } }]);
    message
}

fn holds_none(text: &str, of: &[&str]) {
    for secret in of {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_internal_attribute_is_kept_and_stands_in_no_prompt_text_evidence_or_event_and_its_change_costs_nothing()
 {
    let mut world = World::start(Behaviour::default()).await;
    world.work(&guarded("m1", "A1", 1, "4.17")).await;
    let document = world.document("A1", "en-US").await.unwrap();
    assert!(!document.content.is_empty() && !document.evidence.is_empty());
    holds_none(&json!(document).to_string(), SECRETS);
    let prompt = world.sandbox.counters().last_prompt.lock().unwrap().clone();
    assert!(prompt.contains("clay"), "{prompt}");
    holds_none(&prompt, SECRETS);
    holds_none(&json!(world.events().await).to_string(), SECRETS);
    let key = Key::Product { sku: "A1".parse().unwrap() };
    let snapshot = world.store.get(&key).await.unwrap().unwrap();
    let snapshot = String::from_utf8(snapshot.body).unwrap();
    assert!(snapshot.contains("4.17") && snapshot.contains("Dealer Hint"), "{snapshot}");
    let calls = world.sandbox.counters().answers();
    world.work(&guarded("m2", "A1", 2, "5.99")).await;
    assert_eq!(world.sandbox.counters().answers(), calls, "what is not shown makes no text due");
    let snapshot = String::from_utf8(world.store.get(&key).await.unwrap().unwrap().body).unwrap();
    assert!(snapshot.contains("5.99"), "{snapshot}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_about_an_internal_attribute_is_not_answered_for_one_product_nor_for_several() {
    for model in [true, false] {
        let mut world =
            World::start_with(Behaviour::default(), move |config| config.answers.model = model).await;
        world.work(&guarded("m1", "A1", 1, "4.17")).await;
        world.work(&guarded("m2", "B1", 1, "3.17")).await;
        let asker = asker(&world.config, &world.store);
        for question in [
            "Who is the supplier?",
            "What is the cost price?",
            "How much stock is there?",
            "What is the dealer hint?",
        ] {
            let answer = asker.ask(&about("A1", question).within().unwrap(), &[]).await.unwrap();
            holds_none(&json!(answer).to_string(), SECRETS);
            let several: AnswerRequest =
                serde_json::from_value(json!({ "skus": ["A1", "B1"], "question": question })).unwrap();
            let answer = asker.ask(&several.within().unwrap(), &[]).await.unwrap();
            holds_none(&json!(answer).to_string(), &["4.17", "3.17", "Hinterhuber", "Kolumbus"]);
        }
        let answer = asker.ask(&about("A1", "What is it made of?").within().unwrap(), &[]).await.unwrap();
        assert_eq!(answer.outcome, AnswerOutcome::Answered, "{answer:?}");
        world.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_of_which_nothing_is_published_is_not_available_and_no_fact_of_it_is_told() {
    let mut world = World::start(Behaviour::default()).await;
    world.work(&mug("m1", "A1", 1, "clay")).await;
    world.work(&mug("m2", "B1", 1, "glass")).await;
    let key = Key::Content { locale: "en-US".parse().unwrap(), sku: "B1".parse().unwrap() };
    let mut held = json!(world.document("B1", "en-US").await.unwrap());
    held["state"] = json!("held");
    held["content"] = json!({});
    held["evidence"] = json!([]);
    world.store.delete(&key).await.unwrap();
    let asker = asker(&world.config, &world.store);
    let ask = async |request: Value| {
        let request: AnswerRequest = serde_json::from_value(request).unwrap();
        asker.ask(&request.within().unwrap(), &[]).await.unwrap()
    };
    let question = "What is it made of?";
    // First without any document, then with one whose text waits for a person.
    for _ in 0..2 {
        let answer = ask(json!({ "sku": "B1", "question": question })).await;
        assert_eq!(answer.outcome, AnswerOutcome::Unavailable, "{answer:?}");
        assert!(answer.attributes.is_empty() && !answer.text.contains("glass"), "{answer:?}");
        let answer = ask(json!({ "skus": ["A1", "B1"], "question": "Which is made of glass?" })).await;
        holds_none(&json!(answer).to_string(), &["B1"]);
        let answer = ask(json!({ "category": "Kitchen", "question": "Which is made of glass?" })).await;
        holds_none(&json!(answer).to_string(), &["B1"]);
        save(&*world.store, &key, &held, Condition::Absent).await.unwrap();
    }
    let answer = ask(json!({ "skus": ["B1"], "question": question })).await;
    assert_eq!(answer.outcome, AnswerOutcome::Unavailable, "{answer:?}");
    // Published in another locale is not published in this one.
    let answer = ask(json!({ "sku": "A1", "question": "Woraus ist es?", "locale": "de-DE" })).await;
    assert_eq!(answer.outcome, AnswerOutcome::Unavailable, "{answer:?}");
    assert!(answer.text.contains("nicht verfügbar"), "{answer:?}");
    asker.unanswered().flush(Clock::System.now()).await.unwrap();
    let questions = Key::Questions { sku: "B1".parse().unwrap() };
    assert!(world.store.get(&questions).await.unwrap().is_none(), "no gap of a product that nobody sees");
    world.finish().await;
}

/// A folder of the test's own, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(unique("skuscribe-keeping-back"));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn catalog(&self) -> PathBuf {
        let line = |sku: &str, supplier: &str| {
            let product = guarded("m", sku, 1, "4.17")["product"].clone();
            let mut line = json!({ "product": product, "locales": ["en-US"] });
            line["product"]["attributes"]["supplier"] = json!(supplier);
            line.to_string()
        };
        let path = self.0.join("shop.jsonl");
        std::fs::write(&path, [line("A1", "Hinterhuber"), line("B1", "Rietberg")].join("\n")).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_that_rest_on_what_is_kept_back_since_are_written_anew() {
    let sandbox = Arc::new(Sandbox::start(([127, 0, 0, 1], 0).into(), Behaviour::default()).await.unwrap());
    let folder = Folder::new();
    let (catalog, out) = (folder.catalog(), folder.0.join("out"));
    let enrich = async |built_in: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_skuscribe"));
        command
            .env_clear()
            .env("SKUSCRIBE_MODEL_URL", sandbox.url())
            .env("SKUSCRIBE_FACTS_BUILT_IN", built_in);
        command.arg("enrich").arg(&catalog).args(["--out", out.to_str().unwrap(), "--log", "warn"]);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        assert!(output.status.success(), "{output:?}");
        std::fs::read_to_string(out.join("content/en-US/A1.json")).unwrap()
    };
    let before = enrich("false").await;
    assert!(before.contains("Cost price: 4.17"), "{before}");
    assert!(!before.contains("Kolumbus"), "a publisher's mark stands whatever the settings say: {before}");
    let after = enrich("true").await;
    let published: Value = serde_json::from_str(&after).unwrap();
    assert_eq!(published["state"], "published");
    holds_none(&after, SECRETS);
    let store = out.to_str().unwrap().to_owned();
    let guide = ["guide", "Mugs", "--select", "sku:*", "--print"];
    let (ok, guide) = run(&guide, &[("SKUSCRIBE_STORE_URL", &store)]);
    assert!(ok && guide.contains("clay"), "{guide}");
    holds_none(&guide, SECRETS);
}

#[test]
fn an_estimate_lists_what_is_kept_back() {
    let folder = Folder::new();
    let (catalog, store) = (folder.catalog(), folder.0.join("out"));
    let store = store.to_str().unwrap();
    let (ok, text) = run(&["cost", catalog.to_str().unwrap()], &[("SKUSCRIBE_STORE_URL", store)]);
    assert!(ok && text.contains("kept back"), "{text}");
    for shown in ["of 2 products", "cost_price (2)", "dealer_hint (2)", "stock_qty (2)"] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    let settings = [("SKUSCRIBE_STORE_URL", store), ("SKUSCRIBE_FACTS_INTERNAL", "[\"--\"]")];
    let (ok, text) = run(&["cost", catalog.to_str().unwrap()], &settings);
    assert!(!ok && text.contains("facts.internal"), "{text}");
}
