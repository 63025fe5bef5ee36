//! Decisions: every one is kept, in order; what was published comes back by revert or undo, checked like any other text.

use std::sync::Arc;

use serde_json::{Value, json};
use skuscribe::announce::Announcer;
use skuscribe::broker::{Link, Publisher};
use skuscribe::clock::Clock;
use skuscribe::config::Config;
use skuscribe::intake::inbox::Inbox;
use skuscribe::intake::{Origin, decode};
use skuscribe::pipeline::Pipeline;
use skuscribe::review::{Act, ReviewDecision, ReviewError, RevisionOutcome, WhichRevision, Writer};
use skuscribe::store::{Condition, ContentStore, Key, load};
use skuscribe_check::config::review::RevertLock;
use skuscribe_check::content::{Decision, DecisionKind, Document, HistoryEntry, Outcome, State};
use skuscribe_check::product::{Locale, Sku};
use skuscribe_check::provenance::{PublicDocument, PublicState};
use skuscribe_sandbox::{Behaviour, Sandbox};

use crate::harness::{World, mug};
use crate::memory::{Crash, MemoryStore};
use crate::process::command;

/// A shop in which a person sees everything first.
async fn careful_world() -> World {
    World::start_with(Behaviour::default(), |config: &mut Config| {
        "always".clone_into(&mut config.review.when);
    })
    .await
}

fn pipeline_with(world: &World, change: impl FnOnce(&mut Config)) -> Pipeline {
    let mut config = world.config.clone();
    change(&mut config);
    let publisher = Publisher::new(Link::from_config(&config.broker), "test-review");
    let announcer = Announcer::Broker { publisher, config: config.announce.clone() };
    Pipeline::new(&config, Arc::clone(&world.store), announcer, Clock::System).unwrap()
}

fn pipeline(world: &World) -> Pipeline {
    pipeline_with(world, |_| {})
}

fn names() -> (Sku, Locale) {
    ("A1".parse().unwrap(), "en-US".parse().unwrap())
}

fn by<'a>((sku, locale): &'a (Sku, Locale), by: &'a str) -> Act<'a> {
    Act { sku, locale, by, why: None }
}

async fn document(world: &World) -> Document {
    world.document("A1", "en-US").await.unwrap()
}

/// Approves what waits.
async fn approve(world: &World, pipeline: &Pipeline, person: &str) -> u64 {
    let (sku, locale) = names();
    let draft = document(world).await.held.unwrap().operation.to_string();
    let decision =
        ReviewDecision { sku: &sku, locale: &locale, draft: &draft, by: person, why: Some("fine") };
    pipeline.approve(decision).await.unwrap().revision()
}

async fn kinds(pipeline: &Pipeline) -> Vec<DecisionKind> {
    let (sku, locale) = names();
    let decisions = pipeline.decisions(&sku, &locale).await.unwrap();
    decisions.iter().map(|decision| decision.kind).collect()
}

async fn public(world: &World) -> PublicDocument {
    let (sku, locale) = names();
    let object = world.store.get(&Key::Public { locale, sku }).await.unwrap().unwrap();
    serde_json::from_slice(&object.body).unwrap()
}

