//! Plan: which recipes of a (SKU, locale) are due, and why. Pure: no IO, no clock, cannot fail.

mod held;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use held::{Standing, rewritten, standing, voice_digest};

use crate::content::{Document, FactsOf, OperationId, Rejected, State};
use crate::lane::Lane;
use crate::product::{Digest, Facts, Locale, Product, Sku};
use crate::recipe::{DueOn, Recipe, Voice};

/// One (SKU, locale) of an update, with the facts that count for it.
#[derive(Clone, Debug)]
pub struct Task {
    /// The facts: the message's own, or the stored snapshot's.
    pub product: Arc<Product>,
    /// Version that orders the facts.
    pub version: u64,
    /// The message that stated the facts; orders those of equal version.
    pub facts_of: FactsOf,
    /// How urgent it is.
    pub lane: Lane,
    /// Language and region to write for.
    pub locale: Locale,
    /// The message that asks.
    pub message_id: Arc<str>,
    /// The job that it belongs to.
    pub job: Option<Arc<str>>,
    /// Write again although nothing changed.
    pub force: bool,
    /// Whether a change of recipes or voices alone makes texts due.
    pub config_changes: bool,
    /// Whether another message stated other facts under the same version.
    pub version_tie: bool,
}

impl Task {
    /// The product's key.
    #[must_use]
    pub fn sku(&self) -> &Sku {
        &self.product.sku
    }

    /// Identifies this work: the same for every delivery of the same message.
    #[must_use]
    pub fn operation(&self) -> OperationId {
        operation_id(&self.message_id, &self.locale)
    }
}

/// The operation id of a message for a locale.
#[must_use]
pub fn operation_id(message_id: &str, locale: &Locale) -> OperationId {
    Digest::of(&[message_id.as_bytes(), locale.as_str().as_bytes()])
}

/// Why a recipe is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// There is no text yet.
    Missing,
    /// The facts changed.
    Facts,
    /// The recipe, the voice or the model alias changed.
    Config,
    /// Somebody asked for it whatever there is.
    Forced,
    /// Only the check policies changed: the text is checked again, without a model call.
    Policy,
    /// A person decides on it, or wrote it.
    Review,
}

/// A recipe that is due.
#[derive(Clone, Debug)]
pub struct DueRecipe {
    pub(crate) recipe: Arc<Recipe>,
    pub(crate) facts: Arc<Facts>,
    pub(crate) fingerprint: Digest,
    pub(crate) facts_digest: Digest,
    pub(crate) reason: Reason,
}

impl DueRecipe {
    /// The recipe.
    #[must_use]
    pub fn recipe(&self) -> &Arc<Recipe> {
        &self.recipe
    }

    /// The facts that it may use.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Why it is due.
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.reason
    }
}

/// Work to be done: at least one recipe is due.
#[derive(Clone, Debug)]
pub struct Due {
    pub(crate) task: Task,
    pub(crate) recipes: Vec<DueRecipe>,
    pub(crate) written_by: Option<OperationId>,
    pub(crate) note: Option<Arc<str>>,
    pub(crate) shoppers: Option<Arc<Shoppers>>,
}

/// What shoppers say, for recipes whose prompt shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shoppers {
    /// Questions that no fact answered when they were asked.
    Asked(Vec<String>),
    /// One who waits for an answer.
    Waits {
        /// The question.
        question: String,
        /// Questions and answers before it, oldest first.
        earlier: Vec<(String, String)>,
    },
}

impl Due {
    /// The task.
    #[must_use]
    pub fn task(&self) -> &Task {
        &self.task
    }

    /// The recipes that are due.
    #[must_use]
    pub fn recipes(&self) -> &[DueRecipe] {
        &self.recipes
    }

    /// A part of it: the recipes in these places.
    #[must_use]
    pub fn part(&self, places: std::ops::Range<usize>) -> Self {
        Self { recipes: self.recipes.get(places).unwrap_or_default().to_vec(), ..self.clone() }
    }

    /// The same with what shoppers say.
    #[must_use]
    pub fn with_shoppers(self, shoppers: Shoppers) -> Self {
        Self { shoppers: Some(Arc::new(shoppers)), ..self }
    }

    /// What shoppers say, where a recipe shows it.
    #[must_use]
    pub fn shoppers(&self) -> Option<&Shoppers> {
        self.shoppers.as_deref()
    }

    /// What a person said of the last draft, who rejected it.
    #[must_use]
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// The operation whose drafts have only to be checked again, where nothing is to be written.
    #[must_use]
    pub fn written_by(&self) -> Option<OperationId> {
        self.written_by
    }
}

