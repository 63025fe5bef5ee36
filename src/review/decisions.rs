//! What a person decides on a text as it is: approve, reject, lock.

use super::log::last_of_person;
use super::{Act, ReviewDecision, ReviewError, blocking, names};
use crate::check::Verdict;
use crate::commit::{BesideTexts, Stored};
use crate::pipeline::{Pipeline, RACES_MAX};
use crate::plan::{HeldState, operation_id, standing};
use skuscribe_check::check::Review;
use skuscribe_check::content::{
    DecisionKind, Document, Drafts, HeldPointer, Lock, OperationId, RecipeState, Rejected, ReviewOutcome,
    State,
};

impl Pipeline {
    /// Publishes the draft that waits on a person's word, after every check ran on it again.
    ///
    /// # Errors
    /// When it does not wait any more, its facts changed, something blocks it, or the store does not answer. What is
    /// approved twice by the same person is announced again.
    pub async fn approve(&self, decision: ReviewDecision<'_>) -> Result<Stored, ReviewError> {
        let ReviewDecision { sku, locale, draft, by, .. } = decision;
        decision.act().validate()?;
        for _ in 0..RACES_MAX {
            let (document, etag) = self.reviewed_document(sku, locale).await?;
            let superseded = || ReviewError::Superseded { draft: draft.to_owned() };
            let Some(held) = document.held.clone().filter(|held| names(held.operation, draft)) else {
                if !was_approved(&document, draft, by) {
                    return Err(superseded());
                }
                return self.done_before(&document, &format!("approve-{draft}")).await;
            };
            let mut deciding =
                self.deciding(DecisionKind::Approve, decision.act(), &document, BesideTexts::Nothing);
            deciding.decision.draft = Some(held.operation);
            deciding.decision.recipes = held.recipes.keys().cloned().collect();
            let message_id = approval(held.operation, document.revision);
            let verdict = self.approved(decision, &document, &held, &message_id).await?;
            if let Some(stored) = self.committed(&verdict, document, etag, &deciding).await? {
                return self.announce_decision(stored, &message_id).await;
            }
        }
        Err(ReviewError::Races)
    }

    /// Whether a draft that waits would be published if it were approved now; nothing is changed.
    ///
    /// # Errors
    /// As [`Pipeline::approve`].
    pub(super) async fn would_publish(&self, decision: ReviewDecision<'_>) -> Result<(), ReviewError> {
        let (document, _) = self.reviewed_document(decision.sku, decision.locale).await?;
        let held = document.held.as_ref().filter(|held| names(held.operation, decision.draft));
        let superseded = || ReviewError::Superseded { draft: decision.draft.to_owned() };
        let held = held.ok_or_else(superseded)?;
        let message_id = approval(held.operation, document.revision);
        self.approved(decision, &document, held, &message_id).await.map(|_| ())
    }

    /// The verdict on a draft as it waits, once a person approves it; it publishes.
    async fn approved(
        &self,
        decision: ReviewDecision<'_>,
        document: &Document,
        held: &HeldPointer,
        message_id: &str,
    ) -> Result<Verdict, ReviewError> {
        let ReviewDecision { sku, locale, draft, by, .. } = decision;
        let history = self.history(document, held.operation).await?;
        let task = self.review_task(sku, locale, message_id).await?;
        let due = match standing(&task, &held.recipes, |name| self.recipes.get(name).cloned()) {
            HeldState::Current(due) => *due,
            HeldState::Superseded => return Err(ReviewError::FactsChanged { draft: draft.to_owned() }),
            HeldState::Unknown(recipe) => {
                return Err(ReviewError::Unfit(format!(
                    "there is no recipe {recipe} any more; reject the draft"
                )));
            }
        };
        let drafts = Drafts::kept(&history, &due.fingerprints());
        let drafts = drafts.ok_or_else(|| ReviewError::Superseded { draft: draft.to_owned() })?;
        let drafts = drafts.reviewed_by(&self.reviewer(by, ReviewOutcome::Approved));
        let verdict = self.checked_by_person(due, drafts, Review::Approved(by), document);
        if !verdict.is_publish() {
            return Err(ReviewError::Blocked { findings: blocking(&verdict) });
        }
        Ok(verdict)
    }

