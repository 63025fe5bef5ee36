//! Recipes beside those of the page: written within their limits in every language, with what must be carried word for word,
//! and tried from the command line.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use skuscribe::announce::Announcer;
use skuscribe::clock::Clock;
use skuscribe::config::Config;
use skuscribe::pipeline::Pipeline;
use skuscribe::review::ReviewDecision;
use skuscribe_check::content::{Outcome, State};
use skuscribe_sandbox::Behaviour;

use crate::answering::missed;
use crate::harness::{World, mug, run, unique};

#[test]
fn every_recipe_is_written_within_its_limits_in_every_language() {
    for recipe in ["email", "social", "ad", "blog", "course"] {
        for locale in ["en-US", "de-DE", "fr-FR", "es-ES", "zh-CN", "ja-JP"] {
            // The sandbox's shortest texts are values and little else: those of an English catalog read as English.
            if matches!(recipe, "social" | "ad") && locale != "en-US" {
                continue;
            }
            let (ok, text) =
                run(&["recipe", "test", recipe, "--sandbox", "--limit", "2", "--locale", locale], &[]);
            assert!(ok && text.contains("2 products: 2 published"), "{recipe} in {locale}: {text}");
        }
    }
}

#[test]
fn a_recipe_is_scaffolded_tried_and_compared_with_another_version_of_itself() {
    let folder = std::env::temp_dir().join(unique("skuscribe-recipe-new"));
    let other = std::env::temp_dir().join(unique("skuscribe-recipe-next"));
    let (mine, next) = (folder.to_str().unwrap(), other.to_str().unwrap());
    for place in [mine, next] {
        let (ok, text) = run(&["recipe", "new", "care", "--folder", place, "--from", "seo"], &[]);
        assert!(ok && text.contains("recipe test care"), "{text}");
    }
    let (ok, text) = run(&["recipe", "new", "care", "--folder", mine], &[]);
    assert!(!ok && text.contains("already"), "{text}");
    let (ok, text) = run(&["recipe", "new", "Care!", "--folder", mine], &[]);
    assert!(!ok && text.contains("lower-case"), "{text}");
    let environment = [("SKUSCRIBE_RECIPES_FOLDER", mine)];
    let (ok, text) = run(&["recipe", "list"], &environment);
    assert!(ok && text.lines().any(|line| line.starts_with("care")), "{text}");
    let (ok, text) = run(&["recipe", "test", "care", "--sandbox", "--limit", "1"], &environment);
    assert!(ok && text.contains("/meta_title") && text.contains("1 published"), "{text}");
    // The other version keeps titles shorter than any product's.
    let toml = other.join("care/recipe.toml");
    let shorter = std::fs::read_to_string(&toml)
        .unwrap()
        .replace("max = 70", "max = 4")
        .replace("version = \"1\"", "version = \"2\"");
    std::fs::write(&toml, shorter).unwrap();
    let (ok, text) =
        run(&["recipe", "diff", "care", "--sandbox", "--limit", "1", "--with", next], &environment);
    assert!(ok && text.contains("published | held") && text.contains("version 2"), "{text}");
    let (ok, text) = run(&["recipe", "test", "nope", "--sandbox"], &environment);
    assert!(!ok && text.contains("nope"), "{text}");
    std::fs::remove_dir_all(folder).unwrap();
    std::fs::remove_dir_all(other).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_must_be_carried_word_for_word_is_and_all_texts_of_a_page_follow_its_facts() {
    const WARNING: &str = "WARNING: Hot! Keep away from children. Call 1-800-222-1222.";
    let mut world = World::start(Behaviour::default()).await;
    let mut message = mug("m1", "A1", 1, "clay");
    message["product"]["verbatim"] = json!([WARNING]);
    message["recipes"] = json!(["email", "seo"]);
    world.work(&message).await;
    let document = world.document("A1", "en-US").await.unwrap();
    assert_eq!(document.state, State::Published);
    assert_eq!(document.content["email"]["verbatim"], json!([WARNING]));
    assert!(document.content["seo"].get("verbatim").is_none());
    // Facts change, and the message names no recipes: those of the configuration, and the e-mail with them.
    let mut message = mug("m2", "A1", 2, "glass");
    message["product"]["verbatim"] = json!(["WARNING: Glass."]);
    world.work(&message).await;
    let document = world.document("A1", "en-US").await.unwrap();
    let recipes: Vec<&str> = document.content.keys().map(String::as_str).collect();
    assert_eq!(recipes, ["description", "email", "faq", "seo"]);
    assert_eq!(document.content["email"]["verbatim"], json!(["WARNING: Glass."]));
    assert!(!document.content["email"].to_string().contains("clay"));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_answer_of_a_quiz_that_the_facts_bear_is_found() {
    let mut world = World::start(Behaviour::default()).await;
    let mut message = mug("m1", "A1", 1, "clay");
    message["recipes"] = json!(["course"]);
    world.work(&message).await;
    let (sku, locale) = ("A1".parse().unwrap(), "en-US".parse().unwrap());
    let pipeline =
        Pipeline::new(&world.config, Arc::clone(&world.store), Announcer::Nowhere, Clock::System).unwrap();
    let base = pipeline.editable(&sku, &locale, None).await.unwrap();
    let mut content: BTreeMap<String, Value> =
        base.drafts.iter().map(|draft| (draft.recipe.clone(), draft.content.clone())).collect();
    content.get_mut("course").unwrap()["quiz"][0]["wrong"][0] = json!("The material is clay.");
    let draft = base.operation.to_string();
    let decision = ReviewDecision { sku: &sku, locale: &locale, draft: &draft, by: "ann", why: None };
    let edited = pipeline.edit(decision, content, false).await.unwrap();
    assert_eq!(edited.outcome, Outcome::Held);
    assert!(
        edited.findings.iter().any(|finding| finding.rule == "facts.true" && finding.at == "/quiz/0/wrong/0")
    );
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guide_compares_the_products_of_a_category() {
    let mut world = World::start_with(Behaviour::default(), |config: &mut Config| {
        config.recipes.enabled = vec!["seo".to_owned()];
    })
    .await;
    for (number, material) in ["clay", "glass", "steel"].into_iter().enumerate() {
        let mut message = mug(&format!("m{number}"), &format!("A{number}"), 1, material);
        message["product"]["title"] = json!(format!("{material} mug"));
        world.work(&message).await;
    }
    let guide = |more: &[&str]| {
        let mut arguments = vec!["guide", "Mugs", "--select", "category:Kitchen"];
        arguments.extend(more);
        let output = crate::process::command(&world.config).args(arguments).output().unwrap();
        let text =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (output.status.success(), text)
    };
    let (ok, text) = guide(&["--print"]);
    let printed: Value = serde_json::from_str(&text).unwrap();
    assert!(ok && printed["product"]["variants"].as_array().unwrap().len() == 3, "{text}");
    let (ok, text) = guide(&[]);
    assert!(ok && text.contains("over 3 products"), "{text}");
    world.expect(1);
    world.settled().await;
    let document = world.document("guide:Mugs", "en-US").await.unwrap();
    assert_eq!(document.state, State::Published, "{:?}", document.findings);
    let text = document.content["guide"].to_string();
    assert!(text.contains("clay mug") || text.contains("glass mug") || text.contains("steel mug"), "{text}");
    assert!(document.content["guide"]["sections"][0]["body"].is_string());
    // It is no product: what goes over the products, or answers about one, does not meet it.
    assert_eq!(world.store.list("guides/", 10).await.unwrap(), ["guides/Mugs.json"]);
    assert_eq!(world.store.list("products/", 10).await.unwrap().len(), 3);
    assert!(missed(&world.store, "category:Mugs").await.is_empty());
    for (arguments, expected) in [
        (&["regenerate", "--select", "category:Mugs", "--dry-run"][..], "0 products"),
        (&["ask", "guide:Mugs", "What is it made of?"], "there is no product guide:Mugs"),
    ] {
        let output = crate::process::command(&world.config).args(arguments).output().unwrap();
        let text = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat();
        assert!(text.contains(expected), "{text}");
    }
    world.finish().await;
}
