//! Writing into the read model: entries and events of a batch, in one transaction. What is applied twice, or in another order,
//! makes the same tables.

use std::collections::BTreeMap;

use serde::Serialize;
use sqlx::{Row as _, Sqlite, Transaction};

use super::entry::{Entry, Generation, short};
use super::full_text::spaced;
use super::{ReadModel, ReadModelError, load};
use crate::announce::ContentEvent;
use crate::store::{ContentStore, SetAside};
use skuscribe_check::product::{Digest, Locale, Sku};

/// How long events are remembered, so that one that comes again is not counted again: a week, in minutes.
const REMEMBERED: i64 = 7 * 24 * 60;

/// Newer or equal: locks and product versions change without a new revision.
const UPSERT: &str = "
INSERT INTO documents (sku, locale, title, brand, brand_key, category, category_key, state, revision, product_version, draft,
  held_at, rank, held_rules, published_rules, recipes, quality, model, job, cost, tokens, updated_at, sentence, digest, seen_by)
SELECT e.value ->> 'sku', e.value ->> 'locale', e.value ->> 'title', e.value ->> 'brand', e.value ->> 'brand_key',
  e.value ->> 'category', e.value ->> 'category_key', e.value ->> 'state', e.value ->> 'revision',
  e.value ->> 'product_version', e.value ->> 'draft', e.value ->> 'held_at', e.value ->> 'rank', e.value ->> 'held_rules',
  e.value ->> 'published_rules', e.value ->> 'recipes', e.value ->> 'quality', e.value ->> 'model', e.value ->> 'job',
  e.value ->> 'cost', e.value ->> 'tokens', e.value ->> 'updated_at', e.value ->> 'sentence', e.value ->> 'digest',
  (SELECT value FROM state WHERE name = 'rebuild')
FROM json_each(?1) AS e WHERE true
ON CONFLICT (sku, locale) DO UPDATE SET title = excluded.title, brand = excluded.brand, brand_key = excluded.brand_key,
  category = excluded.category, category_key = excluded.category_key, state = excluded.state, revision = excluded.revision,
  product_version = excluded.product_version, draft = excluded.draft, held_at = excluded.held_at, rank = excluded.rank,
  held_rules = excluded.held_rules, published_rules = excluded.published_rules, recipes = excluded.recipes,
  quality = excluded.quality, model = excluded.model, job = excluded.job, cost = excluded.cost, tokens = excluded.tokens,
  updated_at = excluded.updated_at, sentence = excluded.sentence, digest = excluded.digest, seen_by = excluded.seen_by
WHERE excluded.revision >= documents.revision AND excluded.digest <> documents.digest
RETURNING id, sku, locale";

const SEEN: &str = "
UPDATE documents SET seen_by = (SELECT value FROM state WHERE name = 'rebuild')
WHERE seen_by <> (SELECT value FROM state WHERE name = 'rebuild') AND id IN (SELECT d.id FROM json_each(?1) AS e
  CROSS JOIN documents AS d ON d.sku = e.value ->> 0 AND d.locale = e.value ->> 1)";

const INDEX: &str = "
INSERT OR REPLACE INTO documents_text (rowid, sku, title, brand, category, texts, tags)
SELECT e.value ->> 'id', e.value ->> 'sku', e.value ->> 'title', e.value ->> 'brand', e.value ->> 'category',
  e.value ->> 'texts', e.value ->> 'tags'
FROM json_each(?1) AS e";

const CATEGORIES: &str = "
INSERT INTO categories SELECT e.value ->> 0, e.value ->> 1 FROM json_each(?1) AS e WHERE true ON CONFLICT DO NOTHING";
const BRANDS: &str = "
INSERT INTO brands SELECT e.value ->> 0, e.value ->> 1 FROM json_each(?1) AS e WHERE true ON CONFLICT DO NOTHING";
const RULE_SETS: &str = "
INSERT INTO rule_sets SELECT e.value ->> 0 FROM json_each(?1) AS e WHERE true ON CONFLICT DO NOTHING";

const GENERATIONS: &str = "
INSERT OR IGNORE INTO generations
SELECT d.id, g.value ->> 'message', g.value ->> 'minute', g.value ->> 'model', d.locale, d.category, g.value ->> 'job',
  g.value ->> 'cost', g.value ->> 'input_tokens', g.value ->> 'output_tokens'
FROM json_each(?1) AS g CROSS JOIN documents AS d ON d.sku = g.value ->> 'sku' AND d.locale = g.value ->> 'locale'";

const COUNT: &str = "
INSERT INTO outcomes SELECT e.value ->> 0, e.value ->> 1, e.value ->> 2 FROM json_each(?1) AS e WHERE true
ON CONFLICT DO UPDATE SET events = events + excluded.events";

/// A changed entry, as the full-text index takes it.
#[derive(Serialize)]
struct Changed<'a> {
    id: i64,
    sku: &'a str,
    title: String,
    brand: String,
    category: String,
    texts: &'a str,
    tags: &'a str,
}

/// What was paid for a text, as the ledger takes it.
#[derive(Serialize)]
struct Paid<'a> {
    sku: &'a str,
    locale: &'a str,
    #[serde(flatten)]
    generation: &'a Generation,
}