    /// Takes a draft out of the queue; the model sees its note when the recipes are written again. Gives the recipes.
    ///
    /// # Errors
    /// When it does not wait any more, or the store does not answer.
    pub async fn reject(&self, decision: ReviewDecision<'_>, note: &str) -> Result<Vec<String>, ReviewError> {
        let ReviewDecision { sku, locale, draft, by, .. } = decision;
        let act = Act { why: Some(note), ..decision.act() };
        act.validate()?;
        for _ in 0..RACES_MAX {
            let (document, etag) = self.reviewed_document(sku, locale).await?;
            let Some(held) = document.held.as_ref().filter(|held| names(held.operation, draft)) else {
                return match &document.rejected {
                    // Rejected before, and the answer got lost.
                    Some(rejected) if names(rejected.operation, draft) && rejected.reviewer == by => {
                        self.committer.tidy(&document).await?;
                        Ok(rejected.recipes.keys().cloned().collect())
                    }
                    _ => Err(ReviewError::Superseded { draft: draft.to_owned() }),
                };
            };
            let operation = operation_id(&format!("reject-{}-{}", held.operation, document.revision), locale);
            let fingerprints = |(name, state): (&String, &RecipeState)| (name.clone(), state.fingerprint);
            let rejected = Rejected {
                operation: held.operation,
                recipes: held.recipes.iter().map(fingerprints).collect(),
                reviewer: by.to_owned(),
                note: note.to_owned(),
                at: self.clock.now(),
            };
            let recipes: Vec<String> = rejected.recipes.keys().cloned().collect();
            let beside = BesideTexts::Reject(rejected);
            let mut deciding = self.deciding(DecisionKind::Reject, act, &document, beside);
            deciding.decision.draft = Some(held.operation);
            deciding.decision.recipes.clone_from(&recipes);
            if self.committer.decide((&document, &etag), &deciding, Some(operation)).await?.is_some() {
                return Ok(recipes);
            }
        }
        Err(ReviewError::Races)
    }

    /// Locks recipes of a document, so that no machine rewrites them, or unlocks them. Gives what is locked now.
    ///
    /// # Errors
    /// When there is no document, a recipe is not in it, or the store does not answer.
    pub async fn lock(&self, act: Act<'_>, recipes: &[String], on: bool) -> Result<Vec<String>, ReviewError> {
        act.validate()?;
        let Act { sku, locale, .. } = act;
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
            let concerned = |recipe: &&String| document.locks.contains(recipe) != on;
            let concerned: Vec<String> = meant.iter().filter(concerned).cloned().collect();
            if concerned.is_empty() {
                // Done before, perhaps by this very call, whose answer got lost.
                self.committer.keep_decision(&document).await?;
                return Ok(document.locks);
            }
            let kind = if on { DecisionKind::Lock } else { DecisionKind::Unlock };
            let beside = self.other_locks(&document, act, &concerned, on);
            let mut deciding = self.deciding(kind, act, &document, beside);
            deciding.decision.recipes = concerned;
            if let Some(next) = self.committer.decide((&document, &etag), &deciding, None).await? {
                return Ok(next.locks);
            }
        }
        Err(ReviewError::Races)
    }

    /// The locks of a document after recipes are locked or unlocked.
    fn other_locks(&self, document: &Document, act: Act<'_>, recipes: &[String], on: bool) -> BesideTexts {
        let (mut locks, mut locked) = (document.locks.clone(), document.locked.clone());
        locks.retain(|recipe| !recipes.contains(recipe));
        locked.retain(|recipe, _| !recipes.contains(recipe));
        if on {
            let (by, why, at) = (act.by.to_owned(), act.why.map(str::to_owned), self.clock.now());
            let lock = Lock { by, why, at, while_facts: None };
            locks.extend(recipes.iter().cloned());
            locked.extend(recipes.iter().map(|recipe| (recipe.clone(), lock.clone())));
        }
        locks.sort_unstable();
        BesideTexts::Locks { locks, locked }
    }
}

/// The message that the approval of a draft counts as, at a revision: what is taken back may be approved again.
fn approval(operation: OperationId, revision: u64) -> String {
    format!("approve-{operation}-{revision}")
}

/// Whether the last decision on a document was this person's approval of this draft: its answer or its event got lost.
fn was_approved(document: &Document, draft: &str, by: &str) -> bool {
    let approved = last_of_person(document, DecisionKind::Approve, by).and_then(|decided| decided.draft);
    document.state == State::Published && approved.is_some_and(|operation| names(operation, draft))
}
