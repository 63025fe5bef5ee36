//! What a person decides on a text: approve, edit, reject, lock, revert, undo. The same stages as for a message, on a
//! person's word.

mod act;
mod again;
mod assignment;
mod bulk;
mod decisions;
mod difference;
mod editing;
mod error;
mod log;
mod queue;
mod revert;
mod revision;
mod revisions;
mod undo;

pub use act::{Act, ReviewDecision};
pub use again::ask_again;
pub use assignment::{Assignment, Given, LEASE, ReviewLease};
pub use bulk::{BULK_MAX, BulkDecision, BulkReport, Excluded, FrozenSet};
pub use difference::{RevisionDifference, TextDifference, WordChange, WordsKind, words};
pub use editing::{Edited, without_sentence};
pub use error::ReviewError;
pub use queue::{QueueFilter, QueueItem, QueuePage};
pub use revision::{DecisionSummary, Revision, RevisionOutcome, WhichRevision, Writer};
pub use revisions::ContentView;
pub use undo::Undone;

use crate::announce::{ContentEvent, EventCause};
use crate::check::{Beside, Verdict, check};
use crate::commit::{Committed, Deciding, Stored};
use crate::pipeline::Pipeline;
use crate::plan::{Due, Task};
use crate::store::snapshots::stored;
use crate::store::{ETag, Key, load};
use skuscribe_check::check::Review;
use skuscribe_check::content::{Document, Drafts, HistoryEntry, OperationId, ReviewOutcome, Reviewer};
use skuscribe_check::product::{Locale, Sku, Snapshot};

/// A draft that waits, with everything that a decision needs.
#[derive(Debug)]
pub struct HeldDraft {
    /// The document.
    pub document: Document,
    /// The body of the draft.
    pub history: HistoryEntry,
    /// The product's facts as they are now, if they are stored.
    pub snapshot: Option<Snapshot>,
}

impl Pipeline {
    /// The draft that waits of a (SKU, locale).
    ///
    /// # Errors
    /// When there is no document, no draft waits, or the store does not answer.
    pub async fn waiting(&self, sku: &Sku, locale: &Locale) -> Result<HeldDraft, ReviewError> {
        let (document, _) = self.reviewed_document(sku, locale).await?;
        let nothing = || ReviewError::NothingWaits { sku: sku.clone(), locale: locale.clone() };
        let held = document.held.as_ref().ok_or_else(nothing)?;
        let history = self.history(&document, held.operation).await?;
        let snapshot = match stored(&*self.store, sku).await? {
            Some(snapshot) => Some(self.with_derived(snapshot).await?),
            None => None,
        };
        Ok(HeldDraft { document, history, snapshot })
    }

    async fn reviewed_document(&self, sku: &Sku, locale: &Locale) -> Result<(Document, ETag), ReviewError> {
        let key = Key::Content { locale: locale.clone(), sku: sku.clone() };
        let loaded = load::<Document>(&*self.store, &key).await?;
        loaded.ok_or_else(|| ReviewError::Unknown { sku: sku.clone(), locale: locale.clone() })
    }

    /// The body of a draft: of the one that waits, only what waits of it still.
    async fn history(
        &self,
        document: &Document,
        operation: OperationId,
    ) -> Result<HistoryEntry, ReviewError> {
        let mut entry = self.body(document, operation).await?;
        let mut waiting = document.held.iter().chain(&document.held_next);
        if let Some(held) = waiting.find(|held| held.operation == operation) {
            entry.drafts.retain(|draft| held.recipes.contains_key(&draft.recipe));
            entry.findings.retain(|finding| held.recipes.contains_key(&finding.recipe));
            entry.recipes.retain(|recipe, _| held.recipes.contains_key(recipe));
        }
        Ok(entry)
    }

    /// The body of a revision, whole.
    async fn body(&self, document: &Document, operation: OperationId) -> Result<HistoryEntry, ReviewError> {
        let (locale, sku) = (document.locale.clone(), document.sku.clone());
        let path = || Key::History { locale, sku, operation }.path();
        let body = self.body_if_kept(document, operation).await?;
        body.ok_or_else(|| ReviewError::Unfit(format!("{} is not in the store", path())))
    }

    async fn body_if_kept(
        &self,
        document: &Document,
        operation: OperationId,
    ) -> Result<Option<HistoryEntry>, ReviewError> {
        let key = Key::History { locale: document.locale.clone(), sku: document.sku.clone(), operation };
        Ok(load::<HistoryEntry>(&*self.store, &key).await?.map(|(entry, _)| entry))
    }

    /// A task of the facts as they are stored, for a person's work.
    async fn review_task(&self, sku: &Sku, locale: &Locale, message_id: &str) -> Result<Task, ReviewError> {
        let snapshot = stored(&*self.store, sku).await?.filter(|snapshot| !snapshot.deleted);
        let snapshot = snapshot.ok_or_else(|| {
            ReviewError::Unfit(format!("the store holds no facts of {sku}, or the product is deleted"))
        })?;
        let snapshot = self.with_derived(snapshot).await?;
        Ok(Task::of_snapshot(&snapshot, locale, message_id, self.recipes.labels()))
    }

    /// A person's decision, as it is kept with the text.
    fn reviewer(&self, by: &str, decision: ReviewOutcome) -> Reviewer {
        let role = self.review.role_of(by).map(str::to_owned);
        Reviewer { id: by.to_owned(), role, decision, at: self.clock.now() }
    }

    /// The verdict on what a person wrote or approves, beside the page as it is.
    fn checked_by_person(&self, due: Due, drafts: Drafts, review: Review<'_>, page: &Document) -> Verdict {
        let beside = Beside { page: Some(page), catalog: Some(&self.catalog) };
        check(due, drafts, review, beside, &self.policy)
    }

    /// Commits a person's verdict; `None` where another writer was first.
    async fn committed(
        &self,
        verdict: &Verdict,
        document: Document,
        etag: ETag,
        deciding: &Deciding,
    ) -> Result<Option<Stored>, ReviewError> {
        let loaded = Some((document, etag));
        let mut history_written = false;
        match self.committer.commit_decided(verdict, &loaded, &mut history_written, deciding).await? {
            Committed::Stored(stored) => Ok(Some(stored)),
            Committed::Lost => Ok(None),
            // The same decision was begun before, at another time of day: its body counts, and this one is no other.
            Committed::Earlier(_) => {
                let mut written = true;
                match self.committer.commit_decided(verdict, &loaded, &mut written, deciding).await? {
                    Committed::Stored(stored) => Ok(Some(stored)),
                    Committed::Lost | Committed::Earlier(_) => Ok(None),
                }
            }
        }
    }

    async fn announce_decision(&self, stored: Stored, message_id: &str) -> Result<Stored, ReviewError> {
        let cause = EventCause { message_id, job: None, notes: &[], now: self.clock.now() };
        let announced = self.announce(&ContentEvent::of_stored(&stored, cause)).await;
        announced.map(|()| stored).map_err(ReviewError::Announce)
    }
}

/// Whether `draft` names an operation, in full or by its first digits.
fn names(operation: OperationId, draft: &str) -> bool {
    draft.len() >= 8 && operation.to_string().starts_with(draft)
}

fn blocking(verdict: &Verdict) -> Vec<String> {
    let blocks = verdict.checked().blocks();
    blocks.map(|finding| format!("{} {}: {}", finding.recipe, finding.at, finding.message)).collect()
}
