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
    match of_states(task, states, recipe) {
        Ok((due, true)) => HeldState::Current(Box::new(due)),
        Ok((_, false)) => HeldState::Superseded,
        Err(unknown) => HeldState::Unknown(unknown),
    }
}

/// The texts of recipe states, as something that is due again whatever became of the facts: they stay made from what they
/// were made from.
///
/// # Errors
/// The name of a recipe that does not exist any more.
pub fn brought_back(
    task: &Task,
    states: &BTreeMap<String, RecipeState>,
    recipe: impl Fn(&str) -> Option<Arc<Recipe>>,
) -> Result<Due, String> {
    of_states(task, states, recipe).map(|(due, _)| due)
}

/// What is due of recipe states, and whether the facts are still those that they were made from.
fn of_states(
    task: &Task,
    states: &BTreeMap<String, RecipeState>,
    recipe: impl Fn(&str) -> Option<Arc<Recipe>>,
) -> Result<(Due, bool), String> {
    let mut recipes = Vec::with_capacity(states.len());
    let mut is_current = true;
    for (name, state) in states {
        let recipe = recipe(name).ok_or_else(|| name.clone())?;
        let SelectedFacts { facts, digest, .. } = SelectedFacts::of(&recipe, task);
        is_current &= digest == state.facts;
        recipes.push(DueRecipe {
            recipe,
            facts,
            fingerprint: state.fingerprint,
            facts_digest: state.facts,
            before: None,
            reason: Reason::Review,
        });
    }
    let due = Due { task: task.clone(), recipes, written_by: None, note: None, shoppers: None };
    Ok((due, is_current))
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
