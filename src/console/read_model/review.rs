//! The review queue: drafts that wait, filtered, in order, and counted by what holds them.

use std::collections::BTreeMap;

use sqlx::Row as _;
use sqlx::sqlite::SqliteArguments;

use super::counts::{Counts, most_first};
use super::cursor::{Page, PageRequest, read, write};
use super::entry::{RANK_NONE, category_key, rank};
use super::row::rules_in;
use super::{DocumentRow, ReadModel, ReadModelError, full_text};
use crate::console::filter::{Age, Filter, Scope};
use skuscribe_check::content::State;

/// Most drafts that a page looks at: a filter that leaves almost everything out gives short pages.
const LOOKED_AT_MAX: i64 = 20_000;
/// Most drafts that are looked at to be counted.
const COUNTED_MAX: i64 = 10_000;

/// In which order drafts wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReviewOrder {
    /// The worst first, and of those the oldest.
    #[default]
    Severity,
    /// The oldest first.
    Oldest,
    /// The newest first.
    Newest,
}

impl ReviewOrder {
    fn list(self) -> u8 {
        match self {
            Self::Severity => 1,
            Self::Oldest => 2,
            Self::Newest => 3,
        }
    }
}

/// What a filter asks of a draft that waits; all of it stands in the queue's indexes.
macro_rules! conditions {
    () => {
        " (?1 IS NULL OR locale IN (SELECT value FROM json_each(?1)))
          AND (?2 IS NULL OR locale IN (SELECT value FROM json_each(?2)))
          AND (?3 IS NULL OR category_key IN (SELECT c.category_key FROM categories AS c, json_each(?3) AS p
                WHERE c.category_key = p.value OR substr(c.category_key, 1, length(p.value) + 3) = p.value || ' > '))
          AND (?4 IS NULL OR category_key IN (SELECT c.category_key FROM categories AS c, json_each(?4) AS p
                WHERE c.category_key = p.value OR substr(c.category_key, 1, length(p.value) + 3) = p.value || ' > '))
          AND (?5 IS NULL OR brand_key IN (SELECT value FROM json_each(?5)))
          AND (?6 IS NULL OR job IN (SELECT value FROM json_each(?6)))
          AND (?7 IS NULL OR held_rules IN (SELECT s.rules FROM rule_sets AS s, json_each(?7) AS r
                WHERE instr(s.rules, '|' || r.value || '|') > 0))
          AND (?8 IS NULL OR rank = ?8)
          AND (?9 IS NULL OR held_at <= ?9)
          AND (?10 IS NULL OR held_at > ?10)
          AND (?11 IS NULL OR (sku >= ?11 AND sku < ?12))
          AND (?13 IS NULL OR id IN (SELECT rowid FROM documents_text WHERE documents_text MATCH ?13)) "
    };
}

/// A page: looked at in the order of an index, filtered there, and only then read.
macro_rules! page {
    ($index:literal, $behind:literal, $order:literal) => {
        concat!(
            "SELECT documents.* FROM (SELECT id FROM (SELECT id, rank, held_at, locale, brand_key, category_key, job, held_rules,
               sku FROM documents INDEXED BY ", $index, " WHERE draft IS NOT NULL AND ", $behind, " ORDER BY ", $order,
            " LIMIT ?14) WHERE ", conditions!(), " ORDER BY ", $order, " LIMIT ?15) JOIN documents USING (id) ORDER BY ", $order
        )
    };
}

/// The last row that a page looked at.
macro_rules! last_looked_at {
    ($index:literal, $behind:literal, $order:literal) => {
        concat!(
            "SELECT rank, held_at, id FROM documents INDEXED BY ",
            $index,
            " WHERE draft IS NOT NULL AND ",
            $behind,
            " ORDER BY ",
            $order,
            " LIMIT 1 OFFSET ?1 - 1"
        )
    };
}

const BY_SEVERITY: [&str; 2] = [
    page!("waiting_by_severity", "(rank, held_at, id) > (?16, ?17, ?18)", "rank, held_at, id"),
    last_looked_at!("waiting_by_severity", "(rank, held_at, id) > (?2, ?3, ?4)", "rank, held_at, id"),
];
const OLDEST: [&str; 2] = [
    page!("waiting_by_age", "(held_at, id) > (?16, ?17)", "held_at, id"),
    last_looked_at!("waiting_by_age", "(held_at, id) > (?2, ?3)", "held_at, id"),
];
const NEWEST: [&str; 2] = [
    page!("waiting_by_age", "(held_at, id) < (?16, ?17)", "held_at DESC, id DESC"),
    last_looked_at!("waiting_by_age", "(held_at, id) < (?2, ?3)", "held_at DESC, id DESC"),
];