/// What is to be done for a task.
#[derive(Debug)]
pub enum Plan {
    /// Recipes are due.
    Due(Due),
    /// Every text asked for is there, made from these very facts.
    Unchanged(Unchanged),
    /// A newer version was worked in already.
    Stale,
    /// A person locked everything that was asked for.
    Locked,
    /// The document carries this very operation: a redelivery after success.
    AlreadyStored {
        /// State of the document.
        state: State,
        /// Its revision.
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
    /// Whether the document must learn of a higher product version.
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
        if document.operations.contains(&task.operation()) {
            return Plan::AlreadyStored { state: document.state, revision: document.revision };
        }
        let overtaken = before(task, document)
            // Only a higher version brings a deleted product back.
            || (document.state == State::Deleted && task.version == document.product_version);
        if overtaken {
            return Plan::Stale;
        }
    }
    let locked = |recipe: &Recipe| document.is_some_and(|document| document.locks.contains(&recipe.name));
    let open: Vec<&Arc<Recipe>> = requested.iter().filter(|recipe| !locked(recipe)).collect();
    if open.is_empty() {
        return Plan::Locked;
    }
    // Recipes mostly share their selection of facts: it is made once.
    let mut selections: BTreeMap<_, (Arc<Facts>, Digest)> = BTreeMap::new();
    let (mut due, mut settled) = (Vec::new(), Vec::new());
    for recipe in open {
        let (facts, facts_digest) =
            selections.entry((recipe.exclude.as_slice(), recipe.verbatim)).or_insert_with(|| {
                let facts = recipe.facts(&task.product);
                let digest = facts.digest();
                (Arc::new(facts), digest)
            });
        let fingerprint = fingerprint(recipe, *facts_digest, &task.locale, voice.map(|voice| voice.digest));
        let voice = voice.map(|voice| voice.digest);
        let reason = reason(task, document, recipe, fingerprint, *facts_digest).filter(|reason| {
            *reason != Reason::Facts || !rests(document, recipe, facts, &task.locale, voice)
        });
        let list = if reason.is_some() { &mut due } else { &mut settled };
        list.push(DueRecipe {
            recipe: Arc::clone(recipe),
            facts: Arc::clone(facts),
            fingerprint,
            facts_digest: *facts_digest,
            reason: reason.unwrap_or(Reason::Policy),
        });
    }
    let again =
        document.filter(|_| due.is_empty()).and_then(|document| to_check_again(document, settled, policy));
    if let Some((recipes, operation)) = again {
        return Plan::Due(Due {
            task: task.clone(),
            recipes,
            written_by: Some(operation),
            note: None,
            shoppers: None,
        });
    }
    if due.is_empty() {
        let advance = document.is_some_and(|document| after(task, document));
        return Plan::Unchanged(Unchanged { task: task.clone(), advance });
    }
    let rejected = document.and_then(|document| document.rejected.as_ref());
    let concerned =
        |rejected: &&Rejected| due.iter().any(|due| rejected.recipes.contains_key(&due.recipe.name));
    let note = rejected
        .filter(concerned)
        .filter(|rejected| !rejected.note.is_empty())
        .map(|own| own.note.as_str().into());
    Plan::Due(Due { task: task.clone(), recipes: due, written_by: None, note, shoppers: None })
}

/// Whether the task's facts come before those of the document.
fn before(task: &Task, document: &Document) -> bool {
    let tied = task.version == document.product_version;
    task.version < document.product_version
        || (tied && document.facts_of.as_ref().is_some_and(|facts_of| task.facts_of < *facts_of))
}

/// Whether the task's facts come after those of the document.
fn after(task: &Task, document: &Document) -> bool {
    let tied = task.version == document.product_version;
    task.version > document.product_version
        || (tied && document.facts_of.as_ref().is_some_and(|facts_of| task.facts_of > *facts_of))
}

fn reason(
    task: &Task,
    document: Option<&Document>,
    recipe: &Recipe,
    fingerprint: Digest,
    facts: Digest,
) -> Option<Reason> {
    if task.force {
        return Some(Reason::Forced);
    }
    let Some(document) = document else { return Some(Reason::Missing) };
    let published = document.recipes.get(&recipe.name);
    let held = document.held.as_ref().and_then(|held| held.recipes.get(&recipe.name));
    let known = [held, published];
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
        same |= state.fingerprint == fingerprint;
        same_facts |= state.facts == facts;
    }
    match (same, same_facts) {
        (true, _) => None,
        (false, false) => Some(Reason::Facts),
        (false, true) => task.config_changes.then_some(Reason::Config),
    }
}

