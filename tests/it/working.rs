//! The worker's main job: from the queue into the bucket, and what it must never do.

use std::sync::atomic::Ordering;

use lapin::types::{AMQPValue, FieldTable};
use serde_json::json;
use skuscribe::generate::Structured;
use skuscribe::store::{Key, load};
use skuscribe_check::content::{HeldEntry, Outcome, State};
use skuscribe_sandbox::Behaviour;

use crate::harness::{World, mug, until};

#[tokio::test(flavor = "multi_thread")]
async fn an_update_becomes_checked_content_in_the_bucket_and_one_event() {
    let mut world = World::start(Behaviour::default()).await;
    world.work(&mug("m1", "A1", 3, "clay")).await;
    let document = world.document("A1", "en-US").await.unwrap();
    assert_eq!((document.state, document.revision, document.product_version), (State::Published, 1, Some(3)));
    let description = &document.content["description"];
    assert_eq!(description["title"], "Stoneware Mug");
    assert!(description["body"].as_str().unwrap().contains("clay"), "{description}");
    assert!(
        document
            .evidence
            .iter()
            .any(|evidence| evidence.attributes.iter().any(|attribute| attribute.name == "material"))
    );
    let provenance = &document.recipes["faq"].provenance;
    assert_eq!((provenance.message_id.as_str(), provenance.calls), ("m1", 1));
    assert!(
        provenance.usage.input_tokens > 0
            && provenance.digital_source_type.name() == "trained_algorithmic_media"
    );
    let events = world.events().await;
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].outcome, events[0].revision), (Outcome::Published, Some(1)));
    assert_eq!(world.store.list("history/en-US/A1", 10).await.unwrap().len(), 1);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_recipe_language_passes_its_own_checks() {
    let mut world = World::start(Behaviour::default()).await;
    let mut message = mug("m1", "A1", 1, "clay");
    let locales = ["en-US", "de-DE", "fr-FR", "es-ES", "zh-CN", "ja-JP"];
    message["locales"] = json!(locales);
    world.work(&message).await;
    for locale in locales {
        let document = world.document("A1", locale).await.unwrap();
        assert_eq!(document.state, State::Published, "{locale}: {:?}", document.held);
    }
    // One probe for structured output, one call for each locale with all three recipes.
    assert_eq!(world.sandbox.counters().answers(), 7);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redelivered_message_makes_no_second_revision_and_no_second_call() {
    let mut world = World::start(Behaviour::default()).await;
    let message = mug("m1", "A1", 3, "clay");
    world.work(&message).await;
    let calls = world.sandbox.counters().answers();
    world.work(&message).await;
    assert_eq!(world.document("A1", "en-US").await.unwrap().revision, 1);
    assert_eq!(world.sandbox.counters().answers(), calls);
    let events = world.events().await;
    assert_eq!(events.len(), 2);
    assert_eq!(events[0].id, events[1].id, "announced again under the same id");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redelivery_after_a_crash_before_the_swap_pays_for_no_second_call() {
    let mut world = World::start(Behaviour::default()).await;
    world.work(&mug("m1", "A1", 3, "clay")).await;
    let calls = world.sandbox.counters().answers();
    // As after a crash between the history object and the document: history is there, the document is not.
    world
        .store
        .delete(&Key::Content { locale: "en-US".parse().unwrap(), sku: "A1".parse().unwrap() })
        .await
        .unwrap();
    let mut headers = FieldTable::default();
    headers.insert("x-skuscribe-replays".into(), AMQPValue::LongLongInt(1));
    world.work_bytes(mug("m1", "A1", 3, "clay").to_string().as_bytes(), headers).await;
    assert_eq!(world.document("A1", "en-US").await.unwrap().state, State::Published);
    assert_eq!(world.sandbox.counters().answers(), calls);
    assert_eq!(world.store.list("history/en-US/A1", 10).await.unwrap().len(), 1);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unchanged_facts_make_no_call_and_advance_the_version() {
    let mut world = World::start(Behaviour::default()).await;
    world.work(&mug("m1", "A1", 3, "clay")).await;
    let calls = world.sandbox.counters().answers();
    world.events().await;
    world.work(&mug("m2", "A1", 7, "clay")).await;
    let document = world.document("A1", "en-US").await.unwrap();
    assert_eq!((document.revision, document.product_version), (1, Some(7)));
    assert_eq!(world.sandbox.counters().answers(), calls);
    assert!(world.events().await.is_empty(), "unchanged is announced only to jobs");
    let mut for_job = mug("m3", "A1", 8, "clay");
    for_job["job"] = json!("night-1");
    world.work(&for_job).await;
    let events = world.events().await;
    assert_eq!((events[0].outcome, events[0].job.as_deref()), (Outcome::Unchanged, Some("night-1")));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_version_loses() {
    let mut world = World::start(Behaviour::default()).await;
    world.work(&mug("m2", "A1", 7, "glass")).await;
    let calls = world.sandbox.counters().answers();
    world.work(&mug("m1", "A1", 3, "clay")).await;
    let document = world.document("A1", "en-US").await.unwrap();
    assert_eq!((document.revision, document.product_version), (1, Some(7)));
    assert!(document.content["description"].to_string().contains("glass"));
    assert_eq!(world.sandbox.counters().answers(), calls);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn facts_without_a_version_do_not_freeze_a_product_against_those_with_one() {
    let mut world = World::start(Behaviour::default()).await;
    let at = |id: &str, version: u64, time: &str, material: &str| {
        let mut message = mug(id, "A1", version, material);
        message["occurred_at"] = json!(time);
        if version == 0 {
            message["product"].as_object_mut().unwrap().remove("version");
        }
        message
    };
    for (message, version, holds) in [
        (at("pim-1", 1, "2026-01-02T01:00:00Z", "clay"), Some(1), "clay"),
        (at("file-1", 0, "2026-01-02T02:00:00Z", "glass"), None, "glass"),
        // As late as it is, it says what was known before the file.
        (at("pim-2", 2, "2026-01-02T01:30:00Z", "steel"), None, "glass"),
        (at("pim-3", 3, "2026-01-02T03:00:00Z", "oak"), Some(3), "oak"),
        (at("file-2", 0, "2026-01-02T02:30:00Z", "paper"), Some(3), "oak"),
    ] {
        world.work(&message).await;
        let document = world.document("A1", "en-US").await.unwrap();
        assert_eq!(document.product_version, version, "{message}");
        assert!(document.content["description"].to_string().contains(holds), "{message}");
    }
    let events = world.events().await;
    let stale: Vec<&str> = events
        .iter()
        .filter(|event| event.outcome == Outcome::Stale)
        .map(|event| event.message_id.as_str())
        .collect();
    assert_eq!(stale, ["pim-2", "file-2"]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_that_an_earlier_release_froze_takes_its_publisher_s_versions_again() {
    let mut world = World::start(Behaviour::default()).await;
    let mut file = mug("file", "A1", 1, "clay");
    let time: jiff::Timestamp = "2026-01-02T02:00:00Z".parse().unwrap();
    // As releases before wrote it: the time in microseconds for a version.
    file["product"]["version"] = json!(time.as_microsecond());
    file["occurred_at"] = json!(time.to_string());
    world.work(&file).await;
    let mut newer = mug("pim", "A1", 12, "glass");
    newer["occurred_at"] = json!("2026-01-02T03:00:00Z");
    world.work(&newer).await;
    let document = world.document("A1", "en-US").await.unwrap();
    assert_eq!(document.product_version, Some(12));
    assert!(document.content["description"].to_string().contains("glass"));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_id_that_is_used_again_for_other_facts_is_worked_and_said() {
    let mut world = World::start(Behaviour::default()).await;
    world.work(&mug("m1", "A1", 3, "clay")).await;
    let other = mug("m1", "A1", 4, "glass");
    world.work(&other).await;
    let document = world.document("A1", "en-US").await.unwrap();
    assert_eq!(document.revision, 2);
    assert!(document.content["description"].to_string().contains("glass"));
    assert!(
        document.findings.iter().any(|finding| finding.rule == "message.reused_id"),
        "{:?}",
        document.findings
    );
    let calls = world.sandbox.counters().answers();
    world.work(&other).await;
    assert_eq!(world.document("A1", "en-US").await.unwrap().revision, 2);
    assert_eq!(world.sandbox.counters().answers(), calls, "a redelivery costs nothing");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_misspelt_field_is_a_note_on_the_text_and_its_event() {
    let mut world = World::start(Behaviour::default()).await;
    let mut message = mug("m1", "A1", 3, "clay");
    message["product"]["atributes"] = json!({ "colour": "blue" });
    world.work(&message).await;
    let document = world.document("A1", "en-US").await.unwrap();
    assert_eq!(document.state, State::Published);
    let note = document.findings.iter().find(|finding| finding.rule == "message.unknown_field").unwrap();
    assert!(note.message.contains("/product/attributes"), "{note:?}");
    assert_eq!(world.events().await[0].notes, *std::slice::from_ref(&note.message));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn markup_in_attributes_is_read_as_text_and_published() {
    let mut world = World::start(Behaviour::default()).await;
    let mut message = mug("m1", "A1", 3, "<p>fine&nbsp;<b>bone</b> china</p>");
    message["product"]["title"] = json!("Mug&trade; &amp; Saucer");
    world.work(&message).await;
    let document = world.document("A1", "en-US").await.unwrap();
    assert_eq!(document.state, State::Published, "{:?}", document.held);
    let text = serde_json::to_string(&document.content).unwrap();
    assert!(text.contains("fine bone china") && text.contains("Mug™ & Saucer"), "{text}");
    assert!(!text.contains("<b>") && !text.contains("&amp;") && !text.contains("&trade;"), "{text}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_facts_make_a_new_revision_with_the_new_facts() {
    let mut world = World::start(Behaviour::default()).await;
    world.work(&mug("m1", "A1", 3, "clay")).await;
    world.work(&mug("m2", "A1", 4, "glass")).await;
    let document = world.document("A1", "en-US").await.unwrap();
    assert_eq!(document.revision, 2);
    assert!(document.content["description"].to_string().contains("glass"));
    assert!(!document.content["description"].to_string().contains("clay"));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_messages_about_one_product_end_with_the_highest_version() {
    let mut world = World::start(Behaviour::default()).await;
    for version in [5, 3, 9, 1, 7, 2, 8, 4, 6] {
        let message = mug(&format!("m{version}"), "A1", version, &format!("material {version}"));
        world.publish(message.to_string().as_bytes(), FieldTable::default()).await;
    }
    world.settled().await;
    let document = world.document("A1", "en-US").await.unwrap();
    assert_eq!(document.product_version, Some(9));
    assert!(document.content["description"].to_string().contains("material 9"));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_draft_never_reaches_the_storefront() {
    let lying = Behaviour { invent_rate: 1.0, ..Behaviour::default() };
    let mut world = World::start_with(lying, |config| config.check.drop = false).await;
    world.work(&mug("m1", "A1", 3, "clay")).await;
    let document = world.document("A1", "en-US").await.unwrap();
    assert_eq!(document.state, State::Held);
    assert!(document.content.is_empty() && document.evidence.is_empty());
    let key = Key::Held { locale: "en-US".parse().unwrap(), sku: "A1".parse().unwrap() };
    let (entry, _) = load::<HeldEntry>(&*world.store, &key).await.unwrap().unwrap();
    let finding = entry.findings.iter().find(|finding| finding.rule.starts_with("facts.")).unwrap();
    assert!(finding.span.is_some() && finding.message.contains("4711"), "{finding:?}");
    assert_eq!(world.events().await[0].outcome, Outcome::Held);
    // A held fingerprint counts as done: the same facts again cost nothing.
    let calls = world.sandbox.counters().answers();
    world.work(&mug("m2", "A1", 4, "clay")).await;
    assert_eq!(world.sandbox.counters().answers(), calls);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_draft_leaves_published_content_where_it_is() {
    let stubborn = Behaviour { invent_rate: 0.5, stubborn: true, seed: 3, ..Behaviour::default() };
    let mut world = World::start_with(stubborn, |config| config.check.drop = false).await;
    // The stubborn sandbox invents by title: one that it tells truly and one that it lies about are found first.
    let (mut honest, mut lying) = (None, None);
    for number in 0..40 {
        let title = format!("Mug {number}");
        let mut message = mug(&format!("try-{number}"), &format!("T{number}"), 1, "clay");
        message["product"]["title"] = json!(title);
        world.work(&message).await;
        match world.document(&format!("T{number}"), "en-US").await.unwrap().state {
            State::Published => honest = Some(title),
            _ => lying = Some(title),
        }
        if honest.is_some() && lying.is_some() {
            break;
        }
    }
    let mut message = mug("m1", "A1", 1, "clay");
    message["product"]["title"] = json!(honest.unwrap());
    world.work(&message).await;
    let mut newer = mug("m2", "A1", 2, "clay");
    newer["product"]["title"] = json!(lying.unwrap());
    world.work(&newer).await;
    let document = world.document("A1", "en-US").await.unwrap();
    assert_eq!((document.state, document.revision), (State::Published, 2));
    assert!(document.held.is_some() && !document.content.is_empty());
    assert!(!document.content["description"].to_string().contains("4711"));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invention_is_mended_by_one_repair_call() {
    // Seed 5 lets some answers lie and others not: a lie is sent back, and right the second time.
    let mut world = World::start(Behaviour { invent_rate: 0.4, seed: 5, ..Behaviour::default() }).await;
    for number in 0..10 {
        world.work(&mug(&format!("m{number}"), &format!("A{number}"), 1, "clay")).await;
    }
    let mut mended = 0;
    for number in 0..10 {
        let document = world.document(&format!("A{number}"), "en-US").await.unwrap();
        if document.state == State::Published && document.recipes["faq"].provenance.calls == 2 {
            mended += 1;
        }
    }
    assert!(mended > 0, "at least one invention was mended");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_product_is_a_tombstone_until_a_higher_version_revives_it() {
    let mut world = World::start(Behaviour::default()).await;
    world.work(&mug("m1", "A1", 3, "clay")).await;
    let mut delete = mug("m2", "A1", 5, "clay");
    delete["type"] = json!("product.deleted");
    delete["product"] = json!({ "sku": "A1", "version": 5 });
    world.work(&delete).await;
    let document = world.document("A1", "en-US").await.unwrap();
    assert_eq!((document.state, document.revision), (State::Deleted, 2));
    assert!(document.content.is_empty());
    world.work(&mug("m3", "A1", 4, "clay")).await;
    assert_eq!(world.document("A1", "en-US").await.unwrap().state, State::Deleted);
    world.work(&mug("m4", "A1", 6, "clay")).await;
    let document = world.document("A1", "en-US").await.unwrap();
    assert_eq!((document.state, document.revision), (State::Published, 3));
    let outcomes: Vec<Outcome> = world.events().await.iter().map(|event| event.outcome).collect();
    assert_eq!(outcomes, [Outcome::Published, Outcome::Deleted, Outcome::Stale, Outcome::Published]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_carries_only_a_sku_uses_the_stored_facts() {
    let mut world = World::start(Behaviour::default()).await;
    world.work(&mug("m1", "A1", 3, "clay")).await;
    let mut request = mug("m2", "A1", 0, "");
    request["type"] = json!("content.requested");
    request["product"] = json!({ "sku": "A1" });
    request["locales"] = json!(["de-DE"]);
    world.work(&request).await;
    assert_eq!(world.document("A1", "de-DE").await.unwrap().product_version, Some(3));
    let mut unknown = request.clone();
    unknown["id"] = json!("m3");
    unknown["product"] = json!({ "sku": "nobody-knows" });
    world.work(&unknown).await;
    let (_, headers) = world.dead_letter().await.unwrap();
    assert!(headers["x-skuscribe-error"].contains("nobody-knows"), "{headers:?}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_locale_that_cannot_be_written_does_not_hold_up_the_others() {
    let mut world = World::start(Behaviour::default()).await;
    let mut message = mug("m1", "A1", 3, "clay");
    message["locales"] = json!(["en-US", "tlh", "de-DE"]);
    world.work(&message).await;
    assert!(world.document("A1", "en-US").await.is_some() && world.document("A1", "de-DE").await.is_some());
    let (body, headers) = world.dead_letter().await.unwrap();
    assert_eq!(headers["x-skuscribe-locales"], "tlh");
    assert!(headers["x-skuscribe-error"].contains("no recipe is written in tlh"), "{headers:?}");
    assert_eq!(body, message.to_string().as_bytes());
    assert!(world.events().await.iter().any(|event| event.outcome == Outcome::Failed));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_and_failures_of_the_model_server_are_tried_again_in_place() {
    let behaviour = Behaviour { refuse_rate: 0.2, fail_rate: 0.1, seed: 11, ..Behaviour::default() };
    let mut world = World::start_with(behaviour, |config| {
        config.model.structured = "json_schema".to_owned();
        config.model.attempts_max = 12;
    })
    .await;
    for number in 0..20 {
        let message = mug(&format!("m{number}"), &format!("A{number}"), 1, "clay");
        world.publish(message.to_string().as_bytes(), FieldTable::default()).await;
    }
    world.settled().await;
    for number in 0..20 {
        assert!(world.document(&format!("A{number}"), "en-US").await.is_some());
    }
    assert!(world.sandbox.counters().refused.load(Ordering::Relaxed) > 0);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_keeps_failing_goes_through_the_delay_queue_and_then_dies_with_a_diagnosis() {
    let mut world = World::start_with(Behaviour { fail_rate: 1.0, ..Behaviour::default() }, |config| {
        config.model.structured = "json_schema".to_owned();
        config.model.attempts_max = 1;
        config.worker.attempts_max = 2;
    })
    .await;
    world.work(&mug("m1", "A1", 3, "clay")).await;
    until("the dead letter is there", || async {
        world.waiting(&world.topology.dead_lane(skuscribe::lane::Lane::Updates)).await == 1
    })
    .await;
    world.settled().await;
    let (_, headers) = world.dead_letter().await.unwrap();
    assert_eq!((headers["x-attempt"].as_str(), headers["x-skuscribe-stage"].as_str()), ("2", "generate"));
    assert!(headers["x-skuscribe-error"].contains("500"), "{headers:?}");
    assert!(headers["x-skuscribe-first-at"] < headers["x-skuscribe-last-at"], "{headers:?}");
    assert!(!headers.contains_key("x-death"), "{headers:?}");
    assert!(world.document("A1", "en-US").await.is_none());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_and_cut_answers_are_never_stored() {
    for (behaviour, calls, what) in [
        (Behaviour { broken_rate: 1.0, ..Behaviour::default() }, 2, "one call and one repair"),
        // A larger cap does not help here, nor does writing the first of three recipes alone, with either cap.
        (
            Behaviour { truncate_rate: 1.0, ..Behaviour::default() },
            4,
            "two calls for all, two for one recipe",
        ),
    ] {
        let mut world =
            World::start_with(behaviour, |config| config.model.structured = "json_schema".to_owned()).await;
        world.work(&mug("m1", "A1", 3, "clay")).await;
        let (_, headers) = world.dead_letter().await.unwrap();
        assert!(headers["x-skuscribe-error"].contains("unusable"), "{headers:?}");
        assert!(world.document("A1", "en-US").await.is_none());
        assert_eq!(world.sandbox.counters().answers(), calls, "{what}");
        world.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_strict_schemas_is_found_out_and_used() {
    use skuscribe_sandbox::StructuredOutput::{JsonObject, JsonObjectSchema, Prompt};
    for structured in [JsonObjectSchema, JsonObject, Prompt] {
        let mut world = World::start(Behaviour { structured, ..Behaviour::default() }).await;
        world.work(&mug("m1", "A1", 3, "clay")).await;
        assert_eq!(world.document("A1", "en-US").await.unwrap().state, State::Published, "{structured:?}");
        world.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_in_another_language_is_held() {
    let mut world = World::start(Behaviour { language_rate: 1.0, ..Behaviour::default() }).await;
    world.work(&mug("m1", "A1", 3, "clay")).await;
    let key = Key::Held { locale: "en-US".parse().unwrap(), sku: "A1".parse().unwrap() };
    let (entry, _) = load::<HeldEntry>(&*world.store, &key).await.unwrap().unwrap();
    assert!(entry.findings.iter().any(|finding| finding.rule == "language.other"), "{:?}", entry.findings);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_was_deleted_is_declared_again_and_work_goes_on() {
    let mut world = World::start(Behaviour::default()).await;
    world.work(&mug("m1", "A1", 1, "clay")).await;
    world.lose_the_queue().await;
    world.work(&mug("m2", "A2", 1, "clay")).await;
    assert_eq!(world.document("A2", "en-US").await.unwrap().state, State::Published);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_that_is_cut_still_finds_strict_schemas() {
    // Every answer is cut, as a reasoning model's is that thinks up to the cap; the server took `json_schema`.
    let sandbox = skuscribe_sandbox::Sandbox::start(
        ([127, 0, 0, 1], 0).into(),
        Behaviour { truncate_rate: 1.0, ..Behaviour::default() },
    )
    .await
    .unwrap();
    skuscribe::cli::install_tls();
    let config = crate::harness::config(&sandbox, None);
    let clock = skuscribe::clock::Clock::System;
    let models = skuscribe::generate::Models::from_config(&config, None, None, &clock).unwrap();
    assert_eq!(models.all()[0].examine().await.unwrap().structured, Structured::JsonSchema);
}