/// The same drafts, counted by what is alike.
macro_rules! counted {
    ($part:literal) => {
        concat!(
            "SELECT ", $part, " AS value, rank, count(*) AS drafts FROM (SELECT id, rank, held_at, locale, brand_key,
               category_key, job, held_rules, sku FROM documents INDEXED BY waiting_by_severity WHERE draft IS NOT NULL
               ORDER BY rank, held_at, id LIMIT ?14) WHERE ", conditions!(), " GROUP BY ", $part, ", rank"
        )
    };
}

const BY_RULES: &str = counted!("held_rules");
const BY_CATEGORY: &str = counted!("category_key");
/// Those of the whole queue are kept: nothing is counted when they are asked for.
const KEPT: &str =
    "SELECT value, drafts FROM waiting WHERE part = ?1 AND drafts > 0 ORDER BY drafts DESC LIMIT 10000";

type Query = sqlx::query::Query<'static, sqlx::Sqlite, SqliteArguments>;

impl ReadModel {
    /// A page of the drafts that wait and that a filter lets through.
    ///
    /// # Errors
    /// When the cursor is of another list, or SQLite does not answer.
    pub async fn review_queue(
        &self,
        filter: &Filter,
        order: ReviewOrder,
        page: &PageRequest,
    ) -> Result<Page<DocumentRow>, ReadModelError> {
        if waits_never(filter) {
            return Ok(Page { rows: Vec::new(), next: None });
        }
        let ([select, last], behind) = match order {
            ReviewOrder::Severity => (BY_SEVERITY, after(page, order, [-1, 0, 0])?.to_vec()),
            ReviewOrder::Oldest => (OLDEST, after(page, order, [i64::MIN, 0])?.to_vec()),
            ReviewOrder::Newest => (NEWEST, after(page, order, [i64::MAX, 0])?.to_vec()),
        };
        let wanted = page.rows();
        let mut query = self.conditions(select, filter)?.bind(LOOKED_AT_MAX).bind(i64::from(wanted));
        for part in &behind {
            query = query.bind(*part);
        }
        let rows = query.fetch_all(&self.readers).await?;
        let rows: Result<Vec<DocumentRow>, sqlx::Error> = rows.iter().map(sqlx::FromRow::from_row).collect();
        let rows = rows?;
        if rows.len() >= usize::from(wanted) {
            let next = rows.last().map(|row| row.cursor(order));
            return Ok(Page { rows, next });
        }
        let mut query = sqlx::query(last).bind(LOOKED_AT_MAX);
        for part in &behind {
            query = query.bind(*part);
        }
        let looked_at = query.fetch_optional(&self.readers).await?;
        let next = match looked_at {
            None => None,
            Some(row) => {
                Some(cursor(order, row.try_get("rank")?, row.try_get("held_at")?, row.try_get("id")?))
            }
        };
        Ok(Page { rows, next })
    }

    /// How many drafts wait that a filter lets through, by rule and by category. Where it leaves something out, the worst 10,000
    /// drafts are looked at.
    ///
    /// # Errors
    /// When SQLite does not answer.
    pub async fn review_counts(&self, filter: &Filter) -> Result<Counts, ReadModelError> {
        if waits_never(filter) {
            return Ok(Counts::default());
        }
        let whole = filter.is_empty() && filter.scope == Scope::default();
        let mut counts = Counts::default();
        let (mut rules, mut categories) = (BTreeMap::new(), BTreeMap::new());
        for (value, blocks, drafts) in self.counted(filter, BY_RULES, whole.then_some("rules")).await? {
            counts.drafts += drafts;
            counts.blocked += if blocks { drafts } else { 0 };
            for rule in rules_in(&value) {
                *rules.entry(rule).or_default() += drafts;
            }
        }
        for (value, _, drafts) in self.counted(filter, BY_CATEGORY, whole.then_some("category")).await? {
            *categories.entry(value).or_default() += drafts;
        }
        if whole {
            let ranks = self.counted(filter, BY_RULES, Some("rank")).await?;
            counts.blocked = ranks.iter().filter(|(rank, ..)| rank == "0").map(|(.., drafts)| drafts).sum();
        } else {
            let waiting = "SELECT total(drafts) > ?1 FROM waiting WHERE part = 'rank'";
            counts.more = sqlx::query_scalar(waiting).bind(COUNTED_MAX).fetch_one(&self.readers).await?;
        }
        counts.by_rule = most_first(rules);
        counts.by_category = self.category_names(most_first(categories)).await?;
        Ok(counts)
    }

