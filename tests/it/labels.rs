//! What shoppers call attributes, and what a product says in each locale: in prompts, texts, answers and gaps, and in nobody
//! else's fingerprint.

use std::sync::Arc;

use serde_json::{Value, json};
use skuscribe::announce::Announcer;
use skuscribe::answers::gaps::GapReason;
use skuscribe::answers::{AnswerOutcome, AnswerRequest, AnswerSource};
use skuscribe::clock::Clock;
use skuscribe::config::Config;
use skuscribe::intake::inbox::Inbox;
use skuscribe::intake::{Origin, decode};
use skuscribe::pipeline::Pipeline;
use skuscribe_check::content::Outcome;
use skuscribe_check::labels::ShopLabels;
use skuscribe_sandbox::Behaviour;

use crate::answering::{asker, missed_with};
use crate::harness::{World, mug, unique};

const LABELS: &str = r#"
[attributes.features_bags]
en = "Features"
de = "Ausstattung"

[values.features_bags]
"Lockable" = { de = "abschließbar" }

[values.material]
"cotton" = { de = "Baumwolle" }

[units.gram]
unit = "g"
"#;

fn labelled(config: &mut Config) {
    config.labels = Arc::new(ShopLabels::parse(LABELS, "labels.toml").unwrap());
    config.recipes.locales = vec!["en-US".parse().unwrap(), "de-DE".parse().unwrap()];
}

/// A bag as a shop has it that never says what it calls things.
fn bag(id: &str, version: u64) -> Value {
    let mut message = mug(id, "B1", version, "cotton");
    message["product"]["title"] = json!("Duffle Bag");
    message["product"]["category"] = json!(["Gear", "Bags"]);
    message["product"]["attributes"] =
        json!({ "features_bags": ["Lockable"], "material": "cotton", "gram": 900 });
    message["locales"] = json!(["en-US", "de-DE"]);
    message
}

/// Works a message with other settings on the store of a world.
async fn work(config: &Config, world: &World, message: &Value) -> Vec<Outcome> {
    let pipeline =
        Pipeline::new(config, Arc::clone(&world.store), Announcer::Nowhere, Clock::System).unwrap();
    let update = decode(message.to_string().as_bytes(), &Origin::default()).unwrap();
    let reports = pipeline.run(&Inbox::default().enter(Arc::new(update))).await.unwrap();
    reports.into_iter().map(|report| report.result.unwrap().outcome).collect()
}

