//! What waits for a person: with what a decision on many needs, page by page.

use futures_util::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::ReviewError;
use super::assignment::{Assignment, live};
use super::log::READS;
use crate::catalog::selection::Selection;
use crate::pipeline::Pipeline;
use crate::store::{Key, SetAside, StoreError, keys_after, load};
use skuscribe_check::content::{
    Document, Finding, HeldEntry, HistoryEntry, OperationId, Severity, sentences, texts,
};
use skuscribe_check::product::{Locale, Sku, Snapshot};

/// Entries that are listed at once.
const LISTED: usize = 256;
/// Most entries that one page looks at, however few of them match.
const LOOKED_MAX: usize = 5_000;
/// From so many characters on a text has a first sentence, and is no title.
const SENTENCE_MIN: usize = 40;

/// Which drafts are meant; all conditions hold.
#[derive(Clone, Debug, Default)]
pub struct QueueFilter {
    /// The products, locales, findings and times.
    pub selection: Selection,
    /// Only this locale.
    pub locale: Option<Locale>,
    /// Only those with a finding of this rule that holds, or of one that begins so.
    pub rule: Option<String>,
    /// Only those that this job wrote.
    pub job: Option<String>,
    /// Only those that wait for so long.
    pub older_than: Option<SignedDuration>,
    /// Only those that this person is on, or that were given to them.
    pub of: Option<String>,
}

/// A draft that waits.
#[derive(Clone, Debug, Serialize)]
pub struct QueueItem {
    /// The product.
    pub sku: Sku,
    /// The locale.
    pub locale: Locale,
    /// The draft.
    pub draft: OperationId,
    /// Since when it waits.
    pub held_at: Timestamp,
    /// How long it waits, in seconds.
    pub age_s: i64,
    /// The product's title.
    pub title: Option<String>,
    /// Its brand.
    pub brand: Option<String>,
    /// The path of its category.
    pub category: Vec<String>,
    /// The first sentence of the draft.
    pub sentence: String,
    /// The job that wrote it.
    pub job: Option<String>,
    /// The rules that hold it.
    pub rules: Vec<String>,
    /// The worst of what they found.
    pub severity: Option<Severity>,
    /// Its recipes.
    pub recipes: Vec<String>,
    /// Who is on it, and whom it was given to.
    pub assignment: Option<Assignment>,
}

/// A part of the queue.
#[derive(Clone, Debug, Serialize)]
pub struct QueuePage {
    /// What waits, in the order of keys.
    pub items: Vec<QueueItem>,
    /// Where the next page begins; none after the last one. A page may hold few items and yet not be the last.
    pub next: Option<String>,
}

impl Pipeline {
    /// What waits for a person, up to `limit` drafts after a cursor. What cannot be read is set aside.
    ///
    /// # Errors
    /// When the cursor is none of these pages', or the store does not answer.
    pub async fn queue(
        &self,
        filter: &QueueFilter,
        cursor: Option<&str>,
        limit: usize,
        aside: &SetAside,
    ) -> Result<QueuePage, ReviewError> {
        let below =
            filter.locale.as_ref().map_or_else(|| "held/".to_owned(), |locale| format!("held/{locale}/"));
        let mut after = cursor.unwrap_or_default().to_owned();
        if !after.is_empty() && !matches!(Key::of_path(&after), Some(Key::Held { .. })) {
            return Err(ReviewError::Unfit(format!(
                "{:?} is no cursor of the queue; use the one that a page ends with",
                after.chars().take(80).collect::<String>()
            )));
        }
        let (mut items, mut looked) = (Vec::new(), 0);
        loop {
            let (keys, last) = keys_after(&*self.store, &below, &after, LISTED, aside).await?;
            let Some(last) = last else { return Ok(QueuePage { items, next: None }) };
            let reads = keys.iter().map(|key| async move { (key, self.queued(key, filter, aside).await) });
            let mut reads = stream::iter(reads).buffered(READS);
            while let Some((key, item)) = reads.next().await {
                looked += 1;
                items.extend(item?);
                if items.len() >= limit || looked >= LOOKED_MAX {
                    return Ok(QueuePage { items, next: Some(key.path()) });
                }
            }
            drop(reads);
            after = last;
        }
    }

