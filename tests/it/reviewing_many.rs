//! Review at scale: the queue by filter and page, decisions on many at once, and who is on what.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use skuscribe::announce::Announcer;
use skuscribe::clock::Clock;
use skuscribe::config::Config;
use skuscribe::pipeline::Pipeline;
use skuscribe::review::{Act, BulkDecision, QueueFilter, ReviewDecision, ReviewError};
use skuscribe::store::{Condition, Key, SetAside};
use skuscribe_check::content::State;
use skuscribe_check::product::{Locale, Sku};
use skuscribe_sandbox::Behaviour;

use crate::harness::{World, mug};
use crate::process::command;

/// A shop in which a person sees everything first, with a draft of each of these products.
async fn waiting_world(skus: &[&str]) -> World {
    let mut world = World::start_with(Behaviour::default(), |config: &mut Config| {
        "always".clone_into(&mut config.review.when);
    })
    .await;
    for sku in skus {
        world.work(&mug(&format!("job7/0/{sku}"), sku, 3, "clay")).await;
    }
    world
}

fn pipeline(world: &World, clock: Clock) -> Pipeline {
    Pipeline::new(&world.config, Arc::clone(&world.store), Announcer::Nowhere, clock).unwrap()
}

fn run(world: &World, arguments: &[&str]) -> (bool, String) {
    let output = command(&world.config).env("SKUSCRIBE_BY", "ann").args(arguments).output().unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.success(), text)
}

fn selecting(selection: &str) -> QueueFilter {
    QueueFilter { selection: selection.parse().unwrap(), ..QueueFilter::default() }
}

fn of(sku: &str) -> (Sku, Locale) {
    (sku.parse().unwrap(), "en-US".parse().unwrap())
}

async fn is_held(world: &World, sku: &str) -> bool {
    world.document(sku, "en-US").await.unwrap().held.is_some()
}

