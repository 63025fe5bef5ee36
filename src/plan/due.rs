//! What is due: recipes with their facts, fingerprints and the reason why.

use std::sync::Arc;

use super::task::Task;
use skuscribe_check::content::OperationId;
use skuscribe_check::product::{Digest, Facts, Locale};
use skuscribe_check::recipe::{Recipe, Voice};

/// Why a recipe is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// There is no text yet.
    Missing,
    /// The facts changed.
    Facts,
    /// The recipe, the voice or the model alias changed.
    Config,
    /// It was asked for, whatever is stored.
    Forced,
    /// Only the check policies changed: the text is checked again, without a model call.
    Policy,
    /// A person decides on it, or wrote it.
    Review,
}

impl Reason {
    /// The reason's word, as events have it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Facts => "facts",
            Self::Config => "config",
            Self::Forced => "forced",
            Self::Policy => "policy",
            Self::Review => "review",
        }
    }
}

/// A recipe that is due.
#[derive(Clone, Debug)]
pub struct DueRecipe {
    pub(crate) recipe: Arc<Recipe>,
    pub(crate) facts: Arc<Facts>,
    pub(crate) fingerprint: Digest,
    pub(crate) facts_digest: Digest,
    /// The fingerprint as it was before internal attributes were kept back, where the product has some.
    pub(crate) before: Option<Digest>,
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
    /// A call for a task that no recipe asks for: it is billed to the task, and writes nothing.
    #[must_use]
    pub fn without_recipe(task: Task) -> Self {
        Self { task, recipes: Vec::new(), written_by: None, note: None, shoppers: None }
    }

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

    /// Their names.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.recipes.iter().map(|due| due.recipe.name.as_str()).collect()
    }

    /// Why they are due: where reasons differ, the one that comes first in [`Reason`].
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        self.recipes.iter().map(|due| due.reason).min()
    }

    /// Their names and fingerprints.
    #[must_use]
    pub fn fingerprints(&self) -> Vec<(&str, Digest)> {
        self.recipes.iter().map(|due| (due.recipe.name.as_str(), due.fingerprint)).collect()
    }

    /// Whether drafts that were made for `other` serve this as well: the same recipes, from the same fingerprints.
    #[must_use]
    pub fn is_part_of(&self, other: &Self) -> bool {
        let made = other.fingerprints();
        self.fingerprints().iter().all(|fingerprint| made.contains(fingerprint))
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

/// What a recipe may use of a task's product, and what a fingerprint is made of.
#[derive(Clone, Debug)]
pub(super) struct SelectedFacts {
    pub(super) facts: Arc<Facts>,
    /// The digest of the facts as their publisher states them.
    pub(super) digest: Digest,
    /// The digest of what the shop's labels, units and translations make of them; `None` where they are the same.
    pub(super) labels: Option<Digest>,
}

impl SelectedFacts {
    pub(super) fn of(recipe: &Recipe, task: &Task) -> Self {
        let facts = Arc::new(recipe.facts(&task.product));
        if Arc::ptr_eq(&task.product, &task.stated) {
            let digest = facts.digest();
            return Self { facts, digest, labels: None };
        }
        let stated = recipe.facts(&task.stated);
        Self { digest: stated.digest(), labels: facts.difference(&stated), facts }
    }

    pub(super) fn fingerprint(&self, recipe: &Recipe, locale: &Locale, voice: Option<Digest>) -> Digest {
        self.fingerprint_with(self.digest, recipe, locale, voice)
    }

    /// Equal fingerprint, equal text: nothing is due. Of a product that no label of the shop concerns it is what it was before
    /// there were any.
    pub(super) fn fingerprint_with(
        &self,
        facts: Digest,
        recipe: &Recipe,
        locale: &Locale,
        voice: Option<Digest>,
    ) -> Digest {
        let parts: [&[u8]; 5] = [
            facts.as_bytes(),
            locale.as_str().as_bytes(),
            recipe.digest.as_bytes(),
            voice.as_ref().map_or(&[], |voice| voice.as_bytes().as_slice()),
            recipe.model.as_bytes(),
        ];
        match &self.labels {
            None => Digest::of(&parts),
            Some(labels) => Digest::of(&[&parts[..], &[labels.as_bytes().as_slice()]].concat()),
        }
    }
}

/// The digest of a voice, as fingerprints take it.
#[must_use]
pub fn voice_digest(voice: Option<&Arc<Voice>>) -> Option<Digest> {
    voice.map(|voice| voice.digest)
}