    /// Drafts by what is alike, with whether something blocks them: counted, or as they are kept.
    async fn counted(
        &self,
        filter: &Filter,
        select: &'static str,
        kept: Option<&str>,
    ) -> Result<Vec<(String, bool, u64)>, ReadModelError> {
        let rows = match kept {
            Some(part) => sqlx::query(KEPT).bind(part.to_owned()).fetch_all(&self.readers).await?,
            None => self.conditions(select, filter)?.bind(COUNTED_MAX).fetch_all(&self.readers).await?,
        };
        let mut counted = Vec::with_capacity(rows.len());
        for row in rows {
            let drafts = u64::try_from(row.try_get::<i64, _>("drafts")?).unwrap_or_default();
            let blocks = kept.is_none() && row.try_get::<i64, _>("rank")? == 0;
            counted.push((row.try_get("value")?, blocks, drafts));
        }
        Ok(counted)
    }

    /// Categories as they are written.
    async fn category_names(&self, counts: Vec<(String, u64)>) -> Result<Vec<(String, u64)>, ReadModelError> {
        let keys: Vec<&str> = counts.iter().map(|(key, _)| key.as_str()).collect();
        let select = "SELECT category_key, category FROM categories
                      WHERE category_key IN (SELECT value FROM json_each(?1))";
        let rows = sqlx::query_as::<_, (String, String)>(select).bind(serde_json::to_string(&keys)?);
        let names: BTreeMap<String, String> = rows.fetch_all(&self.readers).await?.into_iter().collect();
        let as_written = |(key, count): (String, u64)| (names.get(&key).cloned().unwrap_or(key), count);
        Ok(counts.into_iter().map(as_written).collect())
    }

    /// A query with what the filter asks bound to its first thirteen parameters.
    fn conditions(&self, select: &'static str, filter: &Filter) -> Result<Query, ReadModelError> {
        let lower = |values: &[String]| values.iter().map(|value| value.to_lowercase()).collect::<Vec<_>>();
        let path = |values: &[String]| values.iter().map(|value| category_key(value)).collect::<Vec<_>>();
        let now = self.clock.now();
        let since = |age: Age| age.before(now).as_millisecond();
        let (first, end) = sku_range(filter.sku.as_deref());
        let words = (!filter.text.is_empty()).then(|| full_text::query(filter, true));
        Ok(sqlx::query(select)
            .bind(list(&filter.locales)?)
            .bind(list(&filter.scope.locales)?)
            .bind(list(&path(&filter.categories))?)
            .bind(list(&path(&filter.scope.categories))?)
            .bind(list(&lower(&filter.brands))?)
            .bind(list(&filter.jobs)?)
            .bind(list(&filter.rules)?)
            .bind(filter.severity.map(rank))
            .bind(filter.older_than.map(since))
            .bind(filter.newer_than.map(since))
            .bind(first)
            .bind(end)
            .bind(words))
    }
}

impl DocumentRow {
    /// The cursor behind this row of the review queue, for the page that goes on after it.
    #[must_use]
    pub fn cursor(&self, order: ReviewOrder) -> String {
        let held_at = self.waiting.as_ref().map_or(0, |waiting| waiting.held_at.as_millisecond());
        cursor(order, self.rank.min(RANK_NONE), held_at, self.id)
    }
}

fn cursor(order: ReviewOrder, rank: i64, held_at: i64, id: i64) -> String {
    match order {
        ReviewOrder::Severity => write(order.list(), &[rank, held_at, id]),
        ReviewOrder::Oldest | ReviewOrder::Newest => write(order.list(), &[held_at, id]),
    }
}

fn after<const PARTS: usize>(
    page: &PageRequest,
    order: ReviewOrder,
    begin: [i64; PARTS],
) -> Result<[i64; PARTS], ReadModelError> {
    page.after.as_deref().map_or(Ok(begin), |cursor| read(order.list(), cursor))
}

/// Whether a filter asks for what is no draft that waits.
fn waits_never(filter: &Filter) -> bool {
    matches!(filter.state, Some(State::Published | State::Deleted))
}

/// A list as JSON, for `json_each`; none where it leaves nothing out.
fn list(values: &[String]) -> Result<Option<String>, serde_json::Error> {
    if values.is_empty() { Ok(None) } else { serde_json::to_string(values).map(Some) }
}

/// From which SKU on, and before which one.
pub(super) fn sku_range(sku: Option<&str>) -> (Option<String>, Option<String>) {
    let Some(sku) = sku else { return (None, None) };
    let (first, last) = match sku.strip_suffix('*') {
        Some(beginning) => (beginning, '\u{10FFFF}'),
        None => (sku, '\u{0}'),
    };
    (Some(first.to_owned()), Some(format!("{first}{last}")))
}
