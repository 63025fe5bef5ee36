//! What a person decides on: the recipes of a held draft, compared with the facts as they are now. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::due::{Due, DueRecipe, Reason, SelectedFacts};
use super::task::Task;
use skuscribe_check::content::RecipeState;
use skuscribe_check::product::Digest;
use skuscribe_check::recipe::Recipe;

/// Whether a held draft still matches the facts.
#[derive(Debug)]
pub enum HeldState {
    /// It was written from these very facts.
    Current(Box<Due>),
    /// The facts changed since.
    Superseded,
    /// One of its recipes does not exist any more.
    Unknown(String),
}

/// The drafts of recipe states, as something that is due: with the fingerprints that they have.
#[must_use]
pub fn standing(
    task: &Task,
    states: &BTreeMap<String, RecipeState>,
    recipe: impl Fn(&str) -> Option<Arc<Recipe>>,
) -> HeldState {
    let mut recipes = Vec::with_capacity(states.len());
    for (name, state) in states {
        let Some(recipe) = recipe(name) else { return HeldState::Unknown(name.clone()) };
        let SelectedFacts { facts, digest: facts_digest, .. } = SelectedFacts::of(&recipe, task);
        if facts_digest != state.facts {
            return HeldState::Superseded;
        }
        let fingerprint = state.fingerprint;
        recipes.push(DueRecipe {
            recipe,
            facts,
            fingerprint,
            facts_digest,
            before: None,
            reason: Reason::Review,
        });
    }
    let due = Due { task: task.clone(), recipes, written_by: None, note: None, shoppers: None };
    HeldState::Current(Box::new(due))
}

/// Recipes whose texts a person rewrites, from the facts as they are now.
#[must_use]
pub fn rewritten(task: &Task, recipes: Vec<Arc<Recipe>>, voice: Option<Digest>) -> Due {
    let due = |recipe: Arc<Recipe>| {
        let selected = SelectedFacts::of(&recipe, task);
        let fingerprint = selected.fingerprint(&recipe, &task.locale, voice);
        let SelectedFacts { facts, digest: facts_digest, .. } = selected;
        DueRecipe { recipe, facts, fingerprint, facts_digest, before: None, reason: Reason::Review }
    };
    Due {
        task: task.clone(),
        recipes: recipes.into_iter().map(due).collect(),
        written_by: None,
        note: None,
        shoppers: None,
    }
}