/// Changes a stored object as a stranger would.
async fn change(world: &World, key: &Key, change: impl FnOnce(&mut Value)) {
    let object = world.store.get(key).await.unwrap().unwrap();
    let mut value: Value = serde_json::from_slice(&object.body).unwrap();
    change(&mut value);
    let body = serde_json::to_vec(&value).unwrap();
    world.store.put(key, body, Condition::Matches(object.etag)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_is_listed_by_filter_and_page_with_what_a_decision_needs() {
    let world = waiting_world(&["A1", "A2", "B1"]).await;
    let (ok, listed) = run(&world, &["review", "list", "--select", "sku:A*", "--json"]);
    let lines: Vec<Value> = listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(ok && lines.len() == 2, "{listed}");
    let item = &lines[0];
    assert_eq!((item["title"].as_str(), item["job"].as_str()), (Some("Stoneware Mug"), Some("job7")));
    assert_eq!((&item["rules"], &item["severity"]), (&json!(["review.wanted"]), &json!("hold")));
    assert!(item["sentence"].as_str().unwrap().contains("clay"), "{item}");
    let (ok, table) = run(&world, &["review", "list"]);
    assert!(ok && table.contains("Stoneware Mug") && table.contains("job7"), "{table}");
    for (arguments, count) in [
        (vec!["--rule", "review."], 3),
        (vec!["--rule", "eu."], 0),
        (vec!["--job", "job7"], 3),
        (vec!["--job", "job8"], 0),
        (vec!["--locale", "de-DE"], 0),
        (vec!["--older-than", "1d"], 0),
        (vec!["--select", "brand:Acme sku:B1"], 1),
        (vec!["--select", "category:Nowhere"], 0),
        (vec!["--limit", "2"], 2),
    ] {
        let (ok, text) = run(&world, &[&["review", "list"], arguments.as_slice()].concat());
        assert!(ok && text.contains(&format!("{count} held")), "{arguments:?}: {text}");
    }
    let (ok, text) = run(&world, &["review", "list", "--select", "colour:red"]);
    assert!(!ok && text.contains("--select"), "{text}");

    let later = Timestamp::now().checked_add(SignedDuration::from_hours(2)).unwrap();
    let pipeline = pipeline(&world, Clock::fixed(later));
    let aside = SetAside::default();
    for (hours, count) in [(1, 3), (3, 0)] {
        let older_than = Some(SignedDuration::from_hours(hours));
        let filter = QueueFilter { older_than, ..QueueFilter::default() };
        assert_eq!(pipeline.queue(&filter, None, 9, &aside).await.unwrap().items.len(), count);
    }
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let page = pipeline.queue(&QueueFilter::default(), cursor.as_deref(), 1, &aside).await.unwrap();
        assert!(page.items.len() <= 1);
        seen.extend(page.items.into_iter().map(|item| item.sku.to_string()));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["A1", "A2", "B1"]);
    let error = pipeline.queue(&QueueFilter::default(), Some("jobs/x"), 1, &aside).await.unwrap_err();
    assert!(error.to_string().contains("cursor"), "{error}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_decided_on_at_once_but_for_what_is_blocked_or_overtaken() {
    let world = waiting_world(&["A1", "A2", "B1", "C1", "D1"]).await;
    // B1's draft has a link, and C1's facts moved on.
    let (sku, locale) = of("B1");
    let operation = world.document("B1", "en-US").await.unwrap().held.unwrap().operation;
    change(&world, &Key::History { locale, sku, operation }, |entry| {
        let drafts = entry["drafts"].as_array_mut().unwrap();
        let seo = drafts.iter_mut().find(|draft| draft["recipe"] == "seo").unwrap();
        seo["content"]["meta_description"]["text"] = json!("Buy it at www.example.com now.");
    })
    .await;
    change(&world, &Key::Product { sku: of("C1").0 }, |snapshot| {
        snapshot["product"]["attributes"]["material"] = json!("steel");
    })
    .await;
    let some = ["review", "approve", "--select", "sku:A* sku:B* sku:C*", "--note", "a good night"];
    let (ok, text) = run(&world, &[&some[..], &["--without-event"]].concat());
    assert!(!ok && text.contains("2 to approve") && text.contains("add --yes"), "{text}");
    assert!(
        text.contains("2 excluded") && text.contains("facts changed") && text.contains("blocked"),
        "{text}"
    );
    assert!(text.contains("some of them") && is_held(&world, "A1").await, "{text}");
    let (ok, text) = run(&world, &[&some[..], &["--without-event", "--yes"]].concat());
    assert!(ok && text.contains("2 done, 0 failed"), "{text}");
    for (sku, held) in [("A1", false), ("A2", false), ("B1", true), ("C1", true), ("D1", true)] {
        assert_eq!(is_held(&world, sku).await, held, "{sku}");
    }
    let approved = world.document("A2", "en-US").await.unwrap();
    assert_eq!(approved.state, State::Published);
    assert_eq!(approved.decided.unwrap().why.as_deref(), Some("a good night"));
    // Everything is not meant where nothing is said.
    let (ok, text) = run(&world, &["review", "approve", "--yes", "--without-event"]);
    assert!(!ok && text.contains("say which drafts are meant"), "{text}");
    let (ok, text) = run(&world, &["review", "reject", "--rule", "review.", "--yes"]);
    assert!(!ok && text.contains("--note"), "{text}");
    let (ok, text) =
        run(&world, &["review", "reject", "--rule", "review.", "--note", "too plain", "--yes", "--json"]);
    let report: Value = serde_json::from_str(&text).unwrap();
    assert!(ok && report["done"] == 3 && report["failed"] == json!([]), "{text}");
    assert_eq!(world.document("D1", "en-US").await.unwrap().rejected.unwrap().note, "too plain");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_after_a_set_is_frozen_is_not_decided_on_and_what_is_gone_is_said() {
    let mut world = waiting_world(&["A1", "A2", "A3"]).await;
    let pipeline = pipeline(&world, Clock::System);
    let aside = SetAside::default();
    let set = pipeline.freeze(&selecting("sku:A*"), BulkDecision::Approve, &aside).await.unwrap();
    assert_eq!((set.items.len(), set.excluded.len(), set.is_cut), (3, 0, false));
    assert_eq!(set.sample(2.try_into().unwrap()).len(), 2);
    // Another draft takes A2's place, somebody else decides on A3, and A4 comes in.
    world.work(&mug("m2", "A2", 4, "glass")).await;
    let (sku, locale) = of("A3");
    let draft = world.document("A3", "en-US").await.unwrap().held.unwrap().operation.to_string();
    let decision = ReviewDecision { sku: &sku, locale: &locale, draft: &draft, by: "bob", why: None };
    pipeline.reject(decision, "no").await.unwrap();
    world.work(&mug("m4", "A4", 3, "clay")).await;
    let report = pipeline.decide_on_all(&set, BulkDecision::Approve, ("ann", None), || {}).await;
    let failed: BTreeSet<&str> = report.failed.iter().map(|failed| failed.item.sku.as_str()).collect();
    assert_eq!((report.done, failed), (1, BTreeSet::from(["A2", "A3"])));
    assert!(report.failed.iter().all(|failed| failed.why.contains("superseded")), "{report:?}");
    assert!(is_held(&world, "A2").await && is_held(&world, "A4").await);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn others_see_who_is_on_a_draft_and_may_take_it_over() {
    let world = waiting_world(&["A1", "A2"]).await;
    let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap();
    let (clock, of) = (Clock::fixed(now), of("A1"));
    let pipeline = pipeline(&world, clock);
    let act = |by| Act { sku: &of.0, locale: &of.1, by, why: None };
    let first = pipeline.take(act("ann"), false).await.unwrap().lease.unwrap();
    assert_eq!(first.until, now.checked_add(SignedDuration::from_mins(5)).unwrap());
    let error = pipeline.take(act("bob"), false).await.unwrap_err();
    assert!(matches!(&error, ReviewError::Taken { by, .. } if by == "ann"), "{error}");
    // Anew, by the same person.
    pipeline.take(act("ann"), false).await.unwrap();
    let (ok, listed) = run(&world, &["review", "list"]);
    assert!(ok && listed.contains("WHO") && listed.contains("ann"), "{listed}");
    let (ok, listed) = run(&world, &["review", "list", "--of", "ann"]);
    assert!(ok && listed.contains("1 held"), "{listed}");
    let (ok, text) = run(&world, &["review", "take", "A1", "--locale", "en-US", "--by", "bob", "--steal"]);
    assert!(ok && text.contains("taken from ann"), "{text}");
    let error = pipeline.release(act("ann")).await.unwrap_err();
    assert!(error.to_string().contains("ann is not on A1"), "{error}");
    let (ok, text) = run(&world, &["review", "release", "A1", "--locale", "en-US", "--by", "bob"]);
    assert!(ok, "{text}");
    assert_eq!(pipeline.assignment(&of.0, &of.1).await.unwrap(), None);
    // Forgotten, it is free after five minutes.
    pipeline.take(act("ann"), false).await.unwrap();
    let later = now.checked_add(SignedDuration::from_mins(6)).unwrap();
    let after = self::pipeline(&world, Clock::fixed(later));
    let lease = after.take(act("cem"), false).await.unwrap().lease.unwrap();
    assert_eq!((lease.by.as_str(), lease.taken_from), ("cem", None));
    // Given to somebody it stays theirs until it is decided on.
    let (ok, text) = run(&world, &["review", "assign", "A1", "--locale", "en-US", "--to", "dia"]);
    assert!(ok, "{text}");
    let given = after.assignment(&of.0, &of.1).await.unwrap().unwrap().given.unwrap();
    assert_eq!((given.to.as_str(), given.by.as_str()), ("dia", "ann"));
    let taken: Vec<Option<String>> =
        after.decisions(&of.0, &of.1).await.unwrap().into_iter().map(|decision| decision.to).collect();
    let taken: BTreeSet<&str> = taken.iter().flatten().map(String::as_str).collect();
    assert_eq!(taken, BTreeSet::from(["ann", "bob", "cem", "dia"]));
    let draft = world.document("A1", "en-US").await.unwrap().held.unwrap().operation.to_string();
    let decision = ReviewDecision { sku: &of.0, locale: &of.1, draft: &draft, by: "dia", why: None };
    after.approve(decision).await.unwrap();
    let left = after.assignment(&of.0, &of.1).await.unwrap().unwrap();
    assert_eq!(left.given, None);
    let error = after.take(act("ann"), true).await.unwrap_err();
    assert!(matches!(error, ReviewError::NothingWaits { .. }), "{error}");
    world.finish().await;
}
