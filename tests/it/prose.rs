//! Facts out of prose: read once for each state of the prose, used where no attribute speaks, and never against one.

use serde_json::{Value, json};
use skuscribe::config::Config;
use skuscribe::store::derived::derived;
use skuscribe::store::{Key, keys};
use skuscribe_check::prose::DerivedFacts;
use skuscribe_sandbox::Behaviour;

use crate::harness::World;
use crate::process::command;

const DESCRIPTION: &str =
    "<p>A mug of stoneware. The mug is 12 cm high.</p><ul><li>Machine washable</li></ul>";

/// A message about a mug whose facts stand in its description alone.
fn described(id: &str, version: u64, description: &str, attributes: &Value) -> Value {
    json!({
        "id": id, "type": "product.updated", "occurred_at": "2026-01-02T03:04:05Z",
        "product": {
            "sku": "A1", "title": "Blue Mug", "brand": "Acme", "version": version, "category": ["Kitchen", "Mugs"],
            "description": description, "reviews": ["The mug is waterproof and breathable."], "attributes": attributes,
        },
        "locales": ["en-US"],
    })
}

async fn world(on: bool) -> World {
    World::start_with(Behaviour::default(), move |config| config.recipes.facts_from_prose = on).await
}

async fn stored(world: &World) -> Option<DerivedFacts> {
    derived(&*world.store, &"A1".parse().unwrap()).await.unwrap().map(|(derived, _)| derived)
}

fn names(derived: &DerivedFacts) -> Vec<&str> {
    derived.facts.iter().map(|fact| fact.name.as_str()).collect()
}

/// Runs `skuscribe facts`; gives whether it went well and what it printed.
fn facts(config: &Config, arguments: &[&str]) -> (bool, String) {
    let output = command(config).arg("facts").args(arguments).output().unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.success(), text)
}

