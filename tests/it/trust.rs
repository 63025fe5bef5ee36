//! Copy that can be trusted: what no attribute supports is left out or held, and each sentence names what supports it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use skuscribe::config::Config;
use skuscribe_check::content::{Document, Severity, State};
use skuscribe_sandbox::Behaviour;

use crate::harness::{World, mug};

/// A model that invents one sentence in every answer, also in the repair call.
fn inventor() -> Behaviour {
    Behaviour { invent_rate: 1.0, ..Behaviour::default() }
}

/// Facts in which nothing is said of hours or of kilograms.
fn weightless(id: &str) -> Value {
    let mut message = mug(id, "A1", 3, "clay");
    message["product"]["attributes"].as_object_mut().unwrap().remove("weight_g");
    message
}

fn rules(document: &Document) -> Vec<&str> {
    document.findings.iter().map(|finding| finding.rule.as_str()).collect()
}

/// Model calls that were made for the text.
fn calls(document: &Document) -> u32 {
    document.recipes["description"].provenance.calls
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sentence_that_no_attribute_supports_is_left_out_and_the_rest_is_published() {
    let mut world = World::start(inventor()).await;
    world.work(&mug("m1", "A1", 3, "clay")).await;
    let document = world.document("A1", "en-US").await.unwrap();
    assert_eq!(document.state, State::Published);
    let content = serde_json::to_string(&document.content).unwrap();
    assert!(!content.contains("4711") && content.contains("clay"), "{content}");
    let dropped = document.findings.iter().find(|finding| finding.rule == "repair.dropped").unwrap();
    assert!(dropped.severity == Severity::Note && dropped.message.contains("4711"), "{dropped:?}");
    // One repair call was made before.
    assert_eq!(calls(&document), 2);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sentence_names_the_attributes_that_bear_it_in_the_state_they_had() {
    let mut world = World::start(Behaviour::default()).await;
    world.work(&mug("m1", "A1", 3, "clay")).await;
    let first = world.document("A1", "en-US").await.unwrap();
    assert!(!first.evidence.is_empty());
    for evidence in &first.evidence {
        assert!(!evidence.attributes.is_empty(), "{evidence:?}");
        assert!(evidence.attributes.iter().all(|attribute| attribute.version == Some(3)), "{evidence:?}");
        let words = evidence.text.to_lowercase();
        if words.contains("material is clay") {
            assert!(evidence.attributes.iter().any(|attribute| attribute.name == "material"), "{evidence:?}");
        }
    }
    let value = |document: &Document, name: &str| {
        document
            .evidence
            .iter()
            .flat_map(|evidence| &evidence.attributes)
            .find(|attribute| attribute.name == name)
            .map(|attribute| attribute.value)
    };
    world.work(&mug("m2", "A1", 4, "glass")).await;
    let second = world.document("A1", "en-US").await.unwrap();
    assert_ne!(value(&first, "material").unwrap(), value(&second, "material").unwrap());
    assert_eq!(value(&first, "volume"), value(&second, "volume"));
    world.finish().await;
}

/// A folder with a recipe that goes by the evidence.
fn evidence_recipe() -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(crate::harness::unique("skuscribe-recipes"));
    let recipe = folder.join("brief");
    std::fs::create_dir_all(&recipe).unwrap();
    let toml = "name = \"brief\"\nversion = \"1\"\nmodel = \"default\"\nlanguages = [\"en\"]\n[facts]\ndue = \"evidence\"\nexclude = [\"gtin\", \"category\", \"brand\", \"colors\", \"height\", \"dishwasher_safe\"]\n";
    std::fs::write(recipe.join("recipe.toml"), toml).unwrap();
    std::fs::write(recipe.join("prompt.md"), "One sentence.\n").unwrap();
    let schema = json!({
        "type": "object",
        "properties": { "line": {
            "type": "object",
            "properties": { "text": { "type": "string" }, "evidence": { "type": "array", "items": { "type": "string" } } },
            "required": ["text", "evidence"], "additionalProperties": false
        } },
        "required": ["line"], "additionalProperties": false
    });
    std::fs::write(recipe.join("output.schema.json"), schema.to_string()).unwrap();
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_facts_that_support_no_sentence_makes_nothing_due_where_the_recipe_says_so() {
    let folder = evidence_recipe();
    let recipes = folder.to_str().unwrap().to_owned();
    let mut world = World::start_with(Behaviour::default(), move |config: &mut Config| {
        config.recipes.folder = recipes;
        config.recipes.enabled = vec!["brief".to_owned()];
    })
    .await;
    world.work(&mug("m1", "A1", 3, "clay")).await;
    let first = world.document("A1", "en-US").await.unwrap();
    let rests: Vec<String> = first
        .evidence
        .iter()
        .flat_map(|evidence| &evidence.attributes)
        .map(|attribute| attribute.name.clone())
        .collect();
    assert!(rests.contains(&"material".to_owned()) && !rests.contains(&"weight_g".to_owned()), "{rests:?}");
    let answers = world.sandbox.counters().answers();
    // Another weight, of which the sentence says nothing.
    let mut heavier = mug("m2", "A1", 4, "clay");
    heavier["product"]["attributes"]["weight_g"] = json!(420);
    world.work(&heavier).await;
    let same = world.document("A1", "en-US").await.unwrap();
    assert_eq!((same.revision, same.product_version), (first.revision, Some(4)));
    assert_eq!(world.sandbox.counters().answers(), answers);
    // Another material, which supports it.
    world.work(&mug("m3", "A1", 5, "glass")).await;
    let changed = world.document("A1", "en-US").await.unwrap();
    assert_eq!(changed.revision, first.revision + 1);
    assert!(changed.content["brief"].to_string().contains("glass"));
    world.finish().await;
    std::fs::remove_dir_all(folder).unwrap();
}

/// A classifier that finds every sentence entailed, or answers that it is broken; it counts the questions.
async fn classifier(entails: bool) -> (String, Arc<AtomicU64>) {
    let asked = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&asked);
    let answer = move |axum::Json(body): axum::Json<Value>| {
        let inputs = body["inputs"].as_array().unwrap().len();
        counter.fetch_add(inputs as u64, Ordering::Relaxed);
        async move {
            if !entails {
                return (
                    axum::http::StatusCode::SERVICE_UNAVAILABLE,
                    axum::Json(json!({ "error": "loading" })),
                );
            }
            let labels =
                json!([{ "label": "ENTAILMENT", "score": 0.97 }, { "label": "neutral", "score": 0.03 }]);
            (axum::http::StatusCode::OK, axum::Json(Value::Array(vec![labels; inputs])))
        }
    };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = axum::Router::new().route("/predict", axum::routing::post(answer));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, asked)
}

