//! Decisions on many drafts at once: on a set that is frozen first, never past what blocks one of them.

use std::num::NonZeroUsize;

use futures_util::{StreamExt as _, stream};
use serde::Serialize;

use super::queue::{QueueFilter, QueueItem};
use super::{ReviewDecision, ReviewError};
use crate::failure::chain;
use crate::pipeline::Pipeline;
use crate::store::SetAside;

/// Most drafts that one decision is about.
pub const BULK_MAX: usize = 100_000;
/// Drafts of a page while a set is gathered.
const PAGE: usize = 1_000;
/// Drafts that are checked or decided on at the same time.
const AT_ONCE: usize = 8;

/// A decision on many drafts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BulkDecision {
    /// Each is published.
    Approve,
    /// Each is taken out of the queue.
    Reject,
}

/// Drafts that are decided on together. What comes into the queue later is not among them.
#[derive(Clone, Debug, Serialize)]
pub struct FrozenSet {
    /// The drafts.
    pub items: Vec<QueueItem>,
    /// What matches and cannot be decided on so.
    pub excluded: Vec<Excluded>,
    /// Whether more matches than one decision may be about.
    pub is_cut: bool,
}

/// A draft that a decision on many leaves out.
#[derive(Clone, Debug, Serialize)]
pub struct Excluded {
    /// The draft.
    pub item: QueueItem,
    /// Why.
    pub why: String,
}

/// What came of a decision on many.
#[derive(Clone, Debug, Default, Serialize)]
pub struct BulkReport {
    /// How many it was carried out on.
    pub done: usize,
    /// On which it was not, and why.
    pub failed: Vec<Excluded>,
}

impl FrozenSet {
    /// Some of the drafts, spread evenly: to be looked at before all are decided on.
    #[must_use]
    pub fn sample(&self, count: NonZeroUsize) -> Vec<&QueueItem> {
        let step = self.items.len().div_ceil(count.get()).max(1);
        self.items.iter().step_by(step).collect()
    }
}

impl Pipeline {
    /// The drafts that a filter means, as they wait now. For an approval every check runs on each: what it would not let
    /// through is excluded.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn freeze(
        &self,
        filter: &QueueFilter,
        decision: BulkDecision,
        aside: &SetAside,
    ) -> Result<FrozenSet, ReviewError> {
        let (mut all, mut cursor) = (Vec::new(), None);
        let is_cut = loop {
            let page = self.queue(filter, cursor.as_deref(), PAGE, aside).await?;
            all.extend(page.items);
            cursor = page.next;
            if cursor.is_none() {
                break false;
            }
            if all.len() >= BULK_MAX {
                break true;
            }
        };
        all.truncate(BULK_MAX);
        let mut set = FrozenSet { items: Vec::new(), excluded: Vec::new(), is_cut };
        if decision == BulkDecision::Reject {
            set.items = all;
            return Ok(set);
        }
        let looks = all.into_iter().map(|item| async {
            let obstacle = self.obstacle(&item).await;
            (item, obstacle)
        });
        let mut looks = stream::iter(looks).buffered(AT_ONCE);
        while let Some((item, obstacle)) = looks.next().await {
            match obstacle? {
                None => set.items.push(item),
                Some(why) => set.excluded.push(Excluded { item, why }),
            }
        }
        drop(looks);
        Ok(set)
    }

    /// Decides on every draft of a frozen set; what went wrong with one stops no other. `done` hears of each.
    pub async fn decide_on_all(
        &self,
        set: &FrozenSet,
        decision: BulkDecision,
        (by, note): (&str, Option<&str>),
        done: impl Fn(),
    ) -> BulkReport {
        let decided = set.items.iter().map(|item| async move {
            let draft = item.draft.to_string();
            let one = ReviewDecision { sku: &item.sku, locale: &item.locale, draft: &draft, by, why: note };
            let result = match decision {
                BulkDecision::Approve => self.approve(one).await.map(|_| ()),
                BulkDecision::Reject => self.reject(one, note.unwrap_or_default()).await.map(|_| ()),
            };
            (item, result)
        });
        let mut decided = stream::iter(decided).buffered(AT_ONCE);
        let mut report = BulkReport::default();
        while let Some((item, result)) = decided.next().await {
            match result {
                Ok(()) => report.done += 1,
                Err(error) => report.failed.push(Excluded { item: item.clone(), why: chain(&error) }),
            }
            done();
        }
        report
    }

    /// Why a draft could not be approved as it is; `None` where it could.
    async fn obstacle(&self, item: &QueueItem) -> Result<Option<String>, ReviewError> {
        let draft = item.draft.to_string();
        let (sku, locale) = (&item.sku, &item.locale);
        let decision = ReviewDecision { sku, locale, draft: &draft, by: "", why: None };
        match self.would_publish(decision).await {
            Ok(()) => Ok(None),
            Err(error @ (ReviewError::Store(_) | ReviewError::Announce(_))) => Err(error),
            Err(error) => Ok(Some(error.to_string())),
        }
    }
}
