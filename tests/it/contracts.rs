//! The contracts under `schemas/`: no drift from the types, and real messages keep them.

use std::path::Path;

use serde_json::Value;
use skuscribe::sandbox::Behaviour;
use skuscribe::store::Key;

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

fn schema(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(schemas().join(format!("{name}.schema.json"))).unwrap())
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_and_announced_keeps_its_schema() {
    let mut world = World::start(Behaviour::default()).await;
    let message = mug("m1", "A1", 3, "clay");
    world.work(&message).await;
    let (locale, sku): (skuscribe::product::Locale, skuscribe::product::Sku) =
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
                operation: skuscribe::plan::operation_id("m1", &locale),
            },
        ),
    ] {
        let object = world.store.get(&key).await.unwrap().unwrap();
        checked.push((name, serde_json::from_slice(&object.body).unwrap()));
    }
    checked.push(("content_event.v1", serde_json::to_value(&world.events().await[0]).unwrap()));
    for (name, value) in checked {
        let validator = skuscribe::recipe::Validator::new(&schema(name)).unwrap();
        assert_eq!(validator.mismatch(&value), None, "{name}");
    }
    world.finish().await;
}