    /// The draft of an entry, if its document points at it and the filter means it.
    async fn queued(
        &self,
        key: &Key,
        filter: &QueueFilter,
        aside: &SetAside,
    ) -> Result<Option<QueueItem>, StoreError> {
        let store = &*self.store;
        let Key::Held { locale, sku } = key else { return Ok(None) };
        let selected = filter.selection.locales();
        if !selected.is_empty() && !selected.contains(locale) {
            return Ok(None);
        }
        let Some((entry, _)) = aside.skip(load::<HeldEntry>(store, key).await)? else { return Ok(None) };
        let age = self.clock.now().duration_since(entry.held_at);
        let rules = rules(&entry.findings);
        let has_rule = |rule: &String| rules.iter().any(|held_by| held_by.starts_with(rule));
        if !filter.rule.as_ref().is_none_or(has_rule) || filter.older_than.is_some_and(|least| age < least) {
            return Ok(None);
        }
        let content = Key::Content { locale: locale.clone(), sku: sku.clone() };
        let document = aside.skip(load::<Document>(store, &content).await)?.map(|(document, _)| document);
        let Some(document) = document else { return Ok(None) };
        let Some(held) = document.held.as_ref().filter(|held| held.operation == entry.operation) else {
            return Ok(None);
        };
        let asked_by = held.recipes.values().map(|state| state.provenance.message_id.as_str()).next();
        let job = entry.job.clone().or_else(|| asked_by.and_then(job_of).map(str::to_owned));
        if filter.job.is_some() && filter.job != job {
            return Ok(None);
        }
        if !filter.selection.matches_document(&document, Some(&entry)) {
            return Ok(None);
        }
        let product = Key::Product { sku: sku.clone() };
        let product =
            aside.skip(load::<Snapshot>(store, &product).await)?.map(|(snapshot, _)| snapshot.product);
        if !product.as_ref().is_some_and(|product| filter.selection.matches(product))
            && filter.selection.names_products()
        {
            return Ok(None);
        }
        let assignment = live(store, sku, locale, Some(held.operation), self.clock.now()).await;
        let assignment = aside.skip(assignment)?;
        let is_of = |person: &String| {
            assignment.as_ref().is_some_and(|assignment| assignment.people().any(|name| name == person))
        };
        if !filter.of.as_ref().is_none_or(is_of) {
            return Ok(None);
        }
        let history = Key::History { locale: locale.clone(), sku: sku.clone(), operation: held.operation };
        let history = aside.skip(load::<HistoryEntry>(store, &history).await)?;
        Ok(Some(QueueItem {
            sku: sku.clone(),
            locale: locale.clone(),
            draft: held.operation,
            held_at: entry.held_at,
            age_s: age.as_secs(),
            title: product.as_ref().and_then(|product| product.title.clone()),
            brand: product.as_ref().and_then(|product| product.brand.clone()),
            category: product.map(|product| product.category.clone()).unwrap_or_default(),
            sentence: history.map(|(history, _)| first_sentence(&history)).unwrap_or_default(),
            job,
            severity: entry.findings.iter().map(|finding| finding.severity).max(),
            rules,
            recipes: held.recipes.keys().cloned().collect(),
            assignment,
        }))
    }
}

/// The rules that hold a draft.
fn rules(findings: &[Finding]) -> Vec<String> {
    let holding = findings.iter().filter(|finding| finding.severity >= Severity::Hold);
    let mut rules: Vec<String> = holding.map(|finding| finding.rule.clone()).collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}

/// The job that a message is of, by the message's id: entries of earlier releases do not name it.
fn job_of(message_id: &str) -> Option<&str> {
    let mut parts = message_id.splitn(3, '/');
    let (job, round, sku) = (parts.next()?, parts.next()?, parts.next()?);
    (!job.is_empty() && round.parse::<u64>().is_ok() && !sku.is_empty()).then_some(job)
}

/// The first sentence of a draft, past its titles.
fn first_sentence(history: &HistoryEntry) -> String {
    let all: Vec<_> = history.drafts.iter().flat_map(|draft| texts(&draft.content)).collect();
    let long = all.iter().find(|text| text.text.chars().count() >= SENTENCE_MIN);
    let text = long.or_else(|| all.first()).map(|text| text.text).unwrap_or_default();
    sentences(text).next().map_or(text, |(_, sentence)| sentence).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_its_job_and_others_name_none() {
        assert_eq!(job_of("20260101-000000-abcdef/0/A1"), Some("20260101-000000-abcdef"));
        assert_eq!(job_of("20260101-000000-abcdef/12/A/1"), Some("20260101-000000-abcdef"));
        for other in ["m1", "a/b/c", "/0/A1", "a/0/", "a/0"] {
            assert_eq!(job_of(other), None, "{other}");
        }
    }
}
