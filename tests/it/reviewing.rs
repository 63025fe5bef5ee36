//! Review: what is held waits for a person, and what a person says and writes counts; through the real store, broker and
//! command.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};
use skuscribe::announce::Announcer;
use skuscribe::broker::{Link, Publisher};
use skuscribe::clock::Clock;
use skuscribe::config::Config;
use skuscribe::pipeline::Pipeline;
use skuscribe::review::{ReviewDecision, ReviewError};
use skuscribe::store::{Key, load};
use skuscribe_check::content::{Correction, Document, HistoryEntry, Outcome, State};
use skuscribe_check::product::{Locale, Sku};
use skuscribe_sandbox::Behaviour;

use crate::harness::{World, mug};
use crate::process::command;

/// A model that invents one sentence in every answer, and a shop that has a person look at it.
async fn held_world() -> World {
    let behaviour = Behaviour { invent_rate: 1.0, ..Behaviour::default() };
    World::start_with(behaviour, |config: &mut Config| config.check.drop = false).await
}

/// A shop in which a person sees everything first.
async fn careful_world() -> World {
    World::start_with(Behaviour::default(), |config: &mut Config| {
        "always".clone_into(&mut config.review.when);
    })
    .await
}

fn pipeline(world: &World) -> Pipeline {
    let publisher = Publisher::new(Link::from_config(&world.config.broker), "test-review");
    let announcer = Announcer::Broker { publisher, config: world.config.announce.clone() };
    Pipeline::new(&world.config, Arc::clone(&world.store), announcer, Clock::System).unwrap()
}

fn names() -> (Sku, Locale) {
    ("A1".parse().unwrap(), "en-US".parse().unwrap())
}

fn draft(document: &Document) -> String {
    document.held.as_ref().unwrap().operation.to_string()
}

fn contents(history: &HistoryEntry) -> BTreeMap<String, Value> {
    history.drafts.iter().map(|draft| (draft.recipe.clone(), draft.content.clone())).collect()
}

/// The same with the sentence that the sandbox invents taken out of every text.
fn honest(value: &Value) -> Value {
    match value {
        Value::String(text) => {
            let kept = text.split_inclusive(". ").filter(|sentence| !sentence.contains("4711"));
            let kept = kept.collect::<String>();
            json!(if kept.trim().is_empty() { "The material is clay." } else { kept.trim() })
        }
        Value::Array(items) => items.iter().map(honest).collect(),
        Value::Object(fields) => fields.iter().map(|(name, field)| (name.clone(), honest(field))).collect(),
        other => other.clone(),
    }
}

