//! Commit: a verdict becomes history, review-queue entry and document, by compare-and-swap.

mod committer;
mod decided;
mod document;
mod public;
mod stored;

pub use committer::{Committer, SignedTexts};
pub use decided::{BesideTexts, Deciding, Restored};
pub use stored::Stored;

use crate::check::Verdict;
use crate::clock::Clock;
use crate::plan::Unchanged;
use crate::store::{Condition, ContentStore, ETag, Key, Put, StoreError, load, save};
use skuscribe_check::content::{Document, FactsOf, HeldEntry, HistoryEntry, OperationId, Outcome};
use skuscribe_check::product::{Locale, Sku};

/// The result of a commit.
#[derive(Debug)]
pub enum Committed {
    /// It is in the store.
    Stored(Stored),
    /// Another writer was first: load and plan again, and keep the drafts.
    Lost,
    /// An earlier attempt left another draft of this very operation: continue with that one.
    Earlier(Box<HistoryEntry>),
}

/// A document as it was loaded: what the swap is made against.
pub type Loaded = Option<(Document, ETag)>;

/// History, then the signed records of what is published, then the document, then what shows it.
async fn commit_with(
    committer: &Committer,
    verdict: &Verdict,
    loaded: &Loaded,
    history_written: &mut bool,
    deciding: Option<&Deciding>,
) -> Result<Committed, StoreError> {
    let (store, clock) = (&*committer.store, &committer.clock);
    let checked = verdict.checked();
    let task = verdict.due().task();
    let operation = task.operation;
    let (sku, locale) = (task.sku().clone(), task.locale.clone());
    let now = clock.now();
    let current = loaded.as_ref().map(|(document, _)| document);
    if let (Some(_), Some(current)) = (deciding, current) {
        decided::keep(store, current).await?;
    }
    let states = document::recipe_states(verdict, operation, committer.signs(), deciding);
    if !*history_written {
        let key = Key::History { locale: locale.clone(), sku: sku.clone(), operation };
        let entry = document::history(verdict, &states, operation, (current, now));
        match save(store, &key, &entry, Condition::Absent).await? {
            Put::Stored(_) => *history_written = true,
            Put::Conflict => match load::<HistoryEntry>(store, &key).await? {
                // Our own write whose answer got lost, or an equal one.
                Some((earlier, _)) if earlier.says_the_same_as(&entry) => *history_written = true,
                Some((earlier, _)) => return Ok(Committed::Earlier(Box::new(earlier))),
                None => return Ok(Committed::Lost),
            },
        }
    }
    if !verdict.is_publish() {
        let entry = HeldEntry {
            sku: sku.clone(),
            locale: locale.clone(),
            operation,
            product_version: task.version,
            held_at: now,
            findings: checked.findings().to_vec(),
            job: task.job.as_deref().map(str::to_owned),
        };
        overwrite(store, &entry).await?;
    }
    let next = document::next(verdict, current, states, operation, now);
    let next = match deciding {
        Some(deciding) => decided::decided(next, deciding, Some(operation)),
        None => decided::without_ended_locks(next, &verdict.due().names()),
    };
    let recipes = || verdict.due().names().into_iter();
    let others = verdict.is_publish() && committer.register(&next, recipes()).await?;
    if !swap(store, &next, loaded).await? {
        return Ok(Committed::Lost);
    }
    if deciding.is_some() {
        decided::keep(store, &next).await?;
    }
    if verdict.is_publish() {
        if others {
            committer.settle(&next, recipes()).await?;
        }
        committer.show(&next).await?;
        queue(store, current, &next, clock).await?;
    }
    let outcome = if verdict.is_publish() { Outcome::Published } else { Outcome::Held };
    Ok(Committed::Stored(Stored::of(outcome, &next).by_verdict(verdict)))
}

