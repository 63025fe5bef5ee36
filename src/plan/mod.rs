//! Plan: which recipes of a (SKU, locale) are due, and why. Pure: no IO, no clock, cannot fail.

mod due;
mod held;
mod task;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

pub use due::{Due, DueRecipe, Reason, Shoppers, voice_digest};
pub use held::{HeldState, brought_back, rewritten, standing};
pub use task::{NOTE_CHARS_MAX, Task, operation_id};

use due::SelectedFacts;
use skuscribe_check::content::{Document, OperationId, RecipeState};
use skuscribe_check::product::{Digest, Locale};
use skuscribe_check::recipe::{DueOn, Recipe, Voice};

/// What is to be done for a task.
#[derive(Debug)]
pub enum Plan {
    /// Recipes are due.
    Due(Due),
    /// Every text asked for is there, made from these very facts.
    Unchanged(Unchanged),
    /// Newer facts were worked in already.
    Stale,
    /// A person locked everything that was asked for.
    Locked,
    /// The document carries this very operation: a redelivery after success.
    AlreadyStored {
        /// The document's revision.
        revision: u64,
    },
}

/// Nothing to write; the document's version may have to be advanced.
#[derive(Debug)]
pub struct Unchanged {
    pub(crate) task: Task,
    pub(crate) advance: bool,
}

impl Unchanged {
    /// Whether the document must learn that its facts were stated anew.
    #[must_use]
    pub fn must_advance(&self) -> bool {
        self.advance
    }
}

/// Decides what is to be done for a task, given the document as it is stored.
#[must_use]
pub fn plan(
    task: &Task,
    document: Option<&Document>,
    requested: &[Arc<Recipe>],
    voice: Option<&Arc<Voice>>,
    policy: Digest,
) -> Plan {
    if let Some(document) = document {
        if document.operations.contains(&task.operation) {
            return Plan::AlreadyStored { revision: document.revision };
        }
        let order = task.order();
        if document.compare(&order) == Ordering::Less || document.keeps_deleted(&order) {
            return Plan::Stale;
        }
    }
    let locked = |recipe: &Recipe| document.is_some_and(|document| is_locked(task, document, recipe));
    let open: Vec<&Arc<Recipe>> = requested.iter().filter(|recipe| !locked(recipe)).collect();
    if open.is_empty() {
        return Plan::Locked;
    }
    let (due, settled) = due_and_settled(task, document, &open, voice_digest(voice));
    if !due.is_empty() {
        let note = note_on(document, &due);
        let task = task.noted(document);
        return Plan::Due(Due { task, recipes: due, written_by: None, note, shoppers: None });
    }
    let again = document.and_then(|document| to_check_again(task, document, settled, policy));
    if let Some((recipes, operation)) = again {
        let written_by = Some(operation);
        return Plan::Due(Due { task: task.clone(), recipes, written_by, note: None, shoppers: None });
    }
    let advance = document.is_some_and(|document| document.compare(&task.order()) == Ordering::Greater);
    Plan::Unchanged(Unchanged { task: task.clone(), advance })
}

/// Whether a person locked a recipe; a lock may last only while the facts are the same.
fn is_locked(task: &Task, document: &Document, recipe: &Recipe) -> bool {
    let lasts = |facts: Digest| SelectedFacts::of(recipe, task).digest == facts;
    let while_facts = document.locked.get(&recipe.name).and_then(|lock| lock.while_facts);
    document.locks.contains(&recipe.name) && while_facts.is_none_or(lasts)
}