#[test]
fn doctor_asks_the_classifier_and_says_what_to_do_where_it_does_not_answer() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = std::env::temp_dir().join(crate::harness::unique("doctor"));
    let doctor = |url: &str| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_skuscribe"))
            .env_clear()
            .env("SKUSCRIBE_VERIFIER_FROM", "nli")
            .env("SKUSCRIBE_VERIFIER_URL", url)
            .env("SKUSCRIBE_BROKER_URL", "amqp://127.0.0.1:1/%2f")
            .env("SKUSCRIBE_MODEL_URL", "http://127.0.0.1:1/v1")
            .env("SKUSCRIBE_MODEL_ATTEMPTS_MAX", "1")
            .env("SKUSCRIBE_STORE_URL", &folder)
            .arg("doctor")
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let (url, asked) = runtime.block_on(classifier(true));
    let said = doctor(&url);
    assert!(said.contains("ok    verifier") && said.contains("yes"), "{said}");
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    let (url, _) = runtime.block_on(classifier(false));
    let said = doctor(&url);
    assert!(
        said.contains("FAIL  verifier") && said.contains("503") && said.contains("verifier.url"),
        "{said}"
    );
    assert!(!folder.exists(), "it only looks");
}

fn by_classifier(url: String) -> impl FnOnce(&mut Config) + 'static {
    move |config: &mut Config| {
        "nli".clone_into(&mut config.verifier.from);
        config.verifier.url = url;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verifier_decides_what_the_checks_cannot() {
    let (url, asked) = classifier(true).await;
    let mut world = World::start_with(inventor(), by_classifier(url)).await;
    world.work(&weightless("m1")).await;
    let document = world.document("A1", "en-US").await.unwrap();
    assert_eq!(document.state, State::Published);
    assert!(serde_json::to_string(&document.content).unwrap().contains("4711"));
    let noted =
        document.findings.iter().find(|finding| finding.message.contains("a verifier finds")).unwrap();
    assert_eq!((noted.rule.as_str(), noted.severity), ("facts.unsupported", Severity::Note));
    // It passed at once: no repair call was needed.
    assert_eq!((calls(&document), asked.load(Ordering::Relaxed)), (1, 1));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verifier_never_overrules_what_an_attribute_says() {
    let (url, asked) = classifier(true).await;
    let mut world = World::start_with(inventor(), by_classifier(url)).await;
    // This mug weighs 350 g, so that 98765 kg are contradicted.
    world.work(&mug("m1", "A1", 3, "clay")).await;
    let document = world.document("A1", "en-US").await.unwrap();
    assert!(!serde_json::to_string(&document.content).unwrap().contains("98765"));
    assert_eq!(asked.load(Ordering::Relaxed), 0, "nobody is asked about what an attribute contradicts");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_answer_the_checks_own_findings_stand() {
    let (url, asked) = classifier(false).await;
    let mut world = World::start_with(inventor(), move |config: &mut Config| {
        by_classifier(url)(config);
        config.check.drop = false;
    })
    .await;
    world.work(&weightless("m1")).await;
    let document = world.document("A1", "en-US").await.unwrap();
    assert_eq!(document.state, State::Held);
    assert!(asked.load(Ordering::Relaxed) >= 1);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_as_verifier_is_paid_for_and_counted() {
    let mut world = World::start_with(inventor(), |config: &mut Config| {
        "model".clone_into(&mut config.verifier.from);
    })
    .await;
    world.work(&weightless("m1")).await;
    let document = world.document("A1", "en-US").await.unwrap();
    // The judge does not find the invention supported either: it is left out.
    assert_eq!(document.state, State::Published);
    assert!(!serde_json::to_string(&document.content).unwrap().contains("4711"));
    assert!(rules(&document).contains(&"repair.dropped"));
    let provenance = &document.recipes["description"].provenance;
    // Draft and repair, and a verification of each.
    assert_eq!(provenance.calls, 4);
    assert!(provenance.usage.input_tokens > 0);
    world.finish().await;
}
