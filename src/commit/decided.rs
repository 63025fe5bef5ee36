//! A person's decision in a commit: it stands in the document from the very write that carries it out, and is copied from
//! there into the log of decisions, so that no crash loses one and none is logged that was not carried out.

use std::collections::BTreeMap;

use super::{Committer, document, queue, swap};
use crate::store::{Condition, ContentStore, ETag, Key, StoreError, StoredObject, save};
use skuscribe_check::content::{
    Decision, Document, HeldPointer, Lock, OperationId, Provenance, Rejected, Standing, State,
};

impl StoredObject for Decision {
    const NAME: &'static str = Decision::SCHEMA;

    fn schema(&self) -> Option<&str> {
        Some(&self.schema)
    }

    fn belongs_to(&self, key: &Key) -> bool {
        matches!(key, Key::Decision { locale, sku, id }
            if *locale == self.locale && *sku == self.sku && *id == self.id)
    }
}

/// A decision that is about to be carried out.
#[derive(Clone, Debug)]
pub struct Deciding {
    /// The decision; how the document stands after it is filled in.
    pub decision: Decision,
    /// Of texts that history has: how they came about, by recipe.
    pub sources: BTreeMap<String, Provenance>,
    /// What changes beside the texts.
    pub beside: BesideTexts,
}

/// What a decision changes beside texts.
#[derive(Clone, Debug)]
pub enum BesideTexts {
    /// Nothing.
    Nothing,
    /// The draft that waits is taken out of the queue.
    Reject(Rejected),
    /// Other recipes are locked.
    Locks {
        /// All that are.
        locks: Vec<String>,
        /// Who locked them and why.
        locked: BTreeMap<String, Lock>,
    },
    /// Everything is as it was.
    Restore(Box<Restored>),
}

/// How a document stood, with the states of the drafts that waited.
#[derive(Clone, Debug)]
pub struct Restored {
    /// How it stood.
    pub standing: Standing,
    /// The drafts that waited.
    pub waiting: Vec<HeldPointer>,
}

/// The document after a decision; its texts are in it already. Pure.
pub(super) fn decided(mut next: Document, deciding: &Deciding, operation: Option<OperationId>) -> Document {
    match &deciding.beside {
        BesideTexts::Nothing => {}
        BesideTexts::Reject(rejected) => {
            let waiting = std::mem::take(&mut next.held_next);
            wait(&mut next, waiting);
            next.rejected = Some(rejected.clone());
        }
        BesideTexts::Locks { locks, locked } => {
            (next.locks, next.locked) = (locks.clone(), locked.clone());
        }
        BesideTexts::Restore(restored) => restore(&mut next, restored),
    }
    let decision = Decision { operation, after: Some(Standing::of(&next)), ..deciding.decision.clone() };
    next.decided = Some(Box::new(decision));
    next
}

fn restore(next: &mut Document, Restored { standing, waiting }: &Restored) {
    let stays = |recipe: &String| standing.published.contains_key(recipe);
    next.content.retain(|recipe, _| stays(recipe));
    next.recipes.retain(|recipe, _| stays(recipe));
    next.quality.retain(|recipe, _| stays(recipe));
    next.evidence.retain(|evidence| stays(&evidence.recipe));
    next.findings.retain(|finding| stays(&finding.recipe));
    wait(next, waiting.clone());
    next.rejected.clone_from(&standing.rejected);
    next.locks.clone_from(&standing.locks);
    next.locked.clone_from(&standing.locked);
    next.state = if next.content.is_empty() { standing.state } else { State::Published };
}

fn wait(next: &mut Document, mut waiting: Vec<HeldPointer>) {
    next.held = (!waiting.is_empty()).then(|| waiting.remove(0));
    next.held_next = waiting;
}

/// Takes off the locks that last only while facts stay as they were, from recipes that were written from others. Pure.
pub(super) fn without_ended_locks(mut next: Document, written: &[&str]) -> Document {
    let ended: Vec<String> = next
        .locked
        .iter()
        .filter(|(recipe, lock)| lock.while_facts.is_some() && written.contains(&recipe.as_str()))
        .map(|(recipe, _)| recipe.clone())
        .collect();
    next.locks.retain(|recipe| !ended.contains(recipe));
    next.locked.retain(|recipe, _| !ended.contains(recipe));
    next
}

/// Has the log of decisions hold the last decision of a document.
pub(super) async fn keep(store: &dyn ContentStore, document: &Document) -> Result<(), StoreError> {
    let Some(decision) = &document.decided else { return Ok(()) };
    let (locale, sku, id) = (decision.locale.clone(), decision.sku.clone(), decision.id.clone());
    // Where it is there already, it is this one.
    save(store, &Key::Decision { locale, sku, id }, decision, Condition::Absent).await.map(|_| ())
}

impl Committer {
    /// Carries out a decision for which no text is to be checked; with an operation it makes a revision. `None` where the
    /// race was lost.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn decide(
        &self,
        (current, etag): (&Document, &ETag),
        deciding: &Deciding,
        operation: Option<OperationId>,
    ) -> Result<Option<Document>, StoreError> {
        let store = &*self.store;
        keep(store, current).await?;
        let mut next = current.clone();
        if let Some(operation) = operation {
            document::touch(&mut next, operation, self.clock.now());
        }
        let next = decided(next, deciding, operation);
        if !swap(store, &next, &Some((current.clone(), etag.clone()))).await? {
            return Ok(None);
        }
        keep(store, &next).await?;
        if (next.state, &next.content) != (current.state, &current.content) {
            self.show(&next).await?;
        }
        queue(store, Some(current), &next, &self.clock).await?;
        Ok(Some(next))
    }

    /// Has the log hold the last decision of a document, where a crash came between.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn keep_decision(&self, document: &Document) -> Result<(), StoreError> {
        keep(&*self.store, document).await
    }
}