/// The recipes to write, and those whose text stands.
fn due_and_settled(
    task: &Task,
    document: Option<&Document>,
    recipes: &[&Arc<Recipe>],
    voice: Option<Digest>,
) -> (Vec<DueRecipe>, Vec<DueRecipe>) {
    // Recipes mostly share their selection of facts: it is made once.
    let mut selections: BTreeMap<_, (SelectedFacts, Option<Digest>)> = BTreeMap::new();
    let (mut due, mut settled) = (Vec::new(), Vec::new());
    for recipe in recipes {
        let (selected, with_internal) =
            selections.entry((recipe.exclude.as_slice(), recipe.verbatim)).or_insert_with(|| {
                let with_internal = document.and_then(|_| recipe.digest_with_internal(&task.stated));
                (SelectedFacts::of(recipe, task), with_internal)
            });
        let of = |facts: Digest| selected.fingerprint_with(facts, recipe, &task.locale, voice);
        let fingerprint = of(selected.digest);
        let before = with_internal.map(of);
        let made_from = |state: &RecipeState| is_made_from(task, recipe, state, fingerprint, before);
        let reason =
            reason(task, document, recipe, (fingerprint, selected.digest), made_from).filter(|reason| {
                *reason != Reason::Facts
                    || !is_still_supported(document, recipe, selected, &task.locale, voice)
            });
        let list = if reason.is_some() { &mut due } else { &mut settled };
        list.push(DueRecipe {
            recipe: Arc::clone(recipe),
            facts: Arc::clone(&selected.facts),
            fingerprint,
            facts_digest: selected.digest,
            before,
            reason: reason.unwrap_or(Reason::Policy),
        });
    }
    (due, settled)
}

/// What a person said of the last draft of these recipes, who rejected it.
fn note_on(document: Option<&Document>, due: &[DueRecipe]) -> Option<Arc<str>> {
    let rejected = document?.rejected.as_ref()?;
    let concerned = due.iter().any(|due| rejected.recipes.contains_key(&due.recipe.name));
    (concerned && !rejected.note.is_empty()).then(|| rejected.note.as_str().into())
}

fn reason(
    task: &Task,
    document: Option<&Document>,
    recipe: &Recipe,
    (fingerprint, facts): (Digest, Digest),
    made_from: impl Fn(&RecipeState) -> bool,
) -> Option<Reason> {
    if task.force {
        return Some(Reason::Forced);
    }
    let Some(document) = document else { return Some(Reason::Missing) };
    let published = document.recipes.get(&recipe.name);
    let known = [document.held_state(&recipe.name), published];
    let mut known = known.into_iter().flatten().peekable();
    // What a person rejected would come out the same from the same facts.
    let rejected = document.rejected.as_ref().and_then(|rejected| rejected.recipes.get(&recipe.name));
    if rejected == Some(&fingerprint) {
        return None;
    }
    if known.peek().is_none() {
        return Some(Reason::Missing);
    }
    let (mut same, mut same_facts) = (false, false);
    for state in known {
        same |= made_from(state);
        same_facts |= state.facts == facts;
    }
    match (same, same_facts) {
        (true, _) => None,
        (false, false) => Some(Reason::Facts),
        (false, true) => task.config_changes.then_some(Reason::Config),
    }
}

/// Whether a text was made from these very facts, recipe and voice: also one from before internal attributes were kept
/// back, if none of them supports it. It is checked again then, and not paid for again.
fn is_made_from(
    task: &Task,
    recipe: &Recipe,
    state: &RecipeState,
    fingerprint: Digest,
    before: Option<Digest>,
) -> bool {
    let is_internal = |name: &String| recipe.internal.keeps_back_fact(&task.product, name);
    state.fingerprint == fingerprint
        || (Some(state.fingerprint) == before
            && !state.rests_on.is_empty()
            && !state.rests_on.keys().any(is_internal))
}

/// Whether a text stands although facts changed: its recipe is due on evidence alone, and neither an attribute that
/// supports a sentence changed, nor the recipe, nor the voice.
fn is_still_supported(
    document: Option<&Document>,
    recipe: &Recipe,
    selected: &SelectedFacts,
    locale: &Locale,
    voice: Option<Digest>,
) -> bool {
    if recipe.due != DueOn::Evidence {
        return false;
    }
    let held = document.and_then(|document| document.held_state(&recipe.name));
    let newest = held.or_else(|| document.and_then(|document| document.recipes.get(&recipe.name)));
    newest.is_some_and(|state| {
        // A text that no attribute supports would stand for ever.
        !state.rests_on.is_empty()
            && selected.fingerprint_with(state.facts, recipe, locale, voice) == state.fingerprint
            && state.rests_on.iter().all(|(name, value)| selected.facts.value_digest(name) == Some(*value))
    })
}

