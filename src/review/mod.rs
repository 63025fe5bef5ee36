//! What a person decides on a text: approve, edit, reject, lock. The same stages as for a message, with a person's word.

mod editing;

pub use editing::Edited;

use crate::announce::{ContentEvent, EventCause};
use crate::pipeline::{Pipeline, RACES_MAX};
use skuscribe_check::check::Review;
use skuscribe_check::content::Drafts;

use crate::check::{Beside, Verdict, check};
use crate::commit::{Committed, Stored, commit, lock, reject};
use crate::failure::Failure;
use crate::lane::Lane;
use crate::plan::{Due, HeldState, Task, operation_id, standing};
use crate::store::snapshots::stored;
use crate::store::{ETag, Key, StoreError, load};
use skuscribe_check::content::{Document, FactsOf, HistoryEntry, OperationId, RecipeState, Rejected, State};
use skuscribe_check::product::{Locale, Sku, Snapshot};

/// Why a person's decision could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// Nothing of this (SKU, locale) is stored.
    #[error("the store holds no document of {sku} in {locale}")]
    Unknown {
        /// The product.
        sku: Sku,
        /// The locale.
        locale: Locale,
    },
    /// No draft waits, or another one than was looked at.
    #[error("superseded: draft {draft} does not wait any more; look again with `skuscribe review show`")]
    Superseded {
        /// The draft that was decided on.
        draft: String,
    },
    /// The product's facts changed since the draft was written.
    #[error("superseded: the product's facts changed since draft {draft} was written; a newer text is due")]
    FactsChanged {
        /// The draft that was decided on.
        draft: String,
    },
    /// A finding forbids it, whoever approves.
    #[error("the text is blocked and cannot be approved: {}; edit it", findings.join("; "))]
    Blocked {
        /// What the findings say.
        findings: Vec<String>,
    },
    /// What was written is not what can be stored.
    #[error("{0}")]
    Unfit(String),
    /// Somebody else kept writing.
    #[error("{RACES_MAX} races for the document were lost; try again")]
    Races,
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It is done, but the event could not be announced.
    #[error("it is stored, but its event could not be announced; do the same again once the broker is back: {}", .0.message)]
    Announce(Failure),
}

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

/// Who decides on what.
#[derive(Clone, Copy, Debug)]
pub struct ReviewDecision<'a> {
    /// The product.
    pub sku: &'a Sku,
    /// The locale.
    pub locale: &'a Locale,
    /// The draft that was looked at: the operation that wrote it, or its first digits.
    pub draft: &'a str,
    /// The person.
    pub by: &'a str,
}

impl Pipeline {
    /// The draft that waits of a (SKU, locale).
    ///
    /// # Errors
    /// When there is no document, no draft waits, or the store does not answer.
    pub async fn waiting(&self, sku: &Sku, locale: &Locale) -> Result<HeldDraft, ReviewError> {
        let (document, _) = self.reviewed_document(sku, locale).await?;
        let held =
            document.held.as_ref().ok_or_else(|| ReviewError::Superseded { draft: "(none)".to_owned() })?;
        let history = self.history(sku, locale, held.operation).await?;
        let snapshot = stored(&*self.store, sku).await?;
        Ok(HeldDraft { document, history, snapshot })
    }

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
            let approval = |operation: OperationId| format!("approve-{operation}");
            let Some(held) = document.held.clone().filter(|held| is(held.operation, draft)) else {
                // Approved before, and the answer or the event got lost.
                let known = document.recipes.values().find(|state| {
                    state.provenance.reviewer.as_deref() == Some(by)
                        && document.operations.last() == Some(&state.provenance.operation)
                });
                let again = known.is_some() && document.state == State::Published && document.held.is_none();
                let stored = again.then(|| Stored::already(&document)).ok_or_else(superseded)?;
                return self.announce_decision(stored, &format!("approve-{draft}")).await;
            };
            let history = self.history(sku, locale, held.operation).await?;
            let task = self.review_task(sku, locale, &approval(held.operation)).await?;
            let due = match standing(&task, &held.recipes, |name| self.recipes.get(name).cloned()) {
                HeldState::Current(due) => due,
                HeldState::Superseded => return Err(ReviewError::FactsChanged { draft: draft.to_owned() }),
                HeldState::Unknown(recipe) => {
                    return Err(ReviewError::Unfit(format!(
                        "there is no recipe {recipe} any more; reject the draft"
                    )));
                }
            };
            let drafts = Drafts::kept(&history, &due.fingerprints()).ok_or_else(superseded)?;
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

