//! Bringing texts of an earlier revision back: a new revision by a person, checked like any other text.

use std::collections::BTreeMap;

use super::editing::storable;
use super::log::last_of_person;
use super::revisions::page_at;
use super::undo::KeptTexts;
use super::{Act, ReviewError, WhichRevision};
use crate::commit::{BesideTexts, Stored};
use crate::pipeline::{Pipeline, RACES_MAX};
use crate::plan::{Due, rewritten, voice_digest};
use skuscribe_check::check::Review;
use skuscribe_check::config::review::RevertLock;
use skuscribe_check::content::{
    DecisionKind, Document, Draft, DraftOrigin, Drafts, Lock, OperationId, Provenance, ReviewOutcome,
};
use skuscribe_check::product::Digest;

impl Pipeline {
    /// Publishes the texts of an earlier revision again, of some recipes or of all that differ: after every check, and
    /// locked as `review.revert_lock` says.
    ///
    /// # Errors
    /// When there is no such revision, it is what is published, something blocks a text, or the store does not answer.
    pub async fn revert(
        &self,
        act: Act<'_>,
        to: &WhichRevision,
        recipes: &[String],
    ) -> Result<Stored, ReviewError> {
        act.validate()?;
        for _ in 0..RACES_MAX {
            let (document, etag) = self.reviewed_document(act.sku, act.locale).await?;
            let decisions = self.decisions(act.sku, act.locale).await?;
            let revisions = self.revisions_of(&document, &decisions).await?;
            let place = to.place_in(&revisions)?;
            let number = revisions.get(place).and_then(|revision| revision.revision);
            let texts = match self.reverted(&document, page_at(&revisions, place), recipes).await? {
                Some(texts) => texts,
                None if is_done(&document, act.by, number) => {
                    return self.done_before(&document, &format!("revert-{}", document.revision)).await;
                }
                None => {
                    let nothing = "these texts are what is published; nothing was changed";
                    return Err(ReviewError::Unfit(nothing.to_owned()));
                }
            };
            let named: Vec<String> =
                texts.states.values().map(|state| state.provenance.operation.to_string()).collect();
            let named = Digest::of(&[named.concat().as_bytes(), act.by.as_bytes()]);
            let message_id = format!("revert-{named}-{}", document.revision);
            let task = self.review_task(act.sku, act.locale, &message_id).await?;
            let known = |name: &String| {
                let recipe = self.recipes.get(name).cloned();
                recipe.ok_or_else(|| ReviewError::Unfit(format!("there is no recipe {name} any more")))
            };
            let due_recipes = texts.states.keys().map(known).collect::<Result<Vec<_>, _>>()?;
            let voice = voice_digest(self.recipes.voice(&task.catalog, &task.locale));
            let due = rewritten(&task, due_recipes, voice);
            let beside = self.locks_after(&document, &due, act);
            let mut deciding = self.deciding(DecisionKind::Revert, act, &document, beside);
            deciding.decision.recipes = texts.states.keys().cloned().collect();
            deciding.decision.to_revision = number;
            let reviewer = self.reviewer(act.by, ReviewOutcome::Approved);
            let source = |made: Provenance| Provenance {
                reviewer: Some(act.by.to_owned()),
                reviewed: Some(reviewer.clone()),
                ..made
            };
            let KeptTexts { drafts, states } = texts;
            deciding.sources =
                states.into_iter().map(|(recipe, state)| (recipe, source(state.provenance))).collect();
            let drafts = Drafts::new(drafts, String::new(), DraftOrigin::new(self.clock.now()));
            let verdict = self.checked_by_person(due, drafts, Review::Approved(act.by), &document);
            storable(&verdict)?;
            if let Some(stored) = self.committed(&verdict, document, etag, &deciding).await? {
                return self.announce_decision(stored, &message_id).await;
            }
        }
        Err(ReviewError::Races)
    }

    /// The texts of a page that are not those that are published, if there are any.
    async fn reverted(
        &self,
        document: &Document,
        mut page: BTreeMap<String, OperationId>,
        recipes: &[String],
    ) -> Result<Option<KeptTexts>, ReviewError> {
        if let Some(unknown) = recipes.iter().find(|recipe| !page.contains_key(*recipe)) {
            let known: Vec<&str> = page.keys().map(String::as_str).collect();
            return Err(ReviewError::Unfit(format!(
                "that revision has no text of recipe {unknown:?}; it has {}",
                known.join(", ")
            )));
        }
        let operation_of = |recipe: &str| {
            let published = document.content.contains_key(recipe);
            let state = document.recipes.get(recipe).filter(|_| published);
            state.map(|state| state.provenance.operation)
        };
        page.retain(|recipe, operation| {
            (recipes.is_empty() || recipes.contains(recipe)) && operation_of(recipe) != Some(*operation)
        });
        let mut texts = self.kept_texts(document, &page).await?;
        let mut same = Vec::new();
        for draft in &texts.drafts {
            if self.is_published(document, operation_of(&draft.recipe), draft).await? {
                same.push(draft.recipe.clone());
            }
        }
        texts.drafts.retain(|draft| !same.contains(&draft.recipe));
        texts.states.retain(|recipe, _| !same.contains(recipe));
        Ok((!texts.drafts.is_empty()).then_some(texts))
    }

    /// Whether a draft says what is published.
    async fn is_published(
        &self,
        document: &Document,
        operation: Option<OperationId>,
        draft: &Draft,
    ) -> Result<bool, ReviewError> {
        let Some(operation) = operation else { return Ok(false) };
        let published = self.body_if_kept(document, operation).await?;
        Ok(published.is_some_and(|body| body.drafts.iter().any(|published| published == draft)))
    }

    /// Which recipes are locked after a revert.
    fn locks_after(&self, document: &Document, due: &Due, act: Act<'_>) -> BesideTexts {
        let ends_with_facts = match self.review.revert_lock {
            RevertLock::Never => return BesideTexts::Nothing,
            RevertLock::UntilUnlocked => false,
            RevertLock::UntilFactsChange => true,
        };
        let (mut locks, mut locked) = (document.locks.clone(), document.locked.clone());
        for due in due.recipes() {
            let name = &due.recipe().name;
            if locks.contains(name) && !locked.contains_key(name) {
                // Locked already, until a person unlocks it.
                continue;
            }
            locks.push(name.clone());
            let lock = Lock {
                by: act.by.to_owned(),
                why: act.why.map(str::to_owned),
                at: self.clock.now(),
                while_facts: ends_with_facts.then_some(due.facts_digest),
            };
            locked.insert(name.clone(), lock);
        }
        locks.sort_unstable();
        locks.dedup();
        BesideTexts::Locks { locks, locked }
    }
}

/// Whether the last decision on a document was this person's revert to that revision: its answer or its event got lost.
fn is_done(document: &Document, by: &str, number: Option<u64>) -> bool {
    let last = last_of_person(document, DecisionKind::Revert, by);
    last.is_some_and(|decided| decided.to_revision == number)
}