/// The facts in the last prompt.
fn prompt(world: &World) -> String {
    world.sandbox.counters().last_prompt.lock().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn facts_of_the_description_are_written_about_with_their_quotes_and_read_once() {
    let mut world = world(true).await;
    world.work(&described("m1", 1, DESCRIPTION, &json!({ "weight_g": 350 }))).await;
    let found = stored(&world).await.unwrap();
    assert!(names(&found).contains(&"height") && !names(&found).contains(&"color"), "{found:?}");
    assert!(found.waiting.iter().any(|waiting| waiting.reason == "title_only"), "{found:?}");
    assert!(found.waiting.iter().any(|waiting| waiting.reason == "opinion"), "{found:?}");
    assert!(found.facts.iter().all(|fact| fact.name != "waterproof"), "{found:?}");
    assert!(prompt(&world).contains("\"height\""), "{}", prompt(&world));
    let document = world.document("A1", "en-US").await.unwrap();
    let supports = document.evidence.iter().flat_map(|evidence| &evidence.attributes);
    let derived: Vec<_> = supports.filter_map(|support| support.derived.as_ref()).collect();
    assert!(derived.iter().any(|from| from.quote.contains("12 cm high")), "{:?}", document.evidence);
    let calls = world.sandbox.counters().answers();
    // Nothing is read or written again where neither prose nor attributes changed.
    world.work(&described("m2", 2, DESCRIPTION, &json!({ "weight_g": 350 }))).await;
    assert_eq!(world.sandbox.counters().answers(), calls);
    // An attribute that changes makes texts due, and what was read stays.
    world.work(&described("m3", 3, DESCRIPTION, &json!({ "weight_g": 360 }))).await;
    assert_eq!(world.sandbox.counters().answers(), calls + 1);
    assert!(prompt(&world).contains("\"height\""));
    assert_eq!(stored(&world).await.unwrap(), found);
    let snapshot = world.store.get(&Key::Product { sku: "A1".parse().unwrap() }).await.unwrap().unwrap();
    assert!(!String::from_utf8(snapshot.body).unwrap().contains("derived"), "no snapshot holds them");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_setting_off_nothing_is_read_stored_or_used() {
    let mut calls = Vec::new();
    for on in [false, true] {
        let mut world = world(on).await;
        world.work(&described("m1", 1, DESCRIPTION, &json!({ "weight_g": 350 }))).await;
        calls.push(world.sandbox.counters().answers());
        assert_eq!(prompt(&world).contains("\"height\""), on);
        let aside = skuscribe::store::SetAside::default();
        assert_eq!(keys(&*world.store, "derived/", 10, &aside).await.unwrap().len(), usize::from(on));
        world.finish().await;
    }
    assert_eq!(calls[1], calls[0] + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attribute_that_a_publisher_states_later_takes_the_place_of_the_derived_fact() {
    let mut world = world(true).await;
    world.work(&described("m1", 1, DESCRIPTION, &json!({ "weight_g": 350 }))).await;
    assert!(names(&stored(&world).await.unwrap()).contains(&"height"));
    let stated = json!({ "weight_g": 350, "Height": { "value": 13, "unit": "cm" } });
    world.work(&described("m2", 2, DESCRIPTION, &stated)).await;
    let prompt = prompt(&world);
    assert!(prompt.contains("\"Height\"") && !prompt.contains("\"height\""), "{prompt}");
    // It is still there for the day that the attribute goes again.
    world.work(&described("m3", 3, DESCRIPTION, &json!({ "weight_g": 350 }))).await;
    assert!(self::prompt(&world).contains("\"height\""));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_prose_is_read_anew_and_what_it_says_no_more_is_no_fact() {
    let mut world = world(true).await;
    world.work(&described("m1", 1, DESCRIPTION, &json!({ "weight_g": 350 }))).await;
    let calls = world.sandbox.counters().answers();
    world.work(&described("m2", 2, "The mug is 14 cm high.", &json!({ "weight_g": 350 }))).await;
    assert_eq!(world.sandbox.counters().answers(), calls + 2, "one call reads, one writes");
    let found = stored(&world).await.unwrap();
    let height = found.facts.iter().find(|fact| fact.name == "height").unwrap();
    assert_eq!(height.value.to_string(), "14 cm");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_model_invents_of_prose_is_no_fact() {
    let mut world = World::start_with(Behaviour { invent_rate: 1.0, ..Behaviour::default() }, |config| {
        config.recipes.facts_from_prose = true;
    })
    .await;
    world.work(&described("m1", 1, DESCRIPTION, &json!({ "weight_g": 350 }))).await;
    let found = stored(&world).await.unwrap();
    let shown = format!("{:?}", found.facts);
    assert!(!shown.contains("titanium") && !shown.contains("gold") && !shown.contains("kg"), "{shown}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_accepts_and_rejects_what_waits_and_a_deleted_product_keeps_none_of_it() {
    let mut world = world(true).await;
    world.work(&described("m1", 1, DESCRIPTION, &json!({ "weight_g": 350 }))).await;
    let config = world.config.clone();
    let (sku, facts) = ("A1", |arguments: &[&str]| facts(&config, arguments));
    let (listed, list) = facts(&["review", "list"]);
    assert!(listed && list.contains("waterproof") && list.contains("only a review says so"), "{list}");
    let (accepted, said) = facts(&["review", "accept", sku, "waterproof", "--by", "Ann"]);
    assert!(accepted && said.contains("confirmed by Ann"), "{said}");
    let (nobody, said) = facts(&["review", "accept", sku, "wingspan", "--by", "Ann"]);
    assert!(!nobody && said.contains("wingspan"), "{said}");
    let (rejected, said) = facts(&["review", "reject", sku, "breathable", "--by", "Ann"]);
    assert!(rejected, "{said}");
    let (shown, show) = facts(&["show", sku]);
    assert!(shown && show.contains("waterproof = yes") && show.contains("12 cm high"), "{show}");
    // It counts at the next update, and survives that.
    world.work(&described("m2", 2, DESCRIPTION, &json!({ "weight_g": 350 }))).await;
    assert!(prompt(&world).contains("\"waterproof\""));
    world
        .work(&json!({ "id": "m3", "type": "product.deleted", "occurred_at": "2026-01-03T03:04:05Z",
        "product": { "sku": "A1", "version": 3 } }))
        .await;
    assert_eq!(stored(&world).await, None);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_shows_what_it_would_accept_and_stores_it_where_it_is_told_to() {
    let world = world(false).await;
    let folder = std::env::temp_dir().join(crate::harness::unique("prose"));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("catalog.jsonl");
    let product =
        described("x", 1, DESCRIPTION, &json!({ "Height": null, "Colour": null }))["product"].to_string();
    std::fs::write(&file, format!("{product}\n")).unwrap();
    let path = file.display().to_string();
    let (went, said) = facts(&world.config, &["propose", &path]);
    assert!(went && said.contains("height = 12 cm") && said.contains("nothing was stored"), "{said}");
    assert_eq!(stored(&world).await, None);
    let (went, said) = facts(&world.config, &["propose", &path, "--apply", "--json"]);
    assert!(went && said.contains("\"accepted\""), "{said}");
    assert!(stored(&world).await.is_some());
    std::fs::remove_dir_all(&folder).unwrap();
    world.finish().await;
}
