//! What a person decides on a text as it is: approve, reject, lock.

use super::{ReviewDecision, ReviewError, blocking, names};
use crate::commit::{Stored, lock, reject};
use crate::pipeline::{Pipeline, RACES_MAX};
use crate::plan::{HeldState, operation_id, standing};
use skuscribe_check::check::Review;
use skuscribe_check::content::{Document, Drafts, OperationId, RecipeState, Rejected, ReviewOutcome, State};
use skuscribe_check::product::{Locale, Sku};

impl Pipeline {
    /// Publishes the draft that waits on a person's word, after every check ran on it again.
    ///
    /// # Errors
    /// When it does not wait any more, its facts changed, something blocks it, or the store does not answer. What is
    /// approved twice by the same person is announced again.
    pub async fn approve(&self, decision: ReviewDecision<'_>) -> Result<Stored, ReviewError> {
        let ReviewDecision { sku, locale, draft, by } = decision;
        for _ in 0..RACES_MAX {
            let (document, etag) = self.reviewed_document(sku, locale).await?;
            let superseded = || ReviewError::Superseded { draft: draft.to_owned() };
            let Some(held) = document.held.clone().filter(|held| names(held.operation, draft)) else {
                if !was_approved(&document, draft, by) {
                    return Err(superseded());
                }
                self.committer.tidy(&document).await?;
                let stored = Stored::already(&document);
                return self.announce_decision(stored, &format!("approve-{draft}")).await;
            };
            let history = self.history(&document, held.operation).await?;
            let task = self.review_task(sku, locale, &approval(held.operation)).await?;
            let due = match standing(&task, &held.recipes, |name| self.recipes.get(name).cloned()) {
                HeldState::Current(due) => *due,
                HeldState::Superseded => return Err(ReviewError::FactsChanged { draft: draft.to_owned() }),
                HeldState::Unknown(recipe) => {
                    return Err(ReviewError::Unfit(format!(
                        "there is no recipe {recipe} any more; reject the draft"
                    )));
                }
            };
            let drafts = Drafts::kept(&history, &due.fingerprints()).ok_or_else(superseded)?;
            let drafts = drafts.reviewed_by(&self.reviewer(by, ReviewOutcome::Approved));
            let verdict = self.checked_by_person(due, drafts, Review::Approved(by), &document);
            if !verdict.is_publish() {
                return Err(ReviewError::Blocked { findings: blocking(&verdict) });
            }
            if let Some(stored) = self.committed(&verdict, document, etag).await? {
                let message_id = approval(held.operation);
                return self.announce_decision(stored, &message_id).await;
            }
        }
        Err(ReviewError::Races)
    }

    /// Takes a draft out of the queue; the model sees its note when the recipes are written again. Gives the recipes.
    ///
    /// # Errors
    /// When it does not wait any more, or the store does not answer.
    pub async fn reject(&self, decision: ReviewDecision<'_>, note: &str) -> Result<Vec<String>, ReviewError> {
        let ReviewDecision { sku, locale, draft, by } = decision;
        for _ in 0..RACES_MAX {
            let (document, etag) = self.reviewed_document(sku, locale).await?;
            let Some(held) = document.held.as_ref().filter(|held| names(held.operation, draft)) else {
                return match &document.rejected {
                    // Rejected before, and the answer got lost.
                    Some(rejected) if names(rejected.operation, draft) && rejected.reviewer == by => {
                        Ok(rejected.recipes.keys().cloned().collect())
                    }
                    _ => Err(ReviewError::Superseded { draft: draft.to_owned() }),
                };
            };
            let operation = operation_id(&format!("reject-{}", held.operation), locale);
            let fingerprints = |(name, state): (&String, &RecipeState)| (name.clone(), state.fingerprint);
            let rejected = Rejected {
                operation: held.operation,
                recipes: held.recipes.iter().map(fingerprints).collect(),
                reviewer: by.to_owned(),
                note: note.to_owned(),
                at: self.clock.now(),
            };
            let recipes = rejected.recipes.keys().cloned().collect();
            if reject(&*self.store, (&document, &etag), rejected, operation, &self.clock).await?.is_some() {
                return Ok(recipes);
            }
        }
        Err(ReviewError::Races)
    }

    /// Locks recipes of a document, so that no machine rewrites them, or unlocks them. Gives what is locked now.
    ///
    /// # Errors
    /// When there is no document, a recipe is not in it, or the store does not answer.
    pub async fn lock(
        &self,
        sku: &Sku,
        locale: &Locale,
        recipes: &[String],
        on: bool,
    ) -> Result<Vec<String>, ReviewError> {
        for _ in 0..RACES_MAX {
            let (document, etag) = self.reviewed_document(sku, locale).await?;
            let known: Vec<&String> = document.recipes.keys().chain(&document.locks).collect();
            if let Some(unknown) =
                recipes.iter().find(|recipe| !known.contains(recipe) && self.recipes.get(recipe).is_none())
            {
                return Err(ReviewError::Unfit(format!("there is no recipe {unknown:?}")));
            }
            let meant: Vec<String> =
                if recipes.is_empty() { known.into_iter().cloned().collect() } else { recipes.to_vec() };
            let mut locks = document.locks.clone();
            locks.retain(|lock| !meant.contains(lock));
            if on {
                locks.extend(meant);
            }
            locks.sort_unstable();
            locks.dedup();
            if lock(&*self.store, (&document, &etag), locks.clone()).await? {
                return Ok(locks);
            }
        }
        Err(ReviewError::Races)
    }
}

/// The message that the approval of a draft counts as.
fn approval(operation: OperationId) -> String {
    format!("approve-{operation}")
}

/// Whether the last operation on a document was this person's approval of this draft: its answer or its event got lost.
fn was_approved(document: &Document, draft: &str, by: &str) -> bool {
    let drafts = document.operations.iter().filter(|operation| names(**operation, draft));
    let approvals: Vec<OperationId> =
        drafts.map(|operation| operation_id(&approval(*operation), &document.locale)).collect();
    let approved = document.recipes.values().any(|state| {
        let operation = state.provenance.operation;
        state.provenance.reviewer.as_deref() == Some(by)
            && document.operations.last() == Some(&operation)
            && approvals.contains(&operation)
    });
    approved && document.state == State::Published
}
