//! Taking decisions back: the document stands again as it stood, every text that comes back checked anew.

use std::collections::BTreeMap;

use super::editing::storable;
use super::log::last_of_person;
use super::{Act, ReviewError};
use crate::commit::{BesideTexts, Deciding, Restored, Stored};
use crate::pipeline::{Pipeline, RACES_MAX};
use crate::plan::{brought_back, operation_id};
use crate::store::{ETag, Key, load};
use skuscribe_check::check::Review;
use skuscribe_check::content::{
    Decision, DecisionId, DecisionKind, Document, Draft, DraftOrigin, Drafts, HeldPointer, HistoryEntry,
    OperationId, RecipeState, Standing, WaitingDraft,
};

/// Most decisions that are walked back through.
const STEPS_MAX: usize = 1_000;

/// The result of taking a decision back.
#[derive(Debug)]
pub struct Undone {
    /// The decision that was taken back.
    pub decision: Decision,
    /// The revision that it made; none where only locks changed.
    pub stored: Option<Stored>,
}

/// Whether a document stands as it stood.
enum Again {
    /// Another writer was first.
    Lost,
    /// It does, without a revision.
    Stands,
    /// It does, as this revision.
    Stored(Stored),
}

/// Texts that history has, as they are published again.
pub(super) struct KeptTexts {
    pub(super) drafts: Vec<Draft>,
    pub(super) states: BTreeMap<String, RecipeState>,
}

impl Pipeline {
    /// Takes the last decision on a (SKU, locale) back that was not taken back yet: what was published before is published
    /// again, after every check, and what waited waits again. With `named`, only if it is that one, and once however often it
    /// is asked for: callers that may ask again name it.
    ///
    /// # Errors
    /// When there is none, something newer stands on it, a text that would come back is blocked now, or the store does not
    /// answer.
    pub async fn undo(&self, act: Act<'_>, named: Option<&DecisionId>) -> Result<Undone, ReviewError> {
        act.validate()?;
        for _ in 0..RACES_MAX {
            let (document, etag) = self.reviewed_document(act.sku, act.locale).await?;
            if let Some(named) = named.filter(|named| is_done(&document, act.by, named)) {
                let decision = self.kept_decision(&document, named).await?;
                let makes_revision = decision.before.as_ref().map(|before| before.revision)
                    != decision.after.as_ref().map(|after| after.revision);
                let stored = self.done_before(&document, &format!("undo-{named}")).await?;
                return Ok(Undone { decision, stored: makes_revision.then_some(stored) });
            }
            let decision = self.last_decision(&document).await?;
            if let Some(named) = named.filter(|named| **named != decision.id) {
                let Decision { id: last, kind, by, .. } = decision;
                return Err(ReviewError::NotLast { named: named.to_string(), last, kind, by: by.id });
            }
            let Some(before) = decision.before.clone() else { return Err(nothing(&document)) };
            let waiting = self.waited(&document, &before.waiting).await?;
            let restored = Restored { standing: before, waiting };
            let beside = BesideTexts::Restore(Box::new(restored.clone()));
            let mut deciding = self.deciding(DecisionKind::Undo, act, &document, beside);
            deciding.decision.undoes = Some(decision.id.clone());
            deciding.decision.recipes.clone_from(&decision.recipes);
            deciding.decision.draft = decision.draft;
            let message_id = format!("undo-{}-{}", decision.id, document.revision);
            match self.stand_again((document, etag), &restored.standing, deciding, &message_id).await? {
                Again::Lost => {}
                Again::Stands => return Ok(Undone { decision, stored: None }),
                Again::Stored(stored) => {
                    let stored = Some(self.announce_decision(stored, &message_id).await?);
                    return Ok(Undone { decision, stored });
                }
            }
        }
        Err(ReviewError::Races)
    }

    async fn stand_again(
        &self,
        (document, etag): (Document, ETag),
        before: &Standing,
        mut deciding: Deciding,
        message_id: &str,
    ) -> Result<Again, ReviewError> {
        let now = Standing::of(&document);
        let differs =
            |(recipe, operation): &(&String, &OperationId)| now.published.get(*recipe) != Some(operation);
        let texts: BTreeMap<String, OperationId> = before
            .published
            .iter()
            .filter(differs)
            .map(|(recipe, operation)| (recipe.clone(), *operation))
            .collect();
        if texts.is_empty() {
            let operation = operation_id(message_id, &document.locale);
            let makes_revision = (&before.published, &before.waiting) != (&now.published, &now.waiting);
            let operation = makes_revision.then_some(operation);
            let next = self.committer.decide((&document, &etag), &deciding, operation).await?;
            return Ok(match next {
                None => Again::Lost,
                Some(next) if makes_revision => Again::Stored(Stored::already(&next)),
                Some(_) => Again::Stands,
            });
        }
        let task = self.review_task(&document.sku, &document.locale, message_id).await?;
        let KeptTexts { drafts, states } = self.kept_texts(&document, &texts).await?;
        let due = brought_back(&task, &states, |name| self.recipes.get(name).cloned());
        let due =
            due.map_err(|unknown| ReviewError::Unfit(format!("there is no recipe {unknown} any more")))?;
        deciding.sources = states.into_iter().map(|(recipe, state)| (recipe, state.provenance)).collect();
        let drafts = Drafts::new(drafts, String::new(), DraftOrigin::new(self.clock.now()));
        let by = deciding.decision.by.id.clone();
        let verdict = self.checked_by_person(due, drafts, Review::Approved(&by), &document);
        storable(&verdict)?;
        let stored = self.committed(&verdict, document, etag, &deciding).await?;
        Ok(stored.map_or(Again::Lost, Again::Stored))
    }