impl ReadModel {
    /// Writes entries and counts events, all of them or none. Gives how many documents changed.
    ///
    /// # Errors
    /// When SQLite does not answer.
    pub async fn apply(&self, entries: &[Entry], events: &[ContentEvent]) -> Result<u64, ReadModelError> {
        let mut newest: BTreeMap<(&str, &str), &Entry> = BTreeMap::new();
        for entry in entries {
            let known = newest.entry((&entry.sku, &entry.locale)).or_insert(entry);
            if entry.revision >= known.revision {
                *known = entry;
            }
        }
        let mut transaction = self.writer.begin().await?;
        let changed = write(&mut transaction, entries, &newest).await?;
        count(&mut transaction, events).await?;
        transaction.commit().await?;
        if changed > 0 || !events.is_empty() {
            self.changes.send_modify(|changes| *changes = changes.wrapping_add(1));
        }
        Ok(changed)
    }

    /// Reads a document from the store and applies it: what a person just decided is seen at once, before its event comes.
    ///
    /// # Errors
    /// When the store or SQLite does not answer.
    pub async fn refresh(
        &self,
        store: &dyn ContentStore,
        sku: &Sku,
        locale: &Locale,
    ) -> Result<(), ReadModelError> {
        let aside = SetAside::default();
        let entry = load::entry(store, sku, locale, &aside).await?;
        aside.log();
        self.apply(entry.as_slice(), &[]).await.map(|_| ())
    }
}

async fn write(
    transaction: &mut Transaction<'_, Sqlite>,
    all: &[Entry],
    newest: &BTreeMap<(&str, &str), &Entry>,
) -> Result<u64, ReadModelError> {
    if newest.is_empty() {
        return Ok(0);
    }
    let entries: Vec<&Entry> = newest.values().copied().collect();
    let json = serde_json::to_string(&entries)?;
    let rows = sqlx::query(UPSERT).bind(&json).fetch_all(&mut **transaction).await?;
    let keys: Vec<&(&str, &str)> = newest.keys().collect();
    sqlx::query(SEEN).bind(serde_json::to_string(&keys)?).execute(&mut **transaction).await?;
    let mut changed = Vec::with_capacity(rows.len());
    for row in &rows {
        let key: (&str, &str) = (row.try_get("sku")?, row.try_get("locale")?);
        let Some(entry) = newest.get(&key) else { continue };
        changed.push(Changed {
            id: row.try_get("id")?,
            sku: &entry.sku,
            title: spaced(&entry.title),
            brand: spaced(&entry.brand),
            category: spaced(&entry.category),
            texts: &entry.texts,
            tags: &entry.tags,
        });
    }
    // What was paid for a text counts, though a newer one is there already.
    let mut paid: Vec<Paid<'_>> = Vec::with_capacity(all.len());
    for Entry { sku, locale, generations, .. } in all {
        paid.extend(generations.iter().map(|generation| Paid { sku, locale, generation }));
    }
    sqlx::query(GENERATIONS).bind(serde_json::to_string(&paid)?).execute(&mut **transaction).await?;
    if !changed.is_empty() {
        sqlx::query(INDEX).bind(serde_json::to_string(&changed)?).execute(&mut **transaction).await?;
        offer(transaction, CATEGORIES, entries.iter().map(|entry| (&*entry.category_key, &*entry.category)))
            .await?;
        offer(transaction, BRANDS, entries.iter().map(|entry| (&*entry.brand_key, &*entry.brand))).await?;
        offer(transaction, RULE_SETS, entries.iter().map(|entry| (&*entry.held_rules, ""))).await?;
    }
    Ok(rows.len() as u64)
}

/// Notes what filters may be offered, by its key.
async fn offer<'a>(
    transaction: &mut Transaction<'_, Sqlite>,
    insert: &'static str,
    offered: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<(), ReadModelError> {
    let offered: BTreeMap<&str, &str> = offered.filter(|(key, _)| !key.is_empty()).collect();
    if offered.is_empty() {
        return Ok(());
    }
    let offered: Vec<(&str, &str)> = offered.into_iter().collect();
    sqlx::query(insert).bind(serde_json::to_string(&offered)?).execute(&mut **transaction).await?;
    Ok(())
}

/// Counts the events that were not counted yet, by minute and outcome.
async fn count(
    transaction: &mut Transaction<'_, Sqlite>,
    events: &[ContentEvent],
) -> Result<(), ReadModelError> {
    if events.is_empty() {
        return Ok(());
    }
    let by_id: BTreeMap<i64, &ContentEvent> =
        events.iter().rev().map(|event| (short(Digest::of(&[event.id.as_bytes()])), event)).collect();
    let minute = |event: &ContentEvent| event.announced_at.as_second().div_euclid(60);
    let pairs: Vec<(i64, i64)> = by_id.iter().map(|(id, event)| (*id, minute(event))).collect();
    let insert = "INSERT INTO counted SELECT e.value ->> 0, e.value ->> 1 FROM json_each(?1) AS e WHERE true
                  ON CONFLICT DO NOTHING RETURNING event";
    let new: Vec<i64> =
        sqlx::query_scalar(insert).bind(serde_json::to_string(&pairs)?).fetch_all(&mut **transaction).await?;
    let mut counts: BTreeMap<(i64, &str), u64> = BTreeMap::new();
    for event in new.iter().filter_map(|id| by_id.get(id)) {
        *counts.entry((minute(event), event.outcome.as_str())).or_default() += 1;
    }
    let counts: Vec<(i64, &str, u64)> =
        counts.into_iter().map(|((minute, outcome), events)| (minute, outcome, events)).collect();
    sqlx::query(COUNT).bind(serde_json::to_string(&counts)?).execute(&mut **transaction).await?;
    let newest = pairs.iter().map(|(_, minute)| *minute).max().unwrap_or_default();
    let forget = "DELETE FROM counted WHERE event IN
                  (SELECT event FROM counted WHERE minute < ?1 ORDER BY minute LIMIT 2000)";
    sqlx::query(forget).bind(newest - REMEMBERED).execute(&mut **transaction).await?;
    Ok(())
}