/// Whether a text stands although facts changed: its recipe goes by the evidence, and no attribute that a sentence
/// rests on changed, nor did the recipe or the voice.
fn rests(
    document: Option<&Document>,
    recipe: &Recipe,
    facts: &Facts,
    locale: &Locale,
    voice: Option<Digest>,
) -> bool {
    if recipe.due != DueOn::Evidence {
        return false;
    }
    let held = document.and_then(|document| document.held.as_ref()?.recipes.get(&recipe.name));
    let newest = held.or_else(|| document.and_then(|document| document.recipes.get(&recipe.name)));
    newest.is_some_and(|state| {
        // A text that rests on nothing would stand for ever.
        !state.rests_on.is_empty()
            && fingerprint(recipe, state.facts, locale, voice) == state.fingerprint
            && state.rests_on.iter().all(|(name, value)| facts.value_digest(name) == Some(*value))
    })
}

/// The recipes of one operation whose text passed other policies than those in force.
///
/// A text of an older fingerprint that waits for a job is left alone: it is about to be written anew.
fn to_check_again(
    document: &Document,
    settled: Vec<DueRecipe>,
    policy: Digest,
) -> Option<(Vec<DueRecipe>, OperationId)> {
    let state = |due: &DueRecipe| {
        let held = document.held.as_ref().and_then(|held| held.recipes.get(&due.recipe.name));
        held.or_else(|| document.recipes.get(&due.recipe.name))
            .filter(|state| state.fingerprint == due.fingerprint)
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

fn fingerprint(recipe: &Recipe, facts: Digest, locale: &Locale, voice: Option<Digest>) -> Digest {
    Digest::of(&[
        facts.as_bytes(),
        locale.as_str().as_bytes(),
        recipe.digest.as_bytes(),
        voice.as_ref().map_or(&[], |voice| voice.as_bytes().as_slice()),
        recipe.model.as_bytes(),
    ])
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::config::Config;
    use crate::content::{HeldPointer, Provenance, RecipeState, Usage};
    use crate::recipe::Recipes;

    fn policy() -> Digest {
        Digest::of(&[b"policy"])
    }

    fn recipes() -> Recipes {
        Recipes::load(&Config::defaults().unwrap().recipes).unwrap()
    }

    fn facts_of(second: i64) -> FactsOf {
        FactsOf { occurred_at: Timestamp::from_second(second).unwrap(), message_id: "f".into() }
    }

    fn task(message: &str, version: u64, material: &str) -> Task {
        let product = serde_json::from_value(serde_json::json!({ "sku": "A", "title": "Mug", "attributes": { "material": material, "price": version } })).unwrap();
        Task {
            product: Arc::new(product),
            version,
            facts_of: facts_of(0),
            lane: Lane::Updates,
            locale: "en-US".parse().unwrap(),
            message_id: message.into(),
            job: None,
            force: false,
            config_changes: false,
            version_tie: false,
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
                message_id: String::new(),
                operation: task.operation(),
                digital_source_type: String::new(),
                reviewer: None,
                editor: None,
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
            recipes: states.collect(),
            locks: vec![],
            operations: vec![task.operation()],
            held: None,
            rejected: None,
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
            Plan::AlreadyStored { revision, .. } => format!("stored {revision}"),
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

    /// A recipe as it was loaded.
    fn copy(of: &Recipe) -> Recipe {
        Recipe {
            name: of.name.clone(),
            version: of.version.clone(),
            model: of.model.clone(),
            languages: of.languages.clone(),
            exclude: of.exclude.clone(),
            due: of.due,
            join: of.join.clone(),
            untrue: of.untrue.clone(),
            verbatim: of.verbatim,
            interactive: of.interactive,
            questions: of.questions,
            limits: Vec::new(),
            schema: of.schema.clone(),
            validator: crate::recipe::Validator::new(&of.schema).unwrap(),
            digest: of.digest,
            contact_attributes: Arc::clone(&of.contact_attributes),
        }
    }

    #[test]
    fn a_recipe_that_goes_by_the_evidence_is_due_only_where_what_its_sentences_rest_on_changed() {
        let recipes = recipes();
        let mut document = published(&recipes, &task("m1", 5, "clay"));
        let of = |due: DueOn, task: &Task, document: &Document| {
            let shared = recipes.get("seo").unwrap();
            let recipe = Arc::new(Recipe { due, ..copy(shared) });
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
        // What rests on nothing would stand for ever.
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
            operation: task("m2", 6, "glass").operation(),
            product_version: 6,
            recipes: newer.recipes,
        });
        check(&task("m3", 7, "glass"), &document, "unchanged advance=true");
        check(&task("m3", 7, "steel"), &document, "due 3 Facts");
    }

    #[test]
    fn locked_recipes_are_left_alone() {
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
    fn a_change_of_check_policies_alone_has_the_text_checked_again() {
        let mut document = published(&recipes(), &task("m1", 5, "clay"));
        for state in document.recipes.values_mut() {
            state.policy = Digest::of(&[b"older policy"]);
        }
        check(&task("m2", 5, "clay"), &document, "due 3 Policy");
        check(&task("m2", 6, "glass"), &document, "due 3 Facts");
    }
}