/// The recipes of one operation whose text passed other policies than those in force.
///
/// A text of an older fingerprint that waits for a job is not checked: it is about to be written again.
fn to_check_again(
    task: &Task,
    document: &Document,
    settled: Vec<DueRecipe>,
    policy: Digest,
) -> Option<(Vec<DueRecipe>, OperationId)> {
    let state = |due: &DueRecipe| {
        let held = document.held_state(&due.recipe.name);
        held.or_else(|| document.recipes.get(&due.recipe.name))
            .filter(|state| is_made_from(task, &due.recipe, state, due.fingerprint, due.before))
    };
    let operation = settled
        .iter()
        .filter_map(state)
        .find(|state| state.policy != policy)
        .map(|state| state.provenance.operation)?;
    let same = |due: &DueRecipe| state(due).is_some_and(|state| state.provenance.operation == operation);
    let recipes: Vec<DueRecipe> = settled.into_iter().filter(same).collect();
    Some((recipes, operation))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::config::Config;
    use crate::lane::Lane;
    use skuscribe_check::content::{DigitalSourceType, FactsOf, HeldPointer, Provenance, State, Usage};
    use skuscribe_check::labels::{LocalProduct, ShopLabels};
    use skuscribe_check::product::{Facts, Product, Value};
    use skuscribe_check::recipe::Recipes;

    fn policy() -> Digest {
        Digest::of(&[b"policy"])
    }

    fn recipes() -> Recipes {
        Recipes::load(&Config::defaults().unwrap().recipes).unwrap()
    }

    fn facts_of(second: i64) -> FactsOf {
        FactsOf { occurred_at: Timestamp::from_second(second).unwrap(), message_id: "f".into() }
    }

    fn task(message: &str, version: impl Into<Option<u64>>, material: &str) -> Task {
        let version = version.into();
        let product: Arc<Product> = Arc::new(serde_json::from_value(serde_json::json!({ "sku": "A", "title": "Mug", "attributes": { "material": material, "price": version } })).unwrap());
        let locale: Locale = "en-US".parse().unwrap();
        Task {
            stated: Arc::clone(&product),
            catalog: Arc::clone(&product),
            product,
            version,
            facts_of: facts_of(0),
            lane: Lane::Updates,
            operation: operation_id(message, &locale),
            locale,
            message_id: message.into(),
            job: None,
            asked_note: None,
            force: false,
            config_changes: false,
            notes: Arc::default(),
        }
    }

    /// The document as it is after `task` was published.
    fn published(recipes: &Recipes, task: &Task) -> Document {
        let requested = recipes.requested(&[], &task.locale).unwrap();
        let Plan::Due(due) = plan(task, None, &requested, None, policy()) else { panic!("nothing due") };
        let states = due.recipes.iter().map(|due| {
            let provenance = Provenance {
                model: String::new(),
                provider: String::new(),
                recipe_version: String::new(),
                usage: Usage::default(),
                calls: 1,
                attempts: 1,
                latency_ms: 0,
                cost: 0.0,
                generated_at: Timestamp::UNIX_EPOCH,
                worker_version: String::new(),
                message_id: task.message_id.to_string(),
                job: None,
                note: None,
                operation: task.operation,
                digital_source_type: DigitalSourceType::TrainedAlgorithmicMedia,
                reviewer: None,
                editor: None,
                reviewed: None,
                text_sha256: None,
            };
            let state = RecipeState {
                fingerprint: due.fingerprint,
                facts: due.facts_digest,
                policy: policy(),
                rests_on: BTreeMap::new(),
                signature: None,
                provenance,
            };
            (due.recipe.name.clone(), state)
        });
        Document {
            schema: "content.v1".into(),
            sku: task.sku().clone(),
            locale: task.locale.clone(),
            state: State::Published,
            revision: 1,
            product_version: task.version,
            facts_of: Some(task.facts_of.clone()),
            updated_at: Timestamp::UNIX_EPOCH,
            content: BTreeMap::new(),
            evidence: vec![],
            findings: vec![],
            quality: BTreeMap::new(),
            recipes: states.collect(),
            locks: vec![],
            operations: vec![task.operation],
            held: None,
            held_next: vec![],
            rejected: None,
            locked: BTreeMap::new(),
            decided: None,
        }
    }

    fn check(task: &Task, document: &Document, expected: &str) {
        let recipes = recipes();
        let requested = recipes.requested(&[], &task.locale).unwrap();
        let got = match plan(task, Some(document), &requested, None, policy()) {
            Plan::Due(due) => format!("due {} {:?}", due.recipes.len(), due.recipes.first().unwrap().reason),
            Plan::Unchanged(unchanged) => format!("unchanged advance={}", unchanged.advance),
            Plan::Stale => "stale".into(),
            Plan::Locked => "locked".into(),
            Plan::AlreadyStored { revision } => format!("stored {revision}"),
        };
        assert_eq!(got, expected);
    }

    #[test]
    fn a_plan_follows_from_message_version_facts_and_locks() {
        let document = published(&recipes(), &task("m1", 5, "clay"));
        check(&task("m1", 5, "clay"), &document, "stored 1");
        check(&task("m2", 5, "clay"), &document, "unchanged advance=false");
        check(&task("m2", 6, "clay"), &document, "unchanged advance=true");
        check(&task("m2", 4, "clay"), &document, "stale");
        check(&task("m2", 6, "glass"), &document, "due 3 Facts");
        check(&Task { force: true, ..task("m2", 5, "clay") }, &document, "due 3 Forced");
        check(&Task { force: true, ..task("m1", 5, "clay") }, &document, "stored 1");
    }

    #[test]
    fn facts_of_equal_version_are_ordered_by_the_messages_that_stated_them() {
        let document = published(&recipes(), &Task { facts_of: facts_of(5), ..task("m1", 5, "clay") });
        check(&Task { facts_of: facts_of(4), ..task("m2", 5, "glass") }, &document, "stale");
        check(&Task { facts_of: facts_of(6), ..task("m2", 5, "glass") }, &document, "due 3 Facts");
        check(&Task { facts_of: facts_of(6), ..task("m2", 5, "clay") }, &document, "unchanged advance=true");
    }

    #[test]
    fn facts_without_a_version_are_ordered_by_the_time_of_their_message_and_freeze_nothing() {
        let at = |second, task| Task { facts_of: facts_of(second), ..task };
        let document = published(&recipes(), &at(50, task("m1", 5, "clay")));
        check(&at(60, task("file", None, "glass")), &document, "due 3 Facts");
        check(&at(40, task("file", None, "glass")), &document, "stale");
        let document = published(&recipes(), &at(60, task("file", None, "glass")));
        check(&at(70, task("m2", 6, "steel")), &document, "due 3 Facts");
        check(&at(70, task("m2", 6, "glass")), &document, "unchanged advance=true");
        check(&at(50, task("m1", 5, "clay")), &document, "stale");
    }

    #[test]
    fn a_document_of_an_earlier_release_with_a_time_for_a_version_takes_what_comes_later() {
        let second = 1_760_000_000;
        let micros = u64::try_from(second).unwrap() * 1_000_000;
        let of = |second, task| Task { facts_of: facts_of(second), ..task };
        let mut document = published(&recipes(), &of(second, task("file", micros, "clay")));
        check(&of(second + 1, task("m2", 12, "glass")), &document, "due 3 Facts");
        check(&of(second - 1, task("m2", 12, "glass")), &document, "stale");
        // Its tombstones do not know their message.
        (document.facts_of, document.state) = (None, State::Deleted);
        check(&of(second, task("m2", 12, "glass")), &document, "stale");
        check(&of(second + 1, task("m2", 12, "glass")), &document, "due 3 Facts");
    }

    #[test]
    fn a_message_id_that_is_used_again_for_other_facts_is_worked_and_noted() {
        let document = published(&recipes(), &task("m1", 5, "clay"));
        let notes = |task: &Task| {
            let recipes = recipes();
            let requested = recipes.requested(&[], &task.locale).unwrap();
            let Plan::Due(due) = plan(task, Some(&document), &requested, None, policy()) else {
                panic!("not due")
            };
            due.task().notes.iter().map(|note| note.rule.clone()).collect::<Vec<_>>()
        };
        let other = Digest::of(&[b"what the message says now"]);
        assert_eq!(notes(&Task { operation: other, ..task("m1", 6, "glass") }), ["message.reused_id"]);
        assert!(notes(&task("m2", 6, "glass")).is_empty());
    }

    #[test]
    fn a_recipe_that_is_due_on_evidence_is_due_only_where_an_attribute_that_supports_its_sentences_changed() {
        let recipes = recipes();
        let mut document = published(&recipes, &task("m1", 5, "clay"));
        let of = |due: DueOn, task: &Task, document: &Document| {
            let shared = recipes.get("seo").unwrap();
            let recipe = Arc::new(Recipe { due, ..Recipe::clone(shared) });
            match plan(task, Some(document), &[recipe], None, policy()) {
                Plan::Due(due) => format!("{:?}", due.recipes.first().unwrap().reason),
                Plan::Unchanged(unchanged) => format!("unchanged advance={}", unchanged.advance),
                other => format!("{other:?}"),
            }
        };
        let facts = Facts::select(&task("m1", 5, "clay").product, |_| true);
        let title = facts.value_digest("title").unwrap();
        let state = document.recipes.get_mut("seo").unwrap();
        state.rests_on = BTreeMap::from([("title".to_owned(), title)]);
        assert_eq!(of(DueOn::Any, &task("m2", 6, "glass"), &document), "Facts");
        assert_eq!(of(DueOn::Evidence, &task("m2", 6, "glass"), &document), "unchanged advance=true");
        let material = facts.value_digest("material").unwrap();
        let state = document.recipes.get_mut("seo").unwrap();
        state.rests_on.insert("material".to_owned(), material);
        assert_eq!(of(DueOn::Evidence, &task("m2", 6, "glass"), &document), "Facts");
        // A text that no attribute supports would stand for ever.
        document.recipes.get_mut("seo").unwrap().rests_on.clear();
        assert_eq!(of(DueOn::Evidence, &task("m2", 6, "glass"), &document), "Facts");
    }

    #[test]
    fn a_deleted_document_is_revived_only_by_a_higher_version() {
        let mut document = published(&recipes(), &task("m1", 5, "clay"));
        document.state = State::Deleted;
        document.recipes.clear();
        check(&task("m2", 5, "clay"), &document, "stale");
        check(&task("m2", 6, "clay"), &document, "due 3 Missing");
    }

    #[test]
    fn a_held_fingerprint_counts_as_done() {
        let mut document = published(&recipes(), &task("m1", 5, "clay"));
        let newer = published(&recipes(), &task("m2", 6, "glass"));
        document.held = Some(HeldPointer {
            operation: task("m2", 6, "glass").operation,
            product_version: Some(6),
            recipes: newer.recipes,
        });
        check(&task("m3", 7, "glass"), &document, "unchanged advance=true");
        check(&task("m3", 7, "steel"), &document, "due 3 Facts");
        document.held_next = document.held.take().into_iter().collect();
        check(&task("m3", 7, "glass"), &document, "unchanged advance=true");
    }

    #[test]
    fn locked_recipes_are_not_due() {
        let mut document = published(&recipes(), &task("m1", 5, "clay"));
        document.locks = vec!["faq".into()];
        check(&task("m2", 6, "glass"), &document, "due 2 Facts");
        document.locks = vec!["faq".into(), "seo".into(), "description".into()];
        check(&task("m2", 6, "glass"), &document, "locked");
    }

    #[test]
    fn a_change_of_config_alone_waits_for_somebody_who_asks() {
        let mut document = published(&recipes(), &task("m1", 5, "clay"));
        for state in document.recipes.values_mut() {
            state.fingerprint = Digest::of(&[b"older recipe"]);
        }
        check(&task("m2", 5, "clay"), &document, "unchanged advance=false");
        check(&Task { config_changes: true, ..task("m2", 5, "clay") }, &document, "due 3 Config");
    }

    #[test]
    fn a_fingerprint_takes_up_the_shop_s_labels_where_they_touch_the_product_and_is_the_old_one_elsewhere() {
        let recipes = recipes();
        let recipe = recipes.get("description").unwrap();
        let plain = task("m1", 5, "clay");
        let labels =
            ShopLabels::parse("[attributes.material]\nen = \"Made of\"\n[units.gram]\nunit = \"g\"\n", "f")
                .unwrap();
        let LocalProduct { catalog, stated, spoken } =
            LocalProduct::new(&plain.product, &plain.locale, &labels);
        let labelled = Task { product: spoken, stated, catalog, ..plain.clone() };
        let (before, after) = (SelectedFacts::of(recipe, &plain), SelectedFacts::of(recipe, &labelled));
        assert_eq!(before.digest, after.digest, "facts did not change");
        let of = |selected: &SelectedFacts| selected.fingerprint(recipe, &plain.locale, None);
        let parts: [&[u8]; 5] =
            [before.digest.as_bytes(), b"en-US", recipe.digest.as_bytes(), &[], recipe.model.as_bytes()];
        assert_eq!(of(&before), Digest::of(&parts));
        assert_ne!(of(&before), of(&after));
        let document = published(&recipes, &plain);
        let message =
            Task { message_id: "m2".into(), operation: operation_id("m2", &plain.locale), ..labelled };
        check(&message, &document, "unchanged advance=false");
        check(&Task { config_changes: true, ..message }, &document, "due 3 Config");
        let untouched = LocalProduct::new(
            &plain.product,
            &plain.locale,
            &ShopLabels::parse("[units.gram]\nunit = \"g\"\n", "f").unwrap(),
        );
        assert!(Arc::ptr_eq(&untouched.spoken, &plain.product));
    }

    #[test]
    fn a_text_from_before_attributes_were_kept_back_is_checked_again_and_written_again_only_where_it_rests_on_one()
     {
        let (recipes, mut task) = (recipes(), task("m1", 5, "clay"));
        let mut product = Product::clone(&task.product);
        let internal = [("cost_price".to_owned(), Value::Text("4.10".to_owned()))];
        product.attributes =
            product.attributes.iter().map(|(n, v)| (n.to_owned(), v.clone())).chain(internal).collect();
        task.product = Arc::new(product);
        (task.stated, task.catalog) = (Arc::clone(&task.product), Arc::clone(&task.product));
        let mut document = published(&recipes, &task);
        let digest = Digest::of(&[b"value"]);
        for (name, state) in &mut document.recipes {
            let recipe = recipes.get(name).unwrap();
            let facts = recipe.digest_with_internal(&task.product).unwrap();
            (state.facts, state.policy) = (facts, Digest::of(&[b"older policy"]));
            state.fingerprint =
                SelectedFacts::of(recipe, &task).fingerprint_with(facts, recipe, &task.locale, None);
            state.rests_on = BTreeMap::from([("material".to_owned(), digest)]);
        }
        let next = Task { operation: operation_id("m2", &task.locale), ..task };
        check(&next, &document, "due 3 Policy");
        document.recipes.get_mut("seo").unwrap().rests_on.insert("cost_price".to_owned(), digest);
        check(&next, &document, "due 1 Facts");
    }

    #[test]
    fn a_change_of_an_internal_attribute_makes_nothing_due() {
        let with = |message, version, cost: &str, marked: &str| {
            let mut task = task(message, version, "clay");
            let product = serde_json::json!({ "sku": "A", "title": "Mug", "internal": [marked], "attributes": {
                "material": "clay", "cost_price": cost, "dealer": cost
            }});
            task.product = Arc::new(serde_json::from_value(product).unwrap());
            (task.stated, task.catalog) = (Arc::clone(&task.product), Arc::clone(&task.product));
            task
        };
        let document = published(&recipes(), &with("m1", 5, "4.10", "dealer"));
        check(&with("m2", 6, "4.20", "dealer"), &document, "unchanged advance=true");
        check(&with("m2", 6, "4.20", "other"), &document, "due 3 Facts");
    }

    #[test]
    fn a_change_of_check_policies_alone_has_the_text_checked_again() {
        let mut document = published(&recipes(), &task("m1", 5, "clay"));
        for state in document.recipes.values_mut() {
            state.policy = Digest::of(&[b"older policy"]);
        }
        check(&task("m2", 5, "clay"), &document, "due 3 Policy");
        check(&task("m2", 6, "glass"), &document, "due 3 Facts");
    }
}