/// Has the review queue name what waits of a document now: nothing, or the draft that waited behind the last one.
async fn queue(
    store: &dyn ContentStore,
    before: Option<&Document>,
    next: &Document,
    clock: &Clock,
) -> Result<(), StoreError> {
    let queued = before.and_then(|document| document.held.as_ref()).map(|held| held.operation);
    let Some(held) = &next.held else {
        let key = Key::Held { locale: next.locale.clone(), sku: next.sku.clone() };
        return if queued.is_some() { store.delete(&key).await } else { Ok(()) };
    };
    if queued == Some(held.operation) {
        return Ok(());
    }
    let (locale, sku, operation) = (next.locale.clone(), next.sku.clone(), held.operation);
    let key = Key::History { locale: locale.clone(), sku: sku.clone(), operation };
    let history = load::<HistoryEntry>(store, &key).await?;
    let entry = HeldEntry {
        sku,
        locale,
        operation,
        product_version: held.product_version,
        held_at: clock.now(),
        findings: history.as_ref().map(|(history, _)| history.findings.clone()).unwrap_or_default(),
        job: history.and_then(|(history, _)| history.job),
    };
    overwrite(store, &entry).await
}

/// Has the document learn that its facts were stated anew where nothing else changed, so that a slower, older update
/// cannot slip in. Gives `false` where the race was lost.
///
/// # Errors
/// When the store does not answer.
pub async fn advance(
    store: &dyn ContentStore,
    unchanged: &Unchanged,
    loaded: &Loaded,
) -> Result<bool, StoreError> {
    let Some((document, etag)) = loaded else { return Ok(true) };
    let facts_of = Some(unchanged.task.facts_of.clone());
    let next = Document { product_version: unchanged.task.version, facts_of, ..document.clone() };
    let key = Key::Content { locale: next.locale.clone(), sku: next.sku.clone() };
    Ok(matches!(save(store, &key, &next, Condition::Matches(etag.clone())).await?, Put::Stored(_)))
}

/// Mends the review queue where a crash came between the swap and its entry.
async fn queue_of(store: &dyn ContentStore, document: &Document, clock: &Clock) -> Result<(), StoreError> {
    let key = Key::Held { locale: document.locale.clone(), sku: document.sku.clone() };
    let Some(held) = &document.held else { return store.delete(&key).await };
    let entry = load::<HeldEntry>(store, &key).await?;
    if entry.is_some_and(|(entry, _)| entry.operation == held.operation) {
        return Ok(());
    }
    queue(store, None, document, clock).await
}

/// What becomes a tombstone, and by which operation.
#[derive(Clone, Copy, Debug)]
pub struct Deletion<'a> {
    /// The product.
    pub sku: &'a Sku,
    /// The locale.
    pub locale: &'a Locale,
    /// The version under which it is gone, where the publisher stated one.
    pub version: Option<u64>,
    /// The message that deletes it.
    pub facts_of: &'a FactsOf,
    /// The work that deletes it.
    pub operation: OperationId,
}

async fn delete_with(
    committer: &Committer,
    loaded: &Loaded,
    deletion: Deletion<'_>,
) -> Result<Option<Stored>, StoreError> {
    let (store, clock) = (&*committer.store, &committer.clock);
    let current = loaded.as_ref().map(|(document, _)| document);
    let next = document::tombstone(current, deletion, clock.now());
    if !swap(store, &next, loaded).await? {
        return Ok(None);
    }
    committer.show(&next).await?;
    queue(store, current, &next, clock).await?;
    Ok(Some(Stored::of(Outcome::Deleted, &next)))
}

async fn swap(store: &dyn ContentStore, next: &Document, loaded: &Loaded) -> Result<bool, StoreError> {
    let key = Key::Content { locale: next.locale.clone(), sku: next.sku.clone() };
    let condition = match loaded {
        Some((_, etag)) => Condition::Matches(etag.clone()),
        None => Condition::Absent,
    };
    Ok(matches!(save(store, &key, next, condition).await?, Put::Stored(_)))
}

/// Overwrites an index entry: the document's pointer is the truth, not the entry.
async fn overwrite(store: &dyn ContentStore, entry: &HeldEntry) -> Result<(), StoreError> {
    let key = &Key::Held { locale: entry.locale.clone(), sku: entry.sku.clone() };
    let mut condition = Condition::Absent;
    for _ in 0..8 {
        if matches!(save(store, key, entry, condition).await?, Put::Stored(_)) {
            return Ok(());
        }
        condition = match store.get(key).await? {
            Some(object) => Condition::Matches(object.etag),
            None => Condition::Absent,
        };
    }
    Err(StoreError::Unavailable {
        operation: "put",
        path: key.path(),
        source: "8 races for it were lost".into(),
    })
}