fn run(world: &World, arguments: &[&str]) -> (bool, String) {
    let output = command(&world.config).args(arguments).output().unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.success(), text)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_text_is_looked_at_edited_checked_again_approved_and_announced() {
    let mut world = held_world().await;
    let mut message = mug("m1", "A1", 3, "clay");
    message["product"]["titel"] = json!("Mug");
    world.work(&message).await;
    let (sku, locale) = names();
    let document = world.document("A1", "en-US").await.unwrap();
    assert_eq!((document.state, document.content.len()), (State::Held, 0));
    let first = draft(&document);

    let (ok, listed) = run(&world, &["review", "list"]);
    assert!(
        ok && listed.contains("A1") && listed.contains(&first[..12]) && listed.contains("1 held"),
        "{listed}"
    );
    let (ok, none) = run(&world, &["review", "list", "--rule", "eu."]);
    assert!(ok && none.contains("0 held"), "{none}");
    let (ok, shown) = run(&world, &["review", "show", "A1", "--locale", "en-US"]);
    assert!(
        ok && shown.contains("4711") && shown.contains("sentence") && shown.contains("facts."),
        "{shown}"
    );
    assert!(shown.contains("/product/titel is no field"), "{shown}");

    // Edited, but not where it matters: the invention stays, and the checks see it.
    let pipeline = pipeline(&world);
    let base = pipeline.editable(&sku, &locale, None).await.unwrap();
    let mut content = contents(&base);
    content.get_mut("seo").unwrap()["meta_title"] = json!("Stoneware Mug of clay");
    let decision = ReviewDecision { sku: &sku, locale: &locale, draft: &first, by: "ann", why: None };
    let edited = pipeline.edit(decision, content, false).await.unwrap();
    assert_eq!(edited.outcome, Outcome::Held);
    assert!(
        !edited.changes.is_empty()
            && edited.findings.iter().any(|finding| finding.rule.starts_with("facts."))
    );
    let second = edited.draft.to_string();

    // The draft that was looked at first is overtaken by the edit.
    let (ok, text) =
        run(&world, &["review", "approve", "A1", "--locale", "en-US", "--draft", &first, "--by", "bob"]);
    assert!(!ok && text.contains("superseded"), "{text}");

    // Edited whole, through the command: all checks pass, and it is out.
    let (ok, printed) = run(&world, &["review", "edit", "A1", "--locale", "en-US", "--by", "ann", "--print"]);
    assert!(ok, "{printed}");
    let whole = honest(&serde_json::from_str(&printed).unwrap());
    let file = std::env::temp_dir().join(crate::harness::unique("skuscribe-edit"));
    std::fs::write(&file, whole.to_string()).unwrap();
    let path = file.to_str().unwrap();
    let (ok, text) = run(
        &world,
        &[
            "review",
            "edit",
            "A1",
            "--locale",
            "en-US",
            "--by",
            "ann",
            "--draft",
            &second[..12],
            "--file",
            path,
        ],
    );
    assert!(
        ok && text.contains("published A1 in en-US") && text.contains("- ") && text.contains("+ "),
        "{text}"
    );
    std::fs::remove_file(file).unwrap();

    let (ok, nothing) = run(&world, &["review", "show", "A1", "--locale", "en-US"]);
    assert!(!ok && nothing.contains("nothing of A1 in en-US waits"), "{nothing}");
    let document = world.document("A1", "en-US").await.unwrap();
    assert_eq!((document.state, document.held.is_none()), (State::Published, true));
    let provenance = &document.recipes["description"].provenance;
    assert_eq!(
        (provenance.editor.as_deref(), provenance.digital_source_type.name()),
        (Some("ann"), "composite_with_trained_algorithmic_media")
    );
    assert_eq!(provenance.message_id, "m1");
    assert!(
        !document.evidence.is_empty() && !serde_json::to_string(&document.content).unwrap().contains("4711")
    );
    assert!(world.store.list("held/", 10).await.unwrap().is_empty());
    let corrections = world.store.list("corrections/", 10).await.unwrap();
    assert_eq!(corrections.len(), 2);
    let operation = document.recipes["description"].provenance.operation;
    let (correction, _) = load::<Correction>(&*world.store, &Key::Correction { locale, sku, operation })
        .await
        .unwrap()
        .unwrap();
    assert!(
        correction.editor == "ann"
            && correction.changes.iter().any(|change| change.before.as_ref().unwrap().contains("4711"))
    );
    let outcomes: Vec<(Outcome, Option<u64>)> =
        world.events().await.iter().map(|event| (event.outcome, event.revision)).collect();
    assert_eq!(outcomes, [(Outcome::Held, Some(1)), (Outcome::Held, Some(2)), (Outcome::Published, Some(3))]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_policy_has_texts_wait_that_nothing_speaks_against_and_an_approval_names_the_person() {
    let mut world = careful_world().await;
    world.work(&mug("m1", "A1", 3, "clay")).await;
    let document = world.document("A1", "en-US").await.unwrap();
    let held = document.held.clone().unwrap();
    // Nothing was wrong with it: no repair call was paid for.
    assert_eq!(held.recipes["description"].provenance.calls, 1);
    let (ok, text) = run(
        &world,
        &["review", "approve", "A1", "--locale", "en-US", "--draft", &draft(&document), "--by", "ann"],
    );
    assert!(ok && text.contains("published A1 in en-US, revision 2"), "{text}");
    let published = world.document("A1", "en-US").await.unwrap();
    let state = &published.recipes["description"];
    assert_eq!(state.provenance.reviewer.as_deref(), Some("ann"));
    assert_eq!(state.provenance.digital_source_type.name(), "trained_algorithmic_media");
    assert_eq!(state.fingerprint, held.recipes["description"].fingerprint);
    // Approved again, as after a lost answer: the same revision.
    let (ok, text) = run(
        &world,
        &["review", "approve", "A1", "--locale", "en-US", "--draft", &draft(&document), "--by", "ann"],
    );
    assert!(ok && text.contains("revision 2"), "{text}");
    // The same facts again are no reason to write.
    let answers = world.sandbox.counters().answers();
    world.work(&mug("m2", "A1", 4, "clay")).await;
    assert_eq!(world.document("A1", "en-US").await.unwrap().revision, 2);
    assert_eq!(world.sandbox.counters().answers(), answers);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_people_at_once_one_decides() {
    let mut world = careful_world().await;
    let (sku, locale) = names();
    let pipeline = pipeline(&world);
    for round in 0..8_u64 {
        world.work(&mug(&format!("m{round}"), "A1", round + 1, &format!("clay {round}"))).await;
        let document = world.document("A1", "en-US").await.unwrap();
        let draft = draft(&document);
        let by = |by| ReviewDecision { sku: &sku, locale: &locale, draft: &draft, by, why: None };
        let (approved, rejected) =
            tokio::join!(pipeline.approve(by("ann")), pipeline.reject(by("bob"), "too plain"));
        assert!(approved.is_ok() != rejected.is_ok(), "round {round}: {approved:?} {rejected:?}");
        let after = world.document("A1", "en-US").await.unwrap();
        assert!(after.held.is_none() && after.revision == document.revision + 1);
        assert_eq!(after.rejected.is_some(), rejected.is_ok());
        if let Err(error) = approved {
            assert!(matches!(error, ReviewError::Superseded { .. }), "{error}");
        }
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_waits_on_when_other_recipes_of_its_page_are_published_or_held() {
    let mut world = World::start_with(Behaviour::default(), |config: &mut Config| {
        let rule = json!({ "recipes": ["seo", "faq"], "when": "always" });
        config.review.rules = vec![serde_json::from_value(rule).unwrap()];
    })
    .await;
    let (sku, locale) = names();
    let pipeline = pipeline(&world);
    for (id, recipe) in [("m1", "seo"), ("m2", "description"), ("m3", "faq")] {
        let mut message = mug(id, "A1", 3, "clay");
        message["recipes"] = json!([recipe]);
        world.work(&message).await;
    }
    let document = world.document("A1", "en-US").await.unwrap();
    let of = |document: &Document| -> (Vec<String>, Vec<String>) {
        let waiting =
            document.held.iter().chain(&document.held_next).flat_map(|held| held.recipes.keys().cloned());
        (document.content.keys().cloned().collect(), waiting.collect())
    };
    assert_eq!(of(&document), (vec!["description".to_owned()], vec!["faq".to_owned(), "seo".to_owned()]));
    // What waits counts as done, and one is decided on after the other.
    let calls = world.sandbox.counters().answers();
    world.work(&mug("m4", "A1", 4, "clay")).await;
    assert_eq!(world.sandbox.counters().answers(), calls);
    for recipe in ["faq", "seo"] {
        let (ok, listed) = run(&world, &["review", "list"]);
        assert!(ok && listed.contains(recipe) && listed.contains("1 held"), "{listed}");
        let waiting = pipeline.waiting(&sku, &locale).await.unwrap();
        assert_eq!(waiting.history.drafts.len(), 1);
        let draft = waiting.history.operation.to_string();
        let decision = ReviewDecision { sku: &sku, locale: &locale, draft: &draft, by: "ann", why: None };
        assert_eq!(pipeline.approve(decision).await.unwrap().outcome(), Outcome::Published);
        // Twice, for the answer may have got lost.
        assert_eq!(pipeline.approve(decision).await.unwrap().outcome(), Outcome::Published);
    }
    let document = world.document("A1", "en-US").await.unwrap();
    assert_eq!((document.content.len(), document.held.is_none()), (3, true));
    assert!(run(&world, &["review", "list"]).1.contains("0 held"));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_draft_that_waits_what_was_published_since_waits_no_more() {
    let mut world = careful_world().await;
    let (sku, locale) = names();
    world.work(&mug("m1", "A1", 3, "clay")).await;
    let mut free = world.config.clone();
    "on_findings".clone_into(&mut free.review.when);
    let publisher = Publisher::new(Link::from_config(&free.broker), "test-review");
    let announcer = Announcer::Broker { publisher, config: free.announce.clone() };
    let pipeline = Pipeline::new(&free, Arc::clone(&world.store), announcer, Clock::System).unwrap();
    let mut message = mug("m2", "A1", 3, "clay");
    (message["recipes"], message["force"]) = (json!(["faq"]), json!(true));
    let update =
        skuscribe::intake::decode(message.to_string().as_bytes(), &skuscribe::intake::Origin::default());
    let entry = skuscribe::intake::inbox::Inbox::default().enter(Arc::new(update.unwrap()));
    pipeline.run(&entry).await.unwrap();
    let waiting = pipeline.waiting(&sku, &locale).await.unwrap();
    let drafts: Vec<&str> = waiting.history.drafts.iter().map(|draft| draft.recipe.as_str()).collect();
    assert!(waiting.document.content.contains_key("faq"));
    assert_eq!(drafts.len(), 2, "{drafts:?}");
    assert!(!drafts.contains(&"faq"));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_product_version_in_between_supersedes_a_draft_and_one_that_says_the_same_does_not() {
    let mut world = careful_world().await;
    let (sku, locale) = names();
    let pipeline = pipeline(&world);
    world.work(&mug("m1", "A1", 3, "clay")).await;
    let first = draft(&world.document("A1", "en-US").await.unwrap());
    // A newer draft stands in its place.
    world.work(&mug("m2", "A1", 4, "glass")).await;
    let document = world.document("A1", "en-US").await.unwrap();
    let second = draft(&document);
    let decide = |draft| ReviewDecision { sku: &sku, locale: &locale, draft, by: "ann", why: None };
    let error = pipeline.approve(decide(&first)).await.unwrap_err();
    assert!(matches!(error, ReviewError::Superseded { .. }), "{error}");
    // The facts moved on, but the newer text is not there yet: what waits may be untrue.
    let mut snapshot: Value = serde_json::from_slice(
        &world.store.get(&Key::Product { sku: sku.clone() }).await.unwrap().unwrap().body,
    )
    .unwrap();
    let etag = world.store.get(&Key::Product { sku: sku.clone() }).await.unwrap().unwrap().etag;
    snapshot["product"]["attributes"]["material"] = json!("steel");
    let body = serde_json::to_vec(&snapshot).unwrap();
    let condition = skuscribe::store::Condition::Matches(etag);
    world.store.put(&Key::Product { sku: sku.clone() }, body, condition).await.unwrap();
    let error = pipeline.approve(decide(&second)).await.unwrap_err();
    assert!(matches!(error, ReviewError::FactsChanged { .. }), "{error}");
    // A higher version with the same facts leaves the draft as it is.
    world.work(&mug("m3", "A1", 5, "glass")).await;
    let document = world.document("A1", "en-US").await.unwrap();
    assert_eq!((draft(&document), document.product_version), (second.clone(), Some(5)));
    assert_eq!(pipeline.approve(decide(&second)).await.unwrap().outcome(), Outcome::Published);
    // The same person's approval of the second is none of the first.
    let error = pipeline.approve(decide(&first)).await.unwrap_err();
    assert!(matches!(error, ReviewError::Superseded { .. }), "{error}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_wrote_is_never_overwritten_the_machine_may_only_propose() {
    let mut world = World::start(Behaviour::default()).await;
    let (sku, locale) = names();
    let pipeline = pipeline(&world);
    world.work(&mug("m1", "A1", 3, "clay")).await;
    let base = pipeline.editable(&sku, &locale, None).await.unwrap();
    let mut content = contents(&base);
    content.get_mut("description").unwrap()["title"] = json!("Stoneware Mug of clay");
    let operation = base.operation.to_string();
    let decision = ReviewDecision { sku: &sku, locale: &locale, draft: &operation, by: "ann", why: None };
    let edited = pipeline.edit(decision, content.clone(), false).await.unwrap();
    assert_eq!((edited.outcome, edited.changes.len()), (Outcome::Published, 1));
    // An edit of nothing is none.
    let error = pipeline
        .edit(ReviewDecision { draft: &edited.draft.to_string(), ..decision }, content, false)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("nothing was changed"), "{error}");
    for (message, force) in [("m2", false), ("m3", true)] {
        let mut update = mug(message, "A1", 4, "glass");
        update["force"] = json!(force);
        world.work(&update).await;
        let document = world.document("A1", "en-US").await.unwrap();
        assert_eq!(document.content["description"]["title"], json!("Stoneware Mug of clay"), "{message}");
        assert!(document.state == State::Published && document.held.is_some(), "{message}");
        let waiting = pipeline.waiting(&sku, &locale).await.unwrap();
        assert!(
            waiting
                .history
                .findings
                .iter()
                .any(|finding| finding.rule == "review.edited" && finding.message.contains("ann"))
        );
    }
    // Approved, the proposal takes the place, and the machine writes again.
    let draft = draft(&world.document("A1", "en-US").await.unwrap());
    pipeline
        .approve(ReviewDecision { sku: &sku, locale: &locale, draft: &draft, by: "bob", why: None })
        .await
        .unwrap();
    world.work(&mug("m4", "A1", 5, "steel")).await;
    let document = world.document("A1", "en-US").await.unwrap();
    assert!(document.held.is_none() && document.content["description"].to_string().contains("steel"));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_recipe_is_left_alone_until_it_is_unlocked() {
    let mut world = World::start(Behaviour::default()).await;
    world.work(&mug("m1", "A1", 3, "clay")).await;
    let (ok, text) =
        run(&world, &["review", "lock", "A1", "--locale", "en-US", "--by", "ann", "--recipe", "faq"]);
    assert!(ok && text.contains("faq"), "{text}");
    let before = world.document("A1", "en-US").await.unwrap();
    world.work(&mug("m2", "A1", 4, "glass")).await;
    let after = world.document("A1", "en-US").await.unwrap();
    assert_eq!(after.recipes["faq"], before.recipes["faq"]);
    assert_eq!(after.content["faq"], before.content["faq"]);
    assert!(after.content["description"].to_string().contains("glass"));
    // What it says is true no more, and the page says so.
    let overtaken = after.findings.iter().find(|finding| finding.rule == "consistency.overtaken");
    assert_eq!(overtaken.is_some(), before.content["faq"].to_string().contains("clay"), "{overtaken:?}");
    let (ok, text) = run(&world, &["review", "unlock", "A1", "--locale", "en-US", "--by", "ann"]);
    assert!(ok && text.contains("nothing of A1"), "{text}");
    world.work(&mug("m3", "A1", 5, "steel")).await;
    let written = world.document("A1", "en-US").await.unwrap();
    assert_ne!(written.recipes["faq"].fingerprint, before.recipes["faq"].fingerprint);
    let (ok, text) =
        run(&world, &["review", "lock", "A1", "--locale", "en-US", "--by", "ann", "--recipe", "nope"]);
    assert!(!ok && text.contains("nope"), "{text}");
    let (ok, text) = run(&world, &["review", "lock", "NONE", "--locale", "en-US", "--by", "ann"]);
    assert!(!ok && text.contains("NONE"), "{text}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_text_is_not_written_again_from_the_same_facts_unless_somebody_asks_and_then_with_the_note()
 {
    let mut world = careful_world().await;
    world.work(&mug("m1", "A1", 3, "clay")).await;
    let first = draft(&world.document("A1", "en-US").await.unwrap());
    let reject = |draft: &str, more: &[&str]| {
        let mut arguments =
            vec!["review", "reject", "A1", "--locale", "en-US", "--draft", draft, "--by", "ann"];
        arguments.extend(["--note", "Say that it is for tea."]);
        arguments.extend(more);
        run(&world, &arguments)
    };
    let (ok, text) = reject(&first, &[]);
    assert!(ok && text.contains("rejected A1 in en-US: description, faq, seo"), "{text}");
    let (ok, listed) = run(&world, &["review", "list"]);
    assert!(ok && listed.contains("0 held"), "{listed}");
    let answers = world.sandbox.counters().answers.load(Ordering::Relaxed);
    world.work(&mug("m2", "A1", 4, "clay")).await;
    assert_eq!(world.sandbox.counters().answers(), answers);
    // Asked for: written anew, waits again, and the model gets the note.
    let (ok, text) = run(
        &world,
        &[
            "review",
            "reject",
            "A1",
            "--locale",
            "en-US",
            "--draft",
            &first,
            "--by",
            "ann",
            "--note",
            "Say that it is for tea.",
            "--regenerate",
        ],
    );
    assert!(ok && text.contains("asked for again"), "{text}");
    world.expect(1);
    world.settled().await;
    let document = world.document("A1", "en-US").await.unwrap();
    assert!(document.rejected.is_none() && draft(&document) != first);
    let prompts = world.sandbox.counters().last_prompt.lock().unwrap().clone();
    assert!(prompts.contains("Say that it is for tea."), "{prompts}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_can_approve_what_is_blocked() {
    let mut world = careful_world().await;
    let (sku, locale) = names();
    let pipeline = pipeline(&world);
    world.work(&mug("m1", "A1", 3, "clay")).await;
    let first = draft(&world.document("A1", "en-US").await.unwrap());
    let base = pipeline.editable(&sku, &locale, Some(&first)).await.unwrap();
    let decision = ReviewDecision { sku: &sku, locale: &locale, draft: &first, by: "ann", why: None };
    for text in [
        "Buy it at www.example.com now.",
        "Write to jane@example.com.",
        "As an AI language model, I cannot do that.",
    ] {
        let mut content = contents(&base);
        content.get_mut("seo").unwrap()["meta_description"]["text"] = json!(text);
        let error = pipeline.edit(decision, content, true).await.unwrap_err();
        assert!(matches!(error, ReviewError::Blocked { .. }), "{text}: {error}");
    }
    let mut content = contents(&base);
    content.get_mut("seo").unwrap()["keywords"] = json!("no list");
    let error = pipeline.edit(decision, content, true).await.unwrap_err();
    assert!(matches!(&error, ReviewError::Unfit(what) if what.contains("keywords")), "{error}");
    assert_eq!(draft(&world.document("A1", "en-US").await.unwrap()), first);
    world.finish().await;
}
