//! The revisions of a (SKU, locale), in order: who or what wrote each, and why.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::Serialize;

use super::ReviewError;
use super::log::{READS, folder};
use super::revision::{Revision, RevisionOutcome, Writer};
use crate::pipeline::Pipeline;
use crate::store::{Key, StoreError, load};
use skuscribe_check::content::{Decision, Document, HistoryEntry, OperationId, Standing, State};
use skuscribe_check::product::{Digest, Locale, Sku};

/// Most history objects of a (SKU, locale) that are read.
const HISTORY_MAX: usize = 10_000;

/// What is published of a (SKU, locale), and what waits.
#[derive(Clone, Debug, Serialize)]
pub struct ContentView {
    /// The document: state, revision, published texts, locks.
    pub document: Document,
    /// The drafts that wait, the first of the queue first.
    pub waiting: Vec<HistoryEntry>,
}

impl Pipeline {
    /// What is published of a (SKU, locale), and what waits.
    ///
    /// # Errors
    /// When there is no document, or the store does not answer.
    pub async fn content(&self, sku: &Sku, locale: &Locale) -> Result<ContentView, ReviewError> {
        let (document, _) = self.reviewed_document(sku, locale).await?;
        let mut waiting = Vec::new();
        for held in document.held.iter().chain(&document.held_next) {
            waiting.push(self.history(&document, held.operation).await?);
        }
        Ok(ContentView { document, waiting })
    }

    /// The revisions of a (SKU, locale), the oldest first.
    ///
    /// # Errors
    /// When there is no document, history is too long, or the store does not answer.
    pub async fn revisions(&self, sku: &Sku, locale: &Locale) -> Result<Vec<Revision>, ReviewError> {
        let (document, _) = self.reviewed_document(sku, locale).await?;
        let decisions = self.decisions(sku, locale).await?;
        self.revisions_of(&document, &decisions).await
    }

    pub(super) async fn revisions_of(
        &self,
        document: &Document,
        decisions: &[Decision],
    ) -> Result<Vec<Revision>, ReviewError> {
        let (sku, locale) = (document.sku.clone(), document.locale.clone());
        let folder = folder(&Key::History { locale, sku, operation: Digest::of(&[]) });
        let paths = self.store.list(&folder, HISTORY_MAX + 1).await?;
        if paths.len() > HISTORY_MAX {
            return Err(ReviewError::Unfit(format!(
                "{folder} holds more than {HISTORY_MAX} texts; move the oldest away"
            )));
        }
        let numbers = numbers(document);
        let (now, numbers_ref) = (Standing::of(document), &numbers);
        let keys: Vec<Key> = paths.iter().filter_map(|path| Key::of_path(path)).collect();
        let reads = keys.into_iter().map(|key| async move {
            let entry = load::<HistoryEntry>(&*self.store, &key).await?;
            Ok::<_, StoreError>(entry.and_then(|(entry, _)| written(&entry, document, numbers_ref)))
        });
        let read: Vec<Option<Revision>> = stream::iter(reads).buffered(READS).try_collect().await?;
        let mut revisions: Vec<Revision> = read.into_iter().flatten().collect();
        add_decisions(&mut revisions, decisions);
        for (operation, number) in &numbers {
            if revisions.iter().all(|revision| revision.operation != *operation) {
                let at = (*number == document.revision).then_some(document.updated_at);
                revisions.push(Revision { revision: Some(*number), at, ..without_texts(*operation) });
            }
        }
        for revision in &mut revisions {
            let is_this = |(recipe, operation): (&String, &OperationId)| {
                (*operation == revision.operation).then(|| recipe.clone())
            };
            revision.published = now.published.iter().filter_map(is_this).collect();
            let waiting = now.waiting.iter().filter(|draft| draft.operation == revision.operation);
            revision.waiting = waiting.flat_map(|draft| draft.recipes.clone()).collect();
        }
        revisions.sort_by_key(|revision| (revision.revision.unwrap_or_default(), revision.at));
        Ok(revisions)
    }
}

/// The numbers of the last operations: each made one revision.
fn numbers(document: &Document) -> BTreeMap<OperationId, u64> {
    let back = document.operations.iter().rev().zip(0_u64..);
    let mut numbers = BTreeMap::new();
    for (operation, back) in back {
        numbers.entry(*operation).or_insert_with(|| document.revision.saturating_sub(back));
    }
    numbers
}

/// A revision that wrote texts; `None` where it never became one.
fn written(
    entry: &HistoryEntry,
    document: &Document,
    numbers: &BTreeMap<OperationId, u64>,
) -> Option<Revision> {
    let known = numbers.get(&entry.operation).copied();
    // Newer than the oldest operation that the document remembers, and not among these: another writer was first.
    let forgotten = document.revision.saturating_sub(document.operations.len() as u64);
    let earlier = |number: &u64| *number <= forgotten;
    if known.is_none() && (forgotten == 0 || entry.revision.is_some_and(|number| !earlier(&number))) {
        return None;
    }
    let made = || entry.recipes.values().map(|state| &state.provenance);
    let editor = made().find_map(|made| made.editor.clone()).map(Writer::Person);
    let model = made().map(|made| &made.model).find(|model| !model.is_empty()).cloned().map(Writer::Model);
    Some(Revision {
        revision: known.or(entry.revision),
        at: entry.at(),
        outcome: if entry.state == State::Published {
            RevisionOutcome::Published
        } else {
            RevisionOutcome::Held
        },
        recipes: entry.recipes.keys().cloned().collect(),
        writer: editor.or(model).or(Some(Writer::Facts)),
        message_id: made().map(|made| made.message_id.clone()).next(),
        job: entry.job.clone(),
        has_texts: true,
        ..without_texts(entry.operation)
    })
}

fn without_texts(operation: OperationId) -> Revision {
    Revision {
        revision: None,
        operation,
        at: None,
        outcome: RevisionOutcome::Other,
        recipes: Vec::new(),
        writer: None,
        message_id: None,
        job: None,
        decision: None,
        has_texts: false,
        published: Vec::new(),
        waiting: Vec::new(),
        standing: None,
    }
}

/// Notes with each revision the decision that made it.
fn add_decisions(revisions: &mut Vec<Revision>, decisions: &[Decision]) {
    for decision in decisions {
        let (Some(operation), Some(after)) = (decision.operation, &decision.after) else { continue };
        let place = revisions.iter().position(|revision| revision.operation == operation);
        let place = place.unwrap_or_else(|| {
            let outcome = RevisionOutcome::Decided;
            let recipes = decision.recipes.clone();
            revisions.push(Revision { outcome, recipes, ..without_texts(operation) });
            revisions.len() - 1
        });
        let Some(revision) = revisions.get_mut(place) else { continue };
        revision.revision = Some(after.revision);
        revision.at = Some(decision.at);
        revision.decision = Some(decision.into());
        revision.standing = Some(after.published.clone());
    }
}

/// The text of each recipe at a revision: what was published then, and over it what the revision itself wrote.
pub(super) fn page_at(revisions: &[Revision], place: usize) -> BTreeMap<String, OperationId> {
    let mut page = BTreeMap::new();
    for (at, revision) in revisions.iter().enumerate().take(place + 1) {
        if let Some(standing) = &revision.standing {
            page.clone_from(standing);
        }
        if revision.has_texts && (revision.outcome == RevisionOutcome::Published || at == place) {
            let own = revision.recipes.iter().map(|recipe| (recipe.clone(), revision.operation));
            page.extend(own);
        }
    }
    page
}