fn ask(locale: &str, question: &str) -> AnswerRequest {
    serde_json::from_value(json!({ "sku": "B1", "question": question, "locale": locale })).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_german_answer_says_the_german_label_and_the_german_value_and_an_english_one_no_code_name() {
    let mut world = World::start_with(Behaviour::default(), |config| {
        labelled(config);
        config.answers.model = false;
    })
    .await;
    world.work(&bag("m1", 1)).await;
    let asker = asker(&world.config, &world.store);
    for (locale, question, text, label) in [
        ("de-DE", "Welche Ausstattung hat die Tasche?", "Ausstattung: abschließbar.", "Ausstattung"),
        ("en-US", "Tell me the features of this bag", "Features: Lockable.", "Features"),
    ] {
        let answer = asker.ask(&ask(locale, question).within().unwrap(), &[]).await.unwrap();
        assert_eq!(
            (answer.outcome, answer.source),
            (AnswerOutcome::Answered, Some(AnswerSource::Facts)),
            "{answer:?}"
        );
        assert_eq!(answer.text, text);
        let attribute = &answer.attributes[0];
        assert_eq!((attribute.name.as_str(), attribute.label.as_deref()), ("features_bags", Some(label)));
    }
    let answer =
        asker.ask(&ask("de-DE", "Aus welchem Material ist sie?").within().unwrap(), &[]).await.unwrap();
    assert!(answer.text.contains("Baumwolle") && !answer.text.contains("cotton"), "{answer:?}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_shows_labels_units_and_translated_values_and_what_the_product_says_in_the_locale() {
    let mut world = World::start_with(Behaviour::default(), labelled).await;
    let mut message = bag("m1", 1);
    message["product"]["labels"] = json!({ "material": "Fabric" });
    message["product"]["localized"] = json!({
        "de": { "title": "Reisetasche", "description": "Eine Tasche.", "labels": { "material": "Stoff" } }
    });
    message["locales"] = json!(["de-AT"]);
    world.work(&message).await;
    let prompt = world.sandbox.counters().last_prompt.lock().unwrap().clone();
    for part in [
        r#""title":"Reisetasche""#,
        r#""features_bags":["abschließbar"]"#,
        r#""material":"Baumwolle""#,
        r#""gram":{"value":900,"unit":"g"}"#,
        r#""labels":{"features_bags":"Ausstattung","material":"Stoff"}"#,
    ] {
        let escaped = part.replace('"', "\\\"");
        assert!(prompt.contains(part) || prompt.contains(&escaped), "{part}\n{prompt}");
    }
    assert!(!prompt.contains("Duffle") && !prompt.contains("cotton"), "{prompt}");
    message["id"] = json!("m2");
    message["locales"] = json!(["en-US"]);
    world.work(&message).await;
    let prompt = world.sandbox.counters().last_prompt.lock().unwrap().clone();
    assert!(
        prompt.contains("Duffle Bag") && prompt.contains("Fabric") && !prompt.contains("Reisetasche"),
        "{prompt}"
    );
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_of_the_shop_make_due_what_they_touch_as_a_voice_does_and_nothing_else() {
    let mut world = World::start_with(Behaviour::default(), |config| {
        config.recipes.locales = vec!["en-US".parse().unwrap(), "de-DE".parse().unwrap()];
    })
    .await;
    world.work(&bag("m1", 1)).await;
    let mut other = mug("m2", "C1", 1, "clay");
    other["locales"] = json!(["en-US"]);
    world.work(&other).await;
    let before = world.document("B1", "de-DE").await.unwrap();
    let mut config = world.config.clone();
    labelled(&mut config);
    let calls = world.sandbox.counters().answers();
    for (message, expected) in
        [(bag("m3", 1), Outcome::Unchanged), (mug("m4", "C1", 1, "clay"), Outcome::Unchanged)]
    {
        assert_eq!(
            work(&config, &world, &message).await,
            vec![expected; message["locales"].as_array().unwrap().len()]
        );
    }
    assert_eq!(world.sandbox.counters().answers(), calls, "a change of config alone waits for a job");
    let mut forced = bag("m5", 1);
    forced["force"] = json!(true);
    work(&config, &world, &forced).await;
    let after = world.document("B1", "de-DE").await.unwrap();
    assert_eq!(
        before.recipes["description"].facts, after.recipes["description"].facts,
        "facts did not change"
    );
    assert_ne!(before.recipes["description"].fingerprint, after.recipes["description"].fingerprint);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_about_a_label_that_a_product_lacks_is_a_gap_under_that_label() {
    let mut world = World::start_with(Behaviour::default(), |config| {
        labelled(config);
        config.answers.model = false;
    })
    .await;
    world.work(&bag("m1", 1)).await;
    let mut bare = bag("m2", 1);
    bare["product"]["sku"] = json!("B2");
    bare["product"]["attributes"] = json!({ "material": "cotton" });
    world.work(&bare).await;
    let asker = asker(&world.config, &world.store);
    let mut question = ask("de-DE", "Welche Ausstattung hat sie?");
    question.sku = Some("B2".parse().unwrap());
    let answer = asker.ask(&question.within().unwrap(), &[]).await.unwrap();
    assert_eq!(answer.outcome, AnswerOutcome::Unknown, "{answer:?}");
    asker.unanswered().flush(Clock::System.now()).await.unwrap();
    let found = missed_with(&world.config.labels, &world.store, "").await;
    let gap = found.iter().find(|gap| gap.reason == GapReason::Asked).unwrap();
    assert_eq!(
        (gap.attribute.as_str(), gap.label.as_deref()),
        ("features_bags", Some("Features")),
        "{found:?}"
    );
    world.finish().await;
}

#[test]
fn a_file_of_labels_that_is_wrong_ends_the_start_with_its_name_line_and_key() {
    let path = std::env::temp_dir().join(format!("{}.toml", unique("labels")));
    std::fs::write(&path, "[attributes.features_bags]\ngerman = \"Ausstattung\"\n").unwrap();
    let shown = path.display().to_string();
    let environment = [("SKUSCRIBE_FACTS_LABELS".to_owned(), shown.clone())];
    let error = format!("{:#}", Config::load(None, &environment, &[]).unwrap_err());
    assert!(error.contains(&format!("{shown}, line 2: attributes.features_bags.german")), "{error}");
    std::fs::write(&path, "[attributes.x1]\nde-DE = \"Einkaufspreis\"\n").unwrap();
    let config = Config::load(None, &environment, &[]).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(
        config.internal_names().unwrap().is_internal("x1"),
        "what the shop calls a purchase price is internal"
    );
    let error = format!("{:#}", Config::load(None, &environment, &[]).unwrap_err());
    assert!(error.contains("facts.labels") && error.contains(&shown), "{error}");
}