    /// The last decision on a document that was not taken back, if nothing newer stands on it.
    async fn last_decision(&self, document: &Document) -> Result<Decision, ReviewError> {
        let mut revision = document.revision;
        let mut last = document.decided.as_deref().cloned();
        for _ in 0..STEPS_MAX {
            let Some(decision) = last else { break };
            let after = decision.after.as_ref().map_or(0, |after| after.revision);
            if after != revision {
                let Decision { kind, by, .. } = decision;
                return Err(ReviewError::Overtaken { kind, by: by.id, then: after, now: revision });
            }
            let Some(undone) = &decision.undoes else { return Ok(decision) };
            let undone = self.kept_decision(document, undone).await?;
            revision = undone.before.as_ref().map_or(0, |before| before.revision);
            last = match &undone.previous {
                Some(previous) => Some(self.kept_decision(document, previous).await?),
                None => None,
            };
        }
        Err(nothing(document))
    }

    async fn kept_decision(&self, document: &Document, id: &DecisionId) -> Result<Decision, ReviewError> {
        let (locale, sku) = (document.locale.clone(), document.sku.clone());
        let key = Key::Decision { locale, sku, id: id.clone() };
        let kept = load::<Decision>(&*self.store, &key).await?;
        let missing = || ReviewError::Unfit(format!("{} is not in the store", key.path()));
        Ok(kept.ok_or_else(missing)?.0)
    }

    /// Drafts that waited, as a document points at them.
    async fn waited(
        &self,
        document: &Document,
        waiting: &[WaitingDraft],
    ) -> Result<Vec<HeldPointer>, ReviewError> {
        let mut all = Vec::with_capacity(waiting.len());
        for WaitingDraft { operation, recipes } in waiting {
            let known = document.held.iter().chain(&document.held_next);
            let known = known.filter(|held| WaitingDraft::from(*held).recipes == *recipes);
            if let Some(held) = known.into_iter().find(|held| held.operation == *operation) {
                all.push(held.clone());
                continue;
            }
            let HistoryEntry { product_version, mut recipes, .. } = self.body(document, *operation).await?;
            recipes.retain(|recipe, _| waiting_recipe(waiting, *operation, recipe));
            all.push(HeldPointer { operation: *operation, product_version, recipes });
        }
        Ok(all)
    }

    /// The texts of recipes, each by the operation that wrote it.
    pub(super) async fn kept_texts(
        &self,
        document: &Document,
        texts: &BTreeMap<String, OperationId>,
    ) -> Result<KeptTexts, ReviewError> {
        let mut bodies: BTreeMap<OperationId, HistoryEntry> = BTreeMap::new();
        let mut kept = KeptTexts { drafts: Vec::new(), states: BTreeMap::new() };
        for (recipe, operation) in texts {
            if !bodies.contains_key(operation) {
                bodies.insert(*operation, self.body(document, *operation).await?);
            }
            let body = bodies.get(operation);
            let draft = body.and_then(|body| body.drafts.iter().find(|draft| draft.recipe == *recipe));
            let state = body.and_then(|body| body.recipes.get(recipe));
            let (Some(draft), Some(state)) = (draft, state) else {
                return Err(ReviewError::Unfit(format!(
                    "history keeps no {recipe} of operation {operation}"
                )));
            };
            kept.drafts.push(draft.clone());
            kept.states.insert(recipe.clone(), state.clone());
        }
        Ok(kept)
    }
}

/// Whether the last decision on a document took that one back, by this person: its answer or its event got lost.
fn is_done(document: &Document, by: &str, named: &DecisionId) -> bool {
    let last = last_of_person(document, DecisionKind::Undo, by);
    last.is_some_and(|decided| decided.undoes.as_ref() == Some(named))
}

fn waiting_recipe(waiting: &[WaitingDraft], operation: OperationId, recipe: &String) -> bool {
    waiting.iter().any(|draft| draft.operation == operation && draft.recipes.contains(recipe))
}

fn nothing(document: &Document) -> ReviewError {
    ReviewError::NothingToUndo { sku: document.sku.clone(), locale: document.locale.clone() }
}