fn run(world: &World, arguments: &[&str]) -> (bool, String) {
    let output = command(&world.config).args(arguments).output().unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.success(), text)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_taken_back_brings_the_former_text_back_and_has_the_draft_wait_again() {
    use DecisionKind::{Approve, Undo};
    let mut world = careful_world().await;
    let (pipeline, of) = (pipeline(&world), names());
    world.work(&mug("m1", "A1", 3, "clay")).await;
    approve(&world, &pipeline, "ann").await;
    let clay = document(&world).await;
    world.work(&mug("m2", "A1", 4, "glass")).await;
    let waiting = document(&world).await;
    assert_eq!(approve(&world, &pipeline, "ann").await, 4);
    assert!(document(&world).await.content["description"].to_string().contains("glass"));

    let undone = pipeline.undo(by(&of, "bob"), None).await.unwrap();
    assert_eq!((undone.decision.kind, undone.decision.by.id.as_str()), (DecisionKind::Approve, "ann"));
    let after = document(&world).await;
    assert_eq!((after.revision, after.state), (5, State::Published));
    assert_eq!(after.content, clay.content);
    assert_eq!(after.held, waiting.held);
    // The text is whose it was, and made from what it was made from.
    let (before, now) = (&clay.recipes["description"], &after.recipes["description"]);
    assert_eq!((now.fingerprint, now.facts), (before.fingerprint, before.facts));
    assert_eq!(now.provenance.reviewed, before.provenance.reviewed);
    assert_eq!(public(&world).await.content, clay.content);
    let (ok, listed) = run(&world, &["review", "list"]);
    assert!(ok && listed.contains("1 held"), "{listed}");
    // The machine takes it as done, as it did before.
    let answers = world.sandbox.counters().answers();
    world.work(&mug("m3", "A1", 5, "glass")).await;
    assert_eq!(world.sandbox.counters().answers(), answers);

    // Asked for twice by its name it is taken back once.
    let again = pipeline.undo(by(&of, "bob"), Some(&undone.decision.id)).await.unwrap();
    assert_eq!(again.stored.map(|stored| stored.revision()), Some(5));
    // It can be approved again, and that taken back again.
    assert_eq!(approve(&world, &pipeline, "ann").await, 6);
    assert!(document(&world).await.content["description"].to_string().contains("glass"));
    pipeline.undo(by(&of, "bob"), None).await.unwrap();
    assert_eq!(document(&world).await.content, clay.content);
    assert_eq!(kinds(&pipeline).await, [Approve, Approve, Undo, Approve, Undo]);
    let outcomes: Vec<(Outcome, Option<u64>)> =
        world.events().await.iter().map(|event| (event.outcome, event.revision)).collect();
    assert!(outcomes.contains(&(Outcome::Published, Some(5))), "{outcomes:?}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_approval_taken_back_takes_the_text_from_the_storefront() {
    let mut world = careful_world().await;
    let (pipeline, of) = (pipeline(&world), names());
    world.work(&mug("m1", "A1", 3, "clay")).await;
    let held = document(&world).await.held;
    approve(&world, &pipeline, "ann").await;
    assert_eq!(public(&world).await.state, PublicState::Published);
    let undone = pipeline.undo(by(&of, "ann"), None).await.unwrap();
    assert_eq!(undone.stored.map(|stored| stored.outcome()), Some(Outcome::Held));
    let after = document(&world).await;
    assert_eq!((after.state, after.content.len(), after.recipes.len()), (State::Held, 0, 0));
    assert_eq!(after.held, held);
    let shown = public(&world).await;
    assert_eq!((shown.state, shown.revision, shown.content.len()), (PublicState::Held, 3, 0));
    // There was nothing before.
    let error = pipeline.undo(by(&of, "ann"), None).await.unwrap_err();
    assert!(matches!(error, ReviewError::NothingToUndo { .. }), "{error}");
    approve(&world, &pipeline, "ann").await;
    assert_eq!(public(&world).await.state, PublicState::Published);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rejections_edits_and_locks_are_taken_back_one_after_the_other() {
    let mut world = careful_world().await;
    let (pipeline, of) = (pipeline(&world), names());
    let (sku, locale) = &of;
    world.work(&mug("m1", "A1", 3, "clay")).await;
    let first = document(&world).await;
    let draft = first.held.as_ref().unwrap().operation.to_string();
    let decision = ReviewDecision { sku, locale, draft: &draft, by: "ann", why: None };
    let base = pipeline.editable(sku, locale, None).await.unwrap();
    let mut content: std::collections::BTreeMap<String, Value> =
        base.drafts.iter().map(|draft| (draft.recipe.clone(), draft.content.clone())).collect();
    content.get_mut("description").unwrap()["title"] = json!("Stoneware Mug of clay");
    let edited = pipeline.edit(decision, content, true).await.unwrap();
    assert_eq!(edited.outcome, Outcome::Published);
    let published = document(&world).await;
    let recipes = ["faq".to_owned()];
    let act = Act { why: Some("legal said so"), ..by(&of, "bob") };
    assert_eq!(pipeline.lock(act, &recipes, true).await.unwrap(), ["faq"]);
    // Twice is once.
    assert_eq!(pipeline.lock(act, &recipes, true).await.unwrap(), ["faq"]);
    assert_eq!(document(&world).await.locked["faq"].why.as_deref(), Some("legal said so"));
    let (ok, shown) = run(&world, &["content", "show", "A1", "--locale", "en-US"]);
    assert!(ok && shown.contains("by bob") && shown.contains("legal said so"), "{shown}");
    pipeline.lock(by(&of, "ann"), &recipes, false).await.unwrap();

    let kind = async || pipeline.undo(by(&of, "cem"), None).await.unwrap().decision.kind;
    assert_eq!(kind().await, DecisionKind::Unlock);
    let locked = document(&world).await;
    assert_eq!((locked.locks.clone(), locked.locked["faq"].by.as_str()), (vec!["faq".to_owned()], "bob"));
    assert_eq!(kind().await, DecisionKind::Lock);
    let unlocked = document(&world).await;
    assert!(unlocked.locks.is_empty() && unlocked.locked.is_empty());
    assert_eq!((unlocked.revision, &unlocked.content), (published.revision, &published.content));
    assert_eq!(kind().await, DecisionKind::Edit);
    let again = document(&world).await;
    assert_eq!((again.held.clone(), again.content.len()), (first.held.clone(), 0));

    pipeline.reject(decision, "too plain").await.unwrap();
    assert!(document(&world).await.held.is_none());
    assert_eq!(kind().await, DecisionKind::Reject);
    let again = document(&world).await;
    assert_eq!((again.held, again.rejected), (first.held, None));
    let (ok, listed) = run(&world, &["review", "list"]);
    assert!(ok && listed.contains("1 held"), "{listed}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_taken_back_that_something_newer_stands_on() {
    let mut world = careful_world().await;
    let (pipeline, of) = (pipeline(&world), names());
    world.work(&mug("m1", "A1", 3, "clay")).await;
    approve(&world, &pipeline, "ann").await;
    world.work(&mug("m2", "A1", 4, "glass")).await;
    let before = document(&world).await;
    let error = pipeline.undo(by(&of, "bob"), None).await.unwrap_err();
    assert!(matches!(error, ReviewError::Overtaken { then: 2, now: 3, .. }), "{error}");
    let (ok, text) =
        run(&world, &["review", "undo", "A1", "--locale", "en-US", "--by", "bob", "--without-event"]);
    assert!(!ok && text.contains("approve by ann") && text.contains("revision 3"), "{text}");
    assert_eq!(document(&world).await, before);
    // A decision by its name, though another one is the last.
    let first = pipeline.decisions(&of.0, &of.1).await.unwrap()[0].id.clone();
    approve(&world, &pipeline, "ann").await;
    let error = pipeline.undo(by(&of, "bob"), Some(&first)).await.unwrap_err();
    assert!(matches!(error, ReviewError::NotLast { .. }), "{error}");
    let nobody = pipeline.undo(by(&of, " "), None).await.unwrap_err();
    assert!(matches!(nobody, ReviewError::Unfit(_)), "{nobody}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_text_comes_back_as_a_new_revision_that_the_machine_leaves_alone() {
    let mut world = World::start(Behaviour::default()).await;
    let (pipeline, of) = (pipeline(&world), names());
    world.work(&mug("m1", "A1", 3, "clay")).await;
    let clay = document(&world).await;
    let mut of_description = mug("m2", "A1", 3, "clay");
    (of_description["recipes"], of_description["force"]) = (json!(["description"]), json!(true));
    world.work(&of_description).await;
    world.work(&mug("m3", "A1", 4, "glass")).await;

    let (ok, shown) = run(&world, &["content", "history", "A1", "--locale", "en-US"]);
    assert!(ok && shown.contains("message m2") && shown.contains("gpt-5-mini"), "{shown}");
    let (ok, shown) = run(&world, &["content", "diff", "A1", "--locale", "en-US"]);
    assert!(ok && shown.contains("revision 2 → revision 3"), "{shown}");
    assert!(shown.contains("[-clay-]{+glass+}"), "{shown}");

    let arguments = ["content", "revert", "A1", "--locale", "en-US", "--to", "1", "--by", "ann"];
    let (ok, text) = run(&world, &[&arguments[..], &["--reason", "the old one sold better"]].concat());
    assert!(ok && text.contains("revision 4") && text.contains("locked: description"), "{text}");
    let back = document(&world).await;
    assert_eq!(back.content, clay.content);
    let made = &back.recipes["description"].provenance;
    assert_eq!((made.reviewer.as_deref(), made.message_id.as_str()), (Some("ann"), "m1"));
    assert_eq!(made.model, clay.recipes["description"].provenance.model);
    // Neither new facts nor force touch it.
    for (message, force) in [("m4", false), ("m5", true)] {
        let mut update = mug(message, "A1", 5, "steel");
        update["force"] = json!(force);
        world.work(&update).await;
        assert_eq!(document(&world).await.content, clay.content, "{message}");
    }
    // Twice is once, and for somebody else it is nothing.
    let again = pipeline.revert(by(&of, "ann"), &WhichRevision::Number(1), &[]).await.unwrap();
    assert_eq!(again.revision(), 4);
    let error = pipeline.revert(by(&of, "bob"), &WhichRevision::Number(1), &[]).await.unwrap_err();
    assert!(error.to_string().contains("nothing was changed"), "{error}");
    let error = pipeline.revert(by(&of, "ann"), &WhichRevision::Number(99), &[]).await.unwrap_err();
    assert!(error.to_string().contains("no revision 99"), "{error}");

    let revisions = pipeline.revisions(&of.0, &of.1).await.unwrap();
    let numbers: Vec<Option<u64>> = revisions.iter().map(|revision| revision.revision).collect();
    assert_eq!(numbers, [Some(1), Some(2), Some(3), Some(4)]);
    assert!(matches!(revisions[0].writer, Some(Writer::Model(_))));
    let decision = revisions[3].decision.as_ref().unwrap();
    assert_eq!((decision.kind, decision.to_revision), (DecisionKind::Revert, Some(1)));
    assert_eq!(decision.why.as_deref(), Some("the old one sold better"));
    assert_eq!(revisions[3].outcome, RevisionOutcome::Published);
    assert!(revisions[3].published.contains(&"description".to_owned()));

    // Unlocked, the machine writes again.
    pipeline.lock(by(&of, "ann"), &[], false).await.unwrap();
    world.work(&mug("m6", "A1", 6, "oak")).await;
    assert!(document(&world).await.content["description"].to_string().contains("oak"));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_brought_back_is_locked_as_the_policy_says() {
    let mut world = World::start(Behaviour::default()).await;
    let of = names();
    let until_facts =
        pipeline_with(&world, |config| config.review.revert_lock = RevertLock::UntilFactsChange);
    world.work(&mug("m1", "A1", 3, "clay")).await;
    world.work(&mug("m2", "A1", 4, "glass")).await;
    let description = ["description".to_owned()];
    until_facts.revert(by(&of, "ann"), &WhichRevision::Number(1), &description).await.unwrap();
    let back = document(&world).await;
    assert!(back.content["description"].to_string().contains("clay") && back.locks == description);
    assert!(back.content["faq"] == document(&world).await.content["faq"]);
    let mut forced = mug("m3", "A1", 4, "glass");
    forced["force"] = json!(true);
    world.work(&forced).await;
    assert_eq!(document(&world).await.content["description"], back.content["description"]);
    // Other facts end the lock.
    world.work(&mug("m4", "A1", 5, "steel")).await;
    let written = document(&world).await;
    assert!(written.content["description"].to_string().contains("steel") && written.locks.is_empty());

    let never = pipeline_with(&world, |config| config.review.revert_lock = RevertLock::Never);
    never.revert(by(&of, "ann"), &WhichRevision::Number(1), &description).await.unwrap();
    assert!(document(&world).await.locks.is_empty());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_check_blocks_by_now_does_not_come_back() {
    let mut world = World::start(Behaviour::default()).await;
    let of = names();
    world.work(&mug("m1", "A1", 3, "clay")).await;
    world.work(&mug("m2", "A1", 4, "glass")).await;
    // The text of the first revision, as a stranger left it.
    let operation = pipeline(&world).revisions(&of.0, &of.1).await.unwrap()[0].operation;
    let key = Key::History { locale: of.1.clone(), sku: of.0.clone(), operation };
    let (mut entry, etag) = load::<HistoryEntry>(&*world.store, &key).await.unwrap().unwrap();
    let seo = entry.drafts.iter_mut().find(|draft| draft.recipe == "seo").unwrap();
    seo.content["meta_description"]["text"] = json!("Buy it at www.example.com now.");
    let body = serde_json::to_vec(&entry).unwrap();
    world.store.put(&key, body, Condition::Matches(etag)).await.unwrap();
    let before = document(&world).await;
    let error = pipeline(&world).revert(by(&of, "ann"), &WhichRevision::Number(1), &[]).await.unwrap_err();
    assert!(matches!(error, ReviewError::Blocked { .. }), "{error}");
    assert_eq!(document(&world).await, before);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_that_a_crash_kept_from_the_log_is_in_it_after_all() {
    let mut world = careful_world().await;
    let (pipeline, of) = (pipeline(&world), names());
    world.work(&mug("m1", "A1", 3, "clay")).await;
    approve(&world, &pipeline, "ann").await;
    let decision = *document(&world).await.decided.unwrap();
    assert_eq!((decision.why.as_deref(), decision.by.id.as_str()), (Some("fine"), "ann"));
    let (before, after) = (decision.before.clone().unwrap(), decision.after.clone().unwrap());
    assert_eq!((before.revision, before.published.len(), before.waiting.len()), (1, 0, 1));
    assert_eq!((after.revision, after.published.len(), after.waiting.len()), (2, 3, 0));
    let key = Key::Decision { locale: of.1.clone(), sku: of.0.clone(), id: decision.id.clone() };
    let kept = async || load::<Decision>(&*world.store, &key).await.unwrap().map(|(decision, _)| decision);
    assert_eq!(kept().await, Some(decision.clone()));
    // As if the process had died between the swap and the log.
    world.store.delete(&key).await.unwrap();
    assert_eq!(pipeline.decisions(&of.0, &of.1).await.unwrap(), std::slice::from_ref(&decision));
    pipeline.lock(by(&of, "bob"), &[], true).await.unwrap();
    assert_eq!(kept().await, Some(decision));
    assert_eq!(kinds(&pipeline).await, [DecisionKind::Approve, DecisionKind::Lock]);
    let (ok, text) =
        run(&world, &["review", "comment", "A1", "Ask legal.", "--locale", "en-US", "--by", "cem"]);
    assert!(ok, "{text}");
    let (ok, shown) = run(&world, &["content", "history", "A1", "--locale", "en-US"]);
    assert!(ok && shown.contains("Ask legal.") && shown.contains("published (approve)"), "{shown}");
    // A comment is no decision that could be taken back.
    assert_eq!(pipeline.undo(by(&of, "cem"), None).await.unwrap().decision.kind, DecisionKind::Lock);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_of_earlier_releases_are_listed_though_they_know_neither_revision_nor_time() {
    let mut world = World::start(Behaviour::default()).await;
    let of = names();
    for (message, material) in [("m1", "clay"), ("m2", "glass"), ("m3", "steel")] {
        let version = message[1..].parse::<u64>().unwrap();
        world.work(&mug(message, "A1", version, material)).await;
    }
    let pipeline = pipeline(&world);
    for revision in pipeline.revisions(&of.0, &of.1).await.unwrap() {
        let operation = revision.operation;
        let key = Key::History { locale: of.1.clone(), sku: of.0.clone(), operation };
        let object = world.store.get(&key).await.unwrap().unwrap();
        let mut entry: Value = serde_json::from_slice(&object.body).unwrap();
        for field in ["revision", "written_at", "job"] {
            entry.as_object_mut().unwrap().remove(field);
        }
        let body = serde_json::to_vec(&entry).unwrap();
        world.store.put(&key, body, Condition::Matches(object.etag)).await.unwrap();
    }
    let revisions = pipeline.revisions(&of.0, &of.1).await.unwrap();
    let found: Vec<(Option<u64>, Option<&str>)> =
        revisions.iter().map(|revision| (revision.revision, revision.message_id.as_deref())).collect();
    assert_eq!(found, [(Some(1), Some("m1")), (Some(2), Some("m2")), (Some(3), Some("m3"))]);
    // Forgotten by the document they have no number, and still their order.
    let key = Key::Content { locale: of.1.clone(), sku: of.0.clone() };
    let (mut document, etag) = load::<Document>(&*world.store, &key).await.unwrap().unwrap();
    document.operations.drain(..2);
    let body = serde_json::to_vec(&document).unwrap();
    world.store.put(&key, body, Condition::Matches(etag)).await.unwrap();
    let revisions = pipeline.revisions(&of.0, &of.1).await.unwrap();
    let found: Vec<(Option<u64>, Option<&str>)> =
        revisions.iter().map(|revision| (revision.revision, revision.message_id.as_deref())).collect();
    assert_eq!(found, [(None, Some("m1")), (None, Some("m2")), (Some(3), Some("m3"))]);
    let to: WhichRevision = revisions[0].operation.to_string()[..12].parse().unwrap();
    pipeline.revert(by(&of, "ann"), &to, &[]).await.unwrap();
    assert!(crate::deciding::document(&world).await.content["description"].to_string().contains("clay"));
    world.finish().await;
}

/// What a person does in the test of crashes.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Approve,
    Reject,
    Undo,
    Lock,
    Revert(u64),
}

/// A shop in memory, in which a person sees everything first.
struct Shop {
    pipeline: Pipeline,
    store: Arc<MemoryStore>,
    of: (Sku, Locale),
}

impl Shop {
    fn new(sandbox: &Sandbox) -> Self {
        let mut config = Config::defaults().unwrap();
        "json_schema".clone_into(&mut config.model.structured);
        "always".clone_into(&mut config.review.when);
        config.model.url = sandbox.url();
        let store = Arc::new(MemoryStore::new(0));
        let shared: Arc<dyn ContentStore> = Arc::<MemoryStore>::clone(&store);
        let pipeline = Pipeline::new(&config, shared, Announcer::Nowhere, Clock::System).unwrap();
        Self { pipeline, store, of: names() }
    }

    async fn work(&self, message: &Value) {
        let update = decode(message.to_string().as_bytes(), &Origin::default()).unwrap();
        let reports = self.pipeline.run(&Inbox::default().enter(Arc::new(update))).await.unwrap();
        assert!(reports.iter().all(|report| report.result.is_ok()), "{reports:?}");
    }

    async fn document(&self) -> Document {
        let key = Key::Content { locale: self.of.1.clone(), sku: self.of.0.clone() };
        load(&*self.store, &key).await.unwrap().unwrap().0
    }

    /// Does it; `last` is the decision that an undo names.
    async fn act(&self, deed: Deed, draft: &str, last: Option<&Decision>) -> Result<(), ReviewError> {
        let (sku, locale) = &self.of;
        let act = Act { why: Some("so"), ..by(&self.of, "ann") };
        let decision = ReviewDecision { sku, locale, draft, by: "ann", why: None };
        match deed {
            Deed::Approve => self.pipeline.approve(decision).await.map(|_| ()),
            Deed::Reject => self.pipeline.reject(decision, "so").await.map(|_| ()),
            Deed::Undo => self.pipeline.undo(act, last.map(|last| &last.id)).await.map(|_| ()),
            Deed::Lock => self.pipeline.lock(act, &[], true).await.map(|_| ()),
            Deed::Revert(number) => self.pipeline.revert(act, &number.into(), &[]).await.map(|_| ()),
        }
    }

    /// What must be the same with and without a crash.
    async fn essence(&self) -> Value {
        let document = self.document().await;
        let decisions = self.pipeline.decisions(&self.of.0, &self.of.1).await.unwrap();
        let kinds: Vec<DecisionKind> = decisions.iter().map(|decision| decision.kind).collect();
        assert_eq!(self.store.paths("decisions/").len(), kinds.len(), "one is not in the log");
        let key = Key::Public { locale: self.of.1.clone(), sku: self.of.0.clone() };
        let shown = self.store.get(&key).await.unwrap().map(|shown| {
            let shown: PublicDocument = serde_json::from_slice(&shown.body).unwrap();
            assert_eq!(shown.content, document.content);
            shown.state
        });
        json!({
            "state": document.state, "revision": document.revision, "content": document.content, "locks": document.locks,
            "held": document.held.as_ref().map(|held| held.operation.to_string()), "kinds": kinds, "shown": shown,
            "rejected": document.rejected.map(|rejected| rejected.operation.to_string()),
            "held entries": self.store.paths("held/"),
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_anywhere_in_a_decision_loses_nothing_and_asked_for_again_it_is_done_once() {
    use Deed::{Approve, Lock, Reject, Revert, Undo};
    skuscribe::cli::install_tls();
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into(), Behaviour::default()).await.unwrap();
    let shop = Shop::new(&sandbox);
    for (message, material) in [("m1", "clay"), ("m2", "glass")] {
        let version = message[1..].parse().unwrap();
        shop.work(&mug(message, "A1", version, material)).await;
        let deeds: &[Deed] = if message == "m1" {
            &[Approve, Undo, Reject, Undo, Approve]
        } else {
            &[Approve, Undo, Approve, Lock, Undo, Revert(6), Undo]
        };
        let draft = shop.document().await.held.unwrap().operation.to_string();
        for deed in deeds {
            let decisions = shop.pipeline.decisions(&shop.of.0, &shop.of.1).await.unwrap();
            let last = decisions.last();
            let before = shop.store.objects();
            shop.store.crash(Crash::Never);
            shop.act(*deed, &draft, last).await.unwrap();
            let (calls, after) = (shop.store.calls(), shop.store.objects());
            let expected = shop.essence().await;
            // Dying before a call leaves what dying after the last one does.
            for crash in std::iter::once(Crash::Before(1)).chain((1..=calls).map(Crash::After)) {
                shop.store.go_back(before.clone());
                shop.store.crash(crash);
                let crashed = shop.act(*deed, &draft, last).await;
                assert!(crashed.is_err() || crash == Crash::After(calls), "{crash:?} of {deed:?}");
                shop.store.crash(Crash::Never);
                let again = shop.act(*deed, &draft, last).await;
                assert!(again.is_ok(), "{crash:?} of {deed:?}: {again:?}");
                assert_eq!(shop.essence().await, expected, "{crash:?} of {deed:?}");
            }
            shop.store.go_back(after);
        }
    }
}
