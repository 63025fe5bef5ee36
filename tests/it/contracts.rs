//! The contracts under `schemas/`: no drift from the types, and real messages keep them.

use std::path::Path;

use serde_json::Value;
use skuscribe::store::Key;
use skuscribe_sandbox::Behaviour;

use crate::documentation::files;
use crate::harness::{World, mug};

fn schemas() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas")
}

#[test]
fn the_checked_in_schemas_are_those_of_the_types() {
    for (name, text) in skuscribe::schemas::files().unwrap() {
        let path = schemas().join(&name);
        let stored = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(stored == text, "{} is out of date; run `make schemas`", path.display());
    }
}

/// With the features that `make docs` builds with: they add commands.
#[cfg(feature = "tables")]
#[test]
fn the_checked_in_references_are_those_of_the_code() {
    for (name, text) in skuscribe::cli::reference::files().unwrap() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference").join(&name);
        let stored = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(stored == text, "{} is out of date; run `make docs`", path.display());
    }
}

#[test]
fn every_metric_that_is_recorded_is_described_and_the_other_way_round() {
    let recording = regex::Regex::new(r#"\b(counter|gauge|histogram)!\(\s*"(skuscribe_[a-z_]+)""#).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut recorded = std::collections::BTreeSet::new();
    for path in ["src", "crates"].iter().flat_map(|folder| files(&root.join(folder), "rs")) {
        let text = std::fs::read_to_string(path).unwrap();
        recorded
            .extend(recording.captures_iter(&text).map(|found| (found[2].to_owned(), found[1].to_owned())));
    }
    let described = skuscribe::telemetry::metrics::METRICS.iter();
    let described =
        described.map(|metric| (metric.name.to_owned(), metric.kind.as_str().to_owned())).collect();
    assert_eq!(recorded, described, "describe metrics in telemetry/metrics.rs");
}

fn schema(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(schemas().join(format!("{name}.schema.json"))).unwrap())
        .unwrap()
}

#[test]
fn the_message_and_the_document_of_the_readme_keep_their_schemas() {
    let readme = std::fs::read_to_string(schemas().with_file_name("README.md")).unwrap();
    let mut blocks = readme.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next());
    for name in ["product_update.v1", "content.v1"] {
        let block: Value = serde_json::from_str(blocks.next().unwrap()).unwrap();
        let mismatch = skuscribe_check::recipe::Validator::new(&schema(name)).unwrap().mismatch(&block);
        assert_eq!(mismatch, None, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_and_announced_keeps_its_schema() {
    let mut world = World::start(Behaviour::default()).await;
    let message = mug("m1", "A1", 3, "clay");
    world.work(&message).await;
    let (locale, sku): (skuscribe_check::product::Locale, skuscribe_check::product::Sku) =
        ("en-US".parse().unwrap(), "A1".parse().unwrap());
    let mut checked = vec![("product_update.v1", message)];
    for (name, key) in [
        ("content.v1", Key::Content { locale: locale.clone(), sku: sku.clone() }),
        ("product_snapshot.v1", Key::Product { sku: sku.clone() }),
        (
            "history.v1",
            Key::History {
                locale: locale.clone(),
                sku,
                operation: world.document("A1", "en-US").await.unwrap().operations[0],
            },
        ),
    ] {
        let object = world.store.get(&key).await.unwrap().unwrap();
        checked.push((name, serde_json::from_slice(&object.body).unwrap()));
    }
    checked.push(("content_event.v1", serde_json::to_value(&world.events().await[0]).unwrap()));
    for (name, value) in checked {
        let validator = skuscribe_check::recipe::Validator::new(&schema(name)).unwrap();
        assert_eq!(validator.mismatch(&value), None, "{name}");
    }
    world.finish().await;
}