    /// Takes a draft out of the queue; its note is told to the model when the recipes are written again. Gives the recipes.
    ///
    /// # Errors
    /// When it does not wait any more, or the store does not answer.
    pub async fn reject(&self, decision: ReviewDecision<'_>, note: &str) -> Result<Vec<String>, ReviewError> {
        let ReviewDecision { sku, locale, draft, by } = decision;
        for _ in 0..RACES_MAX {
            let (document, etag) = self.reviewed_document(sku, locale).await?;
            let Some(held) = document.held.as_ref().filter(|held| is(held.operation, draft)) else {
                return match &document.rejected {
                    // Rejected before, and the answer got lost.
                    Some(rejected) if is(rejected.operation, draft) && rejected.reviewer == by => {
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

    /// Has the machine leave recipes of a document alone, or lets it at them again. Gives what is locked now.
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
            let own: Vec<&String> = document.recipes.keys().chain(&document.locks).collect();
            if let Some(unknown) =
                recipes.iter().find(|recipe| !own.contains(recipe) && self.recipes.get(recipe).is_none())
            {
                return Err(ReviewError::Unfit(format!("there is no recipe {unknown:?}")));
            }
            let meant: Vec<String> =
                if recipes.is_empty() { own.into_iter().cloned().collect() } else { recipes.to_vec() };
            let mut locks = document.locks.clone();
            locks.retain(|own| !meant.contains(own));
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

    async fn reviewed_document(&self, sku: &Sku, locale: &Locale) -> Result<(Document, ETag), ReviewError> {
        let key = Key::Content { locale: locale.clone(), sku: sku.clone() };
        let loaded = load::<Document>(&*self.store, &key).await?;
        loaded.ok_or_else(|| ReviewError::Unknown { sku: sku.clone(), locale: locale.clone() })
    }

    async fn history(
        &self,
        sku: &Sku,
        locale: &Locale,
        operation: OperationId,
    ) -> Result<HistoryEntry, ReviewError> {
        let key = Key::History { locale: locale.clone(), sku: sku.clone(), operation };
        let entry = load::<HistoryEntry>(&*self.store, &key).await?;
        entry
            .map(|(entry, _)| entry)
            .ok_or_else(|| ReviewError::Unfit(format!("{} is not in the store", key.path())))
    }

    /// A task of the facts as they are stored, for a person's work.
    async fn review_task(&self, sku: &Sku, locale: &Locale, message_id: &str) -> Result<Task, ReviewError> {
        let snapshot = stored(&*self.store, sku).await?.filter(|snapshot| !snapshot.deleted);
        let snapshot = snapshot.ok_or_else(|| {
            ReviewError::Unfit(format!("the store holds no facts of {sku}, or the product is deleted"))
        })?;
        Ok(Task {
            facts_of: FactsOf {
                occurred_at: snapshot.occurred_at,
                message_id: snapshot.message_id.as_str().into(),
            },
            product: snapshot.product,
            version: snapshot.version,
            lane: Lane::Interactive,
            locale: locale.clone(),
            message_id: message_id.into(),
            job: None,
            force: false,
            config_changes: false,
            version_tie: false,
        })
    }

    /// The verdict on what a person wrote or approves, beside the page as it is.
    fn checked_by_person(&self, due: Due, drafts: Drafts, review: Review<'_>, page: &Document) -> Verdict {
        let beside = Beside { page: Some(page), catalog: Some(&self.catalog) };
        check(due, drafts, review, beside, &self.policy)
    }

    /// Commits a person's verdict; `None` where somebody else wrote first.
    async fn committed(
        &self,
        verdict: &Verdict,
        document: Document,
        etag: ETag,
    ) -> Result<Option<Stored>, ReviewError> {
        let loaded = Some((document, etag));
        let mut history_written = false;
        match commit(&*self.store, verdict, &loaded, &mut history_written, &self.clock).await? {
            Committed::Stored(stored) => Ok(Some(stored)),
            Committed::Lost => Ok(None),
            // The same decision was begun before, at another time of day: its body counts, and this one is no other.
            Committed::Earlier(_) => {
                let mut written = true;
                match commit(&*self.store, verdict, &loaded, &mut written, &self.clock).await? {
                    Committed::Stored(stored) => Ok(Some(stored)),
                    Committed::Lost | Committed::Earlier(_) => Ok(None),
                }
            }
        }
    }

    async fn announce_decision(&self, stored: Stored, message_id: &str) -> Result<Stored, ReviewError> {
        let cause = EventCause { message_id, job: None, now: self.clock.now() };
        let announced = self.announce(&ContentEvent::of_stored(&stored, cause)).await;
        announced.map(|()| stored).map_err(ReviewError::Announce)
    }
}

/// Whether a draft is the one that was named, in full or by its first digits.
fn is(operation: OperationId, draft: &str) -> bool {
    draft.len() >= 8 && operation.to_string().starts_with(draft)
}

fn blocking(verdict: &Verdict) -> Vec<String> {
    let blocks = verdict.checked().blocks();
    blocks.map(|finding| format!("{} {}: {}", finding.recipe, finding.at, finding.message)).collect()
}
